"""The facts a letter states, by rules: who, where, when. Only what the writer says, never a guess.

A person confirms them at the desk, so a missed fact is better than a wrong one.
"""

import re
from collections.abc import Sequence

from triage.assessor.sentences import sentences
from triage.assessor.states import find_states
from triage.deadlines import DateMention
from triage.records import Slot

_GAP = 70  # characters between a date and the words that say what happens on it

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

# What happens on a date: the slot, words that say so, and whether it can lie behind the letter.
_EVENTS = (
    ("hearing_date", r"hearing", False),
    ("appeal_deadline", r"appeal|last day to respond|days? to respond|protest|respond by|request a hearing by", False),
    ("offer_deadline", r"offer|answer|decid|decision|accept|let (?:them|him|her) know|expires?|sign", False),
    ("interview_date", r"interview|second round|phone screen|meet (?:with )?(?:me|them|him|her|the)|want to see me"
                       r"|want me (?:there|in)|panel|come in", False),
    ("last_day_worked", r"last day|laid off|let (?:me )?go|fired|terminated|walked (?:me )?out|lost my job|quit"
                        r"|resigned|last shift|closed", True),
    # The date printed on the paper, never the day it was opened: appeals count from it.
    ("notice_date", r"dated|mailed on|mailed|postmarked|mailing date (?:is|was|of)", True),
)  # fmt: skip
_EVENT_WORDS = [(slot, re.compile(rf"\b(?:{words})", re.IGNORECASE), past) for slot, words, past in _EVENTS]
_OFFER = re.compile(r"\boffer", re.IGNORECASE)

_SEPARATION = (
    ("laid_off", r"(?:was|were|got|been|being|am) laid[- ]off|laid me off|lay-?off|let us (?:all )?go|plant closed"
                 r"|position was (?:eliminated|cut)|downsized"),
    ("fired", r"(?:was|were|got|been) (?:fired|terminated|sacked|let go)|fired me|let me go|terminated me"
              r"|walked me out|dismissed for"),
    ("quit", r"i (?:just )?(?:quit|resigned|walked out)|(?:gave|handed in) my (?:notice|two weeks)|after i quit"
             r"|since i quit|voluntar\w+ (?:left|quit)"),
    ("hours_cut", r"cut my hours|hours (?:were|got|are|have been) (?:cut|reduced)|(?:reduced|fewer) hours"
                  r"|part[- ]time now"),
    ("still_employed", r"(?:my|the) current (?:job|boss|employer|role|position)|i (?:currently|still) work"
                       r"|i'?m still (?:working|employed|there)"),
)  # fmt: skip
_SEPARATIONS = [(value, re.compile(rf"\b(?:{words})", re.IGNORECASE)) for value, words in _SEPARATION]

_ON_BENEFITS = re.compile(
    r"\b(?:(?:i'?m|i am|been|am|while|still) (?:on|collecting|drawing|getting|receiving) (?:ui\b|unemployment|benefits)"
    r"|collect(?:ing)? (?:my )?(?:unemployment|benefits)|my (?:unemployment )?(?:claim|benefits|weekly (?:check"
    r"|benefit|money|payment))"
    r"|my unemployment|(?:weekly|bi-?weekly) (?:certif\w+|claim)|certif(?:y|ying) (?:every|each|for)"
    r"|my eligibility for unemployment)",
    re.IGNORECASE,
)
_REFERRED = re.compile(
    r"\b(?:(?:job|career|workforce|unemployment|employment|one[- ]stop|american job) (?:center|centre|office"
    r"|service)s?(?: \w+){0,3} "
    r"(?:sent|referred|put my name|told me to apply|set (?:me )?up|made me apply|asked? me to apply|gave me)"
    r"|(?:the office|the state|my (?:caseworker|case worker|counselor)|twc|edd)(?: \w+){0,2} (?:sent|referred"
    r"|asked? me to apply|told me to apply|made me apply)"
    r"|referred (?:me )?by (?:the|my) (?:job|career|workforce|state|unemployment))",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    r"\b(?:unemployment|benefits|claim|filed|agency|labor department|denied|the state)\b", re.IGNORECASE
)
_MONEY = re.compile(
    r"\$ ?\d{1,3}(?:,\d{3})+(?:\.\d\d)?|\$ ?\d+(?:\.\d{1,2})?(?: ?k\b)?|\b\d{2,3}k\b|\b\d{1,3}(?:,\d{3})* dollars\b"
)
_EMPLOYER = re.compile(
    r"\b(?:at|for|with|by|from|joined|left) ((?:[A-Z][\w&'’.-]*[\w](?: (?:& |and |of |the )?(?=[A-Z]))?){1,5})"
    r"(?= [a-z(]|[,.;:!?)]|\s*$)"
)
_EMPLOYER_CUE = re.compile(
    r"\b(?:work(?:ed|ing|s)?|job|interview(?:ed|ing)?|offer|position|role|laid off|fired|let go|years?|applied"
    r"|start(?:ed|ing)?"
    r"|hired|employed|shift|manager|supervisor|quit|resigned)\b",
    re.IGNORECASE,
)
_NO_EMPLOYER = re.compile(
    r"^(?:i|the|a|my|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june"
    r"|july"
    r"|august|september|october|november|december|christmas|thanksgiving|labor day|zoom|linkedin|indeed|english|spanish"
    r"|hr|covid|unemployment|edd|twc|ui|god|mr|mrs|ms|dr|teams|facebook|medicaid|medicare)\b",
    re.IGNORECASE,
)
_TITLE_HEADS = (
    r"accountant|administrator|aide|analyst|assistant|associate|attendant|baker|bartender|bookkeeper|buyer"
    r"|carpenter|cashier"
    r"|chef|clerk|cook|coordinator|counselor|custodian|designer|developer|director|dispatcher|driver|editor|electrician"
    r"|engineer|estimator|executive|foreman|housekeeper|hygienist|inspector|instructor|intern|janitor|lead|librarian"
    r"|machinist|manager|mechanic|nurse|officer|operator|paralegal|pharmacist|phlebotomist|planner|plumber|programmer"
    r"|receptionist|recruiter|rep|representative|sales(?:man|person|woman)|scheduler|scientist|secretary|server"
    r"|specialist"
    r"|supervisor|surgeon|teacher|technician|tech|teller|therapist|trainer|tutor|underwriter|waiter|waitress|welder"
    r"|worker|writer"
)
_TITLE = re.compile(
    rf"\b(?:as an?|for an?|i'?m an?|i am an?|i was an?|been an?|a job as an?|position as|role as) "
    rf"((?:[a-z-]{{2,20}} ){{0,3}}?(?:{_TITLE_HEADS}))\b(?! of my)",
    re.IGNORECASE,
)


