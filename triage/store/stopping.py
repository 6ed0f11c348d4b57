"""Where in the queue each person stopped, and when."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage import stages
from triage.records import Person
from triage.store.database import Database
from triage.store.letters import where_it_stands
from triage.store.places import Mark
from triage.store.tables import letters, people


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Where somebody stopped, when, and how many letters that wait came in since."""

    mark: Mark
    at: datetime
    new: int


def stop_here(db: Database, letter_id: int, person: Person, now: datetime) -> bool:
    """Remember that this person stopped at this letter; False when there is no such letter."""
    with db.write("stop-here") as connection:
        if where_it_stands(connection, letter_id) is None:
            return False
        mine = people.c.id == person.id
        connection.execute(sa.update(people).where(mine).values(stopped_at=letter_id, stopped_on=now))
    return True


def stopped(db: Database, person: Person) -> Stopped | None:
    """Where this person stopped last; None for somebody who never did."""
    with db.read() as connection:
        query = sa.select(people.c.stopped_at, people.c.stopped_on).where(people.c.id == person.id)
        row = connection.execute(query).one_or_none()
        if row is None or row.stopped_at is None or (here := where_it_stands(connection, row.stopped_at)) is None:
            return None
        at = row.stopped_on
        came = (
            sa.select(sa.func.count()).where(letters.c.stage == stage, letters.c.received_at > at).scalar_subquery()
            for stage in stages.FOR_PEOPLE
        )
        new = connection.scalar(sa.select(sum(came, sa.literal(0))))
    return Stopped(mark=here, at=at, new=new or 0)
