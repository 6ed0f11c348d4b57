"""The checks on the text of a reply, whoever wrote it. Each finding is a plain reason not to sign yet.

The rules are the house's hard blocks: no gap left, no placeholder, no promise of an outcome, no rule of
a state that the letter did not name, no phone number that nobody has checked. They look at whole
sentences, so that "ask whether you qualify" passes and "you qualify" does not.
"""

import re
from collections.abc import Iterator

from triage.drafting.places import STATES
from triage.records import Assessment

_GAP = re.compile(r"\[\[(.*?)(?:\]\]|\n\s*\n|\Z)", re.DOTALL)

_PLACEHOLDER = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{\{|\}\}|\]\]|%\{\w*\}?|%\(\w+\)s|\{[a-z_]+\}"
    r"|(?<!\[)\[(?!sic\])[A-Za-z][A-Za-z_' ]{1,30}\](?!\])"
    r"|\b(?:TBD|TBC|TODO|XXX+)\b"
    r"|(?<=[\w,;:] )None\b"  # "None of this is your fault" begins a sentence; "Hello None," does not
    r"|^None[.,]?$",
    re.MULTILINE,
)

_PHONE = re.compile(
    r"(?<![\w.-])(?:"
    r"\+\d[\d ().-]{6,}\d"
    r"|(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]?\d{4}"
    r"|1?[2-9]\d{2}[2-9]\d{6}"
    r"|(?<=call )\d{3}-\d{4}|(?<=text )\d{3}-\d{4}|(?<=phone )\d{3}-\d{4}|(?<=dial )\d{3}-\d{4}"
    r")(?![\w-])",
    re.IGNORECASE,
)

_CARD = ("8007997233",)  # the National Domestic Violence Hotline; 911 and 988 do not look like numbers here

# What makes a claim start afresh: the beginning of the sentence, a comma, or a firm lead-in.
_FIRMLY = r"(?:^|[,;:(\"“—–] ?|\b(?:and|but|so|because|since|means|that|sure|think|believe|know) )(?:then )?"
_NOT = r"(?:not|n't|never)"
_PROMISES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _FIRMLY + r"(?P<it>you (?:clearly |certainly |definitely |probably )?(?:do not |don't |will |won't |will not )?"
        r"qualify)(?! as\b)",
        _FIRMLY + r"(?P<it>you(?:'re| are) (?:clearly |certainly |definitely |not )?eligible)",
        r"(?P<it>\byou(?:'ll| will| won't| will not) (?:not )?(?:certainly |definitely |surely |probably )?"
        r"be (?:denied|approved|eligible|disqualified|cut off|paid benefits|turned down for benefits|penalized))",
        r"(?P<it>\byou(?:'ll| will| won't| will not) (?:not )?(?:certainly |definitely |surely |probably )?"
        r"(?:lose|keep|get|receive|collect) (?:your |the |any |unemployment )?(?:unemployment |weekly )?"
        r"(?:benefits|claim|appeal)\b)",
        r"(?P<it>\byou(?:'ll| will) (?:certainly |definitely |surely |easily )?win\b(?! (?:them|him|her|people) over))",
        r"(?P<it>\byou(?:'ll| will) (?:certainly |definitely |surely )?(?:get|land) (?:the|this|that) (?:job|offer)\b)",
        r"(?P<it>\b(?:they|the state|the agency|the office|(?:your|the) (?:employer|company|boss))"
        r" (?:must|has to|have to) (?:pay|give|let|grant|approve|accept|hire|rehire|allow|honor|refund|restore|"
        r"reinstate|keep|cover) you\b)",
        r"(?P<it>\bthey must (?:grant|approve|honor|reinstate|restore|pay)\b)",
        r"(?P<it>\b(?:they|the state|the agency|the office|your employer) (?:can't|cannot|can not) (?:legally )?"
        r"(?:deny|refuse|fire|disqualify|turn you down))",
        r"(?P<it>\b(?:won't|will not|doesn't|does not|can't|cannot) (?:affect|hurt|harm|touch|count against) "
        r"your (?:unemployment|claim|benefits))",
        r"(?P<it>\bwill (?:affect|hurt|harm|end|cost you) your (?:unemployment|claim|benefits))",
        r"(?P<it>\byou (?:don't|do not) (?:have|need) to report\b)",
        r"(?P<it>\blegally, (?:you|they)(?:'re| are| have| must))",
        r"(?P<it>\b(?:are|'re) (?:legally |fully )?entitled to (?:unemployment|benefits|payment|back pay))",
        r"(?P<it>\blegally entitled\b)",
        r"(?P<it>\b(?:don't|do not) bother (?:to appeal|appealing))",
        r"(?P<it>\bI(?: can| will|'ll)? (?:guarantee|promise) (?:that )?(?:you|they|it))",
        r"(?P<it>\byou have (?:\w+ )?(?:\d+|\w+) (?:calendar |business |working )?days (?:from \w+ )?(?:\w+ )?"
        r"to (?:file (?:an? |your )?)?(?:appeal|protest))",
    )
)

