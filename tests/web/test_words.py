"""What the pages say, and where they mark a letter: pure functions."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.answers import Span
from triage.drafting import measures
from triage.records import Health, Slot, TopicScore
from triage.web import words
from triage.web.letters import marking

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=-40), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=2, minutes=59), "2 h ago"),
        (timedelta(hours=24), "1 day ago"),
        (timedelta(days=40), "40 days ago"),
    ],
)
def test_ages_are_said_in_one_unit(ago: timedelta, said: str) -> None:
    assert words.age(NOW - ago, NOW) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW, "today at 1:00 PM"),
        (datetime(2026, 11, 23, 4, 59, tzinfo=UTC), "yesterday at 11:59 PM"),
        (datetime(2026, 11, 23, 5, 0, tzinfo=UTC), "today at 12:00 AM"),
        (datetime(2026, 11, 19, 17, 5, tzinfo=UTC), "Thursday, Nov. 19 at 12:05 PM"),
        (datetime(2025, 7, 4, 16, 0, tzinfo=UTC), "Friday, July 4, 2025 at 12:00 PM"),
    ],
)
def test_times_are_on_the_desks_clock(at: datetime, said: str) -> None:
    assert words.moment(at, NOW, NEW_YORK) == said


def test_a_letter_from_the_year_one_has_a_time_too() -> None:
    assert words.moment(datetime(1, 1, 1, tzinfo=UTC), NOW, NEW_YORK) == "Monday, Jan. 1, 1 at 12:00 AM"


@pytest.mark.parametrize(
    ("that", "said"),
    [
        (date(2026, 11, 23), "by today (Monday, Nov. 23)"),
        (date(2026, 11, 24), "by tomorrow (Tuesday, Nov. 24)"),
        (date(2026, 11, 27), "by Friday, Nov. 27"),
        (date(2026, 11, 20), "it was Friday, Nov. 20"),
    ],
)
def test_deadlines_name_the_weekday(that: date, said: str) -> None:
    assert words.deadline(that, TODAY) == said


@pytest.mark.parametrize(
    ("value", "text", "said"),
    [
        ("2026-11-26", "this Thursday", "Thursday, Nov. 26 (“this Thursday”)"),
        ("FL", "Florida", "FL (“Florida”)"),
        ("yes", "I am collecting unemployment", "“I am collecting unemployment”"),
        ("Acme", "acme", "Acme"),
        ("Acme", "", "Acme"),
    ],
)
def test_facts_keep_the_readers_words(value: str, text: str, said: str) -> None:
    slot = Slot(name="interview_date", value=value, text=text, start=0, end=1)

    assert words.fact(slot, TODAY) == ("interview date", said)


@pytest.mark.parametrize(("name", "said"), [("not_qualified", "not qualified"), ("", "in general")])
def test_cases_are_named_in_words(name: str, said: str) -> None:
    assert words.case(name) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Go. I would go and see them.", "7 words, the longest sentence 6, reading grade 0"),
        ("Go.", "1 word, the longest sentence 1, reading grade 0"),
        ("42", "1 word"),
    ],
)
def test_the_measures_of_a_reply_fit_on_a_line(text: str, said: str) -> None:
    assert words.measured(measures(text)) == said


def test_an_inbox_that_never_worked_says_so() -> None:
    health = Health(account="advice", polled_at=NOW, succeeded_at=None, failures=3, error="The server is not there.")

    assert words.polling("advice", health, NOW) == "advice: The server is not there. It never worked yet."


@given(
    st.text(max_size=60),
    st.lists(st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70)), max_size=4), max_size=4),
)
def test_marking_neither_loses_nor_doubles_a_letter_of_the_text(body: str, spans: list[list[tuple[int, int]]]) -> None:
    topics = [
        TopicScore(topic=f"t{n}", score=1.0, evidence=tuple(Span(text="", start=s, end=e) for s, e in found))
        for n, found in enumerate(spans)
    ]

    cut = marking.pieces(body, topics)

    assert "".join(piece.text for piece in cut) == body
    place = 0
    for piece in cut:
        for letter in piece.text:
            covering = tuple(
                number
                for number, found in enumerate(spans, 1)
                if any(0 <= s <= place < e <= len(body) for s, e in found)
            )
            assert piece.topics == covering or (letter.isspace() and piece.topics == ())
            place += 1


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ("Sent from my phone", "Signature"),
        ("Get Outlook for Android", "Signature"),
        ("-- \nRosa Diaz\n555 0100", "Signature"),
        ("> And your question?", "Earlier mail quoted below it"),
        ("On Nov. 3, 2026 Carol wrote:\n> Go.", "Earlier mail quoted below it"),
        ("Sent from my phone\n\nOn Nov. 3, 2026 Carol wrote:\n> Go.", "Earlier mail quoted below it"),
    ],
)
def test_what_is_folded_away_is_called_what_it_is(below: str, said: str) -> None:
    assert words.folded(below) == said
