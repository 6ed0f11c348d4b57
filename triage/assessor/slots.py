"""The facts of a letter as slots: what the encoder points at, what the rules find, each read into a value.

Neither is enough alone. The rules are exact about what has a fixed shape (sums, states, the name
under a letter); what a firm or a trade is called, and what will happen on a date, has none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from triage.assessor.facts import amount, find_facts
from triage.assessor.states import state_of
from triage.assessor.tagging import Fact
from triage.deadlines import DateMention, count_of, read_date
from triage.records import Slot

DATES = {  # whether the day may lie behind the letter
    "interview_date": False,
    "offer_deadline": False,
    "appeal_deadline": False,
    "hearing_date": False,
    "closing_date": False,
    "last_day_worked": True,
    "notice_date": True,
}
_MANY = frozenset({"money", "employer", "job_title"})
_WEEKS = {"day": 1 / 7, "week": 1, "month": 4.345, "year": 52}
_LENGTH = re.compile(r"(?P<count>[\w ]+?)[ -](?P<unit>day|week|month|year)s?\b", re.IGNORECASE)
_LONGEST = 60  # characters that can name a length of time
_EDGES = " \t\n.,;:!?()[]\"“”'’‘*_-–—"
_SALUTATION = re.compile(
    r"(?:\A|\b(?:dear|hi|hello|hey|morning|afternoon|evening)[ ,]+(?:mrs?\.? |ms\.? |dr\.? )?)\Z", re.IGNORECASE
)
_ARTICLE = re.compile(r"(?:an?|the|my|our|his|her|their)\s+", re.IGNORECASE)


def find_slots(body: str, written_on: datetime, dates: Sequence[DateMention], facts: Sequence[Fact]) -> list[Slot]:
    """Every slot of `body` in its order; of most names only one, of sums, firms and trades each different one."""
    found: list[Slot] = []
    for slot in [*find_facts(body, dates), *_pointed_at(body, written_on, dates, facts)]:
        if not any(_rules_out(other, slot) for other in found):
            found.append(slot)
    return sorted(found, key=lambda slot: slot.start)


def _rules_out(known: Slot, other: Slot) -> bool:
    """Whether `other` cannot be, or need not be, a fact beside a `known` one."""
    touching = known.start < other.end and other.start < known.end
    if known.name == other.name:
        return known.name not in _MANY or touching or known.value.lower() == other.value.lower()
    return touching and known.name in DATES and other.name in DATES  # a day is one thing only


def _pointed_at(body: str, written_on: datetime, dates: Sequence[DateMention], facts: Sequence[Fact]) -> list[Slot]:
    """The facts that can be read into a value, the surest first."""
    slots = []
    for fact in sorted(facts, key=lambda fact: -fact.chance):
        start, end = _trimmed(body, fact)
        name, _, answer = fact.tag.partition("=")
        if name in DATES:
            day = read_date(body, start, end, written_on, behind=DATES[name], mentions=dates)
            # "November" and "12" are pointed at apart, and are one day.
            touched = [mention for mention in dates if mention.start < end and start < mention.end]
            start, end = min([start, *(m.start for m in touched)]), max([end, *(m.end for m in touched)])
            answer = day.isoformat() if day else ""
        if name == "first_name" and _SALUTATION.search(body, 0, start):
            continue  # that is whom the letter is to
        value = answer or _VALUES.get(name, _nothing)(" ".join(body[start:end].split()))
        if value:
            slots.append(Slot(name=name, value=value, text=body[start:end], start=start, end=end))
    return slots


def _trimmed(body: str, fact: Fact) -> tuple[int, int]:
    start, end = fact.start, fact.end
    while start < end and body[start] in _EDGES:
        start += 1
    while end > start and body[end - 1] in _EDGES:
        end -= 1
    if fact.tag == "job_title" and (article := _ARTICLE.match(body, start, end)):
        start = article.end()
    return start, end


def _weeks(words: str) -> str | None:
    match = _LENGTH.search(words[:_LONGEST])
    count = count_of(match["count"]) if match else None
    return str(max(1, round(count * _WEEKS[match["unit"].lower()]))) if match and count else None


def _title(words: str) -> str:
    return words if words.isupper() else words.lower()


def _name(words: str) -> str:
    first = words.partition(" ")[0]
    return first if first[:1].isupper() else first.capitalize()


def _nothing(words: str) -> None:
    return None


_VALUES: Mapping[str, Callable[[str], str | None]] = {
    "state": state_of,
    "money": amount,
    "weeks_claimed": _weeks,
    "job_title": _title,
    "first_name": _name,
    "employer": str,
}
