"""The figures of a reading: topics, kinds, calibration, risk and urgency. Pure.

All are None where nothing can be said. Those of topics are over letters about work. A topic in a
row's "may" is never wrong to show and never required.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from triage.assessor.corpus import KINDS, NOT_CAREER, TOPICS, Row, gold_evidence

if TYPE_CHECKING:
    from triage.assessor.evaluation import Answer

Chances = Mapping[str, float]
Pairs = Sequence[tuple[Row, "Answer"]]

_BINS = 10
_COVERED = (0.9, 0.75, 0.5)


def figures(pairs: Pairs) -> dict[str, Any]:
    """All figures but those of facts.

    Evidence hits when it shares at least one character with what the writer marked, for topics that
    were found. "any@1, surest N %" leaves out the letters whose first topic has the lowest chance.
    """
    career = [is_letter(row) for row, _ in pairs]
    letters = [pair for pair, kept in zip(pairs, career, strict=True) if kept]
    aside = np.array([answer.verdict.kind != "letter" for _, answer in pairs], dtype=bool)
    other_kind = np.array([row.get("kind") in KINDS for row, _ in pairs], dtype=bool)
    work = np.array(career, dtype=bool)
    scores = np.array([answer.verdict.career for _, answer in pairs])
    with_topic = [(row, answer) for row, answer in letters if row["topics"]]
    first = [answer.verdict.suggested[0] in row["topics"] for row, answer in with_topic]
    return {
        "letters": len(letters),
        "others": len(pairs) - len(letters),
        **_topics(letters),
        "primary@1": share(answer.verdict.suggested[0] == row["topics"][0] for row, answer in with_topic),
        "any@1": share(first),
        "primary@3": share(row["topics"][0] in answer.verdict.suggested for row, answer in with_topic),
        **_abstaining(with_topic, first),
        "no topic shown": share(not answer.verdict.topics for _, answer in letters),
        "shown as sure: share of topics": share(t in a.sure for _, a in letters for t in a.verdict.topics),
        "shown as sure: wrong": share(t not in allowed(row) for row, a in letters for t in a.sure),
        "calibration error (ECE), first topic": _ece(
            [(max(answer.chances.values()), right) for (_, answer), right in zip(with_topic, first, strict=True)]
        ),
        "calibration error (ECE), all topics": _ece(
            [(a.chances[topic], topic in row["topics"]) for row, a in with_topic for topic in TOPICS]
        ),
        "letters set aside": share(aside[work]),
        "set aside: precision": share(~work[aside]),
        "set aside: recall": share(aside[other_kind]),
        "not about work: seen": share(_seen(answer) for row, answer in pairs if not is_letter(row)),
        "career letter: AUROC": auroc(scores[work], scores[~work]),
        "evidence hits": share(_hits(letters)),
        **_graded(letters, "risk", lambda answer: answer.risk, ("R1", "R2", "R3")),
        "held (R2 or R3) for less": _false(letters, "R2"),
        "locked (R3) for less": _false(letters, "R3"),
        **_graded(letters, "urgency", lambda answer: answer.urgency, ("U2", "U3")),
    }


def is_letter(row: Row) -> bool:
    """Whether the row is a letter about work."""
    return not ({row.get("kind", ""), *row["topics"]} & NOT_CAREER)


def allowed(row: Row) -> set[str]:
    """The topics that are not wrong to show."""
    return {*row["topics"], *row.get("may", ())}


def share(answers: Iterable[Any]) -> float | None:
    """The share that is true; None of none."""
    values = [bool(answer) for answer in answers]
    return sum(values) / len(values) if values else None


def auroc(yes: NDArray[np.float64], no: NDArray[np.float64]) -> float | None:
    """The chance that a random yes scores above a random no; ties count half (Mann and Whitney)."""
    if not len(yes) or not len(no):
        return None
    ranked = np.sort(no)
    above = (np.searchsorted(ranked, yes, "left") + np.searchsorted(ranked, yes, "right")).sum() / 2
    return float(above) / (len(yes) * len(no))


def label_of(row: Row, name: str) -> str:
    """The label that counts as right: the first reader's, or the second's where the first gave none."""
    return str(row.get(name) or row.get("second", {}).get(name) or "")


def f1(right: int, wrong: int, missed: int) -> float | None:
    """The harmonic mean of precision and recall."""
    return 2 * right / (2 * right + wrong + missed) if right + wrong + missed else None


def _seen(answer: "Answer") -> bool:
    """Whether no advice would be drafted on this message: it is set aside, or shown without a topic."""
    return answer.verdict.kind != "letter" or not answer.verdict.topics


def _topics(letters: Pairs) -> dict[str, Any]:
    counts = {topic: [0, 0, 0] for topic in TOPICS}  # right, wrong, missed
    for row, answer in letters:
        wanted, shown = set(row["topics"]), set(answer.verdict.topics)
        for topic in wanted & shown:
            counts[topic][0] += 1
        for topic in shown - allowed(row):
            counts[topic][1] += 1
        for topic in wanted - shown:
            counts[topic][2] += 1
    each = {topic: (f1(*count), count[0] + count[2]) for topic, count in counts.items()}
    macro = [value for value, rows in each.values() if value is not None and rows]
    total = [sum(column) for column in zip(*counts.values(), strict=True)]
    return {
        "micro-F1": f1(*total),
        "macro-F1": float(np.mean(macro)) if macro else None,
        "topics": each,
    }


def _abstaining(with_topic: Pairs, first: Sequence[bool]) -> dict[str, float | None]:
    chances = [max(answer.chances.values()) for _, answer in with_topic]
    ranked = [right for _, right in sorted(zip(chances, first, strict=True), key=lambda pair: -pair[0])]
    return {f"any@1, surest {kept:.0%}": share(ranked[: round(kept * len(ranked))]) for kept in _COVERED}


def _ece(pairs: Sequence[tuple[float, bool]]) -> float | None:
    """Expected calibration error: the mean gap between chance and share, in equal steps (Naeini et al., 2015)."""
    if not pairs:
        return None
    chance, right = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs], dtype=float)
    step = np.minimum((chance * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(step, weights=chance - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(pairs))


def _hits(letters: Pairs) -> list[bool]:
    return [
        answer.evidence[topic][0] < end and start < answer.evidence[topic][1]
        for row, answer in letters
        for topic, (start, end) in gold_evidence(row).items()
        if topic in answer.evidence
    ]


def _graded(
    letters: Pairs, name: str, said: Callable[["Answer"], str], levels: Sequence[str]
) -> dict[str, float | None]:
    pairs = [(label_of(row, name), said(answer)) for row, answer in letters if label_of(row, name)]
    result = {f"{name}: exact": share(gold == found for gold, found in pairs)}
    for level in levels:
        result[f"{name}: {level} found as {level} or more"] = share(
            found >= level for gold, found in pairs if gold == level
        )
    return result


def _false(letters: Pairs, level: str) -> float | None:
    return share(
        answer.risk >= level for row, answer in letters if label_of(row, "risk") and label_of(row, "risk") < level
    )
