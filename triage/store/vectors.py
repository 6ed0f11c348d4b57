"""Each letter as the encoder saw it."""

from typing import NamedTuple

import sqlalchemy as sa

from triage.stages import Stage
from triage.store.database import Database
from triage.store.tables import letters, vectors


class Known(NamedTuple):
    """One answered letter: its vector as float16, little-endian, of length 1."""

    letter_id: int
    vector: bytes


def of_letter(db: Database, letter_id: int) -> tuple[str, bytes] | None:
    """The pipeline's name and the vector; None for a letter that was read before vectors were kept."""
    with db.read() as connection:
        row = connection.execute(sa.select(vectors).where(vectors.c.letter_id == letter_id)).one_or_none()
    return (row.model, row.vector) if row else None


def answered(db: Database, model: str, *, but: int, not_by: str, latest: int) -> list[Known]:
    """The latest answered letters that this pipeline read, without the letter `but`, held ones and a reader's own."""
    with db.read() as connection:
        query = (
            sa.select(vectors.c.letter_id, vectors.c.vector)
            .join(letters, letters.c.id == vectors.c.letter_id)
            .where(letters.c.stage == Stage.ANSWERED, vectors.c.model == model, vectors.c.letter_id != but)
            .where(letters.c.risk.not_in(("R2", "R3")), letters.c.sender_email != not_by)
            .order_by(letters.c.received_at.desc(), letters.c.id.desc())  # the order of an index on the stage
            .limit(latest)
        )
        return [Known(*row) for row in connection.execute(query)]
