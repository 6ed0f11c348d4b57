"""Whoever saves second sees both texts, and chooses; no press of a button overwrites what it has not shown."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.cast import mail
from tests.web.conftest import DESK, TELEPHONE, Seats, Site, Visitor, signable, text_of
from tests.web.test_accessibility import faults
from triage.records import Draft
from triage.stages import Stage

ANAS = {"base": "1", "subject": "Re: you", "body": "Ana was first."}
ALIS = {"base": "1", "subject": "Re: Thursday", "body": "Ali's long answer <b>\r\n\r\nCarol Reyes"}


def draft(site: Site, letter_id: int = 1) -> Draft:
    found = site.letter(letter_id).draft
    assert found is not None
    return found


def base_of(page: str) -> str:
    found = re.search(r'name="base" value="(\d+)"', page)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("verb", ["save", "approve", "let-go", "take"])
def test_ali_sees_both_texts_whatever_button_he_pressed(site: Site, ana: Visitor, ali: Visitor, verb: str) -> None:
    ana.post("/letters/1/save", **ANAS)

    answer = ali.post(f"/letters/1/{verb}", **ALIS)

    assert answer.status_code == 409
    assert text_of(answer) == ALIS["body"]
    assert 'value="Re: Thursday"' in answer.text
    assert "newer version (2)" in answer.text
    assert "Version 2, by ana" in answer.text
    assert '<div class="body">Ana was first.</div>' in answer.text
    assert ">Keep theirs<" in answer.text
    assert (draft(site).body, site.letter().slip.stage) == ("Ana was first.", Stage.DRAFTED)


def test_use_mine_saves_a_version_of_its_own(site: Site, ana: Visitor, ali: Visitor) -> None:
    ana.post("/letters/1/save", **ANAS)
    refused = ali.post("/letters/1/save", **ALIS)

    saved = ali.post("/letters/1/save", **ALIS | {"base": base_of(refused.text)})

    assert saved.headers["location"] == "/letters/1?said=saved#reply"
    assert (draft(site).revision, draft(site).author) == (3, "ali")
    assert draft(site).body == "Ali's long answer <b>\n\nCarol Reyes"
    assert "Ana was first." in ali.get("/letters/1/revisions/2").text


def test_use_mine_overwrites_nothing_that_the_page_has_not_shown(site: Site, ana: Visitor, ali: Visitor) -> None:
    ana.post("/letters/1/save", **ANAS)
    base = base_of(ali.post("/letters/1/save", **ALIS).text)
    ana.post("/letters/1/save", **ANAS | {"base": "2", "body": "Ana once more."})

    again = ali.post("/letters/1/save", **ALIS | {"base": base})

    assert again.status_code == 409
    assert "Ana once more." in again.text
    assert text_of(again) == ALIS["body"]
    assert draft(site).body == "Ana once more."


def test_what_ana_may_not_do_does_not_cost_her_text(site: Site, ana: Visitor) -> None:
    answer = ana.post("/letters/1/approve", **ALIS)

    assert answer.status_code == 403
    assert text_of(answer) == ALIS["body"]
    assert "written by Triage" in answer.text
    assert ">Keep what stands there<" in answer.text
    assert ana.post("/letters/1/save", **ALIS | {"base": base_of(answer.text)}).status_code == 303
    assert draft(site).author == "ana"


def test_the_first_text_of_a_letter_without_a_draft_is_not_lost_either(site: Site, ana: Visitor, ali: Visitor) -> None:
    site.bring(mail("There is no point anymore.", message_id="<2@reader.example>"))

    answer = ana.post("/letters/2/approve", **ALIS | {"base": "0"})

    assert (answer.status_code, base_of(answer.text)) == (403, "0")
    assert "No text stands there yet" in answer.text
    ana.post("/letters/2/save", **ALIS | {"base": "0"})
    assert draft(site, 2).author == "ana"


def test_nothing_is_offered_to_be_saved_once_the_reply_is_on_its_way(site: Site, ana: Visitor, ali: Visitor) -> None:
    ali.post("/letters/1/approve", **signable(site))

    answer = ana.post("/letters/1/save", **ALIS)

    assert answer.status_code == 409
    assert text_of(answer) == ALIS["body"]
    assert ">Use mine<" not in answer.text


def test_a_text_that_is_saved_already_is_not_shown_twice(site: Site, ana: Visitor) -> None:
    body = draft(site).body
    answer = ana.post("/letters/1/approve", base="1", subject=draft(site).subject, body=body.replace("\n", "\r\n"))

    assert answer.status_code == 403
    assert ">Use mine<" not in answer.text
    assert text_of(answer).replace("\r\n", "\n") == body


@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_ali_puts_both_together_in_the_browser(site: Site, seat: Seats, ana: Visitor, size: dict[str, int]) -> None:
    page: Page = seat("ali", size={"width": size["width"], "height": size["height"]}, foretold="409")
    page.goto("/letters/1")
    ana.post("/letters/1/save", **ANAS)
    page.get_by_label("Reply", exact=True).fill("Ali was second.")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("heading", name="What stands there now")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert faults(page) == []
    mine = page.get_by_label("Reply", exact=True)
    expect(mine).to_have_value("Ali was second.")
    mine.fill("Ana was first, ali second.")
    page.get_by_role("button", name="Use mine").click()

    expect(page.locator(".notice.done")).to_have_text("Saved.")
    assert (draft(site).revision, draft(site).body) == (3, "Ana was first, ali second.")
