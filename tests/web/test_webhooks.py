"""Webhooks: programs elsewhere learn that something happened to a letter, and never what is in it."""

import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.cast import ALI, ANA, CAROL, NOON, TestClock, mail, mailbox_with, make_desk
from tests.servers.certificate import Certificate
from tests.web.conftest import Site, TakingOutbox, Visitor
from tests.web.receiving import Receiver
from triage.desk import Desk, collecting, deciding, reading, sending, telling, webhooks
from triage.errors import Conflict, NotAllowed, Temporary
from triage.house import Webhook
from triage.outbox.webhook import HttpCaller
from triage.stages import Stage
from triage.store import house, people
from triage.store import webhooks as store
from triage.store.tables import audit, deliveries

SECRET = re.compile(r'id="secret" value="(whsec_[^"]+)"')
CALLER = HttpCaller()


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = replace(make_desk(database_url, clock=TestClock()), address="https://desk.example/")
    yield made
    made.db.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running
        assert running.trouble == []


def clock_of(desk: Desk) -> TestClock:
    assert isinstance(desk.clock, TestClock)
    return desk.clock


def hook(desk: Desk, receiver: Receiver, *events: str) -> Webhook:
    """carol has the receiver told these events, or all."""
    made = webhooks.add(desk, CAROL, url=receiver.url, events=events or telling.EVENTS)
    receiver.secret = made.secret
    return made


def bring(desk: Desk, *messages: bytes) -> None:
    box = mailbox_with(*messages)
    box.uidvalidity = len(store.every(desk.db)) + 1000 + sum(map(len, messages))
    collecting.collect(desk, box)
    reading.assess(desk)
    reading.draft(desk)


def later(desk: Desk, **by: float) -> telling.Told:
    clock_of(desk).forward(**by)
    return telling.tell(desk, CALLER)


