"""Waits for word from an IMAP server that something new has come (IDLE, RFC 2177), and rings.

It collects nothing itself: the ring wakes the one who does, and polling goes on besides. So whatever it misses comes
with the next poll, and whatever goes wrong here is only logged.
"""

import contextlib
import logging
import random
import select
import socket
import threading
import time
from collections.abc import Callable

from imapclient import IMAPClient  # type: ignore[import-untyped]

from triage.errors import ConfigError, NotLetIn, Permanent, TriageError
from triage.mailbox.connection import READ_TIMEOUT, connect, drop, explain, say_goodbye
from triage.ports import SignIn
from triage.settings import Inbox

CYCLE = 540.0  # servers may hang up after 29 minutes (RFC 2177), home routers forget a quiet line after ten or so
FIRST_WAIT = 5.0
LONGEST_WAIT = 900.0
REFUSED_WAIT = 3600.0  # providers lock accounts that are tried too often
STOP_SECONDS = 1.0

log = logging.getLogger(__name__)


class Listener:
    """One connection and one thread for one inbox, from `start` to `stop`.

    `ring` is called from that thread whenever the folder may have changed. Each cycle of so many seconds ends with
    DONE and NOOP: only an answer to them shows that the line is alive, because a connection that died while IDLE, or a
    server that hangs, looks just like a quiet folder. A server without IDLE is left to polling.
    """

    def __init__(
        self,
        inbox: Inbox,
        ring: Callable[[], None],
        *,
        sign_in: SignIn | None = None,
        cycle: float = CYCLE,
        first_wait: float = FIRST_WAIT,
        read_timeout: float = READ_TIMEOUT,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._inbox, self._ring, self._sign_in = inbox, ring, sign_in
        self._cycle, self._first_wait, self._read_timeout, self._chance = cycle, first_wait, read_timeout, chance
        self._stopping = threading.Event()
        self._refused = False
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=f"listen-{inbox.name}", daemon=True)

    def start(self) -> None:
        self._woken, self._wake = socket.socketpair()
        self._thread.start()

    def stop(self) -> None:
        """Hang up and end. A thread that waits for the server's answer just now is left to end by itself."""
        self._stopping.set()
        self._wake_up()
        self._thread.join(STOP_SECONDS)

    def let_in(self) -> None:
        """The sign-in works: somebody may have mended it, so do not wait any longer."""
        if self._refused:
            self._refused = False
            self._wake_up()

    def _wake_up(self) -> None:
        with contextlib.suppress(OSError):  # the thread has ended
            self._wake.send(b".")

    def _run(self) -> None:
        with self._woken, self._wake:
            while not self._stopping.is_set():
                wait = self._listen()
                if wait is None:
                    return
                self._wait(wait)

    def _listen(self) -> float | None:
        """One connection, from its beginning to its end; how long to wait before the next, None for no next one."""
        client: IMAPClient | None = None
        try:
            client = connect(self._inbox.imap, self._read_timeout, self._sign_in)
            if not client.has_capability("IDLE"):
                say_goodbye(client)
                log.info("the server does not tell of new letters by itself account=%s", self._inbox.name)
                return None
            client.select_folder(self._inbox.folder, readonly=True)
            self._attend(client)
            drop(client)
            return None
        except Exception as error:  # no kind of trouble may end the thread
            if client is not None:
                drop(client)
            return self._pause(explain(error, self._inbox.name, self._inbox.imap, "folder"))

    def _attend(self, client: IMAPClient) -> None:
        """Ring for all that is new until the service stops. Raises when the line is dead."""
        while not self._stopping.is_set():
            client.idle()
            # Only now, so that what came between the last look and the beginning of IDLE is seen by whoever looks.
            self._ring()
            end = time.monotonic() + self._cycle
            while self._wait(end - time.monotonic(), client.socket()):
                news = client.idle_check(timeout=0)
                if not news:  # how imapclient shows a connection that has died
                    break
                if any(len(word) > 1 and word[1] == b"EXISTS" for word in news):
                    self._ring()
            if not self._stopping.is_set():
                client.idle_done()
                client.noop()
                self._failures = 0

    def _wait(self, seconds: float, line: socket.socket | None = None) -> bool:
        """Wait until the line has something to read; False after so many seconds, or when woken to stop."""
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if line is not None:
            poll.register(line, select.POLLIN)
        ready = [place for place, _ in poll.poll(max(seconds, 0) * 1000)]
        if self._woken.fileno() in ready:
            self._woken.recv(1024)
            return False
        return bool(ready)

    def _pause(self, error: TriageError) -> float:
        """How long to wait after this; twice as long each time, less up to half of it by chance."""
        self._failures += 1
        self._refused = isinstance(error, NotLetIn)
        log.info("listen failed account=%s kind=%s times=%d", self._inbox.name, type(error).__name__, self._failures)
        if self._refused:
            return REFUSED_WAIT
        if isinstance(error, (Permanent, ConfigError)):
            return LONGEST_WAIT
        doubled = min(self._first_wait * 2.0 ** min(self._failures - 1, 20), LONGEST_WAIT)
        return doubled * (0.5 + self._chance() / 2)
