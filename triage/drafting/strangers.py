"""Details that are not this reader's: another name, an address that is not in the letter, another's employer."""

import re
from collections.abc import Iterator, Sequence

from triage.drafting.sentences import one_line
from triage.records import Letter

_HELLO = r"(?:Hello|Hi|Dear|Hey|Good (?:morning|afternoon|evening)|Greetings|Thank you for writing|Thanks for writing)"
_GREETED = re.compile(
    rf"\A\s{{0,20}}(?:{_HELLO}(?: again| there)?,?[ \t]+(?!and\b|for\b|to\b)"
    r"(?P<after>(?:(?:Mr|Mrs|Ms|Dr)\.)?[^,\n!:.;–—]{1,40}?)(?: ?[,!:;–—.]| -|[ \t]*\n)"
    rf"|(?!{_HELLO}\b)(?P<alone>[A-Z][\w'’-]{{1,20}}(?: [A-Z][\w'’.-]{{1,20}}){{0,2}})(?: ?[,:–—]| -)[ \t]*\n)"
)
_TITLES = frozenset("mr mrs ms miss dr prof mx".split())
_ANYBODY = frozenset(
    "again all and both dear everybody everyone folks friend friends from my neighbor reader readers the there to "
    "you".split()
)
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"
    r"|(?<![\w.+-])[\w.+-]{1,64} ?[(\[]at[)\]] ?[\w-]{1,63}(?: ?[(\[]dot[)\]] ?[\w-]{1,63}|\.[\w-]{1,63}){1,4}",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"(?<![\w$.-])\d{1,5}(?: [NSEW]\.?| (?:North|South|East|West))?"
    r"(?: (?:[A-Z][a-z]{1,20}|\d{1,3}(?:st|nd|rd|th))){1,3}"
    r" (?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Way|Place|Parkway|Pkwy|Highway|Hwy|"
    r"Square)\b\.?"
    r"|\bP\.? ?O\.? Box \d{1,6}\b"
)


def strangers(body: str, letter: Letter, others: Sequence[str]) -> Iterator[str]:
    """A reason for each name, address or detail in `body` that is not in the letter.

    `others` are what other readers wrote of, such as their employers.
    """
    people = (letter.sender, letter.reply_to, *letter.to)
    known = one_line(f"{' '.join(map(str, people))} {letter.subject} {letter.body} {letter.quoted}").lower()
    yield from _greeting(body, known)
    line = one_line(body)
    for address in _EMAIL.findall(line):
        if address.lower() not in known:
            yield f"This gives a mail address that is not in the letter: {address}. Next: take it out."
    for address in _STREET.findall(line):
        if address.lower() not in known:
            yield f"This gives an address that is not in the letter: {address}. Next: name the office and its site."
    for detail in dict.fromkeys(map(one_line, others)):
        # One word may be an everyday one, such as Target: only the name is meant then.
        flags = re.IGNORECASE if " " in detail else 0
        if detail and detail.lower() not in known and re.search(rf"(?<!\w){re.escape(detail)}(?!\w)", line, flags):
            yield f"{detail} is in another reader's letter and not in this one. Next: take it out."


def _greeting(body: str, known: str) -> Iterator[str]:
    found = _GREETED.match(body)
    if not found:
        return
    named = one_line(found["after"] or found["alone"])
    names = [word for word in re.findall(r"[\w'-]+", named) if word[0].isupper() and word.lower() not in _TITLES]
    words = {word.lower() for word in names} - _ANYBODY
    if words and not words & set(re.findall(r"[\w'-]+", known)):
        yield f"The greeting names {named}, and this letter does not. Next: make sure that it is the right reader."
