"""How replies sound: look at the voices, change one, hear it on a letter, go back to an earlier one."""

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from triage.desk import Desk, trying, words
from triage.desk import voices as desk_voices
from triage.drafting import measures
from triage.drafting.voice import OPINIONS
from triage.errors import Conflict, NotAllowed
from triage.records import Draft, Person
from triage.settings import Voice
from triage.store import texts as store
from triage.web.house.templates import letter_to_try, number
from triage.web.paper import Paper
from triage.web.sessions import visiting

HELD = {"never_decline_interview": "Go to every interview that you are asked to"}
"""The standing opinions in the words of the page."""


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET /voices and everything below it; editors change every voice, whoever signs the one of their own name."""

    @app.get("/voices")
    def every(request: Request) -> Response:
        person = _look(request)
        if name := request.query_params.get("name", "").strip():
            return RedirectResponse(f"/voices/{quote(name, safe='')}", status_code=303)
        names = desk_voices.names(desk)
        newest = {text.name: text for text in store.latest(desk.db) if text.kind == store.VOICE}
        return paper.show(
            request,
            "voices.html",
            voices=[(name, desk_voices.speaks(desk, name), newest.get(name)) for name in names],
            inboxes=[(inbox.name, inbox.voice) for inbox in desk.inboxes.values()],
            own=person.name if person.name not in names else "",
            changes=desk_voices.may_change(person, ""),
        )

    @app.get("/voices/{name}")
    def one(request: Request, name: str) -> Response:
        _look(request)
        if name not in desk_voices.names(desk) and not desk_voices.may_change(visiting(request), name):
            raise HTTPException(404)
        own = desk_voices.described_now(desk, name)
        return _page(desk, paper, request, own, said=request.query_params.get("said", ""))

    @app.post("/voices/{name}")
    def save(request: Request, name: str) -> Response:
        own, form = _changed(request, name), request.state.form
        try:
            saved = desk_voices.save(
                desk, visiting(request), own, why=form.get("why", ""), seen=number(form.get("seen", ""))
            )
        except Conflict as error:
            return _page(desk, paper, request, own, 409, wrong=str(error))
        return _back(own.name, "saved" if saved else "same")

    @app.post("/voices/{name}/preview")
    def preview(request: Request, name: str) -> Response:
        own = _changed(request, name)
        try:
            voice = desk_voices.read(desk, own)
            draft = trying.voice(desk, voice, own.name, letter_to_try(desk, request.state.form))
        except Conflict as error:
            return _page(desk, paper, request, own, 409, wrong=str(error))
        return _page(desk, paper, request, own, draft=draft)

    @app.post("/voices/{name}/versions")
    def use_again(request: Request, name: str) -> Response:
        form = request.state.form
        _look(request)
        version, seen = number(form.get("version", "")), number(form.get("seen", ""))
        desk_voices.use_again(desk, visiting(request), name, version, seen=seen)
        if name in desk_voices.names(desk):
            return _back(name, "again")
        return RedirectResponse("/voices", status_code=303)


def _page(
    desk: Desk,
    paper: Paper,
    request: Request,
    own: Voice,
    status: int = 200,
    *,
    said: str = "",
    wrong: str = "",
    draft: Draft | None = None,
) -> Response:
    """One voice, as it counts or as it was typed."""
    history, form, person = desk_voices.history(desk, own.name), request.state.form, visiting(request)
    signatures = {inbox.signature for inbox in desk.inboxes.values() if inbox.voice == own.name and inbox.signature}
    return paper.show(
        request,
        "voice.html",
        status,
        own=own,
        there=own.name in desk_voices.names(desk),
        configured=own.name in desk.voices,
        speaks=desk_voices.speaks(desk, own.name),
        opinions={name: (HELD.get(name, name), name not in own.opinions_off) for name in OPINIONS},
        typed=bool(form),
        form=form,
        of=form.get("seen") or (history[0].id if history else 0),
        said=said,
        wrong=wrong,
        broken=words.words(desk).broken.get((store.VOICE, own.name), ""),
        signature=min(signatures, default=own.name),
        samples=trying.samples(desk),
        draft=draft,
        measures=measures(draft.body) if draft else None,
        history=history,
        changes=desk_voices.may_change(person, own.name),
    )


def _described(name: str, form: Mapping[str, str]) -> Voice:
    """The voice that a form describes."""
    return Voice(
        name=name,
        greeting=form.get("greeting", "").strip(),
        signoffs=_lines(form.get("signoffs", "")),
        signature="\n".join(_lines(form.get("signature", ""))),
        opinions_off=tuple(name for name in OPINIONS if f"holds-{name}" not in form),
        banned=_lines(form.get("banned", "")),
        stories="".join(f"{line}\n" for line in _lines(form.get("stories", ""))),
        your_words="your-words" in form,
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (line.strip() for line in text.splitlines())))


def _changed(request: Request, name: str) -> Voice:
    """The voice of the form, if whoever sent it may change it."""
    if not desk_voices.may_change(_look(request), name):
        raise NotAllowed(f"{name} is not your voice. Next: ask an editor to change it.")
    return _described(name, request.state.form)


def _look(request: Request) -> Person:
    person = visiting(request)
    if not desk_voices.may_look(person):
        raise NotAllowed("Voices are looked after by advisors and editors. Next: ask one of them.")
    return person


def _back(name: str, said: str) -> Response:
    return RedirectResponse(f"/voices/{quote(name, safe='')}?said={said}", status_code=303)
