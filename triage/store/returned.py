"""What comes back to replies that were sent: answers of readers, and reports of mail systems."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage import reports
from triage.reports import Report
from triage.stages import Stage, Verb
from triage.store import sends
from triage.store.collected import MACHINE
from triage.store.database import Database
from triage.store.moves import move, note
from triage.store.tables import bounces, letters, raw_messages, replies

SHORTEST_PROVIDER_ID = 16
_SAID = {
    reports.FAILED: "did not arrive",
    reports.DELAYED: "has not arrived yet; the mail system goes on trying",
    reports.DELIVERED: "has arrived",
}
_CORRECT = "Next: correct the reply or its address and approve it again, or let the letter go."
_LOST = (
    "What the letter and the reply said was removed before that, so nothing can be sent from here any more. Next: see "
    "in the report, which is letter {report}, or in the Sent folder whom it was for and write from your mail program, "
    "then let this letter go."
)


class Sent(NamedTuple):
    """A reply of ours that something refers to."""

    reply_id: int
    letter_id: int
    thread_id: int | None
    stage: Stage
    live: bool
    forgotten: bool  # what its letter said was removed by age


def reply_of(connection: Connection, ids: Sequence[str], tokens: Sequence[str] = ()) -> Sent | None:
    """The latest reply that one of these ids leads to: its Message-ID, that of its thread, or one that the mail
    provider gave it. Each holds 128 random bits or stands in the server's own answer, so that nobody else knows them.
    """
    own = reports.own_ids(ids)
    other = replies.alias()
    shared = sa.exists().where(other.c.provider_id == replies.c.provider_id, other.c.id != replies.c.id)
    local = [i[1:].partition("@")[0] for i in own]
    conditions = [
        replies.c.message_id.in_(own),
        # What several replies were answered with is no id of one.
        sa.and_(replies.c.provider_id.in_([p for p in local if len(p) >= SHORTEST_PROVIDER_ID]), ~shared),
        *(replies.c.message_id.startswith(f"<reply.{token}@", autoescape=True) for token in tokens),
    ]
    query = (
        sa.select(
            replies.c.id,
            letters.c.id.label("letter_id"),
            letters.c.thread_id,
            letters.c.stage,
            replies.c.withdrawn,
            raw_messages.c.digest,
        )
        .join(letters, letters.c.id == replies.c.letter_id)
        .outerjoin(raw_messages, raw_messages.c.digest == letters.c.digest)
        .where(sa.or_(*conditions))
        .order_by(replies.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Sent(row.id, row.letter_id, row.thread_id, Stage(row.stage), not row.withdrawn, row.digest is None)


def tie(
    db: Database, report_id: int, report: Report, *, ids: Sequence[str], tokens: Sequence[str], now: datetime
) -> Sent | None:
    """Keep what a report says with the reply it is about, once; a letter whose reply did not arrive waits for a person.

    Of a letter whose words were removed by age only that much is kept: what a report says names the reader. None when
    it is about no reply of ours.
    """
    with db.write("bounce") as connection:
        sent = reply_of(connection, ids, tokens)
        if sent is None or connection.scalar(sa.select(bounces.c.id).where(bounces.c.report_id == report_id)):
            return sent
        said = "" if sent.forgotten else report.said
        connection.execute(
            sa.insert(bounces).values(
                letter_id=sent.letter_id,
                reply_id=sent.reply_id,
                report_id=report_id,
                action=report.action,
                status=report.status,
                said=said,
                at=now,
            )
        )
        why = f"A mail system reports that the reply {_SAID[report.action]}"
        why += f" ({said})." if said else "."
        if sent.live and report.action == reports.FAILED and sent.stage in (Stage.ANSWERED, Stage.UNKNOWN):
            sends.was_taken(connection, sent.reply_id)
            reason = f"{why} {_LOST.format(report=report_id) if sent.forgotten else _CORRECT}"
            move(connection, sent.letter_id, Verb.BOUNCE, Stage.FAILED, who=MACHINE, now=now, reason=reason, why=why)
        elif sent.live and sent.stage is Stage.UNKNOWN:
            _was_sent(connection, sent, now, why)
        else:
            note(connection, sent.letter_id, Verb.BOUNCE, who=MACHINE, now=now, why=why)
        return sent


def proven(db: Database, ids: Sequence[str], now: datetime) -> None:
    """A reader's answer proves that an unknown reply went out."""
    if not ids:
        return
    with db.read() as connection:
        sent = reply_of(connection, ids)
    if sent is None or not sent.live or sent.stage is not Stage.UNKNOWN:
        return
    with db.write("proven") as connection:
        _was_sent(connection, sent, now, "The reader has answered it.")


def _was_sent(connection: Connection, sent: Sent, now: datetime, why: str) -> None:
    move(connection, sent.letter_id, Verb.RECOVER, Stage.ANSWERED, who=MACHINE, now=now, why=why)
    sends.was_taken(connection, sent.reply_id)
