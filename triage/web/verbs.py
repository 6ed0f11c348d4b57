"""What a person decides about a letter: each button of its page is a form that ends here.

Whatever the button, text that was typed is saved first, so that no decision can lose it.
"""

from collections.abc import Callable, Mapping

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from triage import drafting
from triage.desk import Desk, deciding, learning
from triage.errors import Conflict
from triage.records import Dossier, Person
from triage.web import letter as pages

Decision = Callable[[Desk, int, Person, str], object]

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
    """POST /letters/ID/ and save, approve, topics, answer, own-line, caring-note, or one of the other decisions."""

    @app.post("/letters/{letter_id:int}/save")
    def save(request: Request, letter_id: int) -> Response:
        dossier = pages.find(desk, letter_id)
        saved = _save(desk, dossier, _person(request), request.state.form)
        return _to_letter(letter_id, "saved" if saved else "no-text")

    @app.post("/letters/{letter_id:int}/approve")
    def approve(request: Request, letter_id: int) -> Response:
        form, person = request.state.form, _person(request)
        revision = _save(desk, pages.find(desk, letter_id), person, form)
        if not revision:
            return _to_letter(letter_id, "no-text")
        if pages.blocks(desk, pages.find(desk, letter_id)):
            return _to_letter(letter_id, "not-yet")
        deciding.approve(desk, letter_id, person, revision=revision, recipient=form.get("recipient"))
        wake("send")
        return _to_letter(letter_id)

    @app.post("/letters/{letter_id:int}/topics")
    def topics(request: Request, letter_id: int) -> Response:
        form, person = request.state.form, _person(request)
        dossier = pages.find(desk, letter_id)
        chosen = _chosen(desk, dossier, form)
        if _changed(dossier, form):
            _save(desk, dossier, person, form)
        evidence = learning.evidence_for(dossier, chosen, form.get("because", ""))
        drafted = learning.decide_topics(desk, letter_id, chosen, person, evidence)
        return _to_letter(letter_id, "topics-draft" if drafted else "topics")

    @app.post("/letters/{letter_id:int}/answer")
    def answer(request: Request, letter_id: int) -> Response:
        form, person = request.state.form, _person(request)
        dossier = pages.find(desk, letter_id)
        topics = [score.topic for score in pages.shown_topics(dossier)]
        topic = form.get("of", "")
        if topic not in topics or f"case-{topic}" not in form:
            raise Conflict("This letter no longer has that topic. Next: look at its topics, then choose again.")
        if _changed(dossier, form):
            _save(desk, dossier, person, form)
        drafted = learning.decide_topics(desk, letter_id, topics, person, cases={topic: form[f"case-{topic}"]})
        return _to_letter(letter_id, "answer-draft" if drafted else "answer")

    @app.post("/letters/{letter_id:int}/own-line")
    def own_line(request: Request, letter_id: int) -> Response:
        form = request.state.form
        without = {**form, "body": drafting.without_own_line(form.get("body", ""))}
        _save(desk, pages.find(desk, letter_id), _person(request), without)
        return _to_letter(letter_id, "own-line")

    @app.post("/letters/{letter_id:int}/caring-note")
    def caring_note(request: Request, letter_id: int) -> Response:
        form, person = request.state.form, _person(request)
        dossier = pages.find(desk, letter_id)
        if _changed(dossier, form):
            _save(desk, dossier, person, form)
        deciding.begin_caring_note(desk, letter_id, person)
        return _to_letter(letter_id, "caring-note")

    @app.post("/letters/{letter_id:int}/{verb}")
    def decide(request: Request, letter_id: int, verb: str) -> Response:
        if verb not in DECISIONS:
            raise HTTPException(404)
        form, person = request.state.form, _person(request)
        dossier = pages.find(desk, letter_id)
        if _changed(dossier, form):
            _save(desk, dossier, person, form)
        decision, step = DECISIONS[verb]
        decision(desk, letter_id, person, form.get("why", "").strip())
        if step:
            wake(step)
        return _to_letter(letter_id, verb)


def _person(request: Request) -> Person:
    person = request.state.visitor.person
    assert isinstance(person, Person)  # the gate lets nobody else as far as here
    return person


def _save(desk: Desk, dossier: Dossier, person: Person, form: Mapping[str, str]) -> int:
    """Save the text of the form; the number of its revision, or 0 when there is no text."""
    subject, body = form.get("subject", ""), form.get("body", "")
    if not body.strip() and dossier.draft is None:
        return 0
    base = form.get("base", "")
    number = int(base) if base.isascii() and base.isdigit() and len(base) < 10 else 0
    return deciding.revise(desk, dossier.slip.id, person, subject=subject, body=body, base=number)


def _chosen(desk: Desk, dossier: Dossier, form: Mapping[str, str]) -> list[str]:
    """The topics of the form: the main one, then the others, those that the letter has already first."""
    if not form.get("topic") and any(name.startswith("also-") for name in form):
        raise Conflict("There is no main topic. Next: choose the topic that the reply has to answer first.")
    order = dict.fromkeys((*(score.topic for score in pages.shown_topics(dossier)), *learning.topics(desk)))
    return list(filter(None, (form.get("topic", ""), *(topic for topic in order if f"also-{topic}" in form))))


def _changed(dossier: Dossier, form: Mapping[str, str]) -> bool:
    """Whether the form brings text that differs from the latest revision."""
    if "body" not in form:
        return False
    draft = dossier.draft
    shown = (draft.subject, draft.body) if draft else (pages.NEUTRAL_SUBJECT, "")
    return tuple(map(_plain, (form.get("subject", ""), form["body"]))) != tuple(map(_plain, shown))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _to_letter(letter_id: int, said: str = "") -> Response:
    # On a phone the reply stands below the letter: what has become of it has to be in sight.
    return RedirectResponse(f"/letters/{letter_id}" + (f"?said={said}" if said else "") + "#reply", status_code=303)
