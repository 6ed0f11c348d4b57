"""What an IMAP server can do to the desk: refuse, hang up, mislead, or be somebody else."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import MailboxUser
from tests.mailbox.cast import ENOUGH, fetch_all, kill_imap_children, letter, maildir_files
from tests.mailbox.conftest import Open
from tests.mailbox.mallory import Mallory
from tests.servers import Certificate, Dovecot
from triage.errors import ConfigError, Permanent, Temporary, TriageError

# ------------------------------------------------------------------ signing in


def test_a_wrong_password_needs_a_person(open_box: Open, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("not the password")
    with pytest.raises(Permanent, match=r"check imap\.user, and the password"):
        open_box(imap_password=f"file:{wrong}").select()


def test_a_line_that_drops_during_the_login_does_not_blame_the_password(open_box: Open, dovecot: Dovecot) -> None:
    with Mallory(dovecot.port, deaf_to=b"LOGIN") as mallory, pytest.raises(Temporary, match="signing in"):
        open_box(imap_port=mallory.port).select()


def test_a_password_with_umlauts_works(open_box: Open, dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.add_user("umlaut", "pässwörter")
    (tmp_path / "umlaut").write_text("pässwörter", "utf-8")
    box = open_box(imap_user="umlaut", imap_password=f"file:{tmp_path / 'umlaut'}")
    assert box.select() > 0
    (tmp_path / "umlaut").write_text("passwörter", "utf-8")
    box.close()
    with pytest.raises(Permanent, match="password"):
        box.select()


def test_a_password_that_is_not_there_is_the_operators_to_mend(open_box: Open, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        open_box(imap_password=f"file:{tmp_path / 'nothing'}").select()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", Permanent),
        (b"NO LOGIN failed.", Permanent),
        (b"NO [ALERT] Application-specific password required", Permanent),
        (b"NO [UNAVAILABLE] Temporary authentication failure", Temporary),
        (b"NO [LIMIT] Rate limit hit", Temporary),
        (b"NO Login failed: too many connections, try again later", Temporary),
    ],
)
def test_what_servers_say_to_a_login_is_understood(
    open_box: Open, dovecot: Dovecot, said: bytes, kind: type[TriageError]
) -> None:
    signed_in = re.compile(rb"(?:\* CAPABILITY [^\r]*\r\n)?(\w+) OK (?:\[CAPABILITY [^]]*\] )?Logged in\r\n")
    with (
        Mallory(dovecot.port, lambda answer: signed_in.sub(rb"\1 " + said + b"\r\n", answer)) as mallory,
        pytest.raises(kind),
    ):
        open_box(imap_port=mallory.port).select()


# ------------------------------------------------------------------ TLS


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_letters_come_over_tls_from_a_server_that_is_trusted(
    open_box: Open, deliver: Callable[..., None], dovecot: Dovecot, tls: str
) -> None:
    deliver(letter("hello"))
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    assert fetch_all(open_box(imap_tls=tls, imap_port=port, imap_ca_file=str(dovecot.ca_file))) == [letter("hello")]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@pytest.mark.parametrize("authority", ["somebody else's", "the system's"])
def test_a_server_that_is_not_trusted_never_hears_the_password(
    open_box: Open, dovecot: Dovecot, tmp_path: Path, tls: str, authority: str
) -> None:
    ca_file = "" if authority == "the system's" else str(Certificate.make(tmp_path).ca_file)
    with Mallory(dovecot.tls_port if tls == "implicit" else dovecot.port) as mallory:
        with pytest.raises(Permanent, match="certificate cannot be trusted"):
            open_box(imap_tls=tls, imap_port=mallory.port, imap_ca_file=ca_file).select()
        assert b"LOGIN" not in mallory.heard


def test_mallory_cannot_talk_the_desk_out_of_starttls(open_box: Open, dovecot: Dovecot) -> None:
    with Mallory(dovecot.port, lambda said: said.replace(b" STARTTLS", b"")) as mallory:
        with pytest.raises(Permanent, match="does not offer STARTTLS"):
            open_box(imap_tls="starttls", imap_port=mallory.port, imap_ca_file=str(dovecot.ca_file)).select()
        assert b"LOGIN" not in mallory.heard


def test_tls_on_a_plain_port_says_which_settings_to_check(open_box: Open) -> None:
    with pytest.raises(Permanent, match=r"check imap\.port and imap\.tls"):
        open_box(imap_tls="implicit").select()


def test_an_unreadable_certificate_file_is_the_operators_to_mend(open_box: Open, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"imap\.ca_file"):
        open_box(imap_tls="implicit", imap_ca_file=str(tmp_path / "nothing.pem")).select()


# ------------------------------------------------------------------ trouble on the line


def test_a_server_that_is_away_is_tried_again(open_box: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Temporary, match="cannot be reached"):
        open_box(imap_port=port).select()


def test_a_dropped_connection_is_temporary_and_the_next_call_connects_again(
    open_box: Open, deliver: Callable[..., None], dovecot: Dovecot
) -> None:
    deliver(letter("hello"))
    box = open_box()
    box.select()
    kill_imap_children(dovecot)
    with pytest.raises(Temporary, match="connection was lost"):
        box.exists([1])
    assert fetch_all(box) == [letter("hello")]


def test_a_server_that_hangs_is_given_up(open_box: Open, dovecot: Dovecot) -> None:
    box = open_box(read_timeout=0.3)
    box.select()
    dovecot.freeze()
    try:
        with pytest.raises(Temporary, match="took too long"):
            box.exists([1])
        box.close()
    finally:
        dovecot.thaw()
    assert box.exists([1]) == set()


@pytest.mark.parametrize(
    "said", [b"BAD User is authenticated but not connected.", b"NO [UNAVAILABLE] Server error - try again later"]
)
def test_passing_trouble_of_the_server_is_temporary(open_box: Open, dovecot: Dovecot, said: bytes) -> None:
    def meddle(answer: bytes) -> bytes:
        head, found, _ = answer.rpartition(b" OK [READ-ONLY]")
        return head + b" " + said + b"\r\n" if found else answer

    with Mallory(dovecot.port, meddle) as mallory, pytest.raises(Temporary):
        open_box(imap_port=mallory.port).select()


def test_a_letter_that_the_server_cannot_read_fails_alone_when_asked_for_alone(
    open_box: Open, deliver: Callable[..., None], dovecot: Dovecot, mailbox_user: MailboxUser
) -> None:
    deliver(letter("0"), letter("1"), letter("2"))
    box = open_box()
    uids = list(box.sizes(0, None))
    unreadable = maildir_files(dovecot, mailbox_user)[1]
    unreadable.chmod(0)
    for asked in (uids, uids[1:2]):
        with pytest.raises(Temporary):
            list(box.fetch(asked, ENOUGH))
    assert [message.uid for uid in (uids[0], uids[2]) for message in box.fetch([uid], ENOUGH)] == [uids[0], uids[2]]
    unreadable.chmod(0o600)
    assert [message.uid for message in box.fetch(uids, ENOUGH)] == uids


def test_a_letter_whose_size_cannot_be_told_is_listed_and_hides_no_other(
    open_box: Open, deliver: Callable[..., None], dovecot: Dovecot, mailbox_user: MailboxUser
) -> None:
    deliver(*(letter(str(number)) for number in range(7)))
    maildir_files(dovecot, mailbox_user)[4].chmod(0)
    sizes = open_box().sizes(0, None)
    assert [bool(size) for size in sizes.values()] == [True] * 4 + [False] + [True] * 2


def test_a_server_that_can_read_no_letter_at_all_is_tried_again(
    open_box: Open, deliver: Callable[..., None], dovecot: Dovecot, mailbox_user: MailboxUser
) -> None:
    deliver(*(letter(str(number)) for number in range(12)))
    for file in maildir_files(dovecot, mailbox_user):
        file.chmod(0)
    with pytest.raises(Temporary, match="no message"):
        open_box().sizes(0, None)
