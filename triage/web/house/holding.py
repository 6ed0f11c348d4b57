"""While sending is held: why, how far the comparison with Sent has come, and the button that lets mail go out again."""

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from triage import stages
from triage.desk import Desk, holding
from triage.errors import NotAllowed
from triage.records import Person
from triage.stages import Duty
from triage.store import holds
from triage.web.paper import Paper
from triage.web.sessions import visiting


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET and POST /sending, for editors."""

    @app.get("/sending")
    def page(request: Request) -> Response:
        _editor(request)
        open_hold = holds.is_open(desk.db)
        hindered = holding.hindrance(desk, open_hold) if open_hold else ""
        return paper.show(request, "sending.html", open_hold=open_hold, hindered=hindered)

    @app.post("/sending")
    def resume(request: Request) -> Response:
        holding.resume(desk, _editor(request))
        return RedirectResponse("/sending", status_code=303)


def _editor(request: Request) -> Person:
    person = visiting(request)
    if not stages.has_duty(person.role, Duty.SETTINGS):
        raise NotAllowed("An editor lets the desk send again. Next: ask one of them.")
    return person
