"""An inbox in trouble is left in peace for a while, the others go on, and nothing that a server says ends the desk."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from imapclient import IMAPClient  # type: ignore[import-untyped]

from tests.cast import NOON, TestClock, make_desk
from tests.conftest import MailboxUser
from tests.mailbox.cast import advice_inbox, letter
from tests.mailbox.mallory import Mallory
from tests.servers import Dovecot
from triage.desk import Desk, collecting
from triage.desk.collecting import LOCKED, LONGEST, rest
from triage.errors import ConfigError, NotLetIn, Permanent, Temporary
from triage.mailbox.imap import ImapMailbox
from triage.records import Health
from triage.settings import Inbox
from triage.store import collected, tables

TRIES = 15
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def inbox(dovecot: Dovecot, mailbox_user: MailboxUser, tmp_path: Path) -> Inbox:
    return advice_inbox(dovecot, mailbox_user, tmp_path)


@pytest.fixture
def desk(sqlite_url: str, clock: TestClock, inbox: Inbox) -> Iterator[Desk]:
    desk = replace(make_desk(sqlite_url, clock=clock), inboxes={"advice": inbox, "work": replace(inbox, name="work")})
    yield desk
    desk.db.close()


def health(desk: Desk) -> Health:
    return next(known for known in collected.health(desk.db) if known.account == "advice")


def through(mallory: Mallory, inbox: Inbox, read_timeout: float = 10) -> ImapMailbox:
    return ImapMailbox(replace(inbox, imap=replace(inbox.imap, port=mallory.port)), read_timeout=read_timeout)


# ------------------------------------------------------------------ resting


def test_three_refused_sign_ins_stop_all_tries_for_an_hour_or_until_a_person_asks(
    desk: Desk, clock: TestClock, dovecot: Dovecot, inbox: Inbox, tmp_path: Path
) -> None:
    right = (tmp_path / "password").read_text()
    (tmp_path / "password").write_text("not the password")
    with Mallory(dovecot.port) as mallory:
        box = through(mallory, inbox)

        def poll(**how: bool) -> int:
            clock.now += MINUTE * 2
            collecting.poll(desk, box, **how)
            return mallory.heard.count(b"LOGIN")

        assert [poll(asked=False) for _ in range(6)] == [1, 2, 3, 3, 3, 3]
        assert "triage collect" in health(desk).error
        assert collecting.poll(desk, box, asked=False).error == health(desk).error
        clock.now += LOCKED
        assert [poll(asked=False) for _ in range(3)] == [4, 4, 4]
        assert collecting.poll(desk, ImapMailbox(replace(inbox, name="work")), asked=False).account == "work"
        (tmp_path / "password").write_text(right)
        assert [poll(asked=False), poll(asked=True), poll(asked=False)] == [4, 5, 5]  # the last one stays signed in
        box.close()
    assert (health(desk).error, health(desk).refusals) == ("", 0)


def test_a_refusal_counts_although_the_line_was_dead_in_between(desk: Desk, clock: TestClock) -> None:
    for kind in (NotLetIn, Temporary, NotLetIn, Temporary, NotLetIn):
        collected.note_poll(desk.db, "advice", now=clock(), error="no", kind=kind.__name__)
    assert rest(health(desk), MINUTE * 2) == LOCKED
    collected.note_poll(desk.db, "advice", now=clock())
    assert health(desk).refusals == 0


def test_a_server_that_is_away_is_asked_ever_more_seldom_up_to_a_quarter_of_an_hour(desk: Desk) -> None:
    def after(failures: int, account: str = "advice", kind: type[Exception] = Temporary) -> timedelta:
        return rest(
            Health(
                account=account, polled_at=NOON, succeeded_at=None, failures=failures, error="x", kind=kind.__name__
            ),
            MINUTE * 2,
        )

    for failures, most in ((1, 2), (2, 4), (3, 8), (4, 15), (50, 15)):
        assert MINUTE * most / 2 <= after(failures) <= MINUTE * most
    assert max(after(n) for n in range(1, 90)) <= LONGEST
    assert len({after(3, account=f"inbox {n}") for n in range(10)}) == 10  # they do not come back all at once
    assert after(4, kind=Permanent) > MINUTE * 7
    assert after(4, kind=ConfigError) == timedelta()


def test_an_inbox_whose_server_is_away_comes_back_by_itself(
    desk: Desk, clock: TestClock, dovecot: Dovecot, inbox: Inbox
) -> None:
    away = ImapMailbox(replace(inbox, imap=replace(inbox.imap, port=1)))
    assert "cannot be reached" in collecting.poll(desk, away, asked=False).error
    clock.forward(seconds=20)
    box = ImapMailbox(inbox)
    assert collecting.poll(desk, box, asked=False).error
    clock.forward(seconds=100)
    assert not collecting.poll(desk, box, asked=False).error
    box.close()


# ------------------------------------------------------------------ a folder that has gone


def test_a_renamed_folder_is_named_with_those_that_are_there(
    desk: Desk, dovecot: Dovecot, inbox: Inbox, carol: IMAPClient
) -> None:
    carol.create_folder("Letters")
    desk = replace(desk, inboxes={"advice": replace(inbox, folder="Letters")})
    box = ImapMailbox(desk.inboxes["advice"])
    assert not collecting.poll(desk, box).error
    box.close()
    carol.rename_folder("Letters", "Leserbriefe – für Carol")
    error = collecting.poll(desk, box).error
    assert "no folder 'Letters'" in error
    assert "'Leserbriefe – für Carol'" in error and "'INBOX'" in error
    assert error.endswith("Next: check the setting folder.")


# ------------------------------------------------------------------ garbage


def test_no_bytes_that_a_server_sends_end_the_desk(
    desk: Desk, dovecot: Dovecot, inbox: Inbox, deliver: Callable[..., None]
) -> None:
    letters = [letter(str(number), b"Shall I go?\r\n" * 3) for number in range(3)]
    deliver(*letters)
    chance = random.Random(7)

    def damaged(said: bytes) -> bytes:
        if len(said) < 20 or chance.random() < 0.5:
            return said
        data = bytearray(said)
        for _ in range(chance.choice((1, 1, 3, 20))):
            at = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at : at + chance.randrange(1, 9)]
                case 2:
                    data[at:at] = chance.randbytes(3)
                case _:
                    data[at:at] = b"99999999999999999999"
            if not data:
                break
        return bytes(data)

    with Mallory(dovecot.port, damaged) as mallory:
        for _ in range(TRIES):
            box = through(mallory, inbox, read_timeout=0.15)
            collecting.poll(desk, box)
            box.close()
    box = ImapMailbox(inbox)
    assert not collecting.poll(desk, box).error
    box.close()
    with desk.db.read() as connection:
        kept = set(connection.scalars(sa.select(tables.raw_messages.c.data)))
    assert kept & set(letters)


@pytest.mark.parametrize("number", [b" 4000000000", b" 99999999999999999999"])
def test_a_number_out_of_nowhere_hides_no_letter(
    desk: Desk, dovecot: Dovecot, inbox: Inbox, deliver: Callable[..., None], number: bytes
) -> None:
    deliver(letter("1"), letter("2"))
    with Mallory(dovecot.port, lambda said: re.sub(rb"(\* SEARCH [\d ]+)", rb"\1" + number, said)) as mallory:
        box = through(mallory, inbox)
        collecting.poll(desk, box)
        box.close()
    deliver(letter("3"))
    box = ImapMailbox(inbox)
    collecting.poll(desk, box)
    box.close()
    with desk.db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.raw_messages)) == 3
