"""The checks on the text of a reply: what they stop, what they let pass, and how long they take.

tests/checks holds one text a line. `blocked` and `blocked-held-out` were written before the patterns, the second a
third set aside; `blocked-later` was written after. Each line begins with the name of the rule. The `fine` files hold
paragraphs as columnists write them.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.cast import FACTS, TEMPLATES
from triage.answers import Ask, Span
from triage.drafting import Voice, blocks_for, make_draft
from triage.drafting.book import Fact, FactKind
from triage.drafting.checks import MAX_CHECKED, phone_numbers
from triage.drafting.sentences import sentences
from triage.records import Address, Assessment, Kind, Letter, Slot, TopicScore

FOLDER = Path(__file__).parent / "checks"
TODAY = date(2026, 11, 23)
LETTER = Letter(
    subject="Pulling out of the process",
    sender=Address("Rosa Diaz", "rosa@reader.example"),
    to=(Address("", "advice@desk.example"),),
    received_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    body="I have an interview this Thursday at Ferris & Sons. My boss there was Ms. Kern, of 12 Elm Street. "
    "Write to me at rosa.d@home.example.\n\nRosa",
)
VOICE = Voice(
    banned=("unfortunately", "journey", "reach out", "circle back", "rest assured", "at this time"),
    stories={"interview": ["I once hired a man for his shoes. He stayed nine years."]},
)
OTHERS = ("Brightwater Clinic", "Hollis Freight", "Maple Diner", "Delgado", "Kestrel", "O'Dell's Bakery")
STARTS = {  # of a reason, by rule
    "promise": "This promises an outcome",
    "hiding": "This could be read as advice to hide",
    "story": "This tells a story",
    "statistic": "This gives a statistic",
    "quote": "This puts words into somebody's mouth",
    "law": "This says what the law is",
    "state_number": "This gives a rule of a state",
    "agency": "This names the agency of a state",
    "placeholder": "A placeholder was left in",
    "phone": "This phone number is on no approved list",
    "banned": "This voice never says",
    "greeting": "The greeting names",
    "address": "This gives a",
    "details": "",
}
SLOTS: dict[str, dict[str, str]] = {
    "nothing": {},
    "a name and a state": {"first_name": "Rosa", "state": "FL"},
    "everything": {
        "first_name": "Rosa",
        "state": "GA",
        "employer": "Ferris & Sons",
        "interview_date": "2026-11-26",
        "offer_deadline": "2026-11-27",
        "appeal_deadline": "2026-12-03",
        "hearing_date": "2026-12-01",
        "notice_date": "2026-11-20",
        "notice_type": "denial",
        "agency_referral": "yes",
        "weeks_claimed": "6",
    },
}
HOSTILE = [
    *("a", "1", " ", "\n", '"', "“", "[", "[[", "{", "{{", "{%", "<", "@", "a@", "+1 ", "$1 ", ".", "_", "'", "Aa "),
    *(
        "you qualify ",
        "if you qualify ",
        "You'll win. ",
        "they must pay you ",
        "I once ",
        "I know a ",
        "In Florida 20 ",
    ),
    *("appeal within ", "30 days of ", "say you ", "leave it it it ", "\n- ", "your state ", "under the law ", "Mr. "),
    *("more than half of all ", "your appeal ", "don't tell the ", "report ", "New York State ", "\n \n", "Hello "),
]


def lines(name: str) -> list[str]:
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def assessed(**slots: str) -> Assessment:
    found = (Slot(name=name, value=value, text=value, start=0, end=0) for name, value in slots.items())
    return Assessment(kind=Kind.LETTER, slots=tuple(found))


def reasons(text: str, letter: Letter = LETTER, **slots: str) -> list[str]:
    found = blocks_for("Re: Pulling out", text, assessed(**slots), voice=VOICE, letter=letter, others=OTHERS)
    return found + FACTS.problems(text, slots.get("state"), TODAY)


# ------------------------------------------------------------------ both errors


@pytest.mark.parametrize("name", ["blocked", "blocked-held-out", "blocked-later"])
def test_nine_in_ten_texts_that_nobody_may_sign_are_stopped_by_the_rule_they_break(name: str) -> None:
    caught: dict[str, list[bool]] = defaultdict(list)
    missed = []
    for line in lines(name):
        rule, text = line.split("\t")
        found = reasons(text.replace("\\n", "\n"))
        caught[rule].append(any(reason.startswith(STARTS[rule]) for reason in found))
        if not found:
            missed.append(line)
    told = [hit for hits in caught.values() for hit in hits]
    assert len(missed) <= len(told) / 20, missed
    assert sum(told) >= 0.9 * len(told), {rule: f"{sum(hits)} of {len(hits)}" for rule, hits in caught.items()}


def test_every_rule_is_tried_in_at_least_twelve_wordings() -> None:
    every = [line.split("\t")[0] for name in ("blocked", "blocked-held-out") for line in lines(name)]
    assert {rule: every.count(rule) for rule in STARTS if every.count(rule) < 12} == {}


@pytest.mark.parametrize("name", ["fine", "fine-held-out", "fine-later"])
def test_no_more_than_one_in_a_hundred_paragraphs_of_columnists_is_stopped(name: str) -> None:
    texts = lines(name)
    stopped = [(text, found) for text in texts if (found := reasons(text))]
    assert len(stopped) <= len(texts) / 100, stopped


def renderings(topic: str) -> Iterator[tuple[str, Letter, Assessment, list[str]]]:
    for case in TEMPLATES.of(topic).cases:
        for number, slots in enumerate(SLOTS.values()):
            letter = Letter(
                subject="Hello",
                sender=LETTER.sender,
                received_at=LETTER.received_at,
                message_id=f"<{topic}.{case}.{number}@reader.example>",
            )
            found = assessed(**slots)
            assessment = Assessment(
                kind=Kind.LETTER,
                topics=(TopicScore(topic=topic, score=1.0),),
                slots=found.slots,
                risk="R1" if number == 1 else "R0",
            )
            ask = Ask(span=Span(text="", start=0, end=0), topic=topic, case=case, score=1.0, main=True)
            voice = Voice(signature="Carol", your_words=False)
            made = make_draft(letter, assessment, TEMPLATES, voice, asks=[ask], book=FACTS)
            yield made.body, letter, assessment, FACTS.problems(made.body, slots.get("state"), TODAY)


@pytest.mark.parametrize("topic", sorted(TEMPLATES.by_topic))
def test_no_case_of_the_house_is_stopped(topic: str) -> None:
    for body, letter, assessment, problems in renderings(topic):
        found = blocks_for("Re: Hello", body, assessment, voice=Voice(signature="Carol"), letter=letter)
        assert [reason for reason in (*found, *problems) if not reason.startswith("There is a gap")] == [], body


# ------------------------------------------------------------------ each reason


def test_every_reason_says_who_acts_next() -> None:
    for line in (*lines("blocked"), *lines("blocked-held-out")):
        for reason in reasons(line.split("\t")[1].replace("\\n", "\n")):
            assert " Next: " in reason, reason


def test_a_reason_shows_the_words_it_means() -> None:
    assert reasons("Go. You qualify for benefits. Go.") == [
        "This promises an outcome that nobody can promise: 'You qualify'. Next: say who decides, and what to ask them."
    ]


@pytest.mark.parametrize(
    "text",
    [
        "If you qualify, file today.",
        "Ask whether you're eligible.",
        "Nobody can say whether you'll be denied.",
        "Will this affect your claim?",
        'They told you, "You will be approved." Ask who said it.',
        'You could ask: "Do I qualify? Must they pay me?"',
    ],
)
def test_doubt_a_question_and_quotation_marks_take_the_promise_out_of_a_claim(text: str) -> None:
    assert reasons(text) == []


def test_a_story_of_the_file_may_be_told_and_another_may_not() -> None:
    assert reasons("I once hired a man for his\nshoes. He stayed nine years.") == []
    assert len(reasons("I once hired a man for his hat. He stayed nine years.")) == 1


def test_what_the_law_says_in_general_may_be_said() -> None:
    general = (
        "Under federal law an employer should generally show you such a report, and leave time to answer.",
        "Federal law covers mistaken reports.",
        "What the law gives you here is a question for a lawyer.",
        "Whether an unpaid post is allowed depends on the law where it is.",
    )
    assert [reasons(text) for text in general] == [[], [], [], []]
    assert reasons("Under federal law an employer must show you such a report.")


def test_rosas_own_address_name_and_boss_may_be_named() -> None:
    text = "Dear Ms. Diaz,\n\nI'll use rosa.d@home.example, and you advice@desk.example. Is it still 12 Elm Street?"
    assert reasons(text) == []
    assert len(reasons(text.replace("Diaz", "Lopez"))) == 1


def test_a_detail_of_another_reader_may_stand_when_rosa_wrote_of_it_too() -> None:
    letter = Letter(received_at=LETTER.received_at, body="I worked at Kestrel for a year.")
    assert reasons("Kestrel is slow.", letter) == []
    assert reasons("Kestrel is slow.")


def test_an_approved_number_may_be_given_however_it_is_written() -> None:
    assert phone_numbers("Call 1 (888) 555-0142 or 888.555.0142.", frozenset({"8885550142"})) == []
    assert phone_numbers("Call 1 (888) 555-0142.") == ["1 (888) 555-0142"]
    assert phone_numbers("Call 911, or call or text 988.") == []


def test_gaps_are_told_once_and_hide_nothing_that_follows_them() -> None:
    found = reasons("Hello,\n\n[[your words]]\n\nYou qualify for benefits.")
    assert [reason.split(":")[0] for reason in found] == [
        "There is a gap to fill",
        "This promises an outcome that nobody can promise",
    ]


# ------------------------------------------------------------------ rules of states


def verified(reference: str, value: str, expires: date | None = None) -> Fact:
    name, jurisdiction = reference.split("/")
    return Fact(
        name=name,
        jurisdiction=jurisdiction,
        kind=FactKind.NUMBER,
        value=value,
        source="the office",
        seen=TODAY,
        verified_on=TODAY,
        expires=expires,
    )


def test_a_number_of_a_state_needs_a_row_that_somebody_verified() -> None:
    text = "In Florida you have 20 days to appeal."
    (reason,) = FACTS.problems(text, "FL", TODAY)
    assert reason == (
        "This gives a number of Florida that nobody has verified: 'In Florida you have 20 days'. "
        "Next: take it out, or have an editor verify it with `triage facts verify`."
    )
    known = FACTS.corrected([verified("appeal_window/FL", "20 days")])
    assert known.problems(text, "FL", TODAY) == []
    assert known.problems(text.replace("20", "30"), "FL", TODAY) != []
    assert known.problems(text.replace("Florida", "Georgia"), "GA", TODAY) != []


def test_an_expired_number_is_told_once() -> None:
    known = FACTS.corrected([verified("appeal_window/FL", "20 days", expires=date(2026, 11, 22))])
    (reason,) = known.problems("In Florida you have 20 days to appeal.", "FL", TODAY)
    assert "had to be checked again" in reason


def test_the_paper_in_rosas_hand_may_be_cited() -> None:
    assert reasons("You wrote that you have ten days to appeal.") == []
    assert reasons("Your notice gives you ten days.", state="FL") == []


def test_an_agency_may_be_named_once_the_state_is_known() -> None:
    for text in ("Ask FloridaCommerce.", "See floridajobs.org.", "Ask the Florida unemployment office."):
        assert len(reasons(text)) == 1
        assert reasons(text, state="FL") == []
    assert reasons("Ask the Department of Labor. Your state unemployment office knows.") == []


def test_the_name_of_an_agency_that_many_states_share_is_told_once_with_its_state() -> None:
    (reason,) = reasons("Ask the Georgia Department of Labor.")
    assert "Georgia Department of Labor" in reason


# ------------------------------------------------------------------ how a text is read


def test_sentences_end_where_a_reader_would_say_so() -> None:
    text = "Ask Mr. Cole. He knows!\n- Go\n- Stay “for now.” Then go.\n\n1. Write"
    assert [sentence.text for sentence in sentences(text)] == [
        "Ask Mr. Cole.",
        "He knows!",
        "Go",
        "Stay “for now.",
        "Then go.",
        "Write",
    ]


def test_what_is_quoted_over_several_sentences_is_not_the_writers_own() -> None:
    own = [sentence.own.strip() for sentence in sentences('Write: "I was fired. I know why." Send it.')]
    assert own == ["Write:", "", "Send it."]


@pytest.mark.parametrize("unit", HOSTILE)
def test_mallory_cannot_keep_the_checks_busy(unit: str) -> None:
    for length in (MAX_CHECKED, 100_000):
        text = (unit * length)[:length]
        start = time.process_time()
        reasons(text)
        assert time.process_time() - start < 1


def test_a_text_too_long_to_check_waits_until_it_is_shorter() -> None:
    (reason,) = reasons("word " * 4001)
    assert reason == "The reply has more than 20000 characters, too many to check. Next: shorten it."
