"""What belongs to one state: the numbers of its rules, and its agency."""

import re
from collections.abc import Iterable, Iterator, Sequence

from triage.drafting.places import STATES
from triage.drafting.sentences import Sentence, claimed

_STATE = rf"(?:{'|'.join(name.removeprefix('the ') for name in STATES.values())})"
_COUNT = (
    r"(?:(?:\d[\d,.]{0,8}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|fifteen|twenty|"
    r"twenty-one|twenty-six|thirty|sixty|ninety)(?: to \d+)?[- ](?:[a-z-]+ ){0,2}(?:hours?|days?|weeks?|months?|"
    r"contacts?|applications?|employers?|searches|activities|percent)\b|\d[\d.]{0,6} ?%|\$ ?\d[\d,.]{0,9})"
)
_DAYS = (
    r"(?:(?:\d{1,3}|seven|ten|fourteen|fifteen|twenty|twenty-one|thirty|sixty)[- ](?:calendar |business |working "
    r")?days?)"
)
_OFFICE = (
    r"(?:(?:your|the|that|this|each|every) (?:state|agency|office|unemployment office|state agency|state office)|most "
    r"states|states|some states|many states)"
)
_RULES = (
    r"(?:gives?|gave|requires?|required|wants?|allows?|pays?|asks?(?: for)?|expects?|lets|sets|demands?|cuts?|limits?|"
    r"stops|has|have|will take|takes?|says|needs?|counts?|offers?|keeps?|provides?)"
)
_NUMBERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<it>\b(?:In|Under|By|in) {_STATE}(?:'s)?(?: law| rules?)?,? "
        rf"(?:you|they|it|the|your|claims|benefits|employers|workers|an)\b[^.]{{0,60}}?\b{_COUNT})",
        rf"(?P<it>\b(?:In|Under) {_STATE}(?:'s)?(?: law| rules?)?\b[^.]{{0,60}}?(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>\b{_STATE}(?:'s)?(?: law| rules?)? (?:only |just |usually |always )?{_RULES}\b[^.]{{0,60}}?(?:\b|"
        rf"(?=\$)){_COUNT})",
        rf"(?P<it>\b{_STATE}'s (?:deadline|limit|maximum|minimum|window|rule|number)\b[^.]{{0,40}}?(?:\b|"
        rf"(?=\$)){_COUNT})",
        r"(?P<it>\b(?:maximum|minimum|limit|deadline|most|least|period|window|wait)\b[^.]{0,20} in "
        rf"{_STATE}\b[^.]{{0,30}}?(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>\b(?i:{_OFFICE}) (?:\w+ )?{_RULES}\b[^.]{{0,50}}?(?:\b|(?=\$)){_COUNT})",
        r"(?P<it>\b(?:[Yy]our|[Tt]he|[Tt]his) state's (?:\w+ )?(?:limit|deadline|maximum|minimum|window|rule|number|"
        rf"cutoff)\b[^.]{{0,30}}?(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>\b[Ii]n (?:your|this|that|every|most) states?\b[^.]{{0,60}}?(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>(?:\b|(?=\$)){_COUNT}[^.]{{0,60}}\b(?:in|by) (?:your|this|the) "
        r"state\b(?! (?:office|agency|unemployment|to pay)))",
        rf"(?P<it>\b(?i:where you (?:live|are)|in your area),? [^.]{{0,40}}?(?:\b|(?=\$)){_COUNT})",
        rf"(?P<it>\b(?:[Rr]esidents of {_STATE}|[Cc]laimants|[Pp]eople on (?:unemployment|benefits)|[Ww]orkers on "
        rf"unemployment) (?:in {_STATE} )?(?:must|get|have|need|can|are|may)\b[^.]{{0,40}}?{_COUNT})",
        rf"(?P<it>\b(?:in|In) {_STATE},? (?:it's|it is|that's|there are|there's)\b[^.]{{0,30}}?{_COUNT})",
        # of a claim, whatever the state
        r"(?P<it>\b(?:appeal|protest)s?\b[^.]{0,25}\b(?:due|closes?|ends?|expires?|runs out|over|"
        rf"late)\b[^.]{{0,15}}{_DAYS})",
        r"(?P<it>\b[Yy]ou(?:'ve| have| get|'ll have|'ve got| will have)(?: only| just| about| got)? "
        rf"{_DAYS}[^.]{{0,40}}\b(?:appeal|protest|request a hearing|contest|object))",
        rf"(?P<it>\b(?:appeal|protest|hearing request)s?\b[^.]{{0,40}}\b(?:within|by|is|are|of|in|lasts?|for) {_DAYS})",
        r"(?P<it>\b(?:deadline|limit|time|window|period) (?:to|for)(?: an| the| your)? "
        rf"(?:appeal|protest)\w*\b[^.]{{0,20}}{_DAYS})",
        r"(?P<it>\b[Bb]enefits (?:usually |generally |will )?(?:last|run out|run|end|stop|are "
        rf"paid)\b[^.]{{0,30}}{_COUNT})",
        r"(?P<it>\b(?:can|may|could|can only) (?:collect|claim|draw|get benefits|receive benefits|get "
        rf"unemployment)\b[^.]{{0,30}}\b{_COUNT})",
        rf"(?P<it>\b[Yy]ou(?:'ll| will|'re going to| can)? get\b[^.]{{0,15}}{_COUNT} of "
        r"(?:benefits|unemployment|payments))",
        rf"(?P<it>\b(?:up to|maximum of|at most) {_COUNT} of (?:benefits|unemployment|payments))",
        rf"(?P<it>\b[Yy]ou (?:must|need to|have to|are required to)\b[^.]{{0,30}}{_COUNT}[^.]{{0,40}}\b(?:claim|"
        r"eligible|benefits|unemployment|certify|the state))",
        r"(?P<it>\b(?:one|1|two|2)[- ]week waiting period|\b(?:one|1|a single) waiting week\b|\bfirst week "
        r"(?:is|goes) (?:unpaid|not paid|a waiting))",
        rf"(?P<it>\bearn\b[^.]{{0,20}}(?:\b|(?=\$)){_COUNT}[^.]{{0,50}}\b(?:the state|claim|benefits|unemployment|"
        r"losing))",
    )
)
_UNNAMED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<it>\b(?:In|Under) {_STATE}(?:'s)?(?: law| rules?)?,? (?:you|they|it's|it is|employers?|an employer|the "
        r"law|there's|a company|your (?:employer|boss|company))\b(?: \w+)? "
        r"(?:must|can't|cannot|may|can|has|have|are|is|get|don't|doesn't|gets|illegal|legal))",
        rf"(?P<it>\b{_STATE} (?:state )?law\b)",
    )
)
# The paper in the reader's hand may be cited, and so may the reader.
_DOUBT = re.compile(
    r"\b(?:you (?:say|said|wrote|write|mention|mentioned|told|read|heard|think|have lived|worked|were)|told "
    r"(?:me|you)|notice (?:gives|says|allows)|letter (?:gives|says)|if|whether|asks? whether|friend|neighbor|cousin|"
    r"differs?|some say|posting|how many|not know)\b",
    re.IGNORECASE,
)

