"""A small OpenID provider on loopback that keeps the rules, and breaks each of them when told to."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

CLIENT = "triage-desk"
SECRET = "a secret/with+odd%41signs"


@dataclass
class Wrongs:
    """What the provider does wrong; nothing by default."""

    claims: dict[str, Any] = field(default_factory=dict)  # in place of the right ones; None leaves one out
    token: Callable[["OidcProvider", dict[str, Any]], str] | None = None  # makes the ID token in place of the key
    error: str = ""  # sends people back with this
    back: dict[str, str | None] = field(default_factory=dict)  # on the way back, in place of what belongs there
    said: dict[str, Any] = field(default_factory=dict)  # in the discovery document; None leaves one out
    status: int = 0  # for every answer
    text: bytes | None = None  # for every answer
    token_redirect: str = ""  # where the token endpoint sends the desk on to
    reuses_codes: bool = False


class OidcProvider:
    """Signs everybody in as `subject` at once. Use as a context manager; `back` is the registered way back."""

    def __init__(self, clock: Callable[[], datetime], back: str) -> None:
        self.clock = clock
        self.back = back
        self.subject = "subject-of-ali"
        self.amr: list[str] | None = None
        self.key: RSAKey | ECKey = RSAKey.generate_key(2048, {"kid": "first"})
        self.wrongs = Wrongs()
        self.names_itself = True  # RFC 9207
        self.posts_secret = True
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(_Handler):
            def provider(self) -> OidcProvider:
                return provider

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.issuer = (
            f"http://localhost:{self._server.server_address[1]}/agency"  # another site than the desk, to browsers
        )

    def __enter__(self) -> "OidcProvider":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()

    def discovery(self) -> dict[str, Any]:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [f"client_secret_{'post' if self.posts_secret else 'basic'}"],
            "authorization_response_iss_parameter_supported": self.names_itself,
        }
        return {name: value for name, value in (said | self.wrongs.said).items() if value is not None}

    def keys(self) -> dict[str, Any]:
        odd = [{"kty": "OKP", "crv": "X25519", "x": "AA"}, {"kty": "RSA", "n": "not a number"}, "no key at all"]
        return {"keys": [*odd, self.key.as_dict(private=False)]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent; AssertionError for what a strict provider refuses."""
        assert query["client_id"] == CLIENT
        assert query["redirect_uri"] == self.back
        assert query["response_type"] == "code"
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        assert len(query["code_challenge"]) == 43
        answer: dict[str, str | None] = {"state": query["state"]}
        if self.names_itself:
            answer["iss"] = self.issuer
        if self.wrongs.error:
            answer |= {"error": self.wrongs.error, "error_description": "Call mallory at once"}
        else:
            code = secrets.token_urlsafe(16)
            self._codes[code] = query
            answer["code"] = code
        answer |= self.wrongs.back
        return f"{self.back}?{urlencode({name: value for name, value in answer.items() if value is not None})}"

    def redeem(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if self._client(form, authorization) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        known = self._codes.get(form["code"]) if self.wrongs.reuses_codes else self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if (
            known is None
            or form["grant_type"] != "authorization_code"
            or form["redirect_uri"] != known["redirect_uri"]
            or known["code_challenge"] != challenge.rstrip("=")
        ):
            return 400, {"error": "invalid_grant"}
        token = self.id_token(known["nonce"])
        self.tokens.append(token)
        return 200, {"access_token": "an access token", "token_type": "Bearer", "expires_in": 300, "id_token": token}

    def id_token(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "amr": self.amr,
        }
        claims = {name: value for name, value in (claims | self.wrongs.claims).items() if value is not None}
        if self.wrongs.token is not None:
            return self.wrongs.token(self, claims)
        return signed(self.key, claims)

    def _client(self, form: dict[str, str], authorization: str) -> tuple[str, str]:
        if self.posts_secret:
            return form.get("client_id", ""), form.get("client_secret", "")
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return unquote(name), unquote(secret)


class _Handler(BaseHTTPRequestHandler):
    def provider(self) -> OidcProvider:
        raise NotImplementedError

    def do_GET(self) -> None:
        provider, url = self.provider(), urlsplit(self.path)
        page = url.path.rpartition("/")[2]
        provider.asked.append(page)
        if page == "authorize":
            self._redirect(provider.authorize(_flat(url.query)))
        elif page == "openid-configuration":
            self._json(200, provider.discovery())
        elif page == "keys":
            self._json(200, provider.keys())
        else:
            self._json(404, {})

    def do_POST(self) -> None:
        provider = self.provider()
        provider.asked.append(urlsplit(self.path).path.rpartition("/")[2])
        form = _flat(self.rfile.read(int(self.headers["content-length"])).decode())
        if provider.wrongs.token_redirect:
            self._redirect(provider.wrongs.token_redirect, 307)
            return
        self._json(*provider.redeem(form, self.headers.get("authorization", "")))

    def _redirect(self, where: str, status: int = 302) -> None:
        self.send_response(status)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, status: int, value: dict[str, Any]) -> None:
        wrongs = self.provider().wrongs
        body = json.dumps(value).encode() if wrongs.text is None else wrongs.text
        self.send_response(wrongs.status or status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def signed(key: RSAKey | ECKey, claims: dict[str, Any]) -> str:
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key)


def unsigned(_: OidcProvider, claims: dict[str, Any]) -> str:
    """alg "none" (RFC 7518 section 3.6)."""
    return f"{_packed({'alg': 'none'})}.{_packed(claims)}."


def with_the_public_key(provider: OidcProvider, claims: dict[str, Any]) -> str:
    """HS256 with the public key as the secret, which everybody knows."""
    pem = provider.key.as_pem(private=False)
    # joserfc refuses such a secret, so the token is made by hand.
    text = f"{_packed({'alg': 'HS256', 'kid': provider.key.kid})}.{_packed(claims)}"
    seal = hmac.new(pem, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def with_the_clients_secret(_: OidcProvider, claims: dict[str, Any]) -> str:
    """HS256 with the client's secret, which the specification knows and this desk does not take."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET.encode()))


def with_another_key(provider: OidcProvider, claims: dict[str, Any]) -> str:
    """Signed by somebody else who uses the name of the provider's key."""
    return signed(RSAKey.generate_key(2048, {"kid": provider.key.kid}), claims)


def with_an_unknown_key(_: OidcProvider, claims: dict[str, Any]) -> str:
    return signed(RSAKey.generate_key(2048, {"kid": "nobody's"}), claims)


def changed(provider: OidcProvider, claims: dict[str, Any]) -> str:
    """Signed well, then changed."""
    head, _, seal = signed(provider.key, claims).split(".")
    return f"{head}.{_packed(claims | {'sub': 'subject-of-carol'})}.{seal}"


def no_token(_: OidcProvider, __: dict[str, Any]) -> str:
    return "this is no token"


def _packed(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _flat(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
