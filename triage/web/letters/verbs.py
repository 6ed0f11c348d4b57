"""What a person decides about a letter: each button under its reply is a form that ends here."""

from collections.abc import Callable, Mapping

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import JSONResponse, Response

from triage import drafting
from triage.desk import Desk, caring, changes, deciding
from triage.errors import Conflict
from triage.records import Person
from triage.stages import Stage, Verb
from triage.web import words
from triage.web.letters import letter as pages
from triage.web.letters import revisions, typed
from triage.web.sessions import visiting

Decision = Callable[[Desk, int, Person, str], object]

LONGEST_SEEN = 20_000  # characters; it goes back in an address

DECISIONS: dict[str, tuple[Decision, str]] = {
    "decline": (deciding.decline, ""),
    "let-go": (deciding.let_go, ""),
    "set-aside": (deciding.set_aside, ""),
    "bring-back": (deciding.bring_back, "read"),
    "confirm-sent": (deciding.confirm_sent, "settle"),
    "send-again": (deciding.send_again, "send"),
    "undo": (lambda desk, letter_id, person, _why: deciding.undo(desk, letter_id, person), "send"),
}
"""For each button: what it does, and which step of the machine has work then."""


def add_routes(app: FastAPI, desk: Desk, wake: Callable[[str], None]) -> None:
    """POST /letters/ID/ and save, autosave, approve, own-line, caring-note, revisions/N, or one of the decisions."""

    @app.post("/letters/{letter_id:int}/save")
    def save(request: Request, letter_id: int) -> Response:
        dossier = pages.find(desk, letter_id)
        saved = typed.save(desk, dossier, visiting(request), request.state.form)
        return typed.to_letter(letter_id, "saved" if saved else "no-text")

    @app.post("/letters/{letter_id:int}/autosave")
    def autosave(request: Request, letter_id: int) -> Response:
        """Saves the text while it is written: what has to be known of it, or 409 with what came between."""
        form, dossier = request.state.form, pages.find(desk, letter_id)
        try:
            if typed.keep(desk, dossier, visiting(request), form):
                dossier = pages.find(desk, letter_id)
        except Conflict as conflict:
            draft = pages.find(desk, letter_id).draft
            by = {"revision": draft.revision if draft else 0, "by": draft.author if draft else ""}
            return JSONResponse({"what": str(conflict), **by}, 409)
        draft = dossier.draft
        text = f"{draft.body}\n\n{draft.subject}" if draft else ""
        return JSONResponse(
            {
                "revision": draft.revision if draft else 0,
                "gaps": drafting.find_gaps(text),
                "measures": pages.measured(draft.body) if draft else "",
                "reasons": pages.without_gaps(text, draft.blocks) if draft else [],
                "saved": words.clock(words.local(desk.clock(), desk.zone)),
            }
        )

    @app.post("/letters/{letter_id:int}/approve")
    def approve(request: Request, letter_id: int) -> Response:
        form, person = request.state.form, visiting(request)
        deciding.permit(person, Verb.APPROVE)
        revision = typed.save(desk, pages.find(desk, letter_id), person, form)
        if not revision:
            return typed.to_letter(letter_id, "no-text")
        dossier, seen = pages.find(desk, letter_id), _seen(form)
        if seen is not None and dossier.slip.stage is Stage.DRAFTED and changes.since(dossier, seen):
            return typed.to_letter(letter_id, "changed", since=seen)
        if pages.blocks(desk, dossier) or caring.locks(desk, dossier, person):
            return typed.to_letter(letter_id, "not-yet")
        deciding.approve(
            desk,
            letter_id,
            person,
            revision=revision,
            recipient=form.get("recipient"),
            sender=form.get("sender"),
            seen=seen,
        )
        wake("send")
        return typed.to_letter(letter_id)

    @app.post("/letters/{letter_id:int}/revisions/{revision:int}")
    def bring_back_revision(request: Request, letter_id: int, revision: int) -> Response:
        draft = revisions.one(desk, letter_id, revision)
        text = {**request.state.form, "subject": draft.subject, "body": draft.body}
        typed.save(desk, pages.find(desk, letter_id), visiting(request), text)
        return typed.to_letter(letter_id, "revision")

    @app.post("/letters/{letter_id:int}/own-line")
    def own_line(request: Request, letter_id: int) -> Response:
        form = request.state.form
        without = {**form, "body": drafting.without_own_line(form.get("body", ""))}
        typed.save(desk, pages.find(desk, letter_id), visiting(request), without)
        return typed.to_letter(letter_id, "own-line")

    @app.post("/letters/{letter_id:int}/caring-note")
    def caring_note(request: Request, letter_id: int) -> Response:
        form, person = request.state.form, visiting(request)
        dossier = pages.find(desk, letter_id)
        typed.keep(desk, dossier, person, form)
        deciding.begin_caring_note(desk, letter_id, person)
        return typed.to_letter(letter_id, "caring-note")

    @app.post("/letters/{letter_id:int}/{verb}")
    def decide(request: Request, letter_id: int, verb: str) -> Response:
        if verb not in DECISIONS:
            raise HTTPException(404)
        form, person = request.state.form, visiting(request)
        dossier = pages.find(desk, letter_id)
        typed.keep(desk, dossier, person, form)
        decision, step = DECISIONS[verb]
        if verb in ("let-go", "set-aside") and dossier.slip.risk == "R3" and not form.get("why", "").strip():
            deciding.permit(person, Verb(verb))
            return typed.to_letter(letter_id, "why")
        decision(desk, letter_id, person, form.get("why", "").strip())
        if step:
            wake(step)
        return typed.to_letter(letter_id, verb)


def _seen(form: Mapping[str, str]) -> str | None:
    """The mark of the letter as the page showed it; one that no page writes fits no letter."""
    seen = form.get("seen")
    return "" if seen is not None and len(seen) > LONGEST_SEEN else seen
