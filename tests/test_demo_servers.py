"""The demo's sample letters, its mail servers, and the page that shows what the reader received."""

import email
import http.client
import smtplib
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from triage import parsing
from triage.demo.reader_page import render
from triage.demo.samples import DIAS, READERS_ZONE, WEEKDAYS, load_letters, sent_at
from triage.demo.servers import DemoServers

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday
REPLY = (
    "From: The advice desk <advice@desk.example>\r\nTo: denise.h@reader.example\r\n"
    "Subject: Re: Can I cancel my interview?\r\nMessage-ID: <1@desk.example>\r\n\r\nGo anyway.\r\n"
)


@pytest.fixture
def servers() -> Iterator[DemoServers]:
    with DemoServers() as running:
        yield running


@pytest.fixture
def imap(servers: DemoServers) -> Iterator[IMAPClient]:
    with IMAPClient(servers.imap_host, servers.imap_port, ssl=False, timeout=10) as client:
        client.login(servers.imap_user, servers.imap_password)
        yield client


def _send(servers: DemoServers, reply: str = REPLY) -> None:
    with smtplib.SMTP(servers.smtp_host, servers.smtp_port, timeout=10) as client:
        client.login(servers.smtp_user, servers.smtp_password)
        client.sendmail("advice@desk.example", ["denise.h@reader.example"], reply)


def _page(servers: DemoServers, method: str = "GET", path: str = "/") -> tuple[int, str]:
    host = servers.reader_url.removeprefix("http://").rstrip("/")
    client = http.client.HTTPConnection(host, timeout=10)
    try:
        client.request(method, path)
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    finally:
        client.close()


# ------------------------------------------------------------------ letters


@pytest.mark.parametrize("now", [NOW + timedelta(days=n, hours=n) for n in range(7)], ids=lambda now: f"{now:%A}")
def test_every_letter_has_just_arrived_whatever_the_day(now: datetime) -> None:
    letters = load_letters(now)
    assert len(letters) >= 17
    assert all(now - timedelta(days=4) < sent_at(letter) < now for letter in letters)
    assert sorted(letters, key=sent_at) == letters
    assert not any(b"@@" in letter for letter in letters)


def test_every_letter_is_a_whole_message_to_the_desk_in_example_domains() -> None:
    seen = set()
    for letter in load_letters(NOW):
        message = email.message_from_bytes(letter)
        seen.add(message["Message-ID"])
        assert message["To"].strip("<>") == "advice@desk.example"
        assert message["From"].rstrip(">").endswith(".example")
        assert b"\n" not in letter.replace(b"\r\n", b"")
    assert len(seen) == len(load_letters(NOW))


@pytest.mark.parametrize("days", range(7))
def test_the_interview_is_on_the_named_working_day_that_comes_next(days: int) -> None:
    now = NOW + timedelta(days=days)
    letter = next(letter for letter in load_letters(now) if b"denise.h@" in letter)
    body = parsing.parse(letter, now).body
    named = body.partition("for an interview this ")[2].partition(".")[0]
    ahead = (WEEKDAYS.index(named) - now.astimezone(READERS_ZONE).weekday()) % 7
    assert named not in ("Saturday", "Sunday")
    assert 2 <= ahead <= 4


def test_lucias_thursday_is_jueves() -> None:
    letter = next(letter for letter in load_letters(NOW) if b"lucia.benitez@" in letter)
    assert f"el {DIAS[3]} para" in parsing.parse(letter, NOW).body


def test_a_date_stays_right_on_the_night_the_clocks_change() -> None:
    now = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)  # an hour after the clocks went back
    letter = next(letter for letter in load_letters(now) if b"denise.h@" in letter)
    assert sent_at(letter) == now - timedelta(hours=2)


def test_walts_letter_lies_about_its_charset_and_karens_has_no_text_part() -> None:
    walt = next(letter for letter in load_letters(NOW) if b"walt.jablonski@" in letter)
    assert b"us-ascii" in walt
    assert b"I\x92m 61" in walt
    karen = email.message_from_bytes(next(letter for letter in load_letters(NOW) if b"koduya@" in letter))
    assert [part.get_content_type() for part in karen.walk()] == ["text/html"]
    assert 'width="1" height="1"' in karen.get_payload()


