"""How the desk is set up, for those who look after its settings; what only config.toml can say is shown as it is."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from triage import stages
from triage.desk import Desk, alerting, choices, members, warning
from triage.desk.choices import FACTORS, RISKS
from triage.errors import Conflict, NotAllowed
from triage.settings import Inbox
from triage.stages import Duty
from triage.store import house, people
from triage.web.paper import Paper
from triage.web.sessions import visiting

LOG_ROWS = 30
SAID = {
    "alerts": "It is kept who is told at once.",
    "watchers": "It is kept who is told when something is wrong with the service.",
    "second-reader": "It is kept which replies need a second reader.",
    "second-factor": "It is kept who needs a second factor.",
}
"""What the page says after a change, by the word in its address."""


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET /settings; POST /settings/ and alerts, watchers, second-reader or second-factor."""

    @app.get("/settings")
    def page(request: Request) -> Response:
        return _page(request, said=SAID.get(request.query_params.get("said", ""), ""))

    @app.post("/settings/alerts")
    def alerts(request: Request) -> Response:
        form = request.state.form
        person = visiting(request)
        named = [member for member in people.members(desk.db) if f"person-{member.id}" in form]
        given = {member.name: form.get(f"email-{member.id}", "").strip() for member in named if not member.email}
        try:
            for email in given.values():
                members.good_email(email)  # before anything is kept
            choices.set_alerts(desk, person, people=[member.name for member in named], also_r2="also-r2" in form)
            for name, email in given.items():
                if email:
                    members.set_email(desk, person, name, email)
        except NotAllowed:
            raise
        except Conflict as error:
            return _page(request, 409, wrong=str(error), typed=form)
        return _to("alerts")

    @app.post("/settings/watchers")
    def watchers(request: Request) -> Response:
        named = [member.name for member in people.members(desk.db) if f"watcher-{member.id}" in request.state.form]
        try:
            choices.set_watchers(desk, visiting(request), named)
        except NotAllowed:
            raise
        except Conflict as error:
            return _page(request, 409, wrong=str(error))
        return _to("watchers")

    @app.post("/settings/second-reader")
    def second_reader(request: Request) -> Response:
        form = request.state.form
        topics = [topic for topic in choices.known_topics(desk) if f"topic-{topic}" in form]
        risks = [risk for risk in RISKS if f"risk-{risk}" in form]
        choices.set_second_reader(desk, visiting(request), topics=topics, risks=risks)
        return _to("second-reader")

    @app.post("/settings/second-factor")
    def second_factor(request: Request) -> Response:
        try:
            choices.set_second_factor(desk, visiting(request), request.state.form.get("who", ""))
        except NotAllowed:
            raise
        except Conflict as error:
            return _page(request, 409, wrong=str(error))
        return _to("second-factor")

    def _page(
        request: Request,
        status: int = 200,
        *,
        said: str = "",
        wrong: str = "",
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        """`typed` is the form on alerts where it could not be kept."""
        if not stages.has_duty(visiting(request).role, Duty.SETTINGS):
            raise NotAllowed("Settings are looked after by editors. Next: ask one of them.")
        chosen, here = choices.now(desk), [member for member in people.members(desk.db) if member.active]
        ticked = [member.name for member in here if typed and f"person-{member.id}" in typed]
        return paper.show(
            request,
            "settings.html",
            status,
            chosen=chosen,
            here=here,
            named=chosen.alerts.people if typed is None else ticked,
            also_r2=chosen.alerts.also_r2 if typed is None else "also-r2" in typed,
            typed=typed or {},
            silence=alerting.reach(desk, chosen.alerts.people).silence(),
            unwatched=alerting.reach(desk, chosen.watchers).silence(alerting.TROUBLE_WAITS),
            topics=choices.known_topics(desk),
            risks=RISKS,
            factors=FACTORS,
            troubles=alerting.troubles(desk),
            untold=warning.untold(desk),
            reminder=int(alerting.REMIND_AFTER.total_seconds() // 60),
            file=_file(desk),
            inboxes=[(inbox.name, _inbox(inbox)) for inbox in desk.inboxes.values()],
            log=house.log(desk.db, LOG_ROWS),
            said=said,
            wrong=wrong,
        )


def _to(what: str) -> Response:
    return RedirectResponse(f"/settings?said={what}", status_code=303)


def _file(desk: Desk) -> Mapping[str, str]:
    """What config.toml says of the desk, without its secrets."""
    return {
        "Time to call a reply back": f"{desk.undo.total_seconds():.0f} seconds after it is approved",
        "Time zone": desk.zone.key,
        "Where people open the desk": desk.address,
    }


def _inbox(inbox: Inbox) -> Mapping[str, str]:
    """What it says of one inbox: no password and no reference to one."""
    return {
        "Readers write to": inbox.address,
        "Letters are collected from": f"{inbox.folder} at {inbox.imap.host}, every {inbox.poll_seconds} seconds",
        "Replies are sent by": inbox.smtp.host,
        "They come from": inbox.from_name or inbox.address,
    }
