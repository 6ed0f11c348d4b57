"""How the desk is set up, and what happened at it apart from letters. Rows are only ever added."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.house import Choice, HouseRow
from triage.store.database import Database
from triage.store.tables import choices, house_log


def choose(db: Database, name: str, value: Any, *, who: str, what: str, now: datetime) -> None:
    """Keep a setting; `what` says in plain words what was changed."""
    with db.write("choose") as connection:
        connection.execute(sa.insert(choices).values(name=name, value=value, person=who, made_at=now))
        note(connection, who=who, what=what, now=now)


def chosen(db: Database) -> dict[str, Choice]:
    """The settings as they are now, by name; only those that somebody ever chose."""
    newest = sa.select(sa.func.max(choices.c.id)).group_by(choices.c.name)
    with db.read() as connection:
        rows = connection.execute(sa.select(choices).where(choices.c.id.in_(newest)))
        return {
            row.name: Choice(name=row.name, value=row.value, person=row.person, made_at=row.made_at) for row in rows
        }


def note(connection: Connection, *, who: str, what: str, now: datetime) -> None:
    """Write a row of the house's log inside a transaction."""
    connection.execute(sa.insert(house_log).values(at=now, who=who, what=what))


def log(db: Database, limit: int = 100) -> Sequence[HouseRow]:
    """What happened last, newest first."""
    with db.read() as connection:
        rows = connection.execute(sa.select(house_log).order_by(house_log.c.id.desc()).limit(limit))
        return [HouseRow(at=row.at, who=row.who, what=row.what) for row in rows]
