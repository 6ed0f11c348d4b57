"""Who looks after a letter, who sees to it next, and who gave a reply its second reading."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage import stages
from triage.errors import Conflict
from triage.records import Slip
from triage.stages import SAID, Stage, Verb
from triage.store.database import Database
from triage.store.drafts import check_latest
from triage.store.letters import slip
from triage.store.moves import note
from triage.store.tables import letters, people, second_readings


def colleagues(db: Database) -> tuple[str, ...]:
    """The names of those who may sign in, in alphabetical order."""
    with db.read() as connection:
        query = sa.select(people.c.name).where(people.c.active, people.c.name != "").order_by(people.c.name)
        return tuple(connection.scalars(query))


def take(db: Database, letter_id: int, *, who: str, instead_of: str, now: datetime) -> None:
    """Have `who` look after a letter, from nobody ("") or from the one who does.

    Conflict when somebody else than `instead_of` looks after it by now. Taking it twice changes nothing.
    """
    with db.write("take") as connection:
        seen = _waiting(connection, letter_id)
        if seen.taken_by == who:
            return
        if seen.taken_by != instead_of:
            raise Conflict(_taken(seen.taken_by))
        _change(connection, seen, taken_by=who, taken_at=now, assigned_to=who)
        why = f"{instead_of} looked after it before" if instead_of else ""
        note(connection, letter_id, Verb.TAKE, who=who, now=now, why=why)


def hand_over(db: Database, letter_id: int, *, who: str, to: str, words: str, now: datetime) -> None:
    """Give a letter to `to`, or to nobody (""). Conflict when that person cannot sign in.

    Who gives a letter that she looks after back to nobody looks after it no longer.
    """
    with db.write("hand-over") as connection:
        seen = _waiting(connection, letter_id)
        active = sa.select(sa.exists().where(people.c.name == to, people.c.active))
        if to and not connection.scalar(active):
            raise Conflict(f"Nobody named {to} can sign in here. Next: choose somebody else.")
        given_back = {"taken_by": "", "taken_at": None} if not to and seen.taken_by == who else {}
        _change(connection, seen, assigned_to=to, **given_back)
        why = f"for {to or 'anybody'}" + (f": {words}" if words else "")
        note(connection, letter_id, Verb.HAND_OVER, who=who, now=now, why=why)


def second_read(db: Database, letter_id: int, revision: int, *, who: str, now: datetime) -> None:
    """Note that `who` read this revision and finds it good; Conflict unless it is the latest one of a draft."""
    with db.write("second-read") as connection:
        check_latest(connection, letter_id, revision)
        seen = _waiting(connection, letter_id)
        if seen.stage is not Stage.DRAFTED:
            raise Conflict(f"This letter is {SAID[seen.stage]}, so there is no reply to read. Next: look at it anew.")
        key = {"letter_id": letter_id, "revision": revision, "person": who}
        if connection.execute(sa.select(second_readings).filter_by(**key)).first() is not None:
            return
        connection.execute(sa.insert(second_readings).values(**key, made_at=now))
        _change(connection, seen)
        note(connection, letter_id, Verb.SECOND_READ, who=who, now=now, revision=revision)


def _waiting(connection: Connection, letter_id: int) -> Slip:
    """Lock a letter that waits for a person and return it; Conflict for any other."""
    connection.execute(sa.select(letters.c.id).where(letters.c.id == letter_id).with_for_update())
    found = slip(connection, letter_id)
    if found.stage not in stages.FOR_PEOPLE:
        raise Conflict(f"This letter is {SAID[found.stage]}, so it waits for nobody. Next: look at its current state.")
    return found


def _change(connection: Connection, seen: Slip, **fields: object) -> None:
    """Set columns of a letter; its version grows, so that whoever decided on the old one has to look again."""
    connection.execute(sa.update(letters).where(letters.c.id == seen.id).values(version=seen.version + 1, **fields))


def _taken(by: str) -> str:
    if by:
        return f"{by} has taken this letter. Next: leave it to {by}, or take it over."
    return "Nobody looks after this letter any more. Next: take it yourself."
