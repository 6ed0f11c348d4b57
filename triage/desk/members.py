"""What an editor does for the people of the desk: add, change roles, make links, sign out, let go, welcome back."""

import logging

from triage import stages
from triage.desk import Desk
from triage.desk.people import LINK_LASTS, address_of, good_name, new_link
from triage.desk.second_factor import sign_out_without
from triage.errors import Conflict, NotAllowed
from triage.house import Member
from triage.parsing import is_address
from triage.records import Person
from triage.stages import Duty, Role
from triage.store import invitations
from triage.store import people as store

log = logging.getLogger(__name__)

OPERATOR = Person(id=0, name=store.OPERATOR, role=Role.EDITOR)
"""Whoever works on the command line: no person of the desk, and allowed what an editor is."""


def everybody(desk: Desk, by: Person) -> list[Member]:
    """All who work or worked here. Raises NotAllowed unless `by` looks after people, as all of these do."""
    _permit(by)
    return store.members(desk.db)


def member(desk: Desk, name: str) -> Member:
    """One of them; Conflict when there is nobody with this name."""
    found = next((one for one in store.members(desk.db) if one.name == name), None)
    if found is None:
        raise Conflict(f"There is nobody named {name} here. Next: look at the list of people.")
    return found


def add(desk: Desk, by: Person, name: str, role: Role, email: str = "") -> str:
    """Add a person and return the address of the link with which she chooses a password; it is shown only now."""
    _permit(by)
    name, email = good_name(name), good_email(email)
    token, hashed = new_link()
    now = desk.clock()
    invitations.add(desk.db, name, role, hashed, email=email, by=by.name, now=now, expires_at=now + LINK_LASTS)
    log.info("user added role=%s", role)
    return address_of(desk, token)


def add_with_password(desk: Desk, by: Person, name: str, role: Role, password_hash: str, *, email: str = "") -> None:
    """Add a person who has a password already."""
    _permit(by)
    store.add(desk.db, good_name(name), role, password_hash, desk.clock(), email=good_email(email), by=by.name)
    log.info("user added role=%s", role)


def link(desk: Desk, by: Person, name: str) -> str:
    """A new link for somebody who has forgotten the password, or lost the first link; the password holds until then."""
    _permit(by)
    token, hashed = new_link()
    now = desk.clock()
    invitations.renew(desk.db, name, hashed, by=by.name, now=now, expires_at=now + LINK_LASTS)
    return address_of(desk, token)


def set_role(desk: Desk, by: Person, name: str, role: Role, *, sure: bool = False) -> None:
    """Change what a person may do; it counts at once. An editor has to be `sure` to give up the own duties.

    Somebody else who has to have a second factor in the new role, and has none, is signed out.
    """
    _permit(by)
    if name == by.name and not stages.has_duty(role, Duty.PEOPLE) and not sure:
        raise Conflict(
            "You would no longer look after people and could not take this back yourself. "
            "Next: say that you are sure, or leave it."
        )
    store.set_role(desk.db, name, role, by=by.name, now=desk.clock())
    if name != by.name:
        sign_out_without(desk, [member(desk, name)])
    log.info("user role=%s", role)


def take_off_second_factor(desk: Desk, by: Person, name: str) -> None:
    """Let somebody who lost the telephone sign in with the password alone; whoever is signed in as her is out."""
    _permit(by)
    store.take_off_second_factor(desk.db, name, by=by.name, now=desk.clock())


def unlink(desk: Desk, by: Person, name: str) -> None:
    """Take the organisation's account off a person, who signs in with a password then and is signed out now."""
    _permit(by)
    store.unlink(desk.db, name, by=by.name, now=desk.clock())


def sign_out(desk: Desk, by: Person, name: str) -> int:
    """End all sessions of a person, and the tokens of the person's programs; how many sessions there were."""
    _permit(by)
    return store.sign_out(desk.db, name, by=by.name, now=desk.clock())


def leave(desk: Desk, by: Person, name: str, *, sure: bool = False) -> None:
    """Let a person go: she cannot sign in any more, and her letters wait for everybody. The name stays hers.

    An account of the organisation that she had linked is hers here no longer.
    """
    _permit(by)
    if name == by.name and not sure:
        raise Conflict("You would not be able to sign in any more. Next: say that you are sure, or stay.")
    store.leave(desk.db, name, by=by.name, now=desk.clock())
    log.info("user left")


def come_back(desk: Desk, by: Person, name: str) -> None:
    """Welcome back somebody who had left, with the role and the password of before; who had none needs a link."""
    _permit(by)
    store.come_back(desk.db, name, by=by.name, now=desk.clock())
    log.info("user back")


def set_email(desk: Desk, by: Person, name: str, email: str) -> None:
    """Where alerts for a person go, empty for nowhere. One's own everybody may set."""
    if name != by.name:
        _permit(by)
    store.set_email(desk.db, name, good_email(email), by=by.name, now=desk.clock())


def good_email(text: str) -> str:
    """A mail address, or nothing. Raises Conflict for what cannot be one."""
    email = text.strip()
    if email and not is_address(email):
        raise Conflict("That is not a mail address. Next: write one such as ali@example.org, or leave it empty.")
    return email


def _permit(by: Person) -> None:
    if not stages.has_duty(by.role, Duty.PEOPLE):
        raise NotAllowed(f"People are looked after by an editor; {by.name} is an {by.role}. Next: ask an editor.")
