"""How well letters are read, against what people said of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from triage.assessor.corpus import KINDS, NOT_CAREER, TOPICS, Row, gold_evidence
from triage.assessor.verdict import Verdict
from triage.records import Address, Assessment, Letter

WRITTEN_ON = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
"""The date that letters without one are read as of: a Thursday, so that most named weekdays are days away."""


class Reader(Protocol):
    """What is evaluated: an assessor that also gives the verdict behind its assessment."""

    def read(self, letter: Letter) -> tuple[Assessment, Verdict]:
        """The assessment of a letter and the verdict that it came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said of one row. `evidence`: topic to (start, end) in the body."""

    verdict: Verdict
    risk: str
    urgency: str
    evidence: Mapping[str, tuple[int, int]]


def letter_of(row: Row) -> Letter:
    """The row as a letter from rosa, dated by its own "sent_at" where it has one."""
    sent = datetime.fromisoformat(row["sent_at"]) if row.get("sent_at") else WRITTEN_ON
    sender = Address("", "rosa@example.org")
    return Letter(subject=row["subject"], body=row["body"], sender=sender, sent_at=sent, received_at=sent)


def evaluate(assessor: Reader, rows: Sequence[Row]) -> dict[str, Any]:
    """Read every row with `assessor` and compare; the figures of `figures`, by name."""
    return figures(rows, [answer_of(*assessor.read(letter_of(row))) for row in rows])


def answer_of(assessment: Assessment, verdict: Verdict) -> Answer:
    """The parts of an assessment that are compared."""
    evidence = {
        score.topic: (score.evidence[0].start, score.evidence[0].end) for score in assessment.topics if score.evidence
    }
    return Answer(verdict=verdict, risk=assessment.risk, urgency=assessment.urgency, evidence=evidence)


def figures(rows: Sequence[Row], answers: Sequence[Answer]) -> dict[str, Any]:
    """All figures. Those of topics are over letters about work; each is None where nothing can be said.

    A topic in a row's "may" is never wrong to show and never required. Evidence hits when it
    shares at least one character with what the writer marked, for topics that were found.
    """
    career = np.array([not ({row.get("kind", ""), *row["topics"]} & NOT_CAREER) for row in rows], dtype=bool)
    letters = [(row, answer) for row, answer, is_letter in zip(rows, answers, career, strict=True) if is_letter]
    aside = np.array([answer.verdict.kind != "letter" for answer in answers], dtype=bool)
    other_kind = np.array([row.get("kind") in KINDS for row in rows], dtype=bool)
    with_topic = [(row, answer) for row, answer in letters if row["topics"]]
    hits = [
        answer.evidence[topic][0] < end and start < answer.evidence[topic][1]
        for row, answer in letters
        for topic, (start, end) in gold_evidence(row).items()
        if topic in answer.evidence
    ]
    scores = np.array([answer.verdict.career for answer in answers])
    return {
        "letters": len(letters),
        "others": len(rows) - len(letters),
        **_topics(letters),
        "primary@1": _share(answer.verdict.suggested[0] == row["topics"][0] for row, answer in with_topic),
        "any@1": _share(answer.verdict.suggested[0] in row["topics"] for row, answer in with_topic),
        "primary@3": _share(row["topics"][0] in answer.verdict.suggested for row, answer in with_topic),
        "no topic sure": _share(not answer.verdict.topics for _, answer in letters),
        "letters set aside": _share(aside[career]),
        "set aside: precision": _share(~career[aside]),
        "set aside: recall": _share(aside[other_kind]),
        "career letter: AUROC": auroc(scores[career], scores[~career]),
        "evidence hits": _share(hits),
        **_graded(letters, "risk", lambda answer: answer.risk, ("R1", "R2", "R3")),
        "false locks (R2 or R3 for less)": _false(letters, "R2"),
        "false alarms (R3 for less)": _false(letters, "R3"),
        **_graded(letters, "urgency", lambda answer: answer.urgency, ("U2", "U3")),
    }


def render(result: Mapping[str, Any]) -> str:
    """The figures as plain text, one a line, the topics last."""
    lines = [f"{name:34} {_written(value)}" for name, value in result.items() if not isinstance(value, Mapping)]
    lines.append("F1 of each topic (rows that have it)")
    lines += [f"  {topic:32} {_written(f1)} ({count})" for topic, (f1, count) in result["topics"].items()]
    return "\n".join(lines)


def auroc(yes: NDArray[np.float64], no: NDArray[np.float64]) -> float | None:
    """The chance that a random yes scores above a random no; ties count half (Mann and Whitney)."""
    if not len(yes) or not len(no):
        return None
    above = (yes[:, None] > no).sum() + 0.5 * (yes[:, None] == no).sum()
    return float(above) / (len(yes) * len(no))


def _topics(letters: Sequence[tuple[Row, Answer]]) -> dict[str, Any]:
    counts = {topic: np.zeros(3, dtype=int) for topic in TOPICS}  # right, wrong, missed
    for row, answer in letters:
        wanted = set(row["topics"])
        shown = set(answer.verdict.topics) - (set(row.get("may", ())) - wanted)
        for topic in TOPICS:
            counts[topic] += (topic in wanted & shown, topic in shown - wanted, topic in wanted - shown)
    each = {topic: (_f1(count), int(count[0] + count[2])) for topic, count in counts.items()}
    macro = [f1 for f1, rows in each.values() if f1 is not None and rows]
    return {
        "micro-F1": _f1(sum(counts.values(), np.zeros(3, dtype=int))),
        "macro-F1": float(np.mean(macro)) if macro else None,
        "topics": each,
    }


def _graded(
    letters: Sequence[tuple[Row, Answer]], name: str, said: Callable[[Answer], str], levels: Sequence[str]
) -> dict[str, Any]:
    pairs = [(label_of(row, name), said(answer)) for row, answer in letters if label_of(row, name)]
    result: dict[str, Any] = {f"{name}: exact": _share(gold == found for gold, found in pairs)}
    for level in levels:
        result[f"{name}: {level} found as {level} or more"] = _share(
            found >= level for gold, found in pairs if gold == level
        )
    return result


def _false(letters: Sequence[tuple[Row, Answer]], level: str) -> float | None:
    return _share(
        answer.risk >= level for row, answer in letters if label_of(row, "risk") and label_of(row, "risk") < level
    )


def label_of(row: Row, name: str) -> str:
    """The label that counts as right: the first reader's, or the second's where the first gave none."""
    return str(row.get(name) or row.get("second", {}).get(name) or "")


def _f1(count: NDArray[np.int64]) -> float | None:
    right, wrong, missed = (int(number) for number in count)
    return 2 * right / (2 * right + wrong + missed) if right + wrong + missed else None


def _share(answers: Any) -> float | None:
    values = [bool(answer) for answer in answers]
    return sum(values) / len(values) if values else None


def _written(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
