"""What has to be true of every draft, whatever the letter was about: each fault in a few words."""

import re
from collections.abc import Iterator

from tests.snapshots.rendering import TEMPLATES, Rendering
from triage.drafting import YOUR_WORDS, measures
from triage.drafting.fitting import MAX_WORDS, MAX_WORDS_URGENT
from triage.drafting.parts import sentences
from triage.drafting.places import STATES

GAPS_OF = {"general": "your answer about "}
"""Templates with a gap of their own, and how it begins."""
SHORT = {"thanks", "unclear", "column_feedback", "general"}
"""Templates whose replies are a few lines (house style: 40 to 90 words)."""
BANNED = (
    *("unfortunately", "utilize", "utilise", "reach out", "circle back", "journey", "at this time", "rest assured"),
    *("as an ai", "just", "simply", "obviously"),
)
ROOM = 1.1
"""A draft may be this much longer than the house style says before it is a fault of its template."""

_LEFT_OVER = re.compile(r"\bNone\b|\{\{|\{%|\}\}|%\}|\{#| \| |^- |^##|-- or --", re.MULTILINE)
_SPACE = re.compile(r"  |\n{3}| \n|\n | [,;:?!]| \.(?!\.\.)|\t")
_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)|\.{4}|[,;:]\.|(?<!m)(?<!\.)\.,|[,;:][,;:]|\.[;:]|\?\.|\(\)|\"\"|\[\]|, ,|!")
_SMALL = re.compile(r"[.?!] (?=[a-z])(\S+ \S+)")
_END = re.compile(r"[.?!:][\"”)]?$")
_BEGIN = re.compile(r"[A-Z\"“]|\d\. [A-Z\"“]")
_TWICE = re.compile(r"\b(\w+) \1\b", re.IGNORECASE)
_ARTICLE = re.compile(
    r"\b(?:a (?!one\b|once\b|uni|use|usu|eu|u-)[aeiou]|an (?!hour|hon|heir|X-|MBA|HR|F|[LMNRS]\b)[^aeiouAEIOU\W])\w*"
)
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”")


def faults(rendering: Rendering) -> Iterator[str]:
    """Everything that is wrong with one draft."""
    body = rendering.draft.body
    if not body:
        yield f"no text: {rendering.draft.blocks}"
        return
    paragraphs = body.strip().split("\n\n")
    text = body.replace(YOUR_WORDS, "")
    yield from (f"left over: {match[0].strip()!r}" for match in _LEFT_OVER.finditer(text))
    yield from (f"space: {around(body, match)}" for match in _SPACE.finditer(body))
    yield from (f"stops: {around(text, match)}" for match in _STOPS.finditer(text))
    yield from (f"a word twice: {match[0]!r}" for match in _TWICE.finditer(_unquoted(text)) if match[1] != "that")
    yield from (f"article: {match[0]!r}" for match in _ARTICLE.finditer(text))
    yield from _paragraphs(paragraphs)
    yield from _gaps(rendering)
    yield from _words(text)
    yield from _questions(paragraphs)
    yield from _lengths(rendering)
    yield from _repeated(paragraphs)
    yield from _places(rendering)
    yield from (f"blocked: {block}" for block in rendering.draft.blocks)
    yield from _pieces(rendering)


def around(text: str, match: re.Match[str]) -> str:
    return repr(text[max(0, match.start() - 25) : match.end() + 15])


def _unquoted(text: str) -> str:
    return _QUOTED.sub('"…"', text)


def _paragraphs(paragraphs: list[str]) -> Iterator[str]:
    for paragraph in paragraphs[1:-1]:
        if paragraph == YOUR_WORDS:
            continue
        if paragraph.count('"') % 2:
            yield f"a quotation mark is open: {paragraph[:60]!r}"
        for line in paragraph.split("\n"):
            if not _END.search(line) and not line.endswith("]]"):
                yield f"does not end like a sentence: {line[-60:]!r}"
            if not _BEGIN.match(line) and not line.startswith("[["):
                yield f"does not begin with a capital: {line[:40]!r}"
        if any(not re.search(r"\w", sentence) for sentence in sentences(paragraph)):
            yield f"an empty sentence in: {paragraph[:60]!r}"
        for match in _SMALL.finditer(_unquoted(paragraph)):
            yield f"a sentence begins small: {match[1]!r}"


def _gaps(rendering: Rendering) -> Iterator[str]:
    for gap in rendering.draft.gaps:
        allowed = [GAPS_OF[topic] for topic, _ in rendering.cases if topic in GAPS_OF]
        taken_side = gap.startswith("the next paragraph takes another side")
        if f"[[{gap}]]" != YOUR_WORDS and not taken_side and not any(gap.startswith(begin) for begin in allowed):
            yield f"gap: {gap!r}"


def _words(text: str) -> Iterator[str]:
    for word in BANNED:
        for match in re.finditer(rf"\b{word}\b", text, re.IGNORECASE):
            yield f"banned word {word!r}: {around(text, match)}"


def _questions(paragraphs: list[str]) -> Iterator[str]:
    asked = [p for p in paragraphs if "?" in _unquoted(p)]
    found = [s for p in asked for s in sentences(_unquoted(p)) if "?" in s]
    if len(found) > 1:
        yield f"{len(found)} questions: {' | '.join(found)}"
    if asked and asked[-1] not in paragraphs[-3:]:
        yield f"a question that is not at the end: {found[-1]!r}"


def _lengths(rendering: Rendering) -> Iterator[str]:
    told, parts = measures(rendering.draft.body), len(rendering.cases)
    urgent = rendering.state == "urgent" and any(TEMPLATES.of(topic).event for topic, _ in rendering.cases)
    most = (MAX_WORDS_URGENT if urgent else MAX_WORDS)[parts]
    if told.words > most * ROOM:
        yield f"too long: {told.words} words, at most {most}"
    if parts == 1 and told.words < 90 and rendering.cases[0][0] not in SHORT:
        yield f"too short: {told.words} words"


def _repeated(paragraphs: list[str]) -> Iterator[str]:
    seen = set()
    for sentence in (s for p in paragraphs for s in sentences(p)):
        plain = re.sub(r"^\d\. ", "", sentence)
        if plain in seen:
            yield f"said twice: {plain[:60]!r}"
        seen.add(plain)


def _places(rendering: Rendering) -> Iterator[str]:
    if rendering.state in ("none", "state missing"):
        for name in STATES.values():
            if re.search(rf"\b{name.removeprefix('the ')}\b", rendering.draft.body):
                yield f"names a place: {name}"


def _pieces(rendering: Rendering) -> Iterator[str]:
    """The pieces, which edits are told by, have to stand in the draft."""
    body = " ".join(rendering.draft.body.split())
    for piece in rendering.draft.making.pieces:
        if piece.block == "bridge" and not piece.text.endswith((".", ":")):
            yield f"a bridge does not end: {piece.text!r}"
        if piece.text not in body and piece.text[0].upper() + piece.text[1:] not in body:
            yield f"the piece {piece.block!r} is not in the draft: {piece.text[:50]!r}"
