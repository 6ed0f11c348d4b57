"""Who works here. Every change is noted in the house's log in the same transaction.

A person is never deleted: the name stays in the history of letters, so nobody else can have it.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from triage import house as papers
from triage.errors import Conflict
from triage.records import Person
from triage.stages import Role, Stage, Verb
from triage.store import house, moves, sessions
from triage.store.database import Database
from triage.store.tables import invitations, letters, people, recovery_codes, sign_in_failures, tokens
from triage.store.tables import sessions as session_rows

OPERATOR = "the operator"
"""Who acts on the command line, in the log."""

CAN_SIGN_IN = sa.and_(people.c.active.is_(True), sa.or_(people.c.password_hash != "", people.c.identity != ""))


def add(
    db: Database, name: str, role: Role, password_hash: str, now: datetime, *, email: str = "", by: str = OPERATOR
) -> None:
    """Add a person, without a password where `password_hash` is empty. Conflict when the name is taken."""
    try:
        with db.write("user-add") as connection:
            insert(connection, name, role, password_hash, now, email=email)
            house.note(connection, who=by, what=f"added {name} as an {role}", now=now)
    except IntegrityError as error:
        raise Conflict(taken(name)) from error


def insert(
    connection: Connection,
    name: str,
    role: Role,
    password_hash: str,
    now: datetime,
    *,
    email: str = "",
    active: bool = True,
) -> int:
    """Add a person inside a transaction and return the id. Conflict as `check_free` says."""
    check_free(connection, name)
    row = {"name": name, "role": role, "password_hash": password_hash, "created_at": now, "email": email}
    number: int = connection.scalar(sa.insert(people).values(**row, active=active).returning(people.c.id)) or 0
    return number


def taken(name: str) -> str:
    return f"There is already somebody named {name}, or was. Next: choose another name."


def check_free(connection: Connection, name: str) -> None:
    """Conflict when somebody has this name, or one that differs in capitals only, or has ever had it."""
    if name.casefold() in (known.casefold() for known in connection.scalars(sa.select(people.c.name))):
        raise Conflict(taken(name))


def find(db: Database, name: str) -> tuple[Person, str] | None:
    """The person with this name and the password hash; None when there is nobody or the person has left."""
    with db.read() as connection:
        row = connection.execute(
            sa.select(people).where(people.c.name == name, people.c.active.is_(True), people.c.name != "")
        ).one_or_none()
    return (Person(id=row.id, name=row.name, role=Role(row.role)), row.password_hash) if row else None


def members(db: Database) -> list[papers.Member]:
    """Everybody: those who work here first, then those who have left, each by name."""
    last = (
        sa.select(session_rows.c.person_id, sa.func.max(session_rows.c.seen_at).label("seen_at"))
        .where(session_rows.c.pending.is_(False))
        .group_by(session_rows.c.person_id)
        .subquery()
    )
    with db.read() as connection:
        rows = connection.execute(
            sa.select(people, last.c.seen_at)
            .outerjoin(last, last.c.person_id == people.c.id)
            .where(people.c.name != "")
            .order_by(people.c.active.desc(), sa.func.lower(people.c.name))
        )
        return [
            papers.Member(
                id=row.id,
                name=row.name,
                role=Role(row.role),
                active=row.active,
                expected=not row.password_hash and not row.identity,
                email=row.email,
                second_factor=bool(row.totp_secret),
                identity=row.identity,
                created_at=row.created_at,
                seen_at=row.seen_at,
            )
            for row in rows
        ]


def is_empty(db: Database) -> bool:
    """Whether nobody can sign in yet."""
    with db.read() as connection:
        return not somebody(connection)


def somebody(connection: Connection) -> bool:
    """Whether somebody can sign in, inside a transaction."""
    return bool(connection.scalar(sa.select(sa.exists().where(CAN_SIGN_IN))))


def set_role(db: Database, name: str, role: Role, *, by: str, now: datetime) -> None:
    """Change what a person may do. Conflict for the last editor. It counts from the person's next click on."""
    with db.write("user-role") as connection:
        editors = _editors(connection)
        row = one(connection, name)
        if row.role == role:
            return
        _keep_an_editor(editors, row)
        _set(connection, row, role=role)
        house.note(connection, who=by, what=f"made {name} an {role}", now=now)


def leave(db: Database, name: str, *, by: str, now: datetime) -> None:
    """End a person's sessions, tokens and links, also the one with an account of the organisation.

    The letters that the person saw to wait for everybody again.
    """
    with db.write("user-leave") as connection:
        editors = _editors(connection)
        row = one(connection, name)
        if not row.active:
            return
        _keep_an_editor(editors, row)
        _set(connection, row, active=False, identity="")
        sessions.end_all(connection, row.id)
        for table in (invitations, tokens):
            connection.execute(sa.delete(table).where(table.c.person_id == row.id))
        _release(connection, name, by=by, now=now)
        house.note(connection, who=by, what="left" if by == name else f"let {name} go", now=now)


def come_back(db: Database, name: str, *, by: str, now: datetime) -> None:
    """Let somebody who has left sign in again, with the old role, and the old password if there was one."""
    with db.write("user-back") as connection:
        row = one(connection, name)
        if not row.active:
            _set(connection, row, active=True)
            house.note(connection, who=by, what=f"welcomed {name} back", now=now)


