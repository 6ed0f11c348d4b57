"""send: hands approved replies to the mail server, each at most once unless a person asks again.

One process of the desk sends at a time, one reply at a time. What a dead process left behind is
put right first (`triage.store.sends.recover`).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from triage import composing
from triage.desk import Desk
from triage.errors import ConfigError, Conflict, Permanent, Temporary
from triage.ports import Lost, Mailbox, Outbox, Refused
from triage.records import Phase, Receipt, SentReply
from triage.stages import Stage
from triage.store import acknowledgements, holds
from triage.store import sends as store

log = logging.getLogger(__name__)

RETRY_MINUTES = (1, 2, 5, 10, 20, 40, 60, 120, 240, 480)
"""Waiting times after refusals that are temporary: about 16 hours in all, then a person decides."""
HOUR = timedelta(hours=1)
"""Of `most_per_hour`."""
COPY_TRIES = 1_000  # one a minute or so: most of a day
FINISH_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How one pass went."""

    sent: int = 0
    postponed: int = 0
    refused: int = 0
    unknown: int = 0
    busy: bool = False  # another process of the desk is the sender
    held: str = ""  # why nothing is sent at all


def send(
    desk: Desk,
    outbox: Callable[[str], Outbox],
    *,
    ignore_undo: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> Sent:
    """Send what is due. `outbox(account)` gives the door for an account and keeps it open.

    `stopping` is asked before each reply, so that a stop waits for one reply and not for the queue.
    """
    if not desk.db.become_sender():
        return Sent(busy=True)
    store.recover(desk.db, desk.clock())
    if (hold := holds.is_open(desk.db)) is not None:
        return Sent(held=hold.reason)
    results: list[Phase] = []
    closed: set[str] = set()
    for sent in store.due(desk.db, desk.clock(), ignore_undo=ignore_undo):
        if stopping():
            break
        if sent.reply.account in closed or sent.reply.account not in desk.inboxes:
            continue
        if enough(desk, sent.reply.account):
            closed.add(sent.reply.account)
            continue
        desk.db.check_room()  # a reply that went out and could not be marked so would be unknown
        try:
            phase, account_down = _send_one(desk, outbox(sent.reply.account), sent)
        except Conflict:  # undone, or taken over, a moment ago
            continue
        results.append(phase)
        if account_down:
            closed.add(sent.reply.account)
            # One wrong sign-in a minute is enough: providers lock accounts after many.
            store.postpone(desk.db, sent.reply.account, desk.clock() + timedelta(minutes=RETRY_MINUTES[0]))
        log.info("send letter=%d result=%s", sent.reply.letter_id, phase)
    return Sent(
        sent=results.count(Phase.SENT),
        postponed=results.count(Phase.POSTPONED),
        refused=results.count(Phase.REFUSED),
        unknown=results.count(Phase.UNKNOWN),
    )


def enough(desk: Desk, account: str) -> bool:
    """Whether this account has sent as much within the last hour as its provider allows, which counts notes too."""
    inbox, since = desk.inboxes[account], desk.clock() - HOUR
    if not inbox.most_per_hour:
        return False
    notes = acknowledgements.handed_over(desk.db, account, since)
    return store.handed_over(desk.db, account, since) + notes >= inbox.most_per_hour


def _send_one(desk: Desk, outbox: Outbox, sent: SentReply) -> tuple[Phase, bool]:
    """One attempt with its two marks; what became of it, and whether the whole account is in trouble."""
    attempt = store.claim(desk.db, sent, desk.clock())
    in_data = False

    def begin_data() -> None:
        nonlocal in_data
        store.begin_data(desk.db, attempt)
        in_data = True

    account_down = False
    try:
        receipt = outbox.send(sent.reply, begin_data)
        phase = Phase.SENT
    except Refused as refusal:
        receipt = Receipt(code=refusal.code, text=refusal.text)
        # Trouble of the whole account is not this reply's fault, however long it lasts.
        patience = refusal.whole_account or sent.postponed < len(RETRY_MINUTES)
        phase = Phase.POSTPONED if patience and not refusal.permanent else Phase.REFUSED
        account_down = refusal.whole_account
    except Conflict:
        outbox.close()
        raise
    except Exception as error:  # Lost, and anything that nobody foresaw
        outbox.close()
        receipt = Receipt(code=0, text=str(error) if isinstance(error, (Lost, Temporary)) else type(error).__name__)
        phase = Phase.UNKNOWN if in_data else Phase.POSTPONED
    _finish(desk, sent, attempt, phase, receipt)
    return phase, account_down


def _finish(desk: Desk, sent: SentReply, attempt: int, phase: Phase, receipt: Receipt) -> None:
    """Record the outcome. The database gets several chances: a lost "sent" would look unknown."""
    now = desk.clock()
    retry_at = None
    reason = ""
    if phase is Phase.POSTPONED:
        wait = RETRY_MINUTES[min(sent.postponed, len(RETRY_MINUTES) - 1)]
        retry_at = now + timedelta(minutes=wait)
        reason = f"Not sent yet: {receipt.text} It is tried again in {wait} minutes."
    elif phase is Phase.REFUSED:
        reason = f"The mail server refused the reply: {receipt.code or ''} {receipt.text}".replace("  ", " ")
        reason += " Next: correct the reply or its address, or let the letter go."
    elif phase is Phase.UNKNOWN:
        reason = store.UNKNOWN_REASON
    for left in reversed(range(FINISH_TRIES)):
        try:
            store.finish(desk.db, sent, attempt, phase, receipt, now=now, retry_at=retry_at, reason=reason)
            return
        except Temporary:
            if not left:
                raise


def settle(desk: Desk, mailbox: Callable[[str], Mailbox]) -> int:
    """File copies of sent replies in Sent, and look there for replies whose fate is unknown.

    Returns how many copies are there now. Trouble is noted with the reply and never changes its stage.
    """
    done = 0
    for sent in store.in_stage(desk.db, Stage.UNKNOWN):
        if sent.reply.account not in desk.inboxes:
            continue
        try:
            if mailbox(sent.reply.account).has_sent(sent.reply.message_id, composing.reply_token(sent.reply.message)):
                store.found_in_sent(desk.db, sent, desk.clock())
        except (Temporary, Permanent, ConfigError, Conflict) as error:
            mailbox(sent.reply.account).close()
            log.warning("sent folder not searched letter=%d kind=%s", sent.reply.letter_id, type(error).__name__)
    for sent in store.to_copy(desk.db, COPY_TRIES):
        if sent.reply.account not in desk.inboxes:
            continue
        door = mailbox(sent.reply.account)
        try:
            door.file_sent(sent.reply.message, sent.reply.message_id, composing.reply_token(sent.reply.message))
            store.note_copy(desk.db, sent.id, now=desk.clock())
            done += 1
        except (Temporary, Permanent, ConfigError) as error:
            door.close()
            store.note_copy(desk.db, sent.id, now=desk.clock(), error=str(error))
            log.warning("copy not filed letter=%d kind=%s", sent.reply.letter_id, type(error).__name__)
    return done
