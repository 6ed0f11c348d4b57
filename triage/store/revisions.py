"""The revisions of a reply, all of which are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.errors import Conflict
from triage.records import Draft
from triage.store.database import Database
from triage.store.drafts import from_row
from triage.store.tables import drafts


@dataclass(frozen=True, slots=True)
class Mark:
    """One revision in a list: its number, who wrote it, and when."""

    number: int
    author: str
    made_at: datetime


def every(db: Database, letter_id: int) -> Sequence[Mark]:
    """All revisions of a letter's reply, oldest first, without their text."""
    query = sa.select(drafts.c.revision, drafts.c.author, drafts.c.made_at).where(drafts.c.letter_id == letter_id)
    with db.read() as connection:
        return [Mark(*row) for row in connection.execute(query.order_by(drafts.c.revision))]


def one(db: Database, letter_id: int, number: int) -> Draft:
    """One revision; Conflict when the reply never had it."""
    query = sa.select(drafts).where(drafts.c.letter_id == letter_id, drafts.c.revision == number)
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise Conflict(f"This reply has no version {number}. Next: choose one from the list of its versions.")
    return from_row(row)
