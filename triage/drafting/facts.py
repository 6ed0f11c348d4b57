"""What the letter states, put into the plain text values that a template may print.

A letter's own words become values here and nothing else: they are never read as a template.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from triage.drafting.places import STATES
from triage.drafting.voice import Voice
from triage.records import Assessment, Letter, Slot

MAX_VALUE = 120
"""Characters of one value; a longer one is a passage from the letter, not a fact."""

MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The stated facts: `values` as text to print, `dates` as days, and the day the letter came."""

    values: Mapping[str, str]
    dates: Mapping[str, date]
    today: date

    def near(self, slot: str) -> bool:
        """Whether the day in `slot` is the day the letter came or the next (house style: urgent)."""
        return slot in self.dates and timedelta(0) <= self.dates[slot] - self.today <= timedelta(days=1)


def is_date(slot: str) -> bool:
    """Whether slots of this name hold a day. Such a slot also gives NAME_day and NAME_when."""
    return slot in ("deadline", "last_day_worked") or slot.endswith(("_date", "_deadline"))


def names_given(slot: str) -> tuple[str, ...]:
    """The names under which a template may use `slot`."""
    return (slot, f"{slot}_day", f"{slot}_when") if is_date(slot) else (slot,)


def gather(letter: Letter, assessment: Assessment, voice: Voice) -> Facts:
    """Read the slots. A date that cannot be read, an unknown state, "none" and "unknown" count as not stated."""
    today = voice.day(letter.received_at)
    values = {"risk": assessment.risk, "attachment": "yes" if letter.attachments else ""}
    dates: dict[str, date] = {}
    found: dict[str, list[Slot]] = {}
    for slot in assessment.slots:
        found.setdefault(slot.name, []).append(slot)
    for name, slots in found.items():
        if is_date(name):
            if days := [day for slot in slots if (day := _read_day(slot.value))]:
                dates[name] = _soonest(days, today)
        elif text := _text(name, slots[0].value):
            values[name] = text
    if assessment.deadline and "deadline" not in dates:
        dates["deadline"] = assessment.deadline
    for name, day in dates.items():
        values.update(
            zip(names_given(name), (long_date(day, today), _short(day, today), _when(day, today)), strict=True)
        )
    return Facts(values=values, dates=dates, today=today)


def long_date(day: date, today: date) -> str:
    """House style: "Friday, Nov. 27"; with the year when it is not this one."""
    year = "" if day.year == today.year else f", {day.year}"
    return f"{WEEKDAYS[day.weekday()]}, {_short_month(day)}{year}"


def listed(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else ""


def one_line(text: str, limit: int) -> str:
    """`text` without control characters and marks of direction, on one line, at most `limit` characters."""
    kept = "".join(
        " " if c.isspace() else c
        for c in text
        if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")
    )
    line = re.sub(r" +", " ", kept).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _text(name: str, value: str) -> str:
    text = one_line(value, MAX_VALUE)
    if text.lower() in ("", "none", "unknown"):
        return ""
    if name == "state":
        return STATES.get(text.upper(), text if text in STATES.values() else "")
    if name == "first_name" and text.isalpha() and text.islower():
        return text.capitalize()
    return text


def _read_day(value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None


def _soonest(days: Sequence[date], today: date) -> date:
    """Of several readings the next to come; if all are past, the latest."""
    return min((day for day in days if day >= today), default=max(days))


def _short_month(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day}"


def _short(day: date, today: date) -> str:
    """The weekday alone while it can mean only one day, else the date."""
    return WEEKDAYS[day.weekday()] if timedelta(0) <= day - today < timedelta(days=7) else _short_month(day)


def _when(day: date, today: date) -> str:
    days = (day - today).days
    if days < 0:
        return "past"
    return ("today", "tomorrow")[days] if days < 2 else "soon" if days < 7 else "later"
