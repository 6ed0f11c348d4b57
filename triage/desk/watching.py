"""Sees to it that the service does not die in silence: what is wrong now.

    wrong      what is wrong, by the state of the service alone (pure)
    look       opens and ends troubles accordingly; `triage.desk.warning` tells people

A trouble is said in plain words with who does what next, and never holds anything of a letter.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from triage.desk import Desk, grants, sending
from triage.desk.steps import WATCH, failing, late, overdue, stopped
from triage.errors import Temporary
from triage.house import Standing, Waiting
from triage.records import Health
from triage.store import watching as store
from triage.store.database import FULL

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=15)
"""How long a letter may wait for the machine, and nobody know whether a reply was sent."""
LEAST_FREE, LEAST_SHARE = 1_000_000_000, 0.05
"""A disk is short with fewer bytes free than the greater of these: so many, or such a share of it."""
REMIND_HOURS = (1, 4, 24)
"""After so many hours people are told again of a trouble that is still there; the last one holds from then on."""


class Kind(StrEnum):
    """What can be wrong."""

    POLLING = "polling"  # no look into an inbox has worked for a while
    REFUSED = "refused"  # its server turns the desk away: the sign-in, a folder, the certificate
    SIGN_IN = "sign-in"  # the permission to use it has ended or ends soon
    UNREAD = "unread"  # letters that the machine does not get on with
    STUCK = "stuck"  # letters that it could not read
    NOT_COLLECTED = "not-collected"  # messages that the server never handed over
    UNKNOWN = "unknown"  # replies that may have been sent
    UNSENT = "unsent"  # approved replies that do not go out
    HELD = "held"  # nothing is sent until somebody says so
    STEP = "step"  # a step of the schedule has stopped, or goes wrong each time
    DISK = "disk"  # hardly any room, or none


MAIL = frozenset({Kind.POLLING, Kind.REFUSED, Kind.SIGN_IN, Kind.UNSENT})
"""Kinds that are about an inbox and make it a bad one to send through."""
MACHINE = "whoever runs this machine"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is wrong now."""

    kind: Kind
    about: str  # an account or a step; empty: the whole desk
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that `wrong` needs to know."""

    standing: Standing
    every: Mapping[str, float]  # by inbox: seconds from one poll to the next
    disks: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # by what lies there: bytes in all, and free
    full: bool = False  # the database takes nothing more
    paced: Collection[str] = ()  # accounts that have sent as much as they may for now
    sign_ins: Sequence[tuple[str, str]] = ()  # accounts whose permission ends, and that in plain words
    started: datetime | None = None  # when this service started; None: who asks does not run it
    zone: ZoneInfo


def wrong(seen: Seen, now: datetime) -> list[Wrong]:
    """What is wrong at the moment `now`.

    What was late before the service `started` counts from there: it is just catching up.
    """
    return [
        *_inboxes(seen, now),
        *(Wrong(Kind.SIGN_IN, account, said) for account, said in seen.sign_ins),
        *_letters(seen, now),
        *_hold(seen),
        *([] if seen.full else _steps(seen, now)),
        *_disks(seen),
    ]


def _late(seen: Seen, since: datetime, limit: timedelta, now: datetime) -> bool:
    return late(since, limit, now, started=seen.started)


def _inboxes(seen: Seen, now: datetime) -> Iterator[Wrong]:
    polls = {health.account: health for health in seen.standing.polls}
    for account, seconds in seen.every.items():
        health = polls.get(account)
        if health is None or not health.error:
            if health and health.polled_at and _late(seen, health.polled_at, overdue(seconds), now):
                yield Wrong(Kind.POLLING, account, _unpolled(account, health, seen.zone))
        elif health.kind and health.kind != Temporary.__name__:
            # Once is no proof: providers refuse a sign-in now and then. One that has ended is a trouble already.
            if health.failures > 1 and not any(it == account and said in health.error for it, said in seen.sign_ins):
                yield Wrong(Kind.REFUSED, account, f"No letter comes in from the inbox “{account}”. {health.error}")
        elif _long_failing(seen, health, seconds, now):
            yield Wrong(Kind.POLLING, account, _unpolled(account, health, seen.zone))


def _long_failing(seen: Seen, health: Health, seconds: float, now: datetime) -> bool:
    if health.succeeded_at is None:
        return health.failures * seconds >= overdue(seconds).total_seconds()
    return _late(seen, health.succeeded_at, overdue(seconds), now)


def _unpolled(account: str, health: Health, zone: ZoneInfo) -> str:
    since = f"since {_moment(health.succeeded_at, zone)}" if health.succeeded_at else "so far"
    return (
        f"No letter comes in from the inbox “{account}”: no look into it has worked {since}. It is tried again by "
        f"itself. Next: if it lasts, {MACHINE} runs `triage check`."
    )


def _letters(seen: Seen, now: datetime) -> Iterator[Wrong]:
    standing = seen.standing
    look = "Next: somebody who answers letters"
    for account, waiting in standing.unread.items():
        if _late(seen, waiting.since, PATIENCE, now):
            letters = _count(waiting, "letter has", "letters have")
            said = f"{letters} come in at “{account}” and not been read yet, for more than a quarter of an hour."
            yield Wrong(Kind.UNREAD, account, f"{said} Next: {MACHINE} looks into the log and starts Triage anew.")
    for account, waiting in standing.stuck.items():
        said = f"{_count(waiting, 'letter', 'letters')} at “{account}” could not be read by the machine."
        yield Wrong(Kind.STUCK, account, f"{said} {look} opens “Needs you at once” and reads the source.")
    for account, waiting in standing.not_collected.items():
        messages = _count(waiting, "message", "messages")
        said = f"{messages} at “{account}” could not be collected: the mail server does not hand them over."
        yield Wrong(Kind.NOT_COLLECTED, account, f"{said} {look} answers them in the mail program.")
    for account, waiting in standing.unknown.items():
        replies = _count(waiting, "reply", "replies")
        said = f"{replies} from “{account}” may or may not have been sent. Nothing is sent again by itself."
        yield Wrong(Kind.UNKNOWN, account, f"{said} {look} looks in the Sent folder and says at the letter what is so.")
    for account, waiting in standing.unsent.items():
        waits = bool(standing.hold) or account in seen.paced
        if not waits and _late(seen, waiting.since, PATIENCE, now):
            replies = _count(waiting, "approved reply has", "approved replies have")
            said = f"{replies} not gone out from “{account}” for more than a quarter of an hour; it is tried again."
            yield Wrong(Kind.UNSENT, account, f"{said} Next: {MACHINE} runs `triage check`; the letters say why.")


def _hold(seen: Seen) -> Iterator[Wrong]:
    if seen.standing.hold:
        next_steps = f"Next: {MACHINE} runs `triage reconcile`, then an editor lets mail go out with `triage resume`."
        yield Wrong(Kind.HELD, "", f"Nothing is sent. {seen.standing.hold} {next_steps}")


def _steps(seen: Seen, now: datetime) -> Iterator[Wrong]:
    silent = stopped(seen.standing.steps, now)
    wrong_each_time = failing(seen.standing.steps, now, started=seen.started)
    for step in seen.standing.steps:
        if step.name in silent and _late(seen, step.began_at, overdue(step.every_seconds), now):
            since = _moment(step.began_at, seen.zone)
            said = f"A part of the service, “{step.name}”, has not run since {since}."
            yield Wrong(Kind.STEP, step.name, f"{said} Next: {MACHINE} starts Triage anew.")
        elif step.name in wrong_each_time:
            yield Wrong(Kind.STEP, step.name, _fails(step.name, step.error))


def _fails(name: str, error: str) -> str:
    said = f"A part of the service, “{name}”, goes wrong each time ({error})."
    return f"{said} Next: {MACHINE} looks into the log."


def short(disks: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """The disks with too little room, and how many bytes are free there."""
    return {what: free for what, (total, free) in disks.items() if free < max(LEAST_FREE, LEAST_SHARE * total)}


def _disks(seen: Seen) -> Iterator[Wrong]:
    if seen.full:
        yield Wrong(Kind.DISK, "", FULL)
        return
    if little := short(seen.disks):
        what, free = min(little.items(), key=lambda item: item[1])
        said = f"The disk that {what} is on has {_size(free)} free. When it is full nothing is collected or sent."
        yield Wrong(Kind.DISK, "", f"{said} Next: {MACHINE} makes room.")


def _count(waiting: Waiting, one: str, more: str) -> str:
    return f"1 {one}" if waiting.letters == 1 else f"{waiting.letters} {more}"


def _size(free: int) -> str:
    """Roughly, so that it does not read differently at every look."""
    return f"less than {free // 1_000_000_000 + 1} GB" if free >= LEAST_FREE else f"less than {free // 10**8 + 1}00 MB"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    here = at.astimezone(zone)
    return f"{here:%A}, {here:%B} {here.day} at {here:%H:%M}"


# ------------------------------------------------------------------ looking


def find(desk: Desk, *, started: datetime | None = None) -> list[Wrong]:
    """What is wrong now. Raises Temporary when the database does not answer."""
    now = desk.clock()
    seen = Seen(
        standing=store.standing(desk.db, now=now, patience=PATIENCE),
        every={name: inbox.poll_seconds for name, inbox in desk.inboxes.items()},
        disks=disks(desk),
        full=desk.db.is_full,
        paced=[name for name in desk.inboxes if sending.enough(desk, name)],
        sign_ins=grants.troubles(desk),
        started=started,
        zone=desk.zone,
    )
    return wrong(seen, now)


def disks(desk: Desk) -> dict[str, tuple[int, int]]:
    """How big the disks are that the desk writes to, and how much of them is free; that of a server is its own."""
    places = {"the database": desk.db.file, "the log": desk.log_file}
    found = {}
    for what, file in places.items():
        if file is not None and file.parent.is_dir():
            total, _used, free = desk.disk_usage(Path(file.parent))
            found[what] = (total, free)
    return found


def look(desk: Desk, *, started: datetime | None = None) -> None:
    """Open a trouble for what is wrong, end those that are over. Raises Temporary when that cannot be kept."""
    desk.db.probe()
    now, found = desk.clock(), {(it.kind.value, it.about): it for it in find(desk, started=started)}
    known = {(trouble.kind, trouble.about): trouble for trouble in store.open_troubles(desk.db)}
    for key, trouble in known.items():
        if key not in found:
            if store.end(desk.db, trouble, now=now):
                log.info("trouble ended trouble=%d kind=%s", trouble.id, trouble.kind)
        elif found[key].said != trouble.said:
            store.say(desk.db, trouble, found[key].said)
    for key, it in found.items():
        if key not in known and store.begin(desk.db, it.kind, it.about, it.said, now=now, remind_after=remind_after):
            log.warning("trouble kind=%s", it.kind)


def blind(desk: Desk, error: str) -> None:
    """Open the trouble that looking itself goes wrong each time, for nobody else looks. Raises Temporary."""
    said = _fails(WATCH, error)
    if store.begin(desk.db, Kind.STEP, WATCH, said, now=desk.clock(), remind_after=remind_after):
        log.warning("the watch itself goes wrong")


def remind_after(told: int) -> timedelta:
    """How long after people were told for the `told`-th time they are told again."""
    return timedelta(hours=REMIND_HOURS[min(told, len(REMIND_HOURS)) - 1])


def standing(desk: Desk) -> list[str]:
    """What is wrong, for the pages: the open troubles, and what keeps more of them from being written down."""
    known, now = store.open_troubles(desk.db), desk.clock()
    said = [trouble.said for trouble in known]
    if desk.db.is_full and FULL not in said:
        said.append(FULL)
    watch = [step for step in store.all_steps(desk.db) if step.name == WATCH]
    told = any((trouble.kind, trouble.about) == (Kind.STEP, WATCH) for trouble in known)
    if not told and (stopped(watch, now) or failing(watch, now)):
        said.append(f"Nobody is told any more when something is wrong here. Next: {MACHINE} starts Triage anew.")
    return said
