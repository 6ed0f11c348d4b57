"""Which drafts lie in the Drafts folder of an inbox, and what became of them there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from triage.errors import Conflict
from triage.records import Slip
from triage.stages import FOR_PEOPLE, Stage, Verb
from triage.store.collected import MACHINE
from triage.store.database import Database
from triage.store.moves import check_unchanged, move
from triage.store.tables import LIVE, attempts, draft_copies, drafts, letters, replies

ELSEWHERE = "It was answered from the mail program: the reply lies in the Sent folder."
TWICE = (
    "This reply was approved here, and an answer to the same letter lies in the Sent folder: somebody has sent one "
    "from the mail program. Next: look there, then say that it was sent, or send this one too."
)


class Lies(StrEnum):
    """What is known of a copy."""

    WAITING = "waiting"  # about to be put there
    THERE = "there"  # as it was put there
    EDITED = "edited"  # somebody works on it in a mail program: it is theirs
    EARLIER = "earlier"  # it is not there, but one is that the desk put there before and knows no more about
    GONE = "gone"  # somebody deleted or sent it
    OVER = "over"  # nothing is to be done any more


BLOCKING = (Lies.WAITING, Lies.THERE, Lies.EDITED, Lies.EARLIER)
"""While a copy may be sent from a mail program the desk hands over no reply to the same letter."""

_UNANSWERED = (Stage.APPROVED, *(stage for stage in FOR_PEOPLE if stage is not Stage.UNKNOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One draft in a folder, and how its letter is now."""

    id: int
    letter_id: int
    revision: int
    message_id: str
    lies: Lies
    uidvalidity: int | None
    uid: int | None
    made_at: datetime
    parent: str  # the letter's Message-ID
    sender: str  # who gets the reply
    stage: Stage
    latest: int  # the newest revision


def wanted(db: Database, account: str, most: int) -> list[int]:
    """Letters that wait for a signature and whose latest revision was not put into the folder, the first ones first.

    None for which another draft may lie there, and so many that at most `most` drafts lie there.
    """
    theirs = sa.exists().where(
        draft_copies.c.letter_id == letters.c.id,
        sa.or_(
            draft_copies.c.phase.in_(BLOCKING),
            draft_copies.c.revision == _latest(letters.c.id),
        ),
    )
    lying = sa.select(sa.func.count()).where(draft_copies.c.account == account, draft_copies.c.phase.in_(BLOCKING))
    query = sa.select(letters.c.id).where(
        letters.c.account == account,
        letters.c.stage == Stage.DRAFTED,
        letters.c.message_id != "",  # or else the answer in Sent could not be told from others
        letters.c.risk.not_in(("R2", "R3")),
        ~theirs,
    )
    with db.read() as connection:
        room = most - (connection.scalar(lying) or 0)
        return list(connection.scalars(query.order_by(letters.c.place, letters.c.id).limit(max(0, room))))


def begin(db: Database, seen: Slip, revision: int, message_id: str, now: datetime) -> int:
    """Note that a draft is about to be put there; the id of its copy.

    Conflict when the letter has changed since it was `seen`, or another process was first.
    """
    values = {"letter_id": seen.id, "revision": revision, "account": seen.account, "message_id": message_id}
    try:
        with db.write("draft-copy") as connection:
            check_unchanged(connection, seen)
            begun = sa.insert(draft_copies).values(**values, phase=Lies.WAITING, made_at=now)
            return int(connection.execute(begun.returning(draft_copies.c.id)).scalar_one())
    except IntegrityError as error:
        raise Conflict("Another process puts this draft.") from error


def open_copies(db: Database, account: str, since: datetime) -> list[Copy]:
    """The copies that something may still become of.

    Those that are gone only if they were made after `since` and their letter may still turn out to be answered.
    """
    gone = sa.and_(draft_copies.c.phase == Lies.GONE, draft_copies.c.made_at > since, letters.c.stage.in_(_UNANSWERED))
    still = sa.or_(draft_copies.c.phase.in_(BLOCKING), gone)
    query = (
        sa.select(
            draft_copies,
            letters.c.message_id.label("parent"),
            letters.c.sender_email,
            letters.c.stage,
            _latest(letters.c.id).label("latest"),
        )
        .join(letters, letters.c.id == draft_copies.c.letter_id)
        .where(draft_copies.c.account == account, still)
        .order_by(draft_copies.c.id)
    )
    with db.read() as connection:
        return [
            Copy(
                id=row.id,
                letter_id=row.letter_id,
                revision=row.revision,
                message_id=row.message_id,
                lies=Lies(row.phase),
                uidvalidity=row.uidvalidity,
                uid=row.uid,
                made_at=row.made_at,
                parent=row.parent,
                sender=row.sender_email,
                stage=Stage(row.stage),
                latest=row.latest or 0,
            )
            for row in connection.execute(query)
        ]


