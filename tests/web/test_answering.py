"""What the page tells of a draft: which questions it answers, with which prepared answers, and how long it is."""

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape

import pytest
from playwright.sync_api import Page, expect

from tests.cast import CAROL, WordAssessor, mail
from tests.web.conftest import DESK, TELEPHONE, Site, Visitor, signable, text_of
from triage.answers import Answer, Ask, Making, Span
from triage.desk.facts import verify
from triage.records import Assessment, Letter
from triage.web.letters import answering

TWO_TOPICS = (
    "I am expected on Thursday. Should I pull out when I am not_qualified? "
    "Would that end my unemployment? And what do I do about my car?\n\nRosa"
)
CHOOSES_SCARED = {"of": "withdrawing", "case-withdrawing": "scared"}
GO = "My view is that you should go, and let them decide how much it matters."
ASKED = "Should I pull out when I am not_qualified?"
ASKS_FOR_TOPICS = "This letter may also be about “unemployment”, which is left out."
CAR = "And what do I do about my car?"


@pytest.fixture
def site(site: Site) -> Site:
    """A desk with a letter, number 2, that asks three things about two topics."""
    site.bring(mail(TWO_TOPICS, subject="Thursday", message_id="<2@reader.example>"))
    return site


def answers(page: str) -> str:
    """The part of the page on what the draft answers, as text."""
    found = re.search(r'<section class="under answering">(.*?)</section>', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found.group(1))).split()) if found else ""


def asked(page: str) -> list[str]:
    return [unescape(question) for question in re.findall(r"<q>(.*?)</q>", page)]


def form(site: Site, **changes: str) -> dict[str, str]:
    """The form of letter 2 as its page sends it."""
    draft = site.letter(2).draft
    assert draft is not None
    return {"base": str(draft.revision), "subject": draft.subject, "body": draft.body} | changes


def test_each_question_has_the_words_that_answer_it_and_the_open_ones_stand_first(ana: Visitor) -> None:
    page = ana.get("/letters/2").text

    assert asked(page) == ["Would that end my unemployment?", CAR, ASKED]
    assert f"{CAR} not answered yet {ASKED} {GO}" in answers(page)
    assert page.count("not answered yet") == 2


def test_a_question_on_two_topics_is_told_once_with_the_answers_that_stand(site: Site) -> None:
    dossier = site.letter(2)
    assert dossier.draft is not None
    span = Span(text="“Too old?”", start=0, end=10)
    asked_twice = tuple(Answer(question=span, topic=topic, text=text) for topic, text in (("a", GO), ("b", "Gone.")))
    draft = replace(dossier.draft, making=Making(answers=asked_twice))

    found = answering.questions(replace(dossier, draft=draft, machine_draft=draft))

    assert found == [answering.Question("Too old?", (GO,), True)]


def test_an_open_question_is_not_told_again_as_a_warning(site: Site, ana: Visitor) -> None:
    draft = site.letter(2).draft
    assert draft is not None
    assert sum(CAR in warning for warning in draft.making.warnings) == 1

    page = answers(ana.get("/letters/2").text)

    assert page.count(CAR) == 1
    assert "so this is general advice on “unemployment”." in page


class Doubting(WordAssessor):
    """Is hardly sure of any further topic."""

    def assess(self, letter: Letter) -> Assessment:
        found = super().assess(letter)
        return replace(found, topics=(*found.topics[:1], *(replace(score, score=0.4) for score in found.topics[1:])))


