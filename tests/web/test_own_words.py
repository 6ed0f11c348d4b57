"""The words that a person has to find: her own line in a draft, and the note to a reader whose letter is held."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.cast import CAROL, mail
from tests.web.conftest import Site, Visitor, text_of
from triage.desk import turning
from triage.desk.facts import verify
from triage.drafting import YOUR_WORDS, without_own_line
from triage.records import Assessment, Kind, Slot
from triage.stages import Stage

HELD = "There is no point anymore.\n\nRosa"


@pytest.fixture
def voice() -> str:
    """Every draft leaves a line for the person's own words."""
    return ""


@pytest.fixture
def held(site: Site) -> Site:
    """A desk with a held letter, number 2."""
    site.bring(mail(HELD, message_id="<2@reader.example>"))
    return site


@pytest.mark.parametrize(
    ("text", "without"),
    [
        (f"Hello,\n\n{YOUR_WORDS}\n\nGo.", "Hello,\n\nGo."),
        (f"Hello,\r\n\r\n{YOUR_WORDS}\r\n\r\nGo.", "Hello,\n\nGo."),
        (f"Hello,\n\nI read it. {YOUR_WORDS}\n\nGo.", "Hello,\n\nI read it.\n\nGo."),
        (f"Hello,\n\n{YOUR_WORDS} Go.", "Hello,\n\n Go."),
        (f"Go.\n\n{YOUR_WORDS}", "Go.\n\n"),
        ("Hello,\n\n[[your words]]\n\nGo.", "Hello,\n\n[[your words]]\n\nGo."),
    ],
)
def test_only_the_line_itself_goes(text: str, without: str) -> None:
    assert without_own_line(text) == without


def test_the_page_says_that_a_line_waits_and_lists_it_as_a_gap(ana: Visitor) -> None:
    page = ana.get("/letters/1")

    assert YOUR_WORDS in text_of(page)
    assert "One line waits for your own words." in page.text
    assert "Fill in <b>your words: a line of your own to this reader</b>" in page.text


def test_ana_takes_the_line_out_and_keeps_what_she_typed(site: Site, ana: Visitor) -> None:
    body = f"Hello,\r\n\r\n{YOUR_WORDS}\r\n\r\nHalf a thought.\r\n\r\nAna"

    answer = ana.post("/letters/1/own-line", base="1", subject="Re: you", body=body)

    assert answer.headers["location"] == "/letters/1?said=own-line#reply"
    page = ana.get("/letters/1?said=own-line")
    assert "Your line is taken out." in page.text
    assert text_of(page) == "Hello,\n\nHalf a thought.\n\nAna"
    assert "One line waits" not in page.text
    draft = site.letter().draft
    assert draft is not None
    assert (draft.revision, draft.author, draft.subject, draft.gaps) == (2, "ana", "Re: you", ())


def test_a_draft_without_the_line_is_signed(site: Site, ali: Visitor) -> None:
    page = ali.get("/letters/1")
    draft = site.letter().draft
    assert draft is not None
    ali.post("/letters/1/approve", base="1", subject=draft.subject, body=text_of(page))
    assert site.letter().slip.stage is Stage.DRAFTED

    ali.post("/letters/1/own-line", base="1", subject=draft.subject, body=text_of(page))
    now = text_of(ali.get("/letters/1"))
    ali.post("/letters/1/approve", base="2", subject=draft.subject, body=now)

    assert site.letter().slip.stage is Stage.APPROVED


def test_a_stale_page_takes_nothing_out_and_keeps_what_was_typed(site: Site, ali: Visitor, ana: Visitor) -> None:
    ana.post("/letters/1/save", base="1", subject="Re: you", body="Ana was first.")

    stale = ali.post("/letters/1/own-line", base="1", subject="Re: you", body=f"{YOUR_WORDS}\n\nAli's answer")
    empty = ali.post("/letters/1/own-line")

    assert (stale.status_code, empty.status_code) == (409, 409)
    assert "Ali&#39;s answer" in stale.text
    assert text_of(ali.get("/letters/1")) == "Ana was first."


def test_what_the_desk_checks_the_page_checks_too(site: Site, ali: Visitor) -> None:
    body = "Hello Peter,\n\nGo. Write to mallory@evil.example.\n\nCarol Reyes"

    answer = ali.post("/letters/1/approve", base="1", subject="Re: you", body=body)

    assert answer.headers["location"] == "/letters/1?said=not-yet#reply"
    page = ali.get("/letters/1").text
    assert "The greeting names Peter, and this letter does not." in page
    assert "This gives a mail address that is not in the letter: mallory@evil.example." in page


