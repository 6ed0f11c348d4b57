"""When letters were answered, and by whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.stages import Stage, Verb
from triage.store.database import Database
from triage.store.tables import LIVE, audit, replies


@dataclass(frozen=True, slots=True)
class Answered:
    """When the reply went out, and who had signed it."""

    at: datetime
    by: str


def of(db: Database, letter_ids: Collection[int]) -> dict[int, Answered]:
    """By letter, for those of `letter_ids` whose reply was sent, or is known to have been."""
    sent = (
        sa.select(audit.c.letter_id, sa.func.max(audit.c.at).label("at"))
        .where(
            audit.c.letter_id.in_(letter_ids),
            audit.c.after == Stage.ANSWERED,
            audit.c.verb.in_((Verb.SEND, Verb.RECOVER, Verb.CONFIRM_SENT)),
        )
        .group_by(audit.c.letter_id)
        .subquery()
    )
    query = sa.select(sent.c.letter_id, sent.c.at, replies.c.approved_by)
    query = query.join(replies, sa.and_(replies.c.letter_id == sent.c.letter_id, LIVE))
    with db.read() as connection:
        return {row.letter_id: Answered(row.at, row.approved_by) for row in connection.execute(query)}
