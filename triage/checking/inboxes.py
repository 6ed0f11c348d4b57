"""What an inbox needs of its mail servers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from triage.errors import Permanent
from triage.mailbox.connection import connect, drop, explain, say_goodbye
from triage.mailbox.imap import ImapMailbox
from triage.mailbox.searching import MESSAGES_PER_SEARCH, chunks, search_from
from triage.outbox.smtp import SmtpOutbox
from triage.parsing import one_line
from triage.ports import Refused
from triage.settings import Inbox

SENT = b"\\Sent"  # RFC 6154
NOBODY = "<nothing-has-this-message-id@triage.invalid>"


def collecting(inbox: Inbox) -> str:
    mailbox = ImapMailbox(inbox)
    try:
        mailbox.select()
    finally:
        mailbox.close()
    if inbox.move_to:
        with _signed_in(inbox, "move_to") as client:
            there = client.folder_exists(inbox.move_to)
        if not there:
            raise Permanent(f"There is no folder {inbox.move_to!r} on the server. Next: make it, or correct move_to.")
    return f"{inbox.imap.user} signs in at {inbox.imap.host}, and the folder {inbox.folder!r} opens."


def sent_copies(inbox: Inbox) -> str:
    mailbox = ImapMailbox(inbox)
    try:
        mailbox.has_sent(NOBODY)
    finally:
        mailbox.close()
    return f"copies of replies go to {_sent_folder(inbox)}."


def _sent_folder(inbox: Inbox) -> str:
    if inbox.sent_folder:
        return f"the folder {inbox.sent_folder!r}"
    with _signed_in(inbox, "sent_folder") as client:
        marked = client.find_special_folder(SENT)
    return f"the folder {marked!r}" if marked else "the server's folder for sent mail"


def sending(inbox: Inbox) -> str:
    outbox = SmtpOutbox(inbox.smtp)
    try:
        outbox.verify(inbox.address)
    except Refused as error:
        raise Permanent(f"{one_line(error.text).rstrip('.')}. Next: {_what_to_do(error, inbox)}.") from error
    finally:
        outbox.stop()
    lock = "without TLS (on this machine)" if inbox.smtp.tls == "none" else "with TLS"
    return f"{inbox.smtp.host} is reached {lock} and takes mail from {inbox.address}."


def _what_to_do(error: Refused, inbox: Inbox) -> str:
    text = error.text.lower()
    if not error.whole_account:
        return (
            f"allow {inbox.smtp.user or 'this account'} to send as this address, or correct address in the "
            "configuration; the server's answer above says why"
        )
    if "certificate" in text:
        return "check smtp.host; for a server with a private certificate name its file in smtp.ca_file"
    if error.code in (530, 534, 535):
        return (
            "check smtp.user, and the password that smtp.password points to; some providers want an app password, "
            "and Microsoft wants OAuth, which Triage cannot do yet"
        )
    if "environment variable" in text or "in the file" in text or "reference" in text:
        return "put the password there, or correct smtp.password"
    return "check smtp.host, smtp.port and smtp.tls"


@contextmanager
def _signed_in(inbox: Inbox, folder_setting: str) -> Iterator[Any]:
    """An IMAP connection of its own; errors come out as TriageError."""
    client: Any = None
    try:
        client = connect(inbox.imap)
        yield client
        say_goodbye(client)
    except Exception as error:
        if client is not None:
            drop(client)
        raise explain(error, inbox.name, inbox.imap, folder_setting) from None


def count_messages(inbox: Inbox, since: datetime | None) -> tuple[int, int]:
    """How many messages the folder has, and how many of them came before `since`. Raises TriageError."""
    with _signed_in(inbox, "folder") as client:
        total = int(client.select_folder(inbox.folder, readonly=True).get(b"EXISTS", 0))
        if since is None or not total:
            return total, 0
        # The server counts in days of an unknown zone: only the days around the moment are looked at one by one.
        wide = set(search_from(client, 1, since, total, MESSAGES_PER_SEARCH))
        sure = set(search_from(client, 1, since + timedelta(days=3), total, MESSAGES_PER_SEARCH))
        later = len(sure)
        for uids in chunks(sorted(wide - sure)):
            answers = client.fetch(uids, ["INTERNALDATE"])
            later += sum(answer[b"INTERNALDATE"] >= since for answer in answers.values() if b"INTERNALDATE" in answer)
    return total, total - later
