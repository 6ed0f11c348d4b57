"""The pages of the second factor: the code after the password, setting it up, and looking after it."""

from urllib.parse import urlencode, urlsplit

import segno
from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from triage.desk import Desk, second_factor
from triage.desk.people import Refusal
from triage.errors import Conflict
from triage.records import Person
from triage.web.paper import Paper
from triage.web.sessions import Sessions, visiting
from triage.web.staff.own_password import has_password, wrong_password
from triage.web.staff.sign_in import safe

CODE = "/sign-in/code"
SET_UP = "/sign-in/second-factor"
MINE = "/me/second-factor"
WRONG = {
    Refusal.WRONG: "That code does not fit. Each code is good once: wait for the next one and type that.",
    Refusal.TOO_MANY: "There were too many wrong codes. Next: wait 15 minutes, then try again.",
}


def add_routes(app: FastAPI, desk: Desk, paper: Paper, sessions: Sessions) -> None:
    """/sign-in/code and /sign-in/second-factor before the desk is open, /me/second-factor... at the desk."""
    pages = _Pages(desk, paper, sessions)
    _before(app, desk, sessions, pages)
    _at_the_desk(app, desk, sessions, pages)


def _before(app: FastAPI, desk: Desk, sessions: Sessions, pages: "_Pages") -> None:
    """For somebody who has given the password and nothing else yet."""

    @app.get(CODE)
    def ask(request: Request) -> Response:
        next_page = safe(request.query_params.get("next", "/"))
        if not second_factor.standing(desk, _waiting(request)).on:
            return _to(SET_UP, next_page)
        return pages.code(request, next_page)

    @app.post(CODE)
    def answer(request: Request) -> Response:
        form = request.state.form
        next_page, recovery = safe(form.get("next", "/")), form.get("recovery", "")
        given = form.get("code", "") or recovery
        refused = second_factor.check(desk, _waiting(request), given, _address(request))
        if refused is not None:
            return pages.code(request, next_page, refused, recovery=bool(recovery))
        response = RedirectResponse(next_page, status_code=303)
        return response if sessions.finish(request, response) else _to("/sign-in", next_page)

    @app.get(SET_UP)
    def begin(request: Request) -> Response:
        next_page = safe(request.query_params.get("next", "/"))
        if second_factor.standing(desk, _waiting(request)).on:
            return _to(CODE, next_page)
        return pages.set_up(request, _waiting(request), SET_UP, next_page)

    @app.post(SET_UP)
    def set_up(request: Request) -> Response:
        next_page = safe(request.state.form.get("next", "/"))
        done, response = pages.turn_on(request, _waiting(request), SET_UP, next_page)
        if done and not sessions.finish(request, response):
            return _to("/sign-in", next_page)
        return response


def _at_the_desk(app: FastAPI, desk: Desk, sessions: Sessions, pages: "_Pages") -> None:
    """For somebody who is signed in."""

    @app.get(MINE)
    def look(request: Request) -> Response:
        return pages.mine(request)

    @app.post(f"{MINE}/on")
    def on(request: Request) -> Response:
        return pages.turn_on(request, visiting(request), f"{MINE}/on", "/me")[1]

    @app.post(f"{MINE}/codes")
    def codes(request: Request) -> Response:
        person = visiting(request)
        if not second_factor.standing(desk, person).on:
            return RedirectResponse(MINE, status_code=303)
        wrong = wrong_password(desk, request) if has_password(desk, person) else wrong_code(request)
        if wrong:
            return pages.mine(request, wrong)
        return pages.codes(request, second_factor.renew_codes(desk, person), "/me", fresh=False)

    @app.post(f"{MINE}/off")
    def off(request: Request) -> Response:
        person = visiting(request)
        wrong = wrong_password(desk, request) or wrong_code(request)
        if wrong:
            return pages.mine(request, wrong)
        second_factor.turn_off(desk, person)
        if not second_factor.needed(desk, person.role):
            return RedirectResponse(MINE, status_code=303)
        # The desk wants one: nothing else is open until there is a new one.
        response = _to(SET_UP, "/me")
        sessions.open(request, response, person, pending=True)
        return response

    def wrong_code(request: Request) -> str:
        """What to say where the form's code is not one of the person's; a right one is used up."""
        refused = second_factor.check(desk, visiting(request), request.state.form.get("code", ""), _address(request))
        return WRONG[refused] if refused else ""


