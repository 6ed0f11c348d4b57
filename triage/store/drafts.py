"""What the machine read and wrote, and what people made of it. Revisions are only ever added."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from triage.answers import Making
from triage.errors import Conflict
from triage.records import Assessment, Draft, Letter, Slip
from triage.stages import Stage, Verb
from triage.store import search
from triage.store.collected import MACHINE
from triage.store.database import Database
from triage.store.moves import check_unchanged, move, note
from triage.store.places import place
from triage.store.tables import drafts, letters, readings, vectors

LETTER = TypeAdapter(Letter)
ASSESSMENT = TypeAdapter(Assessment)
MAKING = TypeAdapter(Making)


def save_reading(
    db: Database,
    letter_id: int,
    letter: Letter,
    assessment: Assessment,
    *,
    thread_id: int,
    after: Stage,
    reason: str,
    now: datetime,
    besides: Callable[[Connection], object] | None = None,
) -> None:
    """Keep what was read and move the letter on; `besides` is done last, in the same transaction.

    Raises Conflict when it was read already.
    """
    topics = tuple(dict.fromkeys(score.topic for score in assessment.topics))
    with db.write("assess") as connection:
        move(
            connection,
            letter_id,
            Verb.ASSESS,
            after,
            who=MACHINE,
            now=now,
            reason=reason,
            subject=letter.subject,
            sender_name=letter.sender.name,
            sender_email=letter.sender.email,
            message_id=letter.message_id,
            thread_id=thread_id,
            kind=assessment.kind,
            topics=list(topics),
            urgency=assessment.urgency,
            risk=assessment.risk,
            deadline=assessment.deadline,
            place=place(
                risk=assessment.risk,
                urgency=assessment.urgency,
                deadline=assessment.deadline,
                received_at=letter.received_at,
            ),
        )
        search.keep_letter(connection, letter_id, letter)
        search.keep_topics(connection, letter_id, topics)
        connection.execute(
            sa.insert(readings).values(
                letter_id=letter_id,
                letter=LETTER.dump_python(letter, mode="json"),
                assessment=ASSESSMENT.dump_python(assessment, mode="json", exclude={"vector"}),
            )
        )
        if assessment.vector:
            connection.execute(
                sa.insert(vectors).values(
                    # What was learned lies on top: letters read with and without it can be compared.
                    letter_id=letter_id,
                    model=assessment.model.partition("+")[0],
                    vector=assessment.vector,
                )
            )
        if besides is not None:
            besides(connection)


def read(connection: Connection, letter_ids: Sequence[int]) -> dict[int, tuple[Letter, Assessment]]:
    """Those of these letters that have been read, with their assessments."""
    rows = connection.execute(sa.select(readings).where(readings.c.letter_id.in_(letter_ids)))
    return {
        row.letter_id: (LETTER.validate_python(row.letter), ASSESSMENT.validate_python(row.assessment)) for row in rows
    }


def save_machine_draft(db: Database, seen: Slip, draft: Draft, *, now: datetime) -> None:
    """Keep the machine's draft and put the letter before a person. Conflict when it is no longer as in `seen`."""
    with db.write("draft") as connection:
        check_unchanged(connection, seen)  # somebody may have set other topics while the draft was made
        revision = add(connection, seen.id, draft, machine=True, now=now)
        move(connection, seen.id, Verb.DRAFT, Stage.DRAFTED, who=MACHINE, now=now, revision=revision)


def save_revision(db: Database, letter_id: int, draft: Draft, *, base: int, now: datetime) -> int:
    """Keep a person's revision, made from revision `base`; return its number.

    Raises Conflict when somebody else has saved another one since, so that no text is overwritten.
    """
    with db.write("revise") as connection:
        check_latest(connection, letter_id, base)
        revision = add(connection, letter_id, draft, machine=False, now=now)
        stage = Stage(connection.execute(sa.select(letters.c.stage).where(letters.c.id == letter_id)).scalar_one())
        if stage is Stage.DRAFTED:
            connection.execute(
                sa.update(letters).where(letters.c.id == letter_id).values(version=letters.c.version + 1)
            )
            note(
                connection,
                letter_id,
                Verb.REVISE,
                who=draft.author,
                now=now,
                before=stage,
                after=stage,
                revision=revision,
            )
        else:
            move(connection, letter_id, Verb.REVISE, Stage.DRAFTED, who=draft.author, now=now, revision=revision)
    return revision


def check_latest(connection: Connection, letter_id: int, revision: int) -> None:
    """Lock the letter and raise Conflict unless `revision` is its latest (0: it has none)."""
    connection.execute(sa.select(letters.c.id).where(letters.c.id == letter_id).with_for_update())
    latest = connection.scalar(sa.select(sa.func.max(drafts.c.revision)).where(drafts.c.letter_id == letter_id)) or 0
    if latest != revision:
        raise Conflict(
            f"This reply has a newer version ({latest}) than the one on your page ({revision}). "
            "Next: look at the newer one; your own text has not been saved over it."
        )


def latest(connection: Connection, letter_ids: Sequence[int], *, machine: bool = False) -> dict[int, Draft]:
    """The latest revision of each of these letters that has one, or the latest one by the machine."""
    other = drafts.alias()
    last = sa.select(sa.func.max(other.c.revision)).where(other.c.letter_id == drafts.c.letter_id)
    if machine:
        last = last.where(other.c.machine.is_(True))
    query = sa.select(drafts).where(drafts.c.letter_id.in_(letter_ids), drafts.c.revision == last.scalar_subquery())
    return {row.letter_id: from_row(row) for row in connection.execute(query)}


def add(connection: Connection, letter_id: int, draft: Draft, *, machine: bool, now: datetime) -> int:
    """Keep one more revision inside a transaction; return its number."""
    newest = connection.scalar(sa.select(sa.func.max(drafts.c.revision)).where(drafts.c.letter_id == letter_id))
    revision = (newest or 0) + 1
    connection.execute(
        sa.insert(drafts).values(
            letter_id=letter_id,
            revision=revision,
            author=draft.author,
            machine=machine,
            subject=draft.subject,
            body=draft.body,
            templates=list(draft.templates),
            gaps=list(draft.gaps),
            blocks=list(draft.blocks),
            making=MAKING.dump_python(draft.making, mode="json"),
            made_at=now,
        )
    )
    search.keep_reply(connection, letter_id, draft.body)
    return revision


def add_anew(connection: Connection, seen: Slip, draft: Draft, *, now: datetime) -> int:
    """Keep a draft that the machine made once more, because a person knows better what the letter says."""
    revision = add(connection, seen.id, draft, machine=True, now=now)
    stage = seen.stage
    if stage is Stage.DECLINED:
        move(connection, seen.id, Verb.DRAFT, Stage.DRAFTED, who=MACHINE, now=now, revision=revision)
    else:
        note(connection, seen.id, Verb.DRAFT, who=MACHINE, now=now, before=stage, after=stage, revision=revision)
    return revision


def from_row(row: Row[Any]) -> Draft:
    return Draft(
        subject=row.subject,
        body=row.body,
        templates=tuple(row.templates),
        gaps=tuple(row.gaps),
        blocks=tuple(row.blocks),
        making=MAKING.validate_python(row.making),
        author=row.author,
        revision=row.revision,
        made_at=row.made_at,
    )
