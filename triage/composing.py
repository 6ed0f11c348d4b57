"""Makes the bytes of a reply, once, at the moment of approval, and never again; and those of an alert."""

import re
import textwrap
from collections.abc import Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import idna

from triage import forms, reports
from triage.errors import Permanent
from triage.parsing import addresses, is_address, one_line
from triage.records import Address, Draft, Letter
from triage.settings import Inbox

MAX_REFERENCES = 1_500  # characters; relays reject header lines that grow much longer
_QUOTE_WIDTH = 72
_TITLE_WIDTH = 60
_ENCODED = "=?"
_NOT_WRITTEN = (
    "The subject or a name in this letter cannot be put into a reply. Next: change the subject, or answer from your "
    "mail program."
)
# Long Message-IDs stay on one line, unencoded (RFC 5322 section 2.1.1 allows 998 characters), and the
# approved bytes are 7-bit, so that no relay has a reason to encode them anew.
_POLICY = SMTP.clone(max_line_length=998, cte_type="7bit")


def recipients(letter: Letter) -> tuple[Address, ...]:
    """The addresses that a reply may go to: one when it is plain, several when a person has to choose.

    A Reply-To in the sender's own domain is followed. One in another domain may be a trick or a
    contact form; both are offered and neither is taken without a choice. So is an address that only
    stands in the text of a contact form's mail.
    """
    named = _named(letter)
    known = {address.email.lower() for address in named}
    return (*named, *(address for address in forms.readers(letter) if address.email.lower() not in known))


def _named(letter: Letter) -> tuple[Address, ...]:
    """What From and Reply-To say of it."""
    sender, other = letter.sender, letter.reply_to
    if other is None or other.email.lower() == sender.email.lower():
        return (sender,) if sender.email else ()
    if not sender.email or _domain(other.email) == _domain(sender.email):
        return (other,)
    return (sender, other)


def senders(inbox: Inbox) -> tuple[Address, ...]:
    """Whom a reply of this inbox may come from, the usual one first."""
    return (Address(inbox.from_name, inbox.address), *addresses(inbox.identities))


def compose(
    letter: Letter,
    draft: Draft,
    *,
    sender: Address,
    recipient: Address,
    message_id: str,
    reply_token: str,
    date: datetime,
    quote: bool,
    answers_to: str = "",
) -> bytes:
    """The reply as RFC 5322 bytes with CRLF line ends: plain text, threaded to the letter.

    `answers_to` is the address where answers are collected, if it is not that of the sender.

    `reply_token` goes into X-Triage-Reply, which names the reply also where a provider has rewritten
    the Message-ID. Raises Permanent when an address cannot be written to.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _header_address(sender)
    message["To"] = _header_address(recipient)
    if answers_to and answers_to.lower() != sender.email.lower():
        message["Reply-To"] = _header_address(Address("", answers_to))
    message["Subject"] = _plain(draft.subject)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    if parent := "".join(_harmless(letter.message_id)):
        # RFC 5322 section 3.6.4: the parent's references, then the parent; before them what leads back to this reply.
        earlier = _harmless(*(letter.references or letter.in_reply_to[:1]))
        message["In-Reply-To"] = parent
        parents = [*(i for i in earlier if i != parent), parent]
        back = [reports.thread_reference(message_id)] if reply_token else []
        message["References"] = " ".join(_trimmed([*back, *parents]))
    if reply_token:
        message["X-Triage-Reply"] = reply_token
    text = draft.body.rstrip() + "\n"
    if quote:
        text += "\n" + quoted(letter)
    message.set_content(text, subtype="plain", charset="utf-8")
    return _written(message)


def acknowledgement(letter: Letter, text: str, *, sender: Address, message_id: str, date: datetime) -> bytes:
    """A note that a letter has arrived: the words of the inbox, and nothing that the letter says.

    Marked as an automatic answer (RFC 3834 section 3.1), which would have the letter's subject in its own. But anybody
    can write a letter in somebody else's name, and its subject would go there signed by this desk's mail server.
    Raises Permanent as `compose`.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _header_address(sender)
    message["To"] = _header_address(Address("", letter.sender.email))
    words = _plain(text)
    short = textwrap.shorten(words, _TITLE_WIDTH, placeholder=" …")
    message["Subject"] = f"Auto: {short if short != '…' else words[:_TITLE_WIDTH]}"  # not all scripts have spaces
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    if parent := "".join(_harmless(letter.message_id)):
        message["In-Reply-To"] = parent
        message["References"] = parent
    message.set_content(text.strip() + "\n", subtype="plain", charset="utf-8")
    return _written(message)


