"""The webhooks of the desk: who is told what. Editors look after them."""

import base64
import re
import secrets
from collections.abc import Collection
from urllib.parse import urlsplit

from triage import stages
from triage.desk import Desk, telling
from triage.errors import Conflict, NotAllowed
from triage.house import Webhook
from triage.ports import Caller
from triage.records import Person
from triage.settings import LOOPBACK
from triage.stages import Duty
from triage.store import webhooks as store

LONGEST_URL = 500
MOST = 20
_PRINTABLE = re.compile(r"[!-~]+")


def add(desk: Desk, person: Person, *, url: str, events: Collection[str]) -> Webhook:
    """Make a webhook that is told these events from now on. Its secret is shown once and signs what it is told."""
    check(person)
    url = checked(url)
    chosen = tuple(event for event in telling.EVENTS if event in events)
    if not chosen or set(events) - set(telling.EVENTS):
        raise Conflict("This webhook would never be told anything. Next: choose what it is told.")
    if len(store.every(desk.db)) >= MOST:
        raise Conflict(f"The desk has {MOST} webhooks, which is the most. Next: end one that is no longer used.")
    secret = telling.SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    return store.add(desk.db, url=url, secret=secret, events=chosen, who=person.name, now=desk.clock())


def switch(desk: Desk, person: Person, webhook_id: int, *, active: bool) -> None:
    """Pause a webhook, or let it go on with what happens from now on."""
    check(person)
    store.switch(desk.db, webhook_id, active=active, who=person.name, now=desk.clock())


def end(desk: Desk, person: Person, webhook_id: int) -> None:
    """Forget a webhook, and what it has not been told yet."""
    check(person)
    store.end(desk.db, webhook_id, who=person.name, now=desk.clock())


def test(desk: Desk, person: Person, webhook_id: int, caller: Caller) -> tuple[int, str]:
    """Tell a webhook that this is a test: the status of its answer (0: none), and what went wrong."""
    check(person)
    webhook, now = store.one(desk.db, webhook_id), desk.clock()
    return telling.post(caller, webhook, *telling.test_message(webhook, now), now=now)


def check(person: Person) -> None:
    """Raise NotAllowed unless this person looks after settings."""
    if not stages.has_duty(person.role, Duty.SETTINGS):
        raise NotAllowed("Webhooks are looked after by editors. Next: ask one of them.")


def checked(url: str) -> str:
    """The address without space around it; Conflict with the reason when it may not be called."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or len(url) > LONGEST_URL or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise Conflict("That is no address of a program. Next: write it as https://example.org/path.")
    if parts.username is not None or parts.fragment:
        raise Conflict("The address holds a password or a part after “#”. Next: write it without; it is signed anyway.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise Conflict("What is told would be readable on its way. Next: use an address that begins with https://.")
    return url
