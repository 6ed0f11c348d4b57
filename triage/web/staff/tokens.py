"""One's own tokens for programs: what each may do, made and ended. A token is shown once, where it was made."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from triage.desk import Desk, tokens
from triage.errors import Conflict
from triage.store import tokens as store
from triage.web.paper import Paper
from triage.web.sessions import visiting
from triage.web.staff.own_password import has_password, wrong_password

LASTS = {"30": "30 days", "90": "90 days", "365": "a year", "": "until I end it"}
"""How long a token may last, in days."""
USUAL = {"read": "on", "days": "90"}
NONE: Mapping[str, str] = {}


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET and POST /me/tokens, POST /me/tokens/ID/end."""

    @app.get("/me/tokens")
    def page(request: Request) -> Response:
        return _page(request, said="The token is ended." if "ended" in request.query_params else "")

    @app.post("/me/tokens")
    def make(request: Request) -> Response:
        form, days = request.state.form, request.state.form.get("days", "")
        if refused := wrong_password(desk, request):
            return _page(request, 409, wrong=refused, typed=form)
        try:
            if days not in LASTS:
                raise Conflict("A token lasts as long as the list offers. Next: choose from it.")
            scopes = [scope for scope in tokens.Scope if scope in form]
            made, token = tokens.add(
                desk,
                visiting(request),
                name=form.get("name", ""),
                scopes=scopes,
                days=int(days) if days else None,
            )
        except Conflict as error:
            return _page(request, 409, wrong=str(error), typed=form)
        return _page(request, token=token, token_name=made.name)

    @app.post("/me/tokens/{token_id:int}/end")
    def end(request: Request, token_id: int) -> Response:
        tokens.end(desk, visiting(request), token_id)
        return RedirectResponse("/me/tokens?ended", status_code=303)

    def _page(
        request: Request,
        status: int = 200,
        *,
        said: str = "",
        wrong: str = "",
        token: str = "",
        token_name: str = "",
        typed: Mapping[str, str] = NONE,
    ) -> Response:
        person = visiting(request)
        return paper.show(
            request,
            "tokens.html",
            status,
            tokens=store.every(desk.db, person.id),
            scopes=[(scope, tokens.MEANING[scope]) for scope in tokens.offered(person)],
            meaning=tokens.MEANING,
            lasts=LASTS,
            has_password=has_password(desk, person),
            token=token,
            token_name=token_name,
            said=said,
            wrong=wrong,
            typed=typed or USUAL,
        )
