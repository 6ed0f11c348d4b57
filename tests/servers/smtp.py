"""A private SMTP server that takes letters, and that fails exactly where a test asks it to."""

import asyncio
import base64
import shutil
import ssl
import tempfile
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import AnyStr, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.certificate import Certificate

Tls = Literal["none", "starttls", "implicit"]


class Stage(StrEnum):
    """Where in a session the server can answer with a line of the test's choice."""

    GREETING = "greeting"  # and hang up, as with 421
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # instead of 354
    DOT = "dot"  # after the body: 4xx and 5xx do not keep the letter, anything else does


class HangUp(StrEnum):
    """Where in a session the server can close the connection without a word."""

    GREETING = "greeting"
    BEFORE_354 = "before_354"
    AFTER_354 = "after_354"  # before it reads any of the body
    MID_BODY = "mid_body"  # after it has read some of the body
    AFTER_DOT_KEPT = "after_dot_kept"
    AFTER_DOT_LOST = "after_dot_lost"


class SmtpSink:
    """An SMTP server on a free port of 127.0.0.1 that delivers nowhere. Use as a context manager.

    `tls` is "none", "starttls" (refuses mail before it) or "implicit"; the certificate is for
    "localhost" and trusted by `ca_file`. With a user, mail is taken only after AUTH PLAIN or LOGIN.
    `received` grows by (mail_from, [recipients], bytes) for each letter kept, with dots unstuffed.
    Faults hold for every session until they are taken away:

        sink.answers[Stage.RCPT] = "550 5.1.1 no such reader"
        sink.hang_up = HangUp.AFTER_DOT_KEPT
        sink.delay_after_dot = 3.0  # seconds; the letter is kept before the wait
        sink.heal()

    After `stop`, `start` serves again on the same port.
    """

    def __init__(self, *, tls: Tls = "none", user: str = "", password: str = "") -> None:
        self.host = "localhost" if tls != "none" else "127.0.0.1"
        self.port = 0
        self.tls = tls
        self.user = user
        self.password = password
        self.received: list[tuple[str, list[str], bytes]] = []
        self.takes_token: Callable[[str, str], bool] | None = None  # lets a user in by XOAUTH2 too
        self.logins: list[str] = []  # one entry for each successful AUTH
        self.connections = 0  # ever opened
        self.heal()
        self.context: ssl.SSLContext | None = None
        self.ca_file: Path | None = None
        self._folder: Path | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._sessions: set[_Connection] = set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def heal(self) -> None:
        """Take every fault away."""
        self.answers: dict[Stage, str] = {}
        self.hang_up: HangUp | None = None
        self.delay_after_dot = 0.0

    def start(self) -> None:
        """Start, and return once it listens."""
        if self.tls != "none" and self.context is None:
            self._folder = Path(tempfile.mkdtemp(prefix="smtp-"))
            certificate = Certificate.make(self._folder)
            self.ca_file = certificate.ca_file
            self.context = certificate.server_context()
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), name="smtp-sink", daemon=True)
        self._thread.start()
        listening.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop listening and cut every connection; `received` stays."""
        if self._thread is not None:
            if self._loop is not None and self._stopping is not None:
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop, and remove the certificate."""
        self.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    def _run(self, listening: threading.Event) -> None:
        try:
            asyncio.run(self._serve(listening))
        except BaseException as error:  # start() raises it in the thread that asked
            self._failure = error
        finally:
            self._loop = self._stopping = None
            listening.set()

    async def _serve(self, listening: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        implicit = self.context if self.tls == "implicit" else None
        server = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", self.port, ssl=implicit)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        await self._stopping.wait()
        server.close()
        for session in list(self._sessions):
            session.cut()
        while self._sessions:
            await asyncio.sleep(0.001)

    # Called by aiosmtpd, in the server's thread.

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        if answer := self.answers.get(Stage.AUTH):
            return AuthResult(success=False, handled=False, message=answer)
        if (login.login.decode(), login.password.decode()) != (self.user, self.password):
            return AuthResult(success=False, handled=False)
        self.logins.append(self.user)
        return AuthResult(success=True)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        said = base64.b64decode(args[1]).decode().split("\x01")
        user, token = said[0].removeprefix("user="), said[1].removeprefix("auth=Bearer ")
        if self.takes_token is None or not self.takes_token(user, token):
            await server.challenge_auth('{"status":"401"}')  # the client answers with an empty line
            return AuthResult(success=False, handled=False)
        self.logins.append(user)
        return AuthResult(success=True)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        # aiosmtpd's own auth_required warns at every connection that has not used STARTTLS.
        if self.user and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if answer := self.answers.get(Stage.MAIL):
            return answer
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.answers.get(Stage.RCPT):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: "_Connection", session: Session, envelope: Envelope) -> str:
        server.in_body = False
        answer = self.answers.get(Stage.DOT, "250 2.0.0 Ok: kept")
        if answer[0] not in "45" and self.hang_up != HangUp.AFTER_DOT_LOST:
            self.received.append((envelope.mail_from or "", list(envelope.rcpt_tos), envelope.original_content or b""))
        await asyncio.sleep(self.delay_after_dot)
        if self.hang_up in (HangUp.AFTER_DOT_KEPT, HangUp.AFTER_DOT_LOST):
            server.cut()
        return answer


class _Connection(SMTP):
    """One session, with the faults that aiosmtpd has no hook for."""

    def __init__(self, sink: SmtpSink) -> None:
        super().__init__(
            sink,
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=sink.context if sink.tls == "starttls" else None,
            require_starttls=sink.tls == "starttls",
            auth_require_tls=sink.tls == "starttls",  # aiosmtpd knows TLS only after STARTTLS
            auth_exclude_mechanism=[
                *([] if sink.user else ["LOGIN", "PLAIN"]),
                *([] if sink.takes_token else ["XOAUTH2"]),
            ],
            authenticator=sink.authenticate,
            loop=asyncio.get_running_loop(),
        )
        self.sink = sink
        self.in_body = False
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self not in self.sink._sessions:  # STARTTLS comes here a second time
            self.sink._sessions.add(self)
            self.sink.connections += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.sink._sessions.discard(self)

    def cut(self) -> None:
        """Close the connection at once, without what is still to be written."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def push(self, status: AnyStr) -> None:
        if self._greeted:
            await super().push(status)
            return
        self._greeted = True
        if self.sink.hang_up == HangUp.GREETING:
            self.cut()
        elif answer := self.sink.answers.get(Stage.GREETING):
            await self._say_and_leave(answer)
        else:
            await super().push(status)

    async def smtp_DATA(self, arg: str) -> None:
        if self.sink.hang_up == HangUp.BEFORE_354:
            self.cut()
        elif answer := self.sink.answers.get(Stage.DATA):
            await self.push(answer)
        elif self.sink.hang_up == HangUp.AFTER_354:
            await self._say_and_leave("354 Go on")
        else:
            self.in_body = True
            await super().smtp_DATA(arg)

    async def _say_and_leave(self, answer: str) -> None:
        await super().push(answer)
        if self.transport is not None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self.in_body and self.sink.hang_up == HangUp.MID_BODY:
            self.cut()
        else:
            super().data_received(data)
