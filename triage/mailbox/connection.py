"""Opening a connection to an IMAP server, and saying in plain words what went wrong on one.

Everything that depends on how imapclient and imaplib behave beyond their documentation is here.
"""

import contextlib
import re
import ssl
from collections.abc import Callable
from imaplib import IMAP4

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]
from imapclient.exceptions import CapabilityError, LoginError, ProtocolError  # type: ignore[import-untyped]

from triage.errors import ConfigError, NotLetIn, Permanent, Temporary, TriageError
from triage.ports import SignIn
from triage.settings import Server

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 60.0
"""Seconds. Without timeouts a server that hangs would hang the desk for ever."""

GOODBYE_SECONDS = 2
FOLDERS_SHOWN = 20
"""How many names of folders an error offers."""

_HUNG_UP = (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)

# RFC 5530 codes, then the words of servers that send none.
_BAD_LOGIN_CODE = re.compile(r"\[(AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|EXPIRED)\]", re.I)
_BAD_LOGIN_WORDS = re.compile(
    r"(authentication|authenticate|login|logon) failed|(invalid|incorrect|wrong|bad) (credential|user|login|password)"
    r"|password not accepted|application-specific password",
    re.I,
)
_PASSING = re.compile(
    r"\[(UNAVAILABLE|SERVERBUG|INUSE|LIMIT)\]|temporar|try again|too many|throttl|not connected|internal error", re.I
)
_NO_FOLDER = re.compile(r"\[(NONEXISTENT|TRYCREATE)\]|(does not|doesn't) exist|no such|unknown (mailbox|folder)", re.I)
_FOR_A_PERSON = re.compile(r"\[(NOPERM|OVERQUOTA|CANNOT|CONTACTADMIN)\]|permission denied", re.I)


def connect(server: Server, read_timeout: float = READ_TIMEOUT, sign_in: SignIn | None = None) -> IMAPClient:
    """A signed-in connection. Raises what imapclient raises (see `explain`), or ConfigError for a bad setting.

    The certificate is always verified, and STARTTLS is required where it is configured (RFC 8314 section 3.2).
    INTERNALDATE comes back with its zone. With `sign_in` a token opens the server; one that it refuses is renewed
    once, and what `SignIn.token` raises comes out.
    """
    if sign_in is None:
        password = server.secret()
        return _opened(server, read_timeout, lambda client: _give_password(client, server.user, password))
    token = sign_in.token()
    try:
        return _opened(server, read_timeout, lambda client: _give_token(client, server.user, token))
    except LoginError as error:
        if not _blames_the_sign_in(_said(error)):
            raise
    token = sign_in.token(refused=token)
    try:
        return _opened(server, read_timeout, lambda client: _give_token(client, server.user, token))
    except LoginError as error:
        if not _blames_the_sign_in(_said(error)):
            raise
        raise NotLetIn(
            f"Mail server {server.host} does not accept the sign-in of {server.user} with a new token. Next: run "
            f"`triage login` again and permit it as {server.user}; whoever runs the mail there may have to allow IMAP."
        ) from None


def _opened(server: Server, read_timeout: float, sign_in: Callable[[IMAPClient], None]) -> IMAPClient:
    context = _tls_context(server)
    timeout = SocketTimeout(connect=CONNECT_TIMEOUT, read=read_timeout)
    client = IMAPClient(server.host, server.port, ssl=server.tls == "implicit", ssl_context=context, timeout=timeout)
    try:
        # imapclient has imaplib format every literal for its debug log, which makes fetching 2 to 4 times slower and
        # could write whole letters to a log. The attribute is private: should it go away, fetching still works.
        with contextlib.suppress(AttributeError):
            client._imap.debug = 0
        client.normalise_times = False
        if server.tls == "starttls":
            client.starttls(context)
        sign_in(client)
    except BaseException:
        drop(client)
        raise
    return client


def _give_password(client: IMAPClient, user: str, password: str) -> None:
    if (user + password).isascii():
        client.login(user, password)
    else:
        # imaplib's LOGIN is ASCII only; AUTHENTICATE PLAIN is UTF-8 (RFC 4616 section 2).
        client.plain_login(user, password)


def _give_token(client: IMAPClient, user: str, token: str) -> None:
    """XOAUTH2, which Google and Microsoft both have; OAUTHBEARER (RFC 7628) where that alone is offered."""
    if client.has_capability("AUTH=OAUTHBEARER") and not client.has_capability("AUTH=XOAUTH2"):
        client.oauthbearer_login(user, token)
    else:
        client.oauth2_login(user, token)


def drop(client: IMAPClient) -> None:
    """Close the socket without a word; after an exception the two sides may disagree on what comes next."""
    with contextlib.suppress(Exception):
        client.shutdown()


