"""Signing in and out. A wrong name and a wrong password get the same answer after the same time."""

import re
import secrets
import threading
from datetime import timedelta

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from triage import passwords
from triage.desk import Desk
from triage.records import Person
from triage.store import people
from triage.web.paper import Paper
from triage.web.sessions import Sessions, Visitor

WINDOW = timedelta(minutes=15)
PER_NAME = 5
PER_ADDRESS = 30
MAX_NAME = 100

_NEXT = re.compile(r"/(?:letters/\d{1,18}|lists/[a-z-]{1,20}|facts)?")

WRONG = "That name and password do not fit together."
TOO_MANY = "There were too many wrong tries. Next: wait 15 minutes, then try again."


def add_routes(app: FastAPI, desk: Desk, paper: Paper, sessions: Sessions) -> None:
    """GET and POST /sign-in, POST /sign-out."""
    one_at_a_time = threading.Lock()  # guesses made at the same moment are counted one after the other

    @app.get("/sign-in")
    def ask(request: Request) -> Response:
        if sessions.person(request.cookies.get(sessions.cookie, "")):
            return RedirectResponse("/", status_code=303)
        return _form(request, next_page=request.query_params.get("next", "/"))

    @app.post("/sign-in")
    def sign_in(request: Request) -> Response:
        form = request.state.form
        name, next_page = form.get("name", "").strip()[:MAX_NAME], form.get("next", "/")
        with one_at_a_time:
            person = _checked(name, form.get("password", ""), request.client.host if request.client else "")
        if isinstance(person, Person):
            response = RedirectResponse(_safe(next_page), status_code=303)
            sessions.open(request, response, person)
            return response
        status = 429 if person == TOO_MANY else 403
        return _form(request, status, next_page=next_page, name=name, wrong=person)

    @app.post("/sign-out")
    def sign_out(request: Request) -> Response:
        response = RedirectResponse("/sign-in", status_code=303)
        sessions.close(request, response)
        return response

    def _checked(name: str, password: str, address: str) -> Person | str:
        """The person, or what to say."""
        now = desk.clock()
        by_name, by_address = people.failures(desk.db, name, address, now - WINDOW)
        if by_name >= PER_NAME or by_address >= PER_ADDRESS:
            return TOO_MANY
        found = people.find(desk.db, name)
        if found is None:
            passwords.waste_time()
        elif passwords.verify(password, found[1]):
            people.forget_failures(desk.db, name)
            return found[0]
        people.note_failure(desk.db, name, address, now)
        return WRONG

    def _form(request: Request, status: int = 200, *, next_page: str, name: str = "", wrong: str = "") -> Response:
        key = request.state.visitor.key
        fresh = not key
        if fresh:
            key = secrets.token_urlsafe(32)
            request.state.visitor = Visitor(key=key)
        response = paper.show(
            request,
            "sign_in.html",
            status,
            nobody_yet=people.is_empty(desk.db),
            next_page=_safe(next_page),
            name=name,
            wrong=wrong,
        )
        if fresh:
            sessions.prepare(response, key)
        return response


def _safe(page: str) -> str:
    """A page of this desk, never an address elsewhere."""
    return page if _NEXT.fullmatch(page) else "/"
