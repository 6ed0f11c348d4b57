"""What ali and ana say that a letter is about, on its page."""

import re

import pytest

from tests.cast import mail
from tests.web.conftest import Site, TakingOutbox, Visitor, signable, text_of, token_of
from triage.stages import Stage

HELD = "There is no point anymore.\n\nRosa"


def test_ana_corrects_the_topics_and_the_draft_is_written_anew(site: Site, ana: Visitor) -> None:
    machines = site.letter().assessment

    answer = ana.post("/letters/1/topics", topic="resume", **{"also-salary": "yes"})

    assert answer.headers["location"] == "/letters/1?said=topics-draft#reply"
    page = ana.get("/letters/1?said=topics-draft")
    assert "The topics are set, and Triage has written the draft anew." in page.text
    assert "Topics set by ana:" in page.text
    assert re.findall(r'<mark class="(t\d)">([a-z]+)</mark>', page.text) == [("t1", "resume"), ("t2", "salary")]
    assert "Triage had read: withdrawing · unemployment" in page.text
    assert "resume" in text_of(page)
    assert "ana</strong> set the topics: resume, salary" in page.text
    assert "resume · salary" in ana.get("/").text
    assert site.letter().assessment == machines


def test_sentences_stay_marked_for_the_topics_that_stay(ana: Visitor) -> None:
    ana.post("/letters/1/topics", topic="unemployment")

    body = re.search(r'<div class="body">(.*?)</div>', ana.get("/letters/1").text, re.DOTALL)

    assert body is not None
    assert '<mark class="t1" data-topic="1">unemployment</mark>' in body.group(1)
    assert "pull</mark>" not in body.group(1)


def test_ana_shows_the_words_and_they_are_marked(site: Site, ana: Visitor) -> None:
    ana.post("/letters/1/topics", topic="unemployment", because="would PULLING out hurt")

    decision = site.letter().decision
    assert decision is not None
    ((topic, start, end),) = decision.evidence
    letter = site.letter().letter
    assert letter is not None
    assert (topic, letter.body[start:end].lower()) == ("unemployment", "would pulling out hurt")


def test_words_that_are_not_in_the_letter_are_refused(ana: Visitor) -> None:
    assert "not in the letter" in ana.post("/letters/1/topics", topic="unemployment", because="the dole").text


def test_what_ana_pointed_at_stays_when_ali_adds_a_topic(site: Site, ana: Visitor, ali: Visitor) -> None:
    ana.post("/letters/1/topics", topic="unemployment", because="would pulling out hurt")
    ali.post("/letters/1/topics", topic="unemployment", **{"also-salary": "yes"})

    decision = site.letter().decision
    assert decision is not None
    assert [topic for topic, _, _ in decision.evidence] == ["unemployment"]


def test_a_ticked_topic_without_a_main_one_is_the_main_one(site: Site, ana: Visitor) -> None:
    ana.post("/letters/1/topics", topic="", **{"also-salary": "yes"})

    decision = site.letter().decision
    assert decision is not None and decision.topics == ("salary",)
    assert "Topics set by ana:" in ana.get("/letters/1").text


def test_who_says_the_same_as_the_machine_has_set_nothing_else(ana: Visitor) -> None:
    ana.post("/letters/1/topics", topic="withdrawing", **{"also-unemployment": "yes"})

    page = ana.get("/letters/1").text
    assert "Topics set by" not in page and "Triage had read" not in page


def test_mallory_cannot_stop_the_desk_with_endless_words(ana: Visitor) -> None:
    assert "more than 500 characters" in ana.post("/letters/1/topics", topic="offer", because="a " * 100_000).text


@pytest.mark.parametrize("verb", ["approve", "let-go"])
def test_other_topics_are_offered_with_one_press_only_while_a_reply_can_be_written(
    site: Site, ali: Visitor, verb: str
) -> None:
    assert "Mostly about something else?" in ali.get("/letters/1").text

    ali.post(f"/letters/1/{verb}", **signable(site))

    assert site.letter().slip.stage in (Stage.APPROVED, Stage.LET_GO)
    page = ali.get("/letters/1").text
    assert "Mostly about something else?" not in page
    assert "Correct the topics" in page


def test_the_form_shows_what_the_letter_has(ana: Visitor) -> None:
    page = ana.get("/letters/1").text

    assert '<option value="withdrawing" selected>' in page
    assert re.findall(r'name="also-(\w+)"[^>]* checked', page) == ["unemployment"]
    assert len(re.findall(r'name="also-', page)) == 23
    assert "Topics set by" not in page


def test_a_letter_may_be_about_none_of_them(site: Site, ana: Visitor) -> None:
    ana.post("/letters/1/topics", topic="")

    assert site.letter().slip.topics == ()
    assert "none that Triage knows" in ana.get("/letters/1").text


