"""Setting up: init asks and writes the configuration, check looks whether everything works."""

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from triage import checking, providers, settings, wiring
from triage.checking.inboxes import count_messages
from triage.cli import answers, config_file
from triage.cli.context import Context, pass_context
from triage.errors import ConfigError, TriageError
from triage.providers import Place, Provider
from triage.settings import Desk, Inbox, OAuth, Server

T = TypeVar("T")
STARTTLS = {"imap": 143, "smtp": 587}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the options say; None has to be asked."""

    address: str | None
    name: str | None
    signature: str | None
    provider: str | None
    user: str | None
    password_env: str | None
    password_file: Path | None
    client_id: str | None
    client_secret_file: Path | None
    since: str | None
    time_zone: str | None
    imap_host: str | None
    imap_port: int | None
    imap_tls: str | None
    smtp_host: str | None
    smtp_port: int | None
    smtp_tls: str | None
    ca_file: Path | None


_PORT = click.IntRange(1, 65535)


@click.command()
@click.option("--address", help="The mail address of the inbox.")
@click.option("--name", help="The name that replies are signed and sent with.")
@click.option("--signature", help="The lines under every reply.")
@click.option("--provider", type=click.Choice(answers.PROVIDERS), help="Who runs the mail server.")
@click.option("--user", help="The user name at the mail server (default: the address).")
@click.option("--password-env", metavar="NAME", help="Keep the password in this environment variable.")
@click.option("--password-file", type=click.Path(path_type=Path), help="Keep it in this file, made if need be.")
@click.option("--client-id", help="Sign in with tokens (Google, Microsoft): what the provider calls this desk.")
@click.option(
    "--client-secret-file", type=click.Path(path_type=Path), help="The file with the secret that belongs to it."
)
@click.option("--since", metavar="DATE", help='Letters count from here on: "now", "everything", or YYYY-MM-DD.')
@click.option("--time-zone", help="The desk's time zone, such as America/New_York.")
@click.option("--imap-host", help="The server that letters are collected from.")
@click.option("--imap-port", type=_PORT)
@click.option("--imap-tls", type=click.Choice(settings.TLS))
@click.option("--smtp-host", help="The server that replies are sent through.")
@click.option("--smtp-port", type=_PORT)
@click.option("--smtp-tls", type=click.Choice(settings.TLS))
@click.option("--ca-file", type=click.Path(path_type=Path), help="A PEM file, for servers with a private certificate.")
@click.option("--force", is_flag=True, help="Replace a configuration that is there.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the usual answer where no option gives one.")
@pass_context
def init(context: Context, /, force: bool, yes: bool, **given: Any) -> None:
    """Make the configuration: asks for the inbox, tries to sign in, and writes config.toml."""
    path = (context.config or Path(os.environ.get("TRIAGE_CONFIG") or settings.DEFAULT_PATH)).absolute()
    if path.exists() and not force:
        raise ConfigError(
            f"There is already a configuration at {path}. Next: edit it, name another file with --config, or replace "
            "it with `triage init --force`."
        )
    if not path.parent.is_dir():
        raise ConfigError(f"The folder {path.parent} is not there. Next: make it, or name another file with --config.")
    try:
        worked = _Interview(Given(**given), path, ask=not yes).hold()
    except click.Abort:
        click.echo("\nStopped. No configuration was written.", err=True)
        raise
    option = "" if context.config is None else f" --config {shlex.quote(str(context.config))}"
    click.echo(f"\n{path} is written. Next:")
    click.echo(f"  triage{option} check             look whether everything works")
    click.echo(f"  triage{option} serve             start the service and the desk; prints a link for the first editor")
    click.echo(f"  triage{option} user link NAME    prints such a link too, where serve has no terminal")
    sys.exit(0 if worked else 1)


@click.command()
@pass_context
def check(context: Context) -> None:
    """Look whether everything works: configuration, database, people, templates, model, mail servers."""
    findings = []
    for finding in checking.check(context.settings()):
        click.echo(finding)
        findings.append(finding)
    click.echo(checking.summary(findings))
    sys.exit(0 if all(finding.well for finding in findings) else 1)


class _Interview:
    """One run of init: the questions in order, each answered by an option, the usual answer, or the person."""

    def __init__(self, given: Given, path: Path, *, ask: bool) -> None:
        self.given = given
        self.path = path
        self.ask = ask

    def hold(self) -> bool:
        """Ask, try, write. False when the file was written although signing in failed."""
        given = self.given
        address = self._answer("--address", given.address, "Mail address of the inbox", None, answers.address)
        provider = self._provider(address)
        click.echo(f"{provider.name}: {provider.advice}")
        oauth = self._oauth(provider)
        own = provider.key == providers.OWN
        imap = self._place("imap", provider.imap, own)
        smtp = self._place("smtp", provider.smtp, own)
        user = self._answer("--user", given.user or (None if own else address), "User name", address, answers.line)
        from_name = self._answer("--name", given.name, "Name to sign with", "", answers.line)
        signature = self._answer("--signature", given.signature, "Signature, in one line", from_name, answers.lines)
        zone = self._answer("--time-zone", given.time_zone, "Time zone of the desk", _machine_zone(), answers.zone)
        name = re.sub(r"[^a-z0-9]+", "-", address.partition("@")[0].lower()).strip("-") or "advice"
        password = "" if oauth.client_id else self._password(name)
        ca_file = answers.line(str(given.ca_file.absolute())) if given.ca_file else ""

        def server(at: Place) -> Server:
            return Server(host=at.host, port=at.port, tls=at.tls, user=user, password=password, ca_file=ca_file)

        inbox = Inbox(
            name=name,
            address=address,
            imap=server(imap),
            smtp=server(smtp),
            from_name=from_name,
            signature=signature,
            oauth=oauth,
        )
        self._accept(inbox, zone)
        worked = self._signs_in(inbox, provider)
        since = self._since(inbox, zone, counting=bool(worked))
        config_file.save(self.path, config_file.text(inbox, self._database(), zone, since, self._key()))
        return worked is not False

    # ------------------------------------------------------------------ asking

    def _answer(
        self, option: str, given: str | None, question: str, usual: str | None, accept: Callable[[str], T]
    ) -> T:
        if given is not None:
            return accept(given)
        if self.ask:
            answer: T = click.prompt(question, default=usual, value_proc=accept, show_default=bool(usual))
            return answer
        if usual is None:
            raise click.UsageError(f"{option} is needed with --yes.")
        return accept(usual)

    def _confirm(self, question: str, *, default: bool) -> bool:
        return click.confirm(question, default=default) if self.ask else True

    def _provider(self, address: str) -> Provider:
        guess = providers.guess(address)
        key = self.given.provider
        if key is None and self.given.imap_host is None:
            known = providers.by_address(address)
            if known is not None:
                return known
            if self.ask:
                click.echo(f"Who runs the mail of {guess.name}?")
                for provider in providers.PROVIDERS:
                    click.echo(f"  {provider.key:<14}{provider.name}")
                click.echo(f"  {providers.OWN:<14}somebody else")
            key = self._answer("--provider", None, "Provider", providers.OWN, answers.provider)
        return providers.by_key(key or providers.OWN) or guess

    def _place(self, kind: str, usual: Place, own: bool) -> Place:
        """Where the imap or smtp server is: asked for an own domain, with the guess as the usual answer."""
        host, port, tls = {
            "imap": (self.given.imap_host, self.given.imap_port, self.given.imap_tls),
            "smtp": (self.given.smtp_host, self.given.smtp_port, self.given.smtp_tls),
        }[kind]
        if not own:
            return Place(host or usual.host, port or usual.port, tls or usual.tls)
        label = kind.upper()
        host = self._answer(f"--{kind}-host", host, f"{label} server", usual.host, answers.line)
        usual_port = STARTTLS[kind] if tls == "starttls" else usual.port
        text = None if port is None else str(port)
        port = self._answer(f"--{kind}-port", text, f"{label} port", str(usual_port), answers.port)
        usual_tls = "starttls" if port in (25, STARTTLS[kind]) else "implicit"
        tls = self._answer(f"--{kind}-tls", tls, f"{label} TLS ({', '.join(settings.TLS)})", usual_tls, answers.tls)
        return Place(host, port, tls)

    def _oauth(self, provider: Provider) -> OAuth:
        """How tokens are had, where the provider wants them or the options say so."""
        given = self.given.client_id
        if not provider.oauth and given:
            raise click.UsageError(f"{provider.name} takes a password. For tokens write [inbox.oauth] by hand.")
        if provider.passwords_work and not given:
            return OAuth()
        client_id = self._answer("--client-id", given, "Application (client) ID", None, answers.line)
        file = self.given.client_secret_file
        secret = f"file:{answers.line(str(file.expanduser().absolute()))}" if file else ""
        return OAuth(provider=provider.oauth, client_id=client_id, client_secret=secret, tenant=provider.tenant)

    def _password(self, name: str) -> str:
        """The reference to the password; the file is made when it is not there."""
        given = self.given
        if given.password_env and given.password_file:
            raise click.UsageError("Give --password-env or --password-file, not both.")
        if given.password_env:
            return f"env:{answers.variable(given.password_env)}"
        file = given.password_file
        if file is None:
            keep = self._answer(
                "",
                None,
                "Keep the password in a file or in an environment variable? (file, env)",
                "file",
                answers.keeping,
            )
            if keep == "env":
                return f"env:{self._answer('', None, 'Name of the variable', 'TRIAGE_PASSWORD', answers.variable)}"
            usual = str(self.path.parent / f"{name}.password")
            file = Path(self._answer("", None, "File for the password", usual, answers.line))
        file = Path(answers.line(str(file.expanduser().absolute())))
        if not file.exists() or (self.ask and not click.confirm(f"Use the password that is in {file}?", default=True)):
            if not self.ask:
                raise click.UsageError(f"{file} is not there. Put the password into it, or use --password-env.")
            config_file.save(file, click.prompt("Password (it is not shown)", hide_input=True) + "\n")
            click.echo(f"The password is in {file}, which only you may read.")
        return f"file:{file}"

    # ------------------------------------------------------------------ trying

    def _accept(self, inbox: Inbox, zone: str) -> None:
        """Read the settings back before they are used: nobody signs in with a password in the clear."""
        with tempfile.TemporaryDirectory() as folder:
            trial = Path(folder) / "config.toml"
            trial.write_text(config_file.text(inbox, self._database(), zone, None), "utf-8")
            try:
                settings.load(trial)
            except ConfigError as error:
                raise ConfigError(str(error).replace(str(trial), "Not possible")) from error

    def _signs_in(self, inbox: Inbox, provider: Provider) -> bool | None:
        """Whether signing in works; None when there is nothing to try it with yet."""
        if inbox.oauth.client_id:
            click.echo(f"Next: `triage login {inbox.name}` signs in at {provider.name}.")
            return None
        try:
            inbox.imap.secret()
        except ConfigError as error:
            click.echo(f"Signing in is not tried: {error} Next: put it there, then run `triage check`.")
            return None
        click.echo(f"Signing in at {inbox.imap.host} ...")
        try:
            messages, _ = count_messages(inbox, None)
        except TriageError as error:
            click.echo(f"That did not work. {checking.in_words(error)}\n{provider.advice}")
            if not self._confirm("Write the configuration all the same, to be mended there?", default=True):
                raise TriageError("Nothing was written. Next: run `triage init` again.") from error
            return False
        click.echo(f"That works. The folder {inbox.folder} has {messages} messages.")
        return True

    def _since(self, inbox: Inbox, zone: str, *, counting: bool) -> datetime | None:
        now = wiring.utc_now().replace(microsecond=0)
        question = 'Which letters count? From "now" on, "everything", or from a date such as 2026-11-01'
        since = self._answer("--since", self.given.since, question, "now", lambda text: answers.moment(text, now, zone))
        if counting:
            try:
                total, before = count_messages(inbox, since)
                click.echo(f"That leaves out {before} of the {total} messages that are there.")
            except TriageError as error:
                click.echo(f"How many messages that leaves out is not known. {checking.in_words(error)}")
        return since

    def _key(self) -> str:
        return f"file:{answers.line(str(self.path.parent / 'triage.key'))}"

    def _database(self) -> str:
        return f"sqlite:///{answers.line(str(self.path.parent / 'triage.db'))}"


def _machine_zone() -> str:
    """The zone this machine is set to; that of the settings where it has none of its own."""
    _, found, name = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")
    return name if found and "/" in name and not name.startswith("Etc/") else Desk().time_zone


COMMANDS = (init, check)
