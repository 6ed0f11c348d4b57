"""What every answer carries, who gets in, and what makes a form genuine.

`Shield` is the outermost layer: the headers are on every answer, errors too. `Gate` comes next and
denies by default: a path is public only if it is listed here, and no form reaches a page unless it
carries the token of the session that asked for it.
"""

import hashlib
import hmac
import logging
import secrets
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from triage.desk import Desk
from triage.records import Person
from triage.store import people

log = logging.getLogger(__name__)

PUBLIC = ("/sign-in", "/healthz")
STATIC = "/static/"
MAX_BODY = 1_000_000  # bytes of one form
MAX_FIELDS = 50
IDLE = timedelta(hours=12)  # a working day at the desk
ABSOLUTE = timedelta(days=7)
TOUCH = timedelta(minutes=1)  # how coarsely the last use is kept
FORM = "application/x-www-form-urlencoded"

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
}

Refusal = Callable[[Request, int, str, str], Response]
"""Makes the page for a request that is refused: the status, what happened, and what to do next."""


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


class Shield:
    """Puts the headers on every answer, and answers when everything else has failed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            # The message of an error may quote a letter, its frames cannot.
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error("page failed kind=%s\n%s", type(error).__name__, frames)
            if not started:  # usually the page for status 500 has gone out by now
                await PlainTextResponse("Something went wrong in the desk.", 500)(scope, receive, send_with_headers)


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
        name = _hashed(token)
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
        people.open_session(self._desk.db, person.id, _hashed(token), self._desk.clock())
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
            people.close_session(self._desk.db, _hashed(token))

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, secure=self._secure, httponly=True, samesite="lax", path="/")


class Gate:
    """Lets nobody through who is not signed in, and no form that this desk did not hand out.

    Leaves the `Visitor` in `request.state.visitor` and the fields of a form in `request.state.form`.
    """

    def __init__(self, app: ASGIApp, *, sessions: Sessions, refuse: Refusal) -> None:
        self.app = app
        self.sessions = sessions
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: Callable[[Scope, Receive, Send], Awaitable[None]] = self.app
        if scope["type"] == "http":
            try:
                app = await self._check(Request(scope, receive)) or self.app
            except ClientDisconnect:
                return
        elif scope["type"] != "lifespan":
            return
        await app(scope, receive, send)

    async def _check(self, request: Request) -> Response | None:
        """None when the request may pass, else the answer to give instead."""
        path = request.scope["path"]  # not request.url: the Host header has a say in that
        request.state.form = {}
        request.state.visitor = await run_in_threadpool(self._visitor, request)
        visitor: Visitor = request.state.visitor
        public = path in PUBLIC or path.startswith(STATIC)
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None if public or visitor.person else _to_sign_in(request)
        refused = await self._read_form(request)
        if refused is not None:
            return refused
        if not public and visitor.person is None:
            if not request.state.form.get("body"):
                return RedirectResponse("/sign-in", status_code=303)
            what = "You were signed out while you wrote, so nothing was saved."
            return self.refuse(request, 401, what, "Copy your text, sign in, and paste it into the letter.")
        if not visitor.made(request.state.form.get("token", "")):
            what = "This form is no longer valid, so nothing was changed."
            return self.refuse(request, 403, what, "Open the page anew and do it again from there.")
        return None

    def _visitor(self, request: Request) -> Visitor:
        path = request.scope["path"]
        if path == "/sign-in":
            return Visitor(key=request.cookies.get(self.sessions.before_cookie, ""))
        if path == "/healthz" or path.startswith(STATIC):
            return Visitor()
        token = request.cookies.get(self.sessions.cookie, "")
        person = self.sessions.person(token)
        return Visitor(person=person, key=token if person else "")

    async def _read_form(self, request: Request) -> Response | None:
        """Read the fields of a form sent by this desk's own pages; the answer to give if it is anything else."""
        # Browsers say where a request comes from; what is sent without the header has to bring the token.
        if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return self.refuse(request, 403, "This came from another site, so nothing was changed.", "Go to the desk.")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return self.refuse(request, 415, "The desk takes forms only.", "Use the buttons of its pages.")
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > MAX_BODY:
                return self.refuse(request, 413, "That is too long; nothing was saved.", "Go back and shorten it.")
        request.state.form = _fields(bytes(data))
        return None


def _fields(data: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return {name: value.replace("\0", "") for name, value in pairs}  # PostgreSQL takes no NUL


def _to_sign_in(request: Request) -> Response:
    return RedirectResponse(f"/sign-in?next={quote(request.scope['path'], safe='/')}", status_code=303)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
