"""What people decide about letters, and what is learned from it: papers like those in `triage.records`.

    Decision ─► Lesson ─► Learned ─► Version

The machine's own reading is never among them: a desk that learned from its guesses would only grow surer of them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Evidence = tuple[tuple[str, int, int], ...]
"""Pieces of a letter that a person pointed at: the topic, and where it starts and ends in `Letter.body`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided that a letter is about. The newest one of a letter counts."""

    letter_id: int
    topics: tuple[str, ...]  # primary first; empty: none of them
    evidence: Evidence = ()
    cases: tuple[tuple[str, str], ...] = ()  # topic and the case that answers it; an empty case: the general answer
    origin: Literal["corrected", "approved"]  # the topics were set, or a draft made with them was signed
    person: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What a decision teaches: the reader's words, and what a person made of them."""

    letter_id: int
    subject: str
    body: str
    topics: tuple[str, ...]  # primary first; empty: none of them
    evidence: Evidence = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a teacher made of the lessons: a layer on top of one pipeline, which itself stays as it came."""

    data: bytes  # means something to `Assessor.adopt` alone
    model: str  # the pipeline it belongs to: `Assessor.name`, without a learned suffix
    lessons: int
    before: float  # micro-F1 on the lessons that were held back, 0..1
    after: float
    better: bool  # not worse on them, and so fit to be used
    told: str  # the report in plain words, several lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One kept version of what was learned, as the list shows it. They are numbered from 1."""

    number: int
    made_at: datetime
    model: str
    lessons: int
    before: float
    after: float
    told: str
    promoted: bool  # put to use when it was made
    in_use: bool  # what the desk reads with now
