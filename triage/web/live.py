"""Tells the pages that are open what happens at the desk: changes of letters, and who is at the same letter.

One watcher looks at the audit about once a second while somebody listens, so it also sees what other
processes change, such as the command line. A listener costs a queue, and neither a thread nor a connection
to the database. Who is at which letter is kept in memory: one process serves the desk (`triage.serving`).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from triage.desk import Desk, watching
from triage.errors import Temporary
from triage.stages import Verb
from triage.store import collected, news
from triage.store.news import Change
from triage.web import words
from triage.web.sessions import Sessions, visiting

LOOKED_AT = 300  # changes; more in one second are a move of the archive and not news
WAITING = 200  # events; a page that is further behind connects anew
PER_SESSION = 4  # open pages in sight; a browser keeps six connections to one host (HTTP/1.1), and needs some itself
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter: nginx must not wait for more
SIGNED_OUT = format_sse_event(event="signed-out", data_str="{}")
ENOUGH = format_sse_event(event="enough", data_str="{}")
HELLO = format_sse_event(comment="listening")


@dataclass(eq=False, slots=True)
class Listener:
    """An open page: whose it is, and which letter it shows (0: none). None among its events is the end."""

    name: str
    session: str = field(repr=False)
    letter: int
    events: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(WAITING), repr=False)

    def tell(self, event: bytes | None) -> None:
        """Hand over an event; who does not take them is told no more."""
        if self.events.full():
            self.end()
        else:
            self.events.put_nowait(event)

    def end(self, last_word: bytes | None = None) -> None:
        """End with a last word, in place of everything that still waits."""
        while not self.events.empty():
            self.events.get_nowait()
        if last_word:
            self.events.put_nowait(last_word)
        self.events.put_nowait(None)


class Hub:
    """Who listens, and what they are told. Used in the event loop of the server only.

    The times are in seconds: `look` from one look at the audit to the next, `recheck` from one look at the
    sessions to the next, `keepalive` until a silent stream gives a sign of life, `writing` for how long
    somebody who has saved counts as writing.
    """

    def __init__(self, desk: Desk, sessions: Sessions) -> None:
        self.look, self.recheck, self.keepalive, self.writing = 1.0, 3.0, 15.0, 30.0
        self._desk = desk
        self._sessions = sessions
        self._listeners: dict[Listener, None] = {}  # in the order in which they came
        self._watcher: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()
        self._wrote: dict[tuple[int, str], float] = {}  # until when somebody counts as writing a letter's reply
        self._said: dict[int, bytes] = {}  # what was last said of who is at a letter
        self._next_check = 0.0
        self._service_said: list[str] = []
        self._closed = False

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Belong to those who are told."""
        same = [other for other in self._listeners if other.session == listener.session]
        for other in same[: max(0, len(same) + 1 - PER_SESSION)]:
            other.end(ENOUGH)
            del self._listeners[other]
        self._listeners[listener] = None
        self._said.pop(listener.letter, None)  # who comes is told who is there
        try:
            yield
        finally:
            self._listeners.pop(listener, None)

    async def events(self, listener: Listener, after: int) -> AsyncIterator[bytes]:
        """What a page is told: first what it has missed since the change `after`, then everything as it happens."""
        yield HELLO
        try:
            async with self._beginning:  # nobody looks before the watcher begins to tell, and misses what lies between
                changes = await run_in_threadpool(news.latest, self._desk.db, LOOKED_AT)
                service = await run_in_threadpool(self._service)
                if self._watcher is None:
                    self._service_said = service
                    self._watcher = asyncio.create_task(self._watch({change.id for change in changes}))
        except Temporary:
            return  # the page connects anew
        for event in _told(change for change in changes if change.id > after):
            yield event
        while not self._closed:
            try:
                event_or_end = await asyncio.wait_for(listener.events.get(), self.keepalive)
            except TimeoutError:
                event_or_end = KEEPALIVE_COMMENT
            if event_or_end is None:
                return
            yield event_or_end

    def close(self) -> None:
        """End every stream: the server stops."""
        self._closed = True
        for listener in self._listeners:
            listener.end()

    async def _watch(self, seen: set[int]) -> None:
        """Look, and tell, for as long as somebody listens. `seen` are the ids of changes that are no news."""
        try:
            while self._listeners:
                await asyncio.sleep(self.look)
                seen = await self._look_once(seen)
        finally:
            self._watcher = None
            for listener in self._listeners:  # after a fault: their pages connect anew
                listener.end()

    async def _look_once(self, seen: set[int]) -> set[int]:
        """Tell what is new, and who is there; return the ids that are no news any more."""
        now = asyncio.get_running_loop().time()
        try:
            if now >= self._next_check:
                await self._end_old_sessions()
                self._next_check = now + self.recheck
            changes = await run_in_threadpool(news.latest, self._desk.db, LOOKED_AT)
            service = await run_in_threadpool(self._service)
        except Temporary:
            return seen
        fresh = [change for change in changes if change.id not in seen]
        for change in fresh:
            if change.verb == Verb.REVISE:
                self._wrote[change.letter, change.who] = now + self.writing
        service, self._service_said = self._service_said, service
        news_of_it = [_event("service", {})] if service != self._service_said else []
        for event in (*_told(fresh), *news_of_it):
            for listener in self._listeners:
                listener.tell(event)
        self._tell_who_is_there(now)
        return {change.id for change in changes}

    def _service(self) -> list[str]:
        """What the lists say of the inboxes and of what is wrong."""
        now = self._desk.clock()
        looked = [words.polling(health.account, health, now) for health in collected.health(self._desk.db)]
        return [*looked, *watching.standing(self._desk)]

    def _tell_who_is_there(self, now: float) -> None:
        self._wrote = {key: until for key, until in self._wrote.items() if until > now}
        there: dict[int, list[Listener]] = {}
        for listener in self._listeners:
            if listener.letter:
                there.setdefault(listener.letter, []).append(listener)
        said = {letter: self._presence(letter, found) for letter, found in there.items()}
        for letter, event in said.items():
            if event != self._said.get(letter):
                for listener in there[letter]:
                    listener.tell(event)
        self._said = said

    def _presence(self, letter: int, there: Sequence[Listener]) -> bytes:
        names = sorted({listener.name for listener in there})
        people = [{"name": name, "writing": (letter, name) in self._wrote} for name in names]
        return _event("presence", {"letter": letter, "people": people})

    async def _end_old_sessions(self) -> None:
        """End the streams of whoever has been signed out, or whose session has run out."""
        keys = {listener.session for listener in self._listeners}
        ended = await run_in_threadpool(lambda: {key for key in keys if not self._sessions.person(key, used=False)})
        for listener in [listener for listener in self._listeners if listener.session in ended]:
            listener.end(SIGNED_OUT)
            del self._listeners[listener]


