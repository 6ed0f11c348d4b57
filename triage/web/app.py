"""Puts the desk in the browser together. Every route is closed unless `triage.web.gate` lists it as public."""

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from triage.desk import Desk
from triage.errors import Conflict, NotAllowed, Temporary, TriageError
from triage.ports import Caller
from triage.settings import Oidc
from triage.store import letters
from triage.web import live, ready
from triage.web.api import create_api
from triage.web.bearer import Bearer
from triage.web.gate import Gate
from triage.web.house import facts, figures, holding, learning, settings, templates, voices, webhooks
from triage.web.letters import caring, correcting, frames, letter, queue, refusing, revisions, verbs
from triage.web.paper import FOLDER, Paper
from triage.web.sessions import Sessions
from triage.web.shield import Shield
from triage.web.staff import account, people, second_factor, sign_in, tokens, welcome
from triage.web.staff.oidc import add_routes as add_oidc
from triage.web.staff.provider import Provider


class _Number(IntegerConvertor):
    """A number in an address that every database can hold."""

    regex = "[0-9]{1,15}"


register_url_convertor("int", _Number())


class App(FastAPI):
    """FastAPI inside the shield: even the answer of its own error layer carries the headers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Shield(super().__call__)(scope, receive, send)


class _Static(StaticFiles):
    """Files that a browser may keep, but has to ask about each time."""

    def file_response(self, *args: object, **options: object) -> Response:
        response = super().file_response(*args, **options)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


def create_app(
    desk: Desk, *, secure_cookies: bool, wake: Callable[[str], None], caller: Caller, oidc: Oidc | None = None
) -> App:
    """The application. `wake(step)` rings the bell of a step of the machine: "read", "send" or "settle".

    `secure_cookies` has to be true where the desk is reached over https. Webhooks are tried with `caller`.
    `oidc` names the organisation whose accounts sign people in too.
    """
    provider = Provider(oidc, back=f"{desk.address}sign-in/back", clock=desk.clock) if oidc and oidc.issuer else None
    paper = Paper(desk, organisation=provider.name if provider else "")
    sessions = Sessions(desk, secure=secure_cookies)
    app = App(title="Triage", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Gate, sessions=sessions, bearer=Bearer(desk, sessions), refuse=paper.refuse)
    app.mount("/static", _Static(directory=FOLDER / "static"), name="static")
    app.mount("/api", create_api(desk, wake), name="api")
    sign_in.add_routes(app, desk, paper, sessions)
    second_factor.add_routes(app, desk, paper, sessions)
    if provider is not None:
        add_oidc(app, desk, paper, sessions, provider)
    welcome.add_routes(app, desk, paper, sessions)
    people.add_routes(app, desk, paper)
    account.add_routes(app, desk, paper, sessions)
    queue.add_routes(app, desk, paper)
    letter.add_routes(app, desk, paper)
    frames.add_routes(app, desk)
    revisions.add_routes(app, desk, paper)
    correcting.add_routes(app, desk)
    caring.add_routes(app, desk)
    verbs.add_routes(app, desk, wake)
    facts.add_routes(app, desk, paper)
    templates.add_routes(app, desk, paper)
    voices.add_routes(app, desk, paper)
    settings.add_routes(app, desk, paper)
    figures.add_routes(app, desk, paper)
    learning.add_routes(app, desk, paper)
    holding.add_routes(app, desk, paper)

    app.state.live = live.Hub(desk, sessions)
    live.add_routes(app, app.state.live)

    tokens.add_routes(app, desk, paper)
    webhooks.add_routes(app, desk, paper, caller)

    ready.add_routes(app, desk)

    @app.exception_handler(TriageError)
    def refused(request: Request, error: TriageError) -> Response:
        return _refused(desk, paper, request, error)

    @app.exception_handler(HTTPException)
    def missing(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return paper.refuse(request, 404, "There is no such letter or page.", "Look for it in the lists.")
        return paper.refuse(request, error.status_code, "That is not possible here.", "Go back to the letters.")

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        what = "Something went wrong in the desk, and it has been noted in the log."
        return paper.refuse(
            request, 500, what, "Try again. If it happens again, tell the person who runs this machine."
        )

    return app


def _refused(desk: Desk, paper: Paper, request: Request, error: TriageError) -> Response:
    """What happened, the letter as it is now, and the text that the person had typed, so that none of it is lost."""
    status = 403 if isinstance(error, NotAllowed) else 503 if isinstance(error, Temporary) else 409
    slip = None
    letter_id = request.path_params.get("letter_id")
    if letter_id is not None and status != 503:
        try:
            dossier = letters.dossier(desk.db, int(letter_id))
            slip = dossier.slip
            if page := refusing.both(paper, request, status, dossier, str(error)):
                return page
        except Conflict:
            slip = None
    form = getattr(request.state, "form", {})
    return paper.show(
        request,
        "refused.html",
        status,
        heading="That was not done",
        what=str(error),
        then="",
        letter=slip,
        typed_subject=form.get("subject", ""),
        typed=form.get("body", ""),
    )
