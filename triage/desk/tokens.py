"""Personal tokens for the API: what each may do, how one is made, and whose a request is."""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from triage import stages
from triage.desk import Desk, second_factor
from triage.desk.people import WINDOW
from triage.errors import Conflict, NotAllowed
from triage.house import Token
from triage.records import Person
from triage.stages import Duty, Verb
from triage.store import people
from triage.store import tokens as store

PREFIX = "triage_"  # so that a token that lies about in a file is recognised
FAILURES = 30  # wrong tokens from one address within `WINDOW`
LONGEST_NAME = 60
MOST_DAYS = 3650
MOST = 20  # tokens of one person
TOUCH = timedelta(minutes=1)  # how coarsely the last use is kept
_FORM = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")


class Scope(StrEnum):
    """What a token lets a program do. None of them gives more than its person may do."""

    READ = "read"
    WRITE = "write"
    SIGN = "sign"


MEANING = {
    Scope.READ: "Read letters, drafts and figures",
    Scope.WRITE: "Change replies, topics and details, and hand letters over",
    Scope.SIGN: "Approve replies and call them back, take letters, decline, let go, set aside, bring back",
}

SCOPE_OF = {
    Verb.REVISE: Scope.WRITE,
    Verb.TOPICS: Scope.WRITE,
    Verb.DETAILS: Scope.WRITE,
    Verb.HAND_OVER: Scope.WRITE,
    Verb.APPROVE: Scope.SIGN,
    Verb.UNDO: Scope.SIGN,
    Verb.DECLINE: Scope.SIGN,
    Verb.LET_GO: Scope.SIGN,
    Verb.SET_ASIDE: Scope.SIGN,
    Verb.BRING_BACK: Scope.SIGN,
    Verb.CONFIRM_SENT: Scope.SIGN,
    Verb.SEND_AGAIN: Scope.SIGN,
    Verb.TAKE: Scope.SIGN,
    Verb.SECOND_READ: Scope.SIGN,
}
"""What a token has to be good for, so that a program may use the verb."""


class Unknown(StrEnum):
    """Why nobody is let in with a token."""

    WRONG = "This token is not known here, or it has run out. Next: make a new one on your page of the desk."
    TOO_MANY = "There were too many wrong tokens from this address. Next: wait 15 minutes, then try a good one."


def offered(person: Person) -> tuple[Scope, ...]:
    """What a token of this person can be good for."""
    return tuple(scope for scope in Scope if scope is not Scope.SIGN or stages.may(person.role, Verb.APPROVE))


def add(desk: Desk, person: Person, *, name: str, scopes: Collection[str], days: int | None) -> tuple[Token, str]:
    """Make a token for a person; it lasts `days`, or until it is ended. The second value is shown once, never kept.

    Raises Conflict with what is missing, NotAllowed when the person may not have such a token.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Conflict(f"A token needs a name of up to {LONGEST_NAME} characters. Next: say what it is for.")
    chosen = tuple(scope for scope in Scope if scope in scopes)
    if not chosen or set(scopes) - set(Scope):
        raise Conflict("This token would be good for nothing. Next: choose what it may do.")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise Conflict(f"A token lasts from 1 to {MOST_DAYS} days. Next: choose how long.")
    if Scope.SIGN in chosen:
        _check_signer(desk, person)
    if len(store.every(desk.db, person.id)) >= MOST:
        raise Conflict(f"Nobody has more than {MOST} tokens. Next: end one that is no longer used.")
    token = PREFIX + secrets.token_urlsafe(32)
    now = desk.clock()
    expires_at = None if days is None else now + timedelta(days=days)
    kept = store.add(
        desk.db, person, name=name, scopes=chosen, token_hash=_hashed(token), expires_at=expires_at, now=now
    )
    return kept, token


def end(desk: Desk, person: Person, token_id: int) -> Token:
    """Make a token worthless: one's own, or anybody's for those who look after people. Conflict when there is none."""
    own = None if stages.has_duty(person.role, Duty.PEOPLE) else person.id
    return store.end(desk.db, token_id, who=person.name, now=desk.clock(), person_id=own)


def holder(desk: Desk, token: str, address: str) -> tuple[Person, Token] | Unknown:
    """Who asks with this token, and what it is good for now. Wrong ones are counted for each address.

    A good token is let in from any address: 256 bits cannot be guessed, and one forgotten script must not lock
    out the others of its office. The limit keeps a flood of wrong ones from keeping the database busy.
    It signs nothing while its person lacks a second factor that the desk asks for, also one made before that.
    """
    now = desk.clock()
    found = store.holder(desk.db, _hashed(token), now) if _FORM.fullmatch(token) else None
    if found is not None:
        person, kept = found
        _touch(desk, kept, now)
        if Scope.SIGN in kept.scopes and _lacks_factor(desk, person):
            kept = replace(kept, scopes=tuple(scope for scope in kept.scopes if scope != Scope.SIGN))
        return person, kept
    counted = f"token {address}"  # apart from sign-ins, which a forgotten script must not close either
    if people.failures(desk.db, "", counted, now - WINDOW)[1] >= FAILURES:
        return Unknown.TOO_MANY
    people.note_failure(desk.db, "", counted, now)
    return Unknown.WRONG


def _touch(desk: Desk, token: Token, now: datetime) -> None:
    if token.seen_at is None or now - token.seen_at >= TOUCH:
        store.touch(desk.db, token.id, now)


def _check_signer(desk: Desk, person: Person) -> None:
    """Raise NotAllowed unless this person may have a token that signs."""
    if Scope.SIGN not in offered(person):
        raise NotAllowed(
            f"{person.name} is an {person.role} here and may not sign. Next: make a token that reads or writes."
        )
    if _lacks_factor(desk, person):
        raise NotAllowed(
            "Here whoever signs has a second factor, and so has whoever makes a token that signs. "
            "Next: turn your second factor on, then make the token."
        )


def _lacks_factor(desk: Desk, person: Person) -> bool:
    """Whether the desk asks this person for a second factor and there is none."""
    standing = second_factor.standing(desk, person)
    return standing.needed and not standing.on


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
