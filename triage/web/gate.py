"""Who gets in, and what makes a form genuine.

`Gate` denies by default: a path is public only if it is listed here, and no form reaches a page unless it
carries the token of the session that asked for it.
"""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from triage.errors import Temporary
from triage.web import ready
from triage.web.bearer import FOLDER, Bearer
from triage.web.sessions import Sessions, Visitor

SIGN_IN = ("/sign-in", "/sign-in/with", "/sign-in/back")
WAITING = ("/sign-in/code", "/sign-in/second-factor")
"""The pages of somebody who has given the password, and still has to give a code or to set up the app."""
PUBLIC = (*SIGN_IN, *ready.PATHS)
WELCOME = "/welcome/"
"""The folder of links with which people choose a password."""
PUBLIC_FOLDERS = ("/static/", WELCOME)
MAX_BODY = 1_000_000  # bytes of one form
MAX_FIELDS = 100  # a reply with the topics and the facts of its letter has about 60 at most
MAX_PATH = 1_000  # characters; Python refuses to read numbers of more than 4300 digits
FORM = "application/x-www-form-urlencoded"

Refusal = Callable[[Request, int, str, str], Response]
"""Makes the page for a request that is refused: the status, what happened, and what to do next."""


class Gate:
    """Lets nobody through who is not signed in, and no form that this desk did not hand out.

    The API has a part of its own, `Bearer`. For pages it leaves the `Visitor` in
    `request.state.visitor` and the fields of a form in `request.state.form`.
    """

    def __init__(self, app: ASGIApp, *, sessions: Sessions, bearer: Bearer, refuse: Refusal) -> None:
        self.app = app
        self.sessions = sessions
        self.bearer = bearer
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: Callable[[Scope, Receive, Send], Awaitable[None]] = self.app
        if scope["type"] == "http":
            request = Request(scope, receive)
            try:
                if len(request.scope["path"]) > MAX_PATH:
                    app = PlainTextResponse("That address is too long.", 414)
                elif request.scope["path"].startswith(FOLDER):
                    refused, receive = await self.bearer.check(request)
                    app = refused or self.app
                elif not request.scope["path"].isprintable():  # a route would overlook a line break at the end
                    app = PlainTextResponse("There is no such page.", 404)
                else:
                    app = await self._check(request) or self.app
            except ClientDisconnect:
                return
            except Temporary as error:
                app = self.refuse(request, 503, str(error), "Wait a moment, then try again.")
        elif scope["type"] != "lifespan":
            return
        await app(scope, receive, send)

    async def _check(self, request: Request) -> Response | None:
        """None when the request may pass, else the answer to give instead."""
        path = request.scope["path"]  # not request.url: the Host header has a say in that
        request.state.form = {}
        request.state.visitor = await run_in_threadpool(self._visitor, request)
        visitor: Visitor = request.state.visitor
        admitted = path in PUBLIC or path.startswith(PUBLIC_FOLDERS) or bool(visitor.person or visitor.waiting)
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None if admitted else _to_sign_in(request)
        refused = await self._read_form(request)
        if refused is not None:
            return refused
        if not admitted:
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
        if path in SIGN_IN or path.startswith(WELCOME):
            return Visitor(key=request.cookies.get(self.sessions.before_cookie, ""))
        if path in ready.PATHS or path.startswith(PUBLIC_FOLDERS):
            return Visitor()
        token = request.cookies.get(self.sessions.cookie, "")
        if path in WAITING:
            waiting = self.sessions.waiting(token)
            return Visitor(waiting=waiting, key=token if waiting else "")
        # Browsers say whether somebody goes to a page or a page asks for something by itself, such as news.
        by_itself = request.method == "GET" and request.headers.get("sec-fetch-mode", "navigate") != "navigate"
        person = self.sessions.person(token, used=not by_itself)
        return Visitor(person=person, key=token, seen=self.sessions.newest()) if person else Visitor()

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
