"""Sessions of the desk in the browser, kept under the hash of their token.

An ended session stays under a name that no token hashes to, so that the page of people can say when somebody was
last seen; the next session of that person sweeps it away.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.house import Session
from triage.records import Person
from triage.stages import Role
from triage.store.database import Database
from triage.store.tables import people, sessions

KEY_LENGTH = 16
"""How much of the hash names a session in a list; it opens nothing."""
_ENDED = "ended "
_ALIVE = ~sessions.c.token_hash.startswith(_ENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Which sessions are still good: those opened and used after these moments, and not yet ended."""

    opened_after: datetime
    seen_after: datetime
    asked_after: datetime  # those that wait for a code

    @property
    def good(self) -> sa.ColumnElement[bool]:
        """The same as a condition."""
        in_time = sa.or_(sessions.c.pending.is_(False), sessions.c.created_at > self.asked_after)
        return sa.and_(_ALIVE, in_time, sessions.c.created_at > self.opened_after, sessions.c.seen_at > self.seen_after)


def open_session(
    db: Database,
    person_id: int,
    token_hash: str,
    now: datetime,
    limits: Limits,
    *,
    address: str = "",
    browser: str = "",
    pending: bool = False,
) -> None:
    """Keep a new session and sweep away those of the same person that are over."""
    with db.write("session") as connection:
        connection.execute(sa.delete(sessions).where(sessions.c.person_id == person_id, ~limits.good))
        connection.execute(
            sa.insert(sessions).values(
                token_hash=token_hash,
                person_id=person_id,
                created_at=now,
                seen_at=now,
                address=address,
                browser=browser,
                pending=pending,
            )
        )


def whose(db: Database, token_hash: str, limits: Limits, *, pending: bool = False) -> tuple[Person, datetime] | None:
    """Whose session it is and when it was last used; None when it is unknown or over, or the person has left."""
    with db.read() as connection:
        row = connection.execute(
            sa.select(people.c.id, people.c.name, people.c.role, sessions.c.seen_at)
            .join(people, people.c.id == sessions.c.person_id)
            .where(
                sessions.c.token_hash == token_hash,
                sessions.c.pending.is_(pending),
                people.c.active.is_(True),
                limits.good,
            )
        ).one_or_none()
    return (Person(id=row.id, name=row.name, role=Role(row.role)), row.seen_at) if row else None


def finish(db: Database, token_hash: str, new_hash: str, now: datetime, limits: Limits) -> bool:
    """Make a session that waited for its code a good one under a new token; False when it no longer waits."""
    with db.write("session") as connection:
        done = connection.execute(
            sa.update(sessions)
            .where(sessions.c.token_hash == token_hash, sessions.c.pending.is_(True), limits.good)
            .values(token_hash=new_hash, pending=False, created_at=now, seen_at=now)
        )
    return done.rowcount == 1


def touch(db: Database, token_hash: str, now: datetime) -> None:
    """Note that a session was used."""
    with db.write("session") as connection:
        connection.execute(sa.update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))


def close(db: Database, token_hash: str) -> None:
    """End the session of one browser."""
    with db.write("session") as connection:
        end(connection, sessions.c.token_hash == token_hash)


def of(db: Database, person_id: int, limits: Limits) -> list[Session]:
    """The sessions that a person is signed in with, the one used last first."""
    with db.read() as connection:
        rows = connection.execute(
            sa.select(sessions, people.c.name)
            .join(people, people.c.id == sessions.c.person_id)
            .where(sessions.c.person_id == person_id, sessions.c.pending.is_(False), limits.good)
            .order_by(sessions.c.seen_at.desc(), sessions.c.token_hash)
        )
        return [
            Session(
                key=row.token_hash[:KEY_LENGTH],
                person=row.name,
                created_at=row.created_at,
                seen_at=row.seen_at,
                address=row.address,
                browser=row.browser,
            )
            for row in rows
        ]


def close_one(db: Database, person_id: int, key: str) -> bool:
    """End the session that a person's list names `key`; False when there is none."""
    with db.write("session") as connection:
        short = sa.func.substr(sessions.c.token_hash, 1, KEY_LENGTH)
        return end(connection, sa.and_(sessions.c.person_id == person_id, short == key)) > 0


def end(connection: Connection, which: sa.ColumnElement[bool]) -> int:
    """End sessions inside a transaction; how many there were."""
    done = connection.execute(
        sa.update(sessions).where(which, _ALIVE).values(token_hash=_ENDED + sessions.c.token_hash)
    )
    return done.rowcount


def end_all(connection: Connection, person_id: int, *, but: str = "") -> int:
    """End every session of a person inside a transaction, except the one with the hash `but`; how many there were."""
    return end(connection, sa.and_(sessions.c.person_id == person_id, sessions.c.token_hash != but))
