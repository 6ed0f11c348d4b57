"""The hold: while one is open no process sends anything to readers. Restoring a backup opens it, an editor ends it."""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.errors import Conflict
from triage.store import house
from triage.store.database import Database
from triage.store.tables import holds, polls

RESTORED = (
    "This desk was restored from a backup of {} UTC. What was sent after that is not known here, so nothing is sent "
    "until every inbox was compared with its Sent folder and an editor lets mail go out again."
)
_OPEN = holds.c.ended_at.is_(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why nothing is sent. `compared_at` is None until every inbox was compared with its Sent folder."""

    id: int
    reason: str
    since: datetime  # nothing that was sent later is known here
    compared_at: datetime | None
    finding: str  # what hinders the comparison, in plain words


def current(connection: Connection) -> Hold | None:
    """The hold that is open; None when mail may be sent."""
    row = connection.execute(sa.select(holds).where(_OPEN).order_by(holds.c.id).limit(1)).one_or_none()
    if row is None:
        return None
    return Hold(id=row.id, reason=row.reason, since=row.since, compared_at=row.compared_at, finding=row.finding)


def is_open(db: Database) -> Hold | None:
    """As `current`, in a transaction of its own."""
    with db.read() as connection:
        return current(connection)


def forbid(connection: Connection) -> None:
    """Raise Conflict while a hold is open. To be asked in the transaction that claims what is to be sent.

    Until that transaction has ended no hold can be opened, so that none slips in between.
    """
    if connection.dialect.name != "sqlite":  # where a write has the database to itself
        connection.exec_driver_sql("LOCK TABLE holds IN SHARE MODE")
    if (hold := current(connection)) is not None:
        raise Conflict(f"Nothing is sent at the moment. {hold.reason}")


def covers(connection: Connection, received_at: datetime) -> bool:
    """Whether a letter that came then and is read now may have been read by a desk that was replaced by its backup.

    What is sent without a person must not be sent for it: it may have been sent before. That the letter is older than
    the backup says nothing: it may have been collected or read only after that was made.
    """
    query = sa.select(holds.c.id).where(sa.or_(_OPEN, holds.c.ended_at > received_at))
    return connection.execute(query.limit(1)).one_or_none() is not None


def restored(since: datetime) -> sa.Insert:
    """What opens the hold of a desk that is a copy made at that time."""
    reason = RESTORED.format(since.astimezone(UTC).strftime("%Y-%m-%d %H:%M"))
    return sa.insert(holds).values(reason=reason, since=since, finding="", ended_by="")


def open_restored(connection: Connection, since: datetime) -> None:
    """Hold everything in a copy made at that time; whether inboxes were collected or compared before counts no more.

    A hold that was open then goes on.
    """
    connection.execute(sa.update(polls).values(succeeded_at=None))
    hold = current(connection)
    if hold is None:
        connection.execute(restored(since))
    else:  # what it was compared with was known to the desk that was copied, and more has been sent since
        began = min(hold.since, since)
        connection.execute(
            sa.update(holds).where(holds.c.id == hold.id).values(since=began, compared_at=None, finding="")
        )


def note_compared(db: Database, hold: Hold, *, now: datetime, finding: str) -> None:
    """Record that all was compared at `now`, or in `finding` what hinders it."""
    values = {"finding": finding} if finding else {"finding": "", "compared_at": now}
    with db.write("compared") as connection:
        connection.execute(sa.update(holds).where(holds.c.id == hold.id).values(values))


def end(connection: Connection, hold: Hold, *, who: str, now: datetime) -> None:
    """Let mail go out again. Conflict when somebody else was first."""
    changed = connection.execute(
        sa.update(holds).where(holds.c.id == hold.id, _OPEN).values(ended_at=now, ended_by=who)
    )
    if changed.rowcount != 1:
        raise Conflict("Somebody else has just let the mail go out again. Next: look at the letters.")
    house.note(connection, who=who, what="let the desk send mail again after a backup was restored", now=now)