def note(db: Database, copy_id: int, lies: Lies, *, uidvalidity: int | None = None, uid: int | None = None) -> None:
    """Keep what was seen of a copy."""
    values: dict[str, object] = {"phase": lies}
    if uid is not None:
        values |= {"uidvalidity": uidvalidity, "uid": uid}
    with db.write(f"copy-{lies}") as connection:
        connection.execute(sa.update(draft_copies).where(draft_copies.c.id == copy_id).values(values))


def forget(db: Database, copy_id: int) -> None:
    """The draft never got into the folder: another may be put."""
    with db.write("copy-forgotten") as connection:
        connection.execute(sa.delete(draft_copies).where(draft_copies.c.id == copy_id))


def let_be(db: Database, account: str) -> None:
    """Drafts of this account are no longer looked after: they stay where they are and stand in nobody's way."""
    theirs = sa.and_(draft_copies.c.account == account, draft_copies.c.phase != Lies.OVER)
    with db.read() as connection:
        if connection.scalar(sa.select(draft_copies.c.id).where(theirs).limit(1)) is None:
            return
    with db.write("copies-let-be") as connection:
        connection.execute(sa.update(draft_copies).where(theirs).values(phase=Lies.OVER))


def answered(db: Database, copy: Copy, now: datetime) -> None:
    """An answer to the letter lies in Sent: it is answered, or, if one was approved here too, a person has to look."""
    with db.write("answered-elsewhere") as connection:
        if copy.stage is Stage.APPROVED:
            move(connection, copy.letter_id, Verb.RECOVER, Stage.UNKNOWN, who=MACHINE, now=now, reason=TWICE)
            _never_tried(connection, copy.letter_id, now)
        elif copy.stage in _UNANSWERED:
            move(connection, copy.letter_id, Verb.RECOVER, Stage.ANSWERED, who=MACHINE, now=now, reason=ELSEWHERE)
        connection.execute(sa.update(draft_copies).where(draft_copies.c.id == copy.id).values(phase=Lies.OVER))


def of_letters(db: Database, message_ids: Collection[str]) -> dict[str, int]:
    """Of these Message-IDs those that the desk gave to drafts, each with its letter."""
    query = sa.select(draft_copies.c.message_id, draft_copies.c.letter_id)
    with db.read() as connection:
        rows = connection.execute(query.where(draft_copies.c.message_id.in_(message_ids)))
        return {row.message_id: row.letter_id for row in rows}


def in_the_way(db: Database, letter_id: int) -> Lies | None:
    """Whether a draft of the reply lies in the folder that the desk must leave alone: EDITED or EARLIER, or None."""
    query = sa.select(draft_copies.c.phase).where(
        draft_copies.c.letter_id == letter_id, draft_copies.c.phase.in_((Lies.EDITED, Lies.EARLIER))
    )
    with db.read() as connection:
        phase = connection.scalar(query.order_by(draft_copies.c.id.desc()).limit(1))
    return Lies(phase) if phase else None


def blocking(letter_ids: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """As a condition: whether a draft of the letter may still be sent from a mail program."""
    return sa.exists().where(draft_copies.c.letter_id == letter_ids, draft_copies.c.phase.in_(BLOCKING))


def _never_tried(connection: Connection, letter_id: int, now: datetime) -> None:
    """The attempt that a person's "it was sent" speaks of, though the desk made none."""
    reply = connection.scalar(sa.select(replies.c.id).where(replies.c.letter_id == letter_id, LIVE))
    text = "An answer from the mail program was found in Sent."
    values = {"reply_id": reply, "phase": "unknown", "started_at": now, "ended_at": now, "text": text}
    connection.execute(sa.insert(attempts).values(values))


def _latest(letter_id: sa.ColumnElement[int]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.max(drafts.c.revision)).where(drafts.c.letter_id == letter_id).scalar_subquery()
