"""The way back through the queue; the way on is `letters.after`."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from triage.records import Slip
from triage.store.database import Database
from triage.store.letters import to_slip, where_it_stands
from triage.store.places import QUEUE
from triage.store.tables import letters


def before(db: Database, letter_id: int) -> Slip | None:
    """The letter that waits before this one in the queue; None when this one is the first."""
    place = sa.tuple_(letters.c.place, letters.c.id)
    with db.read() as connection:
        here = where_it_stands(connection, letter_id)
        if here is None:
            return None
        for number in range(here.group, -1, -1):
            rows: list[Row[Any]] = []
            for span in QUEUE[number]:
                query = sa.select(letters).where(letters.c.stage == span.stage, letters.c.place >= span.low)
                if span.high:
                    query = query.where(letters.c.place < span.high)
                if number == here.group:
                    query = query.where(place < (here.place, here.letter_id))
                rows += connection.execute(query.order_by(letters.c.place.desc(), letters.c.id.desc()).limit(1))
            if rows:
                return to_slip(max(rows, key=lambda row: (row.place, row.id)))
    return None
