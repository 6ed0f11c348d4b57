"""mirror: keeps drafts in the Drafts folder too, for advisors who answer from their mail program.

A draft lies there with the headers of a reply, so that whoever opens and sends it answers in the reader's thread. What
somebody has edited there is theirs: it is neither written over nor removed, and while it lies there the desk sends no
reply of its own to the same letter. A reply that was sent from there is found in Sent and closes the letter.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from triage import composing, parsing
from triage.desk import Desk
from triage.errors import ConfigError, Conflict, Permanent, Temporary
from triage.ports import DraftsFolder, Lying
from triage.records import Address, Letter
from triage.stages import Stage
from triage.store import draft_copies as store
from triage.store import holds, letters
from triage.store.draft_copies import Copy, Lies
from triage.store.locks import alone

log = logging.getLogger(__name__)

MOST = 100
"""So many drafts lie in a folder at once: those that a person should see first."""
REMEMBERED = timedelta(days=14)
"""So long an answer is looked for in Sent after a draft has gone."""
NAMED = "<draft."
"""So the Message-ID begins of every draft that the desk puts there."""
_NO_MATTER_WHEN = datetime(1970, 1, 1, tzinfo=UTC)  # of headers, which came at no time
CLOCKS = timedelta(hours=1)  # how far the mail server's clock may be from that of the desk


class Head(NamedTuple):
    """What is known of a message in the Drafts or the Sent folder."""

    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    to: frozenset[str]
    from_desk: bool

    def answers(self, message_id: str) -> bool:
        """Whether it is a reply to the message with this id."""
        return message_id in (*self.in_reply_to, *self.references[-1:])


@lru_cache(maxsize=20_000)  # the same messages are looked at again and again
def _read(head: bytes) -> Head:
    message = parsing.parse(head, _NO_MATTER_WHEN)
    to = frozenset(address.email.lower() for address in message.to)
    return Head(message.message_id, message.in_reply_to, message.references, to, "x-triage-reply" in message.headers)


def mirror(desk: Desk, folder: Callable[[str], DraftsFolder]) -> int:
    """Bring the Drafts folders in line with the desk, and learn what was sent from them; how many drafts were put.

    Trouble with one account leaves it as it was and never touches another. One process does this at a time: two would
    each take for lost what the other is about to put.
    """
    put = 0
    for account, inbox in desk.inboxes.items():
        if not inbox.keep_drafts:
            store.let_be(desk.db, account)
            continue
        door = folder(account)
        try:
            with alone(desk.db, "mirror"):
                _look(desk, account, door)
                put += _put(desk, account, door)
        except (Temporary, Permanent, ConfigError) as error:
            door.close()
            log.warning("drafts not mirrored account=%s kind=%s", account, type(error).__name__)
    return put


def _look(desk: Desk, account: str, door: DraftsFolder) -> None:
    """See what became of each draft that was put there."""
    copies = store.open_copies(desk.db, account, since=desk.clock() - REMEMBERED)
    if not copies:
        return
    lying = door.drafts()
    drafts = {uid: _read(head) for uid, head in lying.heads.items()}
    of = store.of_letters(desk.db, {draft.message_id for draft in drafts.values()})
    missing = []
    for copy in copies:
        if (lies := _seen(desk, copy, lying, drafts, of)) is Lies.GONE:
            missing.append(copy)
        elif lies is Lies.THERE and (copy.stage is not Stage.DRAFTED or copy.latest != copy.revision):
            assert copy.uidvalidity is not None and copy.uid is not None
            door.remove_draft(copy.uidvalidity, copy.uid)
            store.note(desk.db, copy.id, Lies.OVER)
    if missing:
        _look_in_sent(desk, door, missing)


def _seen(desk: Desk, copy: Copy, lying: Lying, drafts: dict[int, Head], of: Mapping[str, int]) -> Lies:
    """Where a copy is now, which is kept where it is news."""
    own = next((uid for uid, draft in drafts.items() if draft.message_id == copy.message_id), None)
    if copy.lies is Lies.WAITING and own is not None:  # it was put there by a process that died before it said so
        store.note(desk.db, copy.id, Lies.THERE, uidvalidity=lying.uidvalidity, uid=own)
        return Lies.WAITING
    same_place = (copy.uidvalidity, copy.uid) == (lying.uidvalidity, own)
    if copy.lies is Lies.WAITING:  # it never got there; another is put
        store.forget(desk.db, copy.id)
        return Lies.WAITING
    if own is not None and same_place:
        lies = Lies.THERE
    elif own is not None:
        lies = Lies.EDITED
    else:
        lies = (
            _beside(copy.letter_id, [draft for draft in drafts.values() if draft.answers(copy.parent)], of) or Lies.GONE
        )
    if lies is not copy.lies:
        store.note(desk.db, copy.id, lies)
    return lies


def _beside(letter_id: int, answers: Collection[Head], of: Mapping[str, int]) -> Lies | None:
    """What lies in the folder as an answer to a letter: somebody's own draft, or an earlier one of the desk; or None.

    `of`: which letters the desk's drafts are for. Those for another letter with the same Message-ID do not count.
    """
    theirs = [draft for draft in answers if of.get(draft.message_id, letter_id) == letter_id]
    if not theirs:
        return None
    # A restored desk does not know what it put there after the backup, but the name of it.
    return Lies.EARLIER if all(draft.message_id.startswith(NAMED) for draft in theirs) else Lies.EDITED


def _look_in_sent(desk: Desk, door: DraftsFolder, missing: Sequence[Copy]) -> None:
    """Close the letters of drafts that have gone and whose answer lies in Sent."""
    since = min(copy.made_at for copy in missing) - CLOCKS
    answers: dict[str, set[str]] = {}
    for head in door.sent_since(since):
        sent = _read(head)
        if sent.from_desk:  # to this letter or to an earlier version of it
            continue
        for parent in sent.in_reply_to or sent.references[-1:]:
            answers.setdefault(parent, set()).update(sent.to)
    for copy in missing:
        letter = letters.dossier(desk.db, copy.letter_id).letter if copy.parent in answers else None
        if copy.parent in answers and answers[copy.parent] & _readers(letter, copy.sender):
            try:
                store.answered(desk.db, copy, desk.clock())
                log.info("answered from the mail program letter=%d", copy.letter_id)
            except Conflict:  # somebody is deciding about it at this moment; the next pass looks again
                continue


def _readers(letter: Letter | None, sender: str) -> set[str]:
    """Every address that an answer to this letter may go to, as in `composing.recipients`: a Reply-To is one too."""
    offered = [address.email for address in composing.recipients(letter)] if letter else []
    return {spelling for address in (sender, *offered) for spelling in composing.spellings(address)}


def _put(desk: Desk, account: str, door: DraftsFolder) -> int:
    """Put the latest drafts there; how many. None beside one that somebody has begun there, or an earlier one.

    None at all while nothing may be sent: a restored desk does not know which letters have been answered since.
    """
    done, wanted = 0, store.wanted(desk.db, account, MOST)
    if not wanted or holds.is_open(desk.db) is not None:
        return 0
    lying = [_read(head) for head in door.drafts().heads.values()]
    of = store.of_letters(desk.db, {draft.message_id for draft in lying})
    for letter_id in wanted:
        dossier, inbox, now = letters.dossier(desk.db, letter_id), desk.inboxes[account], desk.clock()
        letter, draft = dossier.letter, dossier.draft
        if letter is None or draft is None or not composing.recipients(letter):
            continue
        token = f"{letter_id}.{desk.token()}"
        message_id = f"{NAMED}{token}@{inbox.address.rpartition('@')[2]}>"
        try:
            message = composing.compose(
                letter,
                draft,
                sender=Address(inbox.from_name, inbox.address),
                recipient=composing.recipients(letter)[0],
                message_id=message_id,
                reply_token="",
                date=now.astimezone(desk.zone),
                quote=inbox.quote_letter,
            )
            copy = store.begin(desk.db, dossier.slip, draft.revision, message_id, now)
        except (Conflict, Permanent):
            continue
        readers = _readers(letter, letter.sender.email)
        answers = [it for it in lying if it.answers(letter.message_id) and (not it.to or it.to & readers)]
        if (beside := _beside(letter_id, answers, of)) is not None:
            store.note(desk.db, copy, beside)
            continue
        place = door.put_draft(message)
        if place is not None:
            store.note(desk.db, copy, Lies.THERE, uidvalidity=place[0], uid=place[1])
        done += 1
    return done
