"""Facts that the encoder points at: runs of word pieces with the same tag."""

from dataclasses import dataclass

import numpy as np

from triage.assessor.corpus import TAGS
from triage.assessor.encoder import Reading
from triage.assessor.features import Floats

LEAST = 0.15  # a run is looked at when one of its pieces reaches this; `sure` decides


@dataclass(frozen=True, slots=True)
class Fact:
    """A run of words with one tag of `corpus.TAGS`; offsets count characters of the text that was read."""

    tag: str
    start: int
    end: int
    chance: float  # of its surest piece


def find_tags(reading: Reading, chances: Floats, text: str, sure: Floats) -> list[Fact]:
    """Runs of pieces that lean towards the same tag, where the surest piece reaches `sure` (one for each tag).

    chances: pieces x (1 + tags). Runs are widened to whole words.
    """
    leaning = 1 + np.argmax(chances[:, 1:], axis=1)
    chance = 1.0 - chances[:, 0]
    leaning[(chances[np.arange(len(chances)), leaning] < LEAST) | (chance < LEAST)] = 0
    found: list[Fact] = []
    first = 0
    while first < len(leaning):
        tag, last = int(leaning[first]), first
        while last + 1 < len(leaning) and tag and leaning[last + 1] == tag:
            last += 1
        if tag:
            surest = float(chances[first : last + 1, tag].max())
            if surest >= sure[tag - 1]:
                start, end = _widened(text, int(reading.starts[first]), int(reading.ends[last]))
                found.append(Fact(TAGS[tag - 1], start, end, surest))
        first = last + 1
    return found


def _widened(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return start, end
