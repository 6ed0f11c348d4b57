"""The dated facts that replies may print: look at those of a state, verify or correct one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from triage.desk import Desk
from triage.desk import facts as desk_facts
from triage.drafting.book import COUNTRY, Fact, FactKind
from triage.drafting.places import STATES
from triage.errors import Conflict, NotAllowed
from triage.web.house.templates import number
from triage.web.paper import Paper
from triage.web.sessions import visiting

PLACES = {COUNTRY: "All states"} | {
    code: name for name, code in sorted((name.removeprefix("the "), code) for code, name in STATES.items())
}
TITLES = {
    "agency": "Unemployment agency",
    "agency_site": "The agency's website",
    "appeal_window": "Time to appeal",
    "weekly_contacts": "Work search each week",
    "max_weeks": "Weeks of benefits, at most",
    "waiting_week": "Waiting week",
    "benefits_finder": "Finder of the state's agency",
    "job_center": "American Job Centers",
    "fraud_report": "Reporting a scam",
    "identity_theft": "Stolen identity",
    "eeoc": "Discrimination at work",
    "labor_department": "Department of Labor",
    "legal_aid": "Free legal aid",
    "hotline_crisis": "Crisis line",
    "hotline_violence": "Domestic violence hotline",
}
"""What the facts that come with Triage are called on the page; another one goes by its name."""


@dataclass(frozen=True, slots=True)
class Row:
    """A fact as the page shows it: `standing` says whether drafts print it, and is `loud` where somebody has to act."""

    fact: Fact
    title: str
    standing: str
    loud: bool


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET and POST /facts and what lies below, for those who sign replies."""

    @app.get("/facts")
    def page(request: Request) -> Response:
        where = request.query_params.get("where", COUNTRY)
        if where not in PLACES:
            raise HTTPException(404)
        return _page(request, where)

    @app.post("/facts")
    def verify(request: Request) -> Response:
        form = request.state.form
        name, where = form.get("name", ""), form.get("where", "")
        try:
            fact = desk_facts.verify(
                desk,
                visiting(request),
                name,
                where,
                value=form.get("value", ""),
                source=form.get("source", ""),
                expires=_day(form.get("expires", "")),
            )
        except NotAllowed:
            raise
        except Conflict as error:
            if where not in PLACES:
                raise
            return _page(request, where, 409, wrong=str(error), typed=form)
        return _back(fact, "verified")

    @app.post("/facts/withdraw")
    def withdraw(request: Request) -> Response:
        form = request.state.form
        name, where = form.get("name", ""), form.get("where", "")
        try:
            fact = desk_facts.withdraw(desk, visiting(request), name, where, why=form.get("why", ""))
        except NotAllowed:
            raise
        except Conflict as error:
            if where not in PLACES:
                raise
            return _page(request, where, 409, wrong=str(error), typed=form)
        return _back(fact, "withdrawn")

    @app.get("/facts/{where}/{name}")
    def one(request: Request, where: str, name: str) -> Response:
        _look(request)
        known = desk_facts.book(desk).facts.get(f"{name}/{where}")
        if known is None:
            raise HTTPException(404)
        return paper.show(
            request,
            "fact.html",
            name=name,
            where=where,
            place=PLACES[where],
            title=title(known),
            original=desk.facts.facts.get(known.reference, known),
            entries=desk_facts.history(desk, name, where),
            verifies=desk_facts.may_verify(visiting(request)),
        )

    @app.post("/facts/again")
    def use_again(request: Request) -> Response:
        form = request.state.form
        name, where, entry = form.get("name", ""), form.get("where", ""), number(form.get("entry", ""))
        fact = desk_facts.use_again(desk, visiting(request), name, where, entry)
        return _back(fact, "back")

    def _page(
        request: Request,
        where: str,
        status: int = 200,
        *,
        wrong: str = "",
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        _look(request)
        book, today = desk_facts.book(desk), desk_facts.today(desk)
        rows = sorted((_row(fact, today) for fact in book.rows(where)), key=lambda row: not row.fact.expired(today))
        return paper.show(
            request,
            "facts.html",
            status,
            places=PLACES,
            where=where,
            rows=rows,
            verified=sum(1 for row in rows if row.fact.verified_on and row.fact.value and not row.fact.expired(today)),
            overdue=[f for f in book.facts.values() if f.verified_on and f.expired(today) and f.jurisdiction != where],
            title=title,
            said=request.query_params.get("verified", ""),
            withdrawn=request.query_params.get("withdrawn", ""),
            put_back=request.query_params.get("back", ""),
            changed=desk_facts.changed(desk),
            wrong=wrong,
            typed=typed or {},
            verifies=desk_facts.may_verify(visiting(request)),
            today=today,
            months=desk_facts.MONTHS,
        )


def title(fact: Fact) -> str:
    """The fact in the words of the page."""
    return TITLES.get(fact.name, fact.name.replace("_", " ").capitalize())


def _row(fact: Fact, today: date) -> Row:
    if not fact.value:
        still = "any more" if fact.verified_on else "yet"
        return Row(fact, title(fact), f"nobody knows it {still}, so drafts do without it", False)
    if fact.expired(today):
        blocks = "replies that print it wait" if fact.kind in (FactKind.NAME, FactKind.LINK) else "no draft prints it"
        return Row(fact, title(fact), f"to be checked again: {blocks}", True)
    if fact.verified_on is None:
        prints = "drafts print it" if fact.printable(today) else "no draft prints it"
        return Row(fact, title(fact), f"not verified yet: {prints}", False)
    return Row(fact, title(fact), "verified: drafts print it", False)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise Conflict("That is not a day. Next: write it as 2027-05-23, or leave it empty.") from error


def _back(fact: Fact, done: str) -> Response:
    return RedirectResponse(f"/facts?where={fact.jurisdiction}&{done}={fact.name}#{fact.name}", status_code=303)


def _look(request: Request) -> None:
    if not desk_facts.may_look(visiting(request)):
        raise NotAllowed("Facts are looked after by advisors and editors. Next: ask one of them.")
