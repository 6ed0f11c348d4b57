"""Webhooks, for editors: which programs elsewhere are told what, and how telling them goes."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from triage.desk import Desk, telling, webhooks
from triage.errors import Conflict, NotAllowed
from triage.ports import Caller
from triage.store import webhooks as store
from triage.web.paper import Paper
from triage.web.sessions import visiting

SAID = {
    "paused": "It pauses. What happens meanwhile is not kept for it.",
    "on": "It goes on with what happens from now on.",
    "ended": "The webhook is ended.",
}
"""What the page says after each change."""
MEANING = {
    "letter.drafted": "A draft waits for a signature",
    "letter.held": "A letter is held for a person",
    "letter.approved": "A reply was approved",
    "letter.answered": "A reply was sent",
    "letter.declined": "A draft was declined",
    "letter.let_go": "A letter was let go",
    "letter.set_aside": "A letter was set aside",
    "letter.stuck": "A letter could not be read",
    "letter.unknown": "Nobody knows whether a reply was sent",
    "letter.failed": "The mail server refused a reply",
    "desk.trouble": "Something is wrong with the service",
    "desk.trouble_ended": "What was wrong is over",
}
NONE: Mapping[str, str] = {}


def add_routes(app: FastAPI, desk: Desk, paper: Paper, caller: Caller) -> None:
    """GET and POST /webhooks, POST /webhooks/ID/ and test, pause, go-on or end."""

    @app.get("/webhooks")
    def page(request: Request) -> Response:
        return _page(request, said=SAID.get(request.query_params.get("done", ""), ""))

    @app.post("/webhooks")
    def make(request: Request) -> Response:
        form = request.state.form
        try:
            events = [event for event in telling.EVENTS if event in form]
            made = webhooks.add(desk, visiting(request), url=form.get("url", ""), events=events)
        except NotAllowed:
            raise
        except Conflict as error:
            return _page(request, 409, wrong=str(error), typed=form)
        return _page(request, secret=made.secret, at=made.id)

    @app.post("/webhooks/{webhook_id:int}/test")
    def test(request: Request, webhook_id: int) -> Response:
        status, error = webhooks.test(desk, visiting(request), webhook_id, caller)
        if error:
            return _page(request, at=webhook_id, failed=f"The test was not taken. {error}")
        return _page(request, at=webhook_id, said=f"The test was taken: it answered {status}.")

    @app.post("/webhooks/{webhook_id:int}/pause")
    def pause(request: Request, webhook_id: int) -> Response:
        webhooks.switch(desk, visiting(request), webhook_id, active=False)
        return _done("paused")

    @app.post("/webhooks/{webhook_id:int}/go-on")
    def go_on(request: Request, webhook_id: int) -> Response:
        webhooks.switch(desk, visiting(request), webhook_id, active=True)
        return _done("on")

    @app.post("/webhooks/{webhook_id:int}/end")
    def end(request: Request, webhook_id: int) -> Response:
        webhooks.end(desk, visiting(request), webhook_id)
        return _done("ended")

    def _page(
        request: Request,
        status: int = 200,
        *,
        said: str = "",
        at: int = 0,
        failed: str = "",
        wrong: str = "",
        secret: str = "",
        typed: Mapping[str, str] = NONE,
    ) -> Response:
        webhooks.check(visiting(request))
        return paper.show(
            request,
            "webhooks.html",
            status,
            hooks=[(hook, store.last(desk.db, hook.id)) for hook in store.every(desk.db)],
            meaning=MEANING,
            most_tries=telling.MOST_TRIES,
            said=said,
            at=at,
            failed=failed,
            wrong=wrong,
            secret=secret,
            typed=typed,
        )


def _done(what: str) -> Response:
    return RedirectResponse(f"/webhooks?done={what}", status_code=303)
