"""Notes that a letter has arrived: at most one a letter, and each handed to the mail server at most once."""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.errors import Conflict
from triage.records import Phase
from triage.stages import Stage
from triage.store import holds
from triage.store.clocks import has_come
from triage.store.database import Database
from triage.store.tables import acknowledgements, letters, sightings

WAITING = "waiting"
TOO_LATE = "It could not go out while it was of use."
_LOCK = 0x7472_6964  # one process puts notes in line at a time
_OVER = (Stage.SENDING, Stage.UNKNOWN, Stage.ANSWERED, Stage.ASIDE, Stage.LET_GO)


class Acknowledgement(NamedTuple):
    """One note, frozen. It has no envelope sender, so that nothing can come back to it (RFC 3834 section 3.3)."""

    letter_id: int
    account: str
    recipient: str
    message_id: str
    message: bytes
    tries: int = 0
    mail_from: str = ""


def keep(
    connection: Connection, *, note: Acknowledgement, folder: str, now: datetime, every: timedelta, most: int
) -> bool:
    """Put a note in line; False when this letter or, within `every`, this address has one, or `most` were made.

    False also for a letter whose note may have been sent by a desk that was replaced by its backup, and for one that
    did not come in by the inbox's `folder` but from an archive.
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time; here two would not see each other
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    received_at = connection.scalar(sa.select(letters.c.received_at).where(letters.c.id == note.letter_id))
    came = sa.select(sightings.c.uid).join(letters, letters.c.digest == sightings.c.digest)
    came = came.where(letters.c.id == note.letter_id, sightings.c.folder == folder)
    if received_at is None or holds.covers(connection, received_at) or connection.execute(came).first() is None:
        return False
    # A clock that was ahead must not keep everybody from getting a note until that day has come.
    lately = sa.and_(acknowledgements.c.made_at > now - every, acknowledgements.c.made_at <= now + every)
    same = sa.or_(
        acknowledgements.c.letter_id == note.letter_id,
        sa.and_(sa.func.lower(acknowledgements.c.recipient) == note.recipient.lower(), lately),
    )
    # A letter of the same thread that came before has had its note or its answer.
    thread = sa.select(letters.c.thread_id).where(letters.c.id == note.letter_id).scalar_subquery()
    earlier = sa.select(letters.c.id).where(letters.c.thread_id == thread, letters.c.id < note.letter_id)
    made = sa.select(sa.func.count()).select_from(acknowledgements).where(lately)
    if (
        connection.scalar(sa.select(acknowledgements.c.letter_id).where(same).limit(1)) is not None
        or connection.scalar(earlier.limit(1)) is not None
        or (connection.scalar(made) or 0) >= most
    ):
        return False
    connection.execute(
        sa.insert(acknowledgements).values(
            letter_id=note.letter_id,
            account=note.account,
            recipient=note.recipient,
            message_id=note.message_id,
            message=note.message,
            phase=WAITING,
            made_at=now,
        )
    )
    return True


def due(db: Database, now: datetime) -> list[Acknowledgement]:
    """The notes in line, oldest first."""
    with db.read() as connection:
        query = sa.select(acknowledgements).where(
            acknowledgements.c.phase == WAITING,
            sa.or_(
                acknowledgements.c.retry_at.is_(None),
                has_come(acknowledgements.c.retry_at, now, longest=timedelta(hours=1)),
            ),
        )
        rows = connection.execute(query.order_by(acknowledgements.c.made_at).limit(100))
        return [Acknowledgement(r.letter_id, r.account, r.recipient, r.message_id, r.message, r.tries) for r in rows]


def give_up(db: Database, before: datetime, now: datetime) -> None:
    """Take the notes out of line that were made before a time, or whose letter no longer waits for its answer."""
    over = sa.select(letters.c.id).where(letters.c.stage.in_(_OVER))
    late = sa.and_(
        acknowledgements.c.phase == WAITING,
        sa.or_(acknowledgements.c.made_at < before, acknowledgements.c.letter_id.in_(over)),
    )
    with db.read() as connection:
        if connection.scalar(sa.select(acknowledgements.c.letter_id).where(late).limit(1)) is None:
            return
    with db.write("note-too-late") as connection:
        connection.execute(
            sa.update(acknowledgements).where(late).values(phase=Phase.REFUSED, ended_at=now, error=TOO_LATE)
        )


def handed_over(db: Database, account: str, since: datetime) -> int:
    """How many notes of an account may have reached its mail server in the hour since then."""
    query = sa.select(sa.func.count()).where(
        acknowledgements.c.account == account,
        acknowledgements.c.phase.in_((Phase.IN_DATA, Phase.SENT, Phase.UNKNOWN)),
        acknowledgements.c.ended_at.between(since, since + timedelta(hours=1)),
    )
    with db.read() as connection:
        return int(connection.scalar(query) or 0)


def replies_in_line(db: Database, account: str) -> int:
    """How many approved replies of an account have not gone out yet."""
    query = sa.select(sa.func.count()).where(letters.c.account == account, letters.c.stage == Stage.APPROVED)
    with db.read() as connection:
        return int(connection.scalar(query) or 0)


def postpone(db: Database, account: str, until: datetime) -> None:
    """Keep every note of an account in line until its server may be well again."""
    waiting = sa.and_(acknowledgements.c.account == account, acknowledgements.c.phase == WAITING)
    with db.write("postpone-notes") as connection:
        connection.execute(
            sa.update(acknowledgements)
            .where(waiting, sa.or_(acknowledgements.c.retry_at.is_(None), acknowledgements.c.retry_at < until))
            .values(retry_at=until)
        )


def recover(db: Database, now: datetime) -> None:
    """What a dead sender left behind: nothing was sent before DATA; what was in DATA is not tried again."""
    left = sa.select(acknowledgements.c.letter_id).where(acknowledgements.c.phase.in_((Phase.PRE_DATA, Phase.IN_DATA)))
    with db.read() as connection:
        if connection.scalar(left.limit(1)) is None:
            return
    with db.write("recover-notes") as connection:
        for before, after in ((Phase.PRE_DATA, WAITING), (Phase.IN_DATA, Phase.UNKNOWN)):
            connection.execute(
                sa.update(acknowledgements).where(acknowledgements.c.phase == before).values(phase=after, ended_at=now)
            )


def move(
    db: Database,
    letter_id: int,
    before: tuple[str, ...],
    after: str,
    *,
    now: datetime,
    error: str = "",
    retry_at: datetime | None = None,
) -> None:
    """Take a note from one phase to the next. Conflict when another process was first."""
    values = {"phase": after, "ended_at": now, "error": error[:500], "retry_at": retry_at}
    if after == Phase.PRE_DATA:
        values["tries"] = acknowledgements.c.tries + 1
    with db.write(f"note-{after}") as connection:
        if after == Phase.PRE_DATA:
            holds.forbid(connection)
        changed = connection.execute(
            sa.update(acknowledgements)
            .where(acknowledgements.c.letter_id == letter_id, acknowledgements.c.phase.in_(before))
            .values(values)
        )
        if changed.rowcount != 1:
            raise Conflict("Another process has taken this note over.")