def test_a_program_is_told_what_happens_to_a_letter_signed_and_without_a_word_of_it(
    desk: Desk, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = hook(desk, receiver)
    bring(desk, mail())
    deciding.approve(desk, 1, ALI, revision=1)
    assert telling.tell(desk, CALLER) == telling.Told(told=2, failed=0)
    clock_of(desk).forward(minutes=1)
    sending.send(desk, lambda _account: TakingOutbox())
    telling.tell(desk, CALLER)

    assert receiver.events == [("letter.drafted", 1), ("letter.approved", 1), ("letter.answered", 1)]
    assert [told["data"]["who"] for told in receiver.told] == ["triage", "ali", "triage"]
    assert receiver.told[1]["data"] == {
        "letter": 1,
        "stage": "approved",
        "who": "ali",
        "url": "https://desk.example/letters/1",
    }
    assert set(receiver.told[0]) == {"id", "type", "timestamp", "data"}
    assert datetime.fromisoformat(receiver.told[2]["timestamp"]) == NOON + timedelta(minutes=1)
    assert [told["id"] for told in receiver.told] == [given["webhook-id"] for given in receiver.headers]
    assert receiver.headers[0]["content-type"] == "application/json"
    everything = b" ".join(receiver.bodies).decode() + caplog.text
    for private in ("rosa", "Rosa", "Diaz", "reader.example", "Pulling", "interview", made.secret):
        assert private not in everything, private
    assert made.secret not in repr(made)


def test_only_what_was_asked_for_is_told_and_the_machine_putting_a_reply_back_is_no_news(
    desk: Desk, receiver: Receiver
) -> None:
    hook(desk, receiver, "letter.held", "letter.approved", "letter.unknown")
    bring(desk, mail(), mail("There is no point anymore.", message_id="<2@reader.example>"))
    deciding.approve(desk, 1, ALI, revision=1)
    clock_of(desk).forward(minutes=1)
    sending.send(desk, lambda _account: TakingOutbox(loses=True))
    deciding.send_again(desk, 1, ALI)
    telling.tell(desk, CALLER)

    assert receiver.events == [
        ("letter.held", 2),
        ("letter.approved", 1),
        ("letter.unknown", 1),
        ("letter.approved", 1),
    ]
    assert telling.event_of(Stage.SENDING, Stage.APPROVED) == ""
    assert telling.event_of(Stage.DRAFTED, Stage.DRAFTED) == ""
    assert telling.event_of("", "") == ""


def test_a_new_webhook_is_told_what_happens_from_then_on(desk: Desk, receiver: Receiver) -> None:
    bring(desk, mail())
    hook(desk, receiver)
    assert telling.tell(desk, CALLER).told == 0

    deciding.decline(desk, 1, ALI)
    telling.tell(desk, CALLER)
    telling.tell(desk, CALLER)

    assert receiver.events == [("letter.declined", 1)]


def test_what_is_not_taken_is_told_again_later_with_the_same_id(desk: Desk, receiver: Receiver) -> None:
    made = hook(desk, receiver, "letter.drafted", "letter.declined")
    receiver.statuses = [500, 404]
    bring(desk, mail())

    assert telling.tell(desk, CALLER) == telling.Told(told=0, failed=1)
    first = store.last(desk.db, made.id)[0]
    assert (first.status, first.error, first.tries, first.sent_at) == (500, "It answered 500.", 1, None)
    assert later(desk, seconds=4) == telling.Told()
    assert later(desk, seconds=1) == telling.Told(told=0, failed=1)
    assert later(desk, seconds=60) == telling.Told(told=1, failed=0)

    assert receiver.events == [("letter.drafted", 1)]
    assert len({given["webhook-id"] for given in receiver.headers}) == 1
    times = [int(given["webhook-timestamp"]) for given in receiver.headers]
    assert times == [int(NOON.timestamp()) + seconds for seconds in (0, 5, 65)]
    assert store.last(desk.db, made.id)[0].sent_at == NOON + timedelta(seconds=65)


def test_after_a_day_it_is_given_up_and_never_told_again(desk: Desk, receiver: Receiver) -> None:
    made = hook(desk, receiver, "letter.drafted")
    receiver.statuses = [503] * 100
    bring(desk, mail())

    passes = 0
    while later(desk, hours=1 if passes else 0).failed or passes < 100:
        passes += 1

    assert len(receiver.bodies) == telling.MOST_TRIES == 9
    assert timedelta(hours=22) < sum(telling.WAITS, timedelta()) < timedelta(hours=25)
    assert store.last(desk.db, made.id)[0].tries == telling.MOST_TRIES


def test_one_that_does_not_answer_holds_up_neither_itself_twice_nor_the_others(desk: Desk, receiver: Receiver) -> None:
    webhooks.add(desk, CAROL, url="http://127.0.0.1:9/closed", events=["letter.drafted"])
    hook(desk, receiver, "letter.drafted")
    bring(desk, mail(), mail("Pull?", message_id="<2@reader.example>"))

    assert telling.tell(desk, CALLER) == telling.Told(told=2, failed=1)
    stuck = store.last(desk.db, 1)
    assert [(one.tries, one.status) for one in stuck] == [(0, 0), (1, 0)]
    assert stuck[1].error.startswith("It could not be reached: ")


def test_a_redirect_is_not_followed_and_told_as_what_it_is(desk: Desk, receiver: Receiver) -> None:
    made = hook(desk, receiver, "letter.drafted")
    receiver.statuses = [302]
    bring(desk, mail())

    telling.tell(desk, CALLER)

    assert receiver.paths == ["/hook"]
    assert "no redirect is followed" in store.last(desk.db, made.id)[0].error


def test_two_processes_at_once_tell_each_event_once(desk: Desk, receiver: Receiver) -> None:
    hook(desk, receiver, "letter.drafted")
    bring(desk, *(mail(f"Pull {n}?", message_id=f"<{n}@reader.example>") for n in range(8)))
    there = threading.Barrier(4)

    def go() -> None:
        there.wait()
        telling.tell(desk, CALLER)

    workers = [threading.Thread(target=go) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(receiver.events) == [("letter.drafted", n) for n in range(1, 9)]


def test_a_row_of_the_audit_that_becomes_visible_late_is_told_all_the_same(desk: Desk, receiver: Receiver) -> None:
    hook(desk, receiver, "letter.declined")
    bring(desk, mail())
    with desk.db.read() as connection:
        newest = connection.scalar(sa.select(sa.func.max(audit.c.id)))
    row = {"letter_id": 1, "at": NOON, "who": "ali", "verb": "decline", "before": "drafted", "after": "declined"}

    def insert(number: int) -> None:
        with desk.db.write("test") as connection:
            connection.execute(audit.insert().values(id=number, **row))

    insert(newest + 5)
    telling.tell(desk, CALLER)
    insert(newest + 2)  # its transaction began earlier and ended later
    telling.tell(desk, CALLER)
    telling.tell(desk, CALLER)

    assert receiver.events == [("letter.declined", 1)] * 2
    with desk.db.read() as connection:
        assert connection.scalars(sa.select(deliveries.c.audit_id).order_by(deliveries.c.id)).all() == [
            newest + 5,
            newest + 2,
        ]


def test_more_than_a_batch_that_piled_up_is_told_in_the_end(desk: Desk, receiver: Receiver) -> None:
    hook(desk, receiver, "letter.declined")
    bring(desk, mail())
    quiet = {"letter_id": 1, "at": NOON, "who": "ali", "verb": "revise", "before": "drafted", "after": "drafted"}
    loud = quiet | {"verb": "decline", "after": "declined"}
    with desk.db.write("test") as connection:
        connection.execute(audit.insert(), [quiet] * (store.OVERLAP + 2 * store.BATCH) + [loud])

    for _ in range(4):
        telling.tell(desk, CALLER)

    assert receiver.events == [("letter.declined", 1)]


def test_a_process_that_dies_while_it_tells_leaves_the_event_for_the_next(desk: Desk, receiver: Receiver) -> None:
    hook(desk, receiver, "letter.drafted")
    bring(desk, mail())

    class Dying:
        def post(self, *_: object) -> int:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        telling.tell(desk, Dying())
    assert telling.tell(desk, CALLER) == telling.Told()
    assert later(desk, seconds=5).told == 1
    assert receiver.events == [("letter.drafted", 1)]


def test_a_webhook_that_pauses_is_told_nothing_and_goes_on_with_what_is_new(desk: Desk, receiver: Receiver) -> None:
    made = hook(desk, receiver)
    webhooks.switch(desk, CAROL, made.id, active=False)
    bring(desk, mail())
    assert telling.tell(desk, CALLER).told == 0
    webhooks.switch(desk, CAROL, made.id, active=True)
    webhooks.switch(desk, CAROL, made.id, active=True)
    deciding.decline(desk, 1, ALI)

    telling.tell(desk, CALLER)

    assert receiver.events == [("letter.declined", 1)]
    webhooks.end(desk, CAROL, made.id)
    deciding.let_go(desk, 1, ALI)
    assert telling.tell(desk, CALLER).told == 0
    assert [row.what for row in house.log(desk.db)] == [
        "ended webhook 1",
        "let go on webhook 1",
        "paused webhook 1",
        "made webhook 1",
    ]
    with pytest.raises(Conflict):
        webhooks.end(desk, CAROL, made.id)
    with pytest.raises(Conflict):
        webhooks.switch(desk, CAROL, made.id, active=True)


def test_a_server_that_dawdles_is_not_waited_for(receiver: Receiver) -> None:
    receiver.holds = threading.Event()

    with pytest.raises(Temporary, match=r"no answer within 0\.2 seconds"):
        HttpCaller(seconds=0.2).post(receiver.url, {}, b"{}")


def test_a_server_without_a_certificate_that_is_trusted_is_told_nothing(tmp_path: Path) -> None:
    with Receiver(tls=Certificate.make(tmp_path).server_context()) as stranger:
        with pytest.raises(Temporary) as told:
            CALLER.post(stranger.url, {}, b"{}")

        assert "certificate" in str(told.value).lower()
        assert stranger.bodies == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "ftp://example.org/",
        "https://",
        "https://carol:secret@example.org/",
        "https://example.org/#part",
        "https://exa mple.org/",
        "https://example.org/\r\nX: y",
        "https://example.org:99999/",
        "https://[::1/",
        "http://localhost.example.org/",
        "http://127.0.0.1.example.org/",
        "http://example.org\\@127.0.0.1/",
        "//127.0.0.1/",
        "javascript:alert(1)",
        "https://example.org/" + "x" * 500,
        "",
        "https://bücher.example/",
    ],
)
def test_what_may_not_be_called_is_refused_in_plain_words(sqlite_url: str, url: str) -> None:
    desk = make_desk(sqlite_url)

    with pytest.raises(Conflict, match="Next: "):
        webhooks.add(desk, CAROL, url=url, events=["letter.held"])
    assert store.every(desk.db) == []
    desk.db.close()


