"""The templates and voices that count now: those of the files with what people changed at the desk on top."""

import logging
from collections.abc import Mapping

from triage.desk import Desk, Words
from triage.drafting import Templates, Voice
from triage.drafting.files import TemplateFault
from triage.drafting.voice import from_json
from triage.errors import ConfigError
from triage.house import Text
from triage.store import texts as store

log = logging.getLogger(__name__)

Broken = dict[tuple[str, str], str]


def templates(desk: Desk) -> Templates:
    """Every reply template as it counts now."""
    return words(desk).templates


def voices(desk: Desk) -> Mapping[str, Voice]:
    """Every voice as it counts now, by its name."""
    return words(desk).voices


def words(desk: Desk) -> Words:
    """Both, with what cannot be used. Put together anew only when somebody has saved a text, in whichever process."""
    last = desk.last_words
    if last.tried is not None:
        return last.tried
    newest = store.newest(desk.db)
    files = (desk.templates, desk.voices)
    with last.lock:
        if last.made is None or last.newest != newest or last.files is None or any(map(_other, last.files, files)):
            last.made, last.newest, last.files = _made(desk), newest, files
        return last.made


def _other(one: object, another: object) -> bool:
    return one is not another


def _made(desk: Desk) -> Words:
    saved = [text for text in store.latest(desk.db) if text.body]
    broken: Broken = {}
    templates = _templates(desk, {text.name: text.body for text in saved if text.kind == store.TEMPLATE}, broken)
    voices = _voices(desk, [text for text in saved if text.kind == store.VOICE], broken)
    for kind, _name in broken:
        log.error("saved text cannot be used kind=%s", kind)
    return Words(templates, voices, broken)


def _templates(desk: Desk, texts: dict[str, str], broken: Broken) -> Templates:
    """The files' templates with as many of `texts` on top as can be used: a fault in one never stops drafting."""
    while texts:
        try:
            return desk.templates.changed(texts)
        except TemplateFault as fault:
            # A file may be at odds with a saved list of topics, which is in the general template.
            culprit = next((name for name in (fault.topic, "general") if name in texts), min(texts))
            broken[store.TEMPLATE, culprit] = str(fault)
            del texts[culprit]
    return desk.templates


def _voices(desk: Desk, texts: list[Text], broken: Broken) -> Mapping[str, Voice]:
    found = dict(desk.voices)
    for text in texts:
        try:
            found[text.name] = from_json(text.body, desk.zone.key)
        except ConfigError as fault:
            broken[store.VOICE, text.name] = str(fault)
    return found
