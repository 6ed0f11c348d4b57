"""A program elsewhere: a server on loopback that keeps what it is told and checks each signature for itself."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """Answers with `statuses` in turn, then with 204; `holds` makes it wait with the answer until it is set."""

    secret: str = ""
    statuses: list[int] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    holds: threading.Event | None = None
    told: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def __enter__(self) -> "Receiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.take(self)

            do_GET = do_POST

            def log_message(self, format: str, *args: object) -> None:
                """Nothing is written to the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.holds:
            self.holds.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self._server.server_port}/hook"

    @property
    def events(self) -> list[tuple[str, int]]:
        """What it was told: the event and the letter."""
        return [(told["type"], told["data"].get("letter", 0)) for told in self.told]

    def take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", 0)))
        given = {name.lower(): value for name, value in request.headers.items()}
        self.paths.append(request.path)
        self.headers.append(given)
        self.bodies.append(body)
        if self.holds:
            self.holds.wait(10)
        status = self.statuses.pop(0) if self.statuses else 204
        if self.secret and not self._genuine(given, body):
            self.trouble.append("a signature that does not fit")
            status = 401
        if 200 <= status < 300:
            self.told.append(json.loads(body))
        request.send_response(status)
        if 300 <= status < 400:
            request.send_header("Location", self.url + "/elsewhere")
        request.send_header("Content-Length", "0")
        request.end_headers()

    def _genuine(self, given: dict[str, str], body: bytes) -> bool:
        """As the text of Standard Webhooks says, without a line of the desk's own code."""
        kind, key = self.secret.split("_", 1)
        signed = given["webhook-id"].encode() + b"." + given["webhook-timestamp"].encode() + b"." + body
        wanted = base64.b64encode(hmac.new(base64.b64decode(key), signed, hashlib.sha256).digest()).decode()
        return kind == "whsec" and f"v1,{wanted}" in given["webhook-signature"].split(" ")
