"""What is a good answer to a question of `triage init`: text in, value out, or UsageError, and it is asked again."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from triage import providers, settings


def line(text: str) -> str:
    """One line that can be shown."""
    text = text.strip()
    if not text.isprintable():
        raise click.UsageError("That has characters that cannot be shown.")
    return text


def lines(text: str) -> str:
    r"""Several lines; "\n" stands for the end of one where they have to be given as one."""
    return "\n".join(line(part) for part in text.replace("\\n", "\n").splitlines())


def address(text: str) -> str:
    """One mail address."""
    text = line(text)
    local, _, domain = text.partition("@")
    if not local or not domain or "@" in domain or " " in text:
        raise click.UsageError("That is not a mail address such as advice@example.org.")
    return text


def one_of(*choices: str) -> Callable[[str], str]:
    """A question with a few answers."""

    def accept(text: str) -> str:
        if text.strip().lower() not in choices:
            raise click.UsageError(f"Answer with one of {', '.join(choices)}.")
        return text.strip().lower()

    return accept


PROVIDERS = (*(provider.key for provider in providers.PROVIDERS), providers.OWN)
provider = one_of(*PROVIDERS)
tls = one_of(*settings.TLS)
keeping = one_of("file", "env")


def port(text: str) -> int:
    """A TCP port."""
    if not re.fullmatch(r"[0-9]{1,5}", text.strip()) or not 1 <= int(text) <= 65535:
        raise click.UsageError("A port is a number from 1 to 65535.")
    return int(text)


def variable(text: str) -> str:
    """The name of an environment variable."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text.strip()):
        raise click.UsageError("The name of a variable has letters, digits and _ only.")
    return text.strip()


def zone(text: str) -> str:
    """The name of a time zone."""
    try:
        ZoneInfo(text.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise click.UsageError("That is not a time zone such as America/New_York.") from error
    return text.strip()


def moment(text: str, now: datetime, zone_name: str) -> datetime | None:
    """From when on letters count, a date being its first moment in the zone; None: all of them."""
    text = text.strip().lower()
    if text in ("now", "everything"):
        return now if text == "now" else None
    try:
        found = datetime.combine(date.fromisoformat(text), time(), ZoneInfo(zone_name))
    except ValueError as error:
        raise click.UsageError('Answer "now", "everything", or a date such as 2026-11-01.') from error
    if found > now:
        raise click.UsageError("That date has not come yet.")
    return found
