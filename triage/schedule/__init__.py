"""Who rings the bell: on one machine APScheduler wakes long-lived workers; it never does the work.

A step that runs late, twice or not at all is harmless, because the store's guarded moves decide
what happens. So the bell keeps no state of its own.

APScheduler goes by the wall clock, which may be wrong until a machine has asked for the time. One that is set on makes
nothing up for what it skipped; one that is set back is noticed by the workers, whose patience goes by a clock that
nobody can set, and the bells are wound anew.
"""

import logging
import threading
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

log = logging.getLogger(__name__)


SAID_AGAIN_SECONDS = 60.0  # a step that fails every second fills no log

Ran = Callable[[str, float, float, str], None]
"""Told after each run: the step, its interval and how long it took in seconds, and the kind of error or nothing."""


class Companion(Protocol):
    """Something with a thread of its own that lives as long as the schedule rings."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """End at once; never raises."""


class Schedule:
    """Named workers, one thread each, woken on an interval or by `ring`."""

    def __init__(self, *told: Ran) -> None:
        """`told` are called after each run of a step; they never raise."""
        self._told = told
        self._bells = BackgroundScheduler(
            timezone="UTC",
            # A late run is better than none, and late ones are run once (APScheduler drops after 1 s by default).
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._workers: dict[str, _Worker] = {}
        self._companions: list[Companion] = []

    def beside(self, companion: Companion) -> None:
        """Start and stop it together with the schedule."""
        self._companions.append(companion)

    def every(
        self, seconds: float, name: str, step: Callable[[], object], *, drain: bool = False, at_start: bool = True
    ) -> None:
        """Run `step` every `seconds`, the first time at the start unless that is switched off.

        `drain`: a stop waits for a running step however long it takes.
        """

        def ran(took: float, error: str) -> None:
            for tell in self._told:
                tell(name, seconds, took, error)

        def wind() -> None:
            self._bells.reschedule_job(name, trigger=_Every(seconds))

        worker = _Worker(name, step, ran, wind, patience=2 * seconds, drain=drain, at_start=at_start)
        self._workers[name] = worker
        self._bells.add_job(worker.ring, _Every(seconds), id=name)

    @property
    def names(self) -> tuple[str, ...]:
        """The steps that there are."""
        return tuple(self._workers)

    def ring(self, name: str) -> None:
        """Wake a worker now."""
        self._workers[name].ring()

    def start(self) -> None:
        for worker in self._workers.values():
            worker.start()
            if worker.at_start:
                worker.ring()
        self._bells.start()
        for companion in self._companions:
            companion.start()

    def stop(self) -> None:
        """Stop ringing, let running steps end, and return. Steps that do not drain get ten seconds."""
        for worker in self._workers.values():
            worker.stopping.set()
            worker.ring()
        self._bells.shutdown(wait=False)
        for companion in self._companions:
            companion.stop()
        for worker in self._workers.values():
            worker.join(timeout=None if worker.drain else 10)

    def stopping(self, name: str) -> bool:
        """Whether a worker has been asked to stop."""
        return self._workers[name].stopping.is_set()


class _Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """A ring each so many seconds, whatever was missed: its own interval trigger counts up every missed one."""

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self._interval


class _Worker(threading.Thread):
    def __init__(
        self,
        name: str,
        step: Callable[[], object],
        ran: Callable[[float, str], None],
        wind: Callable[[], None],
        *,
        patience: float,
        drain: bool,
        at_start: bool,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.drain = drain
        self.at_start = at_start
        self.stopping = threading.Event()
        self._step = step
        self._ran = ran
        self._wind = wind
        self._patience = patience
        self._bell = threading.Event()
        self._said = ("", 0.0)  # the kind of the last error, and when it was logged

    def ring(self) -> None:
        self._bell.set()

    def run(self) -> None:
        while True:
            heard = self._bell.wait(self._patience)
            self._bell.clear()
            if self.stopping.is_set():
                return
            began = time.monotonic()
            kind = ""
            try:
                if not heard:
                    self._wind()
                self._step()
            except Exception as error:  # the next ring tries again; what it is about stands in the database
                kind = type(error).__name__
                self._log(error)
            if not kind:
                self._said = ("", 0.0)
            self._ran(time.monotonic() - began, kind)

    def _log(self, error: Exception) -> None:
        kind, now = type(error).__name__, time.monotonic()
        if kind == self._said[0] and now - self._said[1] < SAID_AGAIN_SECONDS:
            return
        self._said = (kind, now)
        # The message of an error may quote a letter, its frames cannot.
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("step failed step=%s kind=%s\n%s", self.name, kind, frames)
