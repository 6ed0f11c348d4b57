"""One's own account: the password, the address for alerts, and the browsers that one is signed in with."""

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from triage import passwords
from triage.desk import Desk, members, second_factor
from triage.desk.people import change_password
from triage.errors import Conflict
from triage.store import people
from triage.store import sessions as kept
from triage.web.paper import Paper
from triage.web.sessions import Sessions, visiting
from triage.web.staff.people import MAY

SAID = {
    "password": "Your new password holds. Every other browser is signed out, and your programs' tokens have ended.",
    "email": "The address is kept.",
    "session": "That browser is signed out.",
    "others": "Every other browser is signed out.",
    "linked": "Your account is linked: it signs you in here from now on.",
    "unlinked": "The link is off. You sign in with your password.",
}
"""What the page says after each change."""


def add_routes(app: FastAPI, desk: Desk, paper: Paper, sessions: Sessions) -> None:
    """GET /me, POST /me/password, /me/email, /me/sessions and /me/sessions/KEY."""

    @app.get("/me")
    def page(request: Request) -> Response:
        return _page(request, said=SAID.get(request.query_params.get("done", ""), ""))

    @app.post("/me/password")
    def password(request: Request) -> Response:
        form, person = request.state.form, visiting(request)
        new = form.get("new", "")
        try:
            if new != form.get("again", ""):
                raise Conflict("The two new passwords differ. Next: type the same one twice.")
            address = request.client.host if request.client else ""
            own = sessions.own_hash(request)
            change_password(desk, person, form.get("old", ""), new, address=address, session=own)
        except Conflict as error:
            return _page(request, 409, at="password", wrong=str(error))
        return _done("password")

    @app.post("/me/email")
    def email(request: Request) -> Response:
        person = visiting(request)
        try:
            members.set_email(desk, person, person.name, request.state.form.get("email", ""))
        except Conflict as error:
            return _page(request, 409, at="email", wrong=str(error))
        return _done("email")

    @app.post("/me/sessions")
    def end_others(request: Request) -> Response:
        person = visiting(request)
        people.sign_out(desk.db, person.name, by=person.name, now=desk.clock(), but=sessions.own_hash(request))
        return _done("others")

    @app.post("/me/sessions/{key}")
    def end(request: Request, key: str) -> Response:
        if not kept.close_one(desk.db, visiting(request).id, key):
            raise Conflict("That browser is signed out already. Next: look at your account.")
        return _done("session")

    def _page(request: Request, status: int = 200, *, said: str = "", at: str = "", wrong: str = "") -> Response:
        person = visiting(request)
        found, mine = people.find(desk.db, person.name), members.member(desk, person.name)
        return paper.show(
            request,
            "me.html",
            status,
            email=mine.email,
            identity_linked=bool(mine.identity),
            has_password=found is not None and bool(found[1]),
            may_do=MAY[person.role],
            sessions=sessions.of(person),
            own=sessions.own_key(request),
            second_factor=second_factor.standing(desk, person),
            least=passwords.MIN_LENGTH,
            most=passwords.MAX_LENGTH,
            said=said,
            at=at,
            wrong=wrong,
        )


def _done(what: str) -> Response:
    return RedirectResponse(f"/me?done={what}", status_code=303)