def test_only_editors_look_after_webhooks(sqlite_url: str) -> None:
    desk = make_desk(sqlite_url)
    made = webhooks.add(desk, CAROL, url=" https://example.org/hook ", events=["letter.held"])
    assert made.url == "https://example.org/hook"

    for person in (ALI, ANA):
        with pytest.raises(NotAllowed):
            webhooks.add(desk, person, url="https://example.org/", events=["letter.held"])
        with pytest.raises(NotAllowed):
            webhooks.end(desk, person, made.id)
        with pytest.raises(NotAllowed):
            webhooks.switch(desk, person, made.id, active=False)
        with pytest.raises(NotAllowed):
            webhooks.test(desk, person, made.id, CALLER)
    with pytest.raises(Conflict):
        webhooks.add(desk, CAROL, url="https://example.org/", events=["letter.read"])
    desk.db.close()


# ------------------------------------------------------------------ in the browser


@pytest.fixture
def carol(site: Site, password_hash: str) -> Visitor:
    people.add(site.desk.db, "carol", CAROL.role, password_hash, NOON)
    return site.signed_in("carol")


def test_carol_makes_tries_pauses_and_ends_a_webhook(site: Site, carol: Visitor, receiver: Receiver) -> None:
    page = carol.post("/webhooks", url=receiver.url, **{"letter.declined": "on", "letter.held": "on"}).text
    found = SECRET.search(page)
    assert found is not None
    receiver.secret = unescape(found.group(1))

    tried = carol.post("/webhooks/1/test").text
    assert "The test was taken: it answered 204." in tried
    assert receiver.told[0]["type"] == "desk.test"
    assert receiver.told[0]["data"] == {}
    receiver.statuses = [418]
    assert "The test was not taken. It answered 418." in carol.post("/webhooks/1/test").text
    assert receiver.secret not in carol.get("/webhooks").text

    carol.post("/letters/1/decline")
    receiver.statuses = [500]
    telling.tell(site.desk, CALLER)
    page = carol.get("/webhooks").text
    assert "a draft was declined" in page
    assert "It answered 500." in page
    assert "Tried 1 time, next" in page

    assert carol.post("/webhooks/1/pause").headers["location"] == "/webhooks?done=paused"
    assert "Pauses." in carol.get("/webhooks").text
    carol.post("/webhooks/1/go-on")
    carol.post("/webhooks/1/end")
    assert "Nobody is told anything yet." in carol.get("/webhooks").text


