"""Two people at one desk: what each sees of the other, and pages that follow what happens."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import Page, Route, expect

from tests.cast import ALI, ANA, mail
from tests.web.conftest import TELEPHONE, Seats, Site, TakingOutbox, Visitor, signable
from triage.desk import deciding
from triage.outbox.webhook import HttpCaller
from triage.serving import Server
from triage.stages import Stage
from triage.web import create_app

SOON = 8_000  # milliseconds
OTHER = "Dear Rosa,\n\nask the agency first.\n\nCarol Reyes"


@pytest.fixture(autouse=True)
def quick(site: Site) -> None:
    site.app.state.live.look = 0.2


def letters(site: Site, *numbers: int) -> None:
    site.bring(*(mail(subject=f"Letter {number}", message_id=f"<{number}@reader.example>") for number in numbers))


def save(page: Page, text: str) -> None:
    page.get_by_label("Reply", exact=True).fill(text)
    page.keyboard.press("Control+s")
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^Saved"), timeout=SOON)


def listens(site: Site, pages: int) -> None:
    """Wait until so many pages have their stream."""
    end = time.monotonic() + SOON / 1000
    while len(site.app.state.live._listeners) != pages:
        assert time.monotonic() < end, site.app.state.live._listeners
        time.sleep(0.02)


def approve(site: Site, letter_id: int = 1) -> None:
    draft = site.letter(letter_id).draft
    assert draft is not None
    revision = deciding.revise(site.desk, letter_id, ALI, **_TEXT, base=draft.revision)
    deciding.approve(site.desk, letter_id, ALI, revision=revision)


_TEXT = {"subject": "Re: Thursday", "body": "Go to the interview.\n\nCarol Reyes"}


def test_ali_and_ana_see_each_other_at_the_same_letter(seat: Seats) -> None:
    ali, ana = seat("ali"), seat("ana")
    ali.goto("/letters/1")
    expect(ali.locator("[data-presence]")).to_be_hidden()
    ana.goto("/letters/1")
    expect(ali.locator("[data-presence]")).to_have_text("ana is reading this letter too.", timeout=SOON)
    expect(ana.locator("[data-presence]")).to_have_text("ali is reading this letter too.", timeout=SOON)

    save(ana, OTHER)
    expect(ali.locator("[data-presence]")).to_have_text("ana is writing.", timeout=SOON)
    ana.goto("/")
    expect(ali.locator("[data-presence]")).to_be_hidden(timeout=SOON)


def test_what_ana_saves_is_shown_to_ali_and_takes_nothing_from_under_his_hands(seat: Seats) -> None:
    ali, ana = seat("ali"), seat("ana")
    ali.goto("/letters/1")
    ana.goto("/letters/1")
    text = ali.get_by_label("Reply", exact=True)
    text.focus()
    save(ana, OTHER)

    changed = ali.locator("[data-changed]")
    expect(changed).to_contain_text("ana changed the reply.", timeout=SOON)
    expect(text).to_be_focused()
    expect(text).not_to_have_value(OTHER)
    changed.get_by_role("link", name="Look at it").click()
    expect(text).to_have_value(OTHER)
    expect(changed).to_be_hidden()
    expect(ana.locator("[data-changed]")).to_be_hidden()


def test_ones_own_saving_is_no_news_but_another_window_of_ones_own_is(seat: Seats) -> None:
    first = seat("ali")
    first.goto("/letters/1")
    second = first.context.new_page()
    second.goto("/letters/1")
    save(second, OTHER)

    expect(first.locator("[data-changed]")).to_contain_text("You, in another window, changed the reply.", timeout=SOON)
    save(second, OTHER + "\n")
    expect(second.locator("[data-changed]")).to_be_hidden()
    expect(second.locator("[data-presence]")).to_be_hidden()


def test_what_happened_before_the_page_was_made_is_no_news(site: Site, seat: Seats, ana: Visitor) -> None:
    page = seat("ali")
    page.goto("/letters/1")
    listens(site, 1)
    site.app.state.live.look = 2.0
    page.wait_for_timeout(300)  # now the desk has just looked
    ana.post("/letters/1/save", **signable(site))
    page.reload()
    page.wait_for_timeout(2_500)  # longer than to its next look

    expect(page.locator("[data-changed]")).to_be_hidden()


def test_a_new_letter_comes_into_the_list_and_is_read_out(site: Site, seat: Seats) -> None:
    letters(site, *range(2, 12))
    page = seat("ali")
    page.goto("/")
    for _ in range(9):
        page.keyboard.press("j")
    focused = page.locator("[data-row]:focus")
    expect(focused).to_have_text("Letter 9")
    before = focused.bounding_box()
    listens(site, 1)
    site.bring(mail("There is no point anymore", subject="Help", message_id="<99@reader.example>"))

    expect(page.get_by_role("link", name="Help", exact=True)).to_be_visible(timeout=SOON)
    expect(page.locator("[aria-live=polite]").last).to_have_text("1 new letter")
    expect(focused).to_have_text("Letter 9")  # though the new one stands above it
    after = focused.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 3
    page.keyboard.press("j")
    expect(focused).to_have_text("Letter 10")


def test_a_letter_that_ana_has_dealt_with_leaves_alis_list_and_the_next_one_is_in_focus(
    site: Site, seat: Seats
) -> None:
    letters(site, 2, 3)
    page = seat("ali")
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-row]:focus")).to_have_text("Letter 2")
    listens(site, 1)
    deciding.let_go(site.desk, 2, ALI)

    expect(page.get_by_role("link", name="Letter 2", exact=True)).to_have_count(0, timeout=SOON)
    expect(page.locator("[data-row]:focus")).to_have_text("Letter 3")


def test_a_search_that_is_being_typed_is_left_alone(site: Site, seat: Seats) -> None:
    page = seat("ali")
    page.goto("/")
    page.get_by_role("searchbox").fill("interv")
    listens(site, 1)
    letters(site, 2)
    expect(page.get_by_role("link", name="Letter 2", exact=True)).to_be_visible(timeout=SOON)
    expect(page.get_by_role("searchbox")).to_have_value("interv")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_page_on_its_way_follows_at_once(site: Site, seat: Seats) -> None:
    approve(site)
    page = seat("ali")
    page.goto("/letters/1")
    expect(page.locator("[data-seconds]")).to_be_visible()
    listens(site, 1)
    site.clock.forward(seconds=16)
    site.send(TakingOutbox())
    # By its own clock the page would wait for the whole window to be over.
    expect(page.get_by_role("heading", name="Answered")).to_be_visible(timeout=5_000)


def test_news_do_not_come_between_a_button_and_its_page(site: Site, seat: Seats) -> None:
    approve(site)
    page = seat("ali")
    page.goto("/letters/1")
    listens(site, 1)

    def late(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        time.sleep(1)  # longer than the desk takes to tell what was done
        route.fulfill(response=answer)

    page.context.route("**/undo", late)
    page.keyboard.press("u")
    expect(page.get_by_text("The reply is called back. It was not sent.")).to_be_visible(timeout=SOON)


def test_a_page_on_its_way_follows_without_news_too(site: Site, seat: Seats) -> None:
    approve(site)
    site.clock.forward(seconds=14)
    page = seat("ali", foretold="net::ERR_")
    page.context.route("**/live?*", lambda route: route.abort())
    page.goto("/letters/1")
    site.clock.forward(seconds=2)
    site.send(TakingOutbox())
    expect(page.get_by_role("heading", name="Answered")).to_be_visible(timeout=10_000)


def test_a_reply_on_its_way_can_be_called_back_from_every_page(site: Site, seat: Seats) -> None:
    approve(site)
    page = seat("ali")
    for path in ("/", "/lists/answered", "/me"):
        page.goto(path)
        tray = page.get_by_role("complementary", name="Replies on their way")
        expect(tray).to_contain_text("Your reply to Rosa Diaz goes out in")
        expect(tray.locator("[data-seconds]")).to_have_text(re.compile(r"^1[0-6]$"))
        expect(page.locator("[aria-live=polite]").last).to_contain_text("Your reply to Rosa Diaz goes out in")
    page.goto("/letters/1")
    expect(page.get_by_role("complementary", name="Replies on their way")).to_have_count(0)  # it has its own button
    page.goto("/")
    page.keyboard.press("u")
    expect(page.get_by_label("Reply", exact=True)).to_have_value(_TEXT["body"])


def test_the_letter_on_the_page_goes_before_the_tray(site: Site, seat: Seats) -> None:
    letters(site, 2)
    approve(site)
    approve(site, 2)
    page = seat("ali")
    page.goto("/letters/2")
    expect(page.locator("[data-goes-out]")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_role("term").filter(has_text=re.compile("^u$"))).to_have_count(1)
    page.keyboard.press("Escape")
    with page.expect_navigation(url=re.compile("/letters/2")):
        page.keyboard.press("u")
    assert [site.letter(number).slip.stage for number in (1, 2)] == [Stage.APPROVED, Stage.DRAFTED]


def test_it_can_be_called_back_without_scripts_and_on_a_telephone(site: Site, seat: Seats) -> None:
    approve(site)
    page = seat("ali", size=TELEPHONE)
    page.context.route("**/*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto("/")
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Reply", exact=True)).to_have_value(_TEXT["body"])


def test_ana_has_no_tray_of_alis_replies(site: Site, seat: Seats) -> None:
    approve(site)
    page = seat("ana")
    page.goto("/")
    expect(page.locator("[data-tray]")).to_have_count(0)


def test_the_tray_goes_when_the_reply_has_gone(site: Site, seat: Seats) -> None:
    letters(site, 2)
    approve(site)
    approve(site, 2)
    page = seat("ali")
    page.goto("/")
    items = page.locator("[data-goes-out]")
    expect(items).to_have_count(2)
    listens(site, 1)
    deciding.undo(site.desk, 2, ALI)
    expect(items).to_have_count(1, timeout=SOON)
    site.clock.forward(seconds=16)
    site.send(TakingOutbox())
    expect(page.locator("[data-tray]")).to_be_hidden(timeout=SOON)


def test_the_tray_goes_when_its_time_is_over(site: Site, seat: Seats) -> None:
    approve(site)
    site.clock.forward(seconds=13)
    page = seat("ali")
    page.goto("/")
    expect(page.locator("[data-tray]")).to_be_visible()
    expect(page.locator("[data-tray]")).to_be_hidden(timeout=SOON)


def test_who_is_signed_out_elsewhere_is_told(site: Site, seat: Seats) -> None:
    site.app.state.live.recheck = 0.2
    page = seat("ali")
    page.goto("/letters/1")
    listens(site, 1)
    site.with_cookie(page.context.cookies()[0]["value"]).post("/sign-out")

    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("You are signed out.", timeout=SOON)
    notice.get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/sign-in?next=%2Fletters%2F1")


@contextmanager
def running(site: Site, port: int) -> Iterator[None]:
    """The same desk served once more, at a port that is given."""
    app = create_app(site.desk, secure_cookies=False, wake=lambda _step: None, caller=HttpCaller())
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, access_log=False, ws="none", lifespan="off"
    )
    server = Server(config, end_streams=app.state.live.close)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_a_page_learns_what_it_missed_while_the_server_was_away(site: Site, seat: Seats) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    page = seat("ali", foretold="net::ERR_")
    with running(site, port):
        page.goto(f"http://127.0.0.1:{port}/")
        with page.expect_response("**/live?*"):
            page.reload()
    deciding.let_go(site.desk, 1, ALI)
    letters(site, 2)
    with running(site, port):
        expect(page.get_by_role("link", name="Letter 2", exact=True)).to_be_visible(timeout=15_000)
        expect(page.get_by_role("link", name="Pulling out of the process")).to_have_count(0)
        expect(page.get_by_role("alert")).to_have_count(0)
        page.goto("about:blank")


def test_a_page_in_the_background_does_not_listen(site: Site, seat: Seats) -> None:
    page = seat("ali")
    page.goto("/letters/1")
    listens(site, 1)
    page.evaluate(_OUT_OF_SIGHT, True)
    listens(site, 0)
    deciding.revise(site.desk, 1, ANA, **_TEXT, base=1)
    page.evaluate(_OUT_OF_SIGHT, False)
    listens(site, 1)
    expect(page.locator("[data-changed]")).to_contain_text("ana changed the reply.", timeout=SOON)


_OUT_OF_SIGHT = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
"""What a browser does to a page behind another one; a headless one shows all of its pages."""
