"""Links that let a person choose a password, each once. Kept under the hash of the token in the link."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from triage.errors import Conflict
from triage.house import Invitation
from triage.records import Person
from triage.stages import Role
from triage.store import house, people, sessions
from triage.store.database import Database
from triage.store.tables import invitations, sign_in_failures
from triage.store.tables import people as rows

USED = "This link has been used before, or it is too old."


def add(
    db: Database,
    name: str,
    role: Role,
    token_hash: str,
    *,
    email: str,
    by: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Add a person who chooses a password with this link. Conflict when the name is taken."""
    try:
        with db.write("user-add") as connection:
            person_id = people.insert(connection, name, role, "", now, email=email)
            _invite(connection, person_id, token_hash, by=by, now=now, expires_at=expires_at)
            house.note(connection, who=by, what=f"added {name} as an {role}", now=now)
    except IntegrityError as error:
        raise Conflict(people.taken(name)) from error


def renew(db: Database, name: str, token_hash: str, *, by: str, now: datetime, expires_at: datetime) -> None:
    """Let a person choose a new password with this link; older links are worth nothing. Conflict for who has left."""
    with db.write("user-link") as connection:
        row = people.one(connection, name)
        if not row.active:
            raise Conflict(f"{name} no longer works here. Next: welcome {name} back first.")
        _invite(connection, row.id, token_hash, by=by, now=now, expires_at=expires_at)
        house.note(connection, who=by, what=f"made a new link for {name}", now=now)


def first(db: Database, token_hash: str, *, by: str, now: datetime, expires_at: datetime) -> bool:
    """Let the first editor in with this link; False, and no link, when somebody can sign in already.

    The editor's row is made here and has no name until the link is used, so the link is claimed like every other
    one: once, whoever is first. Until then it is not active, so it appears in no list.
    """
    with db.write("user-first") as connection:
        if people.somebody(connection):
            return False
        person_id = connection.scalar(sa.select(rows.c.id).where(rows.c.name == ""))
        if person_id is None:
            person_id = people.insert(connection, "", Role.EDITOR, "", now, active=False)
        _invite(connection, person_id, token_hash, by=by, now=now, expires_at=expires_at)
    return True


def find(db: Database, token_hash: str) -> Invitation | None:
    """The link as it stands; None when there never was one, or the person has left."""
    with db.read() as connection:
        row = connection.execute(
            sa.select(invitations, rows.c.name)
            .join(rows, rows.c.id == invitations.c.person_id)
            .where(invitations.c.token_hash == token_hash)
        ).one_or_none()
    if row is None:
        return None
    return Invitation(person=row.name, made_by=row.made_by, expires_at=row.expires_at, used_at=row.used_at)


def use(db: Database, token_hash: str, password_hash: str, now: datetime, *, name: str = "") -> Person:
    """Keep the password of whoever the link is for, and use the link up. Of two at the same moment one gets Conflict.

    `name` is for the first editor, who has none yet; Conflict when it is taken, or when somebody else can sign in
    by now. Sessions and API tokens of the person end.
    """
    try:
        with db.write("user-welcome") as connection:
            person_id = claimed(connection, token_hash, now)
            row = connection.execute(sa.select(rows).where(rows.c.id == person_id)).one_or_none()
            if row is None:
                raise Conflict(USED)
            if not row.name:
                if people.somebody(connection):
                    raise Conflict(f"{USED} Somebody else can sign in by now.")
                people.check_free(connection, name)
            connection.execute(
                sa.update(rows)
                .where(rows.c.id == row.id)
                .values(name=row.name or name, password_hash=password_hash, active=True)
            )
            sessions.end_all(connection, row.id)
            people.end_tokens(connection, row.id)
            connection.execute(sa.delete(sign_in_failures).where(sign_in_failures.c.name == (row.name or name)))
            house.note(connection, who=row.name or name, what="chose a password", now=now)
    except IntegrityError as error:
        raise Conflict(people.taken(name)) from error
    return Person(id=row.id, name=row.name or name, role=Role(row.role))


def claimed(connection: Connection, token_hash: str, now: datetime) -> int | None:
    """Use a link up inside a transaction; whom it is for, or None when it is used up, too old or unknown."""
    person_id: int | None = connection.execute(
        sa.update(invitations)
        .where(
            invitations.c.token_hash == token_hash,
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(invitations.c.person_id)
    ).scalar_one_or_none()
    return person_id


def _invite(
    connection: Connection, person_id: int, token_hash: str, *, by: str, now: datetime, expires_at: datetime
) -> None:
    """Make a link, and let the older ones of the person run out."""
    people.end_links(connection, person_id, now)
    connection.execute(
        sa.insert(invitations).values(
            token_hash=token_hash, person_id=person_id, made_by=by, made_at=now, expires_at=expires_at
        )
    )
