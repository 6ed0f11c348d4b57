"""Tells mail that is not a letter by its headers, before anything is read from its words.

`screen(letter, own)` touches nothing and answers with a kind and the reason, or None for a letter
that has to be read. The rules follow RFC 3834 section 2 (never answer an automatic message) and
the headers that mailing lists and mail systems set.
"""

from collections.abc import Collection
from dataclasses import dataclass

from triage import forms
from triage.records import Kind, Letter

SYSTEM_USERS = ("mailer-daemon", "postmaster", "mail-daemon")


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


def _own(letter: Letter, own: Collection[str]) -> Screened | None:
    # A contact form may write from our own address for a reader whom Reply-To or its text names.
    ours = letter.sender.email.lower() in own and (letter.reply_to is None or letter.reply_to.email.lower() in own)
    if ours and not forms.readers(letter):
        return Screened(Kind.OWN, "It was sent from the desk's own address.")
    return None


def _report(letter: Letter, own: Collection[str]) -> Screened | None:
    content_type = _first(letter, "content-type").lower()
    user = letter.sender.email.partition("@")[0].lower()
    if "multipart/report" in content_type or user in SYSTEM_USERS:
        return Screened(Kind.BOUNCE, "It is a report from a mail system about a message that was not delivered.")
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
