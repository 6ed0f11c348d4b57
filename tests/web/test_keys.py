"""The desk without a mouse, and with a thumb: every key that a page declares, and where keys keep out of the way."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cast import mail
from tests.web.conftest import PASSWORD, TELEPHONE, Seats, Site
from triage.stages import Stage

APPROVED = re.compile("Will be sent to rosa@reader.example")


def opens(page: Page, key: str, address: str) -> None:
    """Press a key that leads to another page, and wait until that page can be used."""
    with page.expect_navigation(url=re.compile(address)):
        page.keyboard.press(key)


def reply(page: Page) -> Locator:
    return page.get_by_label("Reply", exact=True)


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def letters(site: Site, *numbers: int) -> None:
    site.bring(
        *(
            mail(
                subject=f"Letter {number}", body=f"Should I pull out? {number}", message_id=f"<{number}@reader.example>"
            )
            for number in numbers
        )
    )


@pytest.fixture
def page(seat: Seats) -> Page:
    """ali's browser, at the list."""
    page = seat("ali")
    page.goto("/")
    return page


def test_an_hour_at_the_desk_without_a_mouse(site: Site, seat: Seats) -> None:
    letters(site, 2, 3)
    page = seat("")
    page.goto("/")
    page.keyboard.type("ali")  # the page begins in the field for the name
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    opens(page, "Enter", "/$")

    page.keyboard.press("j")
    expect(focused(page)).to_have_text("Pulling out of the process")
    page.keyboard.press("j")
    expect(focused(page)).to_have_text("Letter 2")
    page.keyboard.press("k")
    opens(page, "Enter", "/letters/1$")

    page.keyboard.press("e")
    expect(reply(page)).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Go, and tell me how it went.\n\nCarol Reyes")
    page.keyboard.press("Escape")
    opens(page, "a", "/letters/1")
    expect(page.get_by_role("heading", name=APPROVED)).to_be_visible()
    opens(page, "u", "/letters/1")
    expect(reply(page)).to_have_value("Go, and tell me how it went.\n\nCarol Reyes")
    page.keyboard.press("e")
    opens(page, "Control+Enter", "/letters/1")
    expect(page.get_by_role("heading", name=APPROVED)).to_be_visible()

    opens(page, "j", "/letters/2$")
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Let go, no answer")).to_be_focused()  # only the second press does it
    assert site.letter(2).slip.stage is Stage.DRAFTED
    opens(page, "l", "/letters/2")
    opens(page, "g", "/$")
    page.keyboard.press("j")
    expect(focused(page)).to_have_text("Letter 3")
    opens(page, "Enter", "/letters/3$")
    page.keyboard.press("s")
    opens(page, "Enter", "/letters/3")

    opens(page, "g", "/$")
    page.keyboard.press("/")
    page.keyboard.type("accounting")
    opens(page, "Enter", "/search")
    expect(page.get_by_role("link", name="Pulling out of the process")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keys", exact=True)).to_be_hidden()
    page.keyboard.press("j")
    opens(page, "Enter", "/letters/1")

    assert [site.letter(number).slip.stage for number in (1, 2, 3)] == [Stage.APPROVED, Stage.LET_GO, Stage.ASIDE]


def test_the_same_with_a_thumb(site: Site, seat: Seats) -> None:
    page = seat("ali", size=TELEPHONE, touch=True)
    page.goto("/")
    page.get_by_role("link", name="Pulling out of the process").tap()
    page.wait_for_url("**/letters/1")
    topic = page.get_by_role("button", name="withdrawing").first
    topic.tap()
    expect(page.locator(".letter")).to_have_attribute("data-show", "1")
    expect(topic).to_have_attribute("aria-pressed", "true")
    topic.tap()
    expect(page.locator(".letter")).not_to_have_attribute("data-show", "1")
    reply(page).tap()
    reply(page).fill("Go.\n\nCarol Reyes")
    page.get_by_role("button", name="Approve and send").tap()
    expect(page.get_by_role("heading", name=APPROVED)).to_be_visible()
    page.get_by_role("link", name=re.compile("Back to the letters")).tap()
    page.wait_for_url("**/")

    page.get_by_role("button", name="Keys ?").tap()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    page.get_by_role("button", name="Close").tap()
    undo = page.get_by_role("button", name="Undo")
    box = undo.bounding_box()
    assert box is not None
    assert box["height"] >= 43.5
    undo.tap()
    page.wait_for_url("**/letters/1*")
    page.get_by_text("Decline, let go or set aside").tap()
    page.get_by_role("button", name="Let go, no answer").tap()
    expect(page.get_by_role("heading", name="Let go")).to_be_visible()
    assert site.letter().slip.stage is Stage.LET_GO


def test_keys_keep_out_of_what_is_typed(site: Site, page: Page) -> None:
    page.goto("/letters/1")
    reply(page).fill("")
    page.keyboard.type("glad? jkl /dsa")
    expect(reply(page)).to_have_value("glad? jkl /dsa")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(reply(page)).not_to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_keys_mean_nothing_with_a_modifier_or_behind_a_dialog(site: Site, page: Page) -> None:
    page.goto("/letters/1")
    page.keyboard.press("?")
    for key in ("l", "g", "Control+l", "Alt+l", "Meta+l"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    for key in ("Control+l", "Alt+l", "Meta+l", "L"):
        page.keyboard.press(key)
    page.keyboard.press("e")

    expect(reply(page)).to_be_focused()
    assert site.letter().slip.stage is Stage.DRAFTED


def test_what_is_disabled_or_out_of_sight_is_passed_over(site: Site, page: Page) -> None:
    page.goto("/letters/1")
    reply(page).fill("You live in [[the state]].")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.press("?")

    shown = page.get_by_role("dialog")
    expect(shown.get_by_text("Edit the reply")).to_be_visible()
    expect(shown.get_by_text(re.compile("^Undo"))).to_have_count(0)
    expect(shown.get_by_role("term").filter(has_text=re.compile("^a$"))).to_have_count(0)
    assert site.letter().slip.stage is Stage.DRAFTED


def test_ctrl_enter_shows_the_gap_that_stands_in_the_way(site: Site, page: Page) -> None:
    page.goto("/letters/1")
    reply(page).fill("You live in [[the state]].")
    reply(page).press("Control+Enter")
    page.keyboard.type("Ohio")

    expect(reply(page)).to_have_value("You live in Ohio.")
    assert site.letter().slip.stage is Stage.DRAFTED


def test_a_key_opens_the_fold_around_its_field(page: Page) -> None:
    page.goto("/letters/1")
    page.keyboard.press("t")

    expect(page.get_by_label("The main topic")).to_be_focused()
    page.keyboard.press("s")  # chooses an option: the keys keep out of it
    expect(page.get_by_label("The main topic")).to_be_visible()
    assert page.url.endswith("/letters/1")


@pytest.mark.parametrize(
    ("address", "key", "label"),
    [("/letters/1", "w", "To"), ("/letters/1", "f", "first name"), ("/", "f", "Topic")],
    ids=["handing over", "facts", "filters"],
)
def test_a_key_that_opens_a_fold_goes_to_its_first_field(page: Page, address: str, key: str, label: str) -> None:
    page.goto(address)
    page.keyboard.press(key)

    expect(focused(page)).to_be_visible()
    assert focused(page).evaluate("(field) => field.labels[0]?.innerText") == label


def test_a_key_that_opens_a_fold_without_a_field_stays_at_it(page: Page) -> None:
    page.goto("/letters/1")
    page.keyboard.press("h")

    expect(page.locator(".history")).to_have_attribute("open", "")
    expect(focused(page)).to_have_text("History")


def test_the_help_names_every_key_of_the_page_once(page: Page) -> None:
    page.goto("/letters/1")
    page.keyboard.press("?")
    shown = page.get_by_role("dialog").get_by_role("term").all_inner_texts()
    assert len(shown) == len(set(shown))
    assert {"e", "a", "d", "l", "s", "g", "?", "Esc", "Ctrl + S", "Ctrl + Enter"} <= set(shown)

    page.goto("/")
    page.keyboard.press("?")
    groups = page.get_by_role("dialog").get_by_role("heading", level=3).all_inner_texts()
    assert groups == ["Going through the letters", "On this page", "Writing", "Everywhere"]


def test_single_keys_can_be_switched_off_for_good(site: Site, page: Page) -> None:
    page.get_by_role("button", name="Keys ?").click()
    page.get_by_label("Single keys work").uncheck()
    page.get_by_role("button", name="Close").click()
    page.goto("/letters/1")
    for key in ("l", "?", "g", "j"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("[aria-keyshortcuts]")).to_have_count(0)
    assert site.letter().slip.stage is Stage.DRAFTED
    assert page.url.endswith("/letters/1")
    reply(page).fill("Go.\n\nCarol Reyes")
    reply(page).press("Control+Enter")  # two keys at once are no single key
    expect(page.get_by_role("heading", name=APPROVED)).to_be_visible()

    page.goto("/")
    page.get_by_role("button", name="Keys ?").click()
    page.get_by_label("Single keys work").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_screen_readers_are_told_the_keys(page: Page) -> None:
    page.goto("/letters/1")
    expect(page.locator("[data-approve]")).to_have_attribute("aria-keyshortcuts", "a")


def test_the_row_in_focus_is_in_sight(site: Site, page: Page) -> None:
    letters(site, *range(2, 22))
    page.goto("/")
    for _ in range(21):
        page.keyboard.press("j")
    last = page.locator("[data-row]").last
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport(ratio=1)
    assert last.evaluate("(row) => parseFloat(getComputedStyle(row).outlineWidth)") >= 2
    page.keyboard.press("j")
    expect(last).to_be_focused()
    for _ in range(25):
        page.keyboard.press("k")
    expect(page.locator("[data-row]").first).to_be_focused()
    expect(page.locator("[data-row]").first).to_be_in_viewport(ratio=1)


def test_a_topic_shows_its_sentences_under_the_pointer_and_in_focus(page: Page) -> None:
    page.goto("/letters/1")
    letter = page.locator(".letter")
    second = page.locator("button[data-topic='2']")
    page.locator("button[data-topic='1']").hover()
    expect(letter).to_have_attribute("data-show", "1")
    second.hover()
    expect(letter).to_have_attribute("data-show", "2")
    page.get_by_role("heading", level=1).hover()
    expect(letter).not_to_have_attribute("data-show", re.compile("."))
    second.focus()
    expect(letter).to_have_attribute("data-show", "2")
    page.keyboard.press("Enter")
    reply(page).focus()
    expect(letter).to_have_attribute("data-show", "2")
