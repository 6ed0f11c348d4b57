"""One visit to a sign-in service, from the button to the way back. Pure.

Nothing of it is kept on the server. Everything that has to be secret is derived from the key in this browser's
cookie, and the state carries a seal made with it: a way back that another browser began is worth nothing here.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LASTS = timedelta(minutes=10)


class Purpose(StrEnum):
    """What the visit is for."""

    SIGN_IN = "sign-in"
    LINK = "link"  # an account there to somebody who is signed in here
    WELCOME = "welcome"  # the same for somebody whom an editor gave a link


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """What is remembered of it in the state (RFC 6749 section 4.1.1), which the service only hands back."""

    purpose: Purpose
    next_page: str
    begun: int  # seconds since 1970
    salt: str  # random, so that no two visits have the same secrets

    def state(self, key: str) -> str:
        """The trip with its seal."""
        packed = base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()
        return f"{packed}.{_derived(key, 'state', packed)}"

    def nonce(self, key: str) -> str:
        """What the ID token has to repeat."""
        return _derived(key, "nonce", self.salt)

    def verifier(self, key: str) -> str:
        """The secret of PKCE, 64 characters (RFC 7636 section 4.1)."""
        return _derived(key, "verifier", self.salt)


def read(state: str, key: str, now: datetime) -> Trip | None:
    """The trip that this browser began with `key`; None when another one did, or too long ago."""
    packed, _, seal = state.partition(".")
    if not key or not hmac.compare_digest(seal.encode(), _derived(key, "state", packed).encode()):
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(packed))
        trip = Trip(
            purpose=Purpose(found["purpose"]),
            next_page=str(found["next_page"]),
            begun=int(found["begun"]),
            salt=str(found["salt"]),
        )
    except (ValueError, TypeError, KeyError):  # who has the key can seal anything
        return None
    return trip if trip.begun <= now.timestamp() < trip.begun + LASTS.total_seconds() else None


def _derived(key: str, what: str, of: str) -> str:
    return hmac.new(key.encode(), f"{what} {of}".encode(), hashlib.sha256).hexdigest()
