"""Letters for programs that go through all of them: the newest first, one page after the other."""

import sqlalchemy as sa

from triage.records import Slip
from triage.store.database import Database
from triage.store.filters import Filters
from triage.store.letters import to_slip
from triage.store.tables import letters


def page(db: Database, filters: Filters, *, below: int | None, limit: int) -> list[Slip]:
    """The letters with a number below `below`, the highest first.

    Numbers never change, so that going on from the last one misses none and repeats none.
    """
    query = sa.select(letters).where(*filters.where())
    if below is not None:
        query = query.where(letters.c.id < below)
    with db.read() as connection:
        return [to_slip(row) for row in connection.execute(query.order_by(letters.c.id.desc()).limit(limit))]
