"""What has happened to letters lately, for pages that are open: who did what, never what a letter says."""

from dataclasses import dataclass

import sqlalchemy as sa

from triage.stages import Stage
from triage.store.database import Database
from triage.store.tables import audit, letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the audit, and where its letter is now."""

    id: int
    letter: int
    version: int
    stage: Stage
    who: str
    verb: str
    revision: int | None


def latest(db: Database, limit: int) -> list[Change]:
    """The latest changes, oldest first.

    Whoever looks again tells the new ones by their ids and not by the greatest one: on PostgreSQL a
    change may be committed after another that has a greater id.
    """
    query = (
        sa.select(
            audit.c.id,
            audit.c.letter_id.label("letter"),
            letters.c.version,
            letters.c.stage,
            audit.c.who,
            audit.c.verb,
            audit.c.revision,
        )
        .join(letters, letters.c.id == audit.c.letter_id)
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    with db.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [Change(**{**row, "stage": Stage(row["stage"])}) for row in reversed(rows)]


def newest(db: Database) -> int:
    """The id of the newest change; 0 when nothing has happened yet."""
    with db.read() as connection:
        return connection.scalar(sa.select(sa.func.max(audit.c.id))) or 0
