"""Who may sign in. Passwords are kept as argon2id hashes, sessions as hashes of their tokens."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from triage.errors import Conflict
from triage.records import Person
from triage.stages import Role
from triage.store.database import Database
from triage.store.tables import people, sessions, sign_in_failures


def add(db: Database, name: str, role: Role, password_hash: str, now: datetime) -> None:
    """Add a person; Conflict when the name is taken."""
    try:
        with db.write("user-add") as connection:
            connection.execute(
                sa.insert(people).values(name=name, role=role, password_hash=password_hash, created_at=now)
            )
    except IntegrityError as error:
        raise Conflict(f"There is already somebody named {name}. Next: choose another name.") from error


def find(db: Database, name: str) -> tuple[Person, str] | None:
    """The person with this name and the password hash, or None."""
    with db.read() as connection:
        row = connection.execute(sa.select(people).where(people.c.name == name)).one_or_none()
    return (Person(id=row.id, name=row.name, role=Role(row.role)), row.password_hash) if row else None


def is_empty(db: Database) -> bool:
    """Whether nobody can sign in yet."""
    with db.read() as connection:
        return not connection.scalar(sa.select(sa.exists().where(people.c.id.is_not(None))))


def open_session(db: Database, person_id: int, token_hash: str, now: datetime) -> None:
    with db.write("session") as connection:
        connection.execute(
            sa.insert(sessions).values(token_hash=token_hash, person_id=person_id, created_at=now, seen_at=now)
        )


def session(
    db: Database, token_hash: str, *, opened_after: datetime, seen_after: datetime
) -> tuple[Person, datetime] | None:
    """Who the session belongs to and when it was last used; None when it is unknown or has run out."""
    with db.read() as connection:
        row = connection.execute(
            sa.select(people.c.id, people.c.name, people.c.role, sessions.c.seen_at)
            .join(people, people.c.id == sessions.c.person_id)
            .where(
                sessions.c.token_hash == token_hash,
                sessions.c.created_at > opened_after,
                sessions.c.seen_at > seen_after,
            )
        ).one_or_none()
    return (Person(id=row.id, name=row.name, role=Role(row.role)), row.seen_at) if row else None


def touch_session(db: Database, token_hash: str, now: datetime) -> None:
    with db.write("session") as connection:
        connection.execute(sa.update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))


def close_session(db: Database, token_hash: str) -> None:
    with db.write("session") as connection:
        connection.execute(sa.delete(sessions).where(sessions.c.token_hash == token_hash))


def note_failure(db: Database, name: str, address: str, now: datetime) -> None:
    """Remember a failed sign-in."""
    with db.write("sign-in") as connection:
        connection.execute(sa.insert(sign_in_failures).values(at=now, name=name, address=address))


def failures(db: Database, name: str, address: str, since: datetime) -> tuple[int, int]:
    """How many sign-ins have failed since then: with this name, and from this address."""
    with db.read() as connection:
        query = sa.select(
            sa.func.count().filter(sign_in_failures.c.name == name),
            sa.func.count().filter(sign_in_failures.c.address == address),
        ).where(sign_in_failures.c.at > since)
        by_name, by_address = connection.execute(query).one()
    return by_name, by_address


def forget_failures(db: Database, name: str) -> None:
    """A good sign-in clears what failed before it under this name."""
    with db.write("sign-in") as connection:
        connection.execute(sa.delete(sign_in_failures).where(sign_in_failures.c.name == name))
