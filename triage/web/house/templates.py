"""The reply templates: look at them, change one, try it on a letter, go back to an earlier version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from triage.desk import Desk, trying, words
from triage.desk import templates as desk_templates
from triage.desk.templates import Version
from triage.drafting import measures
from triage.drafting.edits import habits
from triage.drafting.files import TemplateFault
from triage.drafting.templates import NO_TOPICS, Template, Templates
from triage.errors import Conflict, NotAllowed, TriageError
from triage.house import Text
from triage.records import Dossier, Draft, Person
from triage.store import edits
from triage.store import texts as store
from triage.web.letters import comparing
from triage.web.letters.comparing import Paragraph
from triage.web.paper import Paper
from triage.web.sessions import visiting

TITLES = {
    "frame": "What every reply shares",
    "general": "Topics without a text of their own",
    "unclear": "Letters that say too little",
    "thanks": "Thanks and news",
    "column_feedback": "Comments on the column",
    "caring": "A personal note to a reader in trouble",
}
"""What the templates that are about no topic are called on the page."""
SHOWN = 3  # habits
MOST_DIGITS = 19
"""An id of more does not fit into the database."""
GENERAL = "-"
"""How a form says that the general answer is meant; no case has such a name."""


@dataclass(frozen=True, slots=True)
class Row:
    """A template in the list: how many sentences of its drafts were signed or changed, and how many were changed."""

    name: str
    title: str
    answers: int
    version: str
    newest: Text | None
    drafted: int
    changed: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A prepared answer: the line of the text in which it begins, and the first question that it answers."""

    name: str
    line: int
    asks: str


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET /templates and everything below it; those who sign look, editors change."""

    @app.get("/templates")
    def every(request: Request) -> Response:
        _look(request)
        rows = _rows(desk)
        return paper.show(
            request,
            "templates.html",
            topics=[row for row in rows if row.name not in TITLES],
            others=[row for row in rows if row.name in TITLES],
            broken=[name for kind, name in words.words(desk).broken if kind == store.TEMPLATE],
        )

    @app.get("/templates/{name}")
    def one(request: Request, name: str) -> Response:
        _look(request)
        return _page(desk, paper, request, name, said=request.query_params.get("said", ""))

    @app.post("/templates/{name}")
    def save(request: Request, name: str) -> Response:
        form, person = request.state.form, _editor(desk, request, name)
        body, why, seen = form.get("body", ""), form.get("why", ""), number(form.get("seen", ""))
        try:
            saved = desk_templates.save(desk, person, name, body, why=why, seen=seen)
        except (TemplateFault, Conflict) as error:
            return _page(desk, paper, request, name, 409, wrong=error)
        return RedirectResponse(f"/templates/{name}?said={'saved' if saved else 'same'}", status_code=303)

    @app.post("/templates/{name}/preview")
    def preview(request: Request, name: str) -> Response:
        form, _ = request.state.form, _editor(desk, request, name)
        case = {"": None, GENERAL: ""}.get(form.get("case", ""), form.get("case", ""))
        changed: Sequence[str] = ()
        try:
            trial = desk_templates.checked(desk, name, form.get("body", ""))
            dossier = letter_to_try(desk, form)
            if case is None and any(_cases(trial, name)):
                changed = desk_templates.changed_answers(desk, name, trial)
                case = next(iter(changed), None)
            draft = trying.template(desk, trial, name, dossier, case)
        except (TemplateFault, Conflict) as error:
            return _page(desk, paper, request, name, 409, wrong=error)
        return _page(desk, paper, request, name, draft=draft, trial=trial, changed=changed)

    @app.post("/templates/{name}/answer")
    def answer(request: Request, name: str) -> Response:
        form, _ = request.state.form, _editor(desk, request, name)
        asks = form.get("answer-asks", "").splitlines()
        try:
            body = desk_templates.with_answer(
                form.get("body", ""), form.get("answer-name", ""), asks, form.get("answer-text", "")
            )
        except Conflict as error:
            return _page(desk, paper, request, name, 409, wrong=error)
        return _page(desk, paper, request, name, body=body, said="added")

    _add_versions(app, desk, paper)


def _add_versions(app: FastAPI, desk: Desk, paper: Paper) -> None:
    @app.get("/templates/{name}/versions/{version:int}")
    def changes(request: Request, name: str, version: int) -> Response:
        _look(request)
        known = _versions(desk, name)
        place = next((place for place, one in enumerate(known) if one.id == version), None)
        if place is None:
            raise HTTPException(404)
        shown, before = known[place], known[min(place + 1, len(known) - 1)]
        return paper.show(
            request,
            "version.html",
            name=name,
            title=_title(desk, name),
            version=shown,
            newest=known[0],
            compared=_changed(comparing.compare(before.text, shown.text)),
            changes=desk_templates.may_change(visiting(request)),
        )

    @app.post("/templates/{name}/versions")
    def use_again(request: Request, name: str) -> Response:
        form, person = request.state.form, _editor(desk, request, name)
        version, seen = number(form.get("version", "")), number(form.get("seen", ""))
        try:
            desk_templates.use_again(desk, person, name, version, seen=seen)
        except TemplateFault as fault:
            raise Conflict(f"That version can no longer be used: {fault}") from fault
        return RedirectResponse(f"/templates/{name}?said=again", status_code=303)


def _changed(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Those that were changed, each after the one that stands before it."""
    changed = [comparing.differs([paragraph]) for paragraph in paragraphs]
    return [
        paragraph
        for number, paragraph in enumerate(paragraphs)
        if changed[number] or any(changed[number + 1 : number + 2])
    ]


