"""Cuts a letter's text at the sentences that show its topics, so that the page can mark them. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from triage.records import TopicScore


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the letter's text; `topic` is the number of the topic that it shows, from 1, or 0."""

    text: str
    topic: int


def pieces(body: str, topics: Sequence[TopicScore]) -> list[Piece]:
    """The whole text in order, cut where evidence begins or ends. Where two topics overlap, the first one counts.

    Spans that lie outside the text are passed over: nothing of the letter may be lost or doubled.
    """
    spans = [
        (span.start, span.end, number)
        for number, topic in enumerate(topics, 1)
        for span in topic.evidence
        if 0 <= span.start < span.end <= len(body)
    ]
    edges = sorted({0, len(body), *(edge for start, end, _ in spans for edge in (start, end))})
    cut: list[Piece] = []
    for start, end in itertools.pairwise(edges):
        number = min((n for s, e, n in spans if s <= start and end <= e), default=0)
        if cut and cut[-1].topic == number:
            cut[-1] = Piece(cut[-1].text + body[start:end], number)
        else:
            cut.append(Piece(body[start:end], number))
    return cut