def alert(
    *, sender: Address, recipient: Address, message_id: str, date: datetime, links: Sequence[str], waited: bool
) -> bytes:
    """Mail to somebody at the desk that letters wait which may be urgent: their links and nothing that is in them.

    `waited` says that nobody has taken them although it was told before. Raises Permanent for an address that cannot
    be written to.
    """
    several = len(links) > 1
    what = f"{len(links)} letters that may be urgent wait" if several else "A letter that may be urgent waits"
    yet = "still " if waited else ""
    text = (
        f"{what} at the desk, and {yet}nobody has taken {'them' if several else 'it'}:\n\n"
        + "".join(f"{link}\n" for link in links)
        + "\nYou are named in the settings of the desk to be told of this. What a letter says stands only there.\n"
    )
    return notice(
        sender=sender,
        recipient=recipient,
        message_id=message_id,
        date=date,
        subject=f"{what} at the desk",
        text=text,
    )


def notice(*, sender: Address, recipient: Address, message_id: str, date: datetime, subject: str, text: str) -> bytes:
    """Mail from the desk itself to somebody who works there. Raises Permanent where the address is none."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = _header_address(sender)
    message["To"] = _header_address(recipient)
    message["Subject"] = _plain(subject)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: no out-of-office note answers it
    message.set_content(text, subtype="plain", charset="utf-8")
    return _written(message)


def reply_token(message: bytes) -> str:
    """The X-Triage-Reply of a reply made by `compose`."""
    found = re.search(rb"^X-Triage-Reply: (\S+)\r\n", message.partition(b"\r\n\r\n")[0] + b"\r\n", re.MULTILINE)
    return found[1].decode("ascii") if found else ""


def quoted(letter: Letter) -> str:
    """The reader's letter as a quotation to stand below the reply."""
    who = letter.sender.name or letter.sender.email
    when = letter.sent_at or letter.received_at
    lines = [f"On {when:%a, %b} {when.day}, {when:%Y at %H:%M}, {who} wrote:", ""]
    for line in letter.body.split("\n"):
        deeper = ">" if line.startswith(">") else "> "
        lines.extend(deeper + piece for piece in _wrapped(line))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def envelope(address: str) -> str:
    """An address as it goes into the SMTP envelope: the domain in ASCII (IDNA 2008)."""
    if not is_address(address):
        raise Permanent(f"{address!r} is not an address that mail can be sent to. Next: choose another recipient.")
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError as error:
        raise Permanent(f"The domain of {address!r} is not a valid one. Next: choose another recipient.") from error


def spellings(address: str) -> frozenset[str]:
    """An address as people write it and as it stands in mail, in lower case."""
    plain = address.strip().lower()
    try:
        return frozenset((plain, envelope(plain).lower()))
    except Permanent:
        return frozenset((plain,))


def _header_address(address: Address) -> HeaderAddress:
    local, _, domain = envelope(address.email).rpartition("@")
    return HeaderAddress(_plain(address.name), local, domain)


def _plain(text: str) -> str:
    """Text for a header on one line, and nothing in it that reads as an encoded word (RFC 2047).

    The library decodes those once more when it writes the header, and line ends that they hold become real ones.
    """
    return one_line(text).replace(_ENCODED, "= ?")


def _harmless(*message_ids: str) -> tuple[str, ...]:
    """Those of a letter's ids that may stand in a header; see `_plain`."""
    return tuple(found for found in message_ids if _ENCODED not in found)


def _written(message: EmailMessage) -> bytes:
    """The bytes of a message. Permanent unless its head holds the headers that it was given and no others."""
    try:
        data = message.as_bytes()
    except MessageError as error:
        raise Permanent(_NOT_WRITTEN) from error
    lines = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
    names = [line.partition(b":")[0].decode("ascii", "replace") for line in lines if not line.startswith((b" ", b"\t"))]
    if names != message.keys() or any(b"\r" in line or b"\n" in line for line in lines):
        raise Permanent(_NOT_WRITTEN)
    return data


def _trimmed(references: Sequence[str]) -> list[str]:
    """References within the length limit: the first and the newest are kept, the middle is left out."""
    kept = list(references)
    while len(kept) > 2 and sum(map(len, kept)) + len(kept) > MAX_REFERENCES:
        del kept[1]
    return kept


def _wrapped(line: str) -> list[str]:
    """A long line of a letter in pieces of about the width of a mail window, split at spaces."""
    if len(line) <= _QUOTE_WIDTH or line.startswith(">"):
        return [line]
    return re.findall(rf"\S.{{0,{_QUOTE_WIDTH - 2}}}(?=\s|$)|\S+", line) or [line]


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
