"""From the chances of the heads to a verdict, with nothing but thresholds between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.assessor.corpus import ASIDE, KINDS, RISKS, TOPICS, UNRELATED, URGENCIES
from triage.records import Kind

MOST_TOPICS = 3
FEWEST_WORDS = 8  # a message of fewer words is too little to be taken for anything but a letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the heads say of one message. `topics` and `suggested` are best first."""

    kind: Kind
    career: float  # 0..1, the chance that this is a letter about work
    topics: Sequence[str]
    suggested: Sequence[str]
    risk: str  # how the whole letter reads; the rules may say more
    urgency: str


def judge(chances: Mapping[str, float], thresholds: Mapping[str, float], words: int) -> Verdict:
    """Apply the thresholds: "topic" for the best topic and "further" for others, "aside", risks and urgencies.

    When no topic is sure, `topics` is empty and the best three are only suggested. A message is
    taken for something other than a letter only when the head for that is sure and the message
    has enough `words` to tell: a letter wrongly set aside is the worst mistake.
    """
    ranked = sorted(TOPICS, key=lambda topic: -chances[topic])
    sure = [topic for topic in ranked[:1] if chances[topic] >= thresholds["topic"]]
    sure += [topic for topic in ranked[1:MOST_TOPICS] if sure and chances[topic] >= thresholds["further"]]
    kind = Kind.LETTER
    if words >= FEWEST_WORDS and chances[ASIDE] >= thresholds["aside"] and chances[ASIDE] > chances[ranked[0]]:
        kind = Kind(max(KINDS, key=lambda name: chances[name]))
    if kind is not Kind.LETTER or chances[UNRELATED] > chances[ranked[0]]:
        sure = []
    return Verdict(
        kind=kind,
        career=1.0 - max(chances[ASIDE], chances[UNRELATED]),
        topics=sure,
        suggested=ranked[:MOST_TOPICS],
        risk=max(["R0", *(level for level in RISKS if chances[level] >= thresholds[level])]),
        urgency=max(["U1", *(level for level in URGENCIES if chances[level] >= thresholds[level])]),
    )
