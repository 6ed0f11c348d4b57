"""`triage serve` as its supervisor sees it: it polls by itself, and SIGTERM lets a running send end."""

import json
import signal
import time
from pathlib import Path

import httpx2

from tests.cast import mail
from tests.conftest import MailboxUser
from tests.servers import Dovecot, SmtpSink
from tests.service import Operator, operator, until
from tests.web.conftest import token_of


def stages(office: Operator) -> list[str]:
    done = office.triage("letters", "--json")
    assert done.returncode == 0, done.stderr
    return [letter["stage"] for letter in json.loads(done.stdout)]


def test_a_stop_lets_the_running_send_end_and_leaves_nothing_unknown(
    tmp_path: Path, dovecot: Dovecot, mailbox_user: MailboxUser, smtp_sink: SmtpSink, sqlite_url: str
) -> None:
    office = operator(tmp_path, (dovecot, smtp_sink), mailbox_user, sqlite_url, undo_seconds=0)
    office.add("ali", "advisor", "a long password")
    dovecot.deliver(mailbox_user.name, mail())
    smtp_sink.delay_after_dot = 3.0
    with office.serving() as process:
        until(lambda: stages(office) == ["drafted"], 30)
        done = office.triage("approve", "1", "--as", "ali", "--without-line")
        assert done.returncode == 0, done.stderr
        until(lambda: bool(smtp_sink.received), 10)  # the server has it and takes its time to say so
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0

    assert stages(office) == ["answered"]
    assert len(smtp_sink.received) == 1


def test_a_letter_from_somebody_in_danger_reaches_carol_by_mail_while_nobody_looks(
    tmp_path: Path, dovecot: Dovecot, mailbox_user: MailboxUser, smtp_sink: SmtpSink, sqlite_url: str
) -> None:
    office = operator(tmp_path, (dovecot, smtp_sink), mailbox_user, sqlite_url)
    office.add("carol", "editor", "a long password")
    for words in (
        ("user", "email", "carol", "carol@elsewhere.example"),
        ("settings", "alerts", "--tell", "carol", "--as", "carol"),
    ):
        assert office.triage(*words).returncode == 0
    with office.serving():
        dovecot.deliver(mailbox_user.name, mail("I lost the job in May. I want to kill myself tonight.\n\nRosa"))
        until(lambda: bool(smtp_sink.received), 30)

    [(_, recipients, message)] = smtp_sink.received
    assert recipients == ["carol@elsewhere.example"]
    assert f"http://127.0.0.1:{office.port}/letters/1".encode() in message
    assert b"Rosa" not in message and b"tonight" not in message
    assert stages(office) == ["held"]


def test_a_stop_waits_for_no_page_that_is_open(
    tmp_path: Path, dovecot: Dovecot, mailbox_user: MailboxUser, smtp_sink: SmtpSink, sqlite_url: str
) -> None:
    office = operator(tmp_path, (dovecot, smtp_sink), mailbox_user, sqlite_url)
    office.add("ali", "advisor", "a long password")
    with office.serving() as process, httpx2.Client(base_url=office.url, trust_env=False) as browser:
        form = {"name": "ali", "password": "a long password", "token": token_of(browser.get("/sign-in"))}
        assert browser.post("/sign-in", data=form).status_code == 303
        with browser.stream("GET", "/live?letter=1", timeout=20) as page:
            lines = page.iter_lines()
            assert next(lines) == ": listening"
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert [line for line in lines if line.startswith("event: ")] in ([], ["event: presence"])
            assert process.wait(timeout=20) == 0
            assert time.monotonic() - asked < 4  # streams that are not told to end are given five seconds


def test_the_command_line_walks_the_whole_way(
    tmp_path: Path, dovecot: Dovecot, mailbox_user: MailboxUser, smtp_sink: SmtpSink, sqlite_url: str
) -> None:
    office = operator(tmp_path, (dovecot, smtp_sink), mailbox_user, sqlite_url)
    office.add("ana", "apprentice", "a long password")
    office.add("ali", "advisor", "a long password")
    dovecot.deliver(mailbox_user.name, mail())

    assert office.triage("collect").returncode == 0
    assert office.triage("assess").returncode == 0
    assert office.triage("draft").returncode == 0
    shown = json.loads(office.triage("show", "1", "--json").stdout)
    assert shown["topics"][:2] == ["withdrawing", "unemployment"]
    assert [row["verb"] for row in shown["history"]] == ["collect", "assess", "draft"]

    revised = office.triage("revise", "1", "--as", "ana", "--file", "-", stdin="Go, and ask.\n\nCarol Reyes")
    assert revised.returncode == 0, revised.stderr
    refused = office.triage("approve", "1", "--as", "ana")
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
    assert "advisor" in refused.stderr
    assert office.triage("approve", "1", "--as", "ali", "--revision", "1").returncode == 1
    assert office.triage("approve", "1", "--as", "ali", "--revision", "2").returncode == 0
    assert office.triage("send", "--now").returncode == 0

    assert stages(office) == ["answered"]
    assert len(smtp_sink.received) == 1
    assert len(dovecot.messages(mailbox_user.name, "Sent")) == 1
    assert office.triage("send", "--now").returncode == 0
    assert len(smtp_sink.received) == 1


def test_wrong_calls_are_answered_in_plain_words(
    tmp_path: Path, dovecot: Dovecot, mailbox_user: MailboxUser, smtp_sink: SmtpSink, sqlite_url: str
) -> None:
    office = operator(tmp_path, (dovecot, smtp_sink), mailbox_user, sqlite_url)
    for words, code in (
        (("show", "7"), 1),
        (("approve", "7", "--as", "nobody"), 1),
        (("letters", "--stage", "lost"), 2),
        (("read", str(tmp_path / "nothing.eml")), 2),
    ):
        done = office.triage(*words)
        assert done.returncode == code, (words, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
    missing = Operator(tmp_path / "none.toml", 1).triage("letters")
    assert missing.returncode == 2
    assert "triage init" in missing.stderr
