"""Where a letter stands in the queue, as texts and numbers that sort by themselves. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import IntEnum
from typing import NamedTuple, Self

from triage.stages import Stage

_RISK = {"R3": "0", "R2": "1"}
_URGENCY = {"U3": "0", "U2": "1"}
_NO_DAY = "99999999"
_CALM = "2"  # the places of letters that risk does not hold begin with it, or sort after it
_MARK = re.compile(r"([0-2])-([0-9]{0,24})-([0-9]{1,15})")


def place(*, risk: str, urgency: str, deadline: date | None, received_at: datetime) -> str:
    """Danger first, then urgency, then the reader's own deadline, then age.

    Digits only, so that every database and collation sorts it alike.
    """
    day = deadline.strftime("%Y%m%d").rjust(8, "0") if deadline else _NO_DAY
    at = received_at.astimezone(UTC).strftime("%Y%m%d%H%M%S").rjust(14, "0")
    return f"{_RISK.get(risk, '2')}{_URGENCY.get(urgency, '2')}{day}{at}"


class Group(IntEnum):
    """The parts of the queue, in the order in which a person goes through them."""

    AT_ONCE = 0
    TO_SIGN = 1
    DECLINED = 2


class Span(NamedTuple):
    """The letters of one stage with a place from `low` on and below `high`; an empty bound is none."""

    stage: Stage
    low: str = ""
    high: str = ""


QUEUE: tuple[tuple[Span, ...], ...] = (
    (
        *(Span(stage) for stage in (Stage.UNKNOWN, Stage.FAILED, Stage.STUCK, Stage.HELD)),
        Span(Stage.DRAFTED, high=_CALM),
        Span(Stage.DECLINED, high=_CALM),
    ),
    (Span(Stage.DRAFTED, low=_CALM),),
    (Span(Stage.DECLINED, low=_CALM),),
)
"""For each `Group`, what is in it: each span is one stretch of the index on stage and place."""

ON_ITS_WAY: tuple[tuple[Span, ...], ...] = ((Span(Stage.APPROVED), Span(Stage.SENDING)),)


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A spot in a list that is in the order of places, whether or not a letter is there."""

    group: int
    place: str
    letter_id: int

    def __str__(self) -> str:
        return f"{self.group:d}-{self.place}-{self.letter_id}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The mark that was written as `text`; None when it is anything else."""
        found = _MARK.fullmatch(text)
        return cls(int(found[1]), found[2], int(found[3])) if found else None


def mark(stage: Stage, at: str, letter_id: int) -> Mark:
    """Where a letter stands in the queue, or stood if it has left it."""
    if stage in (Stage.UNKNOWN, Stage.FAILED, Stage.STUCK, Stage.HELD) or at < _CALM:
        return Mark(Group.AT_ONCE, at, letter_id)
    return Mark(Group.DECLINED if stage is Stage.DECLINED else Group.TO_SIGN, at, letter_id)
