"""Who looks after a letter: the buttons of its page to take it, to give it over, to say that its reply is good, and
to put in where the reader of a held one can turn to.
"""

from fastapi import FastAPI, Request
from starlette.responses import Response

from triage.desk import Desk, handing, turning, writing
from triage.desk.caring import held
from triage.errors import Conflict
from triage.web.letters import letter as pages
from triage.web.letters import typed
from triage.web.sessions import visiting


def add_routes(app: FastAPI, desk: Desk) -> None:
    """POST /letters/ID/take, /hand-over, /second-read and /place. Text that was typed is saved first."""

    @app.post("/letters/{letter_id:int}/take")
    def take(request: Request, letter_id: int) -> Response:
        """`instead-of` is who looked after the letter on the page that was pressed."""
        form, person = request.state.form, visiting(request)
        typed.keep(desk, pages.find(desk, letter_id), person, form)
        handing.take(desk, letter_id, person, instead_of=form.get("instead-of", ""))
        return typed.to_letter(letter_id, "take")

    @app.post("/letters/{letter_id:int}/hand-over")
    def hand_over(request: Request, letter_id: int) -> Response:
        form, person = request.state.form, visiting(request)
        typed.keep(desk, pages.find(desk, letter_id), person, form)
        handing.hand_over(desk, letter_id, person, form.get("to", ""), form.get("note", ""))
        return typed.to_letter(letter_id, "hand-over")

    @app.post("/letters/{letter_id:int}/second-read")
    def second_read(request: Request, letter_id: int) -> Response:
        """What was read is the text of the page that was pressed, whether it was saved before or is only now."""
        form, person = request.state.form, visiting(request)
        revision = typed.save(desk, pages.find(desk, letter_id), person, form) if "body" in form else None
        handing.second_read(desk, letter_id, person, revision)
        return typed.to_letter(letter_id, "second-read")

    @app.post("/letters/{letter_id:int}/place")
    def place(request: Request, letter_id: int) -> Response:
        """Puts a place to turn to into the text; where there is none yet, into the beginning of a personal note."""
        form, person = request.state.form, visiting(request)
        dossier = pages.find(desk, letter_id)
        chosen = next((p for p in turning.places(desk, dossier) if p.fact.reference == form.get("place")), None)
        if chosen is None or not held(dossier):
            raise Conflict("This place is not offered for this letter any more. Next: look at the letter anew.")
        body = form.get("body", "")
        begun = body if body.strip() else writing.caring_note(desk, dossier, person).body
        text = {**form, "body": turning.put_in(begun.replace("\r\n", "\n"), chosen.words)}
        typed.save(desk, dossier, person, text)
        return typed.to_letter(letter_id, "place")
