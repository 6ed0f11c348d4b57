"""Reads reports of mail systems about messages that were sent before (RFC 3464), and ids that lead back to them. Pure.

A report is tied to a reply only by an id that the reply carried: its Message-ID, the id of its thread, or its
X-Triage-Reply. Where in the report such an id stands is left open, because systems put it into the returned message,
its headers, or a line of their own text. Nothing is believed of a report but that the reply may not have arrived.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from triage.parsing import clean, one_line
from triage.records import Letter
from triage.screening import DELIVERY, OTHER_REPORTS, SYSTEM_USERS, report_kind

LOOKED_AT = 400_000  # bytes of a report that are searched for ids
MOST_IDS = 100
FAILED, DELAYED, DELIVERED = "failed", "delayed", "delivered"
ACTIONS = {"failed": FAILED, "delayed": DELAYED, "delivered": DELIVERED, "relayed": DELIVERED, "expanded": DELIVERED}
"""The actions of RFC 3464 section 2.3.3, in three."""

# No "@" before the first one: or else many of them in a row are tried in every way, for seconds.
_ID = re.compile(rb"<([!-;=?A-~]{1,250}@[!-;=?-~]{1,250})>")
_TOKEN = re.compile(rb"^X-Triage-Reply:[ \t]*([0-9]{1,15}\.[0-9A-Za-z]{6,64})", re.I | re.M)
_ACTION = re.compile(r"^Action:[ \t]*(\w+)", re.I | re.M)
_STATUS = re.compile(r"^Status:[ \t]*([245]\.\d{1,3}\.\d{1,3})\b", re.I | re.M)
_DIAGNOSTIC = re.compile(r"^Diagnostic-Code:[ \t]*(.+(?:\n[ \t]+.+)*)", re.I | re.M)
_IN_WORDS = re.compile(r"\b([45]\d\d)[ -](?:#?([245]\.\d{1,3}\.\d{1,3})\b)?[^\n]{0,200}")
_REFUSED = re.compile(r"\b(?:421|45[0-2]|55[0-6])[ -]|\b[45]\.\d{1,3}\.\d{1,3}\b")
_DISPOSITION = re.compile(r"^Disposition:", re.I | re.M)  # of a receipt that does not say what it is (RFC 8098)
_WORD = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+/-]{15,120}")
_HOST = re.compile(r".*\.[A-Za-z]{2,}")
_OUR_THREAD = re.compile(r"^<thread\.(\d{1,15}\.[0-9A-Za-z]{6,64})@(.+)>$")


@dataclass(frozen=True, slots=True)
class Report:
    """What a mail system says became of a message."""

    action: str  # failed | delayed | delivered
    status: str  # such as 5.1.1 (RFC 3463); empty when it gives none
    said: str  # one line of its own words


def is_one(letter: Letter) -> bool:
    """Whether a message says what became of another one on its way.

    Mail with an empty return path need not: holiday notes and receipts have it too, and they say that a reply arrived.
    """
    kind, text = report_kind(letter), f"{letter.body}\n{letter.quoted}"
    if kind in OTHER_REPORTS:
        return False
    if kind is not None:
        return kind == DELIVERY or not _DISPOSITION.search(text) or bool(_ACTION.search(text))
    if letter.sender.email.partition("@")[0].lower() in SYSTEM_USERS:
        return True
    return bool(_ACTION.search(text) or _REFUSED.search(text))


def read(letter: Letter) -> Report:
    """What the report says. One that names no action counts as a failure unless its status says otherwise."""
    text = f"{letter.body}\n{letter.quoted}"
    action, status, diagnostic = _ACTION.search(text), _STATUS.search(text), _DIAGNOSTIC.search(text)
    words = _IN_WORDS.search(text)
    code = status[1] if status else (words[2] or "") if words else ""
    known = ACTIONS.get(action[1].lower()) if action else None
    temporary = code.startswith("4") or bool(words and words[1].startswith("4"))
    told = diagnostic[1] if diagnostic else words[0] if words else letter.subject
    return Report(
        action=known or (DELIVERED if code.startswith("2") else DELAYED if temporary else FAILED),
        status=code,
        said=one_line(re.sub(r"^smtp;\s*", "", told, flags=re.I))[:300],
    )


def ids(letter: Letter, raw: bytes) -> tuple[str, ...]:
    """Every Message-ID that a message mentions, its own left out, in the order in which they count."""
    mentioned = (f"<{found.decode('ascii')}>" for found in _ID.findall(raw[:LOOKED_AT]))
    every = dict.fromkeys((*letter.in_reply_to, *reversed(letter.references), *mentioned))
    return tuple(found for found in every if found != letter.message_id)[:MOST_IDS]


def tokens(raw: bytes) -> tuple[str, ...]:
    """Every value of X-Triage-Reply in a message that was returned."""
    return tuple(dict.fromkeys(found.decode("ascii") for found in _TOKEN.findall(raw[:LOOKED_AT])))[:MOST_IDS]


def thread_reference(message_id: str) -> str:
    """The id that a reply puts before all others in References; `message_id` is its own.

    Programs carry References along, so that an answer leads back also where a relay has rewritten the Message-ID.
    """
    return message_id.replace("<reply.", "<thread.", 1)


def own_ids(found: Iterable[str]) -> tuple[str, ...]:
    """These ids, where each that `thread_reference` made is that of its reply."""
    return tuple(dict.fromkeys(_OUR_THREAD.sub(r"<reply.\1@\2>", message_id) for message_id in found))


def provider_ids(receipt: str) -> str:
    """The longest word of a mail server's answer that may be the id it gives to a message; empty when none is.

    Some providers write a Message-ID of their own that begins with it. The name of a machine is none: it is the same
    for many messages, and everybody who ever got one knows it.
    """
    words = _WORD.findall(clean(receipt))
    return max((word for word in words if re.search(r"\d", word) and not _HOST.fullmatch(word)), key=len, default="")