def sign_out(db: Database, name: str, *, by: str, now: datetime, but: str = "") -> int:
    """End a person's sessions except the one with the hash `but`; how many were ended. Without one, tokens end too."""
    with db.write("user-sign-out") as connection:
        row = one(connection, name)
        ended = sessions.end_all(connection, row.id, but=but)
        if not but:
            end_tokens(connection, row.id)
        whom = "out of the other browsers" if by == name and but else f"{name} out everywhere"
        house.note(connection, who=by, what=f"signed {whom}", now=now)
    return ended


def take_off_second_factor(db: Database, name: str, *, by: str, now: datetime) -> None:
    """Let a person sign in with the password alone, and end the sessions: whoever has the telephone is out."""
    with db.write("user-second-factor") as connection:
        row = one(connection, name)
        if not row.totp_secret:
            return
        _set(connection, row, totp_secret="")
        connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.person_id == row.id))
        sessions.end_all(connection, row.id)
        house.note(connection, who=by, what=f"took the second factor off {name}", now=now)


def unlink(db: Database, name: str, *, by: str, now: datetime) -> None:
    """Take the organisation's account off a person and end the sessions. Conflict when no editor could sign in then."""
    with db.write("user-unlink") as connection:
        editors = _editors(connection)
        row = one(connection, name)
        if not row.identity:
            return
        if not row.password_hash:
            _keep_an_editor(editors, row)
        _set(connection, row, identity="")
        sessions.end_all(connection, row.id)
        house.note(connection, who=by, what=f"took the link with the organisation's account off {name}", now=now)


def set_email(db: Database, name: str, email: str, *, by: str, now: datetime) -> None:
    """Where alerts for a person go; empty: nowhere."""
    with db.write("user-email") as connection:
        row = one(connection, name)
        if row.email != email:
            _set(connection, row, email=email)
            whose = "the own" if by == name else f"{name}'s"
            house.note(connection, who=by, what=f"changed {whose} address for alerts", now=now)


def set_password(db: Database, name: str, password_hash: str, *, but: str, now: datetime) -> None:
    """Keep a person's new password; end tokens, open links, and every session except the one with the hash `but`."""
    with db.write("user-password") as connection:
        row = one(connection, name)
        _set(connection, row, password_hash=password_hash)
        sessions.end_all(connection, row.id, but=but)
        end_tokens(connection, row.id)
        end_links(connection, row.id, now)
        house.note(connection, who=name, what="changed the own password", now=now)


def end_tokens(connection: Connection, person_id: int) -> None:
    """Make every API token of a person worthless, inside a transaction."""
    connection.execute(sa.delete(tokens).where(tokens.c.person_id == person_id))


def end_links(connection: Connection, person_id: int, now: datetime) -> None:
    """Let every unused link of a person run out, inside a transaction."""
    connection.execute(
        sa.update(invitations)
        .where(invitations.c.person_id == person_id, invitations.c.used_at.is_(None), invitations.c.expires_at > now)
        .values(expires_at=now)
    )


def one(connection: Connection, name: str) -> Row[Any]:
    """The row of a person, locked inside a transaction; Conflict when there is nobody with this name."""
    query = sa.select(people).where(people.c.name == name, people.c.name != "").with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Conflict(f"There is nobody named {name} here. Next: look at the list of people.")
    return row


def _set(connection: Connection, row: Row[Any], **values: Any) -> None:
    connection.execute(sa.update(people).where(people.c.id == row.id).values(**values))


def _editors(connection: Connection) -> set[int]:
    """Who is an editor and can sign in. Locked, and before anybody else: two may demote each other at once."""
    query = sa.select(people.c.id).where(people.c.role == Role.EDITOR, CAN_SIGN_IN).order_by(people.c.id)
    return set(connection.scalars(query.with_for_update()))


def _keep_an_editor(editors: set[int], row: Row[Any]) -> None:
    """Conflict when an editor is to be one no longer and there is no other."""
    if row.role == Role.EDITOR and not editors - {row.id}:
        raise Conflict(
            f"{row.name} is the last editor, and somebody has to look after the desk. "
            "Next: make somebody else an editor first."
        )


def _release(connection: Connection, name: str, *, by: str, now: datetime) -> None:
    """Letters that somebody who leaves was to see to wait for everybody again."""
    mine = sa.or_(letters.c.assigned_to == name, letters.c.taken_by == name)
    found = connection.execute(
        sa.select(letters.c.id, letters.c.version, letters.c.assigned_to, letters.c.taken_by, letters.c.taken_at)
        .where(mine, letters.c.stage != Stage.ANSWERED)
        .order_by(letters.c.id)
        .with_for_update()
    ).all()
    for letter in found:
        kept = letter.taken_by != name
        connection.execute(
            sa.update(letters)
            .where(letters.c.id == letter.id)
            .values(
                version=letter.version + 1,
                assigned_to="" if letter.assigned_to == name else letter.assigned_to,
                taken_by=letter.taken_by if kept else "",
                taken_at=letter.taken_at if kept else None,
            )
        )
        moves.note(connection, letter.id, Verb.HAND_OVER, who=by, now=now, why=f"for anybody: {name} has left")


# ------------------------------------------------------------------ wrong tries


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
