"""The second factor of people: a key that an app shares, the last code that counted, and recovery codes.

The key stands in `people.totp_secret` as it is. The desk has to compute codes from it, so a hash will not do, and
a cipher would need its own key beside the database: whoever reads the database reads the letters too.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.errors import Conflict
from triage.records import Person
from triage.store import house, sessions
from triage.store.database import Database
from triage.store.tables import people, recovery_codes
from triage.store.tables import sessions as session_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """What one person has: the key (base32; empty: no second factor) and how many recovery codes are unused."""

    secret: str = field(repr=False)
    codes_left: int


def of(db: Database, person_id: int) -> Factor:
    """The second factor of a person."""
    left = sa.select(sa.func.count()).where(recovery_codes.c.person_id == person_id).scalar_subquery()
    with db.read() as connection:
        row = connection.execute(
            sa.select(people.c.totp_secret, left.label("left")).where(people.c.id == person_id)
        ).one_or_none()
    return Factor(secret=row.totp_secret, codes_left=row.left) if row else Factor(secret="", codes_left=0)


def turn_on(
    db: Database, person: Person, *, secret: str, step: int, code_hashes: Iterable[str], but: str, now: datetime
) -> None:
    """Keep the key; `step` is the time step of the code that confirmed it, which is used up with that.

    Sessions of the person end, except the one with the hash `but`. Raises Conflict when there is a key already.
    """
    with db.write("second-factor-on") as connection:
        done = connection.execute(
            sa.update(people)
            .where(people.c.id == person.id, people.c.totp_secret == "", people.c.totp_last < step)
            .values(totp_secret=secret, totp_last=step)
        )
        if done.rowcount != 1:
            raise Conflict("Your second factor is on already, or this code was used. Next: look at your account.")
        _replace_codes(connection, person.id, code_hashes)
        sessions.end_all(connection, person.id, but=but)
        house.note(connection, who=person.name, what="turned the second factor on", now=now)


def turn_off(db: Database, person: Person, *, who: str, now: datetime) -> None:
    """Forget the key and the recovery codes. `who` did it: the person, or somebody who looks after people."""
    what = "turned the second factor off" if who == person.name else f"took the second factor off {person.name}"
    with db.write("second-factor-off") as connection:
        connection.execute(sa.update(people).where(people.c.id == person.id).values(totp_secret=""))
        _replace_codes(connection, person.id, ())
        house.note(connection, who=who, what=what, now=now)


def sign_out_without(db: Database, person_ids: Collection[int]) -> None:
    """End the sessions of those among these people who have no second factor; who just sets one up goes on with it."""
    without = sa.select(people.c.id).where(people.c.id.in_(person_ids), people.c.totp_secret == "")
    with db.write("second-factor-needed") as connection:
        sessions.end(connection, sa.and_(session_rows.c.person_id.in_(without), session_rows.c.pending.is_(False)))


def renew_codes(db: Database, person: Person, code_hashes: Iterable[str], now: datetime) -> None:
    """Put new recovery codes in the place of the old ones."""
    with db.write("recovery-codes") as connection:
        _replace_codes(connection, person.id, code_hashes)
        house.note(connection, who=person.name, what="made new recovery codes", now=now)


def note_last_try(db: Database, person: Person, tries: int, now: datetime) -> None:
    """Tell the house that somebody who knows the password has run out of tries."""
    with db.write("second-factor-try") as connection:
        house.note(connection, who=person.name, what=f"gave the right password, then {tries} wrong codes", now=now)


def spend_step(db: Database, person: Person, secret: str, step: int) -> bool:
    """Use up the code of a time step, once; False when it, or a later one, was used before."""
    with db.write("second-factor-code") as connection:
        done = connection.execute(
            sa.update(people)
            .where(people.c.id == person.id, people.c.totp_secret == secret, people.c.totp_last < step)
            .values(totp_last=step)
        )
        return done.rowcount == 1


def spend_recovery_code(db: Database, person: Person, code_hash: str, now: datetime) -> bool:
    """Use up a recovery code, once; False when there is no such code."""
    with db.write("second-factor-code") as connection:
        done = connection.execute(
            sa.delete(recovery_codes).where(
                recovery_codes.c.person_id == person.id, recovery_codes.c.code_hash == code_hash
            )
        )
        if done.rowcount == 1:
            house.note(connection, who=person.name, what="used a recovery code", now=now)
        return done.rowcount == 1


def _replace_codes(connection: Connection, person_id: int, code_hashes: Iterable[str]) -> None:
    connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.person_id == person_id))
    rows = [{"person_id": person_id, "code_hash": code_hash} for code_hash in code_hashes]
    if rows:
        connection.execute(sa.insert(recovery_codes), rows)
