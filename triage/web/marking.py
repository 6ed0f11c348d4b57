"""Cuts a letter's text at the sentences that show its topics, so that the page can mark them. Pure."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from triage.records import TopicScore

_BREAK = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the letter's text; `topic` is the number of the topic that it shows, from 1, or 0."""

    text: str
    topic: int


def pieces(body: str, topics: Sequence[TopicScore]) -> list[Piece]:
    """The whole text in order, cut where evidence begins or ends. Where two topics overlap, the first one counts.

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
        number = min((n for s, e, n in spans if s <= start and end <= e), default=0)
        if body[start:end].isspace():
            number = 0
        if cut and cut[-1].topic == number:
            cut[-1] = Piece(cut[-1].text + body[start:end], number)
        else:
            cut.append(Piece(body[start:end], number))
    return cut