# Words before a claim, in the same clause, that take the promise out of it.
_DOUBT = re.compile(
    r"\b(?:if|whether|unless|until|say|says|said|saying|tell|told|claims?|assume|suppose|worry|worried|afraid|fear|"
    r"scared|who|how|when|once|ask|asks|asked|hope|hoping|wonder|wondering|you(?: may| might)? (?:think|believe|feel)"
    rf"|\w+{_NOT} (?:promise|say|know|mean|tell|guarantee|think)|(?:can|do|does|did|would){_NOT}|cannot|no one|nobody"
    r"|sign that|chance|case)\b[^,;:.!?]*$",
    re.IGNORECASE,
)

_STATE = re.compile(rf"\b(?:In|Under) ({'|'.join(name.removeprefix('the ') for name in STATES.values())})\b")
_RULE = re.compile(
    r"\b(?:\d+|two|three|four|five|seven|ten|fourteen|fifteen|twenty|thirty) (?:calendar |business )?"
    r"(?:days?|weeks?|contacts?|applications?|employers?)\b",
    re.IGNORECASE,
)


def find_gaps(text: str) -> list[str]:
    """The words inside each `[[...]]`, in order, each once; a gap that is never closed counts too."""
    found = (" ".join(match.group(1).split()) or "something is missing here" for match in _GAP.finditer(text))
    return list(dict.fromkeys(found))


def phone_numbers(text: str) -> list[str]:
    """What looks like a telephone number, as written; the numbers of the resource card do not count."""
    found = (match.group().strip() for match in _PHONE.finditer(text))
    return [number for number in found if re.sub(r"\D", "", number).removeprefix("1") not in _CARD]


def blocks_for(subject: str, body: str, assessment: Assessment) -> list[str]:
    """Why this text cannot be approved yet, in plain words; empty when nothing stands in the way."""
    if not body.strip():
        return ["The reply is empty. Next: write it."]
    gaps = [f"There is a gap to fill: {gap}." for gap in find_gaps(body) + find_gaps(subject)]
    return gaps + wording_blocks(subject, body, assessment)


def wording_blocks(subject: str, body: str, assessment: Assessment) -> list[str]:
    """The reasons that lie in the words themselves, without the gaps."""
    whole = re.sub(r"\[\[.*?\]\]", " ", f"{subject}\n\n{body}", flags=re.DOTALL)
    reasons = [f"A placeholder was left in: {match.group()!r}." for match in _PLACEHOLDER.finditer(whole)]
    for sentence in _sentences(body):
        reasons += [f"This promises an outcome that nobody can promise: {found!r}." for found in _promises(sentence)]
        reasons += _state_rules(sentence, assessment)
    reasons += [
        f"This phone number is on no approved list: {number}. Next: name the office and where its number is found."
        for number in phone_numbers(body)
    ]
    return list(dict.fromkeys(reasons))


def _sentences(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:\d+\.|[-*•]) )", text.replace("’", "'")):
        yield from re.split(r"(?<=[.!?])[\"”')]*\s+", " ".join(paragraph.split()))


def _promises(sentence: str) -> Iterator[str]:
    if sentence.endswith("?"):
        return
    for pattern in _PROMISES:
        for match in pattern.finditer(sentence):
            if not _DOUBT.search(sentence[: match.start("it")]):
                yield match.group("it")


def _state_rules(sentence: str, assessment: Assessment) -> Iterator[str]:
    """A number said to be a state's rule, while the letter names no state (house style, hard blocks)."""
    stated = any(slot.name == "state" and slot.value for slot in assessment.slots)
    match = _STATE.search(sentence)
    if match and not stated and _RULE.search(sentence):
        yield f"This gives a rule of {match.group(1)}, but the letter names no state."