def say_goodbye(client: IMAPClient) -> None:
    """Log out, without waiting for long, and close the socket. Never raises."""
    with contextlib.suppress(Exception):
        client.socket().settimeout(GOODBYE_SECONDS)
        client.logout()
    drop(client)


def explain(error: Exception, account: str, server: Server, folder_setting: str) -> TriageError:
    """The error for whoever acts next. `folder_setting` is the setting that names the folder in use.

    Only what the server said in a tagged answer is quoted: the text of other errors can hold pieces of a letter.
    """
    who = f"Inbox {account!r}, mail server {server.host}"
    said = _said(error)
    if isinstance(error, TriageError):
        found: TriageError = error
    elif isinstance(error, _HUNG_UP):
        found = Temporary(f"{who}: the connection was lost. It is tried again by itself.")
    elif isinstance(error, OSError):
        found = _connection_trouble(error, who)
    elif isinstance(error, LoginError):
        found = _login_trouble(said, who)
    elif isinstance(error, CapabilityError):
        found = Permanent(
            f'{who}: it does not offer STARTTLS. Next: set imap.tls = "implicit" and its port, often 993.'
        )
    elif isinstance(error, IMAP4.readonly):
        found = Permanent(f'{who}: the folder may only be read. Next: set after_collect = "leave".')
    elif isinstance(error, IMAP4.abort):
        found = Temporary(f"{who}: the connection was lost. It is tried again by itself.")
    elif _PASSING.search(said):
        found = Temporary(f"{who}: it cannot do this now ({said}). It is tried again by itself.")
    elif _NO_FOLDER.search(said):
        found = Permanent(f"{who}: a folder is not there ({said}). Next: check the setting {folder_setting}.")
    elif _FOR_A_PERSON.search(said):
        found = Permanent(f"{who}: it refused ({said}). Next: ask whoever runs the mail server.")
    elif said:
        found = Temporary(f"{who}: it refused ({said}). It is tried again by itself.")
    else:
        found = Temporary(f"{who}: its answer makes no sense ({type(error).__name__}). It is tried again by itself.")
    return found


def concerns_messages(error: Exception) -> bool:
    """Whether a FETCH may have failed because of one message among those asked for.

    Servers answer NO for a message they cannot read, or hang up (Dovecot's default), or write an answer that nobody
    can parse. BAD is about the command or the session, and who waited for one timeout need not wait for more.
    """
    said_no = type(error) is IMAP4.error and "command error: BAD" not in str(error)
    return said_no or isinstance(error, (IMAP4.abort, ProtocolError, *_HUNG_UP))


def _said(error: Exception) -> str:
    """What the server said in its tagged answer, on one line of at most 200 characters; empty for other errors."""
    if type(error) is not IMAP4.error and not isinstance(error, LoginError):
        return ""
    return " ".join(str(error).split())[:200]


def _connection_trouble(error: OSError, who: str) -> TriageError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Permanent(
            f"{who}: its certificate cannot be trusted ({error.verify_message}). Next: check imap.host; for a server "
            "with a private certificate name its file in imap.ca_file."
        )
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return Permanent(f"{who}: it does not speak TLS on this port. Next: check imap.port and imap.tls.")
    reason = "it took too long" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
    return Temporary(f"{who}: it cannot be reached ({reason}). It is tried again by itself.")


def _login_trouble(said: str, who: str) -> TriageError:
    if _blames_the_sign_in(said):
        return NotLetIn(
            f"{who}: it does not accept the user name or the password. Next: check imap.user, and the password that "
            "imap.password points to; some providers want an app password."
        )
    return Temporary(f"{who}: signing in did not work this time. It is tried again by itself.")


def _blames_the_sign_in(said: str) -> bool:
    # A connection that drops during the login is also a LoginError, so only clear words blame the password.
    return bool(_BAD_LOGIN_CODE.search(said) or (_BAD_LOGIN_WORDS.search(said) and not _PASSING.search(said)))


def says_no_folder(error: Exception) -> bool:
    """Whether the server says that the folder it was asked for is not there."""
    said = _said(error)
    return bool(_NO_FOLDER.search(said)) and not _PASSING.search(said)


def folder_names(client: IMAPClient) -> str:
    """The folders that can be opened, as far as one line holds them."""
    names = [name for flags, _, name in client.list_folders() if b"\\Noselect" not in flags]
    more = f" and {len(names) - FOLDERS_SHOWN} more" if len(names) > FOLDERS_SHOWN else ""
    return ", ".join(repr(name[:80]) for name in names[:FOLDERS_SHOWN]) + more


def _tls_context(server: Server) -> ssl.SSLContext | None:
    if server.tls == "none":
        return None
    try:
        return ssl.create_default_context(cafile=server.ca_file or None)
    except OSError as error:
        raise ConfigError(
            f"The certificates in {server.ca_file} (imap.ca_file) cannot be read: {error.strerror or error}. "
            "Next: name a readable PEM file."
        ) from error
