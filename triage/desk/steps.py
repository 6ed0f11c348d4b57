"""The steps of the schedule as they are kept: when each ran last, which have stopped, and which go wrong each time."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from triage.desk import Desk
from triage.house import Step
from triage.store import watching as store

log = logging.getLogger(__name__)

RECORD_EVERY = timedelta(minutes=1)
OVERDUE = timedelta(minutes=10)
MISSED = 3
"""A poll or a step is overdue when so many of its intervals have gone by, and `OVERDUE` at least."""
WATCH = "watch"
"""The step that sees to the others."""
_MAIN = frozenset({"read", "send", "tell", WATCH})


def is_main(name: str) -> bool:
    """Whether the service does not do what it is there for while this step goes wrong."""
    return name in _MAIN or name.startswith("collect-")


def overdue(seconds: float) -> timedelta:
    """After how long something is overdue that is done every so many seconds."""
    return max(OVERDUE, MISSED * timedelta(seconds=seconds))


def late(since: datetime, limit: timedelta, now: datetime, *, started: datetime | None = None) -> bool:
    """Whether something that was so `since` then has been so for too long, counted from when the service `started`.

    What lies so far ahead was written down before the clock was set back; nobody knows how long ago that is.
    """
    if since - now >= limit:
        since = now - limit
    if started is not None and started - now >= limit:
        started = None
    return now - max(since, started or since) >= limit


def stopped(steps: Sequence[Step], now: datetime) -> list[str]:
    """The steps of the schedule that should have run by now and have not."""
    return [step.name for step in steps if late(step.began_at, overdue(step.every_seconds), now)]


def failing(steps: Sequence[Step], now: datetime, *, started: datetime | None = None) -> list[str]:
    """The steps that run and have gone wrong each time for too long."""
    return [
        step.name
        for step in steps
        if step.error and late(_well(step), overdue(step.every_seconds), now, started=started)
    ]


def _well(step: Step) -> datetime:
    """When it went well last; where it never did, the moment is not known and long ago."""
    return step.succeeded_at or step.began_at - timedelta(days=1)


@dataclass(slots=True)
class Recorder:
    """Keeps when each step ran: at once where it has changed between well and failing, else once a minute."""

    desk: Desk
    _kept: dict[str, tuple[datetime, str]] = field(default_factory=dict)

    def __call__(self, name: str, every_seconds: float, seconds: float, error: str) -> None:
        """A step has run for `seconds`; `error` is the kind of error that ended it, or empty. Never raises."""
        now = self.desk.clock()
        before = self._kept.get(name)
        if before is not None and before[1] == error and abs(now - before[0]) < RECORD_EVERY:
            return
        self._kept[name] = (now, error)
        self._safely(
            lambda: store.note_step(
                self.desk.db,
                name,
                every_seconds=every_seconds,
                began_at=now - timedelta(seconds=seconds),
                succeeded_at=None if error else now,
                error=error,
            )
        )

    def forget(self, but: Sequence[str]) -> None:
        """Forget the steps of an earlier schedule. Never raises."""
        self._safely(lambda: store.forget_steps(self.desk.db, but))

    def _safely(self, keep: Callable[[], None]) -> None:
        try:
            keep()
        except Exception as error:  # a step must not fail because it could not be written down
            log.warning("step not recorded kind=%s", type(error).__name__)