class TestATopicInDoubt:
    """The machine hardly believes that letter 2 is about unemployment too."""

    @pytest.fixture
    def assessor(self) -> WordAssessor:
        return Doubting()

    def test_it_is_asked_about_and_not_ticked(self, ana: Visitor) -> None:
        page = ana.get("/letters/2").text

        assert ASKS_FOR_TOPICS in answers(page)
        assert re.findall(r'name="also-(\w+)"[^>]* checked', page) == []

    @pytest.mark.parametrize("also", [{}, {"also-unemployment": "yes"}], ids=["it is not", "it is"])
    def test_it_is_not_asked_about_once_somebody_has_said(self, site: Site, ana: Visitor, also: dict[str, str]) -> None:
        ana.post("/letters/2/topics", **form(site, body="My own words"), topic="withdrawing", **also)

        page = ana.get("/letters/2").text
        assert ASKS_FOR_TOPICS not in answers(page)
        assert re.findall(r'name="also-(\w+)"[^>]* checked', page) == ["unemployment" for _ in also]


def test_an_answer_that_was_taken_out_no_longer_counts(site: Site, ana: Visitor) -> None:
    draft = site.letter(2).draft
    assert draft is not None
    ana.post("/letters/2/save", **form(site, body=draft.body.replace(GO, "Stay at home.")))

    page = answers(ana.get("/letters/2").text)

    assert f"{ASKED} The words that answered it have been changed." in page
    assert f"{CAR} Triage’s draft did not answer it" in page


def test_words_that_were_only_broken_anew_still_answer(site: Site, ana: Visitor) -> None:
    draft = site.letter(2).draft
    assert draft is not None
    ana.post("/letters/2/save", **form(site, body=draft.body.replace(GO, GO.replace(" ", "\n"))))

    assert f"{ASKED} {GO}" in answers(ana.get("/letters/2").text)


def test_the_prepared_answers_are_named_in_words(ana: Visitor) -> None:
    page = ana.get("/letters/2").text

    assert "withdrawing: not qualified" in answers(page)
    assert "unemployment: in general" in answers(page)
    assert '<option value="not_qualified" selected>not qualified: “' in page
    assert '<option value="" selected>in general</option>' in page


def test_a_letter_of_one_topic_may_have_two_answers(site: Site, ana: Visitor) -> None:
    site.bring(mail("May I pull out if it is too_far? Or if I am scared?", message_id="<3@reader.example>"))

    assert "withdrawing: too far, and scared" in answers(ana.get("/letters/3").text)


def test_ana_chooses_another_answer_and_the_draft_is_written_anew(site: Site, ana: Visitor) -> None:
    answer = ana.post("/letters/2/answer", **form(site), **{"of": "withdrawing", "case-withdrawing": "too_far"})

    assert answer.headers["location"] == "/letters/2?said=answer-draft#reply"
    page = ana.get("/letters/2?said=answer-draft")
    assert "Triage has written the draft anew, with the answer that you chose." in page.text
    assert "withdrawing: too far" in answers(page.text)
    assert GO not in text_of(page)
    decision, draft = site.letter(2).decision, site.letter(2).draft
    assert decision is not None
    assert draft is not None
    assert (decision.topics, dict(decision.cases)) == (("withdrawing", "unemployment"), {"withdrawing": "too_far"})
    assert (draft.revision, draft.author) == (2, "triage")


def test_the_answer_in_general_can_be_chosen_too(site: Site, ana: Visitor) -> None:
    ana.post("/letters/2/answer", **form(site), **{"of": "withdrawing", "case-withdrawing": ""})

    assert "withdrawing: in general" in answers(ana.get("/letters/2").text)


def test_a_choice_for_each_topic_is_kept(site: Site, ana: Visitor) -> None:
    ana.post("/letters/2/answer", **form(site), **{"of": "withdrawing", "case-withdrawing": "too_far"})
    ana.post("/letters/2/answer", **form(site), **{"of": "unemployment", "case-unemployment": "quit"})

    page = answers(ana.get("/letters/2").text)

    assert "withdrawing: too far" in page
    assert "unemployment: quit" in page


