"""Personal tokens for the API, kept as hashes. Whoever may no longer sign in holds dead ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from triage.errors import Conflict
from triage.house import Token
from triage.records import Person
from triage.stages import Role
from triage.store import house
from triage.store.database import Database
from triage.store.tables import people, tokens

_ROWS = sa.select(tokens, people.c.name.label("person"), people.c.role).join(people, people.c.id == tokens.c.person_id)


def add(
    db: Database,
    person: Person,
    *,
    name: str,
    scopes: Sequence[str],
    token_hash: str,
    expires_at: datetime | None,
    now: datetime,
) -> Token:
    """Keep a new token of this person."""
    with db.write("token-add") as connection:
        number = connection.execute(
            sa.insert(tokens)
            .values(
                token_hash=token_hash,
                person_id=person.id,
                name=name,
                scopes=list(scopes),
                made_at=now,
                expires_at=expires_at,
            )
            .returning(tokens.c.id)
        ).scalar_one()
        house.note(connection, who=person.name, what=f"made the API token “{name}”", now=now)
        return _token(connection.execute(_ROWS.where(tokens.c.id == number)).one())


def holder(db: Database, token_hash: str, now: datetime) -> tuple[Person, Token] | None:
    """Whose token it is; None when there is none, it has run out, or its person may not sign in."""
    alive = sa.or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)
    query = _ROWS.where(tokens.c.token_hash == token_hash, people.c.active, alive)
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    return (Person(id=row.person_id, name=row.person, role=Role(row.role)), _token(row)) if row else None


def touch(db: Database, token_id: int, now: datetime) -> None:
    """Remember when a token was used last."""
    with db.write("token") as connection:
        connection.execute(sa.update(tokens).where(tokens.c.id == token_id).values(seen_at=now))


def every(db: Database, person_id: int | None = None) -> list[Token]:
    """The tokens of one person, or of everybody, oldest first; those that have run out too."""
    query = _ROWS if person_id is None else _ROWS.where(tokens.c.person_id == person_id)
    with db.read() as connection:
        return [_token(row) for row in connection.execute(query.order_by(tokens.c.id))]


def end(db: Database, token_id: int, *, who: str, now: datetime, person_id: int | None = None) -> Token:
    """Make a token worthless at once; Conflict when there is none with this number (among those of `person_id`)."""
    query = _ROWS.where(tokens.c.id == token_id)
    if person_id is not None:
        query = query.where(tokens.c.person_id == person_id)
    with db.write("token-end") as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            raise Conflict("There is no such token any more. Next: look at the list.")
        connection.execute(sa.delete(tokens).where(tokens.c.id == token_id))
        house.note(connection, who=who, what=f"ended the API token “{row.name}” of {row.person}", now=now)
        return _token(row)


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        person=row.person,
        name=row.name,
        scopes=tuple(row.scopes),
        made_at=row.made_at,
        expires_at=row.expires_at,
        seen_at=row.seen_at,
    )
