"""A letter as it came: its HTML, cleaned and shut into a frame of its own, and its source."""

from fastapi import FastAPI, HTTPException
from starlette.responses import HTMLResponse, Response

from triage.desk import Desk
from triage.errors import Temporary
from triage.store import letters
from triage.web.letters.letter import find

FRAME_HEADERS = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'self'"
    )
}
SOURCE_HEADERS = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}
_FRAME = (
    '<!doctype html><html lang="und"><head><meta charset="utf-8"><title>Formatted letter</title><style>'
    ":root{color-scheme:light}body{font:17px/1.6 Georgia,serif;color:#241f19;background:#fffdf8;margin:1rem;"
    "overflow-wrap:anywhere}table{max-width:100%}</style></head><body>"
)
_NOT_SHOWN = "<p>The desk cannot show how this letter was formatted. Next: read it as plain text, or its source.</p>"


def add_routes(app: FastAPI, desk: Desk) -> None:
    """GET /letters/ID/html and /letters/ID/source."""

    @app.get("/letters/{letter_id:int}/html")
    def formatted(letter_id: int) -> Response:
        letter = find(desk, letter_id).letter
        if letter is None or not letter.html:
            raise HTTPException(404)
        try:
            cleaned = desk.reader.formatted(letter.html)
        except Temporary:
            cleaned = None
        return HTMLResponse(
            _FRAME + (_NOT_SHOWN if cleaned is None else cleaned) + "</body></html>", headers=FRAME_HEADERS
        )

    @app.get("/letters/{letter_id:int}/source")
    def source(letter_id: int) -> Response:
        find(desk, letter_id)
        data, _, _ = letters.raw(desk.db, letter_id)
        return Response(data, media_type="text/plain; charset=utf-8", headers=SOURCE_HEADERS)