def test_text_that_was_typed_is_saved_and_not_written_over(site: Site, ana: Visitor) -> None:
    answer = ana.post(
        "/letters/2/answer", **form(site, body="Half a thought"), **{"of": "withdrawing", "case-withdrawing": "too_far"}
    )

    assert answer.headers["location"] == "/letters/2?said=answer#reply"
    page = ana.get("/letters/2?said=answer")
    assert "Your choice is kept. The reply stays as you wrote it;" in page.text
    assert text_of(page) == "Half a thought"
    assert 'name="case-withdrawing"' not in page.text  # nothing would be written anew any more
    assert site.letter(2).decision is not None


def test_a_choice_on_a_stale_page_changes_nothing_and_keeps_what_was_typed(
    site: Site, ali: Visitor, ana: Visitor
) -> None:
    stale = form(site, body="Ali's long answer")
    ana.post("/letters/2/save", **form(site, body="Ana was first."))

    answer = ali.post("/letters/2/answer", **stale, **{"of": "withdrawing", "case-withdrawing": "too_far"})

    assert answer.status_code == 409
    assert "Ali&#39;s long answer" in answer.text
    assert text_of(ali.get("/letters/2")) == "Ana was first."
    assert site.letter(2).decision is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"of": "withdrawing", "case-withdrawing": "cooking"}, "has no case"),
        ({"of": "resume", "case-resume": "too_long"}, "no longer has that topic"),
        ({"of": "withdrawing"}, "no longer has that topic"),
        ({}, "no longer has that topic"),
    ],
)
def test_mallorys_choices_are_refused(site: Site, ana: Visitor, fields: dict[str, str], words: str) -> None:
    answer = ana.post("/letters/2/answer", **form(site), **fields)

    assert answer.status_code == 409
    assert words in answer.text
    assert site.letter(2).decision is None


def test_mallory_cannot_choose_with_a_form_of_her_own(site: Site, ana: Visitor) -> None:
    fields = form(site) | {"of": "withdrawing", "case-withdrawing": "too_far"}

    assert ana.client.post("/letters/2/answer", data=fields | {"token": "0" * 64}).status_code == 403
    assert ana.client.post("/letters/2/own-line", data=fields | {"token": "0" * 64}).status_code == 403
    stranger = site.stranger().client.post("/letters/2/answer", data=fields)
    assert stranger.status_code == 401
    assert site.letter(2).decision is None


class OneMain(WordAssessor):
    """Takes the first question of a topic for what the letter as a whole asks of it, as the pipeline does."""

    def asks(self, letter: Letter, topics: Sequence[str]) -> tuple[Ask, ...]:
        seen: set[str] = set()
        found = []
        for ask in super().asks(letter, topics):
            found.append(replace(ask, main=ask.main and ask.topic not in seen))
            seen.add(ask.topic)
        return tuple(found)


class TestTwoQuestionsOfOneTopic:
    @pytest.fixture
    def assessor(self) -> WordAssessor:
        return OneMain()

    def test_a_chosen_answer_stands_instead_of_the_one_that_both_asked_for(self, site: Site, ana: Visitor) -> None:
        """The second question asks for the same answer; it does not come back under “your other question”."""
        site.bring(
            mail("May I pull out, if it is too_far? Is being too_far a reason at all?", message_id="<3@reader.example>")
        )
        before = site.letter(3).draft
        assert before is not None
        replaced = [piece.text for piece in before.making.pieces if piece.block in ("answer", "steps")]
        assert "withdrawing: too far" in answers(ana.get("/letters/3").text)

        ana.post("/letters/3/answer", base="1", subject=before.subject, body=before.body, **CHOOSES_SCARED)

        after = site.letter(3).draft
        assert after is not None and after.author == "triage"
        assert {piece.case for piece in after.making.pieces} == {"scared"}
        assert replaced and not [text for text in replaced if text in after.body]
        assert "withdrawing: scared" in answers(ana.get("/letters/3").text)

    def test_the_second_answer_stays_when_the_first_is_replaced(self, site: Site, ana: Visitor) -> None:
        site.bring(mail("May I pull out, if it is too_far? Or if I am not_qualified?", message_id="<3@reader.example>"))
        page = ana.get("/letters/3").text
        assert "Answer instead of “too far”" in page
        draft = site.letter(3).draft
        assert draft is not None

        ana.post("/letters/3/answer", base="1", subject=draft.subject, body=draft.body, **CHOOSES_SCARED)

        assert "withdrawing: scared, and not qualified" in answers(ana.get("/letters/3").text)


