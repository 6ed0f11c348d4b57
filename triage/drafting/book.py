"""Facts with a date: the names, links, numbers and hotlines that replies may print. Pure.

They age, so templates never hold them. Each is a row of a file, with its source, the day it was seen there, the
day somebody verified it, and the last day it may be printed. A number is printed only once it has been verified;
a name or a link also before that (house style, "When facts are unknown").
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Self

from triage.drafting import state_rules
from triage.drafting.places import STATES
from triage.drafting.sentences import sentences
from triage.errors import ConfigError

COUNTRY = "US"
"""The jurisdiction of what holds in every state."""
COLUMNS = ("name", "jurisdiction", "kind", "value", "source", "seen", "verified_on", "expires")
MAX_VALUE = 120  # characters; as much as a template prints of any fact
MAX_SOURCE = 300

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LINK = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/[^\s\"'<>]*)?")
_NUMBER = re.compile(r"(?=.*[A-Za-z]{2})(?:no\b|.*\d).*")
_TELEPHONE = re.compile(r"\d{3}|(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-]?)\d{3}[ .-]?\d{4}")


class FactKind(StrEnum):
    """What a fact is, and with it how careful a draft has to be with it."""

    NAME = "name"
    LINK = "link"
    NUMBER = "number"
    HOTLINE = "hotline"


_UNVERIFIED_TOO = (FactKind.NAME, FactKind.LINK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One row. `value` is what a reply prints; empty: it is known that nobody knows."""

    name: str
    jurisdiction: str  # "US" or a postal code
    kind: FactKind
    value: str
    source: str
    seen: date
    verified_on: date | None = None  # where the value is empty, the day on which somebody withdrew it
    expires: date | None = None  # the last day on which it may be printed
    verified_by: str = ""  # empty while nobody has, and in the file, which names nobody

    @property
    def reference(self) -> str:
        """ "agency/FL"."""
        return f"{self.name}/{self.jurisdiction}"

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expires is not None and today > self.expires

    def printable(self, today: date) -> bool:
        """Whether a draft may print it. An expired name or link may be: the draft is then blocked with the reason."""
        if not self.value:
            return False
        return self.kind in _UNVERIFIED_TOO or (self.verified_on is not None and not self.expired(today))


def fault(kind: FactKind, value: str) -> str:
    """What is wrong with a value of this kind, to follow its quotation; empty when nothing is."""
    if not value.isprintable() or value != value.strip():
        return "is not one plain line"
    if len(value) > MAX_VALUE:
        return f"has more than {MAX_VALUE} characters"
    if kind is FactKind.LINK and not _LINK.fullmatch(value):
        return "is not a bare address such as careeronestop.org"
    if kind is FactKind.HOTLINE and not _TELEPHONE.fullmatch(value):
        return "is not a telephone number such as 988 or 1-800-555-0100"
    # "20" alone could not be told from the 20 of a date when a text is checked.
    if kind is FactKind.NUMBER and not _NUMBER.fullmatch(value):
        return 'is not a number with what it counts, such as "20 days from mailing"'
    return ""


