"""Places that a reader whose letter is held can turn to, as the dated facts know them.

The machine chooses none of them and writes none into a reply: it offers them to the person who writes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from triage.desk import Desk, facts, writing
from triage.drafting.book import COUNTRY, Book, Fact
from triage.records import Dossier

AGENCY = "agency"
PHRASES = {
    "hotline_crisis": "the Suicide & Crisis Lifeline (call or text {})",
    "hotline_violence": "the National Domestic Violence Hotline ({})",
    "identity_theft": "the government's site for people whose identity was stolen ({})",
    "fraud_report": "the Federal Trade Commission, where a fraud is reported ({})",
    "eeoc": "the Equal Employment Opportunity Commission ({})",
    "labor_department": "the Department of Labor ({})",
    "legal_aid": "free legal aid ({})",
    "benefits_finder": "the unemployment office of your state ({})",
    AGENCY: "{}",
}
"""How a reply names each place."""
_OF_DANGER = ("hotline_crisis", "hotline_violence")
_FOR = (
    (r"identity|fraud|scam", ("identity_theft", "fraud_report")),
    (r"harass|discriminat|treated worse", ("eeoc", "legal_aid")),
    (r"not paid|injury", ("labor_department", "legal_aid")),
    (r"unemployment", (AGENCY, "legal_aid")),
    (r"drink or drugs", ("hotline_crisis",)),
)
"""For words in the reasons of a risk, or in a topic, the facts that help."""
_FOR_ANY = ("legal_aid", "labor_department", "eeoc")
_GAP = re.compile(r"\[\[[^\[\]]*\bplace\b[^\[\]]*\]\]")
_ENDING = 2  # paragraphs: how a letter is signed off, and the name


@dataclass(frozen=True, slots=True)
class Place:
    """One place: its fact, the words that name it in a reply, and how far the fact can be relied on."""

    fact: Fact
    words: str
    standing: str


def places(desk: Desk, dossier: Dossier) -> list[Place]:
    """What the facts know for the risk, the topics and the state of a held letter, what fits best first."""
    book, today, state = facts.book(desk), facts.today(desk), _state(dossier)
    found = (_place(book, name, state, today) for name in dict.fromkeys(_names(dossier)))
    return [place for place in found if place]


def put_in(body: str, words: str) -> str:
    """The text with a place in it: in the gap that waits for one, else in a line of its own before the sign-off."""
    if _GAP.search(body):
        return _GAP.sub(lambda _: words, body, count=1)
    paragraphs = [paragraph for paragraph in re.split(r"\n\s*\n", body.strip()) if paragraph]
    at = max(len(paragraphs) - _ENDING, min(len(paragraphs), 1))
    return "\n\n".join((*paragraphs[:at], f"You can also turn to {words}.", *paragraphs[at:])) + "\n"


def _names(dossier: Dossier) -> Iterator[str]:
    found = dossier.assessment
    if found is None:
        return
    if found.risk == "R3":
        yield from _OF_DANGER
    # Behind the colon stand the reader's own words, which may speak of anything.
    said = " ".join((*(reason.partition(":")[0] for reason in found.risk_reasons), *dossier.slip.topics))
    fitting = [names for words, names in _FOR if re.search(words, said)]
    yield from (name for names in fitting for name in names)
    if not fitting and found.risk != "R3":
        yield from _FOR_ANY


def _state(dossier: Dossier) -> str:
    known = writing.settled(dossier)
    return next((slot.value for slot in known.slots if slot.name == "state" and slot.value), "") if known else ""


def _place(book: Book, name: str, state: str, today: date) -> Place | None:
    """The agency is that of the reader's state; where nobody knows the state, the finder of all of them."""
    if name == AGENCY and f"{AGENCY}/{state}" not in book.facts:
        name = "benefits_finder"
    fact = book.facts.get(f"{name}/{state if name == AGENCY else COUNTRY}")
    if fact is None or not fact.value:
        return None
    words = PHRASES[name].format(fact.value)
    shown: Sequence[Fact] = (fact,)
    site = book.facts.get(f"{AGENCY}_site/{state}") if name == AGENCY else None
    if site and site.value:
        words, shown = f"{words} ({site.value})", (fact, site)
    return Place(fact, words, _standing(shown, today))


def _standing(shown: Sequence[Fact], today: date) -> str:
    if any(fact.expired(today) for fact in shown):
        return "to be checked again"
    return "verified" if all(fact.verified_on for fact in shown) else "not verified yet"
