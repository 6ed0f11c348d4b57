"""The state a reader writes from or claims in, only when the letter says so."""

import re
from dataclasses import dataclass

_NAMES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip

# Agencies that only one state has under that name. DWD (IN, WI), DES (AZ, NC), ESD and UIA are kept
# apart by their states' names, so only those that cannot be mistaken are here.
_AGENCIES = {
    "TWC": "TX", "Texas Workforce": "TX", "EDD": "CA", "IDES": "IL", "ODJFS": "OH", "OESC": "OK", "DETR": "NV",
    "MDES": "MS", "CDLE": "CO", "WorkForce West Virginia": "WV", "FloridaCommerce": "FL",
    "Iowa Workforce": "IA", "Louisiana Workforce": "LA", "Virginia Employment Commission": "VA",
}  # fmt: skip

_PERSONS = frozenset({"VA", "GA", "MT", "DC", "WA", "CA", "AZ"})  # first or family names, or the capital
_PLACE_BEFORE = (
    r"(?:\bin|\bfrom|\bto|\bof|\bfor|\bnear|\boutside|\bacross|\baround|\bleft|\bthe|\bthrough|\bhere in|\bstate of"
    r"|\bnorthern|\bsouthern|\beastern|\bwestern|\bcentral|\bupstate|\brural|\bdowntown|,|\(|—|–|-)\s*$"
)
_PLACE_AFTER = re.compile(
    r"\s*(?:unemployment|UI\b|state\b|law\b|department|dept|agency|office|labor|workforce|claim|benefits|resident|,?\s+\d{5}\b)",
    re.IGNORECASE,
)
_NOT_THE_STATE = re.compile(
    r"\s*(?:,?\s*D\.?\s?C\b|City\b(?!,)|Post\b|Times\b|Street\b|Ave|Mutual\b|University|College)"
)

_FULL = re.compile(
    r"(?<![\w@.])(" + "|".join(sorted(_NAMES.values(), key=len, reverse=True)) + r")(?![\w@])(?!\.\w)", re.IGNORECASE
)
_ABBREVIATED = re.compile(r"(?:,\s{0,2}|\bin |\bfrom |\bof |\()(" + "|".join(_NAMES) + r")(?=$|[\s.,;:!?)])")
_WORDS = frozenset({"AL", "DE", "HI", "ID", "IN", "LA", "MA", "MD", "ME", "MS", "OH", "OK", "OR", "PA", "PR", "VA"})
_TOWN_BEFORE = re.compile(r"[A-Z][a-z]+,\s{0,2}$")
_AGENCY = re.compile(r"(?<!\w)(" + "|".join(_AGENCIES) + r")(?!\w)")
_SHORT = {
    "ala": "AL", "ariz": "AZ", "ark": "AR", "calif": "CA", "cali": "CA", "colo": "CO", "conn": "CT", "del": "DE",
    "fla": "FL", "ill": "IL", "ind": "IN", "kan": "KS", "mass": "MA", "mich": "MI", "minn": "MN", "miss": "MS",
    "mont": "MT", "neb": "NE", "nev": "NV", "okla": "OK", "ore": "OR", "penn": "PA", "pa": "PA", "penna": "PA",
    "tenn": "TN", "tex": "TX", "wash": "WA", "wis": "WI", "wisc": "WI", "wyo": "WY", "jersey": "NJ",
}  # fmt: skip
_BY_NAME = {name.lower(): code for code, name in _NAMES.items()}


@dataclass(frozen=True, slots=True)
class StateMention:
    """A state's two letters and where the words that name it stand."""

    state: str
    start: int
    end: int


def state_of(words: str) -> str | None:
    """The two letters of a state's name or abbreviation in `words`, which are known to name one; else None."""
    plain = words.strip(" .,").removesuffix(" state").removesuffix(" State")
    code = plain.replace(".", "").upper()
    return _BY_NAME.get(plain.lower()) or (code if code in _NAMES else None) or _SHORT.get(plain.lower().strip("."))


def find_states(text: str) -> list[StateMention]:
    """Mentions that are surely of a place, in order. A first name ("Virginia called me") is not one."""
    found = [StateMention(_AGENCIES[m[1]], m.start(1), m.end(1)) for m in _AGENCY.finditer(text)]
    for match in _FULL.finditer(text):
        state = _BY_NAME[match[1].lower()]
        before, after = text[max(0, match.start() - 25) : match.start()], text[match.end() :][:20]
        if _NOT_THE_STATE.match(after) and state != "DC":
            continue
        placed = re.search(_PLACE_BEFORE, before, re.IGNORECASE) or _PLACE_AFTER.match(after)
        # "Dear Virginia," and "from Georgia Miller" name a person.
        person = re.search(r"(?:dear|hi|hello|ms\.?|mrs\.?|aunt|name is|i'm|i am),?\s*$", before, re.IGNORECASE)
        surname = re.match(r" [A-Z][a-z]+", after) and not _PLACE_AFTER.match(after)
        if person or (state in _PERSONS and (surname or not placed)) or (match[1].islower() and not placed):
            continue
        found.append(StateMention(state, match.start(), match.end()))
    for match in _ABBREVIATED.finditer(text):
        # "it, ME first" names no state; "Bangor, ME" does.
        if match[1] not in _WORDS or _TOWN_BEFORE.search(text[max(0, match.start(1) - 30) : match.start(1)]):
            found.append(StateMention(match[1], match.start(1), match.end(1)))
    if not any(mention.state == "DC" for mention in found):
        found += [StateMention("DC", m.start(), m.end()) for m in re.finditer(r"\bWashington,? D\.?C\b", text)]
    return sorted(found, key=lambda mention: mention.start)
