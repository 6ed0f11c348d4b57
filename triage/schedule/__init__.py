"""Who rings the bell: on one machine APScheduler wakes long-lived workers; it never does the work.

A step that runs late, twice or not at all is harmless, because the store's guarded moves decide
what happens. So the bell keeps no state of its own.
"""

import logging
import threading
import traceback
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

log = logging.getLogger(__name__)


class Schedule:
    """Named workers, one thread each, woken on an interval or by `ring`."""

    def __init__(self) -> None:
        self._bells = BackgroundScheduler(
            timezone="UTC",
            # A late run is better than none, and late ones are run once (APScheduler drops after 1 s by default).
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._workers: dict[str, _Worker] = {}

    def every(
        self, seconds: float, name: str, step: Callable[[], None], *, drain: bool = False, at_start: bool = True
    ) -> None:
        """Run `step` every `seconds`, the first time at the start unless that is switched off.

        `drain`: a stop waits for a running step however long it takes.
        """
        worker = _Worker(name, step, drain=drain, at_start=at_start)
        self._workers[name] = worker
        self._bells.add_job(worker.ring, IntervalTrigger(seconds=seconds, timezone="UTC"), id=name)

    def ring(self, name: str) -> None:
        """Wake a worker now."""
        self._workers[name].ring()

    def start(self) -> None:
        for worker in self._workers.values():
            worker.start()
            if worker.at_start:
                worker.ring()
        self._bells.start()

    def stop(self) -> None:
        """Stop ringing, let running steps end, and return. Steps that do not drain get ten seconds."""
        self._bells.shutdown(wait=False)
        for worker in self._workers.values():
            worker.stopping.set()
            worker.ring()
        for worker in self._workers.values():
            worker.join(timeout=None if worker.drain else 10)

    def stopping(self, name: str) -> bool:
        """Whether a worker has been asked to stop."""
        return self._workers[name].stopping.is_set()


class _Worker(threading.Thread):
    def __init__(self, name: str, step: Callable[[], None], *, drain: bool, at_start: bool) -> None:
        super().__init__(name=name, daemon=True)
        self.drain = drain
        self.at_start = at_start
        self.stopping = threading.Event()
        self._step = step
        self._bell = threading.Event()

    def ring(self) -> None:
        self._bell.set()

    def run(self) -> None:
        while True:
            self._bell.wait()
            self._bell.clear()
            if self.stopping.is_set():
                return
            try:
                self._step()
            except Exception as error:  # the next ring tries again; what it is about stands in the database
                # The message of an error may quote a letter, its frames cannot.
                frames = "".join(traceback.format_tb(error.__traceback__))
                log.error("step failed step=%s kind=%s\n%s", self.name, type(error).__name__, frames)
