"""The lists of letters: what waits for a person, what is on its way, and what is done."""

from dataclasses import dataclass

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import Response

from triage import stages
from triage.desk import Desk
from triage.records import Health, Slip
from triage.stages import Stage
from triage.store import collected, letters
from triage.web import words
from triage.web.paper import Paper

SHOWN = 200  # of the lists that only grow


@dataclass(frozen=True, slots=True)
class Tab:
    """One list: its place, its name, and the stages whose letters it shows."""

    path: str
    name: str
    stages: tuple[Stage, ...]
    nothing: str


TABS = {
    "": Tab(
        "/", "To sign", stages.FOR_PEOPLE, "Nothing waits for you. New letters appear here once they have been read."
    ),
    "on-its-way": Tab(
        "/lists/on-its-way", "On its way", (Stage.APPROVED, Stage.SENDING), "No reply is on its way right now."
    ),
    "answered": Tab("/lists/answered", "Answered", (Stage.ANSWERED,), "No letter has been answered yet."),
    "set-aside": Tab(
        "/lists/set-aside",
        "Set aside",
        (Stage.ASIDE,),
        "Nothing has been set aside. Bulk mail, delivery reports and the like land here.",
    ),
    "let-go": Tab("/lists/let-go", "Let go", (Stage.LET_GO,), "No letter has been let go."),
}
MACHINE = (Stage.COLLECTED, Stage.ASSESSED)


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET / and GET /lists/NAME."""

    @app.get("/")
    def queue(request: Request) -> Response:
        slips = letters.slips(desk.db, stages.FOR_PEOPLE)
        return _page(request, "", _groups(slips))

    @app.get("/lists/{name}")
    def a_list(request: Request, name: str) -> Response:
        tab = TABS.get(name)
        if tab is None or not name:
            raise HTTPException(404)
        slips = letters.slips(desk.db, tab.stages, limit=SHOWN, newest_first=name != "on-its-way")
        return _page(request, name, [("", slips)] if slips else [])

    def _page(request: Request, name: str, groups: list[tuple[str, list[Slip]]]) -> Response:
        counts = letters.counts(desk.db)
        totals = {key: sum(counts[stage] for stage in tab.stages) for key, tab in TABS.items()}
        health = {h.account: h for h in collected.health(desk.db)}
        now = desk.clock()
        return paper.show(
            request,
            "queue.html",
            tabs=TABS,
            totals=totals,
            here=name,
            groups=groups,
            shown=SHOWN if name and totals[name] > SHOWN else 0,
            being_read=sum(counts[stage] for stage in MACHINE),
            polling=[(words.polling(name, health.get(name), now), _trouble(health.get(name))) for name in desk.inboxes],
        )


def _trouble(health: Health | None) -> bool:
    return bool(health and health.error)


def _groups(slips: list[Slip]) -> list[tuple[str, list[Slip]]]:
    """The queue in its groups; within each the order is the desk's."""
    at_once = [slip for slip in slips if words.urgent(slip)]
    to_sign = [slip for slip in slips if not words.urgent(slip) and slip.stage is Stage.DRAFTED]
    others = [slip for slip in slips if not words.urgent(slip) and slip.stage is not Stage.DRAFTED]
    named = [("Needs you at once", at_once), ("To sign", to_sign), ("Declined, to be written anew", others)]
    return [(name, group) for name, group in named if group]
