"""What belongs to one state: the numbers of its rules, and its agency."""

import re
from collections.abc import Iterable, Iterator, Sequence

from triage.drafting.places import STATES
from triage.drafting.sentences import Sentence, claimed

_STATE = rf"(?:{'|'.join(name.removeprefix('the ') for name in STATES.values())})"
_COUNT = (
    r"(?:(?:\d[\d,.]{0,8}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|fifteen|twenty|twenty-one|"
    r"twenty-six|thirty|sixty|ninety)(?: to \d+)?[- ](?:[a-z-]+ ){0,2}"
    r"(?:hours?|days?|weeks?|months?|contacts?|applications?|employers?|searches|activities|percent)\b|\d[\d.]{0,6} ?%|\$ ?\d[\d,.]{0,9})"
)
_DAYS = r"(?:(?:\d{1,3}|seven|ten|fourteen|fifteen|twenty|twenty-one|thirty|sixty)[- ](?:calendar |business |working )?days?)"
_OFFICE = (
    r"(?:(?:your|the|that|this|each|every) (?:state|agency|office|unemployment office|state agency|state office)|most states|states|"
    r"some states|many states)"
)
_RULES = (
    r"(?:gives?|gave|requires?|required|wants?|allows?|pays?|asks?(?: for)?|expects?|lets|sets|demands?|cuts?|limits?|stops|has|have|"
    r"will take|takes?|says|needs?|counts?|offers?|keeps?|provides?)"
)
_NUMBERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<it>\b(?:In|Under|By|in) {_STATE}(?:'s)?(?: law| rules?)?,? (?:you|they|it|the|your|claims|benefits|employers|workers|an)"
        rf"\b[^.]{{0,60}}?\b{_COUNT})",
        rf"(?P<it>\b(?:In|Under) {_STATE}(?:'s)?(?: law| rules?)?\b[^.]{{0,60}}?(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>\b{_STATE}(?:'s)?(?: law| rules?)? {_RULES}\b[^.]{{0,60}}?(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>\b{_STATE}'s (?:deadline|limit|maximum|minimum|window|rule|number)\b[^.]{{0,40}}?(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>\b(?:maximum|minimum|limit|deadline|most|least|period|window|wait)\b[^.]{{0,20}} in {_STATE}\b[^.]{{0,30}}?"
        rf"(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>\b(?i:{_OFFICE}) (?:\w+ )?{_RULES}\b[^.]{{0,50}}?(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>\b[Ii]n (?:your|this|that|every|most) states?\b[^.]{{0,60}}?(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>(?:\b|(?=\$)){_COUNT}[^.]{{0,60}}\b(?:in|by) (?:your|this|the) state\b(?! (?:office|agency|unemployment|to pay)))",
        # of a claim, whatever the state
        rf"(?P<it>\b[Yy]ou(?:'ve| have| get|'ll have|'ve got| will have)(?: only| just| about| got)? {_DAYS}[^.]{{0,40}}\b(?:appeal|protest|"
        r"request a hearing|contest|object))",
        rf"(?P<it>\b(?:appeal|protest|hearing request)s?\b[^.]{{0,40}}\b(?:within|by|is|are|of|in|lasts?|for) {_DAYS})",
        rf"(?P<it>\b(?:deadline|limit|time|window|period) (?:to|for)(?: an| the| your)? (?:appeal|protest)\w*\b[^.]{{0,20}}{_DAYS})",
        rf"(?P<it>\b[Bb]enefits (?:usually |generally |will )?(?:last|run|run out|end|stop|are paid)\b[^.]{{0,30}}{_COUNT})",
        rf"(?P<it>\b(?:can|may|could|can only) (?:collect|claim|draw|get benefits|receive benefits|get unemployment)\b[^.]{{0,30}}\b{_COUNT})",
        rf"(?P<it>\b(?:up to|maximum of|at most) {_COUNT} of (?:benefits|unemployment|payments))",
        rf"(?P<it>\b[Yy]ou (?:must|need to|have to|are required to)\b[^.]{{0,30}}{_COUNT}[^.]{{0,40}}\b(?:claim|eligible|benefits|unemployment|"
        r"certify|the state))",
        r"(?P<it>\b(?:one|1|two|2)[- ]week waiting period|\b(?:one|1|a single) waiting week\b|\bfirst week (?:is|goes) (?:unpaid|not paid|a "
        r"waiting))",
        rf"(?P<it>\bearn\b[^.]{{0,20}}(?:\b|(?=\$)){_COUNT}[^.]{{0,50}}\b(?:the state|claim|benefits|unemployment|losing))",
    )
)
_UNNAMED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<it>\b(?:In|Under) {_STATE}(?:'s)?(?: law| rules?)?,? (?:you|they|it's|it is|employers?|an employer|the law|there's|a company|"
        r"your (?:employer|boss|company))\b(?: \w+)? (?:must|can't|cannot|may|can|has|have|are|is|get|don't|doesn't|gets|illegal|legal))",
        rf"(?P<it>\b{_STATE} (?:state )?law\b)",
    )
)
# The paper in the reader's hand may be cited, and so may the reader.
_DOUBT = re.compile(
    r"\b(?:you (?:say|said|wrote|write|mention|mentioned|told|read|heard|think|have lived|worked|were)|told (?:me|you)|notice (?:gives|says|"
    r"allows)|letter (?:gives|says)|if|whether|asks? whether|friend|neighbor|cousin|differs?|some say|posting|how many|not know)\b",
    re.IGNORECASE,
)

