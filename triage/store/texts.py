"""Templates and voices as people changed them at the desk. Rows are only ever added, so this is its own history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from triage.errors import Conflict
from triage.house import Text
from triage.records import Address, Kind
from triage.stages import Stage
from triage.store import house
from triage.store.database import Database
from triage.store.tables import letter_topics, letters, texts

TEMPLATE, VOICE = "template", "voice"
_UNREAD = (Stage.COLLECTED, Stage.HELD, Stage.STUCK)
_READ_AS = (Kind.LETTER, Kind.THANKS, Kind.COLUMN_FEEDBACK)


@dataclass(frozen=True, slots=True)
class Sample:
    """A letter to try a text on."""

    letter_id: int
    subject: str
    sender: Address
    received_at: datetime


def newest(db: Database) -> int:
    """The id of the last row of all, or 0: as long as it stays the same, so does everything else here."""
    with db.read() as connection:
        return connection.scalar(sa.select(sa.func.max(texts.c.id))) or 0


def latest(db: Database) -> list[Text]:
    """The newest row of each template and voice that was ever changed, by kind and name."""
    last = sa.select(sa.func.max(texts.c.id)).group_by(texts.c.kind, texts.c.name)
    query = sa.select(texts).where(texts.c.id.in_(last)).order_by(texts.c.kind, texts.c.name)
    with db.read() as connection:
        return [_text(row) for row in connection.execute(query)]


def history(db: Database, kind: str, name: str) -> list[Text]:
    """Every row of one template or voice, newest first."""
    query = sa.select(texts).where(texts.c.kind == kind, texts.c.name == name).order_by(texts.c.id.desc())
    with db.read() as connection:
        return [_text(row) for row in connection.execute(query)]


def add(
    db: Database, *, kind: str, name: str, body: str, who: str, why: str, what: str, seen: int, now: datetime
) -> None:
    """Keep a text; from now on it is the one that counts. Empty: as in the file again.

    `what` says in the log of the house what was done. Raises Conflict when `seen`, the row that the person
    changed (0: none), is no longer the newest.
    """
    with db.write("text") as connection:
        _alone(connection)
        of_this = sa.select(texts).where(texts.c.kind == kind, texts.c.name == name)
        last = connection.execute(of_this.order_by(texts.c.id.desc()).limit(1)).one_or_none()
        if (last.id if last else 0) != seen:
            by = f"{last.person} has" if last else "Somebody has"
            raise Conflict(
                f"{by} saved another version since you opened the page, so yours was not saved. "
                "Next: copy what you changed, open the page anew, and put it in there."
            )
        connection.execute(sa.insert(texts).values(kind=kind, name=name, body=body, person=who, why=why, made_at=now))
        house.note(connection, who=who, what=what, now=now)


def samples(
    db: Database, *, topic: str = "", kind: str = "", without_topic: bool = False, limit: int = 12
) -> Sequence[Sample]:
    """The latest letters that the machine has read, newest first: those of a topic, of a kind, or without a topic.

    Held letters are never among them.
    """
    query = (
        sa.select(letters.c.id, letters.c.subject, letters.c.sender_name, letters.c.sender_email, letters.c.received_at)
        .where(
            letters.c.stage.not_in(_UNREAD),
            letters.c.risk.in_(("R0", "R1")),
            letters.c.kind == kind if kind else letters.c.kind.in_(_READ_AS),
        )
        .order_by(letters.c.received_at.desc(), letters.c.id.desc())
        .limit(limit)
    )
    of_topic = sa.select(letter_topics.c.letter_id)
    if topic:
        query = query.where(letters.c.id.in_(of_topic.where(letter_topics.c.topic == topic)))
    if without_topic:
        query = query.where(letters.c.id.not_in(of_topic))
    with db.read() as connection:
        return [
            Sample(row.id, row.subject, Address(row.sender_name, row.sender_email), row.received_at)
            for row in connection.execute(query)
        ]


def _alone(connection: Connection) -> None:
    """Let no other process add a row before this transaction ends: PostgreSQL would number rows before it shows
    them, and who asks for the newest would miss one for good. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE texts IN SHARE ROW EXCLUSIVE MODE")


def _text(row: Row[Any]) -> Text:
    return Text(
        id=row.id, kind=row.kind, name=row.name, body=row.body, person=row.person, why=row.why, made_at=row.made_at
    )
