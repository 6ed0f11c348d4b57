"""Reads a message. Total: any bytes give a Letter, perhaps an empty one with defects.

The standard library's compat32 policy is used for structure only; headers, charsets and addresses
are decoded here, because the newer policy raises on real mail and costs seven times as much. A
message is walked with caps on parts, depth and text, so that no letter can stop the desk.
"""

import email.header
import email.parser
import email.policy
import email.utils
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message

from triage import markup, quoting
from triage.charsets import decode
from triage.records import Address, Attachment, Letter

MAX_PARTS = 200
MAX_DEPTH = 20
MAX_BOUNDARIES = 50_000  # lines that may be boundaries; more would cost the structure's memory before it is seen
MAX_TEXT = 400_000  # characters of body kept for display
MAX_HEADER_BYTES = 256_000
MAX_HEADER = 4_000  # characters of one header's value
MAX_ADDRESSES = 100

_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f-\x9f]{1,500}>")
_NOT_IN_ADDRESS = '<>,;:"\\()[]'
_UNSEEN = {"Cc", "Cf", "Cs"}  # control, format (bidirectional overrides among them) and surrogate characters


@dataclass(slots=True)
class _Found:
    """What the walk over the parts has gathered."""

    text: list[str] = field(default_factory=list)  # in reading order; HTML as its visible text
    html: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    def note(self, defect: str) -> None:
        if defect and defect not in self.defects:
            self.defects.append(defect)


def parse(data: bytes, received_at: datetime, *, full_size: int | None = None) -> Letter:
    """Read the bytes of one message, as collected; never raises.

    `full_size` larger than the data means that the message was cut at the size cap.
    """
    found = _Found()
    if full_size is not None and full_size > len(data):
        found.note(
            f"This message is {full_size / 1e6:.0f} MB; only its first {len(data) / 1e6:.1f} MB were collected. "
            "The whole of it is in your mail program."
        )
    try:
        return _read(data, received_at, found)
    except Exception as error:  # a letter that breaks the reader is shown as it came
        raw, _ = decode(data[:MAX_TEXT], "")
        return Letter(
            subject="(a message that could not be read)",
            received_at=received_at,
            body=clean(raw),
            defects=(
                *found.defects,
                f"The message could not be taken apart ({type(error).__name__}); it is shown raw.",
            ),
        )


def _read(data: bytes, received_at: datetime, found: _Found) -> Letter:
    if data.count(b"\n--") > MAX_BOUNDARIES:
        raise ValueError("too many parts")
    end = re.search(rb"\r?\n\r?\n", data)
    if (end.start() if end else len(data)) > MAX_HEADER_BYTES:
        raise ValueError("oversized header")
    message = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(data)
    written = _headers_as_written(message)
    headers = {name: tuple(decode_header(value, found) for value in values) for name, values in written.items()}
    for part, beside_plain in _parts(message, found):
        _read_part(part, found, beside_plain)
    html = "\n".join(found.html)
    text = "\n\n".join(part for part in found.text if part.strip())
    if len(html) > markup.MAX_HTML or len(text) > MAX_TEXT:
        found.note("The letter is longer than the desk shows; the rest is in its source.")
    body, quoted = quoting.fold(clean(text)[:MAX_TEXT])
    senders = addresses(written.get("from", ()))
    if not senders:
        found.note("The letter does not say who it is from.")
    reply_to = addresses(written.get("reply-to", ()))
    return Letter(
        subject=one_line(" ".join(headers.get("subject", ())[:1])),
        sender=senders[0] if senders else Address("", ""),
        reply_to=reply_to[0] if reply_to else None,
        to=addresses(written.get("to", ())),
        message_id=next(iter(message_ids(written.get("message-id", ()))), ""),
        in_reply_to=message_ids(written.get("in-reply-to", ())),
        references=message_ids(written.get("references", ())),
        sent_at=_date(headers.get("date", ())),
        received_at=received_at,
        body=body,
        quoted=quoted,
        html=clean(html)[:MAX_TEXT],
        headers=headers,
        attachments=tuple(found.attachments),
        defects=tuple(found.defects),
    )


def _parts(message: Message, found: _Found) -> Iterator[tuple[Message, bool]]:
    """The leaves in reading order, within the caps on depth and number.

    With each comes whether a plain text says the same (multipart/alternative): its HTML is then
    only looked at, however deep it lies, and not read a second time.
    """
    waiting: list[tuple[Message, int, bool]] = [(message, 0, False)]
    seen = 0
    while waiting:
        part, depth, beside_plain = waiting.pop()
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            found.note("The message has more parts than the desk opens; the rest is in its source.")
            return
        if not part.is_multipart():
            yield part, beside_plain
            continue
        if part.get_content_type() == "message/rfc822" and depth > 0:
            found.attachments.append(_attachment(part, b""))
            continue
        children = part.get_payload()
        inner = [child for child in children if isinstance(child, Message)] if isinstance(children, list) else []
        if part.get_content_type() == "multipart/alternative":
            beside_plain = beside_plain or any(
                child.get_content_type() == "text/plain" and _payload(child, found).strip() for child in inner
            )
        waiting.extend((child, depth + 1, beside_plain) for child in reversed(inner))


