"""A service that gives out tokens (RFC 6749, 7636, 8252, 8628) and is as strict as the strictest provider."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT = "triage-desk"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class TokenService:
    """On a free port of 127.0.0.1; `mint` makes the access tokens. Use as a context manager.

    Everybody permits everything at once, in the browser or, after `answers` has been said, at the device code. A
    refresh token is good once when it `rotates`; who uses a spent one loses the whole grant (RFC 9700 section 4.14.2).
    """

    def __init__(self, mint: Callable[[], str]) -> None:
        self.mint = mint
        self.rotates = True
        self.expires_in = 3600
        self.refresh_expires_in = 0
        self.answers: list[str] = []  # errors said first to whoever waits for a device code
        self.error = ""  # said to every renewal
        self.status = 0  # of every answer, in place of the right one
        self.renewals = 0
        self.asked: list[dict[str, str]] = []  # the forms that came to the token endpoint
        self._grants: dict[str, str] = {}  # by live refresh token: the grant
        self._spent: dict[str, str] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self._devices: set[str] = set()
        self._lock = threading.Lock()
        service = self

        class Handler(_Handler):
            def service(self) -> TokenService:
                return service

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert query["scope"] == "mail offline"
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'state': query['state'], 'code': code})}"

    def device(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        assert form["client_id"] == CLIENT
        assert form["scope"] == "mail offline"
        code = secrets.token_urlsafe(16)
        self._devices.add(code)
        said = {"device_code": code, "user_code": "WDJB-MJHT", "verification_uri": f"{self.url}/device-page"}
        return 200, {**said, "expires_in": 60, "interval": 0}

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with self._lock:
            self.asked.append(form)
            if form.get("client_id") != CLIENT:
                return 401, {"error": "invalid_client"}
            return {
                "refresh_token": self._renew,
                "authorization_code": self._redeem,
                DEVICE: self._typed_in,
            }[form["grant_type"]](form)

    def _renew(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.renewals += 1
        token = form["refresh_token"]
        if self.error:
            return 400, {"error": self.error, "error_description": "AADSTS70008: ali@desk.example has been away"}
        if grant := self._spent.get(token):
            self._grants = {live: of for live, of in self._grants.items() if of != grant}
        if token not in self._grants:
            return 400, {"error": "invalid_grant"}
        grant = self._grants[token]
        if self.rotates:
            self._spent[token] = self._grants.pop(token)
        return 200, self._tokens(grant)

    def _redeem(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        known = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if (
            known is None
            or known["redirect_uri"] != form["redirect_uri"]
            or known["code_challenge"] != challenge.rstrip("=")
        ):
            return 400, {"error": "invalid_grant"}
        return 200, self.grant()

    def _typed_in(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        assert form["device_code"] in self._devices
        if self.answers:
            return 400, {"error": self.answers.pop(0)}
        self._devices.remove(form["device_code"])
        return 200, self.grant()

    def grant(self) -> dict[str, Any]:
        """What the service answers when somebody has permitted it."""
        grant = secrets.token_hex(4)
        return self._tokens(grant) | {"refresh_token": self._refresh(grant)}

    def _tokens(self, grant: str) -> dict[str, Any]:
        said: dict[str, Any] = {"access_token": self.mint(), "token_type": "Bearer", "expires_in": self.expires_in}
        if self.rotates:
            said["refresh_token"] = self._refresh(grant)
        if self.refresh_expires_in:
            said["refresh_token_expires_in"] = self.refresh_expires_in
        return said

    def _refresh(self, grant: str) -> str:
        token = secrets.token_urlsafe(16)
        self._grants[token] = grant
        return token


class _Handler(BaseHTTPRequestHandler):
    def service(self) -> TokenService:
        raise NotImplementedError

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.send_response(302)
        self.send_header("Location", self.service().authorize(_flat(url.query)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        service = self.service()
        form = _flat(self.rfile.read(int(self.headers["content-length"])).decode())
        status, body = service.status, b"<h1>Bad gateway</h1>"
        if not status:
            status, said = service.device(form) if self.path == "/device" else service.token(form)
            body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


def _flat(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
