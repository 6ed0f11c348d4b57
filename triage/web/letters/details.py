"""The form under "What the letter states": each fact with the field that fits it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from triage.desk import Desk, details
from triage.drafting.facts import is_date
from triage.drafting.places import STATES
from triage.records import Dossier
from triage.web import words

PREFIX = "fact-"
STATE_NAMES: Mapping[str, str] = dict(sorted(STATES.items(), key=lambda pair: pair[1].removeprefix("the ")))


@dataclass(frozen=True, slots=True)
class Entry:
    """One field: its name in the form, its label, what kind of value it takes, and the value as it is."""

    key: str
    label: str
    kind: str  # day | state | choice | number | text
    value: str = ""
    choices: Sequence[str] = ()


def shown(desk: Desk, dossier: Dossier) -> list[tuple[str, str]]:
    """The facts that count, each as its name and what the letter says of it."""
    today = desk.clock().astimezone(desk.zone).date()
    return [words.fact(slot, today) for slot in details.known(dossier)]


def entries(dossier: Dossier) -> list[Entry]:
    """A field for each fact that counts."""
    found: list[Entry] = []
    for slot in details.known(dossier):
        nth = sum(entry.key.partition(".")[0] == f"{PREFIX}{slot.name}" for entry in found)
        found.append(_entry(slot.name, slot.value, nth))
    return found


def blanks(desk: Desk, dossier: Dossier) -> list[Entry]:
    """An empty field for each fact that this letter's templates could use."""
    return [_entry(name, "", 0) for name in details.missing(desk, dossier)]


def mark(dossier: Dossier) -> str:
    """What the form brings back, so that nobody overwrites what somebody else has just said."""
    return details.mark(dossier)


def named(form: Mapping[str, str]) -> Sequence[details.Named]:
    """The facts of the form, in its order."""
    return list(_named(form))


def _named(form: Mapping[str, str]) -> Iterator[details.Named]:
    for key, value in form.items():
        if key.startswith(PREFIX):
            yield key.removeprefix(PREFIX).partition(".")[0], value


def _entry(name: str, value: str, nth: int) -> Entry:
    key = f"{PREFIX}{name}" + (f".{nth + 1}" if nth else "")
    return Entry(key, words.fact_name(name), _kind(name), value, details.CHOICES.get(name, ()))


def _kind(name: str) -> str:
    if is_date(name):
        return "day"
    if name in details.CHOICES:
        return "choice"
    return {"state": "state", "weeks_claimed": "number"}.get(name, "text")
