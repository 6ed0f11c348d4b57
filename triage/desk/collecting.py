"""collect: from the folder on the server to rows of our own. Saved first, acknowledged after."""

import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.desk import Desk
from triage.errors import ConfigError, NotLetIn, Permanent, Temporary, TriageError
from triage.ports import Mailbox
from triage.records import FolderKey, Health
from triage.store import collected as store

log = logging.getLogger(__name__)

BATCH_MESSAGES = 500  # one commit each: the fsync of a commit costs as much as forty messages
BATCH_BYTES = 16_000_000  # bounds the memory of one batch
TRIES = 3  # for a message that cannot be fetched
REFUSALS = 3  # of a sign-in, after which
LOCKED = timedelta(hours=1)  # nobody but a person tries it again
LONGEST = timedelta(minutes=15)  # between two polls while a server is away
RESTS = (
    " It was refused several times, so it is left alone for an hour at a time: providers lock accounts. `triage "
    "collect` tries at once."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """How one pass over one inbox went."""

    account: str
    new: int = 0
    failing: int = 0
    error: str = ""


def poll(desk: Desk, mailbox: Mailbox, *, asked: bool = True) -> Collected:
    """`collect`, with its outcome recorded where people see it. Never raises for mail trouble.

    Unless a person or the mail server `asked`, an inbox in trouble rests between tries (see `rest`).
    """
    health = next((known for known in store.health(desk.db) if known.account == mailbox.account), None)
    if health is not None and health.error and health.polled_at is not None and not asked:
        every = timedelta(seconds=desk.inboxes[mailbox.account].poll_seconds)
        # A poll later than now was noted before the clock was set back; nobody waits until it has caught up.
        if timedelta(0) <= desk.clock() - health.polled_at < rest(health, every):
            return Collected(account=mailbox.account, error=health.error)
    try:
        result = collect(desk, mailbox)
    except (Temporary, Permanent, ConfigError) as error:
        mailbox.close()
        said = str(error)
        if isinstance(error, NotLetIn) and health is not None and health.refusals + 1 >= REFUSALS:
            said += RESTS
        store.note_poll(desk.db, mailbox.account, now=desk.clock(), error=said, kind=type(error).__name__)
        log.warning("collect failed account=%s kind=%s", mailbox.account, type(error).__name__)
        return Collected(account=mailbox.account, error=said)
    store.note_poll(desk.db, mailbox.account, now=desk.clock())
    return result


def rest(health: Health, every: timedelta) -> timedelta:
    """How long an inbox is left alone after a poll that failed.

    After refused sign-ins for an hour, because providers lock accounts. While the server is away or not as it should
    be twice as long each time, less up to half, so that many desks do not come back at the same moment. What is
    mended on this machine is looked at again with the next poll.
    """
    if health.refusals >= REFUSALS:
        return LOCKED
    if health.kind not in (Temporary.__name__, Permanent.__name__):
        return timedelta()
    longest = max(every, LONGEST)
    doubled = min(every * (1 << min(health.failures - 1, 20)), longest)
    share = zlib.crc32(f"{health.account} {health.polled_at} {health.failures}".encode()) / 2**32
    return doubled * (0.5 + share / 2)


def collect(desk: Desk, mailbox: Mailbox) -> Collected:
    """Keep every message of the folder that is not kept yet. Raises Temporary or Permanent."""
    desk.db.check_room()  # before the server is asked: what cannot be kept is not fetched
    return _collect(desk, mailbox, _opened(mailbox))


def _opened(mailbox: Mailbox) -> FolderKey:
    return FolderKey(account=mailbox.account, folder=mailbox.folder, uidvalidity=mailbox.select())


def _collect(desk: Desk, mailbox: Mailbox, key: FolderKey) -> Collected:
    inbox = desk.inboxes[mailbox.account]
    walk = _Walk(desk, mailbox, key, inbox.since, inbox.max_message_mb * 1_000_000)
    last = store.cursor(desk.db, key, inbox.since)
    walk.retry(store.failing(desk.db, key))
    known = store.known_uids(desk.db, key, last)
    sizes = {uid: size for uid, size in mailbox.sizes(last, inbox.since).items() if uid not in known}
    for batch in _batches(sizes, walk.max_bytes):
        walk.keep(batch, up_to=batch[-1])
    if inbox.after_collect != "leave":
        _mark(desk, mailbox, key)
    if walk.new:
        log.info("collected account=%s letters=%d", mailbox.account, walk.new)
    return Collected(account=mailbox.account, new=walk.new, failing=len(store.failing(desk.db, key)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What came of the messages of an archive."""

    new: int
    known: int  # they were here before, or twice in the archive
    unread: int  # they are there and cannot be read


def take_in(desk: Desk, archive: Mailbox) -> TakenIn:
    """`collect` from an archive, whatever came of it before. Raises Temporary or Permanent."""
    desk.db.check_room()
    key = _opened(archive)
    new = _collect(desk, archive, key).new
    kept, unread = store.tally(desk.db, key)
    return TakenIn(new=new, known=kept - new, unread=unread)


@dataclass(slots=True)
class _Walk:
    """One pass over one folder."""

    desk: Desk
    mailbox: Mailbox
    key: FolderKey
    since: datetime | None
    max_bytes: int
    new: int = 0

    def retry(self, uids: list[int]) -> None:
        """Try the UIDs again that failed in earlier passes; forget those that have left the folder."""
        if not uids:
            return
        there = self.mailbox.exists(uids)
        store.forget(self.desk.db, self.key, [uid for uid in uids if uid not in there])
        for uid in uids:
            if uid in there:
                self.keep([uid], up_to=0)

    def keep(self, uids: list[int], *, up_to: int) -> None:
        """Fetch and commit these UIDs; when the server chokes, halve the batch until the culprit is alone."""
        try:
            messages = list(self.mailbox.fetch(uids, self.max_bytes))
        except TriageError as error:
            self.mailbox.close()
            if self.mailbox.select() != self.key.uidvalidity:  # raises when the server itself is the trouble
                raise Temporary("The folder was made anew during the poll; it is collected again.") from error
            if len(uids) == 1:
                self._failed(uids[0], str(error))
                return
            middle = len(uids) // 2
            self.keep(uids[:middle], up_to=min(up_to, uids[middle - 1]))
            self.keep(uids[middle:], up_to=up_to)
            return
        missing = set(uids) - {message.uid for message in messages}
        there = self.mailbox.exists(sorted(missing)) if missing else set()
        for uid in sorted(there):
            self._failed(uid, "The server lists it but does not hand it over.")
        # No further than what is really there: a number out of nowhere would hide every letter below it.
        up_to = min(up_to, max(there.union(message.uid for message in messages), default=0))
        wanted = [m for m in messages if self.since is None or m.received_at >= self.since]
        self.new += store.keep(self.desk.db, self.key, wanted, up_to=up_to, since=self.since, now=self.desk.clock())

    def _failed(self, uid: int, reason: str) -> None:
        store.note_failure(self.desk.db, self.key, uid, reason, limit=TRIES, now=self.desk.clock())
        log.warning("message not collected account=%s uid=%d", self.key.account, uid)


def _batches(sizes: dict[int, int], cap: int) -> Iterator[list[int]]:
    """UIDs in ascending batches, bounded in number and in bytes."""
    batch: list[int] = []
    held = 0
    for uid in sorted(sizes):
        size = min(sizes[uid], cap)
        if batch and (len(batch) >= BATCH_MESSAGES or held + size > BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(uid)
        held += size
    if batch:
        yield batch


def _mark(desk: Desk, mailbox: Mailbox, key: FolderKey) -> None:
    """Do what `after_collect` says, only for what is safely kept; a crash in between repeats it."""
    while uids := store.unmarked(desk.db, key, BATCH_MESSAGES):
        mailbox.mark_collected(uids)
        store.note_marked(desk.db, key, uids)
