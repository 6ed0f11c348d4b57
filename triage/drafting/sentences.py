"""A reply as its sentences, and what takes the edge off a claim: doubt before it, quotation marks around it.

The checks look at whole sentences, so that "ask whether you qualify" passes and "you qualify" does not.
All patterns here and in the checks look back and ahead by a fixed number of characters: their work grows with
the length of a text, not with its square, whatever mallory writes.
"""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

REACH = 160
"""So many characters before a claim are read for what takes it back."""

_BREAKS = re.compile(r"\n\s*\n|\n(?=[ \t]*(?:\d{1,3}\.|[-*•]) )")
_MARK = re.compile(r"^(?:\d{1,3}\.|[-*•]) ")
_ENDS = re.compile(r"(?<=[.!?])(?<!\bMr\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bMrs\.)[\"”)]{0,3}\s+|(?<=[.!?][\"”)])\s+")
_QUOTED = re.compile(r"[\"“][^\"“”]*[\"”]")
_CLAUSE = re.compile(r"[,;:.!?—–]")

_NOT = r"(?:n't| ?not| never)"
DOUBT = re.compile(
    r"\b(?:if|whether|unless|until|says?|said|saying(?! (?:no|yes)\b)|(?<!can )tells?|told|wrote|writes|claims?|"
    r"assume|suppose|worry|worried|"
    r"afraid|fear|scared|who|how|when|once|ask|asks|asked|hope|hoping|wonder|wondering|decides?|"
    r"you(?: may| might)? (?:think|believe|feel)"
    rf"|\w{{1,12}}{_NOT} (?:promise|say|know|mean|tell|guarantee|think|be sure)|(?:ca|can|do|does|did|would){_NOT}"
    r"|never|no one|nobody|no promise|sign that|chance|case|for fear|as if)\b",
    re.IGNORECASE,
)
"""Words before a claim, in its own clause, that take the promise out of it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` on one line, with straight apostrophes; `own` is the same with what is quoted in it blanked out."""

    text: str
    own: str

    @property
    def asks(self) -> bool:
        """Whether it is a question."""
        return self.text.rstrip("\"”')").endswith("?")


def one_line(text: str) -> str:
    """`text` with straight apostrophes, plain hyphens, and one space wherever there is space."""
    return " ".join(text.translate(_STRAIGHT).split())


_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "‑": "-", "‐": "-", "\u00ad": None, "\u200b": None})


def sentences(text: str, without: Sequence[str] = ()) -> list[Sentence]:
    """The sentences of a text, in order, less the passages in `without`. A line of a list begins a new one.

    Marks and numbers of lists are left out.
    """
    found: list[Sentence] = []
    for paragraph in _BREAKS.split(text):
        line = _MARK.sub("", one_line(paragraph))
        for passage in without:
            line = line.replace(passage, " ")
        own = _QUOTED.sub(lambda match: " " * len(match[0]), line)  # what is quoted may be several sentences
        start = 0
        for end in [*_ENDS.finditer(line), None]:
            stop, following = (end.start(), end.end()) if end else (len(line), len(line))
            if line[start:stop].strip():
                found.append(Sentence(line[start:stop], own[start:stop]))
            start = following
    return found


@functools.lru_cache(maxsize=10_000)  # a reply is looked at each time that it is saved, and most of it is as before
def claimed(text: str, patterns: tuple[re.Pattern[str], ...], doubt: re.Pattern[str] = DOUBT) -> str | None:
    """The first words that a pattern finds and nothing before them in their clause takes back.

    The words are the group "it" of the pattern, or all that it matched.
    """
    for pattern in patterns:
        for match in pattern.finditer(text):
            group = "it" if "it" in pattern.groupindex else 0
            if not doubt.search(_clause_before(text, match.start(group))):
                return match[group].strip()
    return None


def _clause_before(text: str, at: int) -> str:
    before = text[max(0, at - REACH) : at]
    return _CLAUSE.split(before)[-1]
