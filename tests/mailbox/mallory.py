"""Mallory on the line between the desk and a real server."""

import contextlib
import socket
import threading
from collections.abc import Callable


class Mallory:
    """Sits between the desk and the server, hears every command, and changes or cuts what the server says.

    `meddle` gets a piece of what the server said and returns what to pass on; None hangs up. `deaf_to` hangs up on a
    client's words instead.
    """

    def __init__(self, port: int, meddle: Callable[[bytes], bytes | None] = lambda said: said, deaf_to: bytes = b""):
        self._server_port, self._meddle, self._deaf_to = port, meddle, deaf_to
        self.heard = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Mallory":
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._hang_up(*self._lines)
        for thread in self._threads:
            thread.join(10)
        for line in self._lines:
            line.close()

    def _start(self, work: Callable[..., None], *args: socket.socket) -> None:
        self._threads.append(threading.Thread(target=work, args=args))
        self._threads[-1].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._lines += [client, server]
                self._start(self._listen, client, server)
                self._start(self._speak, server, client)

    def _listen(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := client.recv(65536):
                self.heard += said
                if self._deaf_to and self._deaf_to in said:
                    break
                server.sendall(said)
        self._hang_up(client, server)

    def _speak(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := server.recv(65536):
                passed_on = self._meddle(said)
                if passed_on is None:
                    break
                client.sendall(passed_on)
        self._hang_up(client, server)

    def _hang_up(self, *lines: socket.socket) -> None:
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
