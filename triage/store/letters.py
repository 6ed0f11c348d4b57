"""What is read: lists of slips, whole dossiers, and the work that waits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from triage.errors import Conflict
from triage.records import Address, AuditRow, Dossier, Letter, Slip, Slot, Stated
from triage.stages import Stage
from triage.store import drafts as _drafts
from triage.store import learning, returned, sends
from triage.store.database import Database
from triage.store.filters import EVERYTHING, Filters
from triage.store.places import QUEUE, Mark, Span, mark
from triage.store.tables import audit, drafts, letters, raw_messages, second_readings, stated

SLOTS = TypeAdapter(tuple[Slot, ...])
placed = sa.tuple_(letters.c.place, letters.c.id)
"""What the queue is sorted by."""
_COUNTS = sa.union_all(
    *(
        sa.select(sa.literal(stage.value), sa.func.count()).select_from(
            sa.select(letters.c.id).where(letters.c.stage == stage).limit(sa.bindparam("most")).subquery()
        )
        for stage in Stage
    )
)


def waiting(db: Database, stage: Stage, limit: int = 100) -> list[int]:
    """Ids of the letters in a stage that the machine works, oldest first."""
    with db.read() as connection:
        query = sa.select(letters.c.id).where(letters.c.stage == stage).order_by(letters.c.id).limit(limit)
        return list(connection.scalars(query))


def raw(db: Database, letter_id: int) -> tuple[bytes, int, datetime]:
    """The bytes as collected, the size in bytes that the server gave for the whole message, and when it came."""
    with db.read() as connection:
        row = connection.execute(
            sa.select(raw_messages.c.data, raw_messages.c.full_size, letters.c.received_at)
            .join(letters, letters.c.digest == raw_messages.c.digest)
            .where(letters.c.id == letter_id)
        ).one_or_none()
    if row is None:
        raise Conflict(f"There is no letter {letter_id}.")
    return bytes(row.data), int(row.full_size), row.received_at


def slips(
    db: Database,
    stages: Sequence[Stage] = (),
    *,
    limit: int = 1000,
    newest_first: bool = False,
    filters: Filters = EVERYTHING,
) -> list[Slip]:
    """The letters in these stages (all when empty).

    By default in the order in which a person should see them: risk, then the reader's own
    deadline and urgency, then age.
    """
    query = sa.select(letters).where(*filters.where()).limit(limit)
    if stages:
        query = query.where(letters.c.stage.in_(stages))
    if newest_first:
        query = query.order_by(letters.c.received_at.desc(), letters.c.id.desc())
    else:
        query = query.order_by(letters.c.place, letters.c.id)
    with db.read() as connection:
        return [to_slip(row) for row in connection.execute(query)]


def in_order(
    connection: Connection,
    groups: Sequence[Sequence[Span]],
    *,
    limit: int,
    after: Mark | None = None,
    filters: Filters = EVERYTHING,
) -> list[tuple[Mark, Slip]]:
    """The letters in these groups of spans, one group after the other, each in the order of places.

    Each span is a stretch of one index, so that a page costs the same wherever in the list it is.
    """
    found: list[tuple[Mark, Slip]] = []
    for number, spans in enumerate(groups):
        if len(found) == limit or (after and number < after.group):
            continue
        beyond = [placed > (after.place, after.letter_id)] if after and number == after.group else []
        rows = connection.execute(of_spans(spans, *filters.where(), *beyond, limit=limit - len(found)))
        found += [(Mark(number, row.place, row.id), to_slip(row)) for row in rows]
    return found


def of_spans(
    spans: Sequence[Span], *conditions: sa.ColumnElement[bool], limit: int, backwards: bool = False
) -> sa.Select[Any]:
    """The letters of these spans in the order of places: one question, each part of it a stretch of an index."""
    order = [column.desc() if backwards else column for column in (letters.c.place, letters.c.id)]
    parts = []
    for span in spans:
        query = sa.select(letters.c.id, letters.c.place).where(letters.c.stage == span.stage, *conditions)
        if span.low:
            query = query.where(letters.c.place >= span.low)
        if span.high:
            query = query.where(letters.c.place < span.high)
        parts.append(sa.select(query.order_by(*order).limit(limit).subquery().c.id))
    return sa.select(letters).where(letters.c.id.in_(sa.union_all(*parts))).order_by(*order).limit(limit)


def after(db: Database, letter_id: int, filters: Filters = EVERYTHING) -> Slip | None:
    """The letter that waits after this one in the queue, or the first one when this was the last; None: no other."""
    with db.read() as connection:
        here = where_it_stands(connection, letter_id)
        found = in_order(connection, QUEUE, limit=1, after=here, filters=filters)
        # From the start again: two, since one of them may be the letter itself.
        found = found or in_order(connection, QUEUE, limit=2, filters=filters)
    return next((slip for _, slip in found if slip.id != letter_id), None)


def where_it_stands(connection: Connection, letter_id: int) -> Mark | None:
    """The letter's spot in the queue, also of one that has left it; None when there is no such letter."""
    row = connection.execute(sa.select(letters.c.stage, letters.c.place).where(letters.c.id == letter_id)).one_or_none()
    return mark(Stage(row.stage), row.place, letter_id) if row else None


