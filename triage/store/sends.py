"""Frozen replies and the attempts to send them, with two durable marks.

    claim       the letter is `sending`, the attempt `pre_data`: nothing has left yet
    begin_data  the attempt is `in_data`: from here on only the mail server knows
    finish      what the server said, or that nobody knows

After a crash, `recover` puts a `pre_data` attempt back in line and makes an `in_data` one
`unknown`, which the machine never sends again. Only the process that holds the sender's lock may
call these functions, except the ones at the end that belong to a person.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from triage import reports
from triage.drafting.edits import Edit
from triage.errors import Conflict
from triage.lessons import Decision
from triage.records import Attempt, Phase, Receipt, Reply, SentReply, Slip
from triage.stages import Stage, Verb
from triage.store import draft_copies, edits, holds, learning
from triage.store.clocks import has_come
from triage.store.collected import MACHINE
from triage.store.database import Database
from triage.store.drafts import check_latest
from triage.store.moves import check_unchanged, move
from triage.store.tables import LIVE, attempts, letters, replies

UNKNOWN_REASON = (
    "This reply may have been sent: the connection was lost while the mail server had it. "
    "It is never sent again by itself. Next: look in the Sent folder or ask the reader, then choose."
)
"""What the desk says of a reply that may or may not have gone out."""

_REPLY_FIELDS = tuple(Reply.__dataclass_fields__)


def approve(db: Database, reply: Reply, decision: Decision | None, changes: Sequence[Edit], *, seen: Slip) -> None:
    """Freeze a reply and put it in line. Conflict unless the letter and the revision are still what was `seen`.

    `decision` is what the approval says of the letter's topics, `changes` what became of the draft's
    sentences; both are kept in the same transaction.
    """
    with db.write("approve") as connection:
        check_latest(connection, reply.letter_id, reply.draft_revision)
        check_unchanged(connection, seen)  # somebody else may have taken the letter a moment ago
        _withdraw(connection, reply.letter_id)  # one that the server refused for good
        connection.execute(sa.insert(replies).values({name: getattr(reply, name) for name in _REPLY_FIELDS}))
        move(
            connection,
            reply.letter_id,
            Verb.APPROVE,
            Stage.APPROVED,
            who=reply.approved_by,
            now=reply.approved_at,
            revision=reply.draft_revision,
            why=f"to {reply.recipient}",
        )
        if decision is not None:
            learning.note_approval(connection, decision)
        edits.keep(connection, reply.letter_id, changes, reply.approved_at)


def undo(db: Database, letter_id: int, *, who: str, now: datetime) -> None:
    """Call an approved reply back before it is handed over."""
    with db.write("undo") as connection:
        move(connection, letter_id, Verb.UNDO, Stage.DRAFTED, who=who, now=now)
        _withdraw(connection, letter_id)


def due(db: Database, now: datetime, *, ignore_undo: bool = False) -> list[SentReply]:
    """Approved replies whose undo window and waiting time are over, oldest approval first; none while a hold lasts."""
    with db.read() as connection:
        if holds.current(connection) is not None:
            return []
        query = (
            sa.select(replies.c.letter_id)
            .join(letters, letters.c.id == replies.c.letter_id)
            .where(
                letters.c.stage == Stage.APPROVED,
                LIVE,
                sa.or_(replies.c.retry_at.is_(None), has_come(replies.c.retry_at, now, longest=timedelta(hours=8))),
                ~draft_copies.blocking(letters.c.id),
            )
        )
        if not ignore_undo:
            query = query.where(has_come(replies.c.undo_until, now, longest=timedelta(hours=1)))
        return list(live_replies(connection, query).values())


def claim(db: Database, sent: SentReply, now: datetime) -> int:
    """The first mark: this process is about to hand the reply over. Returns the attempt's id.

    Raises Conflict when the letter has moved on, or sending is held.
    """
    with db.write("claim") as connection:
        holds.forbid(connection)
        move(connection, sent.reply.letter_id, Verb.SEND, Stage.SENDING, who=MACHINE, now=now)
        live = live_reply(connection, sent.reply.letter_id)
        if live is None or live.id != sent.id:
            raise Conflict("This reply was called back a moment ago.")
        attempt = connection.execute(
            sa.insert(attempts).values(reply_id=sent.id, phase=Phase.PRE_DATA, started_at=now).returning(attempts.c.id)
        )
        return int(attempt.scalar_one())


def begin_data(db: Database, attempt_id: int) -> None:
    """The second mark: the next byte may reach the reader. Conflict if the attempt was taken back."""
    try:
        with db.write("begin-data") as connection:
            _change_phase(connection, attempt_id, (Phase.PRE_DATA,), Phase.IN_DATA)
    except IntegrityError as error:
        raise Conflict("This reply is being sent or was sent already.") from error


def finish(
    db: Database,
    sent: SentReply,
    attempt_id: int,
    phase: Phase,
    receipt: Receipt,
    *,
    now: datetime,
    retry_at: datetime | None = None,
    reason: str = "",
) -> None:
    """Record what became of an attempt and move the letter: sent, postponed, refused or unknown."""
    after = {
        Phase.SENT: Stage.ANSWERED,
        Phase.POSTPONED: Stage.APPROVED,
        Phase.REFUSED: Stage.FAILED,
        Phase.UNKNOWN: Stage.UNKNOWN,
    }[phase]
    # The server's "yes" counts even when another process had written this attempt off by then.
    before = (Phase.IN_DATA, Phase.UNKNOWN) if phase is Phase.SENT else (Phase.PRE_DATA, Phase.IN_DATA)
    with db.write(f"finish-{phase}") as connection:
        _change_phase(connection, attempt_id, before, phase, code=receipt.code, text=receipt.text, ended_at=now)
        known = reports.provider_ids(receipt.text) if phase is Phase.SENT else ""
        connection.execute(
            sa.update(replies).where(replies.c.id == sent.id).values(retry_at=retry_at, provider_id=known)
        )
        move(
            connection,
            sent.reply.letter_id,
            Verb.SEND,
            after,
            who=MACHINE,
            now=now,
            reason=reason,
            why=f"{receipt.code} {receipt.text}".strip() if receipt.code else receipt.text,
            revision=sent.reply.draft_revision,
        )


def handed_over(db: Database, account: str, since: datetime) -> int:
    """How many replies of an account may have reached its mail server in the hour since then."""
    begun = attempts.c.started_at.between(since, since + timedelta(hours=1))
    reached = attempts.c.phase.in_((Phase.IN_DATA, Phase.SENT, Phase.UNKNOWN))
    with db.read() as connection:
        query = sa.select(sa.func.count()).select_from(attempts.join(replies, replies.c.id == attempts.c.reply_id))
        query = query.where(replies.c.account == account, reached, begun)
        return int(connection.scalar(query) or 0)


def postpone(db: Database, account: str, until: datetime) -> None:
    """Keep every approved reply of an account in line until its server may be well again."""
    approved = sa.select(letters.c.id).where(letters.c.stage == Stage.APPROVED)
    with db.write("postpone") as connection:
        connection.execute(
            sa.update(replies)
            .where(
                replies.c.account == account,
                LIVE,
                replies.c.letter_id.in_(approved),
                sa.or_(replies.c.retry_at.is_(None), replies.c.retry_at < until),
            )
            .values(retry_at=until)
        )


def recover(db: Database, now: datetime) -> tuple[int, int]:
    """Put right what a dead sender left behind; return how many go back in line and how many are unknown."""
    query = (
        sa.select(attempts.c.id, attempts.c.phase, replies.c.letter_id)
        .join(replies, replies.c.id == attempts.c.reply_id)
        .where(attempts.c.phase.in_((Phase.PRE_DATA, Phase.IN_DATA)))
    )
    with db.read() as connection:
        if connection.execute(query).first() is None:
            return 0, 0
    with db.write("recover") as connection:
        left = connection.execute(query).all()
        again = [row for row in left if row.phase == Phase.PRE_DATA]
        unknown = [row for row in left if row.phase == Phase.IN_DATA]
        for row in again:
            text = "The desk stopped before the reply was handed over; it is tried again."
            _change_phase(connection, row.id, (Phase.PRE_DATA,), Phase.POSTPONED, text=text, ended_at=now)
            move(connection, row.letter_id, Verb.RECOVER, Stage.APPROVED, who=MACHINE, now=now, why=text)
        for row in unknown:
            text = "The desk stopped while the reply was being handed over."
            _change_phase(connection, row.id, (Phase.IN_DATA,), Phase.UNKNOWN, text=text, ended_at=now)
            move(connection, row.letter_id, Verb.RECOVER, Stage.UNKNOWN, who=MACHINE, now=now, reason=UNKNOWN_REASON)
    return len(again), len(unknown)


def found_in_sent(db: Database, sent: SentReply, now: datetime) -> None:
    """An unknown reply was found in the Sent folder: it did go out."""
    with db.write("found-in-sent") as connection:
        why = "Its copy was found in the Sent folder."
        move(connection, sent.reply.letter_id, Verb.RECOVER, Stage.ANSWERED, who=MACHINE, now=now, why=why)
        was_taken(connection, sent.id)
        connection.execute(sa.update(replies).where(replies.c.id == sent.id).values(copied_at=now))


def confirm_sent(db: Database, letter_id: int, *, who: str, now: datetime, why: str) -> None:
    """A person says that the unknown reply did go out."""
    with db.write("confirm-sent") as connection:
        move(connection, letter_id, Verb.CONFIRM_SENT, Stage.ANSWERED, who=who, now=now, why=why)
        live = live_reply(connection, letter_id)
        if live is not None:
            was_taken(connection, live.id)


def send_again(db: Database, letter_id: int, *, who: str, now: datetime, undo_until: datetime, why: str) -> None:
    """A person asks for the same bytes to be sent once more, knowing that the reader may get two."""
    with db.write("send-again") as connection:
        move(connection, letter_id, Verb.SEND_AGAIN, Stage.APPROVED, who=who, now=now, why=why)
        connection.execute(
            sa.update(replies)
            .where(replies.c.letter_id == letter_id, LIVE)
            .values(undo_until=undo_until, retry_at=None)
        )


def in_stage(db: Database, stage: Stage) -> list[SentReply]:
    """The live replies of the letters in a stage, oldest approval first."""
    with db.read() as connection:
        return list(live_replies(connection, sa.select(letters.c.id).where(letters.c.stage == stage)).values())


def to_copy(db: Database, tries: int) -> list[SentReply]:
    """Sent replies that have no copy in the Sent folder yet and were tried fewer than `tries` times."""
    with db.read() as connection:
        query = (
            sa.select(replies.c.letter_id)
            .join(letters, letters.c.id == replies.c.letter_id)
            .where(
                letters.c.stage == Stage.ANSWERED,
                LIVE,
                replies.c.copied_at.is_(None),
                replies.c.copy_tries < tries,
            )
        )
        return list(live_replies(connection, query).values())


def note_copy(db: Database, reply_id: int, *, now: datetime, error: str = "") -> None:
    """Record that the copy is in the Sent folder, or why it is not. Never touches the letter's stage."""
    with db.write("copy") as connection:
        values = {"copy_tries": replies.c.copy_tries + 1, "copy_error": error}
        if not error:
            values["copied_at"] = now
        connection.execute(sa.update(replies).where(replies.c.id == reply_id).values(values))


