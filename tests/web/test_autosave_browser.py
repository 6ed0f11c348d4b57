"""A reply is saved while it is written, and a page says plainly when it could not be."""

import re

from playwright.sync_api import BrowserContext, Dialog, Locator, Page, expect

from tests.service import until
from tests.web.conftest import Seats, Site, Visitor, signable
from triage.stages import Stage

HALF = "Dear Rosa,\n\nGo, and"
SAVED = re.compile(r"^Saved 7:00 AM$")  # the clock of the test's desk stands at noon, UTC
SOON = 8_000  # milliseconds: the pause before saving, and time to spare
OFFLINE = "ERR_INTERNET_DISCONNECTED"


def reply(page: Page) -> Locator:
    return page.get_by_label("Reply", exact=True)


def said(page: Page) -> Locator:
    return page.locator("[data-saved]")


def body(site: Site) -> str:
    draft = site.letter().draft
    assert draft is not None
    return draft.body


def test_what_ali_types_is_saved_by_itself_and_can_be_approved_from_there(site: Site, seat: Seats) -> None:
    page = seat("ali")
    page.goto("/letters/1")
    reply(page).fill(HALF)
    expect(said(page)).to_have_text("Not saved yet")
    expect(said(page)).to_have_text(SAVED, timeout=SOON)
    assert body(site) == HALF
    expect(page.locator("input[name=base]")).to_have_value("2")

    reply(page).press("Control+End")
    reply(page).press_sequentially(" tell me how it went.\n\nCarol Reyes")
    expect(page.locator("input[name=base]")).to_have_value("3", timeout=SOON)
    page.get_by_role("button", name="Approve and send").click()
    expect(page.get_by_role("heading", name=re.compile("Will be sent to"))).to_be_visible()
    assert body(site).endswith("Go, and tell me how it went.\n\nCarol Reyes")


def test_ctrl_s_saves_at_once_and_the_writing_goes_on(site: Site, seat: Seats) -> None:
    page = seat("ali")
    page.goto("/letters/1")
    reply(page).fill(HALF)
    reply(page).press("Control+s")
    expect(said(page)).to_have_text(SAVED, timeout=1_500)  # sooner than by itself
    page.keyboard.type(" tell me")
    expect(reply(page)).to_have_value(HALF + " tell me")
    assert body(site) == HALF


def test_the_reasons_follow_what_was_saved(site: Site, seat: Seats) -> None:
    page = seat("ali")
    page.goto("/letters/1")
    reasons = page.locator("[data-missing] .reasons")
    reply(page).fill("Write to rosa@reader.example at {{ name }}.")
    reply(page).press("Control+s")
    expect(reasons).not_to_be_empty(timeout=SOON)
    reply(page).fill("Go.\n\nCarol Reyes")
    reply(page).press("Control+s")
    expect(page.locator("[data-missing]")).to_be_hidden(timeout=SOON)


def test_nothing_is_saved_over_anas_newer_version_and_nothing_of_alis_is_lost(
    site: Site, seat: Seats, ana: Visitor
) -> None:
    page = seat("ali", foretold="409 (Conflict)")
    page.goto("/letters/1")
    ana.post("/letters/1/save", **signable(site))
    reply(page).fill(HALF)
    expect(said(page)).to_contain_text("ana has written version 2 meanwhile.", timeout=SOON)
    expect(said(page)).to_contain_text("Your text stays here")
    expect(reply(page)).to_have_value(HALF)
    tries: list[str] = []
    page.on("request", lambda request: tries.append(request.url))
    page.keyboard.type(" more")
    page.wait_for_timeout(2_500)  # longer than the pause before saving
    assert tries == []
    assert body(site) == signable(site)["body"]

    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/letters/1")
    expect(reply(page)).to_have_value(signable(site)["body"])
    page.get_by_role("button", name="Put it back").click()
    expect(reply(page)).to_have_value(HALF + " more")
    expect(said(page)).to_have_text(SAVED, timeout=SOON)
    assert body(site) == HALF + " more"


def test_without_a_connection_the_page_says_so_and_saves_later(site: Site, seat: Seats) -> None:
    page = seat("ali", foretold=OFFLINE)
    page.goto("/letters/1")
    page.context.set_offline(True)
    reply(page).fill(HALF)
    expect(said(page)).to_contain_text("the desk does not answer", timeout=SOON)
    assert body(site) != HALF

    page.context.set_offline(False)
    expect(said(page)).to_have_text(SAVED, timeout=SOON)
    assert body(site) == HALF


def test_text_that_could_not_be_saved_is_back_after_the_page_was_loaded_anew(site: Site, seat: Seats) -> None:
    page = seat("ali", foretold="net::ERR_")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/letters/1")
    page.context.set_offline(True)
    reply(page).fill(HALF)
    expect(said(page)).to_contain_text("the desk does not answer", timeout=SOON)
    _without_a_last_word(page.context)
    page.context.set_offline(False)
    page.reload()

    expect(reply(page)).to_have_value(HALF)
    expect(said(page)).to_contain_text("is back")


def _without_a_last_word(context: BrowserContext) -> None:
    """Let what the closing page sends go nowhere, as with a machine that is switched off."""
    context.route("**/autosave", lambda route: route.abort())


def test_leaving_saves_what_was_typed_last(site: Site, seat: Seats) -> None:
    page = seat("ali")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.goto("/letters/1")
    reply(page).fill(HALF)
    page.goto("/")
    until(lambda: body(site) == HALF, 5)

    assert asked == ["beforeunload"]


def test_leaving_is_asked_about_only_while_something_is_unsaved(seat: Seats) -> None:
    page = seat("ali")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))  # type: ignore[func-returns-value]
    page.goto("/letters/1")
    reply(page).fill(HALF)
    expect(said(page)).to_have_text(SAVED, timeout=SOON)
    page.goto("/")
    assert asked == []


def test_a_button_pressed_while_the_text_is_being_saved_waits_for_it(site: Site, seat: Seats) -> None:
    page = seat("ali")
    page.goto("/letters/1")
    page.evaluate(_SLOW)
    reply(page).fill("Go.\n\nCarol Reyes")
    expect(page.locator("body")).to_have_attribute("data-saving", "yes", timeout=SOON)
    page.get_by_role("button", name="Approve and send").click()
    expect(page.get_by_role("heading", name=re.compile("Will be sent to"))).to_be_visible()

    assert site.letter().slip.stage is Stage.APPROVED
    assert [row.verb for row in site.letter().history].count("revise") <= 2


_SLOW = """() => {
  const real = window.fetch;
  window.fetch = async (...request) => {
    document.body.dataset.saving = "yes";
    const answer = await real(...request);
    await new Promise((done) => setTimeout(done, 1000));
    return answer;
  };
}"""
"""Makes the answer to a save come late, when the desk has long saved it."""


def test_who_was_signed_out_while_writing_keeps_the_text(site: Site, seat: Seats) -> None:
    page = seat("ali", foretold="401 (Unauthorized)")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/letters/1")
    site.with_cookie(page.context.cookies()[0]["value"]).post("/sign-out")
    reply(page).fill(HALF)
    expect(said(page)).to_contain_text("signed out", timeout=SOON)
    expect(reply(page)).to_have_value(HALF)

    page.goto("/sign-in?next=/letters/1")
    page.get_by_label("Name").fill("ali")
    page.get_by_label("Password").fill("a good password")
    page.get_by_role("button", name="Sign in").click()
    expect(reply(page)).to_have_value(HALF)
    expect(said(page)).to_have_text(SAVED, timeout=SOON)
    assert body(site) == HALF
