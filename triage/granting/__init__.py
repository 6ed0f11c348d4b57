"""The door to the services that give out tokens for mail: Google, Microsoft, and others that keep RFC 6749."""

import os
from pathlib import Path

from triage import sealing
from triage.desk.grants import Grant
from triage.errors import ConfigError
from triage.house import Tokens
from triage.ports import Clock
from triage.settings import Desk, Inbox, OAuth, read_secret
from triage.store.database import Database


def sign_in(desk: Desk, inbox: Inbox, db: Database, clock: Clock) -> Grant | None:
    """What opens the mail servers of an inbox; None for one with a password."""
    if not inbox.oauth.client_id:
        return None
    return Grant(db, clock, inbox.name, _LazyAuthority(inbox.oauth, clock), lambda: key(desk))


def key(desk: Desk) -> str:
    """The key that tokens are sealed with. Raises ConfigError."""
    return read_secret(desk.key, "[desk] key")


def make_key(desk: Desk) -> str:
    """The key; a file that is not there yet is made, for its owner only. Raises ConfigError."""
    scheme, _, name = desk.key.partition(":")
    if scheme == "file" and name:
        path = Path(name).expanduser()
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(sealing.new_key() + "\n")
        except FileExistsError:
            pass
        except OSError as error:
            raise ConfigError(
                f"The key of the desk cannot be written to {path}: {error.strerror}. Next: correct [desk] key."
            ) from error
    return key(desk)


class _LazyAuthority:
    """Loads what speaks to providers when tokens have to be renewed, which is once an hour or so."""

    def __init__(self, oauth: OAuth, clock: Clock) -> None:
        self._oauth, self._clock = oauth, clock

    def renew(self, refresh: str) -> Tokens:
        from triage.granting.authority import HttpAuthority

        return HttpAuthority(self._oauth, self._clock).renew(refresh)
