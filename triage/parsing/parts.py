"""The walk over a message's parts, within caps, and where the text of each belongs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from triage.parsing.headers import as_written, decode_header
from triage.parsing.text import MAX_TEXT
from triage.records import Attachment

MAX_PARTS = 200
MAX_DEPTH = 20

_WORD = re.compile(r"[^\W\d_]{3,}|[\udc80-\udcff]{3,}")
_FOR_PROGRAMS = re.compile(r"mime|multi-?part", re.IGNORECASE)  # "This is a multi-part message in MIME format."
_ENCODING = re.compile(r"[\s\"']*([A-Za-z0-9-]*)")


@dataclass(slots=True)
class Section:
    """The text of one message in reading order: the letter itself, or one that is attached to it."""

    heading: str = ""  # of an attached message: what it is and whose
    folded: bool = False  # a message that came back undelivered is nothing that a reader writes to us
    text: list[str] = field(default_factory=list)  # HTML as its visible text


@dataclass(slots=True)
class Found:
    """What the walk has gathered."""

    sections: list[Section] = field(default_factory=lambda: [Section()])
    html: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    characters: int = 0  # of text and HTML so far

    def note(self, defect: str) -> None:
        if defect and defect not in self.defects:
            self.defects.append(defect)

    @property
    def full(self) -> bool:
        """Whether there is more text already than is ever shown."""
        return self.characters > 2 * MAX_TEXT


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that holds no other parts, and where it stands."""

    part: Message
    section: Section
    beside: str = ""  # the plain text that says the same (multipart/alternative)
    in_choice: bool = False  # one of several forms of the same text
    whole: bool = False  # it is the message itself


@dataclass(frozen=True, slots=True)
class _Waiting:
    part: Message
    section: Section
    depth: int = 0
    beside: str = ""
    in_choice: bool = False
    in_report: bool = False


def leaves(message: Message, found: Found) -> Iterator[Leaf]:
    """The leaves in reading order. The text of attached messages goes into sections of their own."""
    waiting = [_Waiting(message, found.sections[0])]
    seen = 0
    while waiting:
        now = waiting.pop()
        part, depth = now.part, now.depth
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            found.note("The message has more parts than the desk opens; the rest is in its source.")
            return
        if not part.is_multipart():
            yield Leaf(part, now.section, now.beside, now.in_choice, whole=depth == 0)
            continue
        if _has_words(part.preamble, but=_FOR_PROGRAMS) or _has_words(part.epilogue):
            found.note(
                "There are words outside the parts of this letter, where no mail program shows them; see its source."
            )
        kind = part.get_content_type()
        inner = [child for child in part.get_payload() if isinstance(child, Message)]
        if part.get_content_maintype() == "message" and kind not in ("message/rfc822", "message/global"):
            now.section.text.append(_status(inner))
            continue
        section = now.section
        if part.get_content_maintype() == "message" and depth > 0:
            section = _attached(inner, now.in_report)
            found.sections.append(section)
        choice = kind == "multipart/alternative"
        plain = next((text for child in inner if (text := _plain(child))), "") if choice else ""
        report = kind == "multipart/report" or now.in_report
        waiting.extend(
            _Waiting(child, section, depth + 1, plain or now.beside, choice or now.in_choice, report)
            for child in reversed(inner)
        )


def _has_words(text: str | None, *, but: re.Pattern[str] | None = None) -> bool:
    """Whether somebody may have written this; bytes that are no ASCII count, and lines that look like edges do not."""
    kept = "\n".join(line for line in (text or "")[:MAX_TEXT].splitlines() if not line.startswith("--"))
    return bool(_WORD.search(kept)) and not (but and but.search(kept))


def payload(part: Message, found: Found) -> bytes:
    """The bytes of a leaf, decoded; empty, with a note, when they cannot be."""
    written = str(part.get("content-transfer-encoding", ""))
    encoding = _ENCODING.match(written)
    if encoding and encoding[1] != written:  # the library knows it only without blanks and comments
        part.replace_header("content-transfer-encoding", encoding[1])
    try:
        data = part.get_payload(decode=True)
    except Exception:  # the library raises many kinds on bad encodings
        found.note("A part of the message is damaged and was left out; its source has it.")
        return b""
    return data if isinstance(data, bytes) else b""


def _plain(part: Message) -> str:
    """The text of a plain part, near enough to tell whether it says anything."""
    if part.get_content_type() != "text/plain" or part.is_multipart():
        return ""
    return payload(part, Found()).decode("utf-8", "replace").strip()


def _attached(inner: list[Message], in_report: bool) -> Section:
    """The section of an attached message, under a heading that says whose it is."""
    heading = ["A message that came back:" if in_report else "A message is attached to this letter:"]
    headers = as_written(inner[0], lambda _: None) if inner else {}
    for name in ("from", "date", "subject"):
        if name in headers:
            heading.append(f"{name.capitalize()}: {decode_header(headers[name][0])}")
    return Section(heading="\n".join(heading), folded=in_report)


def _status(blocks: list[Message]) -> str:
    """The lines of a delivery report or the like, which are written as headers (RFC 3464 section 2.1)."""
    told = []
    for block in blocks:
        lines = [f"{name}: {decode_header(str(value))}" for name, value in block.raw_items()]
        text = block.get_payload()
        told.append("\n".join([*lines, text.strip() if isinstance(text, str) else ""]).strip())
    return "\n\n".join(filter(None, told))
