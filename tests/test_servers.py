"""The servers that the other tests trust: what they promise about mail, about faults, and about leaving nothing."""

import imaplib
import smtplib
import socket
import ssl
import threading
import time
from datetime import UTC, datetime

import psycopg
import pytest

from tests.conftest import MailboxUser, start_or_skip
from tests.servers import Dovecot, HangUp, MissingProgram, Postgres, SmtpSink, Stage
from tests.servers.private import find_program
from tests.servers.smtp import Tls

LETTER = b"Subject: Thursday\r\n\r\nMay I pull out?\r\n..and a dot\r\n"

LINE_LOST = (smtplib.SMTPServerDisconnected, ConnectionError, ssl.SSLError)


def _client(sink: SmtpSink) -> smtplib.SMTP:
    """A client that has signed in."""
    if sink.tls == "implicit":
        trust = ssl.create_default_context(cafile=sink.ca_file)
        client: smtplib.SMTP = smtplib.SMTP_SSL(sink.host, sink.port, timeout=10, context=trust)
    else:
        client = smtplib.SMTP(sink.host, sink.port, timeout=10)
    try:
        if sink.tls == "starttls":
            client.starttls(context=ssl.create_default_context(cafile=sink.ca_file))
        client.login(sink.user, sink.password)
    except BaseException:
        client.close()
        raise
    return client


def _send(sink: SmtpSink, letter: bytes = LETTER) -> None:
    with _client(sink) as client:
        client.sendmail("advice@desk.example", ["rosa@reader.example"], letter)


# ------------------------------------------------------------------ what is missing


def test_a_missing_server_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(MissingProgram, match=r"apt-get install --no-install-recommends pigeon-post$"):
        find_program("pigeon-postd", "pigeon-post")


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_missing_server_skips_at_home_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[Exception]
) -> None:
    def pigeons() -> Dovecot:
        raise MissingProgram("no pigeons")

    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no pigeons"):
        start_or_skip(pigeons)


# ------------------------------------------------------------------ Dovecot


