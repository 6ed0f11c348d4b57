"""Keeping the desk and letting go of what it holds: backup, restore, reconcile, resume, reader."""

from pathlib import Path

import click

from triage import backups, wiring
from triage.backups.manifest import note_erased
from triage.cli.context import Context, acting, pass_context, person
from triage.desk import holding, readers
from triage.desk.holding import Compared
from triage.desk.readers import Reader
from triage.errors import ConfigError
from triage.store import erasing
from triage.store.copying import kept_aside
from triage.store.database import Database


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--keep", type=click.IntRange(min=1), help="Remove all but so many backups of this desk in the folder.")
@pass_context
def backup(context: Context, folder: Path | None, keep: int | None) -> None:
    """Copy the desk into a folder while it runs, and look whether the copy is sound."""
    settings = context.settings()
    folder = folder or (Path(settings.keeping.backups) if settings.keeping.backups else None)
    if folder is None:
        raise ConfigError("No folder is named. Next: `triage backup FOLDER`, or set [keeping] backups.")
    if not wiring.has_database(settings):
        raise ConfigError("There is no database yet, so there is nothing to back up.")
    db = Database(settings.desk.database)
    try:
        made = backups.backup(settings, db, folder, keep=keep, clock=wiring.utc_now)
    finally:
        db.close()
    manifest = made.manifest
    count = sum(manifest.letters.values())
    click.echo(f"{made.file}: {count} letters, {manifest.size / 1e6:.1f} MB, looked through and sound.")
    for each in manifest.also:
        if not each["copied"]:
            click.echo(f"Not copied, keep it apart: {each['what']} at {each['where']}", err=True)
    for secret in manifest.keep_apart:
        click.echo(f"A secret, in no backup; keep it apart: {secret}", err=True)
    if made.removed:
        click.echo(f"Older backups removed: {made.removed}.", err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Keep the database that is there aside, and put the backup in its place.")
@pass_context
def restore(context: Context, file: Path, replace: bool) -> None:
    """Bring a backup back. Nothing is sent until it was compared with Sent and an editor lets mail go out again."""
    settings = context.settings()
    done = backups.restore(settings, file, replace=replace, clock=wiring.utc_now)
    manifest = done.manifest
    click.echo(f"Restored: {sum(manifest.letters.values())} letters as of {manifest.made_at:%Y-%m-%d %H:%M} UTC.")
    if done.aside:
        click.echo(f"The database that was there is kept as {done.aside}; it has {done.lost} changes more.")
    if done.erased:
        click.echo(f"Letters that had been erased since, and are erased again: {done.erased}.")
    for folder in done.moved:
        click.echo(
            f"Letters that came after the backup lie in the folder {folder} on the mail server. Next: move those of "
            "the days since the backup back into the inbox; what is known already makes no second letter."
        )
    click.echo("Everybody has to sign in again. Look on the page People whether somebody is back who had left.")
    click.echo("Sending is held. Next: `triage reconcile`, then `triage resume --as NAME`, or both at the desk.")


@click.command()
@pass_context
def reconcile(context: Context) -> None:
    """After a restore: collect, and find out from the Sent folders what was answered since the backup."""
    with context.service() as service:
        for name in service.desk.inboxes:
            service.collect(name)
        service.read()
        say(service.reconcile())
        service.settle()


def say(found: Compared | None) -> None:
    """Print what a comparison found."""
    if found is None:
        click.echo("Nothing is held: the desk sends as always.")
        return
    click.echo(f"Letters that were answered after the backup: {found.answered}.")
    click.echo(f"Replies that were in line when it was made, and may have been sent: {found.doubtful}.")
    if found.remarked:
        click.echo(f"Letters that somebody may have answered from a mail program: {found.remarked}.")
    if found.hindered:
        click.echo(f"Not everything could be compared. {found.hindered}", err=True)
    else:
        click.echo("Everything was compared. Next: an editor lets mail go out again with `triage resume --as NAME`.")


@click.command()
@acting
@click.option("--anyway", is_flag=True, help="Although not everything could be compared with Sent.")
@pass_context
def resume(context: Context, name: str, anyway: bool) -> None:
    """After a restore: let mail go out again."""
    with context.service() as service:
        holding.resume(service.desk, person(service, name), anyway=anyway)
    click.echo("The desk sends again. Replies whose fate is unknown wait at the desk for somebody to decide.")


@click.group()
def reader() -> None:
    """What is kept about one reader: export, erase."""


_also = click.option(
    "--also", type=int, multiple=True, metavar="N", help="A letter that mentions the address and is this reader's too."
)


@reader.command()
@click.argument("address")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_also
@pass_context
def export(context: Context, address: str, file: Path, also: tuple[int, ...]) -> None:
    """Put everything that is kept about a reader into a ZIP file."""
    with context.service() as service:
        found = readers.find(service.desk, address, also)
        _tell_mentions(found)
        if found.letters:
            readers.export(service.desk, found, file)
            click.echo(f"{file}: {len(found.letters)} letters. Look through it before you hand it on.")
        else:
            _nothing(service, address)


@reader.command()
@click.argument("address")
@acting
@click.option("--yes", is_flag=True, help="Do not ask.")
@_also
@pass_context
def erase(context: Context, address: str, name: str, yes: bool, also: tuple[int, ...]) -> None:
    """Delete everything that is kept about a reader, for good."""
    with context.service() as service:
        editor = person(service, name)
        readers.permit(editor)
        found = readers.find(service.desk, address, also)
        _tell_mentions(found)
        if not found.letters:
            _nothing(service, address)
            _leave_no_trace(service)  # where the last time broke off
            return
        click.echo(f"This is deleted for good: {len(found.letters)} letters ({_numbers(found.letters)}), with")
        for table, count in found.rows.items():
            if count:
                click.echo(f"  {count:>6}  {table.replace('_', ' ')}")
        if not yes:
            click.confirm("Delete all of it?", abort=True)
        readers.erase(service.desk, found, editor)
        _leave_no_trace(service)
        click.echo("Deleted. The letters do not come back from the mail server; delete them there too if you should.")
        if backups_folder := service.settings.keeping.backups:
            click.echo(f"Backups in {backups_folder} hold them until those are gone; a restore erases them again.")
        else:
            click.echo("Backups that were made before hold them until those are deleted. Next: delete them, or make a "
                       "new backup in the same folder, so that a restore erases them again.")  # fmt: skip
        for aside in kept_aside(service.desk.db):
            click.echo(f"A restore kept an older database aside, which may hold them too. Next: delete {aside}.")


def _leave_no_trace(service: wiring.Service) -> None:
    """Note for the backups what was erased, and clear its bytes from the disk: whichever fails, not the other.

    The note comes first: a machine that is lost while the bytes wait for a second time must not bring a reader back.
    """
    try:
        if folder := service.settings.keeping.backups:
            note_erased(Path(folder), erasing.erased(service.desk.db))
    finally:
        readers.scrub(service.desk)


def _tell_mentions(found: Reader) -> None:
    if found.mentioned:
        click.echo(
            f"{found.address} also stands in letters that others wrote, for all that is known: "
            f"{_numbers(found.mentioned)}. They are left out. Next: look at them, and add --also N for each that is "
            "this reader's.",
            err=True,
        )


def _numbers(ids: tuple[int, ...]) -> str:
    return ", ".join(map(str, ids[:20])) + (", ..." if len(ids) > 20 else "")


def _nothing(service: wiring.Service, address: str) -> None:
    at = erasing.erased_on(service.desk.db, address)
    click.echo(
        f"Nothing is kept about {address}." + (f" It was erased on {at:%Y-%m-%d}." if at else ""),
    )


COMMANDS = (backup, restore, reconcile, resume, reader)
