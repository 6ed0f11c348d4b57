"""Reading an ID token, which says who signed in (OpenID Connect Core 1.0 sections 2 and 3.1.3.7). Pure."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from triage.errors import Permanent

ALGORITHMS = ["RS256", "ES256"]  # never "none", and nothing that a public key could serve as a secret for
LEEWAY = 60  # seconds that two clocks may differ
SECOND_FACTORS = {"mfa", "otp", "hwk"}  # RFC 8176 section 2


class UnknownKey(Permanent):
    """The token is signed with a key that the service has not published, or not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody as the service knows them."""

    name: str  # the issuer and the subject, with a space between
    strong: bool  # the service asked for a second factor


@dataclass(frozen=True, slots=True)
class Keys:
    """The public keys that a service signs with."""

    known: tuple[RSAKey | ECKey, ...]

    @classmethod
    def read(cls, published: Mapping[str, Any]) -> "Keys":
        """Those of a JWK set (RFC 7517) that can check a signature; odd ones are left out (section 5)."""
        listed = published.get("keys")
        found: list[RSAKey | ECKey] = []
        for data in listed if isinstance(listed, list) else ():
            if not isinstance(data, dict) or data.get("use", "sig") != "sig":
                continue
            try:
                if data.get("kty") == "RSA":
                    found.append(RSAKey.import_key(data))
                elif data.get("kty") == "EC":
                    found.append(ECKey.import_key(data))
            except (JoseError, ValueError, KeyError, TypeError):
                continue
        return cls(tuple(found))

    def signer(self, header: Mapping[str, Any]) -> RSAKey | ECKey:
        """The one key that a token's header can mean. Raises UnknownKey."""
        kind = "EC" if header.get("alg") == "ES256" else "RSA"
        name = header.get("kid")
        fitting = [key for key in self.known if key.key_type == kind and (name is None or key.kid == name)]
        if len(fitting) != 1:
            raise UnknownKey("The proof is signed with a key that is not known.")
        return fitting[0]


def verified(token: str, keys: Keys, *, issuer: str, client_id: str, nonce: str, now: datetime) -> Identity:
    """Who the token speaks of. Raises Permanent, in words for the person who signs in, unless every check holds."""
    try:
        header = jws.extract_compact(token.encode()).headers()
        if header.get("alg") not in ALGORITHMS:
            raise Permanent("The proof is signed in a way that is not safe.")
        claims = jwt.decode(token, keys.signer(header), algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            sub={"essential": True},
            aud={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError) as error:
        raise Permanent(f"The proof of who you are does not hold ({type(error).__name__}).") from error
    # An audience beside this desk is nobody that the desk trusts (section 3.1.3.7, point 3).
    if claims["aud"] not in (client_id, [client_id]) or claims.get("azp", client_id) != client_id:
        raise Permanent("The proof of who you are was made for somebody else than this desk.")
    if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
        raise Permanent("The proof of who you are belongs to another visit.")
    subject = claims["sub"]
    if not (subject.isascii() and subject.isprintable() and 0 < len(subject) <= 255):
        raise Permanent("The proof does not say who you are.")
    methods = claims.get("amr")
    strong = isinstance(methods, list) and any(
        method in SECOND_FACTORS for method in methods if isinstance(method, str)
    )
    return Identity(name=f"{issuer} {subject}", strong=strong)
