"""The checks on the text of a reply, whoever wrote it. Each finding is a plain reason not to sign yet.

The rules are the hard blocks of the house style: no gap and no placeholder left, no promise of an outcome, no
advice to hide anything, no invented story, statistic, quotation or law, no rule of a state that the letter did
not name, no phone number that nobody has checked, no word that this voice never says, nobody else's details.
What needs the dated facts, agencies by name and numbers that nobody has verified, is in `Book.problems`.
"""

import re
from collections.abc import Iterator, Sequence

from triage.drafting.hiding import hiding
from triage.drafting.inventions import quotations, statistics, stories
from triage.drafting.laws import laws
from triage.drafting.promises import promises
from triage.drafting.sentences import one_line, sentences
from triage.drafting.state_rules import rules_of_no_state
from triage.drafting.strangers import strangers
from triage.drafting.voice import Voice
from triage.records import Assessment, Letter

_GAP = re.compile(r"\[\[(.*?)(?:\]\]|\n\s*\n|\Z)", re.DOTALL)

_PLACEHOLDER = re.compile(
    r"\{\{[^{}\n]{0,80}(?:\}\})?|\{%[^{}\n]{0,80}(?:%\})?|\}\}|\]\]|%\{\w{0,40}\}?|%\(\w{1,40}\)s|\{[a-z_]{1,40}\}|"
    r"\$\{\w{1,40}\}"
    r"|(?<!\[)\[(?!sic\]|at\]|dot\])[A-Za-z][A-Za-z_' ]{1,30}\](?!\])"
    r"|<(?!https?:)[a-z][a-z_ ]{1,30}>|«[\w ]{1,30}»|_{3,}"
    r"|\b(?:TBD|TBC|TODO|FIXME|XXX+)\b|\b(?:INSERT|FILL IN|ADD|YOUR) [A-Z]{2,}\b|\b(?:FIRST|LAST|COMPANY|EMPLOYER|"
    r"READER) NAME\b"
    r"|\b[Ll]orem ipsum\b"
    r"|(?<=[\w,;:] )None\b"  # "None of this is your fault" begins a sentence; "Hello None," does not
    r"|^None[.,]?$"
    r"|(?:(?<=Hello )|(?<=Hi )|(?<=Dear )|(?<= on )|(?<= at ))(?:undefined|nan|NaN|null)\b",
    re.MULTILINE,
)

_PHONE = re.compile(
    r"(?<![\w.-])(?:"
    r"\+\d[\d ().-]{6,20}\d"
    r"|(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ ./-])\d{3}[ .-]?\d{4}"
    r"|1?[2-9]\d{2}[2-9]\d{6}"
    r"|1[ .-]8\d\d[ .-][A-Z0-9]{3,7}(?:-[A-Z]{2,5}){0,2}"
    r"|(?:(?<=call )|(?<=text )|(?<=dial )|(?<=ring )|(?<=phone ))(?:\d{3}-\d{4}|[2-8]11)"
    r"|(?:(?<=call )|(?<=text )|(?<=dial )|(?<= to ))\d{5,6}(?=[.,;]|$)"
    r")(?![\w-])",
    re.IGNORECASE,
)

MAX_CHECKED = 20_000
"""Characters of a reply that are checked; a longer one waits until it is shorter. Ten times the longest draft."""

# A telephone number that is on the resource card; 911 and 988 do not look like numbers here.
_CARD = frozenset({"8007997233"})


def find_gaps(text: str) -> list[str]:
    """The words inside each `[[...]]`, in order, each once; a gap that is never closed counts too."""
    found = (" ".join(match.group(1).split()) or "something is missing here" for match in _GAP.finditer(text))
    return list(dict.fromkeys(found))


def phone_numbers(text: str, approved: frozenset[str] = frozenset()) -> list[str]:
    """What looks like a telephone number, as written, unless its digits are approved or on the resource card."""
    plain = text.replace("‑", "-").replace("\u00a0", " ")  # hyphens and spaces that keep a number on one line
    found = (match.group().strip() for match in _PHONE.finditer(plain))
    return [number for number in found if re.sub(r"\D", "", number).removeprefix("1") not in _CARD | approved]


def blocks_for(
    subject: str,
    body: str,
    assessment: Assessment,
    *,
    voice: Voice | None = None,
    numbers: frozenset[str] = frozenset(),
    letter: Letter | None = None,
    others: Sequence[str] = (),
) -> list[str]:
    """Why this text cannot be approved yet, in plain words; empty when nothing stands in the way.

    `voice` is whose words it must not break with; `numbers` are the telephone numbers (digits) that are approved;
    `letter` is the one that is answered, and `others` are details of other readers, such as an employer.
    """
    if not body.strip():
        return ["The reply is empty. Next: write it."]
    if len(body) > MAX_CHECKED:
        return [f"The reply has more than {MAX_CHECKED} characters, too many to check. Next: shorten it."]
    gaps = [f"There is a gap to fill: {gap}." for gap in find_gaps(body) + find_gaps(subject)]
    return [
        *gaps,
        *wording_blocks(subject, body, assessment, voice=voice, numbers=numbers),
        *(strangers(body, letter, others) if letter else ()),
    ]


def wording_blocks(
    subject: str,
    body: str,
    assessment: Assessment,
    *,
    voice: Voice | None = None,
    numbers: frozenset[str] = frozenset(),
) -> list[str]:
    """The reasons that lie in the words themselves, without the gaps."""
    own = [one_line(story) for told in voice.stories.values() for story in told] if voice else []
    without_gaps = _GAP.sub(" ", body)
    whole = f"{subject}\n\n{without_gaps}"
    found = sentences(without_gaps)
    reasons = [
        *_placeholders(_GAP.sub(" ", whole)),
        *promises(found),
        *([] if _names_a_state(assessment) else rules_of_no_state(found)),
        *laws(found),
        *hiding(found),
        *stories(sentences(without_gaps, without=own)),
        *statistics(found),
        *quotations(found),
        *_phones(body, numbers),
        *_banned(whole, voice.banned if voice else ()),
    ]
    return list(dict.fromkeys(reasons))


def _names_a_state(assessment: Assessment) -> bool:
    return any(slot.name == "state" and slot.value for slot in assessment.slots)


def _placeholders(text: str) -> Iterator[str]:
    for match in _PLACEHOLDER.finditer(text):
        yield f"A placeholder was left in: {match.group()!r}. Next: write what belongs there, or take it out."


def _phones(text: str, approved: frozenset[str]) -> Iterator[str]:
    for number in phone_numbers(text, approved):
        what = f"This phone number is on no approved list: {number}."
        yield f"{what} Next: name the office and where its number is found."


def _banned(text: str, words: Sequence[str]) -> Iterator[str]:
    line = one_line(text)
    for word in words:
        if re.search(rf"(?<!\w){re.escape(one_line(word))}(?!\w)", line, re.IGNORECASE):
            yield f"This voice never says {word!r}. Next: use another word."
