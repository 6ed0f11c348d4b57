"""Where sentences end in mail, which is wrapped, listed and lightly punctuated.

Training and reading cut letters with the same functions, so that the heads meet the windows they
were trained on.
"""

import re
from itertools import pairwise

Window = tuple[int, int]

# An end mark with its closing quotes, then space; or a blank line; or a line break.
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|\n[ \t]*\n|\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|st|sr|jr|vs|etc|approx|dept|co|inc|corp|ltd|no|ext|e\.g|i\.e|p\.m|a\.m"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thurs?|thu|fri|sat|sun)|\b[A-Za-z])\.$",
    re.IGNORECASE,
)
_WRAPPED = 50  # a line at least this long was broken by the mail program, not by its writer
_LONGEST = 400  # characters; a longer sentence is cut, so that unpunctuated mail still has windows
_MOST = 400  # sentences; the rest of a very long message counts in the whole letter only


def sentences(text: str) -> list[Window]:
    """The sentences of `text` in order, as (start, end) without surrounding white space."""
    found: list[Window] = []
    start = 0
    for mark in _END.finditer(text):
        if mark.start() < start or not _ends(text, start, mark):
            continue
        _add(found, text, start, mark.end())
        start = mark.end()
    _add(found, text, start, len(text))
    return found[:_MOST]


def windows(found: list[Window]) -> list[Window]:
    """Every sentence, and every two neighbours together."""
    pairs = [(first[0], second[1]) for first, second in pairwise(found)]
    return found + pairs


def _ends(text: str, start: int, mark: re.Match[str]) -> bool:
    if mark[0].startswith("\n"):
        if mark[0] != "\n":
            return True
        line_start = text.rfind("\n", 0, mark.start()) + 1
        following = text[mark.end() : mark.end() + 2]
        return mark.start() - line_start < _WRAPPED or following[:1] in "-*•>\n"
    if mark[0] == ".":
        before = text[max(start, mark.start() - 8) : mark.end()]
        after = text[mark.end() :].lstrip()[:1]
        # "Nov. 27" and "Mr. Lou" go on; "I." at the end of a list or a letter does not matter.
        return not _ABBREVIATION.search(before) or after == ""
    return not (mark[0] in ("...", "…") and text[mark.end() :].lstrip()[:1].islower())


def _add(found: list[Window], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    while end - start > _LONGEST:
        space = text.rfind(" ", start + _LONGEST // 2, start + _LONGEST)
        cut = space if space > 0 else start + _LONGEST
        found.append((start, cut))
        start = cut + 1 if space > 0 else cut
    if end > start:
        found.append((start, end))
