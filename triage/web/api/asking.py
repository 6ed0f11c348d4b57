"""Who asks the API for what: tokens and their scopes, numbers of letters, and what a request may hold."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import HTTPException, Path, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from pydantic import BaseModel, ConfigDict, Field

from triage.desk import Desk
from triage.errors import Conflict
from triage.records import Dossier, Person
from triage.store import letters
from triage.web.bearer import Holder
from triage.web.problems import Problem

MAX_ID = 2**53  # what every reader of JSON takes for a number (RFC 8259 section 6)
MOST = 2**31 - 1  # of other numbers
PLAIN = r"^[^\x00]*$"  # PostgreSQL takes no NUL

Wake = Callable[[str], None]

_scheme = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="A personal token. Its scopes are `read`, `write` and `sign`; the role of its person counts as well.",
)


class Asked(BaseModel):
    """What a program sends. Unknown names and values of another kind are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Forbidden(Exception):
    """The token is not good for what was asked."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


def holder(request: Request, scopes: SecurityScopes, _shown: Annotated[Any, Security(_scheme)]) -> Holder:
    """Who asks; the gate has looked at the token. Raises Forbidden when it is not good for this."""
    held = request.state.holder
    if not isinstance(held, Holder):
        raise HTTPException(401)
    for scope in scopes.scopes:
        if scope not in held.scopes:
            raise Forbidden(scope)
    return held


def _person(held: Annotated[Holder, Security(holder)]) -> Person:
    return held.person


Anybody = Annotated[Holder, Security(holder)]
Reader = Annotated[Person, Security(_person, scopes=["read"])]
Writer = Annotated[Person, Security(_person, scopes=["write"])]
Signer = Annotated[Person, Security(_person, scopes=["sign"])]

Number = Annotated[int, Path(description="The number of the letter.", examples=[7])]
Plain = Annotated[str, Field(pattern=PLAIN)]


def find(desk: Desk, letter_id: int) -> Dossier:
    """The dossier; 404 when there is no such letter."""
    try:
        if letter_id < MAX_ID:
            return letters.dossier(desk.db, letter_id)
    except Conflict:
        pass
    raise HTTPException(404)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that an operation may answer with, for its description."""
    return {
        status: {"model": Problem, "description": REFUSALS[status], "headers": HEADERS.get(status, {})}
        for status in statuses
    }


REFUSALS = {
    400: "The body is not JSON.",
    401: "There is no token, or not a good one.",
    403: "The token's scopes or the person's role do not permit this.",
    404: "There is no such letter.",
    409: "The letter is not, or no longer, in a state for this. `detail` says why and what to do next.",
    413: "The body is larger than a megabyte.",
    415: "The body is not sent as application/json.",
    422: "The request is not as described here; `faults` says where.",
    429: "Too many wrong tokens came from this address.",
    503: "The desk cannot do it just now. Try again after `Retry-After` seconds.",
}
_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "As in RFC 6750.", "schema": {"type": "string"}}},
    429: _AFTER,
    503: _AFTER,
}
ALWAYS = (401, 403, 422, 429, 503)
ONE = (*ALWAYS, 404)
CHANGE = (*ONE, 400, 409, 413, 415)
