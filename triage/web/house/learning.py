"""What the desk has learned from people, and which version of it the desk reads with."""

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from triage import stages
from triage.desk import Desk, learning
from triage.errors import Conflict, NotAllowed
from triage.records import Person
from triage.stages import Duty
from triage.store import learning as store
from triage.web.paper import Paper
from triage.web.sessions import visiting


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET and POST /learning, for editors."""

    @app.get("/learning")
    def page(request: Request) -> Response:
        _editor(request)
        versions = list(reversed(store.versions(desk.db)))
        return paper.show(
            request,
            "learning.html",
            versions=versions,
            reads_as_it_came=not any(version.in_use for version in versions),
            waiting=store.fresh(desk.db),
        )

    @app.post("/learning")
    def use(request: Request) -> Response:
        person, number = _editor(request), request.state.form.get("version", "")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise Conflict("That is no version. Next: choose one of the list.")
        learning.use(desk, int(number), who=person.name)
        return RedirectResponse("/learning", status_code=303)


def _editor(request: Request) -> Person:
    person = visiting(request)
    if not stages.has_duty(person.role, Duty.LEARNING):
        raise NotAllowed("An editor looks after what the desk learns. Next: ask one of them.")
    return person
