"""Whether the service is there and fit to work, for whoever keeps it running; neither page needs a sign-in.

They say one word for each thing and nothing of letters. What they say is at most a second old, and many questions are
no more work for the database than one: they wait for the same look, none of them for long, and no thread with them.
However slow the database is, those who ask take nothing away from the pages.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from fastapi import FastAPI
from starlette.responses import PlainTextResponse, Response

from triage.desk import Desk, steps, watching
from triage.errors import Temporary
from triage.store import watching as store
from triage.store.migrating import is_current

HEALTH, READY = "/healthz", "/readyz"
PATHS = (HEALTH, READY)
GOOD = "ok"
FRESH_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
GIVEN_UP_SECONDS = 60.0  # a look that hangs on a dead line is followed by another
SLOW = {"database": "slow"}


class Readiness:
    """Looks at most once a second, in one thread of its own."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._started = desk.clock()
        self._look_now: asyncio.Future[Mapping[str, str]] | None = None
        self._at = float("-inf")  # when that look began

    async def now(self) -> Mapping[str, str]:
        """A word for each of database, writes, migrations, steps and disk; "ok" where it is well.

        Only that the database is slow when looking takes too long. To be asked in one event loop.
        """
        look, age = self._look_now, time.monotonic() - self._at
        if look is None or age >= (FRESH_SECONDS if look.done() else GIVEN_UP_SECONDS):
            look = self._look_now = self._begin()
        left = PATIENCE_SECONDS - (time.monotonic() - self._at)
        done, _ = await asyncio.wait([look], timeout=max(0.0, left))
        return look.result() if done else SLOW

    def _begin(self) -> asyncio.Future[Mapping[str, str]]:
        self._at = time.monotonic()
        loop = asyncio.get_running_loop()
        look: asyncio.Future[Mapping[str, str]] = loop.create_future()

        def run() -> None:
            said = self._look()
            with suppress(RuntimeError):  # the service was stopped meanwhile
                loop.call_soon_threadsafe(look.set_result, said)

        threading.Thread(target=run, name="ready", daemon=True).start()  # one that hangs keeps nothing from ending
        return look

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
            except Exception:  # whatever it is, those who ask are not left without an answer
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
        known, now = store.all_steps(self._desk.db), self._desk.clock()
        if not known:
            return "none"
        if steps.stopped(known, now):
            return "stopped"
        return "failing" if any(map(steps.is_main, steps.failing(known, now, started=self._started))) else GOOD

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
    async def readyz() -> Response:
        said = await readiness.now()
        words = "".join(f"{what}: {word}\n" for what, word in said.items())
        return PlainTextResponse(words, 200 if set(said.values()) == {GOOD} else 503)
