"""How the service is: when its steps ran, what waits too long, and the troubles that are open.

A trouble is open once for each kind and what it is about: the schema allows no second one, so that any number of
processes may look at the same time.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from triage.house import Standing, Step, Trouble, Waiting
from triage.stages import Stage
from triage.store import holds, webhooks
from triage.store.clocks import has_come
from triage.store.collected import health
from triage.store.database import Database
from triage.store.tables import LIVE, letters, replies, steps, troubles

BEGAN, ENDED = "desk.trouble", "desk.trouble_ended"
"""What webhooks are told of a trouble."""
NOT_COLLECTED = "not-collected:%"
"""The digest of a letter that stands for a message which the server never handed over (`collected.note_failure`)."""
QUIET = timedelta(minutes=10)
"""A trouble that comes back within this time after it ended goes on as the same one, and nobody is told of its end."""
LONGEST_REMINDER = timedelta(days=2)


def note_step(
    db: Database, name: str, *, every_seconds: float, began_at: datetime, succeeded_at: datetime | None, error: str
) -> None:
    """Record the last run of a step; without `succeeded_at` the time of the last one that went well stays."""
    values: dict[str, Any] = {"every_seconds": every_seconds, "began_at": began_at, "error": error}
    if succeeded_at is not None:
        values["succeeded_at"] = succeeded_at
    with db.write("step") as connection:
        _keep(connection, {"name": name}, values)


def forget_steps(db: Database, but: Collection[str]) -> None:
    """Forget the steps that no schedule has any more."""
    with db.read() as connection:
        gone = [name for name in connection.scalars(sa.select(steps.c.name)) if name not in but]
    if gone:
        with db.write("steps-forget") as connection:
            connection.execute(sa.delete(steps).where(steps.c.name.in_(gone)))


def all_steps(db: Database) -> tuple[Step, ...]:
    """Every step that ever ran, by name."""
    with db.read() as connection:
        return tuple(Step(**row._mapping) for row in connection.execute(sa.select(steps).order_by(steps.c.name)))


def letters_by_stage(db: Database) -> dict[str, int]:
    """How many letters are in each stage; those without any are left out."""
    with db.read() as connection:
        query = sa.select(letters.c.stage, sa.func.count().label("letters")).group_by(letters.c.stage)
        return {row.stage: row.letters for row in connection.execute(query)}


def standing(db: Database, *, now: datetime, patience: timedelta) -> Standing:
    """How the service is. What has been in one state for longer than `patience` waits too long.

    So does what lies ahead by as much: it was written down before the clock was set back.
    """
    since, ahead = now - patience, now + patience
    old = sa.or_(letters.c.moved_at < since, letters.c.moved_at > ahead)
    missing = letters.c.digest.like(NOT_COLLECTED)
    late = sa.and_(LIVE, sa.or_(replies.c.undo_until < since, replies.c.approved_at > ahead))
    on_its_way = (Stage.APPROVED, Stage.SENDING)
    with db.read() as connection:
        hold = holds.current(connection)
        unread = _waiting(connection, (Stage.COLLECTED, Stage.ASSESSED), old)
        stuck = _waiting(connection, (Stage.STUCK,), sa.and_(old, ~missing))
        not_collected = _waiting(connection, (Stage.STUCK,), missing)
        unknown = _waiting(connection, (Stage.UNKNOWN,), old)
        waiting = _grouped(letters.c.account, replies.c.undo_until).join(replies, replies.c.letter_id == letters.c.id)
        unsent = _by_account(connection, waiting.where(letters.c.stage.in_(on_its_way), late))
    return Standing(
        polls=tuple(health(db)),
        steps=all_steps(db),
        unread=unread,
        stuck=stuck,
        not_collected=not_collected,
        unknown=unknown,
        unsent=unsent,
        hold=f"{hold.reason} {hold.finding}".strip() if hold else "",
    )


def begin(
    db: Database, kind: str, about: str, said: str, *, now: datetime, remind_after: Callable[[int], timedelta]
) -> bool:
    """Open a trouble, and have webhooks told; False when it is open already.

    One that ended a moment ago goes on, and people who were told of it n times are told again `remind_after(n)`.
    """
    with db.write("trouble") as connection:
        last = connection.execute(
            sa.select(troubles)
            .where(troubles.c.kind == kind, troubles.c.about == about)
            .order_by(troubles.c.id.desc())
            .limit(1)
        ).one_or_none()
        if last is not None and last.ended_at is None:
            return False
        if last is not None and last.end_told_at is None and now - QUIET < last.ended_at <= now:
            webhooks.take_back(connection, last.id, ENDED)
            same = sa.and_(troubles.c.id == last.id, troubles.c.ended_at.is_not(None))
            due_again = last.told_at + remind_after(last.told) if last.told else now
            back = {"ended_at": None, "said": said, "tries": 0, "next_try_at": due_again}
            return connection.execute(sa.update(troubles).where(same).values(back)).rowcount == 1
        row = {"kind": kind, "about": about, "said": said, "since": now, "next_try_at": now}
        made = _insert(connection, troubles).values(row).on_conflict_do_nothing().returning(troubles.c.id)
        number = connection.execute(made).scalar_one_or_none()
        if number is not None:
            webhooks.note_trouble(connection, number, BEGAN, now=now, due_at=now)
    return number is not None


def say(db: Database, trouble: Trouble, said: str) -> None:
    """Say anew what an open trouble is, as when a fourth letter waits beside three."""
    with db.write("trouble-say") as connection:
        connection.execute(sa.update(troubles).where(troubles.c.id == trouble.id).values(said=said))


def end(db: Database, trouble: Trouble, *, now: datetime) -> bool:
    """Close a trouble, and have webhooks told; False when another process was first."""
    with db.write("trouble-end") as connection:
        done = connection.execute(
            sa.update(troubles)
            .where(troubles.c.id == trouble.id, troubles.c.ended_at.is_(None))
            .values(ended_at=now, tries=0, next_try_at=now + QUIET)
        )
        if done.rowcount == 1:
            webhooks.note_trouble(connection, trouble.id, ENDED, now=now, due_at=now + QUIET)
    return done.rowcount == 1


def open_troubles(db: Database) -> list[Trouble]:
    """What is wrong as far as it was found, oldest first."""
    return _troubles(db, troubles.c.ended_at.is_(None))


def due(db: Database, now: datetime, *, most_tries: int) -> list[Trouble]:
    """The troubles that people are to be told of now, and those whose end they are to be told of.

    The end of a trouble that nobody was told of is not told, nor is it tried more than `most_tries` times.
    """
    over = sa.and_(troubles.c.told > 0, troubles.c.end_told_at.is_(None), troubles.c.tries < most_tries)
    come = has_come(troubles.c.next_try_at, now, longest=LONGEST_REMINDER)
    return _troubles(db, sa.and_(come, sa.or_(troubles.c.ended_at.is_(None), over)))


def claim(db: Database, trouble: Trouble, *, next_try_at: datetime) -> bool:
    """Count a try to tell before it is made; False when another process was first. After a crash it is tried again."""
    same_end = troubles.c.ended_at.is_not(None) if trouble.ended_at else troubles.c.ended_at.is_(None)
    with db.write("trouble-claim") as connection:
        done = connection.execute(
            sa.update(troubles)
            .where(
                troubles.c.id == trouble.id,
                troubles.c.tries == trouble.tries,
                troubles.c.told == trouble.told,
                troubles.c.end_told_at.is_(None),
                same_end,
            )
            .values(tries=trouble.tries + 1, next_try_at=next_try_at)
        )
    return done.rowcount == 1


def note_told(db: Database, trouble: Trouble, *, now: datetime, next_at: datetime, error: str) -> None:
    """People were told; `error` says whom that did not reach. The next time is `next_at`."""
    values: dict[str, Any] = {"told_at": now, "tries": 0, "error": error}
    values |= {"end_told_at": now} if trouble.ended_at else {"told": trouble.told + 1, "next_try_at": next_at}
    with db.write("trouble-told") as connection:
        connection.execute(sa.update(troubles).where(troubles.c.id == trouble.id).values(values))


def make_due(db: Database, now: datetime) -> None:
    """Have people told now of all that is told later: after the clock was set back nobody knows how much later."""
    with db.write("troubles-due") as connection:
        connection.execute(sa.update(troubles).where(troubles.c.next_try_at > now).values(next_try_at=now))


def note_untold(db: Database, trouble: Trouble, error: str) -> None:
    """Nobody could be told, and why."""
    with db.write("trouble-untold") as connection:
        connection.execute(sa.update(troubles).where(troubles.c.id == trouble.id).values(error=error))


def _troubles(db: Database, which: sa.ColumnElement[bool]) -> list[Trouble]:
    with db.read() as connection:
        return [_trouble(row) for row in connection.execute(sa.select(troubles).where(which).order_by(troubles.c.id))]


def _trouble(row: Row[Any]) -> Trouble:
    return Trouble(**{name: getattr(row, name) for name in Trouble.__slots__})


def _waiting(connection: Connection, stages: Sequence[Stage], which: sa.ColumnElement[bool]) -> Mapping[str, Waiting]:
    grouped = _grouped(letters.c.account, letters.c.moved_at)
    return _by_account(connection, grouped.where(letters.c.stage.in_(stages), which))


def _grouped(account: sa.Column[Any], since: sa.Column[Any]) -> sa.Select[Any]:
    counted = sa.select(account.label("account"), sa.func.count().label("letters"), sa.func.min(since).label("since"))
    return counted.group_by(account)


def _by_account(connection: Connection, query: sa.Select[Any]) -> Mapping[str, Waiting]:
    return {row.account: Waiting(letters=row.letters, since=row.since) for row in connection.execute(query)}


def _keep(connection: Connection, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    new = _insert(connection, steps).values({**key, **values})
    connection.execute(new.on_conflict_do_update(index_elements=list(key), set_=values))


def _insert(connection: Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what happens when the row is there already."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
