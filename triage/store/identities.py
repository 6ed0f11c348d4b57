"""The accounts elsewhere (OpenID Connect) that people of the desk have linked.

An identity is the issuer and the subject that it verified, with a space between them; both together never change
hands (OpenID Connect Core 1.0 section 5.7), which an address of mail may.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.errors import Conflict
from triage.records import Person
from triage.stages import Role
from triage.store import house, invitations
from triage.store.database import Database
from triage.store.tables import people


def whose(db: Database, identity: str) -> Person | None:
    """The person who has linked this identity and works here; None when there is nobody."""
    with db.read() as connection:
        row = connection.execute(
            sa.select(people.c.id, people.c.name, people.c.role).where(
                people.c.identity == identity, people.c.identity != "", people.c.active.is_(True)
            )
        ).one_or_none()
    return Person(id=row.id, name=row.name, role=Role(row.role)) if row else None


def of(db: Database, person_id: int) -> str:
    """The identity that a person has linked; empty: none."""
    with db.read() as connection:
        return connection.scalar(sa.select(people.c.identity).where(people.c.id == person_id)) or ""


def link(db: Database, person: Person, identity: str, now: datetime) -> None:
    """Let this identity sign in as the person. Conflict when either is linked already, or the person has left."""
    with db.write("identity-link") as connection:
        _link(connection, person.id, identity)
        house.note(connection, who=person.name, what="linked an account of the organisation", now=now)


def claim(db: Database, token_hash: str, identity: str, now: datetime) -> Person:
    """Link with whoever the editor's link is for, and use that up. Conflict when it is used up or too old."""
    with db.write("identity-claim") as connection:
        person_id = invitations.claimed(connection, token_hash, now)
        row = connection.execute(
            sa.select(people.c.id, people.c.name, people.c.role).where(people.c.id == person_id, people.c.name != "")
        ).one_or_none()
        if row is None:
            raise Conflict(f"{invitations.USED} Next: ask whoever gave it to you for a new one.")
        _link(connection, row.id, identity)
        house.note(connection, who=row.name, what="linked an account of the organisation", now=now)
    return Person(id=row.id, name=row.name, role=Role(row.role))


def _link(connection: Connection, person_id: int, identity: str) -> None:
    # Every row, so that two people cannot link the same identity at the same moment.
    rows = connection.execute(sa.select(people).order_by(people.c.id).with_for_update()).all()
    if any(row.identity == identity for row in rows):
        raise Conflict("That account is linked with somebody here already. Next: ask an editor whose it is.")
    done = connection.execute(
        sa.update(people)
        .where(people.c.id == person_id, people.c.identity == "", people.c.active.is_(True))
        .values(identity=identity)
    )
    if done.rowcount != 1:
        raise Conflict("You have linked an account already. Next: take that link off first.")


def unlink(db: Database, person: Person, now: datetime) -> None:
    """Take the link off. Conflict for somebody without a password, who could not sign in any more."""
    with db.write("identity-unlink") as connection:
        done = connection.execute(
            sa.update(people)
            .where(people.c.id == person.id, people.c.identity != "", people.c.password_hash != "")
            .values(identity="")
        )
        if done.rowcount != 1:
            raise Conflict(
                "Without the link you could not sign in, because you have no password. Next: ask an editor for a "
                "link to choose one."
            )
        house.note(connection, who=person.name, what="took the link with the organisation's account off", now=now)
