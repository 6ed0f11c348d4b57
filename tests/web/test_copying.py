"""What is shown only once, a link or a token, is copied with one press, or by hand where the browser does not help."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.cast import NOON
from tests.web.conftest import PASSWORD, Seats, Site
from tests.web.test_accessibility import faults
from triage.stages import Role
from triage.store import people


@pytest.fixture
def carol(site: Site, seat: Seats, password_hash: str) -> Page:
    """An editor's browser, which lets the page use the clipboard."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON)
    page = seat("carol")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page


def make_a_link(page: Page) -> None:
    page.goto("/people")
    page.get_by_label("Name", exact=False).last.fill("dora")
    page.get_by_role("button", name="Add and make a link").click()


def make_a_token(page: Page) -> None:
    page.goto("/me/tokens")
    page.get_by_label("What it is for").fill("a calendar")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Make the token").click()


def make_a_webhook(page: Page) -> None:
    page.goto("/webhooks")
    page.get_by_label("Its address").fill("https://chat.example/hook")
    page.get_by_label("A reply was sent", exact=True).check()
    page.get_by_role("button", name="Make the webhook").click()


@pytest.mark.parametrize("make", [make_a_link, make_a_token, make_a_webhook])
def test_one_press_copies_what_is_shown_only_once(carol: Page, make: Callable[[Page], None]) -> None:
    make(carol)
    secret = carol.locator(".link input").input_value()

    carol.get_by_role("button", name="Copy").click()

    expect(carol.get_by_role("button", name="Copied")).to_be_visible()
    assert faults(carol) == []
    expect(carol.locator("[aria-live=polite]", has_text="Copied")).to_have_count(1)
    assert carol.evaluate("navigator.clipboard.readText()") == secret


def test_without_a_clipboard_the_field_selects_what_is_in_it(carol: Page) -> None:
    carol.add_init_script("delete Navigator.prototype.clipboard")
    make_a_link(carol)
    expect(carol.get_by_role("button", name="Keys")).to_be_visible()  # the scripts have run
    field = carol.locator(".link input")

    field.click()

    assert carol.get_by_role("button", name="Copy").count() == 0
    assert carol.evaluate("getSelection().toString()") == field.input_value()


def test_where_the_browser_refuses_the_text_is_selected(carol: Page) -> None:
    carol.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error())")
    make_a_link(carol)

    carol.get_by_role("button", name="Copy").click()

    expect(carol.get_by_role("button", name="Selected, to be copied by hand")).to_be_visible()
    assert carol.evaluate("getSelection().toString()") == carol.locator(".link input").input_value()