def test_what_was_given_up_stands_on_the_page(site: Site, carol: Visitor) -> None:
    carol.post("/webhooks", url="http://127.0.0.1:9/closed", **{"letter.declined": "on"})
    carol.post("/letters/1/decline")
    for wait in (timedelta(), *telling.WAITS):
        site.clock.now += wait
        telling.tell(site.desk, CALLER)

    assert "Given up after 9 tries." in site.signed_in("carol").get("/webhooks").text


def test_a_form_that_cannot_be_right_is_shown_again(carol: Visitor) -> None:
    wrong = carol.post("/webhooks", url="http://example.org/hook", **{"letter.held": "on"})

    assert wrong.status_code == 409
    assert 'value="http://example.org/hook"' in wrong.text
    assert 'name="letter.held" checked' in wrong.text
    assert "never be told anything" in carol.post("/webhooks", url="https://example.org/hook").text


@pytest.mark.parametrize("path", ["", "/1/test", "/1/pause", "/1/go-on", "/1/end"])
def test_ali_neither_sees_nor_changes_webhooks(site: Site, ali: Visitor, path: str) -> None:
    webhooks.add(site.desk, CAROL, url="https://example.org/hook", events=["letter.held"])

    assert ali.get("/webhooks").status_code == 403
    assert ali.post(f"/webhooks{path}", url="https://example.org/", **{"letter.held": "on"}).status_code == 403
    assert [(one.id, one.active) for one in store.every(site.desk.db)] == [(1, True)]