def letter_to_try(desk: Desk, form: Mapping[str, str]) -> Dossier:
    """The letter that a form chose, or the one that was typed into it. Raises Conflict."""
    chosen = form.get("letter", "")
    return trying.sample(desk, number(chosen)) if chosen else trying.typed(desk, form.get("typed", ""))


def number(text: str) -> int:
    """The id in a field of a form; -1, which is nobody's, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < MOST_DIGITS else -1


def _page(
    desk: Desk,
    paper: Paper,
    request: Request,
    name: str,
    status: int = 200,
    *,
    said: str = "",
    wrong: TriageError | None = None,
    body: str | None = None,
    draft: Draft | None = None,
    trial: Templates | None = None,
    changed: Sequence[str] = (),
) -> Response:
    """One template, with the text that was typed wherever there is one."""
    known, form = _versions(desk, name), request.state.form
    typed = form.get("body") if body is None else body
    current = words.words(desk)
    template = _template(trial or current.templates, name)
    return paper.show(
        request,
        "template.html",
        status,
        name=name,
        title=_title(desk, name),
        template=template,
        text=desk_templates.text(desk, name) if typed is None else desk_templates.plain(typed),
        unsaved=typed is not None,
        of=form.get("seen") or known[0].id,
        form=form,
        said=said,
        wrong=wrong,
        line=wrong.line if isinstance(wrong, TemplateFault) and wrong.topic == name else 0,
        broken=current.broken.get((store.TEMPLATE, name), ""),
        answers=_answers(trial or current.templates, name),
        cases=_cases(trial or current.templates, name),
        changed=changed,
        general=GENERAL,
        samples=trying.samples(desk, name),
        draft=draft,
        measures=measures(draft.body) if draft else None,
        versions=known,
        habits=[habit for habit in habits(edits.every(desk.db, name)) if habit.kept < habit.drafted][:SHOWN],
        changes=desk_templates.may_change(visiting(request)),
    )


def _versions(desk: Desk, name: str) -> Sequence[Version]:
    if name not in desk_templates.names(desk):
        raise HTTPException(404)
    return desk_templates.versions(desk, name)


def _editor(desk: Desk, request: Request, name: str) -> Person:
    person = visiting(request)
    if not desk_templates.may_change(person):
        raise NotAllowed("Templates are changed by an editor. Next: ask one to do it.")
    if name not in desk_templates.names(desk):
        raise HTTPException(404)
    return person


def _rows(desk: Desk) -> list[Row]:
    known = words.templates(desk)
    newest = {text.name: text for text in store.latest(desk.db) if text.kind == store.TEMPLATE}
    changed = edits.by_template(desk.db)
    rows = []
    for name in desk_templates.names(desk):
        template = _template(known, name)
        drafted = changed.get(name, (0, 0))
        answers, version = (len(template.cases) - 1, template.version) if template else (0, "")
        rows.append(Row(name, _title(desk, name), answers, version, newest.get(name), *drafted))
    return rows


def _template(known: Templates, name: str) -> Template | None:
    return known.frame if name == desk_templates.FRAME else known.by_topic.get(name)


def _answers(known: Templates, name: str) -> list[Answer]:
    file = known.files.get(name)
    return [Answer(case.name, case.line, next(iter(case.lines("asks")), "")) for case in file.cases] if file else []


def _cases(known: Templates, name: str) -> list[str]:
    """The names of the prepared answers."""
    template = _template(known, name)
    return [case for case in (template.cases if template else ()) if case]


def _title(desk: Desk, name: str) -> str:
    title = TITLES.get(name, "") if name in (desk_templates.FRAME, *NO_TOPICS) else name.replace("_", " ")
    return title[:1].upper() + title[1:] or name


def _look(request: Request) -> None:
    if not desk_templates.may_look(visiting(request)):
        raise NotAllowed("Templates are looked after by advisors and editors. Next: ask one of them.")
