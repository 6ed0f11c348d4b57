"""What people made of the sentences of drafts before they signed them."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.drafting.edits import Edit
from triage.store.database import Database
from triage.store.tables import LIVE, edits, replies


def keep(connection: Connection, letter_id: int, made: Sequence[Edit], now: datetime) -> None:
    """Keep the edits of a reply that is approved, in its transaction. Those of an approval that was undone go."""
    connection.execute(sa.delete(edits).where(edits.c.letter_id == letter_id))
    rows = [{name: getattr(edit, name) for name in Edit.__slots__} for edit in made]
    if rows:
        connection.execute(sa.insert(edits), [row | {"letter_id": letter_id, "made_at": now} for row in rows])


def every(db: Database, template: str = "") -> list[Edit]:
    """All edits of replies that were not called back, oldest first; only those of one template if it is named."""
    with db.read() as connection:
        live = sa.select(replies.c.letter_id).where(LIVE)
        query = sa.select(edits).where(edits.c.letter_id.in_(live)).order_by(edits.c.id)
        if template:
            query = query.where(edits.c.template.startswith(f"{template}@", autoescape=True))
        return [Edit(*(getattr(row, name) for name in Edit.__slots__)) for row in connection.execute(query)]


def by_template(db: Database) -> dict[str, tuple[int, int]]:
    """For each template how many of its sentences were signed as drafted or changed, and how many were changed."""
    changed = sa.func.sum(sa.case((edits.c.distance > 0, 1), else_=0))
    live = sa.select(replies.c.letter_id).where(LIVE)
    query = sa.select(edits.c.template, sa.func.count(), changed).where(edits.c.letter_id.in_(live))
    found: dict[str, tuple[int, int]] = {}
    with db.read() as connection:
        for template, drafted, number in connection.execute(query.group_by(edits.c.template)):
            topic = template.partition("@")[0]
            before = found.get(topic, (0, 0))
            found[topic] = (before[0] + drafted, before[1] + int(number))
    return found
