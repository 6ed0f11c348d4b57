"""Tells a reader that the letter has arrived, where an inbox has words for it: the one mail without a person's look.

So it is hedged in: never for mail that is no letter, for held letters, or twice for one; at most one a day to an
address and a few hundred a day in all, which ends every loop whether or not anything recognises it; without an
envelope sender and marked as automatic (RFC 3834), so that no program answers it. It holds nothing that the letter
says: anybody can be named as the sender of one, and would get a stranger's words over the desk's name.

A note is put in line together with the reading of its letter, in one transaction. From then on a crash can cost it but
never double it, and it yields to replies, which a person has signed.
"""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from triage import composing
from triage.desk import Desk, frames
from triage.desk.sending import HOUR
from triage.errors import Conflict, Permanent, Temporary
from triage.ports import Outbox, Refused
from triage.records import Address, Letter, Phase
from triage.store import acknowledgements as store
from triage.store import letters, sends
from triage.store.acknowledgements import WAITING, Acknowledgement

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
MOST = 300
"""So many notes in `EVERY`, to everybody together."""
FRESH = timedelta(days=1)
"""Letters that came earlier, such as those of a mailbox that is read for the first time, get none."""
WRITTEN = timedelta(days=7)
"""Nor do letters that say they were written earlier than this: somebody has moved old mail into the inbox."""
OF_USE = timedelta(days=1)
"""A note that could not go out for so long is not sent any more, and none once the letter has its answer."""
SHARE = 4
"""Of the mail that may go out in an hour, notes take one part in so many at most."""
SUPPRESSED = re.compile(r"\b(?:all|autoreply|oof)\b", re.I)
"""In X-Auto-Response-Suppress: whoever wrote this wants no automatic answer."""
ROBOTS = re.compile(r"owner-.*|.*-(?:request|owner|bounces?)|listserv|majordomo|bounces?[+=-].*", re.I)
"""The programs of mailing lists (RFC 2142, RFC 3834 section 2)."""
TRIES = 5
RETRY = timedelta(minutes=10)


def prepare(desk: Desk, letter_id: int, letter: Letter) -> Callable[..., bool] | None:
    """What puts the note for a letter in line, in the transaction that keeps its reading; None where it gets none.

    Whatever goes wrong with the note, the letter is read.
    """
    if not any(inbox.acknowledgement for inbox in desk.inboxes.values()):
        return None
    try:
        note = _made(desk, letter_id, letter)
    except Permanent:  # nothing can be sent to such an address, which a person sees at the letter
        return None
    except Temporary:
        raise
    except Exception as error:
        log.error("no note for letter=%d kind=%s\n%s", letter_id, type(error).__name__, frames(error))
        return None
    if note is None:
        return None
    folder = desk.inboxes[note.account].folder
    return partial(store.keep, note=note, folder=folder, now=desk.clock(), every=EVERY, most=MOST)


def _made(desk: Desk, letter_id: int, letter: Letter) -> Acknowledgement | None:
    account, now = letters.dossier(desk.db, letter_id).slip.account, desk.clock()
    inbox = desk.inboxes.get(account)
    if inbox is None or not inbox.acknowledgement:
        return None
    if now - letter.received_at > FRESH or now - (letter.sent_at or now) > WRITTEN:
        return None
    # A Reply-To may name anybody, and so may a contact form.
    if not letter.sender.email or letter.reply_to is not None or len(composing.recipients(letter)) > 1:
        return None
    if ROBOTS.fullmatch(letter.sender.email.rpartition("@")[0]):
        return None
    if SUPPRESSED.search(" ".join(letter.headers.get("x-auto-response-suppress", ()))):
        return None
    message_id = f"<note.{letter_id}.{desk.token()}@{inbox.address.rpartition('@')[2]}>"
    message = composing.acknowledgement(
        letter,
        inbox.acknowledgement,
        sender=Address(inbox.from_name, inbox.address),
        message_id=message_id,
        date=now.astimezone(desk.zone),
    )
    return Acknowledgement(letter_id, account, composing.envelope(letter.sender.email), message_id, message)


def send(desk: Desk, outbox: Callable[[str], Outbox], *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Hand every note in line to the mail server; how many it took. Only the process that sends may call this.

    `stopping` is asked before each.
    """
    store.recover(desk.db, desk.clock())
    store.give_up(desk.db, desk.clock() - OF_USE, desk.clock())
    done, closed = 0, set[str]()
    for note in store.due(desk.db, desk.clock()):
        if stopping():
            break
        if note.account not in desk.inboxes or note.account in closed:
            continue
        rests = not has_room(desk, note.account)
        if not rests:
            desk.db.check_room()  # one that went out and could not be marked so would be unknown
            taken, rests = _send(desk, outbox(note.account), note)
            done += taken
        if rests:  # one wrong sign-in is enough, and notes of other accounts wait behind these
            closed.add(note.account)
            store.postpone(desk.db, note.account, desk.clock() + RETRY)
    return done


def has_room(desk: Desk, account: str) -> bool:
    """Whether a note may go out, where the provider takes only so many mails in an hour: replies come first.

    Every reply in line keeps its place, and of all places notes take a part only, so that there are some for replies
    that are yet to be approved.
    """
    most = desk.inboxes[account].most_per_hour
    if not most:
        return True
    since = desk.clock() - HOUR
    notes = store.handed_over(desk.db, account, since)
    replies = sends.handed_over(desk.db, account, since) + store.replies_in_line(desk.db, account)
    return notes < most // SHARE and notes + replies < most


def _send(desk: Desk, outbox: Outbox, note: Acknowledgement) -> tuple[bool, bool]:
    """One try with the marks of a reply's; whether the mail server took it, and whether the account is in trouble."""
    number, in_data = note.letter_id, False

    def begin_data() -> None:
        nonlocal in_data
        store.move(desk.db, number, (Phase.PRE_DATA,), Phase.IN_DATA, now=desk.clock())
        in_data = True

    try:
        store.move(desk.db, number, (WAITING,), Phase.PRE_DATA, now=desk.clock())
    except Conflict:
        return False, False
    after, error, retry_at, account_down = str(Phase.SENT), "", None, False
    try:
        outbox.send(note, begin_data)
    except Refused as refusal:
        again = not refusal.permanent and note.tries + 1 < TRIES
        after, error = (WAITING if again else Phase.REFUSED), refusal.text
        retry_at = desk.clock() + RETRY if again else None
        account_down = refusal.whole_account
    except Exception as fault:  # the line went dead, or anything that nobody foresaw
        outbox.close()
        after, error = (Phase.UNKNOWN if in_data else WAITING), type(fault).__name__
        retry_at = None if in_data else desk.clock() + RETRY
    store.move(
        desk.db, number, (Phase.PRE_DATA, Phase.IN_DATA), after, now=desk.clock(), error=error, retry_at=retry_at
    )
    log.info("acknowledge letter=%d result=%s", number, after)
    return after == Phase.SENT, account_down
