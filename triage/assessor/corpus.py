"""The letters that the heads learn from: reading them, and what two readers' labels ask of each head."""

import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.assessor.features import Floats
from triage.records import Kind

TOPICS = (
    "withdrawing",
    "unemployment",
    "resume",
    "cover_letter",
    "applications",
    "background_check",
    "follow_up",
    "interview",
    "salary",
    "offer",
    "references",
    "employment_gap",
    "fired_or_laid_off",
    "quitting",
    "career_change",
    "overqualified_or_age",
    "discrimination_or_legal",
    "new_grad",
    "networking",
    "job_search_strategy",
    "workplace",
    "scams",
    "wellbeing",
)
KINDS = tuple(kind.value for kind in Kind if kind not in (Kind.LETTER, Kind.OWN))
UNRELATED = "unrelated"  # a person wrote, but not about work
ASIDE = "aside"  # any of KINDS: the message needs no advice
RISKS = ("R1", "R2", "R3")  # each head means "at least"
URGENCIES = ("U2", "U3")
HEADS = (*TOPICS, *KINDS, UNRELATED, ASIDE, *RISKS, *URGENCIES)

SPANS = (
    "first_name",
    "state",
    "employer",
    "job_title",
    "money",
    "interview_date",
    "offer_deadline",
    "appeal_deadline",
    "hearing_date",
    "closing_date",
    "last_day_worked",
    "notice_date",
    "weeks_claimed",
)
"""Facts that are words of the letter."""
ANSWERS = (
    "separation_type=laid_off",
    "separation_type=fired",
    "separation_type=quit",
    "separation_type=hours_cut",
    "separation_type=still_employed",
    "on_unemployment=yes",
    "on_unemployment=no",
    "agency_referral=yes",
)
"""Facts that have one of a few values, whatever the words."""
TAGS = (*SPANS, *ANSWERS)

NOT_CAREER = frozenset({*KINDS, UNRELATED, "off_topic"})
"""Labels, of a kind or of a topic, that say a message is not a letter about work."""

Row = dict[str, Any]


def load_rows(folder: Path) -> list[Row]:
    """Every row of every .jsonl file in `folder`, files in the order of their names."""
    return [
        json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()
    ]


def corpus_hash(rows: Sequence[Row]) -> str:
    """SHA-256 over the rows, whatever the order of their keys."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True, ensure_ascii=False).encode("utf-8") + b"\n")
    return digest.hexdigest()


def full_text(subject: str, body: str) -> tuple[str, int]:
    """The text that is read as one, and where the body begins in it."""
    return f"{subject}\n\n{body}", len(subject) + 2


def targets(rows: Sequence[Row]) -> NDArray[np.float64]:
    """Rows x heads: the mean of the two readers, so a label that only one of them gave is 0.5.

    A row that a second reader has not labelled yet counts as its writer labelled it.
    """
    pairs = [(row, row.get("second", row)) for row in rows]
    return np.array([(_wanted(row, second) + _wanted(second, row)) / 2 for row, second in pairs])


def groups(gram: NDArray[np.float64], alike: float = 0.5) -> list[int]:
    """A group number for each row; rows whose product reaches `alike` share one, directly or by a chain.

    Near-duplicates must fall in the same fold, or a row would be tested on its twin.
    """
    group = list(range(len(gram)))
    for one, other in np.argwhere(np.triu(gram, 1) >= alike):
        old, new = group[other], group[one]
        group = [new if number == old else number for number in group]
    return group


def folds(group: Sequence[int], ids: Sequence[str], count: int, seed: int) -> NDArray[np.int64]:
    """A fold number for each row, groups kept whole. A letter that is added later moves no other."""
    return np.array([zlib.crc32(f"{seed} {ids[number]}".encode()) % count for number in group], dtype=np.int64)


def gold_evidence(row: Row) -> dict[str, tuple[int, int]]:
    """Head to (start, end) in the body of the words that raise it: those of its topics, and those of its risk."""
    marked = {topic: words for topic, words in row.get("evidence", {}).items() if topic in TOPICS}
    for words in row.get("risk_words", ())[:1]:
        marked |= {level: words for level in ("R2", "R3") if row["risk"] >= level}
    places = {head: (row["body"].find(words), len(words)) for head, words in marked.items()}
    return {head: (start, start + length) for head, (start, length) in places.items() if start >= 0}


def gold_facts(row: Row) -> list[tuple[str, int, int]]:
    """Tag, start and end in the body of every fact that was marked; the longest first, so that it wins an overlap."""
    found = []
    for name, words, *value in row["facts"]:
        tag = f"{name}={value[0]}" if value else name
        places = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", row["body"])]
        if tag in TAGS:
            found += [(tag, *place) for place in (places[-1:] if name == "first_name" else places)]
    return sorted(found, key=lambda fact: fact[1] - fact[2], reverse=True)


def _wanted(row: Row, other: Row) -> Floats:
    risk = row.get("risk") or other["risk"]
    urgency = row.get("urgency") or other["urgency"]
    labels = {*row["topics"], row["kind"], *(level for level in RISKS if risk >= level)}
    labels |= {level for level in URGENCIES if urgency >= level}
    if row["kind"] in KINDS:
        labels.add(ASIDE)
    return np.array([name in labels for name in HEADS], dtype=np.float32)
