"""The desk seen as a whole, from the command line: figures."""

import csv
import sys

import click

from triage.cli.context import Context, acting, pass_context, person
from triage.desk import figures as desk_figures
from triage.errors import Conflict

PERIODS = click.Choice([str(days) for days in desk_figures.PERIODS])


@click.command()
@click.argument("plot", required=False)
@click.option("--days", type=PERIODS, default="30", show_default=True, help="How far back.")
@acting
@pass_context
def figures(context: Context, plot: str | None, days: str, name: str) -> None:
    """What came, how long readers waited, what people changed; with PLOT its numbers as CSV."""
    with context.service() as service:
        found = desk_figures.figures(service.desk, person(service, name), int(days))
    if plot is None:
        for one in found:
            click.echo(f"{one.name:<15} {one.title}: {one.told}")
        return
    named = {one.name: one for one in found}
    if plot not in named:
        raise Conflict(f"There is no plot named {plot!r}. Next: use one of {', '.join(named)}.")
    csv.writer(sys.stdout).writerows(desk_figures.table(named[plot]))


COMMANDS = (figures,)
