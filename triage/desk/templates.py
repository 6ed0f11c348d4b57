"""Reply templates as editors change them at the desk: every version is kept, and one that has a fault is not saved."""

import logging
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from triage import stages
from triage.desk import Desk, words
from triage.drafting import Templates
from triage.drafting.files import TemplateFile, with_case
from triage.drafting.templates import FEWEST_ASKS, NO_TOPICS
from triage.errors import Conflict, NotAllowed
from triage.house import Text
from triage.records import Person
from triage.stages import Duty
from triage.store import texts as store

log = logging.getLogger(__name__)

FRAME = "frame"
LONGEST_WHY = 200  # characters
LONGEST_NAME = 40
_VERSION = re.compile(r"^version:(.*)$", re.MULTILINE)
_CASE = re.compile(r"^# *case *: *(\w+)", re.MULTILINE)
_LAST_NUMBER = re.compile(r"(.*?)(\d{0,9})")

BEGINNING = """topic: {topic}
name: {name}
version: 1

## acknowledge
you asked me about {name}

## bridge
Now to {name}.

## answer
[[your answer about {name}]]
"""
"""What a topic without a template of its own begins with: the same that its replies say so far."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a template. `row`: which one as saved at the desk, with who saved it; None: the file's."""

    text: str  # empty: there was no template
    row: Text | None

    @property
    def id(self) -> int:
        return self.row.id if self.row else 0


def may_look(person: Person) -> bool:
    """Whether a person may look at the templates."""
    return stages.has_duty(person.role, Duty.SEE_TEMPLATES)


def may_change(person: Person) -> bool:
    """Whether a person may change them."""
    return stages.has_duty(person.role, Duty.TEMPLATES)


def names(desk: Desk) -> list[str]:
    """Every template that there is or may be: those of topics first, then the others, in alphabetical order."""
    known = words.templates(desk)
    topics = sorted({*known.names, *known.by_topic} - NO_TOPICS)
    return [*topics, FRAME, *sorted({*known.by_topic} & NO_TOPICS)]


def versions(desk: Desk, name: str) -> list[Version]:
    """Every version, newest first; the last one is the file's. Raises Conflict when there is no such template."""
    _known(desk, name)
    file = desk.templates.files.get(name)
    original = file.text if file else ""
    rows = store.history(desk.db, store.TEMPLATE, name)
    return [*(Version(row.body or original, row) for row in rows), Version(original, None)]


def text(desk: Desk, name: str) -> str:
    """The text that counts now; for a topic without one, what to begin with."""
    known = words.templates(desk)
    if name in known.files:
        return known.files[name].text
    return BEGINNING.format(topic=name, name=known.name(name))


def checked(desk: Desk, name: str, body: str) -> Templates:
    """All templates with this text for one of them. Raises TemplateFault with the line and what to mend."""
    return words.templates(desk).changed({name: plain(body)})


def changed_answers(desk: Desk, name: str, trial: Templates) -> list[str]:
    """The answers of `trial` that say something else than those that count now: the prepared ones by their names, in
    the order of the text, then "" for the general one."""
    before, after = (_by_answer(known.files.get(name)) for known in (words.templates(desk), trial))
    return [answer for answer, said in after.items() if said != before.get(answer)]


def save(desk: Desk, person: Person, name: str, body: str, *, why: str, seen: int) -> bool:
    """Let drafts be made of this text from now on, in every process; False when it is what counts already.

    `seen` is the `Version.id` that was changed. A text that differs gets a version of its own in its header.
    Raises TemplateFault for a text with a fault, and Conflict for anything else that stands in the way.
    """
    _permit(person)
    why, body = " ".join(why.split()), plain(body)
    known = versions(desk, name)
    if body == plain(text(desk, name)) and name in words.templates(desk).files:
        return False
    if not why:
        raise Conflict("There is no reason. Next: say in a few words what you changed.")
    if len(why) > LONGEST_WHY:
        raise Conflict(f"The reason has more than {LONGEST_WHY} characters. Next: shorten it.")
    body = _with_own_version(body, {other.text for other in known if other.text})
    checked(desk, name, body)
    _add(desk, person, name, body, why=why, what=f"changed the template {name}: {why}", seen=seen)
    return True


