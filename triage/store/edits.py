"""What people made of the sentences of drafts before they signed them."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.drafting.edits import Edit
from triage.store.database import Database
from triage.store.tables import edits, replies


def keep(connection: Connection, letter_id: int, made: Sequence[Edit], now: datetime) -> None:
    """Keep the edits of a reply that is approved, in its transaction. Those of an approval that was undone go."""
    connection.execute(sa.delete(edits).where(edits.c.letter_id == letter_id))
    rows = [{name: getattr(edit, name) for name in Edit.__slots__} for edit in made]
    if rows:
        connection.execute(sa.insert(edits), [row | {"letter_id": letter_id, "made_at": now} for row in rows])


def every(db: Database) -> list[Edit]:
    """All edits of replies that were not called back, oldest first."""
    with db.read() as connection:
        live = sa.select(replies.c.letter_id).where(replies.c.withdrawn.is_(False))
        query = sa.select(edits).where(edits.c.letter_id.in_(live)).order_by(edits.c.id)
        return [Edit(*(getattr(row, name) for name in Edit.__slots__)) for row in connection.execute(query)]
