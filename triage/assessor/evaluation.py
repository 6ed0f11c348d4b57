"""How well letters are read, against what people said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

from triage.assessor.corpus import TOPICS, Row
from triage.assessor.fact_figures import fact_figures
from triage.assessor.figures import Chances, Pairs, figures
from triage.assessor.verdict import Verdict
from triage.records import Address, Assessment, Letter, Slot

WRITTEN_ON = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
"""The date that letters without one are read as of: a Thursday, so that most named weekdays are days away."""
ROUNDS = 200  # how often rows are drawn again for an interval


class Reader(Protocol):
    """What is evaluated: an assessor that also gives the verdict and the chances behind its assessment."""

    def read(self, letter: Letter) -> tuple[Assessment, Verdict, Chances]:
        """The assessment of a letter, the verdict that it came from, and the chance of every topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said of one row. `evidence`: topic to (start, end) in the body."""

    verdict: Verdict
    chances: Chances
    sure: frozenset[str]
    risk: str
    urgency: str
    evidence: Mapping[str, tuple[int, int]]
    slots: Sequence[Slot]


def letter_of(row: Row) -> Letter:
    """The row as a letter from rosa, dated by its own "sent_at" where it has one."""
    sent = datetime.fromisoformat(row["sent_at"]) if row.get("sent_at") else WRITTEN_ON
    sender = Address("", "rosa@example.org")
    return Letter(subject=row["subject"], body=row["body"], sender=sender, sent_at=sent, received_at=sent)


def answer_of(assessment: Assessment, verdict: Verdict, chances: Chances) -> Answer:
    """The parts of an assessment that are compared."""
    evidence = {
        score.topic: (score.evidence[0].start, score.evidence[0].end) for score in assessment.topics if score.evidence
    }
    return Answer(
        verdict=verdict,
        chances={topic: chances[topic] for topic in TOPICS},
        sure=frozenset(score.topic for score in assessment.topics if score.sure),
        risk=assessment.risk,
        urgency=assessment.urgency,
        evidence=evidence,
        slots=assessment.slots,
    )


def evaluate(assessor: Reader, rows: Sequence[Row]) -> dict[str, Any]:
    """Read every row with `assessor` and compare; see `measured`."""
    return measured(rows, [answer_of(*assessor.read(letter_of(row))) for row in rows])


def measured(rows: Sequence[Row], answers: Sequence[Answer], *, seed: int = 0) -> dict[str, Any]:
    """All figures by name, and under "intervals" the 95 % interval of each (bootstrap over the rows: Efron, 1979)."""
    pairs = list(zip(rows, answers, strict=True))
    result = _all(pairs)
    drawn: dict[str, list[float]] = {}
    chance = np.random.default_rng(seed)
    for _ in range(ROUNDS):
        again = _all([pairs[number] for number in chance.integers(len(pairs), size=len(pairs))])
        for name, value in again.items():
            if isinstance(value, float):
                drawn.setdefault(name, []).append(value)
    result["intervals"] = {
        name: [round(float(edge), 3) for edge in np.quantile(values, (0.025, 0.975))] for name, values in drawn.items()
    }
    return result


def render(result: Mapping[str, Any]) -> str:
    """The figures as plain text, one a line with its interval, the topics last."""
    lines = []
    for name, value in result.items():
        if not isinstance(value, Mapping):
            low_high = result["intervals"].get(name)
            between = f"  {low_high[0]:.3f} to {low_high[1]:.3f}" if low_high else ""
            lines.append(f"{name:44} {_written(value)}{between}")
    lines.append("F1 of each topic (rows that have it)")
    lines += [f"  {topic:42} {_written(f1)} ({count})" for topic, (f1, count) in result["topics"].items()]
    return "\n".join(lines)


def _all(pairs: Pairs) -> dict[str, Any]:
    return figures(pairs) | fact_figures(pairs)


def _written(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
