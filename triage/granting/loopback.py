"""The browser's way back to this machine with a code (RFC 8252 section 7.3): one visit, then the door is closed."""

import hmac
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from triage.errors import NotLetIn

DONE = "That worked. You can close this page and go back to the terminal."
STRANGE = "This is not the way back that was expected. Look at the terminal."


class Back(HTTPServer):
    """Waits on a free port of 127.0.0.1 for the browser to come back; `address` is where it comes back to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}/"
        self.state = ""
        self.seen = ""

    def wait(self, state: str) -> str:
        """The code. Visits without the right `state` are turned away, and it goes on waiting. Raises NotLetIn."""
        self.state, self.seen = state, ""
        while not self.seen:
            self.handle_request()
        return code_of(self.seen, state)


class _Handler(BaseHTTPRequestHandler):
    server: Back
    timeout = 3  # browsers open connections that they never use

    def do_GET(self) -> None:
        known = _is_answer_to(self.server.state, self.path)
        if known:
            self.server.seen = self.path
        body = (DONE if known else STRANGE).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal: the code is in the address."""


def code_of(address: str, state: str) -> str:
    """The code in the address that a browser came back to. Raises NotLetIn for what is not the answer to `state`."""
    if not _is_answer_to(state, address):
        raise NotLetIn("That address does not belong to this sign-in. Next: run the command again.")
    query = parse_qs(urlsplit(address.strip()).query)
    if "code" not in query:
        error = query.get("error", ["no code"])[0][:60]
        raise NotLetIn(f"It was not permitted ({error!r}). Next: run the command again and permit it.")
    return query["code"][0]


def _is_answer_to(state: str, address: str) -> bool:
    try:
        query = parse_qs(urlsplit(address.strip()).query)
    except ValueError:
        return False
    return hmac.compare_digest(query.get("state", [""])[0].encode(), state.encode())