def test_a_reply_as_long_as_a_book_is_saved_and_not_sent(site: Site, ali: Visitor) -> None:
    book = "word " * 20_000

    assert ali.post("/letters/1/approve", base="1", subject="Re: you", body=book).status_code == 303

    page = ali.get("/letters/1")
    assert "too many to check. Next: shorten it." in page.text
    assert text_of(page) == book.strip()
    assert site.letter().slip.stage is Stage.DRAFTED


def test_ana_begins_a_note_to_a_reader_whose_letter_is_held(held: Site, ana: Visitor) -> None:
    assert "Begin a personal note" in ana.get("/letters/2").text
    assert "Begin a personal note" not in ana.get("/letters/1").text

    answer = ana.post("/letters/2/caring-note", base="0", subject="Your letter", body="")

    assert answer.headers["location"] == "/letters/2?said=caring-note#reply"
    page = ana.get("/letters/2?said=caring-note")
    assert "Fill in <b>name the worry in your own words</b>" in page.text
    assert "Begin a personal note" not in page.text
    assert "1-800-799-7233" in page.text
    draft = held.letter(2).draft
    assert draft is not None
    assert (draft.author, draft.subject, len(draft.gaps)) == ("ana", "Your letter", 3)
    assert held.letter(2).machine_draft is None


def test_the_note_greets_rosa_and_is_signed_by_the_one_who_writes_it(held: Site, ana: Visitor, ali: Visitor) -> None:
    ana.post("/letters/2/details", **{"fact-first_name": "Rosa"})
    ana.post("/letters/2/caring-note", base="0")
    note = text_of(ana.get("/letters/2"))
    assert note.startswith("Hello Rosa,") and note.rstrip().endswith("\nAna") and "Carol" not in note

    ali.post("/letters/2/save", base="1", subject="Your letter", body="")
    ali.post("/letters/2/caring-note", base="2")
    assert text_of(ali.get("/letters/2")).rstrip().endswith("\nAli")


def test_a_place_to_turn_to_is_put_in_with_one_press(held: Site, ana: Visitor) -> None:
    page = ana.get("/letters/2").text
    assert re.search(r"<b>Crisis line</b>: 988 <span class=\"aside\">not verified yet</span>", page)
    verify(held.desk, CAROL, "hotline_crisis", "US", value="988", source="988lifeline.org")
    assert re.search(r"<b>Crisis line</b>: 988 <span class=\"aside\">verified</span>", ana.get("/letters/2").text)

    answer = ana.post("/letters/2/place", base="0", subject="Your letter", body="", place="hotline_crisis/US")
    assert answer.headers["location"] == "/letters/2?said=place#reply"
    note = text_of(ana.get("/letters/2"))
    assert "people whose work this is: the Suicide & Crisis Lifeline (call or text 988)." in note

    own = "Rosa,\n\nI am glad that you wrote.\n\nAna"
    ana.post("/letters/2/place", base="1", subject="Your letter", body=own, place="hotline_violence/US")
    added = "You can also turn to the National Domestic Violence Hotline (1-800-799-7233)."
    assert text_of(ana.get("/letters/2")) == own.replace("Rosa,", f"Rosa,\n\n{added}")


def test_only_what_is_offered_for_a_held_letter_is_put_in(held: Site, ana: Visitor) -> None:
    assert ana.post("/letters/2/place", base="0", body="", place="eeoc/US").status_code == 409
    assert ana.post("/letters/1/place", base="1", body="Go.", place="hotline_crisis/US").status_code == 409
    assert "Put it in" not in ana.get("/letters/1").text
    assert (held.letter(1).draft.revision, held.letter(2).draft) == (1, None)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("reason", "state", "names"),
    [
        ('tells of identity theft: says "in my name"', "", ["identity_theft", "fraud_report"]),
        ('tells of discrimination or retaliation: says "fraud"', "", ["eeoc", "legal_aid"]),
        ("may have misreported to the unemployment agency", "FL", ["agency", "legal_aid"]),
        ("may have misreported to the unemployment agency", "", ["benefits_finder", "legal_aid"]),
        ("something else", "", ["legal_aid", "labor_department", "eeoc"]),
    ],
)
def test_the_places_fit_what_the_letter_tells_of(held: Site, reason: str, state: str, names: list[str]) -> None:
    slots = (Slot(name="state", value=state, text=state, start=0, end=0),) if state else ()
    found = Assessment(kind=Kind.LETTER, risk="R2", risk_reasons=(reason,), slots=slots)
    dossier = replace(held.letter(2), assessment=found)

    offered = turning.places(held.desk, dossier)

    assert [place.fact.name for place in offered] == names
    assert {place.standing for place in offered} == {"not verified yet"}
    if state:
        assert offered[0].words == "FloridaCommerce (floridajobs.org)"


