"""Fixtures of the IMAP tests: the desk's own mailbox, carol's mail program, and a way to deliver letters."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient  # type: ignore[import-untyped]

from tests.conftest import MailboxUser
from tests.mailbox.cast import MONDAY, advice_inbox
from tests.servers import Dovecot
from triage.mailbox.imap import ImapMailbox

Open = Callable[..., ImapMailbox]


@pytest.fixture
def open_box(dovecot: Dovecot, mailbox_user: MailboxUser, tmp_path: Path) -> Iterator[Open]:
    """Makes mailboxes of the test's own user; settings that begin with imap_ are the server's."""
    opened: list[ImapMailbox] = []

    def open_box(search_window: int = 80_000, read_timeout: float = 60, **changes: Any) -> ImapMailbox:
        inbox = advice_inbox(dovecot, mailbox_user, tmp_path)
        imap = {name.removeprefix("imap_"): value for name, value in changes.items() if name.startswith("imap_")}
        rest = {name: value for name, value in changes.items() if not name.startswith("imap_")}
        inbox = dataclasses.replace(inbox, imap=dataclasses.replace(inbox.imap, **imap), **rest)
        opened.append(ImapMailbox(inbox, search_window=search_window, read_timeout=read_timeout))
        return opened[-1]

    yield open_box
    for box in opened:
        box.close()


@pytest.fixture
def carol(dovecot: Dovecot, mailbox_user: MailboxUser) -> Iterator[IMAPClient]:
    """Carol's own mail program, signed in to the same mailbox."""
    with IMAPClient(dovecot.host, dovecot.port, ssl=False, timeout=30) as client:
        client.login(mailbox_user.name, mailbox_user.password)
        yield client


@pytest.fixture
def deliver(dovecot: Dovecot, mailbox_user: MailboxUser) -> Callable[..., None]:
    def deliver(*letters: bytes, folder: str = "INBOX") -> None:
        for data in letters:
            dovecot.deliver(mailbox_user.name, data, folder, MONDAY)

    return deliver