_SHORT = frozenset("CDLE DETR DWD EDD ESD GDOL IDES KDOL LWC MDES NJDOL NYSDOL ODJFS OESC TWC VEC".split())
"""What agencies are called for short. Known here to be recognised, never printed."""
_AGENCY = re.compile(
    rf"\b{_STATE}(?:'s)? (?:[Ss]tate )?(?:[Uu]nemployment (?:[Oo]ffice|[Aa]gency|[Ii]nsurance|[Cc]ommission)|"
    r"(?:[Ll]abor|[Rr]eemployment|[Ww]orkforce|[Ee]mployment|[Ww]age) "
    r"(?:[Cc]ommissioner|[Oo]ffice|[Dd]epartment|[Aa]gency|[Cc]ommission|[Bb]oard|[Dd]ivision)|"
    r"(?:Department|Division|Office|Bureau|Commission|Agency) (?:of|for)\b|Workforce\b|Employment "
    rf"(?:Security|Department|Commission|Development))|\b(?:{'|'.join(sorted(_SHORT))})\b"
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
    near = text.lower()
    there = sorted(name for name in wanted if name.lower() in near)
    known = [name for name in there if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)]
    every = dict.fromkeys([*known, *(match[0] for match in _AGENCY.finditer(text))])
    return [name for name in every if not any(name in longer for longer in every if longer != name)]


def _without_state(name: str) -> str:
    return re.sub(rf"^{_STATE} (?:State )?(?=\w+ of |\w+ for )", "", name)