class _Pages:
    """What both halves show."""

    def __init__(self, desk: Desk, paper: Paper, sessions: Sessions) -> None:
        self._desk = desk
        self._paper = paper
        self._sessions = sessions
        self._host = urlsplit(desk.address).hostname or "desk"

    def code(
        self, request: Request, next_page: str, refused: Refusal | None = None, *, recovery: bool = False
    ) -> Response:
        """The question for a code, with what was wrong with the last one."""
        status = 200 if refused is None else 429 if refused is Refusal.TOO_MANY else 403
        wrong = "" if refused is None else WRONG[refused]
        return self._paper.show(request, "code.html", status, next_page=next_page, wrong=wrong, recovery=recovery)

    def mine(self, request: Request, wrong: str = "") -> Response:
        """How a person's own second factor stands, or how to turn it on."""
        person = visiting(request)
        stands = second_factor.standing(self._desk, person)
        if not stands.on:
            return self.set_up(request, person, f"{MINE}/on", "/me")
        return self._paper.show(
            request,
            "second_factor_on.html",
            403 if wrong else 200,
            stands=stands,
            has_password=has_password(self._desk, person),
            wrong=wrong,
        )

    def set_up(
        self, request: Request, person: Person, where: str, next_page: str, *, secret: str = "", wrong: str = ""
    ) -> Response:
        """A key for the app as a picture and as text. It stays in the form until a code confirms it."""
        secret = secret or second_factor.new_secret()
        address = second_factor.app_address(secret, person, self._host)
        return self._paper.show(
            request,
            "set_up.html",
            403 if wrong else 200,
            where=where,
            next_page=next_page,
            needed=second_factor.needed(self._desk, person.role),
            asks_password=where != SET_UP and has_password(self._desk, person),  # there it was given a moment ago
            secret=secret,
            app_address=address,
            picture=segno.make(address, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff"),
            wrong=wrong,
        )

    def turn_on(self, request: Request, person: Person, where: str, next_page: str) -> tuple[bool, Response]:
        """Whether the code confirmed the key, and what to show: the recovery codes, or the key again."""
        form = request.state.form
        secret = form.get("secret", "")
        known = secret if second_factor.is_secret(secret) else ""
        wrong = "" if where == SET_UP else wrong_password(self._desk, request)
        if wrong:
            return False, self.set_up(request, person, where, next_page, secret=known, wrong=wrong)
        try:
            own = self._sessions.own_hash(request)
            made = second_factor.turn_on(self._desk, person, secret, form.get("code", ""), session=own)
        except Conflict as error:
            if second_factor.standing(self._desk, person).on:
                raise
            return False, self.set_up(request, person, where, next_page, secret=known, wrong=str(error))
        return True, self.codes(request, made, next_page, fresh=True)

    def codes(self, request: Request, made: tuple[str, ...], next_page: str, *, fresh: bool) -> Response:
        """The recovery codes, this once."""
        return self._paper.show(request, "recovery_codes.html", codes=made, next_page=next_page, fresh=fresh)


def _waiting(request: Request) -> Person:
    """Who has given the password; the gate lets nobody else to these pages."""
    person = request.state.visitor.waiting
    assert isinstance(person, Person)
    return person


def _to(page: str, next_page: str) -> RedirectResponse:
    return RedirectResponse(f"{page}?{urlencode({'next': next_page})}", status_code=303)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
