"""Who gets in: a name and a password, a link that lets somebody choose one, and one count of wrong tries for all."""

import hashlib
import logging
import secrets
import threading
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from triage import passwords
from triage.desk import Desk
from triage.errors import Conflict
from triage.house import Invitation
from triage.records import Person
from triage.store import invitations
from triage.store import people as store

log = logging.getLogger(__name__)

WINDOW = timedelta(minutes=15)
PER_NAME = 5
PER_ADDRESS = 30
LINK_LASTS = timedelta(days=3)
LONGEST_NAME = 60
NOBODYS_NAMES = ("triage", store.OPERATOR)
"""What the histories call those who are no person."""
_BLANKS = {"\u115f", "\u1160", "\u3164", "\uffa0"}  # Hangul fillers: letters to Unicode, nothing to the eye
ASK = "Next: ask whoever gave it to you for a new one."

_one_at_a_time = threading.Lock()  # guesses made at the same moment are counted one after the other


class Refusal(StrEnum):
    """Why somebody is not let in, in the words of the page."""

    WRONG = "That name and password do not fit together."
    TOO_MANY = "There were too many wrong tries. Next: wait 15 minutes, then try again."


def checked(desk: Desk, name: str, password: str, address: str) -> Person | Refusal:
    """The person whose name and password these are. An unknown name takes as long as a wrong password."""
    found = store.find(desk.db, name)

    def right() -> bool:
        if found is None or not found[1]:
            passwords.waste_time()
            return False
        return passwords.verify(password, found[1])

    refused = guarded(desk, name, address, right)
    if refused is not None or found is None:
        return refused or Refusal.WRONG
    return found[0]


def guarded(desk: Desk, name: str, address: str, right: Callable[[], bool]) -> Refusal | None:
    """Ask `right` unless too much has failed under `name` or from `address` within `WINDOW`; None when it is right.

    A right answer forgets what failed under the name before. So a second question needs a name of its own that no
    person can have: else each right password would grant new guesses at the code.
    """
    with _one_at_a_time:
        now = desk.clock()
        by_name, by_address = store.failures(desk.db, name, address, now - WINDOW)
        if by_name >= PER_NAME or by_address >= PER_ADDRESS:
            return Refusal.TOO_MANY
        if right():
            store.forget_failures(desk.db, name)
            return None
        store.note_failure(desk.db, name, address, now)
        return Refusal.WRONG


def good_name(text: str) -> str:
    """The name of a new person, tidied: letters, digits, spaces and . - _ ' (no controls, nothing invisible).

    Raises Conflict for anything else, since names stand in headings, forms, commands and histories.
    """
    name = " ".join(part for part in unicodedata.normalize("NFC", text).replace("’", "'").split(" ") if part)
    if not 0 < len(name) <= LONGEST_NAME:
        raise Conflict(f"A name has from 1 to {LONGEST_NAME} characters. Next: write one.")
    if not all(sign.isalnum() or sign in " .-_'" for sign in name) or not name[0].isalnum() or _BLANKS & {*name}:
        raise Conflict("A name is made of letters, digits, spaces and . - _ ' and begins with a letter. Next: mend it.")
    if name.casefold() in NOBODYS_NAMES:
        raise Conflict(f"{name} is what the histories call somebody else. Next: choose another name.")
    return name


def good_password(plain: str, name: str) -> str:
    """The hash of a new password. Raises Conflict with the reason when it is too short or too easy to guess."""
    if weakness := passwords.weakness(plain, name):
        raise Conflict(f"{weakness} Next: take three or four words that do not belong together.")
    return passwords.hash_password(plain)


def change_password(desk: Desk, person: Person, old: str, new: str, *, address: str, session: str) -> None:
    """Give a person who knows the old password a new one, and end every session but the one with the hash `session`.

    The person's tokens end too, and links that were made for a forgotten password run out.
    Raises Conflict for a wrong old password, after too many of them, and for a new one that is too weak.
    """
    found = checked(desk, person.name, old, address)
    if found is Refusal.WRONG:
        raise Conflict("That is not your present password. Next: try again.")
    if isinstance(found, Refusal):
        raise Conflict(found)
    store.set_password(desk.db, person.name, good_password(new, person.name), but=session, now=desk.clock())
    log.info("password changed person=%d", person.id)


# ------------------------------------------------------------------ links


def new_link() -> tuple[str, str]:
    """A token for a link, and the hash of it, which is all that is kept."""
    token = secrets.token_urlsafe(32)
    return token, hash_of(token)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def address_of(desk: Desk, token: str) -> str:
    """What the person has to open."""
    return f"{desk.address}welcome/{token}"


def first_link(desk: Desk) -> str | None:
    """A link for the first editor, who says her name when she uses it; None when somebody can sign in already."""
    token, hashed = new_link()
    now = desk.clock()
    made = invitations.first(desk.db, hashed, by=store.OPERATOR, now=now, expires_at=now + LINK_LASTS)
    return address_of(desk, token) if made else None


def opened(desk: Desk, token: str) -> Invitation:
    """The link that somebody has opened; opening does not use it up, for mail programs open links too.

    Raises Conflict, with whom to ask, for one that is unknown, too old or used up.
    """
    link = invitations.find(desk.db, hash_of(token))
    if link is None:
        raise Conflict(f"This is not a link that works. It may have been cut off on its way. {ASK}")
    ask = ASK if link.made_by == store.OPERATOR else f"Next: ask {link.made_by} for a new one."
    if link.used_at is not None:
        raise Conflict(f"This link has been used, and it works only once. If it was not you who used it, say so. {ask}")
    if link.expires_at <= desk.clock():
        raise Conflict(f"This link is too old, or there is a newer one. {ask}")
    return link


def welcome(desk: Desk, token: str, password: str, *, name: str, address: str) -> Person:
    """Keep the password that somebody has chosen, and use the link up.

    `name` counts only for the first editor, who has none yet. Raises Conflict for a link that does not work, a
    password that is too weak, a name that cannot be had, and after too many wrong links from one address.
    """
    now = desk.clock()
    if store.failures(desk.db, "", address, now - WINDOW)[1] >= PER_ADDRESS:
        raise Conflict(Refusal.TOO_MANY)
    try:
        link = opened(desk, token)
    except Conflict:
        store.note_failure(desk.db, "", address, now)
        raise
    who = link.person or good_name(name)
    person = invitations.use(desk.db, hash_of(token), good_password(password, who), now, name=who)
    log.info("welcomed person=%d", person.id)
    return person
