"""The earlier versions of a reply: all are kept, each can be looked at, and each can be brought back."""

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import Response

from triage.desk import Desk
from triage.errors import Conflict
from triage.records import Draft
from triage.store import revisions
from triage.web.letters import comparing
from triage.web.letters.letter import editable, find
from triage.web.paper import Paper


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET /letters/ID/revisions/N."""

    @app.get("/letters/{letter_id:int}/revisions/{revision:int}")
    def page(request: Request, letter_id: int, revision: int) -> Response:
        dossier = find(desk, letter_id)
        draft = one(desk, letter_id, revision)
        latest = dossier.draft or draft
        compared = comparing.compare(draft.body, latest.body)
        kept = [mark.number for mark in revisions.every(desk.db, letter_id)]
        return paper.show(
            request,
            "revision.html",
            slip=dossier.slip,
            draft=draft,
            latest=latest,
            compared=compared,
            differs=comparing.differs(compared),
            earlier=max((other for other in kept if other < revision), default=0),
            later=min((other for other in kept if other > revision), default=0),
            editable=editable(dossier),
        )


def one(desk: Desk, letter_id: int, revision: int) -> Draft:
    """One version, or the page that says that there is no such thing."""
    try:
        if revision < 2**31:
            return revisions.one(desk.db, letter_id, revision)
    except Conflict:
        pass
    raise HTTPException(404)
