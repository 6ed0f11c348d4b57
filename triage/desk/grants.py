"""The tokens that open mail servers where a password does not: kept sealed, renewed in time, and told of when they end.

A renewal may spend the refresh token it was made with (RFC 9700 section 4.14.2), so one process at a time renews
those of an inbox, and what it was given is kept before it is used. A process that dies between the two loses nothing;
one that dies between the provider's answer and keeping it may cost a new sign-in where the provider allows no second
use.
"""

import json
import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage import sealing
from triage.desk import Desk
from triage.errors import NotLetIn, Temporary
from triage.house import Tokens
from triage.ports import Authority, Clock
from triage.store import credentials as store
from triage.store.credentials import Credential
from triage.store.database import Database
from triage.store.locks import alone

log = logging.getLogger(__name__)

NEAR = timedelta(minutes=5)
"""An access token that lasts no longer than this is renewed before it is used."""

RENEWED_IN = 10.0
"""Seconds to wait for another process that renews a token; one that was frozen must not keep other inboxes waiting."""

WARN, WARN_SHORT = timedelta(days=7), timedelta(days=2)
"""How long before the end of a whole grant people are told; the second where it lasts two weeks or less.

Google's shortest lasts seven days (`authority.TESTING_LASTS`): people must not be told on the first.
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """The sign-in of one inbox; see `ports.SignIn`. Safe to share between threads."""

    db: Database
    clock: Clock
    account: str
    authority: Authority
    key: Callable[[], str]  # raises ConfigError

    def token(self, refused: str = "") -> str:
        known, tokens = self._kept()
        if _good(tokens, refused, self.clock() + NEAR):
            return tokens.access
        try:
            with alone(self.db, f"sign-in-{zlib.crc32(self.account.encode()):08x}", patience=RENEWED_IN):
                known, tokens = self._kept()  # another process may have renewed it meanwhile
                if _good(tokens, refused, self.clock() + NEAR):
                    return tokens.access
                return self._renewed(known, tokens)
        except Temporary:
            if _good(tokens, refused, self.clock()):
                return tokens.access
            raise

    def _renewed(self, known: Credential, tokens: Tokens) -> str:
        try:
            renewed = self.authority.renew(tokens.refresh)
        except NotLetIn as error:
            said = f"Inbox {self.account!r}: {error} {_again(self.account)}"
            store.refuse(self.db, known, said)
            log.warning("sign-in refused account=%s", self.account)
            raise NotLetIn(said) from error
        return self._keep(known, tokens, renewed)

    def _keep(self, known: Credential, before: Tokens, renewed: Tokens) -> str:
        """Save, then use. Somebody who signed in meanwhile has the last word."""
        secret = sealing.seal(_written(renewed, renewed.refresh or before.refresh), self.key())
        until = renewed.until or known.expires_at
        if store.renew(self.db, known, secret, expires_at=until, now=self.clock()):
            log.info("sign-in renewed account=%s", self.account)
            return renewed.access
        return self._kept()[1].access

    def _kept(self) -> tuple[Credential, Tokens]:
        known = store.find(self.db, self.account)
        if known is None:
            raise NotLetIn(f"Inbox {self.account!r}: nobody has signed it in yet. {_again(self.account)}")
        if known.error:
            raise NotLetIn(known.error)
        return known, _read(sealing.unseal(known.secret, self.key()))


def keep(db: Database, account: str, tokens: Tokens, key: str, *, who: str, now: datetime) -> None:
    """Keep what somebody has permitted just now."""
    secret = sealing.seal(_written(tokens, tokens.refresh), key)
    store.grant(db, account, secret, who=who, expires_at=tokens.until, now=now)


def troubles(desk: Desk) -> list[tuple[str, str]]:
    """Each inbox whose sign-in has ended or ends soon, and that in plain words.

    They are trouble of the kind "sign-in" for whoever tells people of such.
    """
    found = []
    for known in store.every(desk.db):
        inbox = desk.inboxes.get(known.account)
        if inbox is None or not inbox.oauth.client_id:
            continue
        if known.error:
            found.append((known.account, known.error))
        elif known.expires_at is not None and known.expires_at - desk.clock() < _ahead(known, known.expires_at):
            ends = known.expires_at.astimezone(desk.zone)
            over = "has ended" if known.expires_at <= desk.clock() else "ends"
            found.append(
                (
                    known.account,
                    f"Inbox {known.account!r}: the sign-in at its mail provider {over} on {ends:%A, %-d %B at %H:%M}. "
                    f"{_again(known.account)}",
                )
            )
    return found


def _ahead(known: Credential, ends: datetime) -> timedelta:
    return WARN if ends - known.granted_at > 2 * WARN else WARN_SHORT


def _again(account: str) -> str:
    return f"Next: whoever looks after this machine runs `triage login {account}`."


def _good(tokens: Tokens, refused: str, at: datetime) -> bool:
    return tokens.access_until > at and tokens.access != refused


def _written(tokens: Tokens, refresh: str) -> str:
    return json.dumps({"access": tokens.access, "until": tokens.access_until.isoformat(), "refresh": refresh})


def _read(text: str) -> Tokens:
    value = json.loads(text)
    return Tokens(access=value["access"], access_until=datetime.fromisoformat(value["until"]), refresh=value["refresh"])
