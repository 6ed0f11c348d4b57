"""What was done is in sight afterwards, however many replies can still be called back, and so is how to undo it."""

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.cast import mail
from tests.web.conftest import DESK, TELEPHONE, Seats, Site, signable

READERS = 5


@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
@pytest.mark.parametrize("waiting", [1, 2, 4])
def test_the_bar_of_replies_on_their_way_covers_no_confirmation(
    site: Site, seat: Seats, size: ViewportSize, waiting: int
) -> None:
    long = "Rosa Maria Diaz de la Fuente y Montenegro"
    site.bring(
        *(
            mail(sender=f"{long} <rosa{number}@reader.example>", message_id=f"<{number}@reader.example>")
            for number in range(2, READERS + 2)
        )
    )
    ali = site.signed_in("ali")
    for number in range(2, waiting + 2):
        ali.post(f"/letters/{number}/approve", **signable(site, number))
    page = seat("ali", size=size)
    page.goto(f"/letters/{READERS + 1}")
    page.get_by_text("Decline, let go or set aside").click()
    page.get_by_role("button", name="Let go, no answer").click()
    page.wait_for_url("**?said=let-go*")  # with its styles

    said = page.get_by_text("The letter is let go. It gets no answer.")
    expect(said).to_be_in_viewport()
    expect(page.locator("[data-goes-out]")).to_have_count(waiting)
    bar, box = page.locator("[data-tray]").bounding_box(), said.bounding_box()
    assert bar is not None and box is not None
    assert bar["y"] + bar["height"] <= box["y"] < size["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_the_list_of_keys_says_how_long_an_approval_can_be_undone(site: Site, seat: Seats) -> None:
    page = seat("ali")
    page.goto("/letters/1")
    page.keyboard.press("?")

    said = page.get_by_role("dialog").get_by_text("Approve and send; you can undo it for 15 seconds")
    expect(said).to_have_count(2)  # the key, and Ctrl + Enter in the text
