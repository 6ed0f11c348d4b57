"""Programs that work with the desk: tokens with which they ask it, webhooks with which it tells them."""

import click

from triage.cli.context import Context, acting, pass_context, person
from triage.desk import telling, tokens, webhooks
from triage.store import tokens as kept_tokens
from triage.store import webhooks as kept_webhooks


@click.group()
def token() -> None:
    """Personal tokens for the API."""


@token.command("add")
@click.argument("purpose", metavar="NAME")
@acting
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in tokens.Scope]),
    multiple=True,
    required=True,
    help="What it may do; give it again for each.",
)
@click.option("--days", type=int, help="How long it lasts (default: until it is ended).")
@pass_context
def token_add(context: Context, purpose: str, name: str, *, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a token NAME for a person and print it; it is never shown again."""
    with context.service() as service:
        _, made = tokens.add(service.desk, person(service, name), name=purpose, scopes=scopes, days=days)
    click.echo(made)


@token.command("list")
@pass_context
def token_list(context: Context) -> None:
    """Everybody's tokens, without the tokens themselves."""
    with context.service() as service:
        found = kept_tokens.every(service.desk.db)
    for one in found:
        until = f"until {one.expires_at:%Y-%m-%d}" if one.expires_at else "until it is ended"
        used = f"used {one.seen_at:%Y-%m-%d}" if one.seen_at else "never used"
        click.echo(f"{one.id:>5}  {one.person:<16} {','.join(one.scopes):<16} {until}, {used}  {one.name}")


@token.command("end")
@click.argument("token_id", type=int, metavar="ID")
@acting
@pass_context
def token_end(context: Context, token_id: int, name: str) -> None:
    """Make a token worthless at once, one's own or, as an editor, anybody's."""
    with context.service() as service:
        ended = tokens.end(service.desk, person(service, name), token_id)
    click.echo(f"The token “{ended.name}” of {ended.person} is ended.", err=True)


@click.group()
def webhook() -> None:
    """Programs elsewhere that are told what happens to letters."""


@webhook.command("add")
@click.argument("url")
@acting
@click.option(
    "--event",
    "events",
    type=click.Choice(list(telling.EVENTS)),
    multiple=True,
    help="What it is told; give it again for each (default: everything).",
)
@pass_context
def webhook_add(context: Context, url: str, name: str, events: tuple[str, ...]) -> None:
    """Tell the program at URL from now on; prints the secret that signs what it is told, which is never shown again."""
    with context.service() as service:
        made = webhooks.add(service.desk, person(service, name), url=url, events=events or telling.EVENTS)
    click.echo(made.secret)


@webhook.command("list")
@pass_context
def webhook_list(context: Context) -> None:
    """All webhooks, with how the last delivery went."""
    with context.service() as service:
        found = [
            (hook, kept_webhooks.last(service.desk.db, hook.id, 1)) for hook in kept_webhooks.every(service.desk.db)
        ]
    for hook, last in found:
        state = "told" if hook.active else "pauses"
        went = (last[0].error or "taken") if last and last[0].tries else "nothing told yet"
        click.echo(f"{hook.id:>5}  {state:<6} {hook.url}  {','.join(hook.events)}  {went}")


@webhook.command("end")
@click.argument("webhook_id", type=int, metavar="ID")
@acting
@pass_context
def webhook_end(context: Context, webhook_id: int, name: str) -> None:
    """Tell a program nothing any more."""
    with context.service() as service:
        webhooks.end(service.desk, person(service, name), webhook_id)
    click.echo(f"Webhook {webhook_id} is ended.", err=True)


COMMANDS = (token, webhook)
