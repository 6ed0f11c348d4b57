"""How the messages are put together."""

from dataclasses import dataclass

ASKED = "May I pull out of the interview?"
HEAD = {
    "From": "Rosa Diaz <rosa@reader.example>",
    "To": "advice@desk.example",
    "Subject": "Pulling out",
    "Date": "Mon, 23 Nov 2026 07:00:00 -0500",
    "Message-ID": "<odd@reader.example>",
}


@dataclass(frozen=True)
class Odd:
    """A message, and the words that a person has to find in its letter, white space aside."""

    data: bytes
    says: tuple[str, ...] = ()  # in the body or in what is folded below it
    subject: str | None = None
    sender: str | None = None  # the address
    hides: tuple[str, ...] = ()  # words that are nowhere in the text
    noted: str = ""  # words of a defect
    raw: bool = False  # cannot be taken apart; the source is shown


def head(**changes: str | None) -> bytes:
    """The usual headers; None leaves one out, `_` in a name stands for a hyphen."""
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    lines = {**HEAD, **named}
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in lines.items() if value is not None)


def mail(body: bytes | str = ASKED, **changes: str | None) -> bytes:
    """A whole message."""
    return head(**changes) + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def part(body: bytes | str, *lines: str) -> bytes:
    """One part of a multipart, with its header lines."""
    text = body.encode() if isinstance(body, str) else body
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + text


def multi(*parts: bytes, kind: str = "mixed", edge: str = "b", end: bool = True, **changes: str | None) -> bytes:
    """A whole multipart message."""
    return mail(
        joined(*parts, edge=edge, end=end),
        MIME_Version="1.0",
        Content_Type=f'multipart/{kind}; boundary="{edge}"',
        **changes,
    )


def joined(*parts: bytes, edge: str = "b", end: bool = True) -> bytes:
    """The parts between their boundary lines."""
    line = f"--{edge}".encode()
    between = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts)
    return between + (line + b"--\r\n" if end else b"")


def nested(*parts: bytes, kind: str, edge: str = "i") -> bytes:
    """A multipart as a part of another."""
    return part(joined(*parts, edge=edge), f'Content-Type: multipart/{kind}; boundary="{edge}"')


def plain(text: str = ASKED) -> bytes:
    return part(text, "Content-Type: text/plain; charset=utf-8")


def html(text: str) -> bytes:
    return part(text, "Content-Type: text/html; charset=utf-8")