def test_the_order_of_the_other_topics_is_kept(site: Site, ana: Visitor) -> None:
    ana.post("/letters/1/topics", topic="salary", **{"also-withdrawing": "yes", "also-unemployment": "yes"})
    assert site.letter().slip.topics == ("salary", "withdrawing", "unemployment")
    history = site.letter().history

    ana.post("/letters/1/topics", topic="salary", **{"also-unemployment": "yes", "also-withdrawing": "yes"})

    assert site.letter().history == history


def test_text_that_was_typed_is_saved_and_stays(site: Site, ana: Visitor) -> None:
    form = signable(site)

    answer = ana.post("/letters/1/topics", topic="resume", **form)

    assert answer.headers["location"] == "/letters/1?said=topics-kept#reply"
    assert text_of(ana.get("/letters/1")) == form["body"]
    assert site.letter().slip.topics == ("resume",)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"topic": "cooking"}, "no topic named"),
        ({"topic": "resume", "also-salary": "y", "also-offer": "y", "also-quitting": "y"}, "at most 3 topics"),
    ],
)
def test_what_cannot_be_is_refused(site: Site, ana: Visitor, fields: dict[str, str], words: str) -> None:
    answer = ana.post("/letters/1/topics", **fields)

    assert answer.status_code == 409
    assert words in answer.text
    assert site.letter().slip.topics == ("withdrawing", "unemployment")


def test_mallory_cannot_set_topics_with_a_form_of_her_own(site: Site, ana: Visitor) -> None:
    assert ana.client.post("/letters/1/topics", data={"topic": "scams", "token": "0" * 64}).status_code == 403
    stranger = site.stranger().client.post("/letters/1/topics", data={"topic": "scams"})
    assert stranger.headers["location"] == "/sign-in"
    assert site.letter().decision is None


def test_a_held_letter_has_its_topics_set_and_no_draft(site: Site, ana: Visitor) -> None:
    site.bring(mail(HELD, message_id="<2@reader.example>"))

    assert ana.post("/letters/2/topics", topic="wellbeing").headers["location"].endswith("said=topics#reply")

    held = site.letter(2)
    assert (held.slip.stage, held.draft) == (Stage.HELD, None)
    assert text_of(ana.get("/letters/2")) == ""


def test_the_topics_of_an_answered_letter_can_still_be_corrected(site: Site, ali: Visitor) -> None:
    ali.post("/letters/1/approve", **signable(site))
    assert "Topics set by" not in ali.get("/letters/1").text  # an approval is not a correction
    site.clock.forward(seconds=16)
    site.send(TakingOutbox())

    assert 'id="topics" method="post"' in ali.get("/letters/1").text
    ali.post("/letters/1/topics", topic="interview")

    assert site.letter().slip.stage is Stage.ANSWERED
    assert "Topics set by ali:" in ali.get("/letters/1").text


def test_mail_that_is_no_letter_has_no_topics_to_correct(site: Site, ali: Visitor) -> None:
    site.bring(mail("The weekly digest", message_id="<2@list.example>"))

    assert "Correct the topics" not in ali.get("/letters/2").text
    assert token_of(ali.get("/letters/2"))


def at_hand(page: str) -> list[tuple[str, str]]:
    """The topics that are set with one press, each with its key."""
    return re.findall(r'<button class="pill"[^>]* name="main" value="(\w+)"[^>]* data-key="(\d)"', page)


def test_one_press_makes_another_topic_the_main_one_and_the_draft_is_written_anew(site: Site, ana: Visitor) -> None:
    assert at_hand(ana.get("/letters/1").text) == [("unemployment", "1")]

    answer = ana.post("/letters/1/topics", main="unemployment", topic="withdrawing", because="nowhere in it")

    assert answer.headers["location"] == "/letters/1?said=topics-draft#reply"
    assert site.letter().slip.topics == ("unemployment", "withdrawing")
    assert at_hand(ana.get("/letters/1").text) == [("withdrawing", "1")]


def test_a_topic_that_the_letter_has_not_takes_the_place_of_the_main_one(site: Site, ana: Visitor) -> None:
    ana.post("/letters/1/topics", main="salary")

    assert site.letter().slip.topics == ("salary", "unemployment")


def test_text_that_was_typed_is_saved_with_one_press_too(site: Site, ana: Visitor) -> None:
    form = signable(site)

    ana.post("/letters/1/topics", main="salary", **form)

    assert text_of(ana.get("/letters/1")) == form["body"]
    assert site.letter().slip.topics == ("salary", "unemployment")


def test_one_press_on_a_topic_that_there_is_not_changes_nothing(site: Site, ana: Visitor) -> None:
    assert "no topic named" in ana.post("/letters/1/topics", main="cooking").text
    assert site.letter().decision is None
