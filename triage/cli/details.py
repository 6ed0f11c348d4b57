"""What a letter states, said by a person, and the earlier versions of its reply: details, versions."""

import click

from triage.cli.context import Context, acting, letter_number, pass_context, person
from triage.desk import deciding, details, learning
from triage.errors import Conflict
from triage.store import letters, revisions


@click.command("details")
@letter_number
@click.argument("changes", nargs=-1, metavar="[NAME=VALUE]...")
@acting
@pass_context
def details_command(context: Context, letter_id: int, changes: tuple[str, ...], name: str) -> None:
    """Say what a letter states, such as state=FL or interview_date=2026-11-26.

    NAME= without a value takes a fact out; without any NAME everything that was found is right.
    """
    pairs = [change.partition("=") for change in changes]
    for field, sign, _ in pairs:
        if not sign:
            raise click.UsageError(f"{field!r} names no value. Write it as NAME=VALUE, such as state=FL.")
    with context.service() as service:
        named = [(field.strip(), value.strip()) for field, _, value in pairs]
        revision = details.change(service.desk, letter_id, named, person(service, name))
        facts = details.known(letters.dossier(service.desk.db, letter_id))
    drafted = f" The draft was written anew (revision {revision})." if revision else ""
    click.echo(f"What letter {letter_id} states is kept.{drafted}", err=True)
    for slot in facts:
        click.echo(f"{slot.name}={slot.value}")


@click.command()
@letter_number
@click.argument("number", type=int, required=False)
@click.option("--bring-back", is_flag=True, help="Make version NUMBER the newest one again.")
@click.option("--anew", is_flag=True, help="Have Triage write a new draft; the text so far stays an earlier version.")
@click.option("--as", "name", default="", help="Who does it.")
@pass_context
def versions(context: Context, letter_id: int, number: int | None, *, bring_back: bool, anew: bool, name: str) -> None:
    """List the versions of a reply; with NUMBER show one."""
    with context.service() as service:
        db = service.desk.db
        if (bring_back or anew) and not name:
            raise Conflict("Somebody has to do it. Next: add --as and your name.")
        if anew:
            revision = learning.draft_anew(service.desk, letter_id, person(service, name))
            click.echo(f"Triage has written revision {revision}.", err=True)
            return
        if number is None:
            for mark in revisions.every(db, letter_id):
                click.echo(f"{mark.number:4}  {mark.made_at:%Y-%m-%d %H:%M:%S} UTC  {mark.author}")
            return
        draft = revisions.one(db, letter_id, number)
        if not bring_back:
            click.echo(f"{draft.subject}\n\n{draft.body}")
            return
        latest = letters.dossier(db, letter_id).draft
        base = latest.revision if latest else 0
        who = person(service, name)
        revision = deciding.revise(service.desk, letter_id, who, subject=draft.subject, body=draft.body, base=base)
    click.echo(f"Version {number} is back, as revision {revision}.", err=True)


COMMANDS = (details_command, versions)
