"""Tells mail that is not a letter by its headers, before anything is read from its words.

`screen(letter, own)` touches nothing and answers with a kind and the reason, or None for a letter
that has to be read. The rules follow RFC 3834 section 2 (never answer an automatic message) and
the headers that mailing lists and mail systems set.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from triage import forms
from triage.records import Kind, Letter

SYSTEM_USERS = ("mailer-daemon", "postmaster", "mail-daemon")
DELIVERY = "delivery-status"
OTHER_REPORTS = {
    "disposition-notification": "It is a receipt: a mail program says that a message was opened or deleted.",
    "feedback-report": "It is a complaint: a mail provider reports a message that was taken for spam or for forged.",
    "tracking-status": "It is an answer to a question where a message has got to.",
    "tlsrpt": "It is a report about how safely mail servers reach each other.",
}
"""What a message with a report says that is not about delivery, by its kind (RFC 8098, 5965, 3886 and 8460)."""

_REPORT_TYPE = re.compile(r"""\breport-type\s*=\s*["']?([\w-]+)""", re.I)


@dataclass(frozen=True, slots=True)
class Screened:
    """Why a message is not a letter."""

    kind: Kind
    reason: str


def screen(letter: Letter, own: Collection[str]) -> Screened | None:
    """What the headers say this message is; None when it may be a letter.

    `own` are the desk's own addresses, lower case.
    """
    for rule in (_own, _report, _automatic, _bulk):
        found = rule(letter, own)
        if found is not None:
            return found
    return None


def report_kind(letter: Letter) -> str | None:
    """What a multipart/report is about (RFC 6522), in lower case; empty where it does not say, None for other mail."""
    content_type = " ".join(letter.headers.get("content-type", ()))
    if "multipart/report" not in content_type.lower():
        return None
    found = _REPORT_TYPE.search(content_type)
    return found[1].lower().removeprefix("global-") if found else ""  # the prefix is that of RFC 6533


def _own(letter: Letter, own: Collection[str]) -> Screened | None:
    # A contact form may write from our own address for a reader whom Reply-To or its text names.
    ours = letter.sender.email.lower() in own and (letter.reply_to is None or letter.reply_to.email.lower() in own)
    if ours and not forms.readers(letter):
        return Screened(Kind.OWN, "It was sent from the desk's own address.")
    return None


def _report(letter: Letter, own: Collection[str]) -> Screened | None:
    user = letter.sender.email.partition("@")[0].lower()
    if (kind := report_kind(letter)) is not None:
        # Reports of delivery come for messages that are late, or have arrived, too.
        said = OTHER_REPORTS.get(kind, "It is a report from a mail system about what became of a message.")
        return Screened(Kind.BOUNCE, said)
    if user in SYSTEM_USERS:
        return Screened(Kind.BOUNCE, "A mail system wrote it, not a person.")
    if "return-path" in letter.headers and _first(letter, "return-path") in ("<>", ""):
        # RFC 5321 section 4.5.5: the null return path marks notifications, which must not be answered.
        automatic = _first(letter, "auto-submitted").lower().startswith("auto-replied")
        kind = Kind.OUT_OF_OFFICE if automatic else Kind.BOUNCE
        return Screened(kind, "It has an empty return path: a mail system wrote it, not a person.")
    return None


def _automatic(letter: Letter, own: Collection[str]) -> Screened | None:
    # RFC 3834 section 5: any value but "no" marks an automatic message.
    submitted = _first(letter, "auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return Screened(Kind.OUT_OF_OFFICE, f"It says that it was sent automatically ({submitted}).")
    if _first(letter, "precedence").lower() == "auto_reply" or any(
        name in letter.headers for name in ("x-autoreply", "x-autorespond", "x-auto-reply-from")
    ):
        return Screened(Kind.OUT_OF_OFFICE, "It says that it is an automatic reply.")
    return None


def _bulk(letter: Letter, own: Collection[str]) -> Screened | None:
    listed = [name for name in ("list-id", "list-unsubscribe") if name in letter.headers]
    if listed or _first(letter, "precedence").lower() in ("bulk", "junk", "list"):
        return Screened(Kind.NEWSLETTER, "It was sent to a list, not to you.")
    user = letter.sender.email.partition("@")[0].lower()
    # Contact forms also write from such addresses; those name the reader to answer in Reply-To or in their text.
    if user in forms.ROBOTS and letter.reply_to is None and not forms.readers(letter):
        return Screened(Kind.NEWSLETTER, "It comes from an address that takes no replies.")
    return None


def _first(letter: Letter, name: str) -> str:
    return next(iter(letter.headers.get(name, ())), "").strip()
