"""The way back through the queue; the way on is `letters.after`."""

from triage.records import Slip
from triage.store.database import Database
from triage.store.letters import of_spans, placed, to_slip, where_it_stands
from triage.store.places import QUEUE


def before(db: Database, letter_id: int) -> Slip | None:
    """The letter that waits before this one in the queue; None when this one is the first."""
    with db.read() as connection:
        here = where_it_stands(connection, letter_id)
        if here is None:
            return None
        for number in range(here.group, -1, -1):
            earlier = [placed < (here.place, here.letter_id)] if number == here.group else []
            query = of_spans(QUEUE[number], *earlier, limit=1, backwards=True)
            if row := connection.execute(query).one_or_none():
                return to_slip(row)
    return None
