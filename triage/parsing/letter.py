"""A whole message becomes a letter."""

import email.parser
import email.policy
import re
from datetime import datetime

from triage import markup, quoting
from triage.charsets import decode
from triage.parsing import headers as head
from triage.parsing.parts import Found, leaves
from triage.parsing.reading import read
from triage.parsing.text import MAX_TEXT, clean, one_line
from triage.records import Address, Letter

MAX_BOUNDARIES = 50_000  # lines that may be boundaries; more would cost the structure's memory before it is seen
MAX_HEADER_BYTES = 256_000

_RAW = "The message could not be taken apart"
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
_BEFORE_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*")


def parse(data: bytes, received_at: datetime, *, full_size: int | None = None) -> Letter:
    """Read the bytes of one message, as collected; never raises.

    `full_size` larger than the data means that the message was cut at the size cap.
    """
    try:
        return _read(data, received_at, _cut(data, full_size))
    except Exception as error:  # a letter that breaks the reader is shown as it came
        return as_it_came(data, received_at, full_size=full_size, why=type(error).__name__)


def as_it_came(data: bytes, received_at: datetime, *, full_size: int | None = None, why: str) -> Letter:
    """A message that could not be taken apart, as its source, which a person can still read. `why` says it briefly."""
    source, guess = decode(data[:MAX_TEXT], "")
    return Letter(
        subject="(a message that could not be read)",
        received_at=received_at,
        body=clean(source),
        defects=(
            *_cut(data, full_size),
            f"{_RAW} ({why}); it is shown raw.",
            *((guess,) if guess else ()),
        ),
    )


def is_raw(letter: Letter) -> bool:
    """Whether a letter is the source of a message that could not be taken apart: what it reads like says nothing."""
    return any(defect.startswith(_RAW) for defect in letter.defects)


def _cut(data: bytes, full_size: int | None) -> tuple[str, ...]:
    if full_size is None or full_size <= len(data):
        return ()
    return (
        f"This message is {full_size / 1e6:.0f} MB; only its first {len(data) / 1e6:.1f} MB were collected. "
        "The whole of it is in your mail program.",
    )


def _read(data: bytes, received_at: datetime, defects: tuple[str, ...]) -> Letter:
    if data.count(b"\n--") > MAX_BOUNDARIES:
        raise ValueError("too many parts")
    beginning = _BEFORE_HEAD.match(data)
    data = data[beginning.end() :] if beginning else data
    end = _END_OF_HEAD.search(data)
    if (end.start() if end else len(data)) > MAX_HEADER_BYTES:
        raise ValueError("oversized header")
    message = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(data)
    found = Found(defects=list(defects))
    written = head.as_written(message, found.note)
    headers = {
        name: tuple(head.decode_header(value, found.note) for value in values) for name, values in written.items()
    }
    for leaf in leaves(message, found):
        read(leaf, found)
    subject = one_line(" ".join(headers.get("subject", ())[:1]))
    body, quoted = _texts(found, subject)
    html = "\n".join(found.html)
    if len(html) > markup.MAX_HTML or found.full or max(len(body), len(quoted)) > MAX_TEXT:
        found.note("The letter is longer than the desk shows; the rest is in its source.")
    senders = head.addresses(written.get("from", ()))
    if not senders:
        found.note("The letter does not say who it is from.")
    reply_to = head.addresses(written.get("reply-to", ()))
    return Letter(
        subject=subject,
        sender=senders[0] if senders else Address("", ""),
        reply_to=reply_to[0] if reply_to else None,
        to=head.addresses(written.get("to", ())),
        message_id=next(iter(head.message_ids(written.get("message-id", ()))), ""),
        in_reply_to=head.message_ids(written.get("in-reply-to", ())),
        references=head.message_ids(written.get("references", ())),
        sent_at=head.date(headers.get("date", ())),
        received_at=received_at,
        body=body[:MAX_TEXT],
        quoted=quoted[:MAX_TEXT],
        html=clean(html[:MAX_TEXT]),
        headers=headers,
        attachments=tuple(found.attachments),
        defects=tuple(found.defects),
    )


def _texts(found: Found, subject: str) -> tuple[str, str]:
    """What is read, and what is folded away below it.

    Each message is folded by itself: the quotation that ends a letter must not take along a message attached to it.
    """
    own: list[str] = []
    below: list[str] = []
    for section in found.sections:
        body, quoted = quoting.fold(clean("\n\n".join(text for text in section.text if text.strip())))
        if section.folded:
            below += [section.heading, body, quoted]
        else:
            own += [section.heading, body]
            below.append(quoted)
    body, quoted = ("\n\n".join(filter(None, pieces)) for pieces in (own, below))
    if subject and (not body or quoting.only_signature(body)):
        found.note("There is no text in this letter; its subject is read.")
        return subject, "\n\n".join(filter(None, (body, quoted)))
    return body, quoted