def counts(db: Database, most: int = 10_000) -> dict[Stage, int]:
    """How many letters are in each stage; counting ends at `most`, which then stands for so many or more."""
    with db.read() as connection:
        return {Stage(stage): number for stage, number in connection.execute(_COUNTS, {"most": most})}


def slip(connection: Connection, letter_id: int) -> Slip:
    """One letter's slip; Conflict when there is no such letter."""
    row = connection.execute(sa.select(letters).where(letters.c.id == letter_id)).one_or_none()
    if row is None:
        raise Conflict(f"There is no letter {letter_id}. Next: look in the list for the right number.")
    return to_slip(row)


def dossier(db: Database, letter_id: int) -> Dossier:
    """Everything about one letter. The slip is read first: if the rest is newer, a change that saw it collides."""
    with db.read() as connection:
        own = slip(connection, letter_id)
        these = [letter_id]
        read = _drafts.read(connection, these).get(letter_id)
        history = connection.execute(sa.select(audit).where(audit.c.letter_id == letter_id).order_by(audit.c.id))
        return Dossier(
            slip=own,
            letter=read[0] if read else None,
            assessment=read[1] if read else None,
            draft=_drafts.latest(connection, these).get(letter_id),
            machine_draft=_drafts.latest(connection, these, machine=True).get(letter_id),
            reply=sends.live_reply(connection, letter_id),
            history=tuple(
                AuditRow(
                    at=row.at,
                    who=row.who,
                    verb=row.verb,
                    before=row.before,
                    after=row.after,
                    revision=row.revision,
                    why=row.why,
                )
                for row in history
            ),
            thread=_thread(connection, letter_id),
            decision=learning.newest(connection, these).get(letter_id),
            stated=_stated(connection, these).get(letter_id),
            read_twice_by=_read_twice_by(connection, letter_id),
        )


def exchanges(db: Database, letter_ids: Sequence[int], *, settled: bool = False) -> list[Dossier]:
    """What was written to and fro, in the order of `letter_ids`: the letters as read, the latest drafts, the replies.

    With `settled` also the machine's drafts and what people said of the letters, and no replies. The rest is left
    empty: beside another letter no more of them counts, and several are read for one page.
    """
    if not letter_ids:
        return []
    with db.read() as connection:
        rows = connection.execute(sa.select(letters).where(letters.c.id.in_(letter_ids)))
        own = {row.id: to_slip(row) for row in rows}
        read = _drafts.read(connection, letter_ids)
        written = _drafts.latest(connection, letter_ids)
        machine = _drafts.latest(connection, letter_ids, machine=True) if settled else {}
        replies = {} if settled else sends.live_replies(connection, letter_ids)
        decided = learning.newest(connection, letter_ids) if settled else {}
        said = _stated(connection, letter_ids) if settled else {}
    return [
        Dossier(
            slip=own[number],
            letter=read[number][0] if number in read else None,
            assessment=read[number][1] if number in read else None,
            draft=written.get(number),
            machine_draft=machine.get(number),
            reply=replies.get(number),
            history=(),
            thread=(),
            decision=decided.get(number),
            stated=said.get(number),
            read_twice_by=(),
        )
        for number in letter_ids
        if number in own
    ]


