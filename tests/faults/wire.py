"""The desk's real doors and real servers, with somebody on the line between them."""

import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.conftest import MailboxUser
from tests.faults.house import Nth
from tests.faults.invariants import Taken
from tests.mailbox.cast import advice_inbox
from tests.mailbox.mallory import Mallory
from tests.servers import Dovecot, SmtpSink
from triage.mailbox.imap import ImapMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.ports import Mail
from triage.records import Receipt
from triage.settings import Server


class Cutter(Mallory):
    """Hangs up in the middle of the answer to the n-th command."""

    def __init__(self, port: int, nth: Nth) -> None:
        super().__init__(port)
        self._nth = nth
        self._cut = False

    def _listen(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := client.recv(65536):
                self._cut = self._cut or self._nth("command")
                server.sendall(said)
        self._hang_up(client, server)

    def _speak(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := server.recv(65536):
                if self._cut:
                    self._cut = False
                    client.sendall(said[: len(said) // 2])
                    break
                client.sendall(said)
        self._hang_up(client, server)


@contextmanager
def inbox(dovecot: Dovecot, user: MailboxUser, folder: Path, port: int = 0) -> Iterator[ImapMailbox]:
    """A mailbox of the user, at the port of somebody on the line if one is given."""
    settings = advice_inbox(dovecot, user, folder, after_collect="flag")
    box = ImapMailbox(replace(settings, imap=replace(settings.imap, port=port or dovecot.port)), read_timeout=0.5)
    yield box
    box.close()


class Office:
    """A mail server with the desk's own outbox before it; `taken` is what it has kept."""

    def __init__(self, sink: SmtpSink, port: int) -> None:
        self._sink = sink
        self._outbox = SmtpOutbox(Server(host="127.0.0.1", port=port, tls="none"), local_hostname="desk.example")

    @property
    def taken(self) -> Sequence[Taken]:
        return self._sink.received

    def send(self, mail: Mail, begin_data: Callable[[], None]) -> Receipt:
        return self._outbox.send(mail, begin_data)

    def close(self) -> None:
        self._outbox.close()

    def stop(self) -> None:
        self._outbox.stop()
