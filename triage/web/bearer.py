"""The API's part of the gate: who asks is told by a token, never by the cookie, and what is sent is JSON.

So no page of another site can make a browser do anything here: browsers add cookies by themselves, tokens never.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from triage.desk import Desk, tokens
from triage.desk.people import WINDOW
from triage.errors import Temporary
from triage.records import Person
from triage.web.problems import problem
from triage.web.sessions import Sessions

FOLDER = "/api/"
DESCRIPTION = "/api/openapi.json"
"""What the API offers. It holds nothing of the desk's, so people who are signed in may read it in their browser."""
MAX_BODY = 1_000_000  # bytes
JSON = "application/json"
READING = ("GET", "HEAD", "OPTIONS")
RETRY_SECONDS = "5"
NOWHERE = "There is nothing at this address. Next: look at /api/openapi.json for what there is."
_HEADER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([^ ]+) *")
_NEXT = "Next: send the header “Authorization: Bearer TOKEN” with a token from your page of the desk."


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who asks the API, and what the token is good for."""

    person: Person
    scopes: tuple[str, ...]
    expires_at: datetime | None


class Bearer:
    """Lets programs in that have a token. Leaves the `Holder` in `request.state.holder`."""

    def __init__(self, desk: Desk, sessions: Sessions) -> None:
        self._desk = desk
        self._sessions = sessions

    async def check(self, request: Request) -> tuple[Response | None, Receive]:
        """The answer to give instead when the request is refused, and from where the API receives its body."""
        request.state.holder = None
        try:
            refused = await run_in_threadpool(self._identify, request)
        except Temporary as error:
            refused = problem(503, str(error), headers={"Retry-After": RETRY_SECONDS})
        if refused is None and "\n" in request.scope["path"]:  # the router's patterns end at a line break
            refused = problem(404, NOWHERE)
        body = bytearray()
        if refused is None:
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    return problem(413, "That is more than a megabyte. Next: send less."), request.receive
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if request.method not in READING and kind != JSON and (body or kind):
                refused = problem(415, f"The API takes JSON only. Next: send it as {JSON}.")
        return refused, _again(bytes(body), request.receive)

    def _identify(self, request: Request) -> Response | None:
        """Find out who asks; the answer to give when that is nobody."""
        given = request.headers.getlist("authorization")
        if not given:
            if request.scope["path"] == DESCRIPTION and self._signed_in(request):
                return None
            return _unknown(f"This needs a token. {_NEXT}", "")
        found = _HEADER.fullmatch(given[0]) if len(given) == 1 else None
        if found is None:
            return _unknown(f"That is not how a token is sent. {_NEXT}", "invalid_request")
        known = tokens.holder(self._desk, found.group(1), request.client.host if request.client else "")
        if known is tokens.Unknown.TOO_MANY:
            seconds = str(int(WINDOW.total_seconds()))
            return problem(429, known, headers={"Retry-After": seconds})
        if isinstance(known, tokens.Unknown):
            return _unknown(known, "invalid_token")
        person, token = known
        request.state.holder = Holder(person=person, scopes=token.scopes, expires_at=token.expires_at)
        return None

    def _signed_in(self, request: Request) -> bool:
        return self._sessions.person(request.cookies.get(self._sessions.cookie, "")) is not None


def _unknown(detail: str, error: str) -> Response:
    challenge = 'Bearer realm="Triage"' + (f', error="{error}"' if error else "")  # RFC 6750 section 3
    return problem(401, detail, headers={"WWW-Authenticate": challenge})


def _again(body: bytes, receive: Receive) -> Receive:
    """Hands over a body that has been read already, then whatever comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
