"""The letters that the heads learn from: reading them, and what two readers' labels ask of each head."""

import hashlib
import json
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


def folds(group: Sequence[int], count: int, seed: int) -> NDArray[np.int64]:
    """A fold number for each row, groups kept whole."""
    names = np.unique(group)
    places = np.random.default_rng(seed).permutation(len(names)) % count
    return np.asarray(places[np.searchsorted(names, group)], dtype=np.int64)


def gold_evidence(row: Row) -> dict[str, tuple[int, int]]:
    """Topic to (start, end) in the body, where a writer marked the words that raise it."""
    found = {}
    for topic, words in row.get("evidence", {}).items():
        start = row["body"].find(words)
        if topic in TOPICS and start >= 0:
            found[topic] = (start, start + len(words))
    return found


def _wanted(row: Row, other: Row) -> Floats:
    risk = row.get("risk") or other["risk"]
    urgency = row.get("urgency") or other["urgency"]
    labels = {*row["topics"], row["kind"], *(level for level in RISKS if risk >= level)}
    labels |= {level for level in URGENCIES if urgency >= level}
    if row["kind"] in KINDS:
        labels.add(ASIDE)
    return np.array([name in labels for name in HEADS], dtype=np.float32)
