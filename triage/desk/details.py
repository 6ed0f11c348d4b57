"""What a letter states: the facts that a person confirms, corrects, adds or takes out.

The machine's own reading stays as it is; what a person says stands in its place from then on.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from triage.desk import Desk, deciding, learning, writing
from triage.desk.words import templates
from triage.desk.writing import DEADLINE
from triage.drafting.facts import MAX_VALUE, is_date, one_line
from triage.drafting.places import STATES
from triage.errors import Conflict
from triage.records import Dossier, Person, Slot, Stated
from triage.stages import Verb
from triage.store import details as store
from triage.store import letters

log = logging.getLogger(__name__)

NAMES = (
    *("first_name", "state", DEADLINE, "interview_date", "offer_deadline", "closing_date", "appeal_deadline"),
    *("hearing_date", "notice_date", "last_day_worked", "separation_type", "weeks_claimed", "on_unemployment"),
    *("agency_referral", "employer", "job_title", "money"),
)
"""The facts that there are, in the order in which a person is asked for them."""
SEVERAL = ("employer", "job_title", "money")
"""Those of which a letter may state more than one."""
CHOICES: Mapping[str, Sequence[str]] = {
    "separation_type": ("laid_off", "fired", "quit", "hours_cut", "still_employed"),
    "on_unemployment": ("yes", "no"),
    "agency_referral": ("yes", "no"),
}
"""The values of those that have only a few."""
MOST = 30
"""Facts of one letter; of a letter that seems to state more, the first ones count."""
_YEARS = (1990, 2100)
_SUM = re.compile(r"\$?\s?(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(\.\d{1,2})?")

Named = tuple[str, str]
"""The name of a fact and its value."""


def known(dossier: Dossier) -> tuple[Slot, ...]:
    """The facts that count for a letter: those that a person stated, else those that the machine found."""
    assessment = writing.settled(dossier)
    if assessment is None:
        return ()
    slots = assessment.slots
    if dossier.stated is None and assessment.deadline and not writing.deadline_names(assessment):
        slots = (*slots, _deadline(assessment.deadline, assessment.deadline_text))
    return tuple(sorted(slots, key=_order))[:MOST]


def missing(desk: Desk, dossier: Dossier) -> list[str]:
    """The names of the facts that the templates for this letter's topics could use and nobody has stated."""
    assessment = writing.settled(dossier)
    topics = [score.topic for score in assessment.topics] if assessment else []
    prepared = templates(desk)
    used = {*prepared.frame.known, *(name for topic in topics for name in prepared.of(topic).known)}
    there = {slot.name for slot in known(dossier)}
    if assessment and assessment.deadline:
        used.discard(DEADLINE)  # it is known, perhaps by another name
    else:
        used.add(DEADLINE)  # every letter may have one
    return [name for name in NAMES if name in used and name not in there]


def state(desk: Desk, letter_id: int, named: Sequence[Named], person: Person, *, before: str | None = None) -> int:
    """Say what a letter states: every fact of it, each with its name; one without a value is taken out.

    `before` is what `mark` said of the facts that the person saw (default: as they are now). While no
    person has revised the draft it is written anew with them; returns the number of that revision, or 0.
    Saying the same again changes nothing. Raises Conflict for a value that cannot be read.
    """
    deciding.permit(person, Verb.DETAILS)
    dossier = letters.dossier(desk.db, letter_id)
    if dossier.letter is None or dossier.assessment is None:
        raise Conflict("This letter has not been read yet. Next: wait a moment, then say what it states.")
    if before is not None and before != mark(dossier):
        who = dossier.stated.person if dossier.stated else "Somebody"
        raise Conflict(f"{who} has just said something else of what this letter states. Next: look at it first.")
    old, slots = known(dossier), _slots(dossier, named)
    if dossier.stated is not None and dossier.stated.slots == slots:
        return 0
    stated = Stated(letter_id=letter_id, slots=slots, person=person.name, made_at=desk.clock())
    settled = replace(dossier, stated=stated)
    anew = _values(old) != _values(slots) and not dossier.assessment.held and learning.redrafted(dossier)
    draft = writing.write(desk, settled, person) if anew else None
    assessment = writing.settled(settled)
    deadline = assessment.deadline if assessment else None
    why = _told(old, slots)
    revision = store.state(desk.db, stated, seen=dossier.slip, deadline=deadline, why=why, draft=draft)
    log.info("details letter=%d revision=%d", letter_id, revision)
    return revision


