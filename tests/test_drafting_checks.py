"""The checks on the final text of a reply, and its measures, whoever wrote it."""

import pytest

from tests.snapshots.rendering import assessed
from triage.drafting import Voice, blocks_for, find_gaps, measures


def test_gaps_are_read_back_from_edited_text() -> None:
    text = "Go to [[which\n  office]] by [[the date]]. Again [[the date]]. [[]] And [[never closed\n\nNext [paragraph]."
    assert find_gaps(text) == ["which office", "the date", "something is missing here", "never closed"]
    assert find_gaps("A list [1] and [sic] and a[[0] is fine") == ["0] is fine"]
    assert find_gaps("Nothing (at all) is missing.") == []


def reasons(text: str, *topics: str, **slots: str) -> list[str]:
    return blocks_for("Re: Hello", text, assessed(*topics, **slots))


# fmt: off
BLOCKED = [
    "", "  \n", "Call [[which office]] today.", "Hello None,", "See you on None.", "None", "Dear {{ first_name }},",
    "Hello [name],", "The date is TBD.", "Dear {first_name},", "See %(date)s.", "{% if x %}", "A stray ]] mark.",
    "You qualify.", "If you quit, you qualify for benefits.", "I'm sure you qualify.", "You don't qualify.",
    "You will be denied.", "You'll win.", "you won’t lose your benefits", "You're eligible for benefits.",
    "They must pay you.", "The agency has to approve you.", "They can't deny you.", "Your employer must rehire you.",
    "You don't have to report that.", "It won't affect your claim.", "Withdrawing will not hurt your benefits.",
    "Legally, you are entitled to it.", "You're legally entitled to more.", "Don't bother appealing.",
    "You have 30 days to appeal.", "You have ten calendar days to file an appeal.", "I promise you it works.",
    "You'll get the job.", "You will be approved.", "They told you no, but you will be approved.",
    "Call 904-555-0123.", "Ring (904) 555-0123 now", "It is 1-800-555-0199.", "9045550123", "+44 20 7946 0958",
    "Please call 555-0123.", "Text 904.555.0123", "In Florida, you have 20 days.", "Under Texas law it is 14 days.",
]
FINE = [
    "Ask whether you qualify.", "If you qualify, file today.", "Do you qualify?", "Apply for jobs you qualify for.",
    "See if you qualify.", "Nobody can say whether you'll be denied.", "I can't promise you'll win.",
    "You may qualify.", "They must have liked your letter.", "They must see something in you.",
    "They must show you the report first.", "None of this is your fault.", "No answer? None yet.",
    '"None," she said.', "Write [sic] if you must.", "nonetheless", "You could lose benefits.", "Your state decides.",
    'Ask, "Will I be denied?"', "Don't say you qualify.", "You have 3 days before the interview.",
    "You have two days to answer them.", "The notice tells you the last day.", "From 2019-2023 I ran it.",
    "It pays $52,000.00 a year.", "ZIP 32202-1234.", "On 2026-11-26 at 10:30.", "Call 988.",
    "Don't worry that you'll be denied.", "Ask them if you have to report it.", "Call three employers.", "Call 911.",
    "You'll be fine on Thursday.", "You'll win them over.", "I promise nothing.",
    "I'm not a lawyer and can't tell you how the agency will rule.", "In Ohio or anywhere, ask first.",
    "Room 555-0123 B", "You have a right to appeal.", "Everyone is entitled to an opinion.",
    "In most states, the office decides.", "A free legal aid office can look at your papers.",
    "Whether or not you are eligible, file.", "I hope you get the job.",
]
# fmt: on


@pytest.mark.parametrize("text", BLOCKED)
def test_a_reply_with_this_in_it_cannot_be_signed(text: str) -> None:
    assert reasons(text)


@pytest.mark.parametrize("text", FINE)
def test_an_ordinary_sentence_raises_no_alarm(text: str) -> None:
    assert reasons(text) == []


def test_a_rule_of_a_state_may_be_given_when_the_letter_names_one() -> None:
    assert reasons("In Florida, the notice says 20 days.", state="FL") == []


def test_a_placeholder_in_the_subject_is_seen() -> None:
    assert blocks_for("Re: {{ subject }}", "Go.", assessed()) != []


def test_each_reason_is_a_plain_sentence_that_shows_the_words() -> None:
    found = reasons("You qualify. Call 904-555-0123 about [[the day]].")
    gap, promise, number = found
    assert gap == "There is a gap to fill: the day."
    assert promise.startswith("This promises an outcome that nobody can promise: 'You qualify'.")
    assert number.startswith("This phone number is on no approved list: 904-555-0123. Next: ")


def test_a_banned_word_of_the_voice_is_named_wherever_it_stands_as_a_word() -> None:
    carol = Voice(banned=("passion", "at the end of the day"))
    found = blocks_for("Re: x", "Passion isn't needed, at the end of the day.", assessed(), voice=carol)
    assert found == [
        "This voice never says 'passion'. Next: use another word.",
        "This voice never says 'at the end of the day'. Next: use another word.",
    ]
    assert blocks_for("Re: x", "A compassionate passionfruit.", assessed(), voice=carol) == []


def test_the_measures_are_of_the_words_that_go_out() -> None:
    told = measures("Go. I'd go, and let them decide.\n\n[[a line of your own]]\n\nCarol\n")
    assert (told.words, told.longest_sentence) == (8, 6)
    assert measures("") == measures("[[nothing yet]]")
    assert measures("12 % 34").words == 3


def test_long_words_in_long_sentences_read_harder() -> None:
    plain = measures("They picked you. Go and meet them. Then tell me how it went.").grade
    hard = measures(
        "Notwithstanding considerations regarding eligibility determinations, organizations prioritize."
    ).grade
    assert (plain < 4, hard > 12) == (True, True)
