"""What a restored backup does not know: replies that were sent after it was made. See `triage.desk.holding`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage import composing
from triage.records import Phase
from triage.stages import FOR_PEOPLE, Stage, Verb
from triage.store import holds
from triage.store.acknowledgements import WAITING
from triage.store.collected import MACHINE
from triage.store.database import Database
from triage.store.drafts import LETTER
from triage.store.holds import Hold
from triage.store.moves import move, note
from triage.store.tables import LIVE, acknowledgements, attempts, audit, letters, polls, readings, replies

DOUBTFUL = (
    "This reply was approved before the desk was restored from a backup, and may have been sent since. "
    "It is never sent again by itself. Next: look in the Sent folder or ask the reader, then choose."
)
UNANSWERED = (
    Stage.UNKNOWN,
    Stage.ASSESSED,
    Stage.DRAFTED,
    Stage.HELD,
    Stage.DECLINED,
    Stage.STUCK,
    Stage.FAILED,
    Stage.ASIDE,
    Stage.LET_GO,
)
"""Stages in which, as far as a copy knows, a letter may have got no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A letter that is unanswered as far as the database knows."""

    id: int
    stage: Stage
    addresses: frozenset[str]  # that a reply to it may go to, lower case
    known: frozenset[str]  # the tokens of its replies that this database has: what became of those is no news
    reason: str


def hold_copy(connection: Connection, made_at: datetime) -> None:
    """Hold a copy of a desk: nothing is sent from it, and nothing that was compared or collected before counts.

    Every reply that is in line now is so in the copy only. No clock is asked for that: one that was wrong, of the
    machine that was lost or of this one, must not send a reply again.
    """
    holds.open_restored(connection, made_at)
    doubt_approved(connection, made_at)


def doubt_approved(connection: Connection, now: datetime, *, before: datetime | None = None) -> None:
    """Make every reply unknown that is in line or on its way, or only where the letter moved `before` a time.

    While a hold is open nobody sends, so that whatever is on its way is only so in the copy.
    """
    query = (
        sa.select(replies.c.id, replies.c.letter_id)
        .join(letters, letters.c.id == replies.c.letter_id)
        .where(letters.c.stage.in_((Stage.APPROVED, Stage.SENDING)), LIVE)
    )
    # Likewise the notes that a letter has arrived: these go out without a person, so nobody is asked about them.
    going = (WAITING, Phase.PRE_DATA, Phase.IN_DATA)
    notes = sa.update(acknowledgements).where(acknowledgements.c.phase.in_(going))
    if before is not None:
        query = query.where(letters.c.moved_at < before)
        notes = notes.where(acknowledgements.c.made_at < before)
    underway = attempts.c.phase.in_((Phase.PRE_DATA, Phase.IN_DATA))
    for row in connection.execute(query).all():
        move(connection, row.letter_id, Verb.RECOVER, Stage.UNKNOWN, who=MACHINE, now=now, reason=DOUBTFUL)
        unknown = {"phase": Phase.UNKNOWN, "ended_at": now, "text": "A backup was restored."}
        changed = connection.execute(sa.update(attempts).where(attempts.c.reply_id == row.id, underway).values(unknown))
        if changed.rowcount == 0:  # or else finding it in Sent would have no attempt to call the one that was sent
            connection.execute(sa.insert(attempts).values(reply_id=row.id, started_at=now, **unknown))
    connection.execute(notes.values(phase=Phase.UNKNOWN, ended_at=now))


def doubtful(db: Database) -> int:
    """How many replies wait whose fate is unknown because they were in line when the backup was made."""
    with db.read() as connection:
        query = sa.select(sa.func.count()).where(letters.c.stage == Stage.UNKNOWN, letters.c.reason.endswith(DOUBTFUL))
        return connection.scalar(query.select_from(letters)) or 0


def not_ready(db: Database, accounts: Iterable[str]) -> list[str]:
    """Why the comparison would not see every letter yet, in plain words."""
    with db.read() as connection:
        polled = set(connection.scalars(sa.select(polls.c.account).where(polls.c.succeeded_at.is_not(None))))
        unread = connection.scalar(sa.select(sa.func.count()).where(letters.c.stage == Stage.COLLECTED)) or 0
    reasons = [f"Inbox {name!r} was not collected since the restore." for name in accounts if name not in polled]
    if unread:
        reasons.append(f"Letters that wait to be read: {unread}.")
    return reasons


def is_stale(db: Database, hold: Hold, now: datetime) -> bool:
    """Whether letters came, were read or were drafted since the last comparison, so that it has to be made again.

    Also when the clock was set back since, because then nobody can tell.
    """
    if hold.compared_at is None or hold.compared_at > now:
        return True
    with db.read() as connection:
        query = sa.select(audit.c.id).where(
            audit.c.verb.in_((Verb.COLLECT, Verb.ASSESS, Verb.DRAFT)), audit.c.at >= hold.compared_at
        )
        return connection.execute(query.limit(1)).one_or_none() is not None


def unanswered(db: Database, account: str, message_ids: Sequence[str]) -> list[Unanswered]:
    """The letters with one of these Message-IDs that are unanswered as far as the database knows.

    Without any, the letters that wait for a person and that no reply can name, because they have no usable one.
    """
    if message_ids:
        which = sa.and_(letters.c.message_id.in_(message_ids), letters.c.stage.in_(UNANSWERED))
    else:
        nameless = sa.or_(letters.c.message_id == "", letters.c.message_id.contains("=?"))
        which = sa.and_(nameless, letters.c.stage.in_(set(UNANSWERED) & set(FOR_PEOPLE)))
    query = sa.select(letters.c.id, letters.c.stage, letters.c.reason, letters.c.sender_email, readings.c.letter)
    query = query.join(readings, readings.c.letter_id == letters.c.id).where(letters.c.account == account, which)
    with db.read() as connection:
        return [
            Unanswered(
                id=row.id,
                stage=Stage(row.stage),
                addresses=_addresses(row.sender_email, row.letter),
                known=_tokens(connection, row.id),
                reason=row.reason,
            )
            for row in connection.execute(query).all()
        ]


def _addresses(sender: str, reading: object) -> frozenset[str]:
    try:
        offered = composing.recipients(LETTER.validate_python(reading))
    except ValueError:  # a reading that cannot be used must not keep the desk from sending for ever
        offered = ()
    named = {sender, *(address.email for address in offered)} - {""}
    return frozenset(spelling for address in named for spelling in composing.spellings(address))


def _tokens(connection: Connection, letter_id: int) -> frozenset[str]:
    messages = connection.scalars(sa.select(replies.c.message).where(replies.c.letter_id == letter_id))
    return frozenset(composing.reply_token(bytes(message)) for message in messages)


def answered_since(db: Database, letter: Unanswered, *, now: datetime, why: str) -> None:
    """Record that a reply of the desk to this letter lies in Sent. Conflict when the letter has moved on."""
    with db.write("answered-since") as connection:
        move(connection, letter.id, Verb.RECOVER, Stage.ANSWERED, who=MACHINE, now=now, reason=why)


def remark(db: Database, letter: Unanswered, *, now: datetime, why: str) -> None:
    """Say with a letter that waits for a person what was found; once."""
    if why in letter.reason:
        return
    with db.write("remark") as connection:
        connection.execute(
            sa.update(letters)
            .where(letters.c.id == letter.id, letters.c.stage == letter.stage)
            .values(reason=f"{why} {letter.reason}".strip(), version=letters.c.version + 1)
        )
        note(
            connection, letter.id, Verb.RECOVER, who=MACHINE, now=now, before=letter.stage, after=letter.stage, why=why
        )
