"""The service says by itself what is wrong with it, once, in plain words, and through an inbox that works."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.cast import ALI, CAROL, NOON, TestClock, inbox, mail, mailbox_with, make_desk
from tests.servers import SmtpSink
from tests.web.conftest import TakingOutbox
from tests.web.receiving import Receiver
from triage.desk import Desk, choices, collecting, deciding, reading, sending, telling, warning, watching, webhooks
from triage.desk.steps import Recorder
from triage.desk.watching import Kind, Seen, wrong
from triage.errors import Conflict, NotAllowed, Temporary
from triage.house import Standing, Step, Waiting
from triage.outbox.smtp import SmtpOutbox
from triage.outbox.webhook import HttpCaller
from triage.ports import Outbox
from triage.records import Health
from triage.schedule import Schedule
from triage.settings import Server
from triage.stages import Role
from triage.store import collected, people
from triage.store import watching as store
from triage.store.tables import letters, steps, troubles

ZONE = ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)
PLENTY = (100_000_000_000, 50_000_000_000, 50_000_000_000)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def desk(database_url: str, clock: TestClock) -> Iterator[Desk]:
    made = replace(make_desk(database_url, clock=clock), disk_usage=lambda _: PLENTY, address="https://desk.example/")
    for name, role in (("carol", Role.EDITOR), ("ali", Role.ADVISOR)):
        people.add(made.db, name, role, "", NOON, email=f"{name}@desk.example")
    yield made
    made.db.close()


def kinds(desk: Desk) -> list[tuple[str, str]]:
    return [(trouble.kind, trouble.about) for trouble in store.open_troubles(desk.db)]


# ------------------------------------------------------------------ what is wrong


def seen(now_standing: Standing, **more: object) -> Seen:
    values = {"standing": now_standing, "every": {"advice": 120.0}, "zone": ZONE} | more
    return Seen(**values)  # type: ignore[arg-type]


def health(*, ago: int | None, error: str = "", kind: str = "", failures: int = 0) -> Health:
    """A poll that has just been made, and how many minutes ago one worked."""
    succeeded = None if ago is None else NOON - ago * MINUTE
    return Health(
        account="advice",
        polled_at=NOON if error else succeeded,
        succeeded_at=succeeded,
        failures=failures,
        error=error,
        kind=kind,
    )


def waits(minutes: int) -> dict[str, Waiting]:
    return {"advice": Waiting(letters=2, since=NOON - minutes * MINUTE)}


def step(*, began: int, succeeded: int | None = None, error: str = "") -> Step:
    well = None if succeeded is None else NOON - succeeded * MINUTE
    return Step(name="send", every_seconds=1.0, began_at=NOON - began * MINUTE, succeeded_at=well, error=error)


AWAY, REFUSED = "Temporary", "NotLetIn"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (seen(Standing(polls=(health(ago=2),))), []),
        (seen(Standing(polls=(health(ago=9, error="away", kind=AWAY, failures=4),))), []),
        (seen(Standing(polls=(health(ago=10, error="away", kind=AWAY, failures=5),))), [Kind.POLLING]),
        (seen(Standing(polls=(health(ago=12),))), [Kind.POLLING]),  # nobody looks any more
        (seen(Standing(polls=(health(ago=12),)), every={"advice": 300.0}), []),  # three of its intervals are longer
        (seen(Standing(polls=(health(ago=15),)), every={"advice": 300.0}), [Kind.POLLING]),
        (seen(Standing(polls=(health(ago=12),)), every={}), []),  # it is no longer configured
        (seen(Standing(polls=(health(ago=600),)), started=NOON - 5 * MINUTE), []),  # just started after a night
        (seen(Standing(polls=(health(ago=600),)), started=NOON - 10 * MINUTE), [Kind.POLLING]),
        (seen(Standing(polls=(health(ago=None, error="away", kind=AWAY, failures=4),))), []),
        (seen(Standing(polls=(health(ago=None, error="away", kind=AWAY, failures=5),))), [Kind.POLLING]),
        (seen(Standing(polls=(health(ago=2, error="no", kind=REFUSED, failures=1),))), []),
        (seen(Standing(polls=(health(ago=2, error="no", kind=REFUSED, failures=2),))), [Kind.REFUSED]),
        (seen(Standing(polls=(health(ago=90, error="no", kind="Permanent", failures=9),))), [Kind.REFUSED]),
        (seen(Standing(unread=waits(15))), [Kind.UNREAD]),
        (seen(Standing(unread=waits(15)), started=NOON - 14 * MINUTE), []),
        (seen(Standing(stuck=waits(15))), [Kind.STUCK]),
        (seen(Standing(not_collected=waits(0))), [Kind.NOT_COLLECTED]),
        (seen(Standing(unknown=waits(15))), [Kind.UNKNOWN]),
        (seen(Standing(unsent=waits(15))), [Kind.UNSENT]),
        (seen(Standing(unsent=waits(15), hold="Restored.")), [Kind.HELD]),
        (seen(Standing(unsent=waits(15)), paced=["advice"]), []),
        (seen(Standing(steps=(step(began=9),))), []),
        (seen(Standing(steps=(step(began=10),))), [Kind.STEP]),
        (seen(Standing(steps=(step(began=10),)), full=True), [Kind.DISK]),
        (seen(Standing(steps=(step(began=0, succeeded=9, error="KeyError"),))), []),
        (seen(Standing(steps=(step(began=0, succeeded=10, error="KeyError"),))), [Kind.STEP]),
        (seen(Standing(steps=(step(began=0, error="KeyError"),))), [Kind.STEP]),
        (seen(Standing(), disks={"the log": (10_000_000_000, 1_000_000_000)}), []),
        (seen(Standing(), disks={"the log": (10_000_000_000, 999_999_999)}), [Kind.DISK]),
        (seen(Standing(), disks={"the log": (100_000_000_000, 4_999_999_999)}), [Kind.DISK]),
        (seen(Standing(), sign_ins=[("advice", "It ends on Monday.")]), [Kind.SIGN_IN]),
    ],
)
def test_each_trouble_is_found_when_it_is_one_and_not_before(found: Seen, expected: list[Kind]) -> None:
    assert [it.kind for it in wrong(found, NOON)] == expected


def test_every_trouble_says_who_does_what_next() -> None:
    everything = Standing(
        polls=(health(ago=10, error="away", kind=AWAY, failures=5),),
        unread=waits(15),
        stuck=waits(15),
        not_collected=waits(15),
        unknown=waits(15),
        unsent=waits(15),
        steps=(step(began=10), replace(step(began=0, error="KeyError"), name="read")),
    )
    found = wrong(seen(everything, disks={"the log": (10**10, 10**8)}), NOON)
    assert {it.kind for it in found} == set(Kind) - {Kind.REFUSED, Kind.SIGN_IN, Kind.HELD}  # those bring their own
    for it in found:
        assert "Next: " in it.said, it


# ------------------------------------------------------------------ looking


def test_letters_that_wait_too_long_are_counted_by_inbox(desk: Desk, clock: TestClock) -> None:
    collecting.collect(desk, mailbox_with(mail(), mail("This will explode.", message_id="<2@reader.example>")))
    reading.assess(desk)
    key = collected.FolderKey(account="advice", folder="INBOX", uidvalidity=1)
    for _ in range(3):
        collected.note_failure(desk.db, key, 99, "It hangs up.", limit=3, now=clock())
    clock.forward(minutes=1)
    watching.look(desk)
    assert kinds(desk) == [("not-collected", "advice")]
    clock.forward(minutes=15)
    standing = store.standing(desk.db, now=clock(), patience=watching.PATIENCE)
    assert (standing.unread["advice"].letters, standing.stuck["advice"].letters) == (1, 1)
    reading.draft(desk)
    deciding.approve(desk, 1, ALI)
    clock.forward(minutes=16)
    watching.look(desk)
    assert kinds(desk) == [("not-collected", "advice"), ("stuck", "advice"), ("unsent", "advice")]
    sending.send(desk, lambda _: TakingOutbox(loses=True))
    clock.forward(minutes=16)
    watching.look(desk)
    assert kinds(desk) == [("not-collected", "advice"), ("stuck", "advice"), ("unknown", "advice")]


def test_a_trouble_is_open_once_however_often_and_by_however_many_it_is_found(desk: Desk, clock: TestClock) -> None:
    collected.note_poll(desk.db, "advice", now=NOON)
    clock.forward(minutes=11)
    other = make_desk(desk.db.url, clock=clock)
    other = replace(other, disk_usage=lambda _: PLENTY)
    for who in (desk, other, desk):
        watching.look(who)
    assert kinds(desk) == [("polling", "advice")]
    began = [
        store.begin(who.db, "disk", "", "It is full.", now=NOON, remind_after=watching.remind_after)
        for who in (desk, other)
    ]
    assert began == [True, False]
    with pytest.raises(sa.exc.IntegrityError), desk.db.write("test") as connection:
        row = {"kind": "disk", "about": "", "said": "Twice.", "since": NOON, "next_try_at": NOON}
        connection.execute(sa.insert(troubles).values(row))
    other.db.close()


def test_what_is_said_of_a_trouble_follows_what_is_so(desk: Desk, clock: TestClock) -> None:
    collecting.collect(desk, mailbox_with(mail("This will explode.")))
    reading.assess(desk)
    clock.forward(minutes=20)
    watching.look(desk)
    assert watching.standing(desk)[0].startswith("1 letter at “advice” could not be read")
    box = mailbox_with(mail("This will explode, too.", message_id="<2@reader.example>"))
    box.uidvalidity = 2
    collecting.collect(desk, box)
    reading.assess(desk)
    clock.forward(minutes=20)
    watching.look(desk)
    assert watching.standing(desk)[0].startswith("2 letters at “advice” could not be read")


# ------------------------------------------------------------------ telling people


@dataclass
class Post:
    """The desk with two inboxes and the ways to their mail servers, which are real ones."""

    desk: Desk
    clock: TestClock
    sinks: dict[str, SmtpSink]
    outboxes: dict[str, SmtpOutbox]
    used: list[str]

    def outbox(self, account: str) -> Outbox:
        self.used.append(account)
        return self.outboxes[account]

    def look_and_tell(self) -> int:
        watching.look(self.desk)
        return warning.tell(self.desk, self.outbox)

    def away(self, account: str = "advice") -> None:
        """The last good poll of this inbox is long ago; the other one is polled all the time."""
        for name in self.desk.inboxes:
            if name != account:
                collected.note_poll(self.desk.db, name, now=self.clock())

    @property
    def came(self) -> list[tuple[str, str, str]]:
        """From which address, to whom, and the subject."""
        found = []
        for sink in self.sinks.values():
            for sender, [to], data in sink.received:
                found.append((sender, to, message_from_bytes(data, policy=policy.default)["Subject"]))
        return found


@pytest.fixture
def post(desk: Desk, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    with SmtpSink(user="advice", password="secret") as one, SmtpSink(user="advice", password="secret") as two:
        sinks = {"advice": one, "column": two}
        servers = {
            name: Server(host="127.0.0.1", port=sink.port, tls="none", user="advice", password="env:SINK_PASSWORD")
            for name, sink in sinks.items()
        }
        boxes = {name: inbox(name, address=f"{name}@desk.example", smtp=servers[name]) for name in sinks}
        choices.set_watchers(desk, CAROL, ["carol"])
        for name in boxes:
            collected.note_poll(desk.db, name, now=NOON)
        outboxes = {name: SmtpOutbox(server) for name, server in servers.items()}
        yield Post(replace(desk, inboxes=boxes), clock, sinks, outboxes, [])
        for outbox in outboxes.values():
            outbox.stop()


BEGAN, OVER = "Something is wrong at the advice desk", "Over: what was wrong at the advice desk"


def test_carol_is_told_through_the_other_inbox_again_at_growing_intervals_and_when_it_is_over(post: Post) -> None:
    told = []
    day = 24 * 60
    due = [10, 70, 310, 310 + day, 310 + 2 * day]
    for minutes in sorted(minutes for at in due for minutes in (at - 1, at, at + 1)):
        post.clock.now = NOON + minutes * MINUTE
        post.away()
        if post.look_and_tell():
            told.append(minutes)
    assert told == due
    assert {(sender, to, subject) for sender, to, subject in post.came} == {
        ("column@desk.example", "carol@desk.example", BEGAN)
    }
    assert post.sinks["advice"].received == [], "nothing goes through the inbox in trouble"
    post.sinks["column"].received.clear()

    collected.note_poll(post.desk.db, "advice", now=post.clock())
    assert post.look_and_tell() == 0
    assert kinds(post.desk) == []
    for wait, mails in ((10, 1), (0, 0), (3 * day, 0)):
        post.clock.forward(minutes=wait)
        for account in post.desk.inboxes:
            collected.note_poll(post.desk.db, account, now=post.clock())
        assert post.look_and_tell() == mails, wait
        assert [subject for *_, subject in post.came] == [OVER], "once is enough"


def test_where_every_inbox_is_in_trouble_the_mail_still_goes_out(post: Post) -> None:
    post.clock.forward(minutes=10)
    assert post.look_and_tell() == 1
    [(_, to, message)] = post.sinks["advice"].received
    text = message_from_bytes(message, policy=policy.default).get_content()
    assert to == ["carol@desk.example"]
    assert "“advice”" in text and "“column”" in text, "one mail for both"
    assert "https://desk.example/" in text


def test_a_server_that_turns_the_desk_away_leaves_it_to_the_next(post: Post) -> None:
    store.begin(post.desk.db, "disk", "", "It fills up.", now=NOON, remind_after=watching.remind_after)
    post.outboxes["advice"].stop()
    post.outboxes["advice"] = SmtpOutbox(replace(post.desk.inboxes["advice"].smtp, password="env:NOT_SET"))
    assert warning.tell(post.desk, post.outbox) == 1
    assert post.used == ["advice", "column"]
    assert [sender for sender, *_ in post.came] == ["column@desk.example"]


def test_a_trouble_that_comes_back_at_once_goes_on_and_is_not_told_twice(post: Post) -> None:
    post.clock.forward(minutes=10)
    post.away()
    assert post.look_and_tell() == 1
    collected.note_poll(post.desk.db, "advice", now=post.clock() - 9 * MINUTE)
    assert (post.look_and_tell(), kinds(post.desk)) == (0, [])
    post.clock.forward(minutes=5)
    post.away()
    assert (post.look_and_tell(), kinds(post.desk)) == (0, [("polling", "advice")])
    post.clock.forward(minutes=54)
    post.away()
    assert post.look_and_tell() == 0
    post.clock.forward(minutes=1)
    post.away()
    assert post.look_and_tell() == 1
    assert {subject for *_, subject in post.came} == {BEGAN}
    with post.desk.db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(troubles)) == 1


def test_where_nobody_can_be_told_it_is_tried_again_and_said_at_the_desk(post: Post) -> None:
    people.set_email(post.desk.db, "carol", "", by="carol", now=NOON)
    store.begin(post.desk.db, "disk", "", "It fills up.", now=NOON, remind_after=watching.remind_after)
    assert warning.tell(post.desk, post.outbox) == 0
    assert warning.untold(post.desk) == [
        "carol could not be told by mail what is wrong with the service: there is no mail address for them here. "
        "Next: add one."
    ]
    people.set_email(post.desk.db, "carol", "carol@elsewhere.example", by="carol", now=NOON)
    assert warning.tell(post.desk, post.outbox) == 0, "not before a minute has gone by"
    post.clock.forward(minutes=1)
    assert warning.tell(post.desk, post.outbox) == 1
    assert warning.untold(post.desk) == []


def test_somebody_who_is_named_later_is_told_of_what_is_open(post: Post) -> None:
    choices.set_watchers(post.desk, CAROL, [])
    store.begin(post.desk.db, "disk", "", "It fills up.", now=NOON, remind_after=watching.remind_after)
    assert warning.tell(post.desk, post.outbox) == 0
    choices.set_watchers(post.desk, CAROL, ["ali"])
    assert warning.tell(post.desk, post.outbox) == 1
    assert [to for _, to, _ in post.came] == ["ali@desk.example"]


def test_only_an_editor_names_those_who_are_told_and_only_people_who_are_here(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        choices.set_watchers(desk, ALI, ["ali"])
    with pytest.raises(Conflict, match="no person 'mallory'"):
        choices.set_watchers(desk, CAROL, ["mallory"])
    assert choices.now(desk).watchers == ()


def test_no_telling_is_lost_when_the_desk_dies_between_any_two_steps(database_url: str, post: Post) -> None:
    class Died(BaseException):
        pass

    deaths = 0
    for number in range(1, 13):
        count = iter(range(1, 1000))

        def checkpoint(name: str, moment: str, *, at: int = number, count: Iterator[int] = count) -> None:
            if name != "migrate" and next(count) == at:
                raise Died

        post.clock.forward(days=2)
        for sink in post.sinks.values():
            sink.received.clear()
        dying = replace(
            make_desk(database_url, clock=post.clock, checkpoint=checkpoint),
            inboxes=post.desk.inboxes,
            disk_usage=lambda _: (10**10, 0, 10**8),
        )
        try:
            watching.look(dying)
            warning.tell(dying, post.outbox)
        except Died:
            deaths += 1
        finally:
            dying.db.close()
        post.clock.forward(minutes=2)
        desk = replace(post.desk, disk_usage=lambda _: (10**10, 0, 10**8))
        watching.look(desk)
        warning.tell(desk, post.outbox)
        assert post.came, number
    assert deaths > 5


# ------------------------------------------------------------------ telling programs


def test_programs_are_told_that_a_trouble_began_and_ended_and_nothing_more(desk: Desk, clock: TestClock) -> None:
    with Receiver() as receiver, Receiver() as letters_only:
        receiver.secret = webhooks.add(desk, CAROL, url=receiver.url, events=telling.TROUBLES).secret
        webhooks.add(desk, CAROL, url=letters_only.url, events=["letter.held"])
        collected.note_poll(desk.db, "advice", now=NOON)
        clock.forward(minutes=10)
        watching.look(desk)
        telling.tell(desk, HttpCaller())
        collected.note_poll(desk.db, "advice", now=clock())
        watching.look(desk)
        assert telling.tell(desk, HttpCaller()).told == 0, "it may come back"
        clock.forward(minutes=10)
        collected.note_poll(desk.db, "advice", now=clock())
        watching.look(desk)
        telling.tell(desk, HttpCaller())
    assert [(told["type"], told["data"]) for told in receiver.told] == [
        (
            event,
            {"trouble": 1, "kind": "polling", "about": "advice", "state": state, "url": "https://desk.example/"},
        )
        for event, state in (("desk.trouble", "open"), ("desk.trouble_ended", "ended"))
    ]
    assert receiver.trouble == [] and letters_only.told == []


def test_programs_are_not_told_of_an_end_that_was_none(desk: Desk, clock: TestClock) -> None:
    with Receiver() as receiver:
        webhooks.add(desk, CAROL, url=receiver.url, events=telling.TROUBLES)
        for _ in range(3):
            store.begin(desk.db, "disk", "", "Full.", now=clock(), remind_after=watching.remind_after)
            clock.forward(minutes=1)
            [trouble] = store.open_troubles(desk.db)
            store.end(desk.db, trouble, now=clock())
            clock.forward(minutes=1)
        store.begin(desk.db, "disk", "", "Full.", now=clock(), remind_after=watching.remind_after)
        clock.forward(hours=1)
        telling.tell(desk, HttpCaller())
    assert [told["type"] for told in receiver.told] == ["desk.trouble"]


# ------------------------------------------------------------------ steps


def test_a_step_is_recorded_once_a_minute_and_at_once_when_it_fails_or_is_well_again(
    desk: Desk, clock: TestClock
) -> None:
    recorder = Recorder(desk)

    def kept() -> tuple[object, ...]:
        [found] = store.all_steps(desk.db)
        return found.began_at, found.succeeded_at, found.error

    recorder("send", 1.0, 0.5, "")
    first = (NOON - timedelta(seconds=0.5), NOON, "")
    assert kept() == first
    clock.forward(seconds=59)
    recorder("send", 1.0, 0.5, "")
    assert kept() == first, "nothing is written in between"
    recorder("send", 1.0, 0.0, "Temporary")
    assert kept() == (clock(), NOON, "Temporary")
    clock.forward(seconds=1)
    recorder("send", 1.0, 0.0, "")
    assert kept() == (clock(), clock(), "")
    recorder.forget(["read"])
    assert store.all_steps(desk.db) == ()


def test_a_step_runs_on_although_it_cannot_be_recorded(desk: Desk) -> None:
    with desk.db.write("test") as connection:
        steps.drop(connection)
    Recorder(desk)("send", 1.0, 0.5, "")
    Recorder(desk).forget(["send"])


def test_the_schedule_tells_how_each_run_went() -> None:
    runs: list[tuple[str, float, str]] = []
    bells = Schedule(lambda name, every, seconds, error: runs.append((name, every, error)) if seconds >= 0 else None)

    def falls() -> None:
        raise Temporary("not now")

    bells.every(60, "well", lambda: None)
    bells.every(90, "falls", falls)
    bells.start()
    for _ in range(200):
        if len(runs) == 2:
            break
        bells._workers["falls"].join(0.01)
    bells.stop()
    assert sorted(runs) == [("falls", 90, "Temporary"), ("well", 60, "")]
    assert bells.names == ("well", "falls")


def test_nothing_of_a_letter_gets_into_a_trouble(desk: Desk, clock: TestClock) -> None:
    secret = "marmalade"
    message = mail(f"This will explode: {secret}", subject=secret, sender=f"{secret} <{secret}@{secret}.example>")
    collecting.collect(desk, mailbox_with(message))
    reading.assess(desk)
    clock.forward(minutes=20)
    watching.look(desk)
    with desk.db.read() as connection:
        assert connection.scalar(sa.select(letters.c.subject).where(letters.c.stage == "stuck")) is not None
    assert kinds(desk) == [("stuck", "advice")]
    assert secret not in str(store.open_troubles(desk.db))


def test_a_disk_that_is_not_there_is_no_trouble(desk: Desk, tmp_path: Path) -> None:
    assert "the log" not in watching.disks(replace(desk, log_file=tmp_path / "gone" / "triage.log"))
    assert watching.disks(replace(desk, log_file=tmp_path / "triage.log"))["the log"] == (PLENTY[0], PLENTY[2])
