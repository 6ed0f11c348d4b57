"""Facts with a date that people verified. Rows are only ever added, so the table is its own history.

A row without a value says that nobody knows it any more; one without a source, that the file counts again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from triage.drafting.book import Fact, FactKind
from triage.store import house
from triage.store.database import Database
from triage.store.tables import facts

_NEWEST = facts.c.id.in_(sa.select(sa.func.max(facts.c.id)).group_by(facts.c.name, facts.c.jurisdiction))


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a fact's history. `fact` is None where the file's row counts again."""

    id: int
    fact: Fact | None
    made_at: datetime


def latest(db: Database) -> list[Fact]:
    """The newest row of each fact that counts in place of the file's, by name and jurisdiction."""
    query = sa.select(facts).where(_NEWEST, facts.c.source != "").order_by(facts.c.name, facts.c.jurisdiction)
    with db.read() as connection:
        return [_fact(row) for row in connection.execute(query)]


def history(db: Database, name: str, jurisdiction: str) -> list[Entry]:
    """Every row of one fact, newest first."""
    query = sa.select(facts).where(facts.c.name == name, facts.c.jurisdiction == jurisdiction)
    with db.read() as connection:
        rows = connection.execute(query.order_by(facts.c.id.desc())).all()
    return [Entry(row.id, _fact(row) if row.source else None, row.made_at) for row in rows]


def changed(db: Database) -> set[str]:
    """The references of the facts that have a history, such as "agency/FL"."""
    with db.read() as connection:
        rows = connection.execute(sa.select(facts.c.name, facts.c.jurisdiction).distinct())
        return {f"{row.name}/{row.jurisdiction}" for row in rows}


def add(db: Database, fact: Fact, *, who: str, what: str, now: datetime) -> None:
    """Keep one more row of a fact; from now on it is the one that counts. `what` goes into the log of the house."""
    with db.write("verify") as connection:
        connection.execute(
            sa.insert(facts).values(
                name=fact.name,
                jurisdiction=fact.jurisdiction,
                kind=fact.kind.value,
                value=fact.value,
                source=fact.source,
                seen=fact.seen,
                verified_on=fact.verified_on,
                verified_by=fact.verified_by,
                expires=fact.expires,
                made_at=now,
            )
        )
        house.note(connection, who=who, what=what, now=now)


def _fact(row: Row[Any]) -> Fact:
    return Fact(
        name=row.name,
        jurisdiction=row.jurisdiction,
        kind=FactKind(row.kind),
        value=row.value,
        source=row.source,
        seen=row.seen,
        verified_on=row.verified_on,
        expires=row.expires,
        verified_by=row.verified_by,
    )