class _Stream(EventSourceResponse):
    """Listens from when the page asks until it is gone."""

    def __init__(self, hub: Hub, listener: Listener, after: int) -> None:
        super().__init__(hub.events(listener, after), headers=HEADERS)
        self._hub, self._listener = hub, listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._hub.listening(self._listener):
            await super().__call__(scope, receive, send)


def add_routes(app: FastAPI, hub: Hub) -> None:
    """GET /live?letter=ID&after=CHANGE as server-sent events; both numbers may be left out."""

    @app.get("/live")
    async def live(request: Request) -> Response:
        # A browser that connects anew says itself what it was told last (HTML standard, section 9.2.4).
        after = request.headers.get("last-event-id") or request.query_params.get("after", "")
        letter = _number(request.query_params.get("letter", ""))
        listener = Listener(visiting(request).name, request.state.visitor.key, letter)
        return _Stream(hub, listener, _number(after))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _told(changes: Iterable[Change]) -> list[bytes]:
    """One event for each letter that has changed: the last thing that happened to it."""
    last = {change.letter: change for change in changes}
    return [_change(change) for change in sorted(last.values(), key=lambda change: change.id)]


def _change(change: Change) -> bytes:
    said = {
        "letter": change.letter,
        "version": change.version,
        "stage": change.stage,
        "who": change.who,
        "verb": change.verb,
        "did": words.HISTORY.get(change.verb, change.verb),
        "revision": change.revision,
    }
    return _event("change", said, str(change.id))


def _event(name: str, data: dict[str, Any], number: str | None = None) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False), id=number)
