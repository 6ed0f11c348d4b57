"""What people say that letters state. Rows are only ever added; the machine's own reading is never changed."""

from datetime import date

import sqlalchemy as sa

from triage.records import Draft, Slip, Stated
from triage.stages import Verb
from triage.store import drafts
from triage.store.database import Database
from triage.store.letters import SLOTS
from triage.store.moves import check_unchanged, note
from triage.store.places import place
from triage.store.tables import letters, stated


def state(db: Database, said: Stated, *, seen: Slip, deadline: date | None, why: str, draft: Draft | None) -> int:
    """Keep what a person says, the deadline that the letter is sorted by, and the draft made anew for it, if any.

    `why` says in the history what was changed. Returns the number of the draft's revision, or 0. Raises
    Conflict when the letter is no longer as in `seen`.
    """
    number, now = said.letter_id, said.made_at
    with db.write("details") as connection:
        check_unchanged(connection, seen)
        connection.execute(
            sa.insert(stated).values(
                letter_id=number, slots=SLOTS.dump_python(said.slots, mode="json"), person=said.person, made_at=now
            )
        )
        stands = place(risk=seen.risk, urgency=seen.urgency, deadline=deadline, received_at=seen.received_at)
        connection.execute(
            sa.update(letters)
            .where(letters.c.id == number)
            .values(deadline=deadline, place=stands, version=letters.c.version + 1)
        )
        note(connection, number, Verb.DETAILS, who=said.person, now=now, before=seen.stage, after=seen.stage, why=why)
        return drafts.add_anew(connection, seen, draft, now=now) if draft else 0
