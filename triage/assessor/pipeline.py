"""From a saved spaCy pipeline and a letter to an assessment."""

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from triage.assessor import components  # noqa: F401  registers the factories that spacy.load looks up
from triage.assessor.corpus import full_text
from triage.assessor.facts import find_facts
from triage.assessor.language import tell_language
from triage.assessor.risk import Risk, find_risks
from triage.assessor.urgency import judge_urgency
from triage.assessor.verdict import Verdict, judge
from triage.deadlines import resolve
from triage.errors import ConfigError
from triage.records import Assessment, Kind, Letter, Span, TopicScore

LONGEST = 20_000  # characters that are read; the rest of a message is for people
_FOLDER = re.compile(r"triage-(\d+)")
_READS_LIKE = {
    "R1": "reads like letters that need care",
    "R2": "reads like letters that were held for a person",
    "R3": "reads like letters from people in danger",
}

log = logging.getLogger(__name__)


class PipelineAssessor:
    """Reads letters with one loaded pipeline (implements `triage.ports.Assessor`)."""

    def __init__(self, nlp: Language) -> None:
        self._nlp = nlp
        self._thresholds: Mapping[str, float] = nlp.meta["triage"]["thresholds"]
        self.name = f"{nlp.meta['name']}-{nlp.meta['version']}"

    def assess(self, letter: Letter) -> Assessment:
        """Read one letter; whatever goes wrong, the letter reaches a person with the reason."""
        try:
            return self.read(letter)[0]
        except Exception as error:
            log.error("assess failed: %s", type(error).__name__)
            return Assessment(
                kind=Kind.LETTER,
                risk="R2",
                risk_reasons=("the machine could not read this letter, so nobody has looked for danger in it yet",),
                urgency="U3",
                language="und",
                model=self.name,
            )

    def read(self, letter: Letter) -> tuple[Assessment, Verdict]:
        """The assessment and the verdict of the heads behind it."""
        text, body_start = full_text(letter.subject[:LONGEST], letter.body)
        doc = self._nlp.make_doc(text[:LONGEST])
        doc._.body_start = body_start
        return conclude(letter, self._nlp(doc), self._thresholds, self.name)


def conclude(letter: Letter, doc: Doc, thresholds: Mapping[str, float], name: str) -> tuple[Assessment, Verdict]:
    """Put together what the components found in `doc` and what the rules find in the letter."""
    verdict = judge(doc.cats, thresholds, sum(token.is_alpha for token in doc))
    body = letter.body[:LONGEST]
    written_on = letter.sent_at or letter.received_at
    dates = resolve(body, written_on)
    risk, reasons = _risk([*doc._.risks, *find_risks(letter.quoted[:LONGEST])], verdict)
    language = tell_language(f"{letter.subject}\n{body}")
    foreign = language not in ("en", "und")
    kind = verdict.kind
    if foreign or risk == "R3":
        kind = Kind.LETTER  # the heads learned from English; and somebody in danger is never set aside
    urgency, deadline, deadline_text = judge_urgency(body, written_on, dates, verdict.topics, risk)
    assessment = Assessment(
        kind=kind,
        topics=tuple(
            TopicScore(topic=topic, score=doc.cats[topic], evidence=_evidence(doc, topic))
            for topic in ([] if foreign else verdict.topics)
        ),
        suggested=tuple(verdict.suggested) if kind is Kind.LETTER and not foreign else (),
        slots=tuple(find_facts(body, dates)),
        urgency=max(urgency, verdict.urgency) if kind is Kind.LETTER else "U1",
        deadline=deadline,
        deadline_text=deadline_text,
        risk=risk,
        risk_reasons=reasons,
        language=language,
        model=name,
    )
    return assessment, verdict


def load(path: Path) -> PipelineAssessor:
    """Load the pipeline in the folder `path`; ConfigError when there is none or it does not fit."""
    try:
        return PipelineAssessor(spacy.load(path))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"There is no usable pipeline at {path}: {error}. Next: run `triage train`, or name another with `model`."
        ) from error


def newest_model(models_dir: Path) -> Path:
    """The folder triage-N with the highest N in `models_dir`; ConfigError when there is none."""
    found = [
        (int(match[1]), path)
        for path in (models_dir.iterdir() if models_dir.is_dir() else ())
        if (match := _FOLDER.fullmatch(path.name)) and (path / "meta.json").is_file()
    ]
    if not found:
        raise ConfigError(f"There is no trained pipeline in {models_dir}. Next: run `triage train`.")
    return max(found)[1]


def _evidence(doc: Doc, topic: str) -> tuple[Span, ...]:
    start_of_body = int(doc._.body_start)
    spans: Sequence[Any] = doc.spans.get(topic, ())
    return tuple(
        Span(text=span.text, start=span.start_char - start_of_body, end=span.end_char - start_of_body) for span in spans
    )


def _risk(found: Sequence[Risk], verdict: Verdict) -> tuple[str, tuple[str, ...]]:
    level = max(["R0", verdict.risk, *(risk.level for risk in found)])
    reasons = [risk.reason for risk in sorted(found, key=lambda risk: risk.level, reverse=True)]
    if verdict.risk > max(["R0", *(risk.level for risk in found)]):
        reasons.insert(0, _READS_LIKE[verdict.risk])
    return level, tuple(dict.fromkeys(reasons))
