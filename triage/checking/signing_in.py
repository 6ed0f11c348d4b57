"""Whether an inbox can be signed in to with tokens."""

from collections.abc import Iterator
from contextlib import contextmanager

from triage import granting, wiring
from triage.errors import Permanent
from triage.ports import SignIn
from triage.settings import Inbox, Settings
from triage.store import credentials
from triage.store.database import Database


@contextmanager
def opened(settings: Settings, inbox: Inbox) -> Iterator[SignIn | None]:
    """What opens the servers of an inbox, while the database is open; None for one with a password."""
    if not inbox.oauth.client_id:
        yield None
        return
    db = Database(settings.desk.database)
    try:
        yield granting.sign_in(settings.desk, inbox, db, wiring.utc_now)
    finally:
        db.close()


def token(settings: Settings, inbox: Inbox, sign_in: SignIn) -> str:
    """Have a token at hand, and say how long this sign-in lasts."""
    if not wiring.has_database(settings):
        raise Permanent(f"Nobody has signed it in yet. Next: run `triage login {inbox.name}`.")
    sign_in.token()
    db = Database(settings.desk.database)
    try:
        known = credentials.find(db, inbox.name)
    finally:
        db.close()
    until = f" until {known.expires_at:%Y-%m-%d}" if known and known.expires_at else ""
    return f"{inbox.imap.user} is signed in at its provider{until}."
