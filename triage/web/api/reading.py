"""What a program may look at: letters, their sources, figures, and how the desk is doing."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from triage.desk import Desk, figures
from triage.errors import Conflict
from triage.records import Health
from triage.stages import Role, Stage
from triage.store import collected, finding, letters, listing
from triage.store.filters import Filters
from triage.web.api.asking import ALWAYS, ONE, Anybody, Number, Plain, Reader, find, refusals
from triage.web.api.papers import Letter, Line, Lines

SOURCE_HEADERS = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}


class Wanted(BaseModel):
    """Which letters to list."""

    model_config = ConfigDict(extra="forbid")

    stage: Stage | None = Field(default=None, description="Only this stage.")
    topic: Plain | None = Field(default=None, description="Only letters with this topic.", max_length=100)
    risk: str | None = Field(default=None, description="Only this risk.", pattern="^R[0-3]$")
    assigned: Plain | None = Field(
        default=None, description="Only letters that this person sees to or has taken; empty: nobody.", max_length=200
    )
    q: Plain | None = Field(
        default=None,
        description="Words that have to stand in the letter, its sender or its reply; a phrase in quotes.",
        max_length=500,
    )
    limit: int = Field(default=50, description="How many at once.", ge=1, le=100)
    cursor: str | None = Field(default=None, description="`next` of the page before.", pattern="^[0-9]{1,15}$")


class Me(BaseModel):
    """Who you are here."""

    name: str
    role: Role
    scopes: list[str] = Field(description="What the token is good for.")
    expires_at: datetime | None = Field(description="When the token runs out; null: when somebody ends it.")


class Row(BaseModel):
    """A line of a figure."""

    label: str
    values: list[float | None] = Field(description="One for each column; null: too few letters to tell.")


class Figure(BaseModel):
    """A table with what it shows."""

    name: str
    title: str
    told: str = Field(description="What it shows, in one sentence.")
    unit: str
    columns: list[str]
    rows: list[Row]


class Inbox(BaseModel):
    """How polling an inbox is going."""

    inbox: str
    polled_at: datetime | None
    succeeded_at: datetime | None
    failures: int = Field(description="In a row.")
    error: str


class Doing(BaseModel):
    """How the desk is doing."""

    inboxes: list[Inbox]
    letters: dict[Stage, int] = Field(
        description="How many letters are in each stage; 10000 stands for so many or more."
    )


def routes(desk: Desk) -> APIRouter:
    """GET /me, /letters, /letters/ID, /letters/ID/source, /figures and /health."""
    router = APIRouter()

    @router.get("/me", summary="Who you are", tags=["desk"], responses=refusals(*ALWAYS))
    def me(held: Anybody) -> Me:
        """Whose token this is and what it is good for. Needs no scope."""
        return Me(name=held.person.name, role=held.person.role, scopes=list(held.scopes), expires_at=held.expires_at)

    @router.get("/letters", summary="List letters", tags=["letters"], responses=refusals(*ALWAYS))
    def list_letters(_person: Reader, wanted: Annotated[Wanted, Query()]) -> Lines:
        """The newest first; with `q` the best first. Filters add up: a letter has to fit all of them."""
        filters = Filters(stage=wanted.stage, topic=wanted.topic, risk=wanted.risk, person=wanted.assigned)
        after = int(wanted.cursor) if wanted.cursor else 0
        if wanted.q:
            hits = finding.search(desk.db, wanted.q, filters=filters, after=after, limit=wanted.limit)
            return Lines(letters=[Line.of(hit.slip) for hit in hits.hits], next=hits.after or None)
        found = listing.page(desk.db, filters, below=after or None, limit=wanted.limit + 1)
        shown = found[: wanted.limit]
        return Lines(
            letters=[Line.of(slip) for slip in shown], next=str(shown[-1].id) if len(found) > len(shown) else None
        )

    @router.get("/letters/{letter_id:int}", summary="Read a letter", tags=["letters"], responses=refusals(*ONE))
    def read_letter(letter_id: Number, person: Reader) -> Letter:
        """Everything about one letter: the text, what was found in it, the reply with its gaps, and the history."""
        return Letter.whole(desk, find(desk, letter_id), person)

    @router.get(
        "/letters/{letter_id:int}/source",
        summary="The message as it came",
        tags=["letters"],
        response_class=Response,
        responses={
            **refusals(*ONE),
            200: {"description": "The bytes as collected.", "content": {"message/rfc822": {}}},
        },
    )
    def read_source(letter_id: Number, _person: Reader) -> Response:
        """The bytes as they were collected, hostile as they may be."""
        find(desk, letter_id)
        try:
            data, _, _ = letters.raw(desk.db, letter_id)
        except Conflict as error:  # a message that could not be fetched has a letter and no bytes
            raise HTTPException(404) from error
        name = {"Content-Disposition": f'attachment; filename="letter-{letter_id}.eml"'}
        return Response(data, media_type="message/rfc822", headers=SOURCE_HEADERS | name)

    @router.get("/figures", summary="The desk in figures", tags=["desk"], responses=refusals(*ALWAYS))
    def read_figures(
        person: Reader, days: Annotated[int, Query(description="How far back, today included.", ge=1, le=365)] = 30
    ) -> list[Figure]:
        """For advisors and editors. Counts that are too small to tell are null."""
        return [
            Figure(
                name=plot.name,
                title=plot.title,
                told=plot.told,
                unit=plot.unit,
                columns=list(plot.columns),
                rows=[Row(label=row.label, values=list(row.values)) for row in plot.rows],
            )
            for plot in figures.figures(desk, person, days)
        ]

    @router.get("/health", summary="How the desk is doing", tags=["desk"], responses=refusals(*ALWAYS))
    def health(_person: Reader) -> Doing:
        """When each inbox was looked into last, and how many letters are in each stage."""
        known = {found.account: found for found in collected.health(desk.db)}
        return Doing(inboxes=[_inbox(name, known.get(name)) for name in desk.inboxes], letters=letters.counts(desk.db))

    return router


def _inbox(name: str, health: Health | None) -> Inbox:
    return Inbox(
        inbox=name,
        polled_at=health.polled_at if health else None,
        succeeded_at=health.succeeded_at if health else None,
        failures=health.failures if health else 0,
        error=health.error if health else "",
    )
