"""Tells a reader that the letter has arrived, where an inbox has words for it: the one mail without a person's look.

So it is hedged in: never for mail that is no letter, for held letters, or twice for one; at most one a day to an
address and a few hundred a day in all, which ends every loop whether or not anything recognises it; without an
envelope sender and marked as automatic (RFC 3834), so that no program answers it.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from triage import composing
from triage.desk import Desk
from triage.errors import Conflict, Permanent
from triage.ports import Outbox, Refused
from triage.records import Address, Phase
from triage.store import acknowledgements as store
from triage.store import letters
from triage.store.acknowledgements import WAITING, Acknowledgement

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
MOST = 300
"""So many notes in `EVERY`, to everybody together."""
FRESH = timedelta(days=1)
"""Letters that came earlier, such as those of a mailbox that is read for the first time, get none."""
WRITTEN = timedelta(days=7)
"""Nor do letters that say they were written earlier than this: somebody has moved old mail into the inbox."""
TRIES = 5
RETRY = timedelta(minutes=10)


def prepare(desk: Desk, letter_id: int) -> bool:
    """Put the note for a letter that was just read in line; whether there is one."""
    if not any(inbox.acknowledgement for inbox in desk.inboxes.values()):
        return False
    dossier, now = letters.dossier(desk.db, letter_id), desk.clock()
    inbox, letter = desk.inboxes.get(dossier.slip.account), dossier.letter
    if inbox is None or not inbox.acknowledgement or letter is None:
        return False
    if now - letter.received_at > FRESH or now - (letter.sent_at or now) > WRITTEN:
        return False
    # A Reply-To may name anybody, and so may a contact form.
    if not letter.sender.email or letter.reply_to is not None or len(composing.recipients(letter)) > 1:
        return False
    message_id = f"<note.{letter_id}.{desk.token()}@{inbox.address.rpartition('@')[2]}>"
    try:
        recipient = composing.envelope(letter.sender.email)
        message = composing.acknowledgement(
            letter,
            inbox.acknowledgement,
            sender=Address(inbox.from_name, inbox.address),
            message_id=message_id,
            date=now.astimezone(desk.zone),
        )
    except Permanent:  # nothing can be sent to such an address, which a person sees at the letter
        return False
    note = Acknowledgement(letter_id, inbox.name, recipient, message, tries=0)
    return store.keep(desk.db, note, message_id, folder=inbox.folder, now=now, every=EVERY, most=MOST)


def send(desk: Desk, outbox: Callable[[str], Outbox], *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Hand every note in line to the mail server; how many it took. Only the process that sends may call this.

    `stopping` is asked before each.
    """
    store.recover(desk.db, desk.clock())
    done, closed = 0, set[str]()
    for note in store.due(desk.db, desk.clock()):
        if stopping():
            break
        if note.account not in desk.inboxes or note.account in closed:
            continue
        taken, account_down = _send(desk, outbox(note.account), note)
        done += taken
        if account_down:  # one wrong sign-in is enough, and replies of other accounts wait meanwhile
            closed.add(note.account)
            store.postpone(desk.db, note.account, desk.clock() + RETRY)
    return done


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
