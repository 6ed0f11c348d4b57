"""What an inbox needs of its mail servers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from triage import composing
from triage.errors import Permanent
from triage.mailbox.connection import connect, drop, explain, say_goodbye
from triage.mailbox.imap import ImapMailbox
from triage.mailbox.searching import MESSAGES_PER_SEARCH, chunks, search_from
from triage.outbox.smtp import SmtpOutbox
from triage.parsing import one_line
from triage.ports import Refused, SignIn
from triage.settings import Inbox

SENT = b"\\Sent"  # RFC 6154
NOBODY = "<nothing-has-this-message-id@triage.invalid>"


def collecting(inbox: Inbox, sign_in: SignIn | None = None) -> str:
    mailbox = ImapMailbox(inbox, sign_in=sign_in)
    try:
        mailbox.select()
    finally:
        mailbox.close()
    if inbox.move_to:
        with _signed_in(inbox, "move_to", sign_in) as client:
            there = client.folder_exists(inbox.move_to)
        if not there:
            raise Permanent(f"There is no folder {inbox.move_to!r} on the server. Next: make it, or correct move_to.")
    return f"{inbox.imap.user} signs in at {inbox.imap.host}, and the folder {inbox.folder!r} opens."


def sent_copies(inbox: Inbox, sign_in: SignIn | None = None) -> str:
    mailbox = ImapMailbox(inbox, sign_in=sign_in)
    try:
        mailbox.has_sent(NOBODY)
    finally:
        mailbox.close()
    return f"copies of replies go to {_sent_folder(inbox, sign_in)}."


def _sent_folder(inbox: Inbox, sign_in: SignIn | None) -> str:
    if inbox.sent_folder:
        return f"the folder {inbox.sent_folder!r}"
    with _signed_in(inbox, "sent_folder", sign_in) as client:
        marked = client.find_special_folder(SENT)
    return f"the folder {marked!r}" if marked else "the server's folder for sent mail"


def sending(inbox: Inbox, sign_in: SignIn | None = None) -> str:
    outbox = SmtpOutbox(inbox.smtp, sign_in=sign_in)
    try:
        outbox.verify(inbox.address)
    except Refused as error:
        raise Permanent(f"{one_line(error.text).rstrip('.')}. Next: {_what_to_do(error, inbox)}.") from error
    finally:
        outbox.stop()
    lock = "without TLS (on this machine)" if inbox.smtp.tls == "none" else "with TLS"
    return f"{inbox.smtp.host} is reached {lock} and takes mail from {inbox.address}.{unaligned(inbox)}"


def unaligned(inbox: Inbox) -> str:
    """A warning about senders whose domain is not that of the account; empty when there is none.

    The mail server signs for its account's domain, and where that differs from the one in From, receivers may take
    the reply for forged (DMARC, RFC 7489 section 3.1).
    """
    own = (inbox.smtp.user if "@" in inbox.smtp.user else inbox.address).rpartition("@")[2].lower()
    others = [
        sender.email
        for sender in composing.senders(inbox)
        if (domain := sender.email.rpartition("@")[2].lower()) != own
        and not domain.endswith(f".{own}")
        and not own.endswith(f".{domain}")
    ]
    if not others:
        return ""
    return (
        f" But the account belongs to {own}, so replies from {', '.join(others)} may be taken for forged. Next: ask "
        "whoever runs the mail server whether it signs for that domain too (DKIM)."
    )


def _what_to_do(error: Refused, inbox: Inbox) -> str:
    text = error.text.lower()
    if not error.whole_account:
        return (
            f"allow {inbox.smtp.user or 'this account'} to send as this address, or correct address in the "
            "configuration; the server's answer above says why"
        )
    if "certificate" in text:
        return "check smtp.host; for a server with a private certificate name its file in smtp.ca_file"
    if error.code in (530, 534, 535) and inbox.oauth.client_id:
        return (
            f"run `triage login {inbox.name}` again and permit it as {inbox.smtp.user}; whoever runs the mail there "
            "may have to allow authenticated SMTP for it"
        )
    if error.code in (530, 534, 535):
        return (
            "check smtp.user, and the password that smtp.password points to; some providers want an app password, "
            "and Microsoft wants OAuth: see [inbox.oauth] in config.example.toml"
        )
    if "environment variable" in text or "in the file" in text or "reference" in text:
        return "put the password there, or correct smtp.password"
    return "check smtp.host, smtp.port and smtp.tls"


@contextmanager
def _signed_in(inbox: Inbox, folder_setting: str, sign_in: SignIn | None = None) -> Iterator[Any]:
    """An IMAP connection of its own; errors come out as TriageError."""
    client: Any = None
    try:
        client = connect(inbox.imap, sign_in=sign_in)
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
