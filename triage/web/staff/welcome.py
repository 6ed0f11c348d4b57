"""The page behind a link with which somebody chooses a password. Only sending its form uses the link up."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from triage import passwords
from triage.desk import Desk
from triage.desk.people import LONGEST_NAME, opened, welcome
from triage.errors import Conflict
from triage.web.paper import Paper
from triage.web.sessions import Sessions
from triage.web.staff.sign_in import let_in


def add_routes(app: FastAPI, desk: Desk, paper: Paper, sessions: Sessions) -> None:
    """GET and POST /welcome/TOKEN."""

    @app.get("/welcome/{token}")
    def ask(request: Request, token: str) -> Response:
        return _page(request, token)

    @app.post("/welcome/{token}")
    def choose(request: Request, token: str) -> Response:
        form = request.state.form
        name, password = form.get("name", ""), form.get("password", "")
        if password != form.get("again", ""):
            return _page(request, token, 409, wrong="The two passwords differ. Next: type the same one twice.")
        address = request.client.host if request.client else ""
        try:
            person = welcome(desk, token, password, name=name, address=address)
        except Conflict as error:
            return _page(request, token, 409, wrong=str(error))
        return let_in(request, desk, sessions, person, "/")

    def _page(request: Request, token: str, status: int = 200, *, wrong: str = "") -> Response:
        try:
            link = opened(desk, token)
        except Conflict as error:
            return paper.show(request, "welcome_over.html", 410, why=str(error))
        return sessions.shown_before(
            request,
            lambda: paper.show(
                request,
                "welcome.html",
                status,
                link=link,
                where=request.scope["path"],
                typed=request.state.form.get("name", ""),
                longest=LONGEST_NAME,
                least=passwords.MIN_LENGTH,
                most=passwords.MAX_LENGTH,
                wrong=wrong,
            ),
        )
