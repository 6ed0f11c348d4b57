"""Words that a person has to see before anything is drafted (levels R1 to R3 of the labelling guide).

The rules lean towards raising: a false alarm costs a minute. They are many small patterns, each
with what it means in plain words, so that the desk can say why a letter is held. Idioms of job
search ("this search is killing me", "I'd kill for that job", "dying to hear") match none of them.
Every gap in a pattern is bounded, so that no text can make them slow.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from triage.assessor.risk_hold import CAUTION, HOLD
from triage.assessor.risk_stop import ABUSE, CHILD, FAREWELL, MINOR, SELF_HARM, STALKING, TOUCH, TRAFFICKING, VIOLENCE

_QUOTES = str.maketrans("’‘“”\n\r\t", "''\"\"   ")
_CONTEXT = 90  # characters quoted at most


@dataclass(frozen=True, slots=True)
class Risk:
    """One finding: level "R1" to "R3", the reason in plain words with the letter's own, and where it starts."""

    level: str
    reason: str
    start: int


@dataclass(frozen=True, slots=True)
class _Rule:
    level: str
    meaning: str
    words: re.Pattern[str]
    also: re.Pattern[str] | None = None  # must be found somewhere in the same text, too


def _rules(level: str, meaning: str, patterns: Iterable[str], also: str = "") -> list[_Rule]:
    extra = re.compile(also, re.IGNORECASE) if also else None
    # Readers in a hurry leave the apostrophe out: "dont", "im", "hes".
    loose = (words.replace("'", "'?") for words in patterns)
    return [_Rule(level, meaning, re.compile(rf"(?<!\w)(?:{words})", re.IGNORECASE), extra) for words in loose]


RULES: tuple[_Rule, ...] = (
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


def find_risks(text: str) -> tuple[Risk, ...]:
    """What the rules find in `text`, the gravest first, at most one finding for each meaning."""
    plain = text.translate(_QUOTES)
    found: dict[str, Risk] = {}
    for rule in RULES:
        if rule.meaning in found or not (match := rule.words.search(plain)):
            continue
        if rule.also is None or rule.also.search(plain):
            words = " ".join(match[0].split())[:_CONTEXT]
            found[rule.meaning] = Risk(rule.level, f'{rule.meaning}: says "{words}"', match.start())
    return tuple(sorted(found.values(), key=lambda risk: risk.level, reverse=True))
