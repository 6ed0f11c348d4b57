"""Who looks after a letter, and how the desk is set up: take, hand-over, second-read, settings."""

from collections.abc import Sequence

import click

from triage.cli.context import Context, acting, letter_number, pass_context, person
from triage.desk import Desk, alerting, choices, handing
from triage.desk.choices import FACTORS, RISKS
from triage.store import letters


@click.command()
@letter_number
@acting
@click.option("--over", is_flag=True, help="Take it over from whoever looks after it now.")
@pass_context
def take(context: Context, letter_id: int, name: str, over: bool) -> None:
    """Look after a held letter; only you can approve its reply then."""
    with context.service() as service:
        taken_by = letters.dossier(service.desk.db, letter_id).slip.taken_by
        handing.take(service.desk, letter_id, person(service, name), instead_of=taken_by if over else "")
    click.echo(f"Letter {letter_id} is {name}'s.", err=True)


@click.command("hand-over")
@letter_number
@acting
@click.option("--to", default="", help="Who sees to it from now on; left out: anybody.")
@click.option("--note", default="", help="A note that stands above the letter.")
@pass_context
def hand_over(context: Context, letter_id: int, name: str, to: str, note: str) -> None:
    """Give a letter to somebody, or to nobody, with a note."""
    with context.service() as service:
        handing.hand_over(service.desk, letter_id, person(service, name), to, note)
    click.echo(f"Letter {letter_id} is for {to or 'anybody'}.", err=True)


@click.command("second-read")
@letter_number
@acting
@click.option("--revision", type=int, help="The revision that was read (default: the latest).")
@pass_context
def second_read(context: Context, letter_id: int, name: str, revision: int | None) -> None:
    """Say that you have read a reply and find it good, where two have to."""
    with context.service() as service:
        number = handing.second_read(service.desk, letter_id, person(service, name), revision)
    click.echo(f"Revision {number} has been read by {name}.", err=True)


@click.group("settings", invoke_without_command=True)
@click.pass_context
@pass_context
def settings(context: Context, ctx: click.Context) -> None:
    """Show how the desk is set up, or change it with a command below."""
    if ctx.invoked_subcommand is not None:
        return
    with context.service() as service:
        chosen, troubles = choices.now(service.desk), alerting.troubles(service.desk)
        silence = alerting.reach(service.desk, chosen.alerts.people).silence()
        _say_who_has_no_address(service.desk, chosen.watchers)
    about = [*chosen.second_reader.topics, *chosen.second_reader.risks]
    click.echo(f"alerts: {', '.join(chosen.alerts.people) or 'nobody'}, of {', '.join(chosen.alerts.risks)}")
    click.echo(f"watchers: {', '.join(chosen.watchers) or 'nobody'}")
    click.echo(f"second-reader: {', '.join(about) or 'for nothing'}")
    click.echo(f"second-factor: {chosen.second_factor}")
    for trouble in (*filter(None, (silence,)), *troubles):
        click.echo(f"! {trouble}")


def _say_who_has_no_address(desk: Desk, people: Sequence[str]) -> None:
    for name in alerting.reach(desk, people).without:
        said = f"! {name} has no mail address here and is told nothing. Next: triage user email {name} ADDRESS"
        click.echo(said, err=True)


@settings.command("alerts")
@acting
@click.option("--tell", "people", multiple=True, help="Who is told at once; once for each; left out: nobody.")
@click.option("--also-r2", is_flag=True, help="Also of letters that need one's own words.")
@pass_context
def alerts(context: Context, name: str, people: tuple[str, ...], also_r2: bool) -> None:
    """Name those who are told at once by mail when somebody may be in danger."""
    with context.service() as service:
        choices.set_alerts(service.desk, person(service, name), people=people, also_r2=also_r2)


@settings.command("watchers")
@acting
@click.option("--tell", "people", multiple=True, help="Who is told; once for each; left out: nobody.")
@pass_context
def watchers(context: Context, name: str, people: tuple[str, ...]) -> None:
    """Name those who are told by mail when something is wrong with the service."""
    with context.service() as service:
        choices.set_watchers(service.desk, person(service, name), people)
        _say_who_has_no_address(service.desk, people)


@settings.command("second-reader")
@acting
@click.option("--topic", "topics", multiple=True, help="A topic; once for each.")
@click.option("--risk", "risks", multiple=True, type=click.Choice(list(RISKS)), help="A risk; once for each.")
@pass_context
def second_reader(context: Context, name: str, topics: tuple[str, ...], risks: tuple[str, ...]) -> None:
    """Say which replies somebody else has to read before they are approved; with no option: none."""
    with context.service() as service:
        choices.set_second_reader(service.desk, person(service, name), topics=topics, risks=risks)


@settings.command("second-factor")
@click.argument("who", type=click.Choice([factor.value for factor in FACTORS]))
@acting
@pass_context
def second_factor(context: Context, who: str, name: str) -> None:
    """Say who needs a second factor to sign in."""
    with context.service() as service:
        choices.set_second_factor(service.desk, person(service, name), who)


COMMANDS = (take, hand_over, second_read, settings)
