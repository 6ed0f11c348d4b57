"""Facts with a date at the desk: what the file says, with what editors have verified since on top of it."""

import calendar
import logging
import re
from dataclasses import replace
from datetime import date

from triage import stages
from triage.desk import Desk
from triage.drafting.book import COUNTRY, MAX_SOURCE, Book, Fact, FactKind, fault
from triage.drafting.places import STATES
from triage.errors import Conflict, NotAllowed
from triage.records import Person
from triage.stages import Duty
from triage.store import facts as store
from triage.store.facts import Entry

log = logging.getLogger(__name__)

MONTHS = {FactKind.NAME: 12, FactKind.LINK: 12, FactKind.NUMBER: 6, FactKind.HOTLINE: 3}
"""How long a fact of each kind is good for once it is verified: laws twice a year, hotlines every quarter."""
JURISDICTIONS = (COUNTRY, *STATES)


def book(desk: Desk) -> Book:
    """Every fact as it counts now."""
    return desk.facts.corrected(store.latest(desk.db))


def today(desk: Desk) -> date:
    """The day on the desk's clock."""
    return desk.clock().astimezone(desk.zone).date()


def may_verify(person: Person) -> bool:
    """Whether a person may verify and correct facts."""
    return stages.has_duty(person.role, Duty.FACTS)


def may_look(person: Person) -> bool:
    """Whether a person may look at their list: those who sign replies that print them."""
    return stages.has_duty(person.role, Duty.SEE_FACTS)


def verify(
    desk: Desk, person: Person, name: str, jurisdiction: str, *, value: str, source: str, expires: date | None = None
) -> Fact:
    """Keep what an editor has found at `source` today; drafts print `value` from now on until `expires`.

    `jurisdiction` is "US" or a postal code. Without `expires` the months of the fact's kind in `MONTHS` count.
    Raises NotAllowed for anybody else, and Conflict with the reason for what cannot be printed.
    """
    _permit(person)
    known = _find(book(desk), name.strip(), jurisdiction.strip().upper())
    value, source, day = _plain(known.kind, value), source.strip(), today(desk)
    if not value:
        raise Conflict("There is no value. Next: write what replies shall print.")
    if wrong := fault(known.kind, value):
        raise Conflict(f"“{value[:MAX_SOURCE]}” {wrong}. Next: write it so.")
    if not source:
        raise Conflict("There is no source. Next: write the address of the page where you found it.")
    _one_line(source)
    if expires is not None and expires < day:
        raise Conflict("The day until which it holds is over. Next: write a later one, or none.")
    fact = Fact(
        name=known.name,
        jurisdiction=known.jurisdiction,
        kind=known.kind,
        value=value,
        source=source,
        seen=day,
        verified_on=day,
        expires=expires or _months_later(day, MONTHS[known.kind]),
        verified_by=person.name,
    )
    _add(desk, person, fact, "verified", f": {fact.value}")
    return fact


def withdraw(desk: Desk, person: Person, name: str, jurisdiction: str, *, why: str) -> Fact:
    """Say that nobody knows a fact any more: from now on drafts do without it.

    `why` stands in place of its source. Raises NotAllowed and Conflict like `verify`.
    """
    _permit(person)
    known, why, day = _find(book(desk), name.strip(), jurisdiction.strip().upper()), why.strip(), today(desk)
    if not known.value:
        raise Conflict("Nobody knows this fact now. Next: verify it when somebody does.")
    if not why:
        raise Conflict("There is no reason. Next: say why it cannot be relied on, or where you looked.")
    _one_line(why)
    fact = replace(known, value="", source=why, seen=day, verified_on=day, verified_by=person.name, expires=None)
    _add(desk, person, fact, "withdrew", f": {why}")
    return fact


def history(desk: Desk, name: str, jurisdiction: str) -> list[Entry]:
    """What editors have said of a fact, newest first; before that the file counted. Raises Conflict for no fact."""
    known = _find(book(desk), name.strip(), jurisdiction.strip().upper())
    return store.history(desk.db, known.name, known.jurisdiction)


def use_again(desk: Desk, person: Person, name: str, jurisdiction: str, entry: int) -> Fact:
    """Let an earlier entry of a fact's history count again as it was, with its days; 0: what the file says.

    Raises NotAllowed, and Conflict when there is no such entry, or when it is the one that counts.
    """
    _permit(person)
    entries = history(desk, name, jurisdiction)
    known = _find(book(desk), name.strip(), jurisdiction.strip().upper())
    wanted = next((one for one in entries if one.id == entry), None)
    if not entries or entries[0] is wanted or (wanted is None and (entry or entries[0].fact is None)):
        raise Conflict("There is no such earlier entry. Next: choose one of the list.")
    if wanted is None or wanted.fact is None:
        gone = replace(known, value="", source="", verified_on=today(desk), verified_by=person.name, expires=None)
        _add(desk, person, gone, "put back", ", as the file has it")
    else:
        said = wanted.fact.value or "that nobody knows it"
        _add(desk, person, wanted.fact, "put back", f": {said}")
    return book(desk).facts[known.reference]


def changed(desk: Desk) -> set[str]:
    """The references of the facts that have a history."""
    return store.changed(desk.db)


def _add(desk: Desk, person: Person, fact: Fact, did: str, what: str) -> None:
    store.add(desk.db, fact, who=person.name, what=f"{did} the fact {fact.reference}{what}", now=desk.clock())
    log.info("%s fact=%s", did, fact.reference)


def _permit(person: Person) -> None:
    if not may_verify(person):
        raise NotAllowed(
            f"Facts are verified by an editor; {person.name} is an {person.role}. Next: ask an editor to do it."
        )


def _one_line(source: str) -> None:
    if len(source) > MAX_SOURCE or not source.isprintable():
        raise Conflict(f"The source is not one line of up to {MAX_SOURCE} characters. Next: write the address alone.")


def _find(known: Book, name: str, jurisdiction: str) -> Fact:
    """The fact as it is; Conflict with what there is instead."""
    if name not in known.names:
        raise Conflict(f"There is no fact named {name!r}. Next: use one of {', '.join(sorted(known.names))}.")
    if jurisdiction not in JURISDICTIONS:
        raise Conflict(f"There is no state {jurisdiction!r}. Next: write its postal code, such as FL, or {COUNTRY}.")
    found = known.facts.get(f"{name}/{jurisdiction}")
    if found is None:
        others = ", ".join(fact.name for fact in known.rows(jurisdiction)) or "none"
        raise Conflict(f"There is no {name} for {jurisdiction}. Next: use one of its own facts: {others}.")
    return found


def _plain(kind: FactKind, value: str) -> str:
    """The value without space around it; an address without what a browser puts in front of it."""
    value = value.strip()
    return re.sub(r"^https?://", "", value).rstrip("/") if kind is FactKind.LINK else value


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
