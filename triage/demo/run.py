"""`triage demo`: the real service on an embedded mail server with sample letters, all on this machine."""

import socket
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from triage import logs, passwords, serving, settings, wiring
from triage.demo.samples import load_letters
from triage.demo.servers import DemoServers
from triage.stages import Role
from triage.store import people

PORT = 8025
PASSWORD = "reader mail"  # noqa: S105 -- for a desk that only this machine can reach, over sample letters
CAST = (("carol", Role.EDITOR), ("ali", Role.ADVISOR), ("ana", Role.APPRENTICE))

_READY = """
  The desk is open:      {desk}
  Sign in as             carol    (password: {password})
  The reader's mailbox:  {reader}   (approved replies arrive here)

  {letters} sample messages came in over IMAP. Nothing leaves this machine.
  ali may sign too, ana may only write drafts (same password). Ctrl-C ends the demo.
"""


def run() -> None:
    """Run until Ctrl-C. Everything lives in a temporary folder, so each demo starts fresh."""
    with tempfile.TemporaryDirectory(prefix="triage-demo-") as folder, DemoServers() as servers:
        click.echo("Starting the mail servers and reading the sample letters ...")
        letters = load_letters(datetime.now(UTC))
        servers.deliver(letters)
        configured = _settings(Path(folder), servers)
        logs.log_to(configured.desk.log_file, configured.desk.log_format)
        service = wiring.build(configured)
        try:
            for name, role in CAST:
                people.add(service.desk.db, name, role, passwords.hash_password(PASSWORD), service.desk.clock())
            for inbox in service.desk.inboxes:
                service.collect(inbox)
            service.read()
            click.echo(
                _READY.format(
                    desk=configured.desk.url, password=PASSWORD, reader=servers.reader_url, letters=len(letters)
                )
            )
            serving.serve(service)
        finally:
            service.close()
    click.echo("\nThe demo has ended; nothing of it is kept.")


def _settings(folder: Path, servers: DemoServers) -> settings.Settings:
    secret = folder / "password"
    secret.write_text(servers.imap_password, "utf-8")
    inbox = settings.Inbox(
        name="advice",
        address="advice@desk.example",
        imap=settings.Server(
            host=servers.imap_host,
            port=servers.imap_port,
            tls="none",
            user=servers.imap_user,
            password=f"file:{secret}",
        ),
        smtp=settings.Server(
            host=servers.smtp_host,
            port=servers.smtp_port,
            tls="none",
            user=servers.smtp_user,
            password=f"file:{secret}",
        ),
        poll_seconds=5,
        sent_folder=servers.sent_folder,
        from_name="Carol Reyes",
        signature="Carol Reyes",
    )
    desk = settings.Desk(
        database=f"sqlite:///{folder / 'triage.db'}", port=_port(), log_file=str(folder / "triage.log")
    )
    return settings.Settings(desk=desk, inbox=(inbox,))


def _port() -> int:
    """The usual port, or any free one when something else is using it."""
    for port in (PORT, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    return PORT
