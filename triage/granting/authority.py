"""One service that gives out tokens (OAuth 2.0): the way there, codes for tokens, and tokens for newer ones.

Of what the service says only its error codes are shown: its sentences may name people.
"""

import re
import ssl
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.httpx_client import OAuth2Client, OAuthError  # type: ignore[import-untyped]

from triage import providers
from triage.errors import ConfigError, NotLetIn, Permanent, Temporary, TriageError
from triage.house import Tokens
from triage.ports import Clock
from triage.settings import LOOPBACK, OAuth

SECONDS = 15.0
TESTING_LASTS = timedelta(days=7)
"""Of an app that is in testing (developers.google.com/identity/protocols/oauth2#expiration)."""

SLOW_DOWN = 5.0  # seconds more between two questions (RFC 8628 section 3.5)
ENDED = ("invalid_grant", "interaction_required", "login_required", "consent_required")
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
TOO_LATE = "Nobody typed the code in while it was good. Next: run the command again."
_DETAIL = re.compile(r"AADSTS\d+")  # Microsoft's own codes, which its documentation lists


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """What somebody types in where, and how the desk asks whether that was done."""

    address: str
    user_code: str
    device_code: str
    seconds: float
    every: float


class HttpAuthority:
    """The service of one inbox; see `ports.Authority`."""

    def __init__(self, oauth: OAuth, clock: Clock) -> None:
        self.endpoints = providers.endpoints(oauth)
        self._oauth = oauth
        self._clock = clock

    def renew(self, refresh: str) -> Tokens:
        with self._asking() as client:
            return self._tokens(client.refresh_token(self.endpoints.token, refresh_token=refresh))

    def way_there(self, *, back: str, state: str, verifier: str, user: str) -> str:
        """The address that somebody opens to permit it; the browser comes back to `back` with a code (PKCE, S256)."""
        with self._asking() as client:
            address, _ = client.create_authorization_url(
                self.endpoints.authorize,
                state=state,
                code_verifier=verifier,
                redirect_uri=back,
                login_hint=user,
                **self.endpoints.more,
            )
        return str(address)

    def redeem(self, code: str, *, back: str, verifier: str) -> Tokens:
        """The tokens for a code that came back. Raises as `renew`."""
        with self._asking() as client:
            form = {"code": code, "redirect_uri": back, "code_verifier": verifier}
            return self._granted(client.fetch_token(self.endpoints.token, grant_type="authorization_code", **form))

    def device_code(self) -> DeviceCode:
        """Begin the way for a machine without a browser (RFC 8628). Raises as `renew`."""
        form = {"client_id": self._oauth.client_id, "scope": " ".join(self.endpoints.scopes)}
        with self._asking() as client:
            answer = client.request("POST", self.endpoints.device, data=form, withhold_token=True)
            said = client.parse_response_token(answer)  # a JSON object, or the service's error
            return DeviceCode(
                address=str(said.get("verification_uri") or said["verification_url"]),
                user_code=str(said["user_code"]),
                device_code=str(said["device_code"]),
                seconds=float(said["expires_in"]),
                every=float(said.get("interval", 5)),
            )

    def wait_for(self, code: DeviceCode, sleep: Callable[[float], None] = time.sleep) -> Tokens:
        """Ask until somebody has typed the code in. Raises NotLetIn when it was refused or is too old."""
        end, every = time.monotonic() + code.seconds, code.every
        while time.monotonic() < end:
            sleep(every)
            try:
                with self._asking() as client:
                    form = {"grant_type": DEVICE, "device_code": code.device_code}
                    return self._granted(client.fetch_token(self.endpoints.token, **form))
            except _NotYet as error:
                every += SLOW_DOWN if error.slower else 0
            except Temporary:
                every *= 2  # RFC 8628 section 3.5 asks for this after a timeout
        raise NotLetIn(TOO_LATE)

    @contextmanager
    def _asking(self) -> Any:
        """A client of the service; its errors come out as TriageError."""
        secret = self._oauth.secret()
        here = urlsplit(self.endpoints.token).hostname in LOOPBACK
        try:
            with OAuth2Client(
                client_id=self._oauth.client_id,
                client_secret=secret or None,
                token_endpoint_auth_method="client_secret_post" if secret else "none",
                scope=" ".join(self.endpoints.scopes),
                code_challenge_method="S256",
                timeout=SECONDS,
                verify=ssl.create_default_context(),
                trust_env=not here,
            ) as client:
                yield client
        except OAuthError as error:
            raise _explained(str(error.error), str(error.description)) from None
        except httpx2.HTTPError as error:
            kind = type(error).__name__
            raise Temporary(f"The sign-in service does not answer ({kind}). It is tried again.") from None
        except (ValueError, KeyError, TypeError) as error:
            raise Temporary("The sign-in service answers with something strange. It is tried again.") from error

    def _granted(self, said: dict[str, Any]) -> Tokens:
        tokens = self._tokens(said)
        if not tokens.refresh:
            raise Permanent(
                "The provider gave no lasting permission (no refresh token). Next: permit offline access, or remove "
                "the desk from the account's connected apps and run the command again."
            )
        if tokens.until is None and self._oauth.testing:
            return replace(tokens, until=self._clock() + TESTING_LASTS)
        return tokens

    def _tokens(self, said: dict[str, Any]) -> Tokens:
        now = self._clock()
        lasts = said.get("refresh_token_expires_in")
        return Tokens(
            access=str(said["access_token"]),
            access_until=now + timedelta(seconds=int(said.get("expires_in", 3600))),
            refresh=str(said.get("refresh_token") or ""),
            until=now + timedelta(seconds=int(lasts)) if lasts else None,
        )


class _NotYet(Temporary):
    """Nobody has typed the code in so far."""

    def __init__(self, *, slower: bool) -> None:
        super().__init__("Nobody has typed the code in so far.")
        self.slower = slower


def _explained(code: str, description: str) -> TriageError:
    """The service's error for whoever acts next (RFC 6749 section 5.2, RFC 8628 section 3.5)."""
    detail = _DETAIL.search(description)
    said = f"{code[:60]}, {detail[0]}" if detail else code[:60]
    found: TriageError = Temporary(f"The sign-in service refused ({said}). It is tried again.")
    if code in ("authorization_pending", "slow_down"):
        found = _NotYet(slower=code == "slow_down")
    elif code in ("invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type"):
        found = ConfigError(
            f"The sign-in service does not know this desk ({said}). Next: check client_id, client_secret and tenant "
            "under oauth, and what the app there may do."
        )
    elif code in ("access_denied", "authorization_declined"):
        found = NotLetIn(f"It was not permitted ({said}). Next: run the command again and permit it.")
    elif code == "expired_token":
        found = NotLetIn(TOO_LATE)
    elif code in ENDED:
        found = NotLetIn(f"The sign-in at the mail provider has ended ({said}).")
    return found
