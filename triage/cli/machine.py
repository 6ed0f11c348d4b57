"""The machine's steps: serve, once, collect, assess, draft, send, demo."""

import sys
from pathlib import Path

import click

from triage.cli.context import Context, pass_context
from triage.desk import Desk, reading
from triage.desk.collecting import Collected
from triage.desk.people import LINK_LASTS, first_link
from triage.desk.sending import Sent
from triage.store import holds, people


@click.command()
@pass_context
def serve(context: Context) -> None:
    """Poll the inboxes, read, draft, send what was approved, and open the desk in the browser."""
    from triage.serving import serve as run

    with context.service() as service:
        click.echo(f"The desk is open at {service.settings.desk.url}  (Ctrl-C stops it)", err=True)
        if (hold := holds.is_open(service.desk.db)) is not None:
            click.echo(f"Sending is held. {hold.reason}", err=True)
        _welcome_the_first(service.desk)
        run(service)


@click.command()
@pass_context
def once(context: Context) -> None:
    """One pass of every step, then exit."""
    with context.service() as service:
        failed = _say_collected([service.collect(name, asked=False) for name in service.desk.inboxes])
        _say_read(*service.read())
        service.tell()
        _say_sent(service.send())
        service.settle()
        service.tell_webhooks()
    sys.exit(1 if failed else 0)


@click.command()
@pass_context
def collect(context: Context) -> None:
    """Fetch new letters from every inbox and keep them."""
    with context.service() as service:
        failed = _say_collected([service.collect(name) for name in service.desk.inboxes])
    sys.exit(1 if failed else 0)


@click.command("import")
@click.argument("archives", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@click.option("--inbox", "account", help="The inbox that the letters belong to, where there are several.")
@pass_context
def import_(context: Context, archives: tuple[Path, ...], account: str | None) -> None:
    """Take in letters from archives: a Maildir, a folder of .eml files, or an mbox file.

    They are read and drafted like any others; letters that are here already stay as they are.
    """
    with context.service() as service:
        names = list(service.desk.inboxes)
        if account is None and len(names) > 1:
            raise click.UsageError(f"Which inbox do they belong to? Next: add --inbox with one of {', '.join(names)}.")
        account = account or names[0]
        if account not in names:
            raise click.UsageError(f"There is no inbox {account!r}. Next: use one of {', '.join(names)}.")
        for path in archives:
            taken = service.take_in(account, path)
            said = [f"{taken.new} new letters."]
            if taken.known:
                said.append(f"{taken.known} were here already.")
            if taken.unread:
                said.append(f"{taken.unread} cannot be read. Next: see that they may be, and import them again.")
            click.echo(f"{path}: {' '.join(said)}", err=True)


@click.command()
@pass_context
def assess(context: Context) -> None:
    """Read the letters that were collected."""
    with context.service() as service:
        click.echo(f"Read {reading.assess(service.desk)} letters.", err=True)


@click.command()
@pass_context
def draft(context: Context) -> None:
    """Draft replies to the letters that were read."""
    with context.service() as service:
        click.echo(f"Drafted {reading.draft(service.desk)} replies.", err=True)


@click.command()
@click.option("--now", is_flag=True, help="Do not wait for the undo window.")
@pass_context
def send(context: Context, now: bool) -> None:
    """Send the replies that were approved."""
    with context.service() as service:
        sent = service.send(ignore_undo=now)
        _say_sent(sent)
        if not sent.busy:
            service.settle()


@click.command()
def demo() -> None:
    """Try it: a mail server, sample letters and the desk, all on this machine."""
    from triage.demo.run import run

    run()


def _welcome_the_first(desk: Desk) -> None:
    """While nobody can sign in, a link for the first editor: on a terminal only, for a supervisor keeps what is said.

    Whoever could read the link in a journal could use it.
    """
    if not people.is_empty(desk.db):
        return
    if not sys.stderr.isatty():
        click.echo("Nobody can sign in yet. Next: `triage user link NAME` prints the first editor's link.", err=True)
    elif link := first_link(desk):
        lasts = f"once, for {LINK_LASTS.days} days"
        click.echo(f"Nobody can sign in yet. The first editor chooses a password here ({lasts}):\n  {link}", err=True)


def _say_collected(results: list[Collected]) -> bool:
    """Print how collecting went; True when an inbox failed."""
    for result in results:
        if result.error:
            click.echo(f"{result.account}: {result.error}", err=True)
        else:
            later = f" {result.failing} could not be fetched yet." if result.failing else ""
            click.echo(f"{result.account}: {result.new} new messages.{later}", err=True)
    return any(result.error for result in results)


def _say_read(read: int, drafted: int) -> None:
    click.echo(f"Read {read} letters and drafted {drafted} replies.", err=True)


def _say_sent(sent: Sent) -> None:
    if sent.busy:
        click.echo("Another process of this desk is sending; it takes the approved replies.", err=True)
        return
    if sent.held:
        click.echo(f"Nothing was sent. {sent.held}", err=True)
        return
    parts = [
        f"Sent {sent.sent} replies.",
        f"{sent.postponed} will be tried again." if sent.postponed else "",
        f"{sent.refused} were refused." if sent.refused else "",
        f"{sent.unknown} may or may not have been sent: look at the desk." if sent.unknown else "",
    ]
    click.echo(" ".join(part for part in parts if part), err=True)


COMMANDS = (serve, once, collect, import_, assess, draft, send, demo)
