"""The pages: Jinja2 with everything escaped, and the words of the desk at hand."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from triage import stages
from triage.desk import Desk
from triage.records import Person
from triage.stages import SAID, Duty, Verb
from triage.store import holds, recall
from triage.web import words
from triage.web.sessions import Visitor

FOLDER = Path(__file__).parent
ROOMS = {name: name for name in ("figures", "templates", "facts", "people", "settings", "me")} | {
    "voices": "templates",
    "webhooks": "settings",
    "learning": "figures",
    "sending": "settings",
}
"""Which room of the desk a page belongs to, by the first part of its address; every other one: the letters."""


class Paper:
    """Renders the pages of one desk."""

    def __init__(self, desk: Desk, organisation: str = "") -> None:
        """`organisation` is the one whose accounts sign people in; empty: none."""
        self._desk = desk
        self._env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "pages"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._env.globals.update(
            organisation=organisation,
            words=words,
            said=SAID,
            moment=self._moment,
            day=self._day,
            deadline=self._deadline,
        )

    def show(self, request: Request, page: str, status: int = 200, **values: Any) -> Response:
        """The page as an answer."""
        visitor: Visitor = getattr(request.state, "visitor", Visitor())
        person = visitor.person

        def may(verb: str) -> bool:
            return person is not None and stages.may(person.role, Verb(verb))

        def has_duty(duty: str) -> bool:
            return person is not None and stages.has_duty(person.role, Duty(duty))

        html = self._env.get_template(page).render(
            person=person,
            has_duty=has_duty,
            form_token=visitor.form_token,
            room=ROOMS.get(request.scope["path"].split("/")[1], "letters"),
            may=may,
            now=self._desk.clock(),
            seen=visitor.seen,
            **self._on_every_page(request, person if status < 400 else None),
            **values,
        )
        return HTMLResponse(html, status)

    def _on_every_page(self, request: Request, person: Person | None) -> dict[str, Any]:
        """The replies that can be called back, each with its seconds, and a hold.

        The reply of the letter that is shown has its own button there.
        """
        if person is None:
            return {"tray": (), "hold": None}
        now, path = self._desk.clock(), request.scope["path"]
        found = recall.recallable(self._desk.db, person.name, now)
        tray = [
            (reply, int((reply.undo_until - now).total_seconds()) + 1)
            for reply in found
            if path != f"/letters/{reply.letter_id}"
        ]
        signs = stages.may(person.role, Verb.APPROVE)
        hold = holds.is_open(self._desk.db) if signs and path != "/sending" else None
        return {"tray": tray, "hold": hold}

    def render(self, picture: str, **values: Any) -> str:
        """Something that is no page of its own, such as a drawing."""
        return self._env.get_template(picture).render(**values)

    def refuse(self, request: Request, status: int, what: str, then: str) -> Response:
        """The page that says why nothing was done. What the person had typed stays on it."""
        form = getattr(request.state, "form", {})
        return self.show(
            request,
            "refused.html",
            status,
            heading="Nothing here" if status == 404 else "That was not done",
            what=what,
            then=then,
            letter=None,
            typed_subject=form.get("subject", ""),
            typed=form.get("body", ""),
        )

    def _moment(self, at: datetime) -> str:
        return words.moment(at, self._desk.clock(), self._desk.zone)

    def _day(self, that: date) -> str:
        return words.day(that, self._today())

    def _deadline(self, that: date) -> str:
        return words.deadline(that, self._today())

    def _today(self) -> date:
        return self._desk.clock().astimezone(self._desk.zone).date()
