"""The page of a letter in a headless Chromium: both columns in sight, nothing covered, evidence shown by topic."""

import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.cast import FOUNDING, mail
from tests.web.conftest import DESK, TELEPHONE, Site, Visitor

LONG = "\n\n".join(["Go to the interview, and tell them what you can do."] * 40) + "\n\nCarol Reyes"


def test_the_letter_stays_beside_a_long_reply(page: Page, site: Site, ali: Visitor) -> None:
    ali.post("/letters/1/save", base="1", subject="Re: you", body=LONG)
    page.goto("/letters/1")

    page.mouse.move(1000, 500)
    page.mouse.wheel(0, 1200)

    expect(page.get_by_role("heading", name="Your reply")).not_to_be_in_viewport()
    expect(page.get_by_role("heading", name="Pulling out of the process")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Approve and send")).to_be_visible()


def test_all_of_a_long_letter_can_be_reached_beside_its_reply(page: Page, site: Site) -> None:
    site.bring(mail(f"{FOUNDING}\n\n" * 20, message_id="<2@reader.example>"))
    page.goto("/letters/2")

    page.get_by_text("History", exact=True).scroll_into_view_if_needed()

    expect(page.get_by_text("History", exact=True)).to_be_in_viewport()
    expect(page.get_by_role("button", name="Approve and send")).to_be_in_viewport()


@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_the_main_action_is_in_sight_and_covers_no_text(
    page: Page, site: Site, ali: Visitor, size: ViewportSize
) -> None:
    ali.post("/letters/1/save", base="1", subject="Re: you", body=LONG)
    page.set_viewport_size(size)
    page.goto("/letters/1#reply")
    approve, text = page.get_by_role("button", name="Approve and send"), page.get_by_label("Reply", exact=True)
    expect(approve).to_be_in_viewport()

    page.locator("details.not-sending summary").scroll_into_view_if_needed()

    bar, box = page.locator(".signing").bounding_box(), text.bounding_box()
    assert bar is not None
    assert box is not None
    assert box["y"] + box["height"] <= bar["y"]


def test_on_a_telephone_the_letter_comes_first_and_a_link_leads_to_the_reply(page: Page) -> None:
    page.set_viewport_size(TELEPHONE)
    page.goto("/letters/1")
    expect(page.get_by_role("heading", name="Pulling out of the process")).to_be_in_viewport()

    page.get_by_role("link", name="To the reply").click()

    expect(page.get_by_role("heading", name="Your reply")).to_be_in_viewport()


def test_a_topics_button_shows_the_sentences_that_speak_for_it(page: Page) -> None:
    page.goto("/letters/1")
    unemployment = page.locator(".letter .body mark", has_text="unemployment")
    pull = page.locator(".letter .body mark", has_text="pull")
    clear = "rgba(0, 0, 0, 0)"
    assert clear not in [mark.evaluate("m => getComputedStyle(m).backgroundColor") for mark in (unemployment, pull)]

    page.get_by_role("button", name="unemployment", exact=True).focus()

    expect(pull).to_have_css("background-color", clear)
    expect(unemployment).not_to_have_css("background-color", clear)
    expect(unemployment).to_have_css("border-bottom-style", "dashed")


@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_what_is_folded_away_fits_on_the_screen_too(page: Page, site: Site, ali: Visitor, size: ViewportSize) -> None:
    ali.post("/letters/1/save", base="1", subject="x" * 200, body=f"{'y' * 300}\n\n{LONG}")
    ali.post("/letters/1/details", **{"fact-employer": "z" * 120, "fact-state": "DC"})
    page.set_viewport_size(size)
    page.goto("/letters/1")

    for fold in page.locator("summary:visible").all():
        fold.click()

    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for control in page.locator("main button:visible, main input:visible, main select:visible, .kept a").all():
        box = control.bounding_box()
        assert box is not None
        if control.get_attribute("type") != "checkbox":
            assert box["height"] >= 43.5, control.evaluate("c => c.outerHTML")
    page.goto("/letters/1/revisions/1")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_ali_says_what_the_letter_states(site: Site, page: Page) -> None:
    page.goto("/letters/1")
    page.get_by_text("Add what it states").click()
    page.get_by_label("state", exact=True).select_option(label="Florida")
    page.get_by_label("interview date").fill("2026-11-26")
    page.get_by_role("button", name="Keep these").click()

    expect(page.locator(".notice.done")).to_contain_text("Triage has written the draft anew")
    expect(page.locator(".stated")).to_contain_text("Thursday, Nov. 26")
    expect(page.locator(".stated")).to_contain_text("Florida")
    expect(page.get_by_label("Reply", exact=True)).to_have_value(re.compile("Thursday"))


def test_a_new_draft_can_be_had_after_the_text_was_changed(site: Site, ali: Visitor) -> None:
    made = site.letter().draft
    assert made is not None
    ali.post("/letters/1/save", base="1", subject=made.subject, body="Half a thought")
    answer = ali.post("/letters/1/topics", base="2", subject=made.subject, body="Half a thought", topic="salary")
    assert answer.headers["location"] == "/letters/1?said=topics-kept#reply"
    assert "Have a new draft written" in ali.get("/letters/1").text

    answer = ali.post("/letters/1/draft-anew", base="2", subject=made.subject, body="Half a thought, and more")
    assert answer.headers["location"] == "/letters/1?said=anew#reply"
    draft = site.letter().draft
    assert draft is not None
    assert (draft.author, draft.revision) == ("triage", 4)
    assert "pay" in draft.body
    assert "Half a thought, and more" in ali.get("/letters/1/revisions/3").text
    assert "Have a new draft written" not in ali.get("/letters/1").text


def test_no_draft_is_written_for_a_held_letter_by_asking(site: Site, ali: Visitor) -> None:
    site.bring(mail("There is no point anymore", message_id="<2@reader.example>"))
    assert ali.post("/letters/2/draft-anew").status_code == 409
    assert site.letter(2).draft is None


def test_words_that_a_gap_asked_for_do_not_go_out(site: Site, ali: Visitor) -> None:
    site.bring(mail("There is no point anymore", message_id="<2@reader.example>"))
    ali.post("/letters/2/take", **{"instead-of": ""})
    ali.post("/letters/2/caring-note")
    note = site.letter(2).draft
    assert note is not None
    plain = note.body.replace("[[", "").replace("]]", "")
    answer = ali.post("/letters/2/approve", base="1", subject="Your letter", body=plain)
    assert answer.headers["location"] == "/letters/2?said=not-yet#reply"
    assert "is a note to you, not to the reader" in ali.get("/letters/2").text


def test_a_letter_of_blanks_does_not_stop_the_desk(site: Site, ali: Visitor) -> None:
    site.bring(mail("May I pull out?" + " " * 120_000 + "x", message_id="<2@evil.example>"))
    assert ali.get("/letters/2").status_code == 200  # it took minutes when blanks were looked through again and again
