"""What each kind of part has to say: its text, or what is known of it as an attachment."""

import email.parser
import email.policy
import re
from email.message import Message

from triage import markup
from triage.charsets import decode
from triage.parsing import calendars
from triage.parsing.headers import parameter
from triage.parsing.parts import Found, Leaf, payload
from triage.parsing.text import MAX_TEXT, one_line
from triage.records import Attachment

_STUB = 300  # characters of a plain text that may only say that the letter is in the HTML beside it
# Text for programs, and other forms of what the plain text or HTML beside them says.
_NOT_READ = frozenset("csv css directory javascript rfc822-headers vcard x-vcard x-amp-html watch-html xml".split())
_ENCRYPTED = ("application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_MARKUP = re.compile(r"\s*(?:<!doctype html|<html)", re.IGNORECASE)
_EDGE = re.compile(r"^--(\S{1,70})[ \t]*\r?\n(?=[A-Za-z-]+:|\r?\n)", re.MULTILINE)
_RICH = re.compile(r"</?[A-Za-z-]{1,60}>")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a]")


def read(leaf: Leaf, found: Found) -> None:
    """Put what the leaf says where it belongs."""
    part, content_type = leaf.part, leaf.part.get_content_type()
    if content_type.startswith("multipart/"):
        _read_broken(leaf, found)
        return
    named = bool(parameter(part, "filename", "content-disposition") or parameter(part, "name", "content-type"))
    attached = str(part.get("content-disposition", "")).strip().lower().startswith("attachment")
    main, _, sub = content_type.partition("/")
    if sub == "calendar" or content_type == "application/ics":
        _read_invitation(leaf, found)
        attached = attached or named
    elif main == "text" and not attached and sub not in _NOT_READ:
        if sub in ("plain", "html") or not (leaf.in_choice and leaf.beside):
            _read_text(leaf, found, html=sub == "html", rich=sub in ("enriched", "richtext"))
    elif sub == "rfc822-headers":
        leaf.section.text.append(_decoded(leaf, found))
    elif leaf.whole and not named and not attached and not _NO_TEXT.search(payload(part, found)[:1_000]):
        _read_text(leaf, found)  # whatever it calls itself, it is all that there is
        return
    elif not leaf.in_choice or main != "text":
        attached = True
    if attached or named:
        found.attachments.append(_attachment(part, found))
    if content_type in _ENCRYPTED and parameter(part, "smime-type", "content-type") != "signed-data":
        found.note("The letter is encrypted; only your mail program can open it.")


def _read_text(leaf: Leaf, found: Found, *, html: bool = False, rich: bool = False) -> None:
    text = _decoded(leaf, found)
    if html or (not rich and _MARKUP.match(text)):
        found.html.append(text)
        if not leaf.beside or len(leaf.beside) <= _STUB:
            shown = markup.to_text(text)
            # "Your mail program cannot show this letter" must not stand in the letter's place.
            text = shown if len(shown) > 3 * len(leaf.beside) or not leaf.beside else ""
        else:
            text = ""
    elif rich:
        text = _RICH.sub("", text.replace("<nl>", "\n"))
    leaf.section.text.append(text)


def _read_invitation(leaf: Leaf, found: Found) -> None:
    known = {text for section in found.sections for text in section.text}
    for lines, description in calendars.events(_decoded(leaf, found)):
        if lines not in known:  # the same invitation often comes a second time as a file
            leaf.section.text.append(lines)
            known.add(lines)
        if description and not any(_folded(description) in _folded(text) for text in known | {leaf.beside}):
            leaf.section.text.append(description)
            known.add(description)


def _read_broken(leaf: Leaf, found: Found) -> None:
    """A multipart whose parts could not be told apart: by the line that its text begins with, or else as text."""
    text = leaf.part.get_payload()
    edge = _EDGE.search(text) if isinstance(text, str) else None
    found.note("The message is not put together as it says; the desk read what it could, the rest is in its source.")
    if edge is None or not isinstance(text, str):
        leaf.section.text.append(_decoded(leaf, found))
        return
    head = f'Content-Type: multipart/mixed; boundary="{edge[1].replace(chr(34), "")}"\n\n'
    whole = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(
        (head + text).encode("utf-8", "surrogateescape")
    )
    for inner in whole.walk() if whole.is_multipart() else ():
        inside = Leaf(inner, leaf.section, leaf.beside, leaf.in_choice)
        if inner.get_content_type().startswith("multipart/"):
            leaf.section.text.append("" if inner.is_multipart() else _decoded(inside, found))
        elif not inner.is_multipart():
            read(inside, found)


def _decoded(leaf: Leaf, found: Found) -> str:
    """The text of a part, no longer than the desk shows; empty once there is more than enough."""
    if found.full:
        return ""
    data = payload(leaf.part, found)
    text, guess = decode(data[: 4 * MAX_TEXT], parameter(leaf.part, "charset", "content-type"))
    found.note(guess)
    found.characters += max(len(text), len(data) // 4)
    return text


def _attachment(part: Message, found: Found) -> Attachment:
    name = parameter(part, "filename", "content-disposition") or parameter(part, "name", "content-type")
    return Attachment(name=one_line(name)[:200], content_type=part.get_content_type(), size=_size(part, found))


def _size(part: Message, found: Found) -> int:
    """Bytes of an attachment. Those in base64 are counted and not decoded, which is most of the cost of a big one."""
    text = part.get_payload()
    if isinstance(text, str) and str(part.get("content-transfer-encoding", "")).strip().lower() == "base64":
        signs = len(text) - sum(map(text.count, "\r\n \t"))
        return max(0, signs * 3 // 4 - text[-8:].count("="))
    return len(payload(part, found))


def _folded(text: str) -> str:
    return " ".join(text.split())
