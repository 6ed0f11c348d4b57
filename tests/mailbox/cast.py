"""What the mailbox tests share: letters, replies, settings, and a server's processes and files."""

import contextlib
import os
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.conftest import MailboxUser
from tests.servers import Dovecot
from triage.ports import Mailbox
from triage.settings import Inbox, Server

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ENOUGH = 1_000_000


def letter(subject: str, body: bytes = b"Should I take the job?\r\n") -> bytes:
    """A letter from rosa as it lies on a mail server."""
    head = f"From: rosa@reader.example\r\nTo: advice@paper.example\r\nSubject: {subject}\r\n\r\n"
    return head.encode() + body


def reply(message_id: str) -> bytes:
    """A reply to rosa as it was sent."""
    return f"From: advice@paper.example\r\nMessage-ID: {message_id}\r\nSubject: Re: hello\r\n\r\nYes.\r\n".encode()


def advice_inbox(dovecot: Dovecot, user: MailboxUser, folder_for_secrets: Path, **changes: Any) -> Inbox:
    """The settings of a user's inbox on the private server, without TLS unless `changes` say so."""
    password = folder_for_secrets / "password"
    password.write_text(user.password, "utf-8")
    imap = Server(host=dovecot.host, port=dovecot.port, tls="none", user=user.name, password=f"file:{password}")
    return replace(Inbox(name="advice", address="advice@paper.example", imap=imap, smtp=imap), **changes)


def fetch_all(box: Mailbox) -> list[bytes]:
    return [message.data for message in box.fetch(list(box.sizes(0, None)), ENOUGH)]


def kill_imap_children(dovecot: Dovecot) -> None:
    """End every process that serves a mailbox, as a crash would."""
    master = (dovecot.root / "run" / "master.pid").read_text().strip()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, fields = stat.read_text().split("(", 1)[1].rsplit(")", 1)
            if name == "imap" and fields.split()[1] == master:
                os.kill(int(stat.parent.name), signal.SIGKILL)


def maildir_files(dovecot: Dovecot, user: MailboxUser) -> list[Path]:
    """The files of the user's inbox in the order of delivery."""
    inbox = dovecot.root / "mail" / user.name / "Maildir"
    return sorted([*(inbox / "new").iterdir(), *(inbox / "cur").iterdir()], key=lambda file: file.name)
