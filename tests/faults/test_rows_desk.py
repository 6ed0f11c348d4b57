"""Rows of the fault matrix about the database, the model, the clock, and processes that freeze or run twice."""

import copy
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from tests.cast import ALI, NOON, TestClock, WordAssessor, mail, make_desk
from tests.conftest import MailboxUser
from tests.faults import invariants, worker
from tests.faults.house import Ground, House
from tests.faults.kills import Nursery
from tests.servers import Dovecot, Postgres, SmtpSink
from triage.answers import Ask
from triage.desk import collecting, deciding, reading, sending
from triage.errors import ConfigError, Temporary
from triage.lazy import LazyAssessor
from triage.mailbox.imap import ImapMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.records import Assessment, Letter
from triage.stages import Stage
from triage.store import letters, tables

SECOND = mail("May I pull out on Friday?", sender="b@reader.example", message_id="<2@reader.example>")


def contents(house: House) -> dict[str, list[Any]]:
    """Every row of every table."""
    with house.desk.db.read() as connection:
        return {table.name: list(connection.execute(sa.select(table))) for table in tables.metadata.sorted_tables}


# ------------------------------------------------------------------ the database


@contextmanager
def locked(house: House) -> Iterator[Callable[[], None]]:
    """Somebody else holds everything that can be written, until they are told to let go."""
    if house.desk.db.is_sqlite:
        other: Any = sqlite3.connect(str(house.desk.db.file), isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
    else:
        other = psycopg.connect(house.ground.url.replace("+psycopg", ""))
        other.execute("LOCK TABLE letters, folders, polls, raw_messages, sightings, replies IN SHARE MODE")
    yield other.rollback
    other.close()


def test_a_database_that_another_one_holds_for_a_moment_is_waited_for(house: House) -> None:
    house.box.deliver(mail(), NOON)
    with locked(house) as let_go:
        threading.Timer(0.2, let_go).start()
        house.round()
    assert house.stage() is Stage.ANSWERED


def test_a_database_that_another_one_holds_for_long_changes_not_by_half(house: House) -> None:
    patience = "PRAGMA busy_timeout = 1" if house.desk.db.is_sqlite else "SET lock_timeout = '50ms'"

    def impatient(connection: Any, _record: object) -> None:
        connection.execute(patience).close()
        connection.commit()

    engine = house.desk.db.engine
    house.box.deliver(mail(), NOON)
    engine.dispose()
    sa.event.listen(engine, "connect", impatient)
    try:
        for step in (house.collect, house.read, house.approve, house.send, house.settle):
            before = contents(house)
            with locked(house), suppress(Temporary):
                step()
            assert contents(house) == before
            step()
            assert contents(house) != before
    finally:
        sa.event.remove(engine, "connect", impatient)
        house.desk.db.close()
    assert house.stage() is Stage.ANSWERED


def test_a_disk_that_is_full_at_the_moment_of_a_write_loses_and_doubles_nothing(house: House) -> None:
    house.box.deliver(mail(), NOON)
    for step in (house.collect, house.read, house.approve, house.send, house.settle):
        before = contents(house)
        house.ground.database.full = True
        for _ in range(2):
            house.round()
        house.ground.database.full = False
        assert contents(house) == before
        step()
    assert (house.stage(), len([sender for sender, _, _ in house.office.taken if sender])) == (Stage.ANSWERED, 1)


@pytest.mark.parametrize("every", [5, 7])
def test_postgresql_ends_every_connection_at_points_of_the_walk(postgres: Postgres, every: int) -> None:
    ground = Ground(postgres)
    house = House(ground)
    seen = 0

    def checkpoint(_name: str, _moment: str) -> None:
        nonlocal seen
        seen += 1
        if seen % every == 0:
            _end_other_sessions(ground.url)

    house.box.deliver(mail(), NOON)
    house.box.deliver(SECOND, NOON)
    house.desk.db._checkpoint = checkpoint
    for _ in range(6):
        house.round()
        house.clock.forward(minutes=20)
    house.desk.db._checkpoint = lambda _name, _moment: None
    for _ in range(2):
        house.round()
        house.clock.forward(hours=1)
    house.check()
    assert seen > 3 * every
    assert {slip.stage for slip in letters.slips(house.desk.db)} <= {Stage.ANSWERED, Stage.UNKNOWN}
    ground.close()


def test_what_was_acknowledged_survives_power_loss_as_far_as_the_database_promises(house: House) -> None:
    with house.desk.db.write("look") as connection:
        if house.desk.db.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL
        else:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_what_the_service_wrote_down_of_itself_can_be_wiped_without_losing_a_letter(house: House) -> None:
    house.box.deliver(mail(), NOON)
    for step in (house.collect, house.read, house.approve, house.send, house.settle):
        with house.desk.db.write("wipe") as connection:
            for table in (tables.steps, tables.polls, tables.folders, tables.told):
                connection.execute(sa.delete(table))
        step()
    assert house.stage() is Stage.ANSWERED


# ------------------------------------------------------------------ the model and the templates


def test_without_its_model_the_desk_keeps_every_letter_and_reads_them_once_it_is_there(house: House) -> None:
    def missing() -> Path:
        raise ConfigError("There is no model. Next: make one.")

    there = house.desk
    house.box.deliver(mail(), NOON)
    house.desk = replace(there, assessor=LazyAssessor(missing, lambda: there.templates))
    house.collect()
    with pytest.raises(ConfigError):
        reading.assess(house.desk)
    assert house.stage() is Stage.COLLECTED
    house.desk = there
    house.round()
    assert house.stage() is Stage.ANSWERED


def test_while_a_slow_model_reads_replies_go_out(house: House) -> None:
    class Slow(WordAssessor):
        reads, goes_on = threading.Event(), threading.Event()

        def assess(self, letter: Letter) -> Assessment:
            self.reads.set()
            assert self.goes_on.wait(10)
            return super().assess(letter)

    house.box.deliver(mail(), NOON)
    house.collect()
    house.read()
    house.approve()
    house.box.deliver(SECOND, NOON)
    house.collect()
    slow = Slow()
    reader = threading.Thread(target=reading.assess, args=(replace(house.desk, assessor=slow),))
    reader.start()
    assert slow.reads.wait(10)
    house.send()
    assert house.stage() is Stage.ANSWERED
    slow.goes_on.set()
    reader.join()
    assert house.stage(2) is Stage.ASSESSED


def test_a_draft_that_cannot_be_rendered_leaves_an_empty_one_with_the_reason(house: House) -> None:
    class Failing(WordAssessor):
        def asks(self, letter: Letter, topics: Sequence[str]) -> tuple[Ask, ...]:
            raise ZeroDivisionError("a fault in a template")

    house.desk = replace(house.desk, assessor=Failing())
    house.box.deliver(mail(), NOON)
    house.collect()
    house.read()
    found = letters.dossier(house.desk.db, 1)
    assert found.slip.stage is Stage.DRAFTED
    assert found.draft is not None
    assert (found.draft.body, "could not be written" in found.draft.blocks[0]) == ("", True)
    deciding.revise(house.desk, 1, ALI, subject="Re: it", body="Go there.\n\nCarol Reyes", base=1)
    house.approve()
    house.send()
    assert house.stage() is Stage.ANSWERED


# ------------------------------------------------------------------ clocks and processes


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_jumps_by_a_day_sends_nothing_twice(house: House, days: int) -> None:
    steps = (house.collect, house.read, house.tell, house.approve, house.send, house.settle)
    for number in range(len(steps)):
        house.box.deliver(mail(f"May I pull out of {number}?", message_id=f"<{number}@reader.example>"), house.clock())
        for place, step in enumerate(steps):
            step()
            if place == number:
                house.clock.forward(days=days)
        house.clock.forward(days=-days)
    house.clock.forward(days=2)
    house.round()
    assert len(house.office.taken) >= len(steps)
    assert {slip.stage for slip in letters.slips(house.desk.db)} == {Stage.ANSWERED}


def test_two_services_at_once_on_one_database_do_everything_once(house: House) -> None:
    other, numbers = copy.copy(house), iter(range(10_000))
    other.desk = make_desk(house.ground.url, clock=house.clock, acknowledgement="It came.", after_collect="flag")
    other.desk = replace(other.desk, token=lambda: f"other{next(numbers)}")
    for number in range(8):
        house.box.deliver(mail(f"Pull out {number}?", sender=f"r{number}@r.example", message_id=f"<{number}@r>"), NOON)
    faults: list[BaseException] = []

    def work(which: House) -> None:
        try:
            for _ in range(4):
                which.round()
        except BaseException as error:
            faults.append(error)

    both = [threading.Thread(target=work, args=(which,)) for which in (house, other)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    house.round()
    other.round()
    other.desk.db.close()
    assert faults == []
    house.check()
    assert [slip.stage for slip in letters.slips(house.desk.db)] == [Stage.ANSWERED] * 8


@pytest.mark.parametrize("mark", ["claim", "begin-data"])
def test_a_sender_that_froze_and_was_taken_over_hands_nothing_over_twice(
    dovecot: Dovecot, mailbox_user: MailboxUser, database_url: str, tmp_path: Path, mark: str
) -> None:
    secret = tmp_path / "password"
    secret.write_text(mailbox_user.password, "utf-8")
    with SmtpSink() as sink, Nursery() as nursery:
        order = {
            "database": database_url, "imap": dovecot.port, "smtp": sink.port, "user": mailbox_user.name,
            "password": f"file:{secret}", "hours": 0,
        }  # fmt: skip
        desk, box = worker.office(order)
        mailbox, outbox = ImapMailbox(box), SmtpOutbox(box.smtp, local_hostname="desk.example")

        def stage() -> Stage:
            return letters.dossier(desk.db, 1).slip.stage

        dovecot.deliver(mailbox_user.name, mail())
        collecting.collect(desk, mailbox)
        reading.assess(desk)
        reading.draft(desk)
        deciding.approve(desk, 1, ALI)
        frozen = nursery.start("send", order, freeze=[mark, "after"])
        assert nursery.wait(frozen) == -signal.SIGSTOP
        later = replace(desk, clock=TestClock(desk.clock()))
        busy = sending.send(later, lambda _account: outbox).busy
        assert busy  # it still has the lock, which no clock takes from it
        if not desk.db.is_sqlite:  # its machine may be gone, and the server forgets its connections
            desk.db.engine.dispose()
            _end_other_sessions(database_url)
            sent = sending.send(later, lambda _account: outbox)
            assert (sent.sent, stage()) in ((1, Stage.ANSWERED), (0, Stage.UNKNOWN))
        nursery.signal(frozen, signal.SIGCONT)
        nursery.wait(frozen)
        sending.send(later, lambda _account: outbox)
        outbox.stop()
        invariants.check(desk.db, invariants.on_server(mailbox), sink.received)
        assert len(sink.received) == 1 or stage() is Stage.UNKNOWN
        mailbox.close()
        desk.db.close()


def _end_other_sessions(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
