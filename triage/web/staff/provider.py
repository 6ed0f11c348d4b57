"""The sign-in service of an organisation: what it says of itself, and who it says somebody is.

OpenID Connect Core 1.0 with the authorization code flow and PKCE (RFC 7636), guarded as RFC 9700 advises. Tokens
are read once and not kept. Every error says whether to try again (Temporary) or who has to act (Permanent).
"""

import base64
import hashlib
import hmac
import json
import logging
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2

from triage.errors import ConfigError, Permanent, Temporary, TriageError
from triage.ports import Clock
from triage.settings import LOOPBACK, Oidc, is_safe_address
from triage.web.staff.id_tokens import Identity, Keys, UnknownKey, verified

log = logging.getLogger(__name__)

KEPT = timedelta(hours=1)  # how long what the service says of itself is taken to hold
PAUSE = timedelta(seconds=30)  # after a failure nobody else has to wait for the same
NEW_KEYS = timedelta(minutes=1)  # how often a token may name a key that nobody has seen
SECONDS = 10.0
MOST = 1_000_000  # bytes of one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the sign-in service says of itself, as far as it is used here."""

    authorize: str
    token: str
    keys: Keys
    posts_secret: bool  # the secret goes into the form and not into a header
    names_itself: bool  # it adds `iss` to the way back (RFC 9207)


class Provider:
    """One sign-in service. Safe to share between threads."""

    def __init__(self, settings: Oidc, *, back: str, clock: Clock) -> None:
        """`back` is the address of this desk that the service sends people back to."""
        self.name = settings.name
        self.back = back
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._service: Service | None = None
        self._asked_at: datetime | None = None
        self._failed: tuple[datetime, TriageError] | None = None

    @property
    def issuer(self) -> str:
        return self._settings.issuer

    def way_there(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in. Raises Temporary or Permanent."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self.back,
            "scope": "openid",  # only who it is: the desk wants no name and no address
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = self.service().authorize
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"

    def check_sender(self, named: str | None) -> None:
        """Permanent when the way back names another service than this one (RFC 9207 section 2.4: mix-up)."""
        if named is None and self.service().names_itself:
            raise Permanent(f"{self.name} left out its own name, which it had promised to send.")
        if named is not None and not hmac.compare_digest(named.encode(), self.issuer.encode()):
            raise Permanent("This answer came from another sign-in service.")

    def redeem(self, code: str, *, nonce: str, verifier: str) -> Identity:
        """Who signed in there, for a code that came back. Raises Temporary, Permanent or ConfigError."""
        token = self._exchange(code, verifier)
        facts = {"issuer": self.issuer, "client_id": self._settings.client_id, "nonce": nonce}
        try:
            return verified(token, self.service().keys, now=self._clock(), **facts)
        except UnknownKey:
            # The service has changed its keys within the hour.
            return verified(token, self.service(newer_than=NEW_KEYS).keys, now=self._clock(), **facts)

    def service(self, newer_than: timedelta = KEPT) -> Service:
        """What the service says of itself, asked at most once an hour. Raises Temporary or Permanent."""
        now = self._clock()
        if self._service is not None and self._asked_at is not None and now - self._asked_at < newer_than:
            return self._service
        # A service that hangs must not hold every thread of the desk: passwords still work.
        if not self._lock.acquire(timeout=1):
            raise Temporary(f"{self.name} is being asked at this moment.")
        try:
            if self._failed is not None and now - self._failed[0] < PAUSE:
                error = self._failed[1]
                raise type(error)(str(error))
            self._service, self._asked_at = self._remembering(now), now
            return self._service
        finally:
            self._lock.release()

    def _remembering(self, now: datetime) -> Service:
        """Ask anew, and keep in mind for a while what went wrong."""
        try:
            service = self._discover()
        except TriageError as error:
            self._failed = now, error
            raise
        self._failed = None
        return service

    def _discover(self) -> Service:
        said = self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        # Core section 4.3 of Discovery: exactly the name that was asked, or somebody else answers for it.
        if said.get("issuer") != self.issuer:
            raise Permanent(
                f"{self.name} calls itself {str(said.get('issuer'))[:200]!r} and not {self.issuer!r}. "
                "Next: write into [oidc] issuer exactly what it calls itself."
            )
        addresses = {}
        for field in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            address = said.get(field)
            if not isinstance(address, str) or not is_safe_address(address):
                raise Permanent(f"{self.name} names no https address as its {field}. Next: ask those who run it.")
            addresses[field] = address
        methods = said.get("token_endpoint_auth_methods_supported")
        return Service(
            authorize=addresses["authorization_endpoint"],
            token=addresses["token_endpoint"],
            keys=Keys.read(self._get(addresses["jwks_uri"])),
            # In a header the secret has to be escaped first, which services disagree about.
            posts_secret=isinstance(methods, list) and "client_secret_post" in methods,
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )

    def _exchange(self, code: str, verifier: str) -> str:
        """The ID token for a code; the access token beside it is dropped at once."""
        service, client, secret = self.service(), self._settings.client_id, self._settings.secret()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": verifier,
        }
        auth = None
        if service.posts_secret:
            form |= {"client_id": client, "client_secret": secret}
        else:
            auth = httpx2.BasicAuth(quote(client, safe=""), quote(secret, safe=""))  # RFC 6749 section 2.3.1
        status, said = self._ask("POST", service.token, data=form, auth=auth)
        if status == 200 and isinstance(said.get("id_token"), str):
            return str(said["id_token"])
        log.warning("sign-in service refused a code status=%d", status)
        if said.get("error") in ("invalid_client", "unauthorized_client"):
            raise ConfigError(
                f"{self.name} does not know this desk. Next: whoever runs this machine corrects client_id and "
                "client_secret under [oidc]."
            )
        raise Permanent(f"{self.name} did not accept the way back; it is good once and for a short time.")

    def _get(self, address: str) -> Mapping[str, Any]:
        status, said = self._ask("GET", address)
        if status != 200:
            raise Temporary(f"{self.name} answers with an error ({status}).")
        return said

    def _ask(self, method: str, address: str, **options: Any) -> tuple[int, Mapping[str, Any]]:
        """The status and the JSON object that answer. Redirects are not followed: a secret may be in the question."""
        deadline = time.monotonic() + SECONDS
        here = urlsplit(address).hostname in LOOPBACK
        try:
            with (
                httpx2.Client(timeout=SECONDS, verify=_trusted(), trust_env=not here) as client,
                client.stream(method, address, headers={"Accept": "application/json"}, **options) as answer,
            ):
                data = bytearray()
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > MOST or time.monotonic() > deadline:
                        raise Temporary(f"{self.name} takes too long to answer.")
        except httpx2.HTTPError as error:
            raise Temporary(f"{self.name} does not answer ({type(error).__name__}).") from error
        if answer.status_code >= 500:
            raise Temporary(f"{self.name} answers with an error ({answer.status_code}).")
        try:
            said = json.loads(data)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise Temporary(f"{self.name} answers with something else than JSON ({answer.status_code}).")
        return answer.status_code, said


def _trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts, as for mail."""
    return ssl.create_default_context()
