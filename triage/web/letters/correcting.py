"""What a person says of a letter in place of the machine: its topics, which answer fits, and what it states."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from starlette.responses import Response

from triage.desk import Desk, learning
from triage.desk import details as desk_details
from triage.errors import Conflict
from triage.records import Dossier
from triage.web.letters import answering, details, typed
from triage.web.letters.letter import find, shown_topics
from triage.web.sessions import visiting


def add_routes(app: FastAPI, desk: Desk) -> None:
    """POST /letters/ID/topics, answer, details and draft-anew."""

    @app.post("/letters/{letter_id:int}/topics")
    def topics(request: Request, letter_id: int) -> Response:
        form, person = request.state.form, visiting(request)
        dossier = find(desk, letter_id)
        chosen = _chosen(desk, dossier, form)
        typed.keep(desk, dossier, person, form)
        evidence = learning.evidence_for(dossier, chosen, "" if "main" in form else form.get("because", ""))
        drafted = learning.decide_topics(desk, letter_id, chosen, person, evidence)
        kept = answering.edited(find(desk, letter_id)) and not _held(dossier)
        return typed.to_letter(letter_id, "topics-draft" if drafted else "topics-kept" if kept else "topics")

    @app.post("/letters/{letter_id:int}/draft-anew")
    def draft_anew(request: Request, letter_id: int) -> Response:
        person = visiting(request)
        typed.keep(desk, find(desk, letter_id), person, request.state.form)
        learning.draft_anew(desk, letter_id, person)
        return typed.to_letter(letter_id, "anew")

    @app.post("/letters/{letter_id:int}/answer")
    def answer(request: Request, letter_id: int) -> Response:
        form, person = request.state.form, visiting(request)
        dossier = find(desk, letter_id)
        chosen = [score.topic for score in shown_topics(dossier)]
        topic = form.get("of", "")
        if topic not in chosen or f"case-{topic}" not in form:
            raise Conflict("This letter no longer has that topic. Next: look at its topics, then choose again.")
        typed.keep(desk, dossier, person, form)
        drafted = learning.decide_topics(desk, letter_id, chosen, person, cases={topic: form[f"case-{topic}"]})
        return typed.to_letter(letter_id, "answer-draft" if drafted else "answer")

    @app.post("/letters/{letter_id:int}/details")
    def state(request: Request, letter_id: int) -> Response:
        form, person = request.state.form, visiting(request)
        typed.keep(desk, find(desk, letter_id), person, form)
        drafted = desk_details.state(desk, letter_id, details.named(form), person, before=form.get("facts-before"))
        return typed.to_letter(letter_id, "details-draft" if drafted else "details")


def _chosen(desk: Desk, dossier: Dossier, form: Mapping[str, str]) -> list[str]:
    """The topics of the form: the main one, then the others, those that the letter has already first.

    With one press a topic takes the place of the main one; one that the letter has already becomes the main one.
    Without a main one the first of the others is it.
    """
    now = [score.topic for score in shown_topics(dossier)]
    if main := form.get("main"):
        return list(dict.fromkeys((main, *(now if main in now else now[1:]))))
    order = dict.fromkeys((*now, *learning.topics(desk)))
    return list(filter(None, (form.get("topic", ""), *(topic for topic in order if f"also-{topic}" in form))))


def _held(dossier: Dossier) -> bool:
    return dossier.assessment is not None and dossier.assessment.held
