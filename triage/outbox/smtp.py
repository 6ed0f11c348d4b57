"""Hands replies and alerts to an SMTP server over one reused connection, with the mark between 354 and the body.

TLS is never opportunistic: it is required, or the server is on this machine. Everything that goes
wrong before the body begins is Refused (nothing was sent); everything that goes wrong after it,
except a plain answer of the server, is Lost.
"""

import asyncio
import re
import ssl
import threading
from collections.abc import Callable, Coroutine
from typing import TypeVar

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
)

from triage.errors import TriageError
from triage.parsing import one_line
from triage.ports import Lost, Mail, Refused, SignIn
from triage.records import Receipt
from triage.settings import Server

COMMAND_SECONDS = 60.0
FINAL_DOT_SECONDS = 600.0  # RFC 5321 section 4.5.3.2.6: less would take slow servers for dead ones
T = TypeVar("T")
_LINE_DOT = re.compile(rb"^\.", re.MULTILINE)


class SmtpOutbox:
    """One account's SMTP server. Used by one thread at a time."""

    def __init__(self, server: Server, *, sign_in: SignIn | None = None, local_hostname: str | None = None) -> None:
        """With `sign_in` a token opens the server; one that it refuses is renewed once."""
        self._server = server
        self._sign_in = sign_in
        self._local_hostname = local_hostname
        self._client: SMTP | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp", daemon=True)
        self._thread.start()

    def send(self, mail: Mail, begin_data: Callable[[], None]) -> Receipt:
        """Send the bytes as they are; see `ports.Outbox.send`."""
        return self._run(self._send(mail, begin_data))

    def verify(self, mail_from: str) -> None:
        """Connect, sign in, and ask whether mail may come from this address. Raises Refused."""
        self._run(self._verify(mail_from))

    def close(self) -> None:
        self._run(self._close())

    def stop(self) -> None:
        """Close the connection and end the thread; the outbox cannot be used afterwards."""
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _send(self, mail: Mail, begin_data: Callable[[], None]) -> Receipt:
        client = await self._envelope(mail.mail_from, mail.recipient)
        try:
            answer = await client.execute_command(b"DATA", timeout=COMMAND_SECONDS)
        except (SMTPException, OSError) as error:
            await self._close()
            raise Refused(_words(error), permanent=False) from error
        if answer.code != 354:
            await self._reset()
            raise Refused(_said(answer.message), code=answer.code, permanent=answer.code >= 500)
        try:
            begin_data()
        except BaseException:
            # 354 was said and no body will follow: only hanging up tells the server to forget it.
            await self._close()
            raise
        return await self._body(client, mail.message)

    async def _body(self, client: SMTP, message: bytes) -> Receipt:
        """Send the body and wait for the answer to the final dot. Raises Refused or Lost."""
        protocol = client.protocol
        if protocol is None:
            raise Lost("The connection to the mail server was gone when the body began.")
        try:
            protocol.write(_LINE_DOT.sub(b"..", message) + b".\r\n")
            answer = await protocol.read_response(timeout=FINAL_DOT_SECONDS)
        except (SMTPException, OSError) as error:
            await self._close()
            raise Lost(f"The connection was lost while the mail server had the reply ({_words(error)}).") from error
        if 200 <= answer.code < 300:
            return Receipt(code=answer.code, text=_said(answer.message))
        if 400 <= answer.code < 600:
            raise Refused(_said(answer.message), code=answer.code, permanent=answer.code >= 500)
        await self._close()
        raise Lost("The mail server answered with something that is not SMTP after it had the reply.")

    async def _envelope(self, mail_from: str, recipient: str) -> SMTP:
        """Connect if need be, and have the envelope accepted. Raises Refused; nothing has been sent."""
        client = await self._connected()
        utf8 = [] if mail_from.isascii() and recipient.isascii() else ["SMTPUTF8"]
        if utf8 and not client.supports_extension("SMTPUTF8"):
            raise Refused("The mail server cannot write to an address with such letters in it.", permanent=True)
        try:
            await client.mail(mail_from, options=utf8, encoding="utf-8", timeout=COMMAND_SECONDS)
            await client.rcpt(recipient, encoding="utf-8", timeout=COMMAND_SECONDS)
        except SMTPResponseException as error:
            await self._reset()
            raise Refused(_said(error.message), code=error.code, permanent=error.code >= 500) from error
        except (SMTPException, OSError) as error:
            await self._close()
            raise Refused(_words(error), permanent=False) from error
        return client

    async def _connected(self) -> SMTP:
        """The open connection, tried with NOOP, or a new one. Raises Refused for the whole account."""
        if self._client is not None:
            try:
                await self._client.noop(timeout=COMMAND_SECONDS)
                return self._client
            except (SMTPException, OSError):
                await self._close()
        server = self._server
        try:
            context = _context(server)
        except OSError as error:
            text = f"The certificates in {server.ca_file} (smtp.ca_file) cannot be read: {error.strerror or error}"
            raise Refused(text, permanent=False, whole_account=True) from error
        try:
            self._client = await self._open(context)
        except SMTPAuthenticationError as error:
            text = f"The mail server {server.host} does not accept the sign-in of {server.user}: {_said(error.message)}"
            raise Refused(text, code=error.code, permanent=False, whole_account=True) from error
        except SMTPConnectError as error:
            text = f"The mail server {server.host} cannot be reached: {_words(error)}"
            raise Refused(text, permanent=False, whole_account=True) from error
        except (SMTPException, OSError, TriageError) as error:
            text = f"The mail server {server.host} cannot be used: {_words(error)}"
            raise Refused(text, permanent=False, whole_account=True) from error
        return self._client

    async def _open(self, context: ssl.SSLContext | None, refused: str = "") -> SMTP:
        """A new connection, signed in. A token that the server turns down is renewed once."""
        server, token = self._server, ""
        client = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=context,
            timeout=COMMAND_SECONDS,
            local_hostname=self._local_hostname,
        )
        try:
            await client.connect()
            if self._sign_in is not None:
                token = self._sign_in.token(refused)
                await client.auth_xoauth2(server.user, token, timeout=COMMAND_SECONDS)
            elif server.user:
                await client.login(server.user, server.secret(), timeout=COMMAND_SECONDS)
            return client
        except BaseException as error:
            await _hang_up(client)
            turned_down = isinstance(error, SMTPAuthenticationError) and error.code >= 500
            if not (turned_down and token) or refused:
                raise
        return await self._open(context, refused=token)

    async def _verify(self, mail_from: str) -> None:
        client = await self._connected()
        try:
            await client.mail(mail_from, timeout=COMMAND_SECONDS)
        except SMTPResponseException as error:
            raise Refused(_said(error.message), code=error.code, permanent=error.code >= 500) from error
        finally:
            await self._reset()

    async def _reset(self) -> None:
        if self._client is not None:
            try:
                await self._client.rset(timeout=COMMAND_SECONDS)
            except (SMTPException, OSError):
                await self._close()

    async def _close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await _hang_up(client)


async def _hang_up(client: SMTP) -> None:
    """Close at once and let the loop see it, also where a TLS handshake was refused half-way."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
    await asyncio.sleep(0)


def _context(server: Server) -> ssl.SSLContext | None:
    if server.tls == "none":
        return None
    return ssl.create_default_context(cafile=server.ca_file or None)


def _words(error: Exception) -> str:
    return _said(str(error)) or type(error).__name__


def _said(text: str) -> str:
    """A server's words, fit for the database and the page: they may be in any alphabet, or in none."""
    return one_line(text.encode("utf-8", "replace").decode())[:500]
