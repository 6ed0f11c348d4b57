"""The people of the desk, from the command line: user list, add, role, link, leave, back, sign-out and the rest."""

import json
from collections.abc import Callable
from typing import Any, TextIO

import click

from triage.cli.context import Context, pass_context
from triage.desk import Desk, members
from triage.desk.members import OPERATOR
from triage.desk.people import LINK_LASTS, good_password
from triage.house import Member
from triage.records import Person
from triage.stages import Role
from triage.store import house, people

_ROLES = click.Choice([role.value for role in Role])
_name = click.argument("name")


@click.group()
def user() -> None:
    """The people who may sign in."""


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@pass_context
def user_list(context: Context, as_json: bool) -> None:
    """Everybody who works or worked here."""
    with context.service() as service:
        everybody = members.everybody(service.desk, OPERATOR)
    if as_json:
        click.echo(json.dumps([_member(member) for member in everybody], ensure_ascii=False))
        return
    if not everybody:
        click.echo("Nobody yet. Next: `triage user link NAME` makes a link for the first editor.", err=True)
    for member in everybody:
        seen = f"last seen {member.seen_at:%Y-%m-%d %H:%M} UTC" if member.seen_at else "never seen"
        factor = "second factor on" if member.second_factor else "second factor off"
        click.echo(f"{member.name:<20}  {member.role:<10}  {_standing(member):<24}  {factor:<17}  {seen}")


def _standing(member: Member) -> str:
    if not member.active:
        return "has left"
    return "has not used the link yet" if member.expected else "here"


def _member(member: Member) -> dict[str, Any]:
    return {
        "name": member.name,
        "role": member.role,
        "active": member.active,
        "expected": member.expected,
        "email": member.email,
        "second_factor": member.second_factor,
        "seen_at": member.seen_at.isoformat() if member.seen_at else None,
    }


@user.command("add")
@_name
@click.option("--role", type=_ROLES, required=True)
@click.option("--email", default="", help="Where alerts for this person go.")
@click.option("--link", is_flag=True, help="Print a link with which the person chooses a password.")
@click.option("--password-file", type=click.File(encoding="utf-8"), help="Read it from this file's first line.")
@pass_context
def user_add(context: Context, name: str, role: str, *, email: str, link: bool, password_file: TextIO | None) -> None:
    """Add a person. Asks for the password, unless a link is wanted."""
    if link:
        with context.service() as service:
            address = members.add(service.desk, OPERATOR, name, Role(role), email)
        _say_link(name, address)
        return
    if password_file is not None:
        plain = password_file.readline().rstrip("\r\n")
    else:
        plain = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    kept = good_password(plain, name)
    with context.service() as service:
        members.add_with_password(service.desk, OPERATOR, name, Role(role), kept, email=email)
    click.echo(f"{name} can sign in as {role}.", err=True)


@user.command("link")
@_name
@pass_context
def user_link(context: Context, name: str) -> None:
    """Print a link with which a person chooses a new password. The first NAME of a new desk becomes its editor."""
    with context.service() as service:
        known = name in [member.name for member in members.everybody(service.desk, OPERATOR)]
        if not known and people.is_empty(service.desk.db):
            address = members.add(service.desk, OPERATOR, name, Role.EDITOR)
        else:
            address = members.link(service.desk, OPERATOR, name)
    _say_link(name, address)


def _say_link(name: str, address: str) -> None:
    lasts = f"It works once, for {LINK_LASTS.days} days, and is not shown again"
    click.echo(f"Hand this over to {name}. {lasts}:", err=True)
    click.echo(address)


@user.command("role")
@_name
@click.argument("role", type=_ROLES)
@pass_context
def user_role(context: Context, name: str, role: str) -> None:
    """Change what a person may do; it counts at once."""
    with context.service() as service:
        members.set_role(service.desk, OPERATOR, name, Role(role))
    click.echo(f"{name} is an {role}.", err=True)


@user.command("email")
@_name
@click.argument("address", default="")
@pass_context
def user_email(context: Context, name: str, address: str) -> None:
    """Say where alerts for a person go; without ADDRESS nowhere."""
    with context.service() as service:
        members.set_email(service.desk, OPERATOR, name, address)
    click.echo(f"Alerts for {name} go {f'to {address}' if address else 'nowhere'}.", err=True)


@user.command("leave")
@_name
@pass_context
def user_leave(context: Context, name: str) -> None:
    """Let a person go: no signing in, no sessions, no tokens. The name stays in the histories."""
    _change(context, name, members.leave, f"{name} cannot sign in any more.")


@user.command("back")
@_name
@pass_context
def user_back(context: Context, name: str) -> None:
    """Welcome back somebody who had left."""
    _change(context, name, members.come_back, f"{name} can sign in again.")


@user.command("sign-out")
@_name
@pass_context
def user_sign_out(context: Context, name: str) -> None:
    """Sign a person out everywhere, and end the tokens of the person's programs."""
    _change(context, name, members.sign_out, f"{name} is signed out everywhere, programs too.")


@user.command("unlink")
@_name
@pass_context
def user_unlink(context: Context, name: str) -> None:
    """Take the organisation's account off a person, who signs in with a password then."""
    _change(context, name, members.unlink, f"The organisation's account does not sign {name} in any more.")


@user.command("no-second-factor")
@_name
@pass_context
def user_no_second_factor(context: Context, name: str) -> None:
    """Take the second factor off somebody who lost the telephone."""
    _change(context, name, members.take_off_second_factor, f"{name} signs in with the password alone.")


@user.command("log")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@pass_context
def user_log(context: Context, limit: int) -> None:
    """What was changed apart from letters, newest first."""
    with context.service() as service:
        rows = house.log(service.desk.db, limit)
    for row in rows:
        click.echo(f"{row.at:%Y-%m-%d %H:%M} UTC  {row.who} {row.what}")


def _change(context: Context, name: str, act: Callable[[Desk, Person, str], object], done: str) -> None:
    with context.service() as service:
        act(service.desk, OPERATOR, name)
    click.echo(done, err=True)


COMMANDS = (user,)
