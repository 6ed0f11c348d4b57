"""Where in the queue each person stopped: the letter in `people.stopped_at`, the time in the house's log."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage import stages
from triage.records import Person
from triage.store.database import Database
from triage.store.house import note
from triage.store.letters import where_it_stands
from triage.store.places import Mark
from triage.store.tables import house_log, letters, people


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
        connection.execute(sa.update(people).where(people.c.id == person.id).values(stopped_at=letter_id))
        note(connection, who=person.name, what=_what(letter_id), now=now)
    return True


def stopped(db: Database, person: Person) -> Stopped | None:
    """Where this person stopped last; None for somebody who never did."""
    with db.read() as connection:
        letter_id = connection.scalar(sa.select(people.c.stopped_at).where(people.c.id == person.id))
        here = where_it_stands(connection, letter_id) if letter_id is not None else None
        if letter_id is None or here is None:
            return None
        at = connection.scalar(
            sa.select(house_log.c.at)
            .where(house_log.c.who == person.name, house_log.c.what == _what(letter_id))
            .order_by(house_log.c.id.desc())
            .limit(1)
        )
        if at is None:
            return None
        came = (
            sa.select(sa.func.count()).where(letters.c.stage == stage, letters.c.received_at > at).scalar_subquery()
            for stage in stages.FOR_PEOPLE
        )
        new = connection.scalar(sa.select(sum(came, sa.literal(0))))
    return Stopped(mark=here, at=at, new=new or 0)


def _what(letter_id: int) -> str:
    return f"stopped for today at letter {letter_id}"
