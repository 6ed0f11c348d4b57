"""Cuts a letter's text at the sentences that show its topics, so that the page can mark them. Pure."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from triage.records import TopicScore

_BREAK = re.compile(r"(?<!\s)\s*\n\s*")  # looked for once in each run of blanks


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the letter's text, and the numbers, from 1, of the topics that it shows."""

    text: str
    topics: Sequence[int] = ()

    @property
    def topic(self) -> int:
        """The first of its topics, or 0."""
        return self.topics[0] if self.topics else 0


def pieces(body: str, topics: Sequence[TopicScore]) -> list[Piece]:
    """The whole text in order, cut where evidence begins or ends.

    Spans that lie outside the text are passed over: nothing of the letter may be lost or doubled.
    Line breaks are never marked, so that a mark does not run across the gap between two paragraphs.
    """
    spans = [
        (span.start, span.end, number)
        for number, topic in enumerate(topics, 1)
        for span in topic.evidence
        if 0 <= span.start < span.end <= len(body)
    ]
    breaks = [(gap.start(), gap.end()) for gap in _BREAK.finditer(body)]
    edges = sorted({0, len(body), *(edge for start, end, *_ in (*spans, *breaks) for edge in (start, end))})
    cut: list[Piece] = []
    for start, end in itertools.pairwise(edges):
        numbers = tuple(sorted({n for s, e, n in spans if s <= start and end <= e}))
        if body[start:end].isspace():
            numbers = ()
        if cut and cut[-1].topics == numbers:
            cut[-1] = Piece(cut[-1].text + body[start:end], numbers)
        else:
            cut.append(Piece(body[start:end], numbers))
    return cut
