"""The people of the desk, for those who look after them: who is here, what each may do, and how they get in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from triage.desk import Desk, members
from triage.desk.people import LINK_LASTS, good_name
from triage.errors import Conflict, NotAllowed
from triage.house import Member
from triage.records import Person
from triage.stages import Role
from triage.store import house
from triage.web.paper import Paper
from triage.web.sessions import visiting

MAY = {
    Role.APPRENTICE: "read letters and write replies that somebody else signs",
    Role.ADVISOR: "sign too: approve replies, decline drafts and let letters go",
    Role.EDITOR: "look after people, templates, facts and settings too",
}
"""What each role adds, to follow "may"."""
LOG_ROWS = 40


@dataclass(frozen=True, slots=True)
class Change:
    """One change to a person: what does it, and what the page says afterwards. Both get the form's fields."""

    act: Callable[[Desk, Person, str, Mapping[str, str]], object]
    said: str


def _role(desk: Desk, by: Person, name: str, form: Mapping[str, str]) -> None:
    members.set_role(desk, by, name, chosen(form), sure=form.get("sure") == "yes")


CHANGES = {
    "role": Change(_role, "{name} is an {role} now; it counts from the next click on."),
    "email": Change(
        lambda desk, by, name, form: members.set_email(desk, by, name, form.get("email", "")),
        "The address for alerts is kept.",
    ),
    "second-factor": Change(
        lambda desk, by, name, _form: members.take_off_second_factor(desk, by, name),
        "{name} signs in with the password alone now.",
    ),
    "unlink": Change(
        lambda desk, by, name, _form: members.unlink(desk, by, name),
        "The organisation's account does not sign {name} in any more.",
    ),
    "sign-out": Change(
        lambda desk, by, name, _form: members.sign_out(desk, by, name),
        "{name} is signed out everywhere, and the tokens of {name}'s programs have ended.",
    ),
    "leave": Change(
        lambda desk, by, name, form: members.leave(desk, by, name, sure=form.get("sure") == "yes"),
        "{name} cannot sign in any more. The name stays in the histories of letters.",
    ),
    "back": Change(lambda desk, by, name, _form: members.come_back(desk, by, name), "{name} can sign in again."),
}


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET and POST /people, POST /people/ID/CHANGE, for those who look after people."""

    @app.get("/people")
    def page(request: Request) -> Response:
        return _page(request, said=_said(request))

    @app.post("/people")
    def add(request: Request) -> Response:
        form = request.state.form
        name = form.get("name", "")
        try:
            link = members.add(desk, visiting(request), name, chosen(form), form.get("email", ""))
        except NotAllowed:
            raise
        except Conflict as error:
            return _page(request, 409, wrong=str(error), typed=form)
        return _page(request, link=link, link_for=good_name(name))

    @app.post("/people/{person_id:int}/{what}")
    def change(request: Request, person_id: int, what: str) -> Response:
        by, form = visiting(request), request.state.form
        whose = next((member for member in members.everybody(desk, by) if member.id == person_id), None)
        if whose is None or (what != "link" and what not in CHANGES):
            raise HTTPException(404)
        try:
            if what == "link":
                return _page(request, link=members.link(desk, by, whose.name), link_for=whose.name)
            CHANGES[what].act(desk, by, whose.name, form)
        except NotAllowed:
            raise
        except Conflict as error:
            return _page(request, 409, wrong=str(error), at=person_id)
        to = "/" if whose.name == by.name and what in ("leave", "role") else f"/people?done={what}&who={person_id}"
        return RedirectResponse(to, status_code=303)

    def _page(
        request: Request,
        status: int = 200,
        *,
        said: str = "",
        wrong: str = "",
        at: int = 0,
        typed: Mapping[str, str] | None = None,
        link: str = "",
        link_for: str = "",
    ) -> Response:
        everybody = members.everybody(desk, visiting(request))
        return paper.show(
            request,
            "people.html",
            status,
            here=[member for member in everybody if member.active],
            gone=[member for member in everybody if not member.active],
            roles=MAY,
            log=house.log(desk.db, LOG_ROWS),
            said=said,
            wrong=wrong,
            at=at,
            typed=typed or {},
            link=link,
            link_for=link_for,
            lasts=LINK_LASTS.days,
        )

    def _said(request: Request) -> str:
        """What was done, where the page was reached by doing it."""
        what, who = request.query_params.get("done", ""), request.query_params.get("who", "")
        if what not in CHANGES:
            return ""
        whose = next((member for member in members.everybody(desk, visiting(request)) if str(member.id) == who), None)
        return _words(CHANGES[what].said, whose) if whose else ""


def chosen(form: Mapping[str, str]) -> Role:
    """The role that a form names; Conflict when it names none."""
    try:
        return Role(form.get("role", ""))
    except ValueError as error:
        raise Conflict("That is not a role. Next: choose apprentice, advisor or editor.") from error


def _words(said: str, whose: Member) -> str:
    return said.format(name=whose.name, role=whose.role)
