"""Words that may tell of danger or trouble (levels R1 to R3 of the labelling guide).

Words alone do not tell a farewell to colleagues from a farewell: on letters by writers who did not
know them, these patterns meet harmless letters as often as dangerous ones. So they are cues, which
the heads weigh beside how the letter reads, and words for the reason that is shown. Only what is said
outright locks a letter by itself. Every gap in a pattern is bounded, so that no text can make them slow.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from triage.assessor.risk_hold import CAUTION, HOLD
from triage.assessor.risk_stop import (
    ABUSE,
    CHILD,
    FAREWELL,
    MINOR,
    OUTRIGHT,
    SELF_HARM,
    STALKING,
    TOUCH,
    TRAFFICKING,
    VIOLENCE,
)

_QUOTES = str.maketrans("’‘“”\n\r\t", "''\"\"   ")
_CONTEXT = 90  # characters quoted at most


@dataclass(frozen=True, slots=True)
class Risk:
    """One finding: level "R1" to "R3", the reason in plain words with the letter's own, and where it starts."""

    level: str
    reason: str
    start: int
    outright: bool = False  # locks the letter, however the rest of it reads


@dataclass(frozen=True, slots=True)
class _Rule:
    level: str
    meaning: str
    words: re.Pattern[str]
    also: re.Pattern[str] | None = None  # must be found somewhere in the same text, too
    outright: bool = False


def _rules(level: str, meaning: str, patterns: Iterable[str], also: str = "", *, outright: bool = False) -> list[_Rule]:
    extra = re.compile(also, re.IGNORECASE) if also else None
    # Readers in a hurry leave the apostrophe out: "dont", "im", "hes".
    loose = (words.replace("'", "'?") for words in patterns)
    return [
        _Rule(level, meaning, re.compile(rf"(?<!\w)(?:{words})", re.IGNORECASE), extra, outright) for words in loose
    ]


LEVELS = ("R1", "R2", "R3")
RULES: tuple[_Rule, ...] = (
    *_rules("R3", "speaks of suicide or self-harm", OUTRIGHT, outright=True),
    *_rules("R3", "may be thinking of self-harm", SELF_HARM),
    *_rules("R3", "sounds like a farewell", FAREWELL),
    *_rules("R3", "speaks of violence or a threat", VIOLENCE),
    *_rules("R3", "may be followed or stalked", STALKING),
    *_rules("R3", "may not be safe at home, or may not be safe to write to", ABUSE),
    *_rules("R3", "may be held at work against their will", TRAFFICKING),
    *_rules("R3", "a child may be in danger", CHILD),
    *_rules("R3", "a young person tells of being touched at work", (TOUCH,), also=MINOR),
    *(rule for meaning, patterns in HOLD.items() for rule in _rules("R2", meaning, patterns)),
    *(rule for meaning, patterns in CAUTION.items() for rule in _rules("R1", meaning, patterns)),
)


def cues_of(risks: Iterable[Risk]) -> list[float]:
    """For each of LEVELS, whether a pattern of that level was met."""
    levels = {risk.level for risk in risks}
    return [float(level in levels) for level in LEVELS]


def find_risks(text: str) -> tuple[Risk, ...]:
    """What the rules find in `text`, the gravest first, at most one finding for each meaning."""
    plain = text.translate(_QUOTES)
    found: dict[str, Risk] = {}
    for rule in RULES:
        if rule.meaning in found or not (match := rule.words.search(plain)):
            continue
        if rule.also is None or rule.also.search(plain):
            words = " ".join(match[0].split())[:_CONTEXT]
            found[rule.meaning] = Risk(rule.level, f'{rule.meaning}: says "{words}"', match.start(), rule.outright)
    return tuple(sorted(found.values(), key=lambda risk: risk.level, reverse=True))