def test_the_measure_follows_the_text_as_it_is_saved_while_it_is_written(page: Page) -> None:
    page.goto("/letters/2")
    page.get_by_label("Reply", exact=True).fill("Go. I would go and see them.")
    page.keyboard.press("Control+s")

    expect(page.get_by_text("7 words, the longest sentence 6, reading grade 0")).to_be_visible()


def test_who_chose_only_another_answer_has_set_no_topics(site: Site, ana: Visitor) -> None:
    ana.post("/letters/2/answer", **form(site), **{"of": "withdrawing", "case-withdrawing": "too_far"})

    page = ana.get("/letters/2").text
    assert "Topics set by" not in page and "Triage had read" not in page


def test_the_reply_is_measured_as_it_was_saved(site: Site, ana: Visitor) -> None:
    assert re.search(r"\d{3} words, the longest sentence \d\d, reading grade \d", ana.get("/letters/2").text)
    ana.post("/letters/2/save", **form(site, body="Go. I would go and see them."))

    assert "7 words, the longest sentence 6, reading grade 0" in ana.get("/letters/2").text


def test_the_dated_facts_of_a_draft_lead_to_their_page(site: Site, ali: Visitor, ana: Visitor) -> None:
    site.bring(mail("I was fired. May I have unemployment when fired?", message_id="<3@reader.example>"))
    draft = site.letter(3).draft
    assert draft is not None
    assert "benefits_finder/US" in draft.making.facts

    page = ali.get("/letters/3").text
    assert (
        '<a href="/facts?where=US#benefits_finder">Finder of the state&#39;s agency (All states)</a>, '
        "<strong>not verified yet</strong>"
    ) in page
    assert ali.get("/facts?where=US").status_code == 200
    verify(site.desk, CAROL, "benefits_finder", "US", value="careeronestop.org", source="careeronestop.org")
    assert "agency (All states)</a>, <strong>not verified yet" not in ali.get("/letters/3").text
    anas = ana.get("/letters/3").text  # she may not look at that page
    assert "Finder of the state&#39;s agency" in anas
    assert "/facts?where" not in anas
    assert "Dated facts in it" not in ali.get("/letters/2").text


def test_a_reply_under_way_no_longer_offers_choices(site: Site, ali: Visitor) -> None:
    ali.post("/letters/2/approve", **signable(site, 2))

    assert "What the draft answers" not in ali.get("/letters/2").text


def test_ali_chooses_another_answer_on_the_page(page: Page) -> None:
    page.goto("/letters/2")
    page.get_by_text("withdrawing: not qualified").click()
    page.locator("#case-withdrawing").select_option(value="too_far")
    page.get_by_role("button", name="Write it anew").first.click()

    expect(page.locator(".notice.done")).to_contain_text("Triage has written the draft anew")
    expect(page.get_by_text("withdrawing: too far")).to_be_visible()


def test_enter_in_the_subject_saves_and_chooses_nothing(site: Site, page: Page) -> None:
    page.goto("/letters/2")
    page.get_by_label("Subject").fill("About Thursday")
    page.get_by_label("Subject").press("Enter")

    expect(page.locator(".notice.done")).to_have_text("Saved.")
    assert site.letter(2).decision is None


@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_the_choice_fits_on_the_screen(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.goto("/letters/2")
    for summary in page.locator(".case summary").all():
        summary.click()

    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for control in page.locator(".case select, .case button, .case summary").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 43.5, control.inner_text()
