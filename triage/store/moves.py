"""The one way to change a letter's stage: a guarded update and its audit row, in one transaction.

Whoever calls is told by Conflict that somebody else was first. Two callers can race, a step can run
late or twice, and still each letter moves once: the update names the stage and version it was
decided on and must touch exactly one row.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage import stages
from triage.errors import Conflict
from triage.records import Slip
from triage.stages import Stage, Verb
from triage.store.tables import audit, letters

CHANGED = "Somebody else changed this letter a moment ago. Next: look at its current state."


def move(
    connection: Connection,
    letter_id: int,
    verb: Verb,
    after: Stage,
    *,
    who: str,
    now: datetime,
    reason: str = "",
    why: str = "",
    revision: int | None = None,
    **fields: Any,
) -> Stage:
    """Take a letter to `after`, or raise Conflict; return the stage it came from.

    `reason` is shown with the letter from now on; `why` goes to the audit row only (default: the
    reason). `fields` are further columns of the letter to set.
    """
    row = connection.execute(
        sa.select(letters.c.stage, letters.c.version).where(letters.c.id == letter_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise Conflict(f"There is no letter {letter_id}.")
    before = Stage(row.stage)
    stages.check(verb, before, after)
    changed = connection.execute(
        sa.update(letters)
        .where(letters.c.id == letter_id, letters.c.stage == before, letters.c.version == row.version)
        .values(stage=after, version=row.version + 1, moved_at=now, reason=reason, **fields)
    )
    if changed.rowcount != 1:
        raise Conflict(CHANGED)
    note(
        connection, letter_id, verb, who=who, now=now, before=before, after=after, revision=revision, why=why or reason
    )
    return before


def check_unchanged(connection: Connection, seen: Slip) -> None:
    """Lock a letter and raise Conflict when it has changed since it was `seen`."""
    query = sa.select(letters.c.version).where(letters.c.id == seen.id).with_for_update()
    if connection.scalar(query) != seen.version:
        raise Conflict(CHANGED)


def note(
    connection: Connection,
    letter_id: int,
    verb: Verb,
    *,
    who: str,
    now: datetime,
    before: str = "",
    after: str = "",
    revision: int | None = None,
    why: str = "",
) -> None:
    """Write an audit row."""
    connection.execute(
        sa.insert(audit).values(
            letter_id=letter_id, at=now, who=who, verb=verb, before=before, after=after, revision=revision, why=why
        )
    )
