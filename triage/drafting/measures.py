"""How long and how hard a text is. Shown to whoever writes, never enforced."""

import re
from dataclasses import dataclass

_ENDS = re.compile(r"(?<=[.!?:])[\"”')]*\s+|\n\s*\n")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*")
_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True)
class Measures:
    """`words` as counted by spaces, words of the longest sentence, and the reading grade in US school years."""

    words: int
    longest_sentence: int
    grade: float


def measures(text: str) -> Measures:
    """Measure `text`, gaps left out.

    The grade is Flesch and Kincaid's (Kincaid and others, 1975), from syllables counted by their vowels.
    """
    text = re.sub(r"\[\[.*?\]\]", " ", text, flags=re.DOTALL)
    counts = [count for sentence in _ENDS.split(text) if (count := len(_WORD.findall(sentence)))]
    words = _WORD.findall(text)
    if not words:
        return Measures(len(text.split()), 0, 0.0)
    syllables = sum(_syllables(word) for word in words)
    grade = 0.39 * len(words) / len(counts) + 11.8 * syllables / len(words) - 15.59
    return Measures(len(text.split()), max(counts), max(0.0, grade))


def _syllables(word: str) -> int:
    word = word.lower()
    silent = word.endswith("e") and not word.endswith(("le", "ee"))
    return max(1, len(_VOWELS.findall(word)) - silent)