def use_again(desk: Desk, person: Person, name: str, version: int, *, seen: int) -> None:
    """Let an earlier version count again; 0: the file's. Raises Conflict, or TemplateFault if it no longer fits."""
    _permit(person)
    known = versions(desk, name)
    wanted = next((one for one in known if one.id == version), None)
    if wanted is None or wanted is known[0]:
        raise Conflict("There is no such earlier version. Next: choose one of the list.")
    if wanted.row is None or not wanted.row.body:
        _add(desk, person, name, "", why="as it came", what=f"put the template {name} back as it came", seen=seen)
        return
    checked(desk, name, wanted.text)
    day = wanted.row.made_at.astimezone(desk.zone)
    why = f"the version of {day:%B} {day.day}, {day:%H:%M}, by {wanted.row.person} again"
    _add(desk, person, name, wanted.text, why=why, what=f"changed the template {name}: {why}", seen=seen)


def with_answer(body: str, name: str, asks: Sequence[str], answer: str) -> str:
    """The text with one more prepared answer at its end. Raises Conflict with what is missing."""
    body, short = plain(body), re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
    if not short or not short[0].isalpha() or len(short) > LONGEST_NAME:
        raise Conflict("The prepared answer has no name. Next: give it one or two words that begin with a letter.")
    if short in _CASE.findall(body):
        raise Conflict(f"There is a prepared answer named {short} already. Next: choose another name.")
    questions = [line for ask in asks if (line := " ".join(plain(ask).split()).lstrip("- "))]
    if len(questions) < FEWEST_ASKS:
        raise Conflict(
            f"There are too few questions. Next: write at least {FEWEST_ASKS}, one a line, as readers would put them."
        )
    if not answer.strip():
        raise Conflict("There is no answer. Next: write it.")
    if any(line.startswith("#") for line in answer.splitlines()):
        raise Conflict("A line of the answer begins with #. Next: take the sign out.")
    return with_case(body, short, questions, plain(answer))


def plain(body: str) -> str:
    """The text as a file would have it: line feeds only, one at the end, and no signs that cannot be seen."""
    lines = re.sub(r"\r\n?|[\u0085\u2028\u2029\v\f]", "\n", body)
    seen = "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return seen.strip("\n") + "\n"


def _by_answer(file: TemplateFile | None) -> dict[str, list[tuple[str, ...]]]:
    """What each answer says and where it fits, whatever lines it stands in; the general one ("") last."""
    if file is None:
        return {}
    found: dict[str, list[tuple[str, ...]]] = {
        section.name: [(block.name, block.kind, block.text.strip()) for block in section.blocks]
        for section in (*file.cases, file.main)
    }
    for case in file.cases:
        found[case.name] += case.fields.items()
    return found


def _with_own_version(body: str, others: set[str]) -> str:
    """The text with the next version in its header that no other text has."""
    found = _VERSION.search(body)
    taken = {match[1].strip() for text in others if (match := _VERSION.search(text))}
    if found is None or found[1].strip() not in taken:
        return body
    head, number = _LAST_NUMBER.fullmatch(found[1].strip()).groups()  # type: ignore[union-attr]
    head, next_one = (head, int(number) + 1) if number else (f"{head}.", 2)
    while f"{head}{next_one}" in taken:
        next_one += 1
    return f"{body[: found.start()]}version: {head}{next_one}{body[found.end() :]}"


def _add(desk: Desk, person: Person, name: str, body: str, *, why: str, what: str, seen: int) -> None:
    store.add(
        desk.db,
        kind=store.TEMPLATE,
        name=name,
        body=body,
        who=person.name,
        why=why,
        what=what,
        seen=seen,
        now=desk.clock(),
    )
    log.info("template saved name=%s", name)


def _known(desk: Desk, name: str) -> None:
    if name not in names(desk):
        raise Conflict(f"There is no topic {name!r}. Next: choose one of the list.")


def _permit(person: Person) -> None:
    if not may_change(person):
        raise NotAllowed(
            f"Templates are changed by an editor; {person.name} is an {person.role}. Next: ask an editor to do it."
        )
