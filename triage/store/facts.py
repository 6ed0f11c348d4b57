"""Facts with a date that people verified. Rows are only ever added, so the table is its own history."""

from datetime import datetime

import sqlalchemy as sa

from triage.drafting.book import Fact, FactKind
from triage.store.database import Database
from triage.store.tables import facts

_NEWEST = facts.c.id.in_(sa.select(sa.func.max(facts.c.id)).group_by(facts.c.name, facts.c.jurisdiction))


def latest(db: Database) -> list[Fact]:
    """The newest row of each fact that somebody verified, by name and jurisdiction."""
    query = sa.select(facts).where(_NEWEST).order_by(facts.c.name, facts.c.jurisdiction)
    with db.read() as connection:
        return [
            Fact(
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
            for row in connection.execute(query)
        ]


def add(db: Database, fact: Fact, now: datetime) -> None:
    """Keep one more row of a fact that somebody has verified; from now on it is the one that counts."""
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