@dataclass(frozen=True, slots=True)
class Book:
    """All rows, by reference, in the order of the file."""

    facts: Mapping[str, Fact]

    @classmethod
    def read(cls, path: Path) -> Self:
        """The rows of a file with the columns of `COLUMNS`. ConfigError names the file, the line and what to mend."""
        try:
            text = path.read_text("utf-8-sig")  # spreadsheets put a mark in front
        except FileNotFoundError as error:
            raise ConfigError(f"There are no dated facts {path}. Next: put the file back.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} cannot be read as UTF-8 text ({error}). Next: save it as CSV UTF-8.") from error
        facts: dict[str, Fact] = {}
        kinds: dict[str, FactKind] = {}
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            if tuple(next(rows, ())) != COLUMNS:
                raise _Mend("the columns are not as they should be", f"write {','.join(COLUMNS)} in the first line")
            for cells in rows:
                if not cells:
                    continue
                fact = _fact(cells)
                if fact.reference in facts:
                    raise _Mend(f"{fact.reference} is there twice", "keep one of the two")
                if kinds.setdefault(fact.name, fact.kind) is not fact.kind:
                    raise _Mend(f"{fact.name} is a {kinds[fact.name]} elsewhere", "give it the same kind everywhere")
                facts[fact.reference] = fact
        except csv.Error as error:
            raise ConfigError(f"{path}, line {rows.line_num}: {error}. Next: look at the quotes there.") from error
        except _Mend as error:
            raise ConfigError(f"{path}, line {rows.line_num}: {error.what}. Next: {error.mend}.") from error
        return cls(facts)

    @property
    def names(self) -> frozenset[str]:
        """The name of every fact that there is for some jurisdiction."""
        return frozenset(fact.name for fact in self.facts.values())

    def corrected(self, rows: Iterable[Fact]) -> Self:
        """The book with `rows`, which people have verified, in place of its own; rows of facts it lacks are added."""
        return type(self)({**self.facts, **{fact.reference: fact for fact in rows}})

    def rows(self, jurisdiction: str) -> list[Fact]:
        """Those of one state, or of the country."""
        return [fact for fact in self.facts.values() if fact.jurisdiction == jurisdiction]

    def printable(self, state: str | None, today: date) -> dict[str, Fact]:
        """By name, the facts that a draft may print for a reader in `state` (a postal code; None: not stated).

        Where the country and the state have a fact of the same name, the state's is meant.
        """
        return {fact.name: fact for fact in self._for_reader(state) if fact.printable(today)}

    def problems(self, text: str, state: str | None, today: date) -> list[str]:
        """Why the text of a reply to a reader in `state` (None: not stated) cannot go out yet.

        It prints facts that have expired, an agency while nobody knows the state, or a number as the state's rule
        that no verified row gives (house style, hard blocks).

        Hotlines are not among them: telephone numbers have a check of their own, which asks for
        `approved_numbers`, and nothing may keep 988 from a reader in danger.
        """
        line = _in_one_line(text)
        rows = [fact for fact in self._for_reader(state) if fact.value and fact.kind is not FactKind.HOTLINE]
        current = {fact.value.lower() for fact in rows if not fact.expired(today)}  # two rows may give one address
        expired = [
            f"This prints {fact.value}, which had to be checked again by {_said(fact.expires)}. "
            f"Next: an editor verifies it with `triage facts verify {fact.name} {fact.jurisdiction}`."
            for fact in rows
            if fact.expires and fact.expired(today) and fact.value.lower() not in current and _printed(fact, line)
        ]
        return [*expired, *(self._unverified(text, state) if state else self._agencies(line))]

    def _unverified(self, text: str, state: str) -> Iterator[str]:
        """Numbers said of the reader's state without a row that somebody has verified; expired ones are told apart."""
        rows = [row for row in self.rows(state) if row.kind is FactKind.NUMBER and row.verified_on and row.value]
        for sentence in sentences(text):
            words = state_rules.numbers(sentence)
            if words and not any(_printed(fact, sentence.text) for fact in rows):
                yield (
                    f"This gives a number of {STATES.get(state, state)} that nobody has verified: {words!r}. "
                    "Next: take it out, or have an editor verify it with `triage facts verify`."
                )

    def _agencies(self, line: str) -> Iterator[str]:
        """Agencies of states, by name and by address, in a reply to a letter that names no state."""
        of_states = [fact for fact in self.facts.values() if fact.jurisdiction != COUNTRY and fact.value]
        names = [fact.value for fact in of_states if fact.kind is FactKind.NAME]
        sites = [fact.value for fact in of_states if fact.kind is FactKind.LINK and _printed(fact, line)]
        for name in dict.fromkeys([*state_rules.agencies(line, names), *sites]):
            yield (
                f"This names the agency of a state, but the letter names no state: {name}. "
                "Next: ask which state, and write “the state unemployment office”."
            )

    def approved_numbers(self, today: date) -> frozenset[str]:
        """The telephone numbers that a reply may give: the digits of verified hotlines, without the country's 1."""
        return frozenset(
            digits.removeprefix("1") if len(digits) == 11 else digits
            for fact in self.facts.values()
            if fact.kind is FactKind.HOTLINE and fact.printable(today)
            for digits in (re.sub(r"\D", "", fact.value),)
        )

    def _for_reader(self, state: str | None) -> list[Fact]:
        return self.rows(COUNTRY) + (self.rows(state) if state and state != COUNTRY else [])


def _printed(fact: Fact, line: str) -> bool:
    """Whether a text in one line has the value as a whole: not in.gov in "bin.gov", not 20 days in "120 days"."""
    value = re.escape(_in_one_line(fact.value))
    if fact.kind is FactKind.LINK:  # with or without "https://www."; but not as part of a longer host, or of an address
        pattern = rf"(?<![\w.@-])(?:www\.)?{value}(?![\w-]|\.\w)"
    else:
        pattern = rf"(?<!\w)(?<!\d[.,]){value}(?!\w)"
    return re.search(pattern, line, re.IGNORECASE) is not None


def _in_one_line(text: str) -> str:
    return " ".join(text.replace("’", "'").split())


def _said(day: date) -> str:
    """ "May 23, 2027"."""
    return f"{day:%B} {day.day}, {day.year}"


class _Mend(Exception):
    """What is wrong in a line, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


def _fact(cells: list[str]) -> Fact:
    """One line of the file. Raises _Mend."""
    if len(cells) != len(COLUMNS):
        raise _Mend(f"there are {len(cells)} cells", f"write {len(COLUMNS)}, and quotes around one that has a comma")
    row = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
    if not _NAME.fullmatch(row["name"]):
        raise _Mend(f"{row['name']!r} is not a name", "use lower-case letters, digits and _")
    if row["jurisdiction"] not in (COUNTRY, *STATES):
        raise _Mend(f"{row['jurisdiction']!r} is not a state", f"write {COUNTRY} or a postal code such as FL")
    if row["kind"] not in tuple(FactKind):
        raise _Mend(f"{row['kind']!r} is not a kind of fact", f"use one of {', '.join(FactKind)}")
    kind = FactKind(row["kind"])
    if row["value"] and (wrong := fault(kind, row["value"])):
        raise _Mend(f"{row['value']!r} {wrong}", "correct the value, or leave it empty while nobody knows it")
    if not row["source"]:
        raise _Mend("there is no source", "write where it was seen, or 'not yet checked'")
    seen, verified_on = _day(row["seen"], "seen"), _day(row["verified_on"], "verified_on")
    if seen is None:
        raise _Mend("there is no day on which it was seen", "write it as 2026-11-23")
    if verified_on and not row["value"]:
        raise _Mend("it is verified without a value", "write the value, or take the day out of verified_on")
    return Fact(
        name=row["name"],
        jurisdiction=row["jurisdiction"],
        kind=kind,
        value=row["value"],
        source=row["source"],
        seen=seen,
        verified_on=verified_on,
        expires=_day(row["expires"], "expires"),
    )


def _day(text: str, column: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise _Mend(f"{text!r} in the column {column} is not a day", "write it as 2026-11-23") from error
