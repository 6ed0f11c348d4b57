"""The desk in numbers for Prometheus, on a listener of its own: counts and times, and nothing of letters or people.

The labels are stages, names of inboxes and of steps, and kinds of trouble. What happened since the start is counted
as it happens; how things stand is read from the database when somebody asks, at most every few seconds.
"""

import errno
import threading
import time
from collections.abc import Iterable, Mapping
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from triage import __version__
from triage.desk import Desk, watching
from triage.desk.collecting import Collected
from triage.desk.sending import Sent
from triage.errors import ConfigError, Temporary
from triage.stages import Stage
from triage.store import collected
from triage.store import watching as store

LOOPBACK = "127.0.0.1"
LOOKED_AT_SECONDS = 5.0
PATIENCE_SECONDS = 5.0
BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600)


class Metrics:
    """Counts what this process does, and serves that with how things stand."""

    def __init__(self, desk: Desk) -> None:
        self.registry = CollectorRegistry()
        self._collected = Counter(
            "triage_letters_collected", "Letters that came in.", ["inbox"], registry=self.registry
        )
        self._polls = Counter("triage_polls", "Looks into an inbox.", ["inbox", "result"], registry=self.registry)
        self._sends = Counter("triage_sends", "Attempts to send a reply.", ["result"], registry=self.registry)
        self._steps = Histogram(
            "triage_step_seconds", "How long a step took.", ["step"], buckets=BUCKETS, registry=self.registry
        )
        self._failures = Counter("triage_step_failures", "Steps that went wrong.", ["step"], registry=self.registry)
        for result in ("sent", "postponed", "refused", "unknown"):
            self._sends.labels(result)  # a counter that is not there yet cannot be watched
        self.registry.register(_Standing(desk))
        ProcessCollector(registry=self.registry)
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    def ran(self, step: str, _every_seconds: float, seconds: float, error: str) -> None:
        """A step of the schedule has run."""
        self._steps.labels(step).observe(seconds)
        if error:
            self._failures.labels(step).inc()

    def polled(self, result: Collected) -> None:
        self._collected.labels(result.account).inc(result.new)
        self._polls.labels(result.account, "failed" if result.error else "well").inc()

    def sent(self, result: Sent) -> None:
        for name in ("sent", "postponed", "refused", "unknown"):
            self._sends.labels(name).inc(getattr(result, name))

    def serve(self, port: int) -> None:
        """Answer on this machine until `stop`. Raises Temporary while the port is taken, and ConfigError."""
        try:
            self._server, self._thread = start_http_server(port, LOOPBACK, self.registry)
        except OSError as error:
            kind = Temporary if error.errno == errno.EADDRINUSE else ConfigError  # a supervisor tries the former again
            raise kind(
                f"The metrics cannot be served at {LOOPBACK}:{port}: {error.strerror}. "
                "Next: stop what uses that port, or set another one in [desk] metrics_port."
            ) from error

    def stop(self) -> None:
        """End the listener, if there is one."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


class _Standing(Collector):
    """How things stand in the database, read at most once in `LOOKED_AT_SECONDS`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._seen: tuple[float, list[Metric]] = (float("-inf"), [])

    def describe(self) -> Iterable[Metric]:
        return []  # or else registering would ask the database

    def collect(self) -> Iterable[Metric]:
        if not self._lock.acquire(timeout=PATIENCE_SECONDS):  # or else those who ask again and again would pile up
            return [_up(0)]
        try:
            at, known = self._seen
            if time.monotonic() - at >= LOOKED_AT_SECONDS:
                try:
                    known = [_up(1), *self._look()]
                except Temporary:
                    known = [_up(0)]
                self._seen = (time.monotonic(), known)
            return known
        finally:
            self._lock.release()

    def _look(self) -> Iterable[Metric]:
        desk, now = self._desk, self._desk.clock()
        kind = "sqlite" if desk.db.is_sqlite else "postgresql"
        yield InfoMetricFamily("triage_build", "What runs here.", {"version": __version__, "database": kind})
        stages = store.letters_by_stage(desk.db)
        yield _by("triage_letters", "Letters in each stage.", "stage", {stage: stages.get(stage, 0) for stage in Stage})
        polls = {health.account: health for health in collected.health(desk.db) if health.account in desk.inboxes}
        ages = {name: (now - known.succeeded_at).total_seconds() for name, known in polls.items() if known.succeeded_at}
        yield _by("triage_poll_age_seconds", "Time since the last look that worked.", "inbox", ages)
        fails = {name: known.failures for name, known in polls.items()}
        yield _by("triage_poll_failures", "Looks that failed, in a row.", "inbox", fails)
        steps = {step.name: (now - step.began_at).total_seconds() for step in store.all_steps(desk.db)}
        yield _by("triage_step_age_seconds", "Time since the step began last, to the minute.", "step", steps)
        troubles = dict.fromkeys((kind.value for kind in watching.Kind), 0)
        for trouble in store.open_troubles(desk.db):
            troubles[trouble.kind] = troubles.get(trouble.kind, 0) + 1
        yield _by("triage_troubles", "Troubles that are open.", "kind", troubles)
        yield _gauge("triage_database_bytes", "Size of the database.", desk.db.size())
        free = {what.removeprefix("the "): free for what, (_total, free) in watching.disks(desk).items()}
        yield _by("triage_disk_free_bytes", "Free space on the disk of each.", "disk", free)


def _up(answers: int) -> Metric:
    return _gauge("triage_database_up", "Whether the database answers.", answers)


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value)


def _by(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
