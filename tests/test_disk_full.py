"""A disk that is full: nothing is collected, nothing is sent, nothing is lost, and it goes on by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from tests.cast import ALI, CAROL, NOON, TestClock, inbox, mail, mailbox_with, make_desk
from tests.servers import SmtpSink
from tests.test_watching import PLENTY
from tests.web.conftest import PASSWORD, Served, Site, TakingOutbox
from triage import passwords
from triage.desk import Desk, acknowledging, choices, collecting, deciding, reading, sending, steps, watching
from triage.desk.warning import Watch
from triage.errors import Temporary
from triage.mailbox.memory import MemoryMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.outbox.webhook import HttpCaller
from triage.settings import Server
from triage.stages import Role, Stage
from triage.store import database, house, letters, people
from triage.store import watching as store
from triage.store.database import FULL, ROOM, Database
from triage.web import create_app

OTHER = mail("May I pull out on Friday?", message_id="<2@reader.example>")


@dataclass
class Disk:
    """The room that SQLite has, in pages of 4 kB beyond what it uses now; None: as much as it likes."""

    db: Database
    spare: int | None = None
    dead: bool = False  # it takes no write at all, however small

    def has(self, spare: int | None) -> None:
        self.spare = spare
        self.db.engine.dispose()  # the bound belongs to a connection

    def bound(self, connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        used = cursor.execute("PRAGMA page_count").fetchone()[0]
        if self.spare is not None:
            cursor.execute(f"PRAGMA max_page_count = {used + self.spare}")
        if self.dead:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()


class Flagging(MemoryMailbox):
    """Remembers which messages were flagged as collected."""

    def __init__(self, account: str) -> None:
        super().__init__(account)
        self.flagged: list[int] = []

    def mark_collected(self, uids: Sequence[int]) -> None:
        self.flagged += uids


@pytest.fixture(scope="module")
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def desk(sqlite_url: str, password_hash: str) -> Iterator[Desk]:
    """A desk with one letter, drafted and approved, that may be sent now."""
    clock = TestClock()
    made = replace(make_desk(sqlite_url, clock=clock), disk_usage=lambda _: PLENTY)
    people.add(made.db, "ali", Role.ADVISOR, password_hash, NOON)
    people.add(made.db, "carol", Role.EDITOR, "", NOON, email="carol@desk.example")
    collecting.collect(made, mailbox_with(mail()))
    reading.assess(made)
    reading.draft(made)
    deciding.approve(made, 1, ALI)
    clock.forward(minutes=1)
    yield made
    made.db.close()


@pytest.fixture
def disk(desk: Desk) -> Disk:
    made = Disk(desk.db)
    sa.event.listen(desk.db.engine, "connect", made.bound)
    return made


def stage(desk: Desk) -> Stage:
    return letters.dossier(desk.db, 1).slip.stage


@pytest.mark.parametrize("spare", [0, 3, 40, 5_000])  # pages: not a byte, a little, and not enough for what comes
def test_nothing_is_fetched_or_sent_while_there_is_no_room_and_all_goes_on_when_there_is(
    desk: Desk, disk: Disk, spare: int
) -> None:
    desk = replace(desk, inboxes={"advice": inbox(after_collect="flag")})
    box, outbox = Flagging("advice"), TakingOutbox()
    box.deliver(OTHER, NOON)
    box.uidvalidity = 2
    disk.has(spare)
    for _ in range(3):
        with pytest.raises(Temporary, match="disk"):
            collecting.collect(desk, box)
        with pytest.raises(Temporary, match="disk"):
            sending.send(desk, lambda _: outbox)
    assert outbox.taken == []
    assert box.flagged == [], "nothing is marked that is not kept"
    assert stage(desk) is Stage.APPROVED
    disk.has(None)
    assert sending.send(desk, lambda _: outbox).sent == 1
    assert collecting.collect(desk, box).new == 1
    assert (len(outbox.taken), box.flagged) == (1, [1])


def test_a_batch_that_does_not_fit_is_kept_whole_or_not_at_all(
    desk: Desk, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ROOM", 0)  # as if it filled up just after the look
    box = mailbox_with(*(mail("x" * 9_000, message_id=f"<{number}@x.example>") for number in range(20)))
    box.uidvalidity = 3
    disk.has(20)
    with pytest.raises(Temporary, match="disk"):
        collecting.collect(desk, box)
    assert letters.counts(desk.db, 100)[Stage.COLLECTED] == 0
    disk.has(None)
    assert collecting.collect(desk, box).new == 20


@pytest.mark.parametrize("spare", range(0, 12, 2))
def test_a_reply_is_never_sent_twice_wherever_the_room_ends(
    desk: Desk, disk: Disk, spare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ROOM", 0)
    outbox = TakingOutbox()
    disk.has(spare)
    for _ in range(3):
        try:
            sending.send(desk, lambda _: outbox)
        except Temporary:
            continue
    disk.has(None)
    sending.send(desk, lambda _: outbox)
    assert len(outbox.taken) == 1
    assert stage(desk) in (Stage.ANSWERED, Stage.UNKNOWN)


@pytest.mark.parametrize("spare", [0, 3, 40, 5_000])
def test_no_note_goes_out_that_could_not_be_marked_as_sent(desk: Desk, disk: Disk, spare: int) -> None:
    desk = replace(desk, inboxes={"advice": inbox(acknowledgement="Your letter has arrived.")})
    box, outbox = mailbox_with(OTHER), TakingOutbox()
    box.uidvalidity = 2
    collecting.collect(desk, box)
    reading.assess(desk)
    disk.has(spare)
    for _ in range(3):
        with pytest.raises(Temporary, match="disk"):
            acknowledging.send(desk, lambda _: outbox)
    assert outbox.taken == []
    disk.has(None)
    assert (acknowledging.send(desk, lambda _: outbox), acknowledging.send(desk, lambda _: outbox)) == (1, 0)
    assert len(outbox.taken) == 1


def test_how_much_room_is_needed_is_more_than_a_batch_takes() -> None:
    assert ROOM >= 3 * collecting.BATCH_BYTES  # the messages, the journal, and what is made of them


PAGES = ("/", "/lists/on-its-way", "/letters/1", "/search?q=pull", "/me", "/figures")


@pytest.fixture
def site(desk: Desk) -> Iterator[Site]:
    """The desk, served."""
    app = create_app(desk, secure_cookies=False, wake=lambda _: None, caller=HttpCaller())
    clock = desk.clock
    assert isinstance(clock, TestClock)
    with Served(app) as url:
        made = Site(desk, clock, app, url, [])
        yield made
        for client in made.clients:
            client.close()


def test_the_pages_can_be_read_and_say_so_and_readiness_is_red(desk: Desk, disk: Disk, site: Site) -> None:
    ali = site.signed_in("ali")
    deciding.undo(desk, 1, ALI)
    disk.has(0)
    for page in PAGES:
        assert ali.get(page).status_code == 200, page
    assert FULL in ali.get("/").text
    refused = ali.post("/letters/1/save", base="1", subject="Re: Thursday", body="x" * 90_000)
    assert (refused.status_code, "makes room" in refused.text) == (503, True)
    assert "x" * 90_000 in refused.text, "what she wrote is not lost"
    assert (httpx2.get(f"{site.url}/healthz").status_code, httpx2.get(f"{site.url}/readyz").status_code) == (200, 503)
    assert "disk: full" in httpx2.get(f"{site.url}/readyz").text
    disk.has(None)
    watching.look(desk)
    assert FULL not in ali.get("/").text


def test_the_pages_can_be_read_where_nothing_at_all_can_be_written(disk: Disk, site: Site) -> None:
    ali = site.signed_in("ali")
    site.clock.forward(minutes=5)  # that she was here would be written down
    disk.dead = True
    disk.has(None)
    for page in PAGES:
        assert ali.get(page).status_code == 200, page
    assert ali.post("/letters/1/undo").status_code == 503
    assert "writes: refused" in httpx2.get(f"{site.url}/readyz").text


def test_carol_is_told_although_that_cannot_be_written_down(
    desk: Desk, disk: Disk, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    choices.set_watchers(desk, CAROL, ["carol"])
    clock = desk.clock
    assert isinstance(clock, TestClock)
    outbox = SmtpOutbox(
        Server(host="127.0.0.1", port=smtp_sink.port, tls="none", user="advice", password="env:SINK_PASSWORD")
    )
    watch = Watch(desk, lambda _: outbox, clock())
    disk.has(0)
    told = []
    for minutes in (0, 1, 59, 60, 61, 299, 300, 301):
        clock.now = NOON.replace(hour=13) + minutes * steps.OVERDUE / 10
        watch()
        told.append(len(smtp_sink.received))
    assert told == [1, 1, 1, 2, 2, 2, 3, 3]
    [_, recipients, message] = smtp_sink.received[0]
    assert recipients == ["carol@desk.example"]
    assert b"makes room" in message
    disk.has(None)
    watch()
    assert [trouble.kind for trouble in store.open_troubles(desk.db)] in ([], ["unsent"])
    outbox.stop()


def test_the_look_whether_it_takes_writes_leaves_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    before = house.log(desk.db)
    size = desk.db.size()
    desk.db.probe()
    assert house.log(desk.db) == before
    assert desk.db.size() == size
