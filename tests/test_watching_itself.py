"""The watch sees to itself: when it goes blind, when nothing can be written down, when the clock is set back."""

import datetime as times
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.cast import ALI, CAROL, NOON, ROOT, TestClock, mail, mailbox_with, make_desk
from tests.servers import SmtpSink
from tests.service import until
from tests.test_watching import PLENTY, health, kinds, seen
from triage.desk import Desk, choices, collecting, deciding, reading, sending, steps, watching
from triage.desk.steps import Recorder
from triage.desk.warning import Watch
from triage.desk.watching import Kind, wrong
from triage.errors import NotLetIn, Temporary
from triage.house import Standing, Step
from triage.outbox.smtp import SmtpOutbox
from triage.schedule import Schedule
from triage.settings import Server
from triage.stages import Role
from triage.store import collected, people
from triage.store import watching as store
from triage.store.database import Database
from triage.store.locks import alone


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def desk(database_url: str, clock: TestClock) -> Iterator[Desk]:
    made = replace(make_desk(database_url, clock=clock), disk_usage=lambda _: PLENTY)
    people.add(made.db, "carol", Role.EDITOR, "", NOON, email="carol@desk.example")
    choices.set_watchers(made, CAROL, ["carol"])
    yield made
    made.db.close()


@pytest.fixture
def outbox(smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpOutbox]:
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    made = SmtpOutbox(
        Server(host="127.0.0.1", port=smtp_sink.port, tls="none", user="advice", password="env:SINK_PASSWORD")
    )
    yield made
    made.stop()


def told(sink: SmtpSink) -> list[str]:
    """What each mail that came says first."""
    texts = [message_from_bytes(data, policy=policy.default).get_content() for _, _, data in sink.received]
    return [text.splitlines()[0] for text in texts]


# ------------------------------------------------------------------ the watch


