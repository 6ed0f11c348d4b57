"""Dates in letters, read as of a Monday: 23 November 2026."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.deadlines import resolve

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("letter", "words", "value"),
    [
        ("I have an interview this Thursday at 2.", "this Thursday", date(2026, 11, 26)),
        ("They want an answer by Nov. 27.", "Nov. 27", date(2026, 11, 27)),
        ("The offer expires 12/3.", "12/3", date(2026, 12, 3)),
        ("My hearing is on the 14th.", "the 14th", date(2026, 12, 14)),
        ("The panel is next Tuesday.", "next Tuesday", date(2026, 12, 1)),
        ("It closes in two days.", "in two days", date(2026, 11, 25)),
        ("they want me tmrw at 10am", "tmrw", date(2026, 11, 24)),
        ("My last day is December 31, 2026.", "December 31, 2026", date(2026, 12, 31)),
        ("Deadline: 2026-12-09.", "2026-12-09", date(2026, 12, 9)),
        ("It is a week from Friday.", "a week from Friday", date(2026, 12, 4)),
        ("I start the day after tomorrow.", "the day after tomorrow", date(2026, 11, 25)),
        ("The interview is January 5.", "January 5", date(2027, 1, 5)),
        ("They want to know by Thanksgiving.", "Thanksgiving", date(2026, 11, 26)),
        ("It closes the day after Thanksgiving.", "the day after Thanksgiving", date(2026, 11, 27)),
        ("I need to answer before New Year’s.", "New Year’s", date(2027, 1, 1)),
        ("My hearing is right after Labor Day.", "Labor Day", date(2027, 9, 6)),
    ],
)
def test_a_date_ahead_is_read_against_the_day_rosa_wrote(letter: str, words: str, value: date) -> None:
    (mention,) = resolve(letter, MONDAY)
    assert (mention.text, mention.value, mention.precision) == (words, value, "day")
    assert letter[mention.start : mention.end] == words


@pytest.mark.parametrize(
    ("letter", "value"),
    [
        ("I was fired on Thursday.", date(2026, 11, 19)),
        ("They let me go last Friday.", date(2026, 11, 20)),
        ("I quit on 6/3.", date(2026, 6, 3)),
        ("The letter is dated November 10 and says I am denied.", date(2026, 11, 10)),
        ("I was laid off December 2.", date(2025, 12, 2)),
        ("I applied three weeks ago.", date(2026, 11, 2)),
    ],
)
def test_a_verb_of_the_past_puts_the_date_behind_the_letter(letter: str, value: date) -> None:
    assert [mention.value for mention in resolve(letter, MONDAY)] == [value]


def test_a_month_alone_says_that_it_is_only_a_month() -> None:
    (mention,) = resolve("I was laid off in August.", MONDAY)
    assert (mention.value, mention.precision) == (date(2026, 8, 1), "month")


@pytest.mark.parametrize(
    "letter",
    [
        "I sat there and the sun was out.",
        "He may 3 times have called.",
        "I do 2/3 of the work.",
        "On a Monday they turned me down.",
        "I earned $12/30 minutes.",
        "I got a call in two days.",
        "February 30 is no day.",
    ],
)
def test_words_that_only_look_like_dates_are_left_alone(letter: str) -> None:
    assert [mention.text for mention in resolve(letter, MONDAY)] == []


def test_the_same_words_mean_another_day_when_written_on_another_day() -> None:
    later = datetime(2026, 12, 24, 9, 0, tzinfo=UTC)
    assert [m.value for m in resolve("The hearing is on the 9th.", later)] == [date(2027, 1, 9)]


@given(st.text(alphabet="0123456789/ -,.'thursdayinovmbewekagolxt$", max_size=300))
def test_no_text_makes_the_reading_of_dates_fail(text: str) -> None:
    mentions = resolve(text, MONDAY)
    assert all(text[mention.start : mention.end] == mention.text for mention in mentions)
    assert all(one.end <= other.start for one, other in pairwise(mentions))
