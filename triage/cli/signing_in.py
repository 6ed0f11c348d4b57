"""Signing in to mail providers that want it done in a browser: login."""

import getpass
import secrets

import click

from triage import checking, granting, wiring
from triage.checking import inboxes
from triage.cli.context import Context, pass_context
from triage.desk import grants
from triage.errors import ConfigError, TriageError
from triage.house import Tokens
from triage.settings import Inbox

NOWHERE = "http://127.0.0.1:47811/"  # nobody answers there: the address is copied out of the browser


@click.command()
@click.argument("name")
@click.option("--paste", is_flag=True, help="The browser is on another machine: paste the address it ends at.")
@pass_context
def login(context: Context, name: str, paste: bool) -> None:
    """Sign in to the mail provider of the inbox NAME, which has [inbox.oauth], once."""
    settings = context.settings()
    inbox = next((box for box in settings.inbox if box.name == name), None)
    if inbox is None:
        raise ConfigError(f"No inbox is named {name!r}. There are: {', '.join(box.name for box in settings.inbox)}.")
    if not inbox.oauth.client_id:
        raise ConfigError(
            f"The inbox {name} signs in with a password. Next: for tokens add [inbox.oauth] as in config.example.toml."
        )
    key = granting.make_key(settings.desk)
    tokens = _permitted(inbox, paste=paste)
    db = wiring.open_database(settings)
    try:
        grants.keep(db, name, tokens, key, who=f"{getpass.getuser()} (command line)", now=wiring.utc_now())
        click.echo(f"The inbox {name} is signed in; `triage serve` goes on by itself.")
        if tokens.until:
            click.echo(f"The provider lets this last until {tokens.until:%Y-%m-%d %H:%M} UTC.")
        try:
            click.echo(inboxes.collecting(inbox, granting.sign_in(settings.desk, inbox, db, wiring.utc_now)))
        except TriageError as error:
            raise TriageError(f"The mail server does not follow yet: {checking.in_words(error)}") from error
    finally:
        db.close()


def _permitted(inbox: Inbox, *, paste: bool) -> Tokens:
    """Have somebody permit it in a browser. Raises TriageError."""
    from triage.granting import loopback
    from triage.granting.authority import HttpAuthority

    authority, user = HttpAuthority(inbox.oauth, wiring.utc_now), inbox.imap.user
    if authority.endpoints.device and not paste:
        code = authority.device_code()
        click.echo(f"Open {code.address} in any browser, sign in as {user}, and type this code in:\n")
        click.echo(f"    {code.user_code}\n\nWaiting ... (Ctrl-C stops)")
        return authority.wait_for(code)
    if not authority.endpoints.authorize:
        raise ConfigError("There is no authorize_url under oauth. Next: leave --paste out, or add it.")
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    question = f"Open this in a browser, sign in as {user}, and permit it:\n"
    if paste:
        there = authority.way_there(back=NOWHERE, state=state, verifier=verifier, user=user)
        click.echo(f"{question}\n{there}\n")
        click.echo("The browser then says that it cannot open a page. Copy that page's whole address.")
        return authority.redeem(loopback.code_of(click.prompt("Address"), state), back=NOWHERE, verifier=verifier)
    with loopback.Back() as back:
        there = authority.way_there(back=back.address, state=state, verifier=verifier, user=user)
        click.echo(f"{question}\n{there}\n\nWaiting for the browser on this machine ... (Ctrl-C stops)")
        return authority.redeem(back.wait(state), back=back.address, verifier=verifier)


COMMANDS = (login,)