def test_rosas_letter_arrives_with_the_time_it_was_received(dovecot: Dovecot, mailbox_user: MailboxUser) -> None:
    dovecot.deliver(mailbox_user.name, LETTER, received_at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    assert dovecot.messages(mailbox_user.name) == [LETTER]
    with imaplib.IMAP4("127.0.0.1", dovecot.port, timeout=10) as client:
        client.login(mailbox_user.name, mailbox_user.password)
        client.select(readonly=True)
        _, items = client.fetch("1", "(INTERNALDATE FLAGS)")
    assert b'"01-Nov-2026 12:00:00 +0000"' in items[0]
    assert b"\\Seen" not in items[0]


def test_letters_get_their_uids_in_the_order_of_delivery(dovecot: Dovecot, mailbox_user: MailboxUser) -> None:
    letters = [b"Subject: letter %d\r\n\r\n" % n for n in range(30)]
    for letter in letters:
        dovecot.deliver(mailbox_user.name, letter)
    assert dovecot.messages(mailbox_user.name) == letters


def test_each_user_has_a_mailbox_of_their_own_with_a_sent_folder(dovecot: Dovecot, mailbox_user: MailboxUser) -> None:
    dovecot.add_user("carol", "another password")
    dovecot.deliver("carol", LETTER, "Sent")
    dovecot.deliver("carol", LETTER, "Column/Printed")
    assert dovecot.messages("carol", "Sent") == dovecot.messages("carol", "Column/Printed") == [LETTER]
    assert dovecot.messages(mailbox_user.name, "Sent") == []
    with pytest.raises(LookupError):
        dovecot.messages(mailbox_user.name, "Column/Printed")


def test_mallory_cannot_sign_in_with_a_wrong_password(dovecot: Dovecot, mailbox_user: MailboxUser) -> None:
    with (
        imaplib.IMAP4("127.0.0.1", dovecot.port, timeout=10) as client,
        pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"),
    ):
        client.login(mailbox_user.name, "wrong")


def test_the_certificate_is_good_for_implicit_tls_and_for_starttls(dovecot: Dovecot, mailbox_user: MailboxUser) -> None:
    trust = ssl.create_default_context(cafile=dovecot.ca_file)
    with imaplib.IMAP4_SSL(dovecot.host, dovecot.tls_port, ssl_context=trust, timeout=10) as client:
        assert client.login(mailbox_user.name, mailbox_user.password)[0] == "OK"
    with imaplib.IMAP4(dovecot.host, dovecot.port, timeout=10) as client:
        client.starttls(trust)
        assert client.login(mailbox_user.name, mailbox_user.password)[0] == "OK"


def test_a_frozen_server_says_nothing_until_it_thaws(dovecot: Dovecot, mailbox_user: MailboxUser) -> None:
    with imaplib.IMAP4("127.0.0.1", dovecot.port, timeout=10) as client:
        client.login(mailbox_user.name, mailbox_user.password)
        client.sock.settimeout(0.2)
        dovecot.freeze()
        try:
            client.send(b"A1 NOOP\r\n")
            with pytest.raises(TimeoutError):
                client.sock.recv(100)
        finally:
            dovecot.thaw()
        client.sock.settimeout(10)
        assert client.sock.recv(100).startswith(b"A1 OK")


def test_a_stopped_server_is_gone_with_its_idle_connections_and_comes_back_with_its_mail() -> None:
    with Dovecot() as server:
        server.add_user("rosa", "a good password")
        server.deliver("rosa", LETTER)
        client = imaplib.IMAP4("127.0.0.1", server.port, timeout=10)
        client.login("rosa", "a good password")
        client.select()
        client.send(b"A1 IDLE\r\n")
        assert client.readline().startswith(b"+ idling")
        server.stop()
        farewell = [client.sock.recv(1000) for _ in range(3)]
        assert farewell[-1] == b""  # the end of the stream: nobody is left to answer
        client.shutdown()
        with pytest.raises(ConnectionRefusedError):
            imaplib.IMAP4("127.0.0.1", server.port, timeout=10)
        server.start()
        assert server.messages("rosa") == [LETTER]
        root = server.root
    assert not root.exists()


# ------------------------------------------------------------------ PostgreSQL


def test_every_test_has_a_database_of_its_own(postgres: Postgres, postgres_url: str) -> None:
    other = postgres.new_database()
    assert other != postgres_url
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT to_regclass('letters')").fetchone() == ("letters",)
    with psycopg.connect(other.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT to_regclass('letters')").fetchone() == (None,)
        postgres.drop_database(other)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_no_two_tests_share_a_database(database_url: str) -> None:
    assert database_url.startswith(("sqlite:////", "postgresql+psycopg://postgres@127.0.0.1:"))


# ------------------------------------------------------------------ SMTP


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_a_reply_is_kept_byte_for_byte_after_sign_in(tls: Tls) -> None:
    with SmtpSink(tls=tls, user="advice", password="secret") as sink:
        _send(sink)
        assert sink.received == [("advice@desk.example", ["rosa@reader.example"], LETTER)]
        assert sink.logins == ["advice"]


def test_mallory_sends_nothing_without_signing_in(smtp_sink: SmtpSink) -> None:
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port, timeout=10) as client:
        with pytest.raises(smtplib.SMTPSenderRefused, match="530"):
            client.sendmail("mallory@evil.example", ["rosa@reader.example"], LETTER)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("advice", "a guess")
    assert smtp_sink.received == []


def test_no_mail_passes_a_starttls_server_in_the_clear() -> None:
    with (
        SmtpSink(tls="starttls") as sink,
        smtplib.SMTP(sink.host, sink.port, timeout=10) as client,
        pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"),
    ):
        client.sendmail("advice@desk.example", ["rosa@reader.example"], LETTER)


@pytest.mark.parametrize(
    ("stage", "answer", "error"),
    [
        (Stage.AUTH, "535 5.7.8 no", smtplib.SMTPAuthenticationError),
        (Stage.MAIL, "451 4.3.0 later", smtplib.SMTPSenderRefused),
        (Stage.MAIL, "550 5.7.1 no", smtplib.SMTPSenderRefused),
        (Stage.RCPT, "451 4.7.1 greylisted", smtplib.SMTPRecipientsRefused),
        (Stage.RCPT, "550 5.1.1 unknown", smtplib.SMTPRecipientsRefused),
        (Stage.DATA, "451 4.3.0 later", smtplib.SMTPDataError),
        (Stage.DOT, "451 4.3.0 later", smtplib.SMTPDataError),
        (Stage.DOT, "550 5.7.1 no", smtplib.SMTPDataError),
    ],
)
def test_a_refused_letter_is_refused_where_the_test_says_and_not_kept(
    smtp_sink: SmtpSink, stage: Stage, answer: str, error: type[smtplib.SMTPException]
) -> None:
    smtp_sink.answers[stage] = answer
    with pytest.raises(error, match=answer[:3]):
        _send(smtp_sink)
    assert smtp_sink.received == []
    smtp_sink.heal()
    _send(smtp_sink)
    assert len(smtp_sink.received) == 1


def test_a_busy_server_says_so_and_hangs_up(smtp_sink: SmtpSink) -> None:
    smtp_sink.answers[Stage.GREETING] = "421 4.3.2 not now"
    with socket.create_connection((smtp_sink.host, smtp_sink.port), timeout=10) as line, line.makefile("rb") as said:
        assert said.read() == b"421 4.3.2 not now\r\n"


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
@pytest.mark.parametrize("where", HangUp)
def test_a_lost_connection_leaves_the_letter_kept_only_where_the_test_says(tls: Tls, where: HangUp) -> None:
    with SmtpSink(tls=tls, user="advice", password="secret") as sink:
        sink.hang_up = where
        with pytest.raises(LINE_LOST):
            _send(sink, LETTER + b"a long line of text\r\n" * 20_000)
        assert len(sink.received) == (where == HangUp.AFTER_DOT_KEPT)
        sink.heal()
        _send(sink)
        assert sink.received[-1][2] == LETTER
        assert sink.connections == 2


@pytest.mark.parametrize(
    ("where", "said_354"), [(HangUp.BEFORE_354, False), (HangUp.AFTER_354, True), (HangUp.MID_BODY, True)]
)
def test_the_server_says_354_or_not_before_it_hangs_up(smtp_sink: SmtpSink, where: HangUp, said_354: bool) -> None:
    smtp_sink.hang_up = where
    client = _client(smtp_sink)
    client.mail("advice@desk.example")
    client.rcpt("rosa@reader.example")
    try:
        assert client.docmd("DATA")[0] == 354
    except smtplib.SMTPServerDisconnected:
        assert not said_354
    else:
        assert said_354
    finally:
        client.close()


def test_garbage_after_the_dot_hides_a_letter_that_was_kept(smtp_sink: SmtpSink) -> None:
    smtp_sink.answers[Stage.DOT] = "what letter?"
    with pytest.raises(smtplib.SMTPException):
        _send(smtp_sink)
    assert [letter for _, _, letter in smtp_sink.received] == [LETTER]


def test_a_slow_server_has_kept_the_letter_before_it_answers(smtp_sink: SmtpSink) -> None:
    smtp_sink.delay_after_dot = 60
    sender = threading.Thread(target=_swallow_disconnect, args=(smtp_sink,))
    sender.start()
    until = time.monotonic() + 10
    while not smtp_sink.received and time.monotonic() < until:
        time.sleep(0.01)
    assert sender.is_alive()
    smtp_sink.stop()
    sender.join(10)
    assert not sender.is_alive()
    assert len(smtp_sink.received) == 1


def _swallow_disconnect(sink: SmtpSink) -> None:
    with pytest.raises(LINE_LOST):
        _send(sink)


def test_the_server_comes_back_on_the_same_port(smtp_sink: SmtpSink) -> None:
    port = smtp_sink.port
    smtp_sink.stop()
    with pytest.raises(ConnectionRefusedError):
        _send(smtp_sink)
    smtp_sink.start()
    assert smtp_sink.port == port
    _send(smtp_sink)
    assert len(smtp_sink.received) == 1