def _read_part(part: Message, found: _Found, beside_plain: bool) -> None:
    content_type = part.get_content_type()
    payload = _payload(part, found)
    named = bool(_parameter(part, "filename", "content-disposition") or _parameter(part, "name", "content-type"))
    attached = str(part.get("content-disposition", "")).strip().lower().startswith("attachment")
    if content_type in ("text/plain", "text/html") and not attached and not named:
        text, guess = decode(payload, _parameter(part, "charset", "content-type"))
        found.note(guess)
        if content_type == "text/html":
            found.html.append(text)
            text = "" if beside_plain else markup.to_text(text)
        found.text.append(text)
    elif content_type in ("message/delivery-status", "text/rfc822-headers"):
        text, _ = decode(payload, "")
        found.text.append(text)
    elif content_type != "message/rfc822" or payload:
        found.attachments.append(_attachment(part, payload))


def _payload(part: Message, found: _Found) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except Exception:  # the library raises many kinds on bad encodings
        found.note("A part of the message is damaged and was left out; its source has it.")
        return b""
    return payload if isinstance(payload, bytes) else b""


def _attachment(part: Message, payload: bytes) -> Attachment:
    name = _parameter(part, "filename", "content-disposition") or _parameter(part, "name", "content-type")
    return Attachment(name=one_line(name)[:200], content_type=part.get_content_type(), size=len(payload))


def _parameter(part: Message, name: str, header: str) -> str:
    """A header parameter as text; empty when it is missing or broken."""
    value = str(part.get(header, ""))
    if value.count(";") > 50:  # thousands of parameters are an attack on the parser
        return ""
    try:
        found = part.get_param(name, "", header)
        return email.utils.collapse_rfc2231_value(found) if found else ""
    except Exception:
        return ""


def _headers_as_written(message: Message) -> dict[str, tuple[str, ...]]:
    """The values of each header, names in lower case; raw 8-bit is read, encoded words are not yet."""
    written: dict[str, tuple[str, ...]] = {}
    for name, value in message.raw_items():
        text, _ = decode(str(value).encode("utf-8", "surrogateescape"), "")
        key, _ = decode(name.lower().encode("utf-8", "surrogateescape"), "")
        written[key] = (*written.get(key, ()), text)
    return written


def decode_header(value: str, found: _Found | None = None) -> str:
    """A header's value with its RFC 2047 words decoded, on one line."""
    value = value[: MAX_HEADER * 4]
    try:
        words = email.header.decode_header(value)
    except Exception:  # broken base64 in an encoded word: show it as it stands
        words = [(value, None)]
    pieces = []
    for piece, charset in words:
        if isinstance(piece, bytes):
            piece, guess = decode(piece, charset or "")
            if found is not None and charset:
                found.note(guess)
        pieces.append(piece)
    return one_line("".join(pieces))[:MAX_HEADER]


def addresses(values: tuple[str, ...]) -> tuple[Address, ...]:
    """The mail addresses in these headers as written, at most MAX_ADDRESSES; broken ones are left out.

    Names are decoded after the addresses have been told apart: an encoded word may hold anything.
    """
    if sum(value.count("(") for value in values) > 50:  # nested comments are an attack on the parser
        return ()
    try:
        pairs = email.utils.getaddresses(list(values))[:MAX_ADDRESSES]
    except Exception:
        return ()
    return tuple(Address(decode_header(name), mail) for name, mail in pairs if is_address(mail))


def is_address(mail: str) -> bool:
    """Whether this can be put into an envelope: one "@", no white space, brackets or controls."""
    local, at, domain = mail.partition("@")
    return (
        bool(local and at and domain)
        and "@" not in domain
        and len(mail) <= 254
        and not any(
            character in _NOT_IN_ADDRESS or character.isspace() or unicodedata.category(character) in _UNSEEN
            for character in mail
        )
    )


def message_ids(values: tuple[str, ...]) -> tuple[str, ...]:
    """The Message-IDs in these header values, with their brackets, without repetition."""
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(" ".join(values))))


def _date(values: tuple[str, ...]) -> datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(values[0])
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at


def clean(text: str) -> str:
    """Text that every database and page can take: LF line ends, no control or surrogate characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSEEN or c in "\u200d\u200c")


def one_line(text: str) -> str:
    """`clean`, on a single line."""
    return " ".join(clean(text).split())
