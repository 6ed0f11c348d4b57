"""How the service is: `triage status`, for people and for programs that look after machines."""

import json
import sys
from datetime import datetime
from typing import Any

import click

from triage.cli.context import Context, pass_context
from triage.desk import Desk, watching
from triage.stages import SAID, Stage
from triage.store import collected
from triage.store import watching as store


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def status(context: Context, as_json: bool) -> None:
    """What each part of the service did last, what waits, and what is wrong; exit code 1 when something is."""
    with context.service() as service:
        found = _status(service.desk)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else _told(found))
    sys.exit(1 if found["troubles"] else 0)


def _status(desk: Desk) -> dict[str, Any]:
    since = {(known.kind, known.about): known.since for known in store.open_troubles(desk.db)}
    polls = {health.account: health for health in collected.health(desk.db)}
    stages = store.letters_by_stage(desk.db)
    return {
        "at": _time(desk.clock()),
        "troubles": [
            {"kind": it.kind, "about": it.about, "since": _time(since.get((it.kind, it.about))), "said": it.said}
            for it in watching.find(desk)
        ],
        "inboxes": [
            {
                "inbox": name,
                "polled_at": _time(polls[name].polled_at) if name in polls else None,
                "succeeded_at": _time(polls[name].succeeded_at) if name in polls else None,
                "failures": polls[name].failures if name in polls else 0,
                "error": polls[name].error if name in polls else "",
            }
            for name in desk.inboxes
        ],
        "letters": {stage.value: stages.get(stage, 0) for stage in Stage},
        "steps": [
            {
                "step": step.name,
                "began_at": _time(step.began_at),
                "succeeded_at": _time(step.succeeded_at),
                "error": step.error,
            }
            for step in store.all_steps(desk.db)
        ],
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _told(found: dict[str, Any]) -> str:
    troubles = [f"! {it['said']}" for it in found["troubles"]]
    inboxes = [f"{inbox['inbox']}: {_looked(inbox)}" for inbox in found["inboxes"]]
    letters = [f"{count:>8}  {SAID[Stage(stage)]}" for stage, count in found["letters"].items() if count]
    steps = [f"  {step['step']:<20} {step['began_at']}  {step['error'] or 'well'}" for step in found["steps"]]
    return "\n".join(
        (
            *(troubles or ["Nothing is wrong."]),
            "",
            *inboxes,
            *(["Letters:", *letters] if letters else []),
            *(["Steps, and when each began last:", *steps] if steps else ["The service has not run here yet."]),
        )
    )


def _looked(inbox: dict[str, Any]) -> str:
    last = (
        f"the last look that worked was {inbox['succeeded_at']}" if inbox["succeeded_at"] else "no look has worked yet"
    )
    return f"{inbox['error']} {last}".strip()


COMMANDS = (status,)
