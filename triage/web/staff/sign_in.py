"""Signing in and out. A wrong name and a wrong password get the same answer after the same time."""

import re
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from triage.desk import Desk, second_factor
from triage.desk.people import Refusal, checked
from triage.records import Person
from triage.store import people
from triage.web.paper import Paper
from triage.web.sessions import Sessions

MAX_NAME = 100

_ROOMS = "search|figures|learning|templates|voices|facts|people|settings|webhooks|me"
_NEXT = re.compile(rf"/(?:letters/\d{{1,18}}|lists/[a-z-]{{1,20}}|(?:{_ROOMS})(?:/[a-z0-9_-]{{1,60}}){{0,3}})?")


def add_routes(app: FastAPI, desk: Desk, paper: Paper, sessions: Sessions) -> None:
    """GET and POST /sign-in, POST /sign-out."""

    @app.get("/sign-in")
    def ask(request: Request) -> Response:
        if sessions.person(request.cookies.get(sessions.cookie, "")):
            return RedirectResponse("/", status_code=303)
        return _form(request, next_page=request.query_params.get("next", "/"))

    @app.post("/sign-in")
    def sign_in(request: Request) -> Response:
        form = request.state.form
        name, next_page = form.get("name", "").strip()[:MAX_NAME], form.get("next", "/")
        found = checked(desk, name, form.get("password", ""), request.client.host if request.client else "")
        if isinstance(found, Refusal):
            status = 429 if found is Refusal.TOO_MANY else 403
            return _form(request, status, next_page=next_page, name=name, wrong=found)
        return let_in(request, desk, sessions, found, next_page)

    @app.post("/sign-out")
    def sign_out(request: Request) -> Response:
        response = RedirectResponse("/sign-in", status_code=303)
        sessions.close(request, response)
        return response

    def _form(request: Request, status: int = 200, *, next_page: str, name: str = "", wrong: str = "") -> Response:
        return sessions.shown_before(
            request,
            lambda: paper.show(
                request,
                "sign_in.html",
                status,
                nobody_yet=people.is_empty(desk.db),
                next_page=safe(next_page),
                name=name,
                wrong=wrong,
            ),
        )


def let_in(
    request: Request, desk: Desk, sessions: Sessions, person: Person, next_page: str, *, strong: bool = False
) -> Response:
    """Open a session, which waits for the second factor where one is on or wanted.

    `strong` says that somebody trusted, the organisation's sign-in service, has asked for a second factor just now.
    """
    stands = second_factor.standing(desk, person)
    pending = (stands.on or stands.needed) and not strong
    where = safe(next_page)
    if pending:
        where = f"/sign-in/{'code' if stands.on else 'second-factor'}?{urlencode({'next': where})}"
    response = RedirectResponse(where, status_code=303)
    sessions.open(request, response, person, pending=pending)
    return response


def safe(page: str) -> str:
    """A page of this desk, never an address elsewhere."""
    return page if _NEXT.fullmatch(page) else "/"
