"""Headers as text: encoded words, addresses, Message-IDs, dates and parameters. Nothing here raises for any header."""

import email.header
import email.utils
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import Message

from triage.charsets import decode
from triage.parsing.text import UNSEEN, one_line
from triage.records import Address

MAX_HEADER = 4_000  # characters of one header's value
MAX_ADDRESSES = 100

_MAX_WORDS = 200  # encoded words in one header; unfinished ones cost the standard library quadratic time
_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f-\x9f]{1,500}>")
_NOT_IN_ADDRESS = '<>,;:"\\()[]'
_SHOWN = ("from", "reply-to", "subject", "to")

Note = Callable[[str], None]


def as_written(message: Message, note: Note) -> dict[str, tuple[str, ...]]:
    """The values of each header, names in lower case; raw 8-bit is read, encoded words are not yet."""
    written: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        text, guess = decode(str(value).encode("utf-8", "surrogateescape"), "")
        key, _ = decode(name.lower().encode("utf-8", "surrogateescape"), "")
        if key in _SHOWN:
            note(guess)
        written.setdefault(key, []).append(text)
    return {name: tuple(values) for name, values in written.items()}


def decode_header(value: str, note: Note | None = None) -> str:
    """A header's value with its RFC 2047 words decoded, on one line."""
    value = value[: MAX_HEADER * 4]
    words: Sequence[tuple[str | bytes, str | None]] = [(value, None)]
    if 0 < value.count("=?") <= _MAX_WORDS:
        try:
            words = email.header.decode_header(value)
        except Exception:  # broken base64 in an encoded word: it is shown as it stands
            words = [(value, None)]
    pieces = []
    for piece, charset in words:
        if isinstance(piece, bytes):
            piece, guess = decode(piece, charset or "")
            if note is not None and charset:
                note(guess)
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
    return tuple(
        Address(decode_header(name), mail)
        for name, mail in pairs
        if is_address(mail) and not mail.startswith("=?")  # a name in an encoded word may look like an address
    )


def is_address(mail: str) -> bool:
    """Whether this can be put into an envelope: one "@", no white space, brackets or controls."""
    local, at, domain = mail.partition("@")
    return (
        bool(local and at and domain)
        and "@" not in domain
        and len(mail) <= 254
        and not any(
            character in _NOT_IN_ADDRESS or character.isspace() or unicodedata.category(character) in UNSEEN
            for character in mail
        )
    )


def message_ids(values: tuple[str, ...]) -> tuple[str, ...]:
    """The Message-IDs in these header values, with their brackets, without repetition."""
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(" ".join(values))))


def date(values: tuple[str, ...]) -> datetime | None:
    """The moment that a Date header names, in its own zone."""
    try:
        at = email.utils.parsedate_to_datetime(values[0])
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at


def parameter(part: Message, name: str, header: str) -> str:
    """A header parameter as text; empty when it is missing or broken."""
    value = str(part.get(header, ""))
    if value.count(";") > 50:  # thousands of parameters are an attack on the parser
        return ""
    try:
        found = part.get_param(name, "", header)
        return email.utils.collapse_rfc2231_value(found) if found else ""
    except Exception:
        return ""
