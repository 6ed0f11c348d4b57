"""The lists of letters: what waits for a person, what is on its way, what is done, and what was looked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from triage import stages
from triage.desk import Desk, alerting, warning, watching
from triage.records import Health, Kind, Slip
from triage.stages import Stage
from triage.store import answered, collected, finding, letters, stopping
from triage.store.finding import Page
from triage.store.places import ON_ITS_WAY, QUEUE, Group, Mark
from triage.store.stopping import Stopped
from triage.web import words
from triage.web.letters import filtering
from triage.web.letters.letter import MAX_ID
from triage.web.paper import Paper
from triage.web.sessions import visiting

COUNTED = 10_000  # letters of a stage; of more, only that they are more
LONGEST_SEARCH = 500  # characters


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
        "/lists/on-its-way",
        "On its way",
        (Stage.APPROVED, Stage.SENDING),
        "No reply is on its way right now. What you approve waits here until it goes out.",
    ),
    "answered": Tab(
        "/lists/answered",
        "Answered",
        (Stage.ANSWERED,),
        "No letter has been answered yet. Open one that waits, and sign its reply.",
    ),
    "set-aside": Tab(
        "/lists/set-aside",
        "Set aside",
        (Stage.ASIDE,),
        "Nothing has been set aside. Bulk mail, delivery reports and the like land here; "
        "look in now and then for a real letter among them.",
    ),
    "let-go": Tab(
        "/lists/let-go",
        "Let go",
        (Stage.LET_GO,),
        "No letter has been let go. One that you choose not to answer is kept here and can be brought back.",
    ),
}
GROUPS = {
    Group.AT_ONCE: "Needs you at once",
    Group.TO_SIGN: "To sign",
    Group.DECLINED: "Declined, to be written anew",
}
ASIDE = {
    "For you to read": (Kind.COLUMN_FEEDBACK, Kind.THANKS, Kind.PITCH),
    "Set aside by hand": (Kind.LETTER,),
    "Automatic replies and delivery reports": (Kind.OUT_OF_OFFICE, Kind.BOUNCE),
    "Bulk mail and junk": (Kind.NEWSLETTER, Kind.SPAM),
}
"""The headings of mail that was set aside, by its kind."""
OTHER = "Everything else"
MACHINE = (Stage.COLLECTED, Stage.ASSESSED)


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET /, GET /lists/NAME, GET /search and POST /letters/ID/stop-here."""

    @app.get("/")
    def queue(request: Request) -> Response:
        return _list(request, "")

    @app.get("/lists/{name}")
    def a_list(request: Request, name: str) -> Response:
        if name not in TABS or not name:
            raise HTTPException(404)
        return _list(request, name)

    @app.get("/search")
    def search(request: Request) -> Response:
        asked, after = _plain(request.query_params.get("q", "")), request.query_params.get("after", "")
        narrowed = filtering.narrowed(request, desk, visiting(request), "/search", tuple(Stage), asked_for=asked)
        words_asked = urlencode({"q": asked})
        number = int(after) if after.isascii() and after.isdigit() and len(after) < len(str(MAX_ID)) else 0
        found = finding.search(desk.db, asked, filters=narrowed.filters, after=number)
        return paper.show(
            request,
            "search.html",
            **_frame(None),
            narrowed=narrowed,
            path="/search",
            asked=asked,
            found=found,
            days={hit.slip.id: _day(hit.slip) for hit in found.hits},
            looked_through=finding.LOOKED_THROUGH,
            all_of_it=_address("/search", words_asked),
            first_page=_address("/search", words_asked, narrowed.query) if number else "",
            next_page=_next("/search", found.after, words_asked, narrowed.query),
        )

    @app.post("/letters/{letter_id:int}/stop-here")
    def stop_here(request: Request, letter_id: int) -> Response:
        if letter_id >= MAX_ID or not stopping.stop_here(desk.db, letter_id, visiting(request), desk.clock()):
            raise HTTPException(404)
        return RedirectResponse("/", status_code=303)

    def _list(request: Request, name: str) -> Response:
        tab, person, after = TABS[name], visiting(request), request.query_params.get("after", "")
        narrowed = filtering.narrowed(request, desk, person, tab.path, tab.stages)
        if len(tab.stages) == 1:
            page = finding.newest(desk.db, tab.stages[0], filters=narrowed.filters, after=after)
        else:
            groups = ON_ITS_WAY if name else QUEUE
            page = finding.queue(desk.db, groups, filters=narrowed.filters, after=after)
        stopped = None if name else stopping.stopped(desk.db, person)
        health = {h.account: h for h in collected.health(desk.db)}
        return paper.show(
            request,
            "queue.html",
            **_frame(name),
            narrowed=narrowed,
            path=tab.path,
            asked="",
            slips=page.slips,
            groups=list(_by_kind(page) if name == "set-aside" else _groups(page, queue=not name)),
            answered=answered.of(desk.db, [slip.id for slip in page.slips]) if name == "answered" else {},
            stopped=stopped,
            stopped_before=_stopped_before(page, Mark.read(after), stopped),
            first_page=_address(tab.path, narrowed.query) if after else "",
            next_page=_next(tab.path, page.after, narrowed.query),
            troubles=[*watching.standing(desk), *alerting.troubles(desk), *warning.untold(desk)],
            polling=[
                (words.polling(inbox, health.get(inbox), desk.clock()), _trouble(health.get(inbox)))
                for inbox in desk.inboxes
            ],
        )

    def _day(slip: Slip) -> str:
        return words.day(*(words.local(at, desk.zone).date() for at in (slip.received_at, desk.clock())))

    def _frame(here: str | None) -> dict[str, Any]:
        """What stands around every list; `here` is the tab, None on none of them."""
        counts = letters.counts(desk.db, COUNTED)
        return {
            "tabs": TABS,
            "here": here,
            "totals": {key: _count([counts[stage] for stage in tab.stages]) for key, tab in TABS.items()},
            "being_read": sum(counts[stage] for stage in MACHINE),
        }


