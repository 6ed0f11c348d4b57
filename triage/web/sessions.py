"""Sessions kept on the server, and who a request comes from."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from triage.desk import Desk
from triage.errors import Temporary
from triage.house import Session
from triage.records import Person
from triage.store import news, sessions
from triage.web.staff.browsers import browser

IDLE = timedelta(hours=12)  # a working day at the desk
ABSOLUTE = timedelta(days=7)
PENDING = timedelta(minutes=10)  # to find the telephone and type the code
TOUCH = timedelta(minutes=1)  # how coarsely the last use is kept


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. `key` is the secret that this visitor's forms are bound to.

    `seen` is the newest change of the desk as the request came: the page that answers it shows no older state, and
    asks for the news after it.
    """

    person: Person | None = None
    key: str = field(default="", repr=False)
    waiting: Person | None = None  # has given the password and not yet the code
    seen: int = 0

    @property
    def form_token(self) -> str:
        """The token that a form has to bring back; it tells nothing about the key."""
        return hmac.new(self.key.encode(), b"form", hashlib.sha256).hexdigest() if self.key else ""

    def made(self, token: str) -> bool:
        """Whether a form came from one of this visitor's pages."""
        return bool(self.key) and hmac.compare_digest(token.encode(), self.form_token.encode())


class Sessions:
    """Sessions kept on the server; the cookie holds a token of which only the hash is stored.

    A session opened as `pending` waits for the second factor: it is good for nothing but the page that asks for the
    code, until `finish` gives it a new token.
    """

    def __init__(self, desk: Desk, *, secure: bool) -> None:
        self._desk = desk
        self._secure = secure
        # With the prefix __Host- no other host of the domain can plant the cookie (RFC 6265bis section 4.1.3.2).
        prefix = "__Host-" if secure else ""
        self.cookie = f"{prefix}triage"
        self.before_cookie = f"{prefix}triage-before"

    def person(self, token: str, *, used: bool = True) -> Person | None:
        """Whose session it is; None when it is unknown, over, or waits for its code, or the person has left.

        It lives on only where it is `used`: what a page does by itself is no sign of its person.
        """
        if not token:
            return None
        now, name = self._desk.clock(), hashed(token)
        found = sessions.whose(self._desk.db, name, self._limits())
        if found is None:
            return None
        person, seen_at = found
        if used and now - seen_at >= TOUCH:
            with suppress(Temporary):  # on a full disk the pages can still be read
                sessions.touch(self._desk.db, name, now)
        return person

    def newest(self) -> int:
        """The newest change of the desk."""
        return news.newest(self._desk.db)

    def waiting(self, token: str) -> Person | None:
        """Who has given the password and still has to give the code; None after `PENDING`."""
        found = sessions.whose(self._desk.db, hashed(token), self._limits(), pending=True) if token else None
        return found[0] if found else None

    def open(self, request: Request, response: Response, person: Person, *, pending: bool = False) -> None:
        """Start a session under a new token, whatever the browser brought along."""
        self._forget(request)
        token = secrets.token_urlsafe(32)
        sessions.open_session(
            self._desk.db,
            person.id,
            hashed(token),
            self._desk.clock(),
            self._limits(),
            address=request.client.host if request.client else "",
            browser=browser(request.headers.get("user-agent", "")),
            pending=pending,
        )
        self._set(response, self.cookie, token)
        self._drop(response, self.before_cookie)

    def finish(self, request: Request, response: Response) -> bool:
        """The code was right: the session is a good one, under a new token. False when it no longer waits."""
        token = secrets.token_urlsafe(32)
        old = hashed(request.cookies.get(self.cookie, ""))
        done = sessions.finish(self._desk.db, old, hashed(token), self._desk.clock(), self._limits())
        if done:
            self._set(response, self.cookie, token)
        return done

    def close(self, request: Request, response: Response) -> None:
        """End the session of this browser."""
        self._forget(request)
        self._drop(response, self.cookie)

    def of(self, person: Person) -> list[Session]:
        """Every browser that a person is signed in with, the one used last first."""
        return sessions.of(self._desk.db, person.id, self._limits())

    def own_key(self, request: Request) -> str:
        """Which of them this browser is."""
        return self.own_hash(request)[: sessions.KEY_LENGTH]

    def own_hash(self, request: Request) -> str:
        """The hash of this browser's session."""
        return hashed(request.cookies.get(self.cookie, ""))

    def prepare(self, response: Response, key: str) -> None:
        """Bind the sign-in form to this browser, so that nobody can sign it in by a form of their own."""
        self._set(response, self.before_cookie, key)

    def forget_before(self, response: Response) -> None:
        """What was bound to this browser before it was signed in is over."""
        self._drop(response, self.before_cookie)

    def shown_before(self, request: Request, show: Callable[[], Response]) -> Response:
        """A page with a form for somebody who is not signed in, the form bound to this browser."""
        if request.state.visitor.key:
            return show()
        key = secrets.token_urlsafe(32)
        request.state.visitor = Visitor(key=key)
        response = show()
        self.prepare(response, key)
        return response

    def _forget(self, request: Request) -> None:
        token = request.cookies.get(self.cookie, "")
        if token:
            sessions.close(self._desk.db, hashed(token))

    def _limits(self) -> sessions.Limits:
        now = self._desk.clock()
        return sessions.Limits(opened_after=now - ABSOLUTE, seen_after=now - IDLE, asked_after=now - PENDING)

    def _drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, secure=self._secure, httponly=True, samesite="lax")

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, secure=self._secure, httponly=True, samesite="lax", path="/")


def visiting(request: Request) -> Person:
    """Who asks for a page that only signed-in people reach."""
    person = request.state.visitor.person
    assert isinstance(person, Person)  # the gate lets nobody else as far as a page
    return person


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