def test_a_watch_that_goes_wrong_each_time_still_tells_what_is_known_and_tells_of_itself(
    desk: Desk, clock: TestClock, outbox: SmtpOutbox, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    def torn(_: Path) -> tuple[int, int, int]:
        raise PermissionError

    blind = replace(desk, disk_usage=torn, log_file=tmp_path / "triage.log")
    store.begin(desk.db, "unread", "advice", "One waits.", now=clock(), remind_after=watching.remind_after)
    watch = Watch(blind, lambda _: outbox, clock())
    for expected in (1, 1, 2, 2):
        with pytest.raises(PermissionError):
            watch()
        assert len(smtp_sink.received) == expected
        clock.forward(seconds=30)
    assert told(smtp_sink)[0] == "One waits."
    assert told(smtp_sink)[1].startswith("A part of the service, “watch”, goes wrong each time (PermissionError).")
    watch.desk = desk
    watch()
    assert ("step", "watch") not in kinds(desk)


@pytest.mark.parametrize("error", ["", "KeyError"])
def test_the_lists_say_that_nobody_watches_any_more(desk: Desk, clock: TestClock, error: str) -> None:
    recorder = Recorder(desk)
    recorder(steps.WATCH, 30.0, 0.0, "")
    clock.forward(minutes=9)
    if error:
        recorder(steps.WATCH, 30.0, 0.0, error)
    assert watching.standing(desk) == []
    clock.forward(minutes=1)
    [said] = watching.standing(desk)
    assert "Nobody is told any more" in said and "Next: " in said
    watching.blind(desk, "KeyError")
    assert len(watching.standing(desk)) == 1


def test_carol_is_told_when_the_database_takes_nothing_although_that_cannot_be_written_down(
    desk: Desk, clock: TestClock, outbox: SmtpOutbox, smtp_sink: SmtpSink
) -> None:
    watch = Watch(desk, lambda _: outbox, clock())
    watch()
    word = "PRAGMA query_only = ON" if desk.db.is_sqlite else "SET default_transaction_read_only = on"  # as a standby
    desk.db.engine.dispose()

    @sa.event.listens_for(desk.db.engine, "connect")
    def only_reading(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(word)
        cursor.close()
        connection.commit()

    mails = []
    for minutes in (0, 0, 0, 9, 1, 1, 60):
        clock.forward(minutes=minutes)
        with pytest.raises((Temporary, sa.exc.InternalError)):
            watch()
        mails.append(len(smtp_sink.received))
    assert mails == [0, 0, 0, 0, 1, 1, 2]
    assert told(smtp_sink)[0].startswith("The service could not look after itself for more than ten minutes")
    sa.event.remove(desk.db.engine, "connect", only_reading)
    desk.db.engine.dispose()
    watch()


def test_a_main_step_that_fails_each_time_is_named_and_a_side_step_is_not_the_main_thing(clock: TestClock) -> None:
    def step(name: str, *, error: str = "KeyError", well: int | None = None) -> Step:
        succeeded = None if well is None else NOON - timedelta(minutes=well)
        return Step(name=name, every_seconds=20.0, began_at=NOON, succeeded_at=succeeded, error=error)

    found = [step("read", well=10), step("send", well=9), step("mirror"), step("tell", error="", well=0)]
    assert steps.failing(found, NOON) == ["read", "mirror"]
    assert steps.failing(found, NOON, started=NOON - timedelta(minutes=9)) == []
    assert [name for name in ("read", "mirror", "collect-advice", "settle") if steps.is_main(name)] == [
        "read",
        "collect-advice",
    ]


def test_a_sign_in_that_has_ended_is_one_trouble_and_another_refusal_is_one_of_its_own() -> None:
    ended = "Inbox 'advice': the sign-in has ended. Next: `triage login advice`."
    refused = Standing(polls=(health(ago=60, error=ended + collecting.RESTS, kind=NotLetIn.__name__, failures=9),))
    assert [it.kind for it in wrong(seen(refused, sign_ins=[("advice", ended)]), NOON)] == [Kind.SIGN_IN]
    soon = [("advice", "Inbox 'advice': the sign-in ends on Friday.")]
    assert [it.kind for it in wrong(seen(refused, sign_ins=soon), NOON)] == [Kind.REFUSED, Kind.SIGN_IN]


# ------------------------------------------------------------------ a process that was stopped in its tracks

HOLDS = """
import sys, time
from triage.store.database import Database
from triage.store.locks import alone
db = Database(sys.argv[1])
with alone(db, "sign-in"):
    print(db.become_sender(), flush=True)
    time.sleep(60)
"""


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """Another process of the desk that holds its locks and does nothing any more."""
    with subprocess.Popen([sys.executable, "-c", HOLDS, url], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "True\n"
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.kill()


def test_replies_that_a_frozen_sender_keeps_back_are_told_of_by_another_process(desk: Desk, clock: TestClock) -> None:
    collecting.collect(desk, mailbox_with(mail()))
    reading.assess(desk)
    reading.draft(desk)
    deciding.approve(desk, 1, ALI)
    with frozen(desk.db.url):
        clock.forward(minutes=16)
        assert sending.send(desk, lambda _: pytest.fail("two processes send")).busy
        watching.look(desk)
        assert kinds(desk) == [("unsent", "advice")]
        with pytest.raises(Temporary, match="Another process"), alone(desk.db, "sign-in", patience=0.1):
            pytest.fail("two processes renew")
    until(desk.db.become_sender, 10)  # the lock died with the process


def test_however_many_wait_for_their_turn_a_page_gets_a_connection(postgres_url: str) -> None:
    db, other = Database(postgres_url), Database(postgres_url)
    turns, done = [], threading.Barrier(21)

    def wait() -> None:
        with alone(db, "sign-in"):
            turns.append(1)
        done.wait(30)

    with alone(other, "sign-in"):
        threads = [threading.Thread(target=wait) for _ in range(20)]
        for thread in threads:
            thread.start()
        until(lambda: db.engine.pool.checkedout() > 0, 10)  # type: ignore[attr-defined]
        time.sleep(0.2)
        with db.read() as connection:
            assert connection.scalar(sa.text("SELECT 1")) == 1
        assert db.engine.pool.checkedout() == 1  # type: ignore[attr-defined]
        assert turns == []
    done.wait(30)
    for thread in threads:
        thread.join()
    assert len(turns) == 20
    db.close()
    other.close()


# ------------------------------------------------------------------ a clock that is set back

HOURS = timedelta(hours=5)


@pytest.mark.parametrize("by", [-HOURS, timedelta(days=20_000)], ids=["back", "from 1970 on"])
def test_the_schedule_goes_on_when_the_clock_is_set(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    real = times.datetime
    runs: list[int] = []

    class Set(real):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: times.tzinfo | None = None) -> times.datetime:
            return real.now(tz) + by

    bells = Schedule()
    bells.every(0.05, "step", lambda: runs.append(1))
    bells.start()
    until(lambda: len(runs) > 1, 10)
    for module in list(sys.modules.values()):
        if module is not times and getattr(module, "datetime", None) is real:
            monkeypatch.setattr(module, "datetime", Set)
    monkeypatch.setattr(time, "time", lambda before=time.time: before() + by.total_seconds())
    soon = len(runs) + 5
    until(lambda: len(runs) > soon, 10)
    bells.stop()
    assert len(runs) < 100  # what was skipped is not made up


def test_an_inbox_in_trouble_is_looked_into_again_although_the_last_try_lies_ahead(
    desk: Desk, clock: TestClock
) -> None:
    for _ in range(3):
        collected.note_poll(desk.db, "advice", now=clock(), error="no", kind=NotLetIn.__name__)
    box = mailbox_with(mail())
    assert collecting.poll(desk, box, asked=False).error
    clock.now -= HOURS
    assert not collecting.poll(desk, box, asked=False).error


def test_what_stops_is_still_found_and_told_of_after_the_clock_was_set_back(
    desk: Desk, clock: TestClock, outbox: SmtpOutbox, smtp_sink: SmtpSink
) -> None:
    watch, recorder = Watch(desk, lambda _: outbox, clock()), Recorder(desk)
    collecting.poll(desk, mailbox_with(mail()))
    for name in ("send", "read"):
        recorder(name, 1.0, 0.0, "")
    watch()
    clock.now -= HOURS
    for minutes in range(20):
        recorder("send", 1.0, 0.0, "")  # "read" has stopped, and nobody polls
        watch()
        if minutes < 10:
            assert kinds(desk) == [], minutes
        clock.forward(minutes=1)
    assert sorted(kinds(desk)) == [("polling", "advice"), ("step", "read"), ("unread", "advice")]
    assert smtp_sink.received
    kept = {step.name: step.began_at for step in store.all_steps(desk.db)}
    assert kept["send"] < NOON - HOURS / 2 < kept["read"]
    assert steps.stopped(store.all_steps(desk.db), clock()) == ["read"]


def test_people_are_reminded_and_not_forgotten_for_hours_when_the_clock_is_set_back(
    desk: Desk, clock: TestClock, outbox: SmtpOutbox, smtp_sink: SmtpSink
) -> None:
    collecting.collect(desk, mailbox_with(mail("This will explode.")))
    reading.assess(desk)
    clock.forward(minutes=16)
    watch = Watch(desk, lambda _: outbox, clock())
    mails = []
    for back in (timedelta(0), HOURS, timedelta(0)):
        clock.now -= back
        watch()
        mails.append(len(smtp_sink.received))
    assert mails == [1, 2, 2]
    assert kinds(desk) == [("stuck", "advice")]


def test_people_are_reminded_by_a_service_that_starts_after_the_clock_was_put_right(
    desk: Desk, clock: TestClock, outbox: SmtpOutbox, smtp_sink: SmtpSink
) -> None:
    collecting.collect(desk, mailbox_with(mail("This will explode.")))
    reading.assess(desk)
    clock.forward(days=365)
    Watch(desk, lambda _: outbox, clock())()
    clock.now -= timedelta(days=364)
    Watch(desk, lambda _: outbox, clock())()
    assert len(smtp_sink.received) == 2
    assert kinds(desk) == [("stuck", "advice")]


def test_replies_that_were_approved_before_the_clock_was_set_back_are_told_of(desk: Desk, clock: TestClock) -> None:
    collecting.collect(desk, mailbox_with(mail()))
    reading.assess(desk)
    reading.draft(desk)
    deciding.approve(desk, 1, ALI)
    clock.now -= HOURS
    watching.look(desk)
    assert kinds(desk) == [("unsent", "advice")]
