"""reconcile, resume: finding out, after a backup was restored, what was sent that it does not know of.

A backup is a picture of an earlier moment. Replies that were in line then may have gone out since, and letters that
waited may have been answered. So a restored desk sends nothing: first every inbox is collected and compared with its
Sent folder, then an editor lets mail go out again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage import parsing, stages
from triage.desk import Desk
from triage.errors import ConfigError, Conflict, NotAllowed, Permanent, Temporary
from triage.ports import Mailbox
from triage.records import Letter, Person
from triage.stages import Duty, Stage
from triage.store import holds
from triage.store import reconciling as store
from triage.store.holds import Hold
from triage.store.reconciling import Unanswered

log = logging.getLogger(__name__)

HEADER = "x-triage-reply"
CLOCKS = timedelta(days=2)  # how far the mail server's clock may be from that of the desk, which may show another day


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How a comparison went."""

    doubtful: int = 0  # replies that were in line and whose fate nobody knows yet
    answered: int = 0  # letters that Sent shows to be answered
    remarked: int = 0  # letters that somebody seems to have answered from a mail program
    hindered: str = ""  # why it is not complete, in plain words


def reconcile(desk: Desk, mailbox: Callable[[str], Mailbox]) -> Compared | None:
    """Compare what the desk knows with the Sent folders; None when nothing is held.

    It may be repeated, and is when letters have come since. It never raises for mail trouble.
    """
    hold = holds.is_open(desk.db)
    if hold is None:
        return None
    with desk.db.write("doubt") as connection:  # as a copy was made so already, but for one of an earlier version
        store.doubt_approved(connection, desk.clock(), before=hold.since)
    doubtful = store.doubtful(desk.db)
    started, answered, remarked = desk.clock(), 0, 0
    hindrances = store.not_ready(desk.db, desk.inboxes)
    for account in desk.inboxes:
        try:
            found = [_found(desk, account, head) for head in mailbox(account).sent_since(hold.since - CLOCKS)]
        except (Temporary, Permanent, ConfigError) as error:
            mailbox(account).close()
            hindrances.append(str(error))
            continue
        answered += sum(each[0] for each in found)
        remarked += sum(each[1] for each in found)
    hindered = " ".join(hindrances)
    holds.note_compared(desk.db, hold, now=started, finding=hindered)
    log.info("reconciled doubtful=%d answered=%d remarked=%d complete=%s", doubtful, answered, remarked, not hindered)
    return Compared(doubtful=doubtful, answered=answered, remarked=remarked, hindered=hindered)


def is_due(desk: Desk) -> bool:
    """Whether a hold is open and something has come since the last comparison."""
    hold = holds.is_open(desk.db)
    return hold is not None and store.is_stale(desk.db, hold, desk.clock())


def _found(desk: Desk, account: str, head: bytes) -> tuple[int, int]:
    """What a message in Sent says of letters that wait: how many it answers, and how many got a remark."""
    sent = parsing.parse(head, desk.clock())
    parents = sent.in_reply_to or sent.references[-1:]
    answered = remarked = 0
    for letter in store.unanswered(desk.db, account, parents):
        if letter.known.intersection(sent.headers.get(HEADER, ())):  # sent before the backup; it came back, perhaps
            continue
        try:
            if not parents and not _goes_to(sent, letter):
                continue
            # Which reply went out is for a person to say where another one was in line.
            if letter.stage is not Stage.UNKNOWN and parents and HEADER in sent.headers and _goes_to(sent, letter):
                why = f"The desk answered it {_when(desk, sent)}, after the backup was made: the reply is in Sent."
                store.answered_since(desk.db, letter, now=desk.clock(), why=why)
                answered += 1
            elif letter.stage in stages.FOR_PEOPLE:
                does = "refers to it" if parents else "went to this reader"
                why = f"A message sent {_when(desk, sent)} in the Sent folder {does}: look there before you reply."
                store.remark(desk.db, letter, now=desk.clock(), why=why)
                remarked += 1
        except Conflict:  # somebody has just decided something about it; the next comparison looks again
            continue
    return answered, remarked


def _goes_to(sent: Letter, letter: Unanswered) -> bool:
    """Whether a message went to the reader of a letter: two letters may have the same Message-ID."""
    return any(address.email.lower() in letter.addresses for address in sent.to)


def _when(desk: Desk, sent: Letter) -> str:
    at: datetime = (sent.sent_at or sent.received_at).astimezone(desk.zone)
    return f"on {at:%b} {at.day} at {at:%H:%M}"


def resume(desk: Desk, person: Person, *, anyway: bool = False) -> None:
    """Let mail go out again. Replies that were in line when the backup was made are unknown from then on.

    Raises NotAllowed for people who do not look after settings, and Conflict while the comparison with Sent is not
    complete, unless `anyway`.
    """
    if not stages.has_duty(person.role, Duty.SETTINGS):
        raise NotAllowed("An editor lets the desk send again. Next: ask one of them.")
    hold = holds.is_open(desk.db)
    if hold is None:
        raise Conflict("Nothing is held: the desk sends as always.")
    if not anyway and (why := hindrance(desk, hold)):
        raise Conflict(f"The desk cannot send again yet. {why} Next: wait a minute or run `triage reconcile`.")
    now = desk.clock()
    with desk.db.write("resume") as connection:
        store.doubt_approved(connection, now, before=hold.since)
        holds.end(connection, hold, who=person.name, now=now)
    log.info("resumed anyway=%s", anyway)


def hindrance(desk: Desk, hold: Hold) -> str:
    """Why mail should not go out again yet, in plain words; empty when it may."""
    if hold.finding:
        return hold.finding
    if store.is_stale(desk.db, hold, desk.clock()):
        return "The inboxes have not been compared with their Sent folders yet."
    return " ".join(store.not_ready(desk.db, desk.inboxes))
