"""What helps with a draft, from the command line: similar, caring."""

import click

from triage.cli.context import Context, acting, letter_number, pass_context, person
from triage.desk import deciding
from triage.desk.similar import similar as find_similar
from triage.store import letters


@click.command()
@letter_number
@pass_context
def similar(context: Context, letter_id: int) -> None:
    """Show the answered letters most like this one, with the replies that were sent."""
    with context.service() as service:
        found = find_similar(service.desk, letters.dossier(service.desk.db, letter_id))
    if not found:
        click.echo("No answered letter is like this one.", err=True)
    for other in found:
        slip, letter, draft = other.dossier.slip, other.dossier.letter, other.dossier.draft
        click.echo(f"== Letter {slip.id}, {slip.received_at:%Y-%m-%d}: {slip.subject} (alike {other.likeness:.2f})\n")
        click.echo(f"{letter.body if letter else ''}\n\n-- the reply --\n\n{draft.body if draft else ''}")


@click.command()
@letter_number
@acting
@pass_context
def caring(context: Context, letter_id: int, name: str) -> None:
    """Begin a personal note to a reader whose letter is held; its gaps are yours to fill."""
    with context.service() as service:
        revision = deciding.begin_caring_note(service.desk, letter_id, person(service, name))
    click.echo(f"Revision {revision} is the beginning of a note. Next: `triage show`, then `triage revise`.", err=True)


COMMANDS = (similar, caring)