def find_facts(body: str, dates: Sequence[DateMention]) -> list[Slot]:
    """The slots that `body` states, at most one of each name but money, in the order of the body."""
    found = [*_dates(body, dates), *_money(body)]
    for slot in (_state(body), _first_name(body), _separation(body), _employer(body), _title(body)):
        if slot:
            found.append(slot)
    for name, words in (("on_unemployment", _ON_BENEFITS), ("agency_referral", _REFERRED)):
        if match := words.search(body):
            found.append(_slot(name, "yes", match))
    return sorted(found, key=lambda slot: slot.start)


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


def _dates(body: str, dates: Sequence[DateMention]) -> list[Slot]:
    """Each date goes to the event whose words stand nearest in its sentence; each event takes its first date."""
    found: dict[str, Slot] = {}
    spans = sentences(body)
    for mention in dates:
        if mention.precision != "day":
            continue
        low, high = next(((a, b) for a, b in spans if a <= mention.start < b), (0, len(body)))
        low, high = max(low, mention.start - _GAP), min(high, mention.end + _GAP)
        near = [
            (max(match.start() - mention.end, mention.start - match.end(), 0), order, slot)
            for order, (slot, words, _) in enumerate(_EVENT_WORDS)
            for match in words.finditer(body[:high], low)
        ]
        # An answer is only wanted by a date if something is on offer.
        near = [item for item in near if item[2] != "offer_deadline" or _OFFER.search(body)]
        if near:
            slot = min(near)[2]
            found.setdefault(
                slot,
                Slot(
                    name=slot, value=mention.value.isoformat(), text=mention.text, start=mention.start, end=mention.end
                ),
            )
    return list(found.values())


def _money(body: str) -> list[Slot]:
    found = []
    for match in list(_MONEY.finditer(body))[:5]:
        digits = re.sub(r"[^\d.]", "", match[0])
        amount = float(digits) * (1000 if match[0].rstrip().lower().endswith("k") else 1)
        found.append(_slot("money", f"{amount:g}" if amount < 1e6 else f"{amount:.0f}", match))
    return found


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


def _separation(body: str) -> Slot | None:
    for value, words in _SEPARATIONS:
        if match := words.search(body):
            return _slot("separation_type", value, match)
    return None


def _employer(body: str) -> Slot | None:
    states = {(mention.start, mention.end) for mention in find_states(body)}
    for match in _EMPLOYER.finditer(body):
        start, end = match.span(1)
        cut = body[max(0, start - 60) : start]
        if (
            _NO_EMPLOYER.match(match[1])
            or any(a < end and start < b for a, b in states)
            or not _EMPLOYER_CUE.search(cut)
        ):
            continue
        return _slot("employer", match[1], match, 1)
    return None


def _title(body: str) -> Slot | None:
    match = _TITLE.search(body)
    return _slot("job_title", match[1].lower(), match, 1) if match else None