def change(desk: Desk, letter_id: int, changes: Sequence[Named], person: Person) -> int:
    """Say only what is different: each fact in `changes` takes the place of those with its name; as `state`."""
    names = {name for name, _ in changes}
    kept = [(slot.name, slot.value) for slot in known(letters.dossier(desk.db, letter_id)) if slot.name not in names]
    return state(desk, letter_id, [*kept, *changes], person)


def mark(dossier: Dossier) -> str:
    """A short text that is another one when somebody has stated other facts since."""
    return dossier.stated.made_at.isoformat() if dossier.stated else ""


def _slots(dossier: Dossier, named: Sequence[Named]) -> tuple[Slot, ...]:
    """The facts as slots; one that stands in the letter keeps its place there."""
    found = dossier.assessment.slots if dossier.assessment else ()
    standing = {(slot.name, slot.value): slot for slot in (*found, *known(dossier))}
    allowed = {*NAMES, *(slot.name for slot in standing.values())}
    slots: list[Slot] = []
    for name, value in dict.fromkeys((name, one_line(value, 10 * MAX_VALUE)) for name, value in named):
        if name not in allowed:
            raise Conflict(f"There is no fact named {name!r}. Next: use one of {', '.join(NAMES)}.")
        if not value:
            continue
        if (name, value) not in standing:
            value = _read(name, value)
        slots.append(standing.get((name, value)) or Slot(name=name, value=value, text="", start=0, end=0))
    for name in {slot.name for slot in slots} - {*SEVERAL}:
        if len({slot.value for slot in slots if slot.name == name}) > 1:
            raise Conflict(f"There are two values for {_plain(name)}. Next: say the one that is right.")
    if len(slots) > MOST:
        raise Conflict(f"These are more than {MOST} facts. Next: say those that the reply needs.")
    return tuple(sorted(dict.fromkeys(slots), key=_order))


def _read(name: str, value: str) -> str:
    """A value as slots have it: an ISO date, two letters for a state, digits for a sum."""
    kind = "day" if is_date(name) else "choice" if name in CHOICES else name
    return _READ.get(kind, _text)(name, value)


def _day(name: str, value: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = date.min
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise Conflict(f"{value!r} is not a day for {_plain(name)}. Next: write it as 2026-11-26.")
    return day.isoformat()


def _state(_name: str, value: str) -> str:
    names = {full.lower(): code for code, full in STATES.items()}
    code = names.get(value.lower(), value.upper())
    if code not in STATES:
        raise Conflict(f"{value!r} is no state. Next: write its two letters, such as FL.")
    return code


def _choice(name: str, value: str) -> str:
    code = value.lower().replace(" ", "_")
    if code not in CHOICES[name]:
        offered = " or ".join(_plain(choice) for choice in CHOICES[name])
        raise Conflict(f"{_plain(name).capitalize()} is {offered}. Next: say which, or leave it out.")
    return code


def _weeks(_name: str, value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,3}", value):
        raise Conflict("Weeks claimed is a number of weeks. Next: write it in digits, such as 6.")
    return str(int(value))


def _money(_name: str, value: str) -> str:
    match = _SUM.fullmatch(value)
    if match is None:
        raise Conflict(f"{value!r} is not a sum of money. Next: write it in digits, such as 52000.")
    return match[1].replace(",", "") + (match[2] or "").rstrip("0").rstrip(".")


def _text(name: str, value: str) -> str:
    if len(value) > MAX_VALUE:
        raise Conflict(f"{_plain(name).capitalize()} is longer than {MAX_VALUE} characters. Next: shorten it.")
    return value


_READ: Mapping[str, Callable[[str, str], str]] = {
    "day": _day,
    "state": _state,
    "choice": _choice,
    "weeks_claimed": _weeks,
    "money": _money,
}


def _deadline(day: date, text: str) -> Slot:
    return Slot(name=DEADLINE, value=day.isoformat(), text=text, start=0, end=0)


def _order(slot: Slot) -> int:
    return NAMES.index(slot.name) if slot.name in NAMES else len(NAMES)


def _values(slots: Sequence[Slot]) -> list[Named]:
    return [(slot.name, slot.value) for slot in slots]


def _told(before: Sequence[Slot], after: Sequence[Slot]) -> str:
    """What was changed, for the history."""
    return "; ".join(_differences(_values(before), _values(after))) or "all of it is right"


def _differences(before: Sequence[Named], after: Sequence[Named]) -> Iterator[str]:
    yield from (f"{_plain(name)} is {value}" for name, value in after if (name, value) not in before)
    kept = {name for name, _ in after}
    gone = (pair for pair in before if pair not in after and (pair[0] not in kept or pair[0] in SEVERAL))
    yield from (f"{_plain(name)} is not {value}" for name, value in gone)


def _plain(name: str) -> str:
    return name.replace("_", " ")
