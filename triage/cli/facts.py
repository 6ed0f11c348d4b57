"""Facts with a date from the command line: facts list, verify, withdraw, history, restore."""

import json
from datetime import date, datetime
from typing import Any

import click

from triage.cli.context import Context, acting, pass_context, person
from triage.desk import facts as desk_facts
from triage.drafting.book import COUNTRY, Fact


@click.group()
def facts() -> None:
    """The names, links, numbers and hotlines that replies may print, each with its source and date."""


@facts.command("list")
@click.option("--state", metavar="FL", help="Only the facts for readers in this state: its own and the country's.")
@click.option("--unverified", is_flag=True, help="Only those that nobody has verified, or not lately enough.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@pass_context
def list_(context: Context, state: str | None, unverified: bool, as_json: bool) -> None:
    """List the facts."""
    where = state.upper() if state else None
    if where is not None and where not in desk_facts.JURISDICTIONS:
        raise click.BadParameter(f"{state} is not a postal code such as FL.", param_hint="--state")
    with context.service() as service:
        found, today = desk_facts.book(service.desk).facts.values(), desk_facts.today(service.desk)
    chosen = [
        fact
        for fact in found
        if (where is None or fact.jurisdiction in (COUNTRY, where))
        and not (unverified and fact.verified_on and fact.value and not fact.expired(today))
    ]
    if as_json:
        click.echo(json.dumps([_told(fact, today) for fact in chosen], ensure_ascii=False))
        return
    if not chosen:
        click.echo("No facts.", err=True)
    for fact in chosen:
        click.echo(f"{fact.reference:<20}  {_standing(fact, today):<34}  {fact.value or '-'}  [{fact.source}]")


@facts.command()
@click.argument("fact_name", metavar="NAME")
@click.argument("where", metavar="WHERE")
@click.option("--value", required=True, help="What replies print.")
@click.option("--source", required=True, metavar="ADDRESS", help="The page where you found it today.")
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The last day it may be printed (default: 3 months on for a hotline, 6 for a number, 12 for the rest).",
)
@acting
@pass_context
def verify(
    context: Context, *, fact_name: str, where: str, value: str, source: str, expires: datetime | None, name: str
) -> None:
    """Say what a fact is, and that you looked it up today; WHERE is a postal code, or US. For editors."""
    with context.service() as service:
        fact = desk_facts.verify(
            service.desk,
            person(service, name),
            fact_name,
            where,
            value=value,
            source=source,
            expires=expires.date() if expires else None,
        )
    click.echo(f"{fact.reference} is {fact.value}, good until {fact.expires}.", err=True)


@facts.command()
@click.argument("fact_name", metavar="NAME")
@click.argument("where", metavar="WHERE")
@click.option("--why", required=True, help="Why replies cannot rely on it, or where you looked.")
@acting
@pass_context
def withdraw(context: Context, *, fact_name: str, where: str, why: str, name: str) -> None:
    """Say that nobody knows a fact any more: drafts do without it. For editors."""
    with context.service() as service:
        fact = desk_facts.withdraw(service.desk, person(service, name), fact_name, where, why=why)
    click.echo(f"{fact.reference} is withdrawn; drafts do without it.", err=True)


@facts.command()
@click.argument("fact_name", metavar="NAME")
@click.argument("where", metavar="WHERE")
@pass_context
def history(context: Context, fact_name: str, where: str) -> None:
    """Show everything that editors said of a fact, each with its number, the newest first; 0 is the file."""
    with context.service() as service:
        entries = desk_facts.history(service.desk, fact_name, where)
        zone, reference = service.desk.zone, f"{fact_name.strip()}/{where.strip().upper()}"
        file = service.desk.facts.facts.get(reference)
    for entry in entries:
        fact, at = entry.fact, f"{entry.made_at.astimezone(zone):%Y-%m-%d %H:%M}"
        told = (
            f"{fact.value or 'nobody knows it'}  [{fact.source}]  {fact.verified_by}" if fact else "as the file has it"
        )
        click.echo(f"{entry.id:>6}  {at}  {told}")
    if file:
        click.echo(f"{0:>6}  the file          {file.value or 'nobody knows it'}  [{file.source}]")


@facts.command()
@click.argument("fact_name", metavar="NAME")
@click.argument("where", metavar="WHERE")
@click.argument("number", type=int)
@acting
@pass_context
def restore(context: Context, *, fact_name: str, where: str, number: int, name: str) -> None:
    """Let an earlier entry of `facts history` count again, by its NUMBER. For editors."""
    with context.service() as service:
        fact = desk_facts.use_again(service.desk, person(service, name), fact_name, where, number)
    click.echo(f"{fact.reference} is {fact.value or 'what nobody knows'} again.", err=True)


def _standing(fact: Fact, today: date) -> str:
    if not fact.value:
        return f"withdrawn {fact.verified_on} by {fact.verified_by}" if fact.verified_on else "not known"
    if fact.expired(today):
        return f"expired {fact.expires}"
    if fact.verified_on is None:
        return "not verified yet"
    return f"verified {fact.verified_on}" + (f" by {fact.verified_by}" if fact.verified_by else "")


def _told(fact: Fact, today: date) -> dict[str, Any]:
    return {
        "name": fact.name,
        "jurisdiction": fact.jurisdiction,
        "kind": fact.kind,
        "value": fact.value,
        "source": fact.source,
        "seen": fact.seen.isoformat(),
        "verified_on": fact.verified_on.isoformat() if fact.verified_on else None,
        "verified_by": fact.verified_by or None,
        "expires": fact.expires.isoformat() if fact.expires else None,
        "expired": fact.expired(today),
        "printable": fact.printable(today),
    }


COMMANDS = (facts,)
