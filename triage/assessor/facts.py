"""The facts a letter states that have a fixed shape, by rules. Only what the writer says, never a guess.

A person confirms them at the desk, so a missed fact is better than a wrong one.
"""

import re
from collections.abc import Sequence

from triage.assessor.sentences import sentences
from triage.assessor.states import find_states
from triage.deadlines import DateMention
from triage.records import Slot

_SUMS = 5  # at most so many sums of one letter

_FIRST_NAMES_NOT = frozenset(
    "thanks thank regards sincerely best yours respectfully cheers sent love hope please sorry anyway reader subscriber"
    " anonymous confused desperate frustrated worried tired lost stuck torn dear hi hello help yes no name the a an one"
    " two still just not in from on at and but so or if when what why how ps edit update mrs mr ms dr sir".split()
)
_CLOSING = re.compile(
    r"^(?:many |with |kind |best |warm |yours |very )*(?:thanks|thank you|thx|ty|regards|sincerely|best|yours"
    r"|respectfully"
    r"|cheers|truly|faithfully|wishes|appreciate it|appreciatively|gratefully|warmly)\b",
    re.IGNORECASE,
)
_CLOSING_BEFORE = re.compile(r"^(?i:thanks|thank you|thx|best|regards|sincerely|respectfully)[,!.]*\s+(?=[A-Z])")
_NAME = re.compile(
    r"^(?:[-–—~*]+ ?)?([A-Z][a-z'’]{1,15}|[A-Z][a-z]+-[A-Z][a-z]+)(?: [A-Z](?:[a-z'’]+|\.)?)?(?:,? (?:in "
    r"|from )?[A-Z][\w .]*)?[.!]?$"
)

# The date printed on the paper, never the day it was opened: appeals count from it.
_NOTICE = re.compile(r"\b(?:dated|mailed(?: on)?|postmarked|mailing date(?: is| was| of)?)[ :]{1,3}$", re.IGNORECASE)
_CLAIM = re.compile(
    r"\b(?:unemployment|benefits|claim|filed|agency|labor department|denied|the state)\b", re.IGNORECASE
)
_MONEY = re.compile(
    r"\$ ?\d{1,3}(?:,\d{3})+(?:\.\d\d)?|\$ ?\d+(?:\.\d{1,2})?(?: ?k\b)?|\b\d{2,3}k\b|\b\d{1,3}(?:,\d{3})* dollars\b"
)


def find_facts(body: str, dates: Sequence[DateMention]) -> list[Slot]:
    """The slots with a fixed shape, at most one of each name but money, in the order of the body."""
    found = [*_money(body), *_notice(body, dates)]
    found += [slot for slot in (_state(body), _first_name(body)) if slot]
    return sorted(found, key=lambda slot: slot.start)


def amount(words: str) -> str | None:
    """A sum as digits without a sign: "$3,412.50" is "3412.5", "52k" is "52000", "fifty" is None."""
    match = re.search(r"\d[\d,]*(?:\.\d+)?", words)
    if not match:
        return None
    value = float(match[0].replace(",", ""))
    if re.match(r" ?(?:k|grand|thousand)\b", words[match.end() :], re.IGNORECASE):
        value *= 1000
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _state(body: str) -> Slot | None:
    """The one state of the letter; of several, the one in a sentence about a claim, or none."""
    mentions = find_states(body)
    if len({mention.state for mention in mentions}) > 1:
        claims = [(start, end) for start, end in sentences(body) if _CLAIM.search(body, start, end)]
        mentions = [m for m in mentions if any(start <= m.start < end for start, end in claims)]
        if len({mention.state for mention in mentions}) > 1:
            return None
    if not mentions:
        return None
    first = mentions[0]
    text = body[first.start : first.end]
    return Slot(name="state", value=first.state, text=text, start=first.start, end=first.end)


def _slot(name: str, value: str, match: re.Match[str], group: int = 0) -> Slot:
    return Slot(name=name, value=value, text=match[group], start=match.start(group), end=match.end(group))


def _money(body: str) -> list[Slot]:
    matches = list(_MONEY.finditer(body))[:_SUMS]
    return [_slot("money", amount(match[0]) or "", match) for match in matches]


def _notice(body: str, dates: Sequence[DateMention]) -> list[Slot]:
    for date in dates:
        if date.precision == "day" and _NOTICE.search(body, max(0, date.start - 25), date.start):
            value = date.value.isoformat()
            return [Slot(name="notice_date", value=value, text=date.text, start=date.start, end=date.end)]
    return []


def _first_name(body: str) -> Slot | None:
    """The name under the letter: a short last line, or the one after a closing. Never from an address."""
    lines = [(match.start(), match[0]) for match in re.finditer(r"[^\n]+", body) if match[0].strip()]
    if len(lines) < 2:
        return None
    for position in range(len(lines) - 1, max(0, len(lines) - 3), -1):
        offset, line = lines[position]
        after_closing = _CLOSING.match(lines[position - 1][1].strip()) is not None
        text = _CLOSING_BEFORE.sub("", line.strip())
        match = _NAME.match(text)
        if not match or match[1].lower() in _FIRST_NAMES_NOT:
            continue
        # A pen name ("Torn in Wisconsin") is not a first name, unless a closing stands before a plain one.
        if len(text.split()) > 3 or (re.search(r" (?:in|from) ", text) and not after_closing):
            continue
        start = offset + line.index(match[1])
        return Slot(name="first_name", value=match[1], text=match[1], start=start, end=start + len(match[1]))
    return None
