"""Stored attacks that come the whole way: over IMAP from a real server into a real browser."""

from email import message_from_bytes
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import MailboxUser
from tests.mailbox.cast import advice_inbox
from tests.servers import Dovecot
from tests.web import hostile
from tests.web.conftest import Site
from tests.web.test_in_the_browser import Counter, counter
from triage.desk import collecting, reading
from triage.mailbox.imap import ImapMailbox
from triage.stages import Stage
from triage.store import letters

__all__ = ["counter"]


@pytest.fixture
def attacked(site: Site, dovecot: Dovecot, mailbox_user: MailboxUser, counter: Counter, tmp_path: Path) -> Site:
    """The desk after mallory's letters have been collected over IMAP; they are numbered from 2."""
    for message in hostile.letters(counter.url):
        dovecot.deliver(mailbox_user.name, message)
    mailbox = ImapMailbox(advice_inbox(dovecot, mailbox_user, tmp_path))
    try:
        assert collecting.collect(site.desk, mailbox).new == len(hostile.letters(""))
    finally:
        mailbox.close()
    while letters.waiting(site.desk.db, Stage.COLLECTED):
        reading.assess(site.desk)
    reading.draft(site.desk)
    return site


def test_no_hostile_letter_runs_or_reaches_out(attacked: Site, page: Page, counter: Counter) -> None:
    last = 1 + len(hostile.letters(""))
    for number in range(2, last + 1):
        page.goto(f"/letters/{number}?formatted=1")
        expect(
            page.frame_locator("iframe.formatted").get_by_text(f"Dear Carol {number - 2}", exact=True)
        ).to_be_attached()
        expect(page.get_by_role("heading", level=1)).to_be_visible()  # nothing covers or hides the desk
        assert page.locator("form[action='/sign-out']").count() == 1
    for path in ("/", "/search?q=pull", "/letters/2", "/letters/20", "/letters/40", "/letters/2/source"):
        page.goto(path)
        assert page.locator("main img, main svg, main script, main style, main iframe:not(.formatted)").count() == 0
    page.wait_for_timeout(500)
    assert counter.requests == []  # the console and dialogs are watched by the page itself


def test_what_mallory_wrote_stands_there_as_he_typed_it(attacked: Site, page: Page) -> None:
    for number in (2, 12, 30):
        wanted = message_from_bytes(hostile.letters("http://x")[number - 2])
        assert wanted["Message-ID"] == f"<{number - 2}@evil.example>"
        page.goto(f"/letters/{number}")
        body = page.locator(".letter > .body")
        expect(body).to_contain_text("{{7*7}} {% for x in range(9) %}")
        expect(body).to_contain_text("<")
    draft = attacked.letter(2).draft
    assert draft is not None
    assert "49" not in draft.body
