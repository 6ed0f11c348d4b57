"""Drafts as the templates make them: for a topic, a case, and what is stated in the letter."""

import itertools
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.cast import FACTS, ROOT, TEMPLATES
from triage.answers import Ask, Span
from triage.drafting import Templates, Voice, make_draft
from triage.drafting.facts import names_given
from triage.drafting.templates import NO_TOPICS, Template
from triage.records import Assessment, Draft, Kind, Letter, Slot, TopicScore

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TOMORROW = "2026-11-24"
THURSDAY = "2026-11-26"
CAROL = Voice(signature="Carol")
NOWHERE = Span(text="", start=0, end=0)
ALL_SLOTS = {
    "first_name": "Dana",
    "state": "FL",
    "employer": "Pellworth",
    "job_title": "bookkeeper",
    "interview_date": THURSDAY,
    "offer_deadline": "2026-11-27",
    "closing_date": "2026-11-30",
    "appeal_deadline": "2026-12-04",
    "hearing_date": "2026-12-08",
    "deadline": "2026-12-01",
    "last_day_worked": "2026-11-20",
    "notice_date": "2026-11-17",
    "weeks_claimed": "9",
    "separation_type": "laid_off",
    "on_unemployment": "yes",
    "agency_referral": "yes",
}
"""What a letter can state, each as the reading gives it."""
_DAYS = ("2026-11-16", "2026-11-23", TOMORROW, THURSDAY, "2026-12-14", "2027-01-12")
OTHERWISE: dict[str, Sequence[str]] = {
    **{
        slot: _DAYS
        for slot in ALL_SLOTS
        if slot in ("deadline", "last_day_worked") or slot.endswith(("_date", "_deadline"))
    },
    "state": ("WY", "DC", "MA"),
    "employer": ("the County", "Ash & Sons, Inc."),
    "weeks_claimed": ("1", "26"),
    "separation_type": ("fired", "quit", "hours_cut", "still_employed"),
    "on_unemployment": ("no", "yes"),
    "agency_referral": ("yes",),
}
"""Other values than those of `ALL_SLOTS`: days that are past, today and far off, states with little known of them."""
STATES = ("all slots", "none", "state missing", "urgent", "name missing")
TOPICS = tuple(sorted(set(TEMPLATES.by_topic) - NO_TOPICS))
RENDERED = tuple(sorted(set(TEMPLATES.by_topic) - {"caring"}))
"""Templates that make a reply of their own."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """One draft with what it was made from: pairs of topic and case, the letter's state, and its Message-ID."""

    cases: Sequence[tuple[str, str]]
    state: str
    message_id: str
    draft: Draft

    def __str__(self) -> str:
        return " + ".join(f"{topic}/{case or 'in general'}" for topic, case in self.cases)


def stated(state: str, templates: Sequence[Template]) -> dict[str, str]:
    """The slots of a letter in this state; an urgent one has the events of `templates` tomorrow."""
    slots = {} if state == "none" else dict(ALL_SLOTS)
    if state == "state missing":
        del slots["state"]
    if state == "name missing":
        del slots["first_name"]
    if state == "urgent":
        slots.update({slot: TOMORROW for template in templates for slot in template.event})
    return slots


def assessed(*topics: str, risk: str = "R0", language: str = "en", **slots: str) -> Assessment:
    return Assessment(
        kind=Kind.LETTER,
        topics=tuple(TopicScore(topic=topic, score=0.9) for topic in topics),
        slots=tuple(Slot(name=name, value=value, text=value, start=0, end=0) for name, value in slots.items()),
        risk=risk,
        language=language,
    )


def asking(cases: Mapping[str, str] | Sequence[tuple[str, str]]) -> list[Ask]:
    """The question that each of these cases answers, as the main one of its topic."""
    pairs = cases.items() if isinstance(cases, Mapping) else cases
    return [Ask(span=NOWHERE, topic=topic, case=case, score=1.0, main=True) for topic, case in pairs]


def render(
    cases: Sequence[tuple[str, str]],
    state: str = "none",
    message_id: str = "<1@reader.example>",
    *,
    templates: Templates = TEMPLATES,
    voice: Voice = CAROL,
    risk: str = "R0",
    slots: Mapping[str, str] | None = None,
) -> Rendering:
    """The draft for a letter that raises these topics and asks for these cases."""
    of_topics = [templates.of(topic) for topic, _ in cases]
    facts = stated(state, of_topics) if slots is None else slots
    letter = Letter(received_at=MONDAY, message_id=message_id, subject="A question")
    found = assessed(*(topic for topic, _ in cases), risk=risk, **facts)
    return Rendering(
        cases, state, message_id, make_draft(letter, found, templates, voice, asks=asking(cases), book=FACTS)
    )


def with_own(folder: Path, text: str, topic: str = "own") -> Templates:
    """The templates that there have to be, and one of a test's own, in `folder`."""
    for needed in ("frame", "general", "unclear"):
        shutil.copy(ROOT / "templates" / f"{needed}.txt", folder)
    (folder / f"{topic}.txt").write_text(text, "utf-8")
    return Templates.load(folder, FACTS.names)


def sheet(folder: Path, topic: str, answer: str = "Yes.", head: str = "", more: str = "") -> Templates:
    """The templates of a small house in `folder`, with one more about `topic`; `more` is what follows its answer."""
    begin = f"topic: {topic}\nname: {topic}\nversion: 1\n{head}\n\n## acknowledge\nyou asked about {topic}\n"
    return with_own(folder, f"{begin}\n## bridge\nNow to {topic}.\n\n## answer\n{answer}\n\n{more}", topic)


def case(name: str, answer: str, *, head: str = "", more: str = "") -> str:
    """A case as it is typed."""
    return f"# case: {name}\n{head}\nasks:\n- may I?\n- can I?\n- shall I?\n\n## answer\n{answer}\n\n{more}\n"


def first_case(topic: str) -> tuple[str, str]:
    """The topic with its first case, or in general where it has none."""
    return topic, next(filter(None, TEMPLATES.by_topic[topic].cases), "")


def every_case() -> Iterator[tuple[str, str]]:
    for topic in RENDERED:
        for case in TEMPLATES.by_topic[topic].cases:
            yield topic, case


def every_pair() -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Two topics with their first cases, each two once."""
    for one, other in itertools.combinations(TOPICS, 2):
        yield first_case(one), first_case(other)


def turns(topic: str, case: str) -> Iterator[dict[str, str]]:
    """What letters can state otherwise, one fact at a time, of those that a case or its topic speaks of."""
    parts = re.split(r"^# case: *", (ROOT / "templates" / f"{topic}.txt").read_text("utf-8"), flags=re.MULTILINE)
    text = parts[0].partition("## ")[2] + "".join(part for part in parts[1:] if case and part.split()[0] == case)
    spoken = set(re.findall(r"\w+", " ".join(re.findall(r"\{[{%](.*?)[%}]\}", text))))
    for slot, values in OTHERWISE.items():
        for value in values if spoken & {*names_given(slot)} else ():
            yield {slot: value}
            yield {**ALL_SLOTS, slot: value}
