"""Answers of the API when something cannot be done: problem details (RFC 9457) in the words of the desk."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

MEDIA_TYPE = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    at: str = Field(description="Where it is.", examples=["body.revision"])
    what: str = Field(description="What is wrong with it.", examples=["Field required"])


class Problem(BaseModel):
    """Why something was not done, and what to do next (RFC 9457)."""

    type: str = Field(description="Always about:blank: the status says what kind of problem it is.")
    title: str = Field(description="The status in words.", examples=["Conflict"])
    status: int = Field(description="The HTTP status.", examples=[409])
    detail: str = Field(
        description="What happened and what to do next, in plain words.",
        examples=[
            "This reply has a newer version (3) than the one you read (2). Next: read the newer one, then approve it."
        ],
    )
    faults: list[Fault] = Field(default=[], description="What is wrong with the request, with status 422 only.")


def problem(
    status: int, detail: str, *, faults: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The answer for a request that was refused."""
    paper: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if faults:
        paper["faults"] = [fault.model_dump() for fault in faults]
    return JSONResponse(paper, status, media_type=MEDIA_TYPE, headers=headers)
