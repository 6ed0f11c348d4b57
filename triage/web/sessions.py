"""Sessions kept on the server, and who a request comes from."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from triage.desk import Desk
from triage.records import Person
from triage.store import people

IDLE = timedelta(hours=12)  # a working day at the desk
ABSOLUTE = timedelta(days=7)
TOUCH = timedelta(minutes=1)  # how coarsely the last use is kept


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. `key` is the secret that this visitor's forms are bound to."""

    person: Person | None = None
    key: str = field(default="", repr=False)

    @property
    def form_token(self) -> str:
        """The token that a form has to bring back; it tells nothing about the key."""
        return hmac.new(self.key.encode(), b"form", hashlib.sha256).hexdigest() if self.key else ""

    def made(self, token: str) -> bool:
        """Whether a form came from one of this visitor's pages."""
        return bool(self.key) and hmac.compare_digest(token.encode(), self.form_token.encode())


class Sessions:
    """Sessions kept on the server; the cookie holds a token of which only the hash is stored."""

    def __init__(self, desk: Desk, *, secure: bool) -> None:
        self._desk = desk
        self._secure = secure
        # With the prefix __Host- no other host of the domain can plant the cookie (RFC 6265bis section 4.1.3.2).
        prefix = "__Host-" if secure else ""
        self.cookie = f"{prefix}triage"
        self.before_cookie = f"{prefix}triage-before"

    def person(self, token: str) -> Person | None:
        """Whose session it is; None when it is unknown or has run out."""
        if not token:
            return None
        now = self._desk.clock()
        name = hashed(token)
        found = people.session(self._desk.db, name, opened_after=now - ABSOLUTE, seen_after=now - IDLE)
        if found is None:
            return None
        person, seen_at = found
        if now - seen_at >= TOUCH:
            people.touch_session(self._desk.db, name, now)
        return person

    def open(self, request: Request, response: Response, person: Person) -> None:
        """Start a session under a new token, whatever the browser brought along."""
        self._forget(request)
        token = secrets.token_urlsafe(32)
        people.open_session(self._desk.db, person.id, hashed(token), self._desk.clock())
        self._set(response, self.cookie, token)
        response.delete_cookie(self.before_cookie, secure=self._secure, httponly=True, samesite="lax")

    def close(self, request: Request, response: Response) -> None:
        """End the session of this browser."""
        self._forget(request)
        response.delete_cookie(self.cookie, secure=self._secure, httponly=True, samesite="lax")

    def prepare(self, response: Response, key: str) -> None:
        """Bind the sign-in form to this browser, so that nobody can sign it in by a form of their own."""
        self._set(response, self.before_cookie, key)

    def _forget(self, request: Request) -> None:
        token = request.cookies.get(self.cookie, "")
        if token:
            people.close_session(self._desk.db, hashed(token))

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, secure=self._secure, httponly=True, samesite="lax", path="/")


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
