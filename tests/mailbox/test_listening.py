"""Being told of new letters at once, and what can happen to somebody who only listens."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cast import WordAssessor
from tests.conftest import MailboxUser
from tests.mailbox.cast import advice_inbox, kill_imap_children, letter
from tests.mailbox.mallory import Mallory
from tests.servers import Dovecot
from triage import wiring
from triage.errors import NotLetIn, Permanent, Temporary
from triage.mailbox.listening import Listener
from triage.schedule import Schedule
from triage.settings import Desk, Inbox, Settings
from triage.store import letters

SOON = 10.0  # seconds, far more than anything here takes


class Bell:
    """Counts the rings and waits for them."""

    def __init__(self) -> None:
        self.rings = threading.Semaphore(0)

    def __call__(self) -> None:
        self.rings.release()

    def has_rung(self) -> bool:
        """Wait for the next ring."""
        return self.rings.acquire(timeout=SOON)

    def is_quiet(self) -> bool:
        """Whether nothing rang that was not waited for."""
        return not self.rings.acquire(blocking=False)


Listen = Callable[..., Bell]


@pytest.fixture
def inbox(dovecot: Dovecot, mailbox_user: MailboxUser, tmp_path: Path) -> Inbox:
    return advice_inbox(dovecot, mailbox_user, tmp_path)


@pytest.fixture
def listen(inbox: Inbox) -> Iterator[Listen]:
    """Starts a listener, waits until it has taken its place, and gives its bell."""
    started: list[Listener] = []

    def listen(changed: Inbox = inbox, *, waits: bool = True, **options: Any) -> Bell:
        bell = Bell()
        started.append(Listener(changed, bell, **{"first_wait": 0.05, "read_timeout": 1.0} | options))
        started[-1].start()
        assert not waits or bell.has_rung()
        return bell

    yield listen
    for listener in started:
        listener.stop()
    assert not any(thread.name == "listen-advice" for thread in threading.enumerate())


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_letter_rings_and_so_does_the_next_one(listen: Listen, deliver: Callable[..., None]) -> None:
    bell = listen()
    for number in range(2):
        deliver(letter(str(number)))
        assert bell.has_rung()


def test_it_rings_over_tls_too(
    listen: Listen, deliver: Callable[..., None], dovecot: Dovecot, mailbox_user: MailboxUser, tmp_path: Path
) -> None:
    server = advice_inbox(dovecot, mailbox_user, tmp_path).imap
    imap = {"port": dovecot.tls_port, "tls": "implicit", "ca_file": str(dovecot.ca_file)}
    bell = listen(with_imap(advice_inbox(dovecot, mailbox_user, tmp_path), **imap))
    assert server.port != dovecot.tls_port
    for number in range(2):
        deliver(letter(str(number)))
        assert bell.has_rung()


def test_what_carol_does_to_letters_rings_for_nobody(listen: Listen, deliver: Callable[..., None], carol: Any) -> None:
    deliver(letter("hello"))
    bell = listen()
    carol.select_folder("INBOX")
    carol.add_flags([1], ["\\Flagged"])
    deliver(letter("next"))
    assert bell.has_rung()
    assert bell.is_quiet()


def test_each_cycle_ends_and_begins_anew_without_missing_a_letter(
    listen: Listen, deliver: Callable[..., None], dovecot: Dovecot, inbox: Inbox
) -> None:
    with Mallory(dovecot.port) as mallory:
        bell = listen(with_imap(inbox, port=mallory.port), cycle=0.05)
        for _ in range(3):  # a ring at the beginning of each, for what came in between
            assert bell.has_rung()
        assert mallory.heard.count(b"DONE") >= 3
        assert mallory.heard.count(b"NOOP") >= 3
        assert mallory.heard.count(b"LOGIN") == 1


def test_a_connection_that_dies_is_noticed_and_made_anew(
    listen: Listen, deliver: Callable[..., None], dovecot: Dovecot
) -> None:
    bell = listen()
    kill_imap_children(dovecot)
    assert bell.has_rung()  # it is back
    deliver(letter("hello"))
    assert bell.has_rung()


def test_a_server_that_hangs_is_noticed_at_the_end_of_the_cycle(
    listen: Listen, deliver: Callable[..., None], dovecot: Dovecot
) -> None:
    bell = listen(cycle=0.1, read_timeout=0.2)
    dovecot.freeze()
    try:
        time.sleep(0.5)
        while not bell.is_quiet():
            pass
    finally:
        dovecot.thaw()
    assert bell.has_rung()
    deliver(letter("hello"))
    assert bell.has_rung()


def test_a_server_that_goes_away_is_waited_for(listen: Listen, deliver: Callable[..., None], dovecot: Dovecot) -> None:
    bell = listen()
    dovecot.stop()
    try:
        deliver(letter("while it was away"))
    finally:
        dovecot.start()
    assert bell.has_rung()


def test_garbage_costs_only_the_connection(
    listen: Listen, deliver: Callable[..., None], dovecot: Dovecot, inbox: Inbox
) -> None:
    garbage = itertools.chain([b"* (((\xff 7 {9}\r\n"], itertools.repeat(None))

    def meddle(said: bytes) -> bytes:
        return (next(garbage) or said) if b"EXISTS\r\n" in said and b"FLAGS" not in said else said

    with Mallory(dovecot.port, meddle) as mallory:
        bell = listen(with_imap(inbox, port=mallory.port))
        deliver(letter("hello"))
        assert bell.has_rung()  # after it has come back
        assert mallory.heard.count(b"LOGIN") == 2
        deliver(letter("again"))
        assert bell.has_rung()


def test_a_server_without_idle_is_left_to_polling(
    listen: Listen, dovecot: Dovecot, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Mallory(dovecot.port, lambda said: said.replace(b" IDLE", b"")) as mallory:
        bell = listen(with_imap(inbox, port=mallory.port), waits=False)
        until(lambda: "does not tell of new letters" in caplog.text)
        until(lambda: b"LOGOUT" in mallory.heard)
        assert b"SELECT" not in mallory.heard
    assert bell.is_quiet()


def test_a_refused_sign_in_is_tried_once_and_again_when_a_poll_worked(
    dovecot: Dovecot, inbox: Inbox, tmp_path: Path, mailbox_user: MailboxUser
) -> None:
    (tmp_path / "password").write_text("not the password")
    bell = Bell()
    with Mallory(dovecot.port) as mallory:
        listener = Listener(with_imap(inbox, port=mallory.port), bell, first_wait=0.01)
        listener.let_in()
        listener.start()
        try:
            until(lambda: b"LOGIN" in mallory.heard)
            time.sleep(0.3)
            assert mallory.heard.count(b"LOGIN") == 1
            (tmp_path / "password").write_text(mailbox_user.password)
            until(lambda: listener._refused)
            listener.let_in()
            assert bell.has_rung()
        finally:
            listener.stop()


def test_the_wait_doubles_up_to_a_quarter_of_an_hour_and_is_never_the_same_for_all(inbox: Inbox) -> None:
    for chance, share in ((0.0, 0.5), (1.0, 1.0)):
        listener = Listener(inbox, Bell(), chance=lambda chance=chance: chance)  # type: ignore[misc]
        waits = [listener._pause(Temporary("away")) for _ in range(40)]
        assert waits[:4] == [5 * share, 10 * share, 20 * share, 40 * share]
        assert waits[-1] == 900 * share
    assert listener._pause(Permanent("no such folder")) == 900
    assert listener._pause(NotLetIn("wrong password")) == 3600


def test_it_ends_with_the_schedule_at_once_and_while_it_waits(dovecot: Dovecot, inbox: Inbox) -> None:
    bell = Bell()
    away = with_imap(inbox, port=1)
    schedule = Schedule()
    schedule.beside(Listener(inbox, bell))
    schedule.beside(Listener(away, bell, first_wait=100))
    schedule.start()
    assert bell.has_rung()
    began = time.monotonic()
    schedule.stop()
    assert time.monotonic() - began < SOON  # and not the cycle, or the wait
    until(lambda: not any(thread.name == "listen-advice" for thread in threading.enumerate()))


def with_imap(inbox: Inbox, **changes: Any) -> Inbox:
    return replace(inbox, imap=replace(inbox.imap, **changes))


def test_a_letter_is_collected_at_once_although_the_next_poll_is_an_hour_away(
    inbox: Inbox, deliver: Callable[..., None], sqlite_url: str
) -> None:
    configured = Settings(desk=Desk(database=sqlite_url), inbox=(replace(inbox, poll_seconds=3600),))
    service = wiring.build(configured, assessor=WordAssessor())
    bells = service.schedule()
    bells.start()
    try:
        for number in (1, 2):
            deliver(letter(f"hello {number}"))
            until(lambda number=number: sum(letters.counts(service.desk.db, 9).values()) == number)  # type: ignore[misc]
    finally:
        bells.stop()
        service.close()
