"""Whether the service is there and fit to work, for whoever keeps it running; neither page needs a sign-in.

They say one word for each thing and nothing of letters. What they say is at most a second old, and asked for by one
at a time: many questions are no more work for the database than one.
"""

import threading
import time
from collections.abc import Callable, Mapping

from fastapi import FastAPI
from starlette.responses import PlainTextResponse, Response

from triage.desk import Desk, watching
from triage.errors import Temporary
from triage.store import watching as store
from triage.store.migrating import is_current

HEALTH, READY = "/healthz", "/readyz"
PATHS = (HEALTH, READY)
GOOD = "ok"
FRESH_SECONDS = 1.0


class Readiness:
    """Looks at most once a second."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._at = float("-inf")
        self._said: Mapping[str, str] = {}

    def now(self) -> Mapping[str, str]:
        """A word for each of database, writes, migrations, steps and disk; "ok" where it is well."""
        with self._lock:
            if time.monotonic() - self._at >= FRESH_SECONDS:
                self._said = self._look()
                self._at = time.monotonic()
            return self._said

    def _look(self) -> Mapping[str, str]:
        looks: Mapping[str, Callable[[], str]] = {
            "database": self._database,
            "writes": self._writes,
            "migrations": self._migrations,
            "steps": self._steps,
            "disk": self._disk,
        }
        said: dict[str, str] = {}
        for what, look in looks.items():
            try:
                said[what] = "unknown" if said.get("database", GOOD) != GOOD else look()
            except Temporary:
                said[what] = "unknown"
        return said

    def _database(self) -> str:
        try:
            self._desk.db.size()
        except Temporary:
            return "silent"
        return GOOD

    def _writes(self) -> str:
        try:
            self._desk.db.probe()
        except Temporary:
            return "refused"
        return GOOD

    def _migrations(self) -> str:
        return GOOD if is_current(self._desk.db) else "missing"

    def _steps(self) -> str:
        steps = store.all_steps(self._desk.db)
        if not steps:
            return "none"
        return "stopped" if watching.stopped(steps, self._desk.clock()) else GOOD

    def _disk(self) -> str:
        if self._desk.db.is_full:
            return "full"
        return "short" if watching.short(watching.disks(self._desk)) else GOOD


def add_routes(app: FastAPI, desk: Desk) -> None:
    """GET /healthz: the process answers. GET /readyz: 200 while all is well, else 503."""
    readiness = Readiness(desk)

    @app.get(HEALTH)
    async def healthz() -> Response:
        return PlainTextResponse(GOOD)

    @app.get(READY)
    def readyz() -> Response:
        said = readiness.now()
        words = "".join(f"{what}: {word}\n" for what, word in said.items())
        return PlainTextResponse(words, 200 if set(said.values()) == {GOOD} else 503)