def _plain(asked: str) -> str:
    return "".join(c if c.isprintable() else " " for c in asked[:LONGEST_SEARCH]).strip()


def _address(path: str, *queries: str) -> str:
    query = "&".join(filter(None, queries))
    return f"{path}?{query}" if query else path


def _next(path: str, after: str, *queries: str) -> str:
    return _address(path, *queries, urlencode({"after": after})) if after else ""


def _count(numbers: list[int]) -> str:
    more = "+" if any(number >= COUNTED for number in numbers) else ""
    return f"{sum(numbers):,}{more}"


def _trouble(health: Health | None) -> bool:
    return bool(health and health.error)


def _groups(page: Page, *, queue: bool) -> Iterator[tuple[str, list[tuple[int, Slip]]]]:
    """The page under its headings, each letter with its number on the page from 0."""
    if not queue:
        yield from [("", list(enumerate(page.slips)))] if page.slips else []
        return
    numbered = list(zip(page.marks, enumerate(page.slips), strict=True))
    for group, rows in groupby(numbered, key=lambda row: row[0].group):
        yield GROUPS[Group(group)], [row for _, row in rows]


def _by_kind(page: Page) -> Iterator[tuple[str, list[tuple[int, Slip]]]]:
    """The page under a heading for each kind of mail, what a person should read first."""
    headings: dict[str, str] = {kind: heading for heading, kinds in ASIDE.items() for kind in kinds}
    for heading in (*ASIDE, OTHER):
        rows = [row for row in enumerate(page.slips) if headings.get(row[1].kind, OTHER) == heading]
        if rows:
            yield heading, rows


def _stopped_before(page: Page, after: Mark | None, stopped: Stopped | None) -> int | None:
    """Before which letter of the page, counted from 0, the person stopped; None when it was on another page."""
    if stopped is None or not page.marks:
        return None
    number = sum(mark <= stopped.mark for mark in page.marks)
    on_an_earlier_page = number == 0 and after is not None and stopped.mark < after
    on_a_later_page = number == len(page.marks) and bool(page.after) and stopped.mark > page.marks[-1]
    return None if on_an_earlier_page or on_a_later_page else number