def test_marcus_second_letter_answers_his_first() -> None:
    first, second = (letter for letter in load_letters(NOW) if b"marcus.bell@" in letter)
    older, newer = parsing.parse(first, NOW), parsing.parse(second, NOW)
    assert list(newer.in_reply_to) == [older.message_id]
    assert "Did I blow it" in newer.quoted
    assert "Did I blow it" not in newer.body


# ------------------------------------------------------------------ servers


def test_the_letters_come_out_of_the_inbox_as_they_went_in(servers: DemoServers, imap: IMAPClient) -> None:
    letters = load_letters(NOW)
    servers.deliver(letters)
    assert imap.select_folder("INBOX", readonly=True)[b"EXISTS"] == len(letters)
    uids = imap.search("ALL")
    found = imap.fetch(uids, ["BODY.PEEK[]", "RFC822.SIZE", "INTERNALDATE", "FLAGS"])
    assert [found[uid][b"BODY[]"] for uid in uids] == letters
    assert [found[uid][b"RFC822.SIZE"] for uid in uids] == [len(letter) for letter in letters]
    assert all(b"\\Seen" not in found[uid][b"FLAGS"] for uid in uids)
    assert found[uids[0]][b"INTERNALDATE"].astimezone(UTC) == sent_at(letters[0])
    assert imap.search(["SINCE", date(2026, 11, 23)])


def test_the_sent_folder_takes_a_copy_and_finds_it_by_message_id(imap: IMAPClient) -> None:
    assert b"APPENDUID" in imap.append("Sent", REPLY.encode())
    imap.select_folder("Sent", readonly=True)
    assert len(imap.search(["HEADER", "Message-ID", "<1@desk.example>"])) == 1
    assert imap.search(["HEADER", "Message-ID", "<2@desk.example>"]) == []


def test_a_reply_reaches_the_readers_mailbox_and_page(servers: DemoServers) -> None:
    assert "Nothing has arrived yet" in _page(servers)[1]
    _send(servers)
    assert servers.arrived == [REPLY.encode()]
    status, page = _page(servers)
    assert status == 200
    assert "Re: Can I cancel my interview?" in page
    assert "Go anyway." in page
    with IMAPClient(servers.imap_host, servers.imap_port, ssl=False, timeout=10) as reader:
        reader.login("reader", servers.imap_password)
        assert reader.select_folder("INBOX")[b"EXISTS"] == 1


def test_mallory_gets_into_neither_server(servers: DemoServers) -> None:
    with (
        IMAPClient(servers.imap_host, servers.imap_port, ssl=False, timeout=10) as client,
        pytest.raises(IMAPClientError),
    ):
        client.login("advice", "a guess")
    with smtplib.SMTP(servers.smtp_host, servers.smtp_port, timeout=10) as client:
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.sendmail("mallory@evil.example", ["denise.h@reader.example"], REPLY)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("advice", "a guess")
    assert servers.arrived == []


def test_stopping_cuts_open_connections_and_frees_the_ports(capfd: pytest.CaptureFixture[str]) -> None:
    servers = DemoServers()
    servers.start()
    page_port = int(servers.reader_url.rstrip("/").rpartition(":")[2])
    ports = (servers.imap_port, servers.smtp_port, page_port)
    lines = [socket.create_connection(("127.0.0.1", port), timeout=10) for port in ports]
    idle = IMAPClient(servers.imap_host, servers.imap_port, ssl=False, timeout=10)
    idle.login(servers.imap_user, servers.imap_password)
    idle.select_folder("INBOX")
    idle.idle()
    lines[2].send(b"GET / HT")
    servers.stop()
    servers.stop()
    for line in lines:
        with line, line.makefile("rb") as rest:
            rest.read()  # ends, because nobody holds the other side
    idle.shutdown()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=10)
    assert capfd.readouterr().err == ""


# ------------------------------------------------------------------ page


def test_mallorys_markup_is_shown_and_not_obeyed() -> None:
    hostile = (
        b'Subject: <img src=x onerror=alert(1)>\r\nFrom: "</dd><b>" <m@evil.example>\r\n\r\n</pre><script>x</script>'
    )
    page = render([hostile])
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_the_newest_reply_is_on_top() -> None:
    page = render([b"Subject: older\r\n\r\n", b"Subject: newer\r\n\r\n"])
    assert page.index("newer") < page.index("older")


def test_the_page_takes_no_input(servers: DemoServers) -> None:
    assert _page(servers, "POST")[0] == 405
    assert _page(servers, path="/other")[0] == 404
    assert _page(servers, "HEAD") == (200, "")
