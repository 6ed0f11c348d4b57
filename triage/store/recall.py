"""The replies that can still be called back."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.stages import Stage
from triage.store.database import Database
from triage.store.tables import letters, replies


@dataclass(frozen=True, slots=True, kw_only=True)
class Recallable:
    """A reply that can still be called back, and whom it goes to."""

    letter_id: int
    reader: str
    undo_until: datetime


def recallable(db: Database, person: str, now: datetime) -> list[Recallable]:
    """What this person has approved and can still call back, the one that goes out next first."""
    # Few letters are approved at any moment; from each of them its live reply is one look into an index.
    query = (
        sa.select(letters.c.id, letters.c.sender_name, replies.c.recipient, replies.c.undo_until)
        .join(replies, replies.c.letter_id == letters.c.id)
        .where(
            letters.c.stage == Stage.APPROVED,
            sa.text(
                "NOT replies.withdrawn"
            ),  # word for word as in the index of live replies, or SQLite does not see it
            replies.c.approved_by == person,
            replies.c.undo_until > now,
        )
        .order_by(replies.c.undo_until)
    )
    with db.read() as connection:
        return [
            Recallable(letter_id=row.id, reader=row.sender_name or row.recipient, undo_until=row.undo_until)
            for row in connection.execute(query)
        ]
