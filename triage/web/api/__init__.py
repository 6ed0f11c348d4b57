"""The desk for programs: the verbs of the pages as JSON under /api/v1, described by /api/openapi.json.

The gate in front of it knows who asks (`triage.web.bearer`); errors are problem details (`triage.web.problems`).
"""

import threading
from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from triage import __version__
from triage.desk import Desk
from triage.errors import ConfigError, NotAllowed, Temporary, TriageError
from triage.web.api import deciding, reading
from triage.web.api.asking import Forbidden, Wake
from triage.web.bearer import NOWHERE, RETRY_SECONDS
from triage.web.problems import MEDIA_TYPE, Fault, problem

FOLDER = "/api"
JSON = "application/json"
MOST_FAULTS = 20  # so many are named in one answer
ABOUT = """The desk for programs. Each request carries a personal token in the header `Authorization: Bearer TOKEN`; \
people make tokens on their own page of the desk. A token does what its scopes say, and never more than its person may.

Nothing goes out that a person did not approve: a program that approves acts for the person whose token it has.

What cannot be done is answered with problem details (RFC 9457); `detail` says what happened and what to do next."""
TAGS = [
    {"name": "letters", "description": "What readers wrote, and what was made of it."},
    {"name": "decisions", "description": "What people do to letters."},
    {"name": "desk", "description": "The desk itself."},
]
MISSING = "There is no such letter. Next: look at /api/v1/letters for the right number."
SAID = {
    400: "The body cannot be read as JSON. Next: send one JSON object in UTF-8.",
    401: "This needs a token.",
    405: "That cannot be done at this address. Next: look at /api/openapi.json for what can.",
}


def create_api(desk: Desk, wake: Wake) -> FastAPI:
    """The application to be mounted at /api."""
    api = FastAPI(
        title="Triage",
        version=__version__,
        description=ABOUT,
        openapi_tags=TAGS,
        servers=[{"url": FOLDER}],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a redirect would be to whatever host the request claims
        generate_unique_id_function=lambda route: route.name,
    )
    api.include_router(reading.routes(desk), prefix="/v1")
    api.include_router(deciding.routes(desk, wake), prefix="/v1")
    once = threading.Lock()

    @api.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        with once:  # it takes a moment, and only programs ask for it
            return JSONResponse(_described(api))

    _add_refusals(api)
    return api


def _add_refusals(api: FastAPI) -> None:
    @api.exception_handler(TriageError)
    def refused(_request: Request, error: TriageError) -> Response:
        if isinstance(error, Temporary):
            return problem(503, str(error), headers={"Retry-After": RETRY_SECONDS})
        if isinstance(error, ConfigError):
            return problem(503, str(error))
        return problem(403 if isinstance(error, NotAllowed) else 409, str(error))

    @api.exception_handler(Forbidden)
    def not_good_for_it(_request: Request, error: Forbidden) -> Response:
        challenge = f'Bearer realm="Triage", error="insufficient_scope", scope="{error.scope}"'  # RFC 6750 section 3.1
        detail = f"This token is not good for that. Next: use one with the scope “{error.scope}”."
        return problem(403, detail, headers={"WWW-Authenticate": challenge})

    @api.exception_handler(RequestValidationError)
    def malformed(_request: Request, error: RequestValidationError) -> Response:
        named = error.errors()[:MOST_FAULTS]
        faults = [Fault(at=_place(fault["loc"]), what=_printable(fault["msg"])) for fault in named]
        if any(fault["type"] == "json_invalid" for fault in error.errors()):
            return problem(400, SAID[400])
        return problem(422, "The request is not as it should be. Next: mend what `faults` names.", faults=faults)

    @api.exception_handler(HTTPException)
    def nothing(request: Request, error: HTTPException) -> Response:
        detail = SAID.get(error.status_code, NOWHERE)
        if error.status_code == 404 and "letter_id" in request.path_params:
            detail = MISSING
        return problem(error.status_code, detail, headers=error.headers)

    @api.exception_handler(Exception)
    def failed(_request: Request, _error: Exception) -> Response:
        return problem(500, "Something went wrong in the desk, and it has been noted in its log. Next: try again.")


def _described(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the media type that problems really have. FastAPI makes it once and keeps it."""
    found = api.openapi()
    for path in found["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and JSON in answer["content"]:
                    answer["content"] = {MEDIA_TYPE: answer["content"][JSON]}
    return found


def _place(steps: Iterable[str | int]) -> str:
    return _printable(".".join(str(step) for step in steps))


def _printable(text: str) -> str:
    """The text without halves of characters, which JSON can name and no answer can carry."""
    return text.encode("utf-8", "replace").decode()[:200]