_SHORT = frozenset("CDLE DETR DWD EDD ESD GDOL IDES KDOL LWC MDES NJDOL NYSDOL ODJFS OESC TWC VEC".split())
"""What agencies are called for short. Known here to be recognised, never printed."""
_AGENCY = re.compile(
    rf"\b{_STATE}(?:'s)? (?:[Ss]tate )?(?:[Uu]nemployment (?:[Oo]ffice|[Aa]gency|[Ii]nsurance|[Cc]ommission)|"
    r"[Ll]abor (?:[Cc]ommissioner|[Oo]ffice|[Dd]epartment)|(?:Department|Division|Office|Bureau|Commission|Agency) (?:of|for)\b"
    r"|Workforce\b|Employment (?:Security|Department|Commission|Development))"
    rf"|\b(?:{'|'.join(sorted(_SHORT))})\b"
)
_COMMON_NAMES = frozenset({"Department of Labor", "Department of Employment Services"})
"""What is left of an agency's name without its state, and could as well be another's."""


def numbers(sentence: Sentence) -> str | None:
    """The words of a sentence that give a number as a state's rule; None when there are none."""
    return None if sentence.asks else claimed(sentence.own, _NUMBERS, _DOUBT)


def rules_of_no_state(found: Sequence[Sentence]) -> Iterator[str]:
    """A reason for each sentence that gives a state's rule. For replies to letters that name no state."""
    for sentence in found:
        words = numbers(sentence) or (None if sentence.asks else claimed(sentence.own, _UNNAMED, _DOUBT))
        if words:
            yield (
                f"This gives a rule of a state, but the letter names no state: {words!r}. "
                "Next: ask which state, and send them to their office for the number."
            )


def agencies(text: str, names: Iterable[str]) -> list[str]:
    """The agencies that a text on one line names: those in `names`, with or without their state, and any state's."""
    wanted = {part for name in names for part in (name, _without_state(name)) if part not in _COMMON_NAMES}
    known = [name for name in sorted(wanted) if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)]
    return list(dict.fromkeys([*known, *(match[0] for match in _AGENCY.finditer(text))]))


def _without_state(name: str) -> str:
    return re.sub(rf"^{_STATE} (?:State )?(?=\w+ of |\w+ for )", "", name)
