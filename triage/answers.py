"""What a letter asks, and how a draft answers it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of the letter's body."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question that the letter asks, and the case of a topic's template that answers it; empty when none does."""

    span: Span
    topic: str = ""
    case: str = ""
    score: float = 0.0  # 0..1, how surely it is this case
    main: bool = False  # whether it is what the letter as a whole asks of the topic
    others: tuple[str, ...] = ()  # the next likely cases, for a person to choose from


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a draft and where it comes from, so that edits can be told to their template."""

    template: str  # "topic@version"
    case: str  # empty for the topic's own blocks
    block: str  # "answer", "reasons", ...
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question found in the letter, and the words of the draft that answer it; empty when nothing does."""

    question: Span
    topic: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How the machine made a draft: its pieces in order, what answers what, and what to look at before signing."""

    pieces: tuple[Piece, ...] = ()
    answers: tuple[Answer, ...] = ()
    warnings: tuple[str, ...] = ()  # plain words; they do not stop anybody from signing
    facts: tuple[str, ...] = ()  # the rows that are cited, as "agency/FL"
    likely: tuple[tuple[str, tuple[str, ...]], ...] = ()  # for a topic its other cases, the likeliest first