def live_reply(connection: Connection, letter_id: int) -> SentReply | None:
    """The letter's reply that was not withdrawn, with its attempts; None when there is none."""
    return live_replies(connection, [letter_id]).get(letter_id)


def live_replies(connection: Connection, letter_ids: Sequence[int] | sa.Select[tuple[int]]) -> dict[int, SentReply]:
    """The replies of these letters that were not withdrawn, with their attempts, the oldest approval first."""
    these = sa.and_(replies.c.letter_id.in_(letter_ids), LIVE)
    rows = connection.execute(sa.select(replies).where(these).order_by(replies.c.id)).all()
    if not rows:
        return {}
    tries: dict[int, list[Attempt]] = {row.id: [] for row in rows}
    of_these = attempts.c.reply_id.in_(sa.select(replies.c.id).where(these))
    for a in connection.execute(sa.select(attempts).where(of_these).order_by(attempts.c.id)):
        attempt = Attempt(id=a.id, reply_id=a.reply_id, phase=Phase(a.phase), started_at=a.started_at, text=a.text)
        tries.setdefault(a.reply_id, []).append(attempt)  # on PostgreSQL one more may have been sent meanwhile
    return {
        row.letter_id: SentReply(
            id=row.id,
            reply=Reply(**{name: getattr(row, name) for name in _REPLY_FIELDS}),
            attempts=tuple(tries[row.id]),
            retry_at=row.retry_at,
            copied_at=row.copied_at,
            copy_error=row.copy_error,
        )
        for row in rows
    }


def _withdraw(connection: Connection, letter_id: int) -> None:
    connection.execute(sa.update(replies).where(replies.c.letter_id == letter_id, LIVE).values(withdrawn=True))


def was_taken(connection: Connection, reply_id: int) -> None:
    """The attempt whose outcome nobody knew, if there is one, had reached the mail server."""
    unknown = sa.and_(attempts.c.reply_id == reply_id, attempts.c.phase == Phase.UNKNOWN)
    last = sa.select(sa.func.max(attempts.c.id)).where(unknown)
    connection.execute(sa.update(attempts).where(attempts.c.id == last.scalar_subquery()).values(phase=Phase.SENT))


def _change_phase(
    connection: Connection, attempt_id: int, before: tuple[Phase, ...], after: Phase, **fields: object
) -> None:
    changed = connection.execute(
        sa.update(attempts)
        .where(attempts.c.id == attempt_id, attempts.c.phase.in_(before))
        .values(phase=after, **fields)
    )
    if changed.rowcount != 1:
        raise Conflict("Another process has taken this reply over.")