def _stated(connection: Connection, letter_ids: Sequence[int]) -> dict[int, Stated]:
    """What people said last that each of these letters states."""
    last = sa.select(sa.func.max(stated.c.id)).where(stated.c.letter_id.in_(letter_ids)).group_by(stated.c.letter_id)
    return {
        row.letter_id: Stated(
            letter_id=row.letter_id, slots=SLOTS.validate_python(row.slots), person=row.person, made_at=row.made_at
        )
        for row in connection.execute(sa.select(stated).where(stated.c.id.in_(last)))
    }


def _read_twice_by(connection: Connection, letter_id: int) -> tuple[str, ...]:
    """Who gave the latest revision its second reading."""
    newest = sa.select(sa.func.max(drafts.c.revision)).where(drafts.c.letter_id == letter_id).scalar_subquery()
    query = sa.select(second_readings.c.person).where(
        second_readings.c.letter_id == letter_id, second_readings.c.revision == newest
    )
    return tuple(connection.scalars(query.order_by(second_readings.c.made_at)))


def _thread(connection: Connection, letter_id: int) -> tuple[Slip, ...]:
    same = sa.select(letters.c.thread_id).where(letters.c.id == letter_id).scalar_subquery()
    query = sa.select(letters).where(letters.c.thread_id == same, letters.c.id != letter_id)
    return tuple(to_slip(row) for row in connection.execute(query.order_by(letters.c.received_at, letters.c.id)))


def thread_of(db: Database, letter_id: int, letter: Letter) -> int:
    """The thread that a letter joins by the Message-IDs it refers to, or its own id for a new one.

    Looked for among our own sent replies and the letters of the same inbox; never by subject.
    """
    ids = [*letter.in_reply_to, *reversed(letter.references)]
    if not ids:
        return letter_id
    with db.read() as connection:
        sent = returned.reply_of(connection, ids)
        if sent is not None and sent.thread_id is not None:
            return sent.thread_id
        by_letter = sa.select(letters.c.thread_id).where(
            letters.c.message_id.in_(ids), letters.c.sender_email == letter.sender.email, letters.c.id != letter_id
        )
        found = connection.scalars(by_letter.where(letters.c.thread_id.is_not(None)).limit(1)).first()
    return letter_id if found is None else int(found)


def namesake(db: Database, letter_id: int, message_id: str) -> int | None:
    """The first other letter to the same inbox with this Message-ID, if it has one."""
    if not message_id:
        return None
    mine = sa.select(letters.c.account).where(letters.c.id == letter_id).scalar_subquery()
    with db.read() as connection:
        found: int | None = connection.scalar(
            sa.select(sa.func.min(letters.c.id)).where(
                letters.c.message_id == message_id, letters.c.account == mine, letters.c.id != letter_id
            )
        )
    return found


def to_slip(row: Row[Any]) -> Slip:
    """The slip in a row of `letters`."""
    return Slip(
        id=row.id,
        version=row.version,
        stage=Stage(row.stage),
        account=row.account,
        subject=row.subject,
        sender=Address(row.sender_name, row.sender_email),
        received_at=row.received_at,
        kind=row.kind,
        topics=tuple(row.topics),
        urgency=row.urgency,
        risk=row.risk,
        deadline=row.deadline,
        reason=row.reason,
        assigned_to=row.assigned_to,
        taken_by=row.taken_by,
    )