def test_a_note_is_not_put_over_what_was_typed(held: Site, ana: Visitor) -> None:
    answer = ana.post("/letters/2/caring-note", base="0", subject="Your letter", body="I read what you wrote.")

    assert answer.status_code == 409
    assert "There is text in the reply already." in answer.text
    assert text_of(ana.get("/letters/2")) == "I read what you wrote."


def test_there_is_no_such_note_for_other_letters(site: Site, ali: Visitor) -> None:
    assert "is not held" in ali.post("/letters/1/caring-note").text
    assert text_of(ali.get("/letters/1")).startswith("Hello,")


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("topics", {"topic": "withdrawing"}),
        ("answer", {"of": "withdrawing", "case-withdrawing": "too_far"}),
        ("own-line", {}),
        ("caring-note", {}),
        ("save", {}),
        ("approve", {}),
        ("set-aside", {}),
        ("let-go", {}),
    ],
)
def test_no_route_leads_to_a_routine_draft_for_a_held_letter(
    held: Site, ali: Visitor, verb: str, fields: dict[str, str]
) -> None:
    ali.post("/letters/2/topics", topic="withdrawing", **{"also-unemployment": "yes"})

    assert ali.post(f"/letters/2/{verb}", base="0", subject="Your letter", body="", **fields).status_code < 500
    ali.post("/letters/2/bring-back")
    ali.post("/letters/2/answer", **{"of": "unemployment", "case-unemployment": "quit"})
    held.bring()

    dossier, page = held.letter(2), ali.get("/letters/2")
    assert dossier.machine_draft is None
    assert "pulling out" not in text_of(page)
    assert "unemployment office" not in text_of(page)
    for gone in ("What the draft answers", "Similar letters", "What Triage had drafted"):
        assert gone not in page.text


def test_a_letter_after_a_held_one_says_why_it_has_no_draft(held: Site, ali: Visitor) -> None:
    held.bring(mail("Should I pull out?", message_id="<3@reader.example>", In_Reply_To="<2@reader.example>"))

    page = ali.get("/letters/3")

    assert "An earlier letter of this thread was held, so no draft is made." in page.text
    assert text_of(page) == ""
    assert "What the draft answers" not in page.text


def test_ali_fills_his_line_or_takes_it_out(site: Site, page: Page) -> None:
    page.goto("/letters/1")
    text, waits = page.get_by_label("Reply", exact=True), page.get_by_text("One line waits")
    page.get_by_role("button", name="Fill in: your words").click()
    page.keyboard.type("You were right to ask.")
    expect(waits).to_be_hidden()
    expect(page.locator("[data-approve]")).to_be_enabled()

    text.fill(f"Hello,\n\n{YOUR_WORDS}\n\nGo.\n\nCarol Reyes")
    page.get_by_role("button", name="Take my line out").click()
    expect(page.locator(".notice.done")).to_have_text("Your line is taken out.")
    expect(text).to_have_value("Hello,\n\nGo.\n\nCarol Reyes")
    expect(page.locator("[data-approve]")).to_be_enabled()


def test_the_note_is_offered_until_something_is_written(held: Site, page: Page) -> None:
    page.goto("/letters/2")
    begin = page.get_by_role("button", name="Begin a personal note")
    page.get_by_label("Reply", exact=True).fill("I read")
    expect(begin).to_be_hidden()
    page.get_by_label("Reply", exact=True).fill("")
    begin.click()

    page.get_by_role("button", name="Fill in: name the worry").click()
    page.keyboard.type("the rent")
    assert "weighs on you: the rent." in page.get_by_label("Reply", exact=True).input_value()
