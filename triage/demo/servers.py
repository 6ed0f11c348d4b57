"""The demo's mail servers: an IMAP server for the desk's letters and an SMTP server that takes its replies.

Both run in this process, in one thread of their own, on free ports of 127.0.0.1, and keep everything in
memory. Nothing leaves this machine: whatever the SMTP server takes goes to the reader's mailbox, which
a small web page shows. The IMAP server is pymap, which knows no SPECIAL-USE: name the Sent folder.
"""

import asyncio
import logging
import ssl
import threading
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Identity, Login
from pymap.backend.dict.mailbox import MailboxData
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from triage.demo import reader_page
from triage.demo.samples import sent_at

HOST = "127.0.0.1"
DESK_USER = "advice"
READER_USER = "reader"
SENT_FOLDER = "Sent"


class DemoServers:
    """The demo's mail servers and the reader's page. Use as a context manager, or `start` and `stop`.

    The ports are known after `start`. Neither server speaks TLS, and both want `DESK_USER` with
    `password`; the IMAP server also knows `READER_USER`, whose INBOX receives what is sent.
    """

    def __init__(self, password: str = "demo") -> None:  # noqa: S107 -- on loopback, over sample letters
        self.imap_host = self.smtp_host = HOST
        self.imap_port = self.smtp_port = 0
        self.imap_user = self.smtp_user = DESK_USER
        self.imap_password = self.smtp_password = password
        self.sent_folder = SENT_FOLDER
        self.reader_url = ""
        self.arrived: list[bytes] = []  # what the reader received, in order
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._inboxes: dict[str, MailboxData] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and return once all three listen. Raises what kept them from it."""
        # aiosmtpd logs addresses, and warns about itself at each sign-in.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), name="demo-servers", daemon=True)
        self._thread.start()
        listening.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop all three, cutting every connection. The mail is gone; may be called twice."""
        if self._thread is not None:
            if self._loop is not None and self._stopping is not None:
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None

    def deliver(self, letters: Sequence[bytes]) -> None:
        """Put letters into the desk's INBOX, each received at the time in its Date header."""
        assert self._loop is not None, "the servers are not running"
        asyncio.run_coroutine_threadsafe(self._deliver(letters), self._loop).result()

    def _run(self, listening: threading.Event) -> None:
        try:
            asyncio.run(self._serve(listening))
        except BaseException as error:  # start() raises it in the thread that asked
            self._failure = error
        finally:
            self._loop = self._stopping = None
            listening.set()

    async def _serve(self, listening: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        stopping = asyncio.Event()
        imap = await self._start_imap()
        smtp = await loop.create_server(lambda: _smtp_session(self), HOST, 0)
        page = await reader_page.serve(HOST, 0, lambda: tuple(self.arrived))
        self.imap_port, self.smtp_port = _port(imap), _port(smtp)
        self.reader_url = f"http://{HOST}:{_port(page)}/"
        self._loop, self._stopping = loop, stopping
        listening.set()
        await stopping.wait()
        for server in (imap, smtp, page):
            server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await asyncio.sleep(0)  # their sockets close in the next round of the loop

    async def _start_imap(self) -> asyncio.Server:
        config = _QuietConfig(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host=HOST,
            port=0,
            demo_data=False,
            demo_user=DESK_USER,
            demo_password="",
            tls_enabled=False,
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),  # unused, but the default reads files
            hash_context=Cleartext(),
            cpu_subsystem=Subsystem.for_asyncio(),
        )
        config.apply_context()
        login = Login(config)
        for user in (DESK_USER, READER_USER):
            login.users_dict[user] = UserMetadata(config, user, password=self.imap_password)
            async with Identity(user, login, None, frozenset()).new_session() as session:
                await session.mailbox_set.add_mailbox(SENT_FOLDER)
                self._inboxes[user] = await session.mailbox_set.get_mailbox("INBOX")
        serve = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(login, config))
        return await asyncio.start_server(serve, HOST, 0)

    async def _deliver(self, letters: Sequence[bytes]) -> None:
        for letter in letters:
            await self._inboxes[DESK_USER].append(AppendMessage(letter, sent_at(letter).astimezone(UTC)))

    # Called by aiosmtpd, in the servers' thread.

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        known = (login.login.decode(), login.password.decode()) == (self.smtp_user, self.smtp_password)
        return AuthResult(success=known, handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        # aiosmtpd's own auth_required warns wherever there is no STARTTLS.
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = envelope.original_content or b""
        await self._inboxes[READER_USER].append(AppendMessage(message, datetime.now(UTC)))
        self.arrived.append(message)
        return "250 2.0.0 Ok: in the reader's mailbox"


class _QuietConfig(Config):
    """pymap's settings, less the host name that it looks up at every connection (seconds, without DNS)."""

    @property
    def greeting(self) -> bytes:
        return b"The demo's mail server"


def _smtp_session(servers: DemoServers) -> SMTP:
    return SMTP(
        servers,
        hostname="localhost",
        enable_SMTPUTF8=True,
        auth_require_tls=False,  # it listens on loopback only
        authenticator=servers.authenticate,
        loop=asyncio.get_running_loop(),
    )


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])
