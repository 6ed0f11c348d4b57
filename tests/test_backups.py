"""Backups and bringing them back: nothing is lost that was there, and nothing is sent twice that was sent since."""

import errno
import fcntl
import json
import os
import shutil
import sqlite3
import stat
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from tests.cast import ALI, CAROL, TestClock, inbox, mail, make_desk
from tests.conftest import MailboxUser
from tests.servers import Dovecot, SmtpSink
from triage import backups
from triage.backups.manifest import erased, note_erased
from triage.backups.restoring import Restored
from triage.checking import desk as checking
from triage.desk import Desk, collecting, deciding, holding, reading, sending
from triage.errors import ConfigError, Conflict, NotAllowed, Permanent
from triage.mailbox.imap import ImapMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.settings import Desk as DeskSettings
from triage.settings import Inbox, Keeping, Server, Settings
from triage.stages import Stage, Verb
from triage.store import copying, erasing, holds, letters, migrating, sends
from triage.store.database import Database
from triage.store.moves import move

PASSWORD = "MAIL_PASSWORD"


@dataclass
class House:
    """A desk on a real mail server, which can be backed up, lost and brought back."""

    url: str
    folder: Path
    box: Inbox
    dovecot: Dovecot
    user: MailboxUser
    sink: SmtpSink
    clock: TestClock
    desk: Desk
    outbox: SmtpOutbox
    mailbox: ImapMailbox

    @property
    def settings(self) -> Settings:
        config = self.folder / "config.toml"
        config.write_text("# the configuration\n", "utf-8")
        return Settings(desk=DeskSettings(database=self.url), inbox=(self.box,), path=config)

    def receive(self, *messages: bytes) -> None:
        for message in messages:
            self.dovecot.deliver(self.user.name, message)

    def work(self) -> None:
        collecting.poll(self.desk, self.mailbox)
        reading.assess(self.desk)
        reading.draft(self.desk)
        self.clock.forward(seconds=1)

    def approve(self, letter_id: int) -> None:
        deciding.approve(self.desk, letter_id, ALI)
        self.clock.forward(seconds=30)

    def send(self) -> sending.Sent:
        sent = sending.send(self.desk, lambda _account: self.outbox)
        sending.settle(self.desk, lambda _account: self.mailbox)
        return sent

    def backup(self, keep: int | None = None) -> Path:
        made = backups.backup(self.settings, self.desk.db, self.folder / "backups", keep=keep, clock=self.clock)
        self.clock.forward(seconds=5)
        return made.file

    def stop(self) -> None:
        self.mailbox.close()
        self.desk.db.close()

    def restore(self, file: Path) -> Restored:
        """Bring a backup back, and start the desk again on it."""
        self.stop()
        self.clock.forward(minutes=5)
        done = backups.restore(self.settings, file, replace=True, clock=self.clock)
        self.desk = replace(make_desk(self.url, clock=self.clock), inboxes={"advice": self.box})
        return done

    def reconcile(self) -> holding.Compared:
        found = holding.reconcile(self.desk, lambda _account: self.mailbox)
        assert found is not None
        self.clock.forward(seconds=1)
        return found

    def stage(self, letter_id: int) -> Stage:
        return letters.dossier(self.desk.db, letter_id).slip.stage

    def why(self, letter_id: int) -> str:
        return letters.dossier(self.desk.db, letter_id).history[-1].why

    def in_the_end(self) -> Counter[str]:
        """How many replies each reader got to each letter."""
        self.clock.forward(hours=30)
        self.send()
        return Counter(message_from_bytes(data)["In-Reply-To"] for _, _, data in self.sink.received)


on_both = pytest.mark.parametrize("house", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(params=["sqlite"])
def house(
    request: pytest.FixtureRequest,
    dovecot: Dovecot,
    mailbox_user: MailboxUser,
    smtp_sink: SmtpSink,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    tmp_path = request.getfixturevalue("tmp_path")
    database_url = str(request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]))
    monkeypatch.setenv(PASSWORD, mailbox_user.password)
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    imap = Server(host=dovecot.host, port=dovecot.port, tls="none", user=mailbox_user.name, password=f"env:{PASSWORD}")
    smtp = Server(host="127.0.0.1", port=smtp_sink.port, tls="none", user="advice", password="env:SINK_PASSWORD")
    box = inbox(imap=imap, smtp=smtp)
    clock = TestClock(datetime.now(UTC))  # the mail server has the time of the day
    desk = replace(make_desk(database_url, clock=clock), inboxes={"advice": box})
    made = House(
        database_url, tmp_path, box, dovecot, mailbox_user, smtp_sink, clock, desk, SmtpOutbox(smtp), ImapMailbox(box)
    )
    yield made
    made.stop()
    made.outbox.stop()


def rosas(number: int) -> bytes:
    return mail(message_id=f"<{number}@reader.example>", subject=f"Letter {number}")


# ------------------------------------------------------------------ the dangerous case


@on_both
def test_what_was_sent_after_the_backup_is_not_sent_again_and_shows_as_answered(house: House) -> None:
    house.receive(rosas(1), rosas(2))
    house.work()
    house.approve(1)
    file = house.backup()  # letter 1 is in line, letter 2 drafted
    house.approve(2)
    assert house.send().sent == 2
    house.receive(rosas(3))  # and a letter that the backup has never seen is answered
    house.work()
    house.approve(3)
    house.send()

    done = house.restore(file)
    assert done.lost > 0
    assert house.stage(1) is Stage.UNKNOWN
    assert house.send().held
    house.work()
    assert house.stage(3) is Stage.DRAFTED
    found = house.reconcile()
    sending.settle(house.desk, lambda _account: house.mailbox)

    assert (found.doubtful, found.answered, found.hindered) == (0, 2, "")  # and letter 1 was found
    assert [house.stage(n) for n in (1, 2, 3)] == [Stage.ANSWERED] * 3
    assert "in Sent" in house.why(2)
    holding.resume(house.desk, CAROL)
    assert house.in_the_end() == {f"<{n}@reader.example>": 1 for n in (1, 2, 3)}


def test_a_reply_in_line_whose_copy_is_not_in_sent_waits_for_a_person(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    house.approve(1)
    file = house.backup()
    sending.send(house.desk, lambda _account: house.outbox)  # and the desk is lost before the copy is filed
    house.restore(file)
    house.work()
    house.reconcile()
    holding.resume(house.desk, CAROL)

    assert house.stage(1) is Stage.UNKNOWN
    assert house.in_the_end() == {"<1@reader.example>": 1}
    deciding.confirm_sent(house.desk, 1, ALI, "rosa said so")
    assert house.stage(1) is Stage.ANSWERED


def test_a_reply_that_was_on_its_way_when_the_backup_was_made_is_never_sent_again(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    house.approve(1)
    (due,) = sends.due(house.desk.db, house.clock())
    sends.claim(house.desk.db, due, house.clock())
    house.clock.forward(seconds=1)
    house.restore(house.backup())
    house.work()
    house.reconcile()
    holding.resume(house.desk, CAROL)
    assert house.stage(1) is Stage.UNKNOWN
    assert house.in_the_end() == {}


def test_a_reply_under_another_message_id_is_known_by_its_token(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    house.approve(1)
    reply = letters.dossier(house.desk.db, 1).reply
    assert reply is not None
    message = reply.reply.message.replace(reply.reply.message_id.encode(), b"<made.by@the.provider>")
    house.dovecot.deliver(house.user.name, message, "Sent")
    house.restore(house.backup())
    house.work()
    house.reconcile()
    sending.settle(house.desk, lambda _account: house.mailbox)
    assert house.stage(1) is Stage.ANSWERED


def test_a_letter_answered_from_a_mail_program_says_so_and_waits(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    file = house.backup()
    answer = mail(
        "Go!", sender="advice@desk.example", message_id="<own@desk.example>", In_Reply_To="<1@reader.example>"
    )
    house.dovecot.deliver(house.user.name, answer.replace(b"To: advice@desk", b"To: rosa@reader", 1), "Sent")
    house.restore(file)
    house.work()
    assert house.reconcile().remarked == 1
    assert house.reconcile().remarked == 1  # looked at again, and said once
    slip = letters.dossier(house.desk.db, 1).slip
    assert slip.stage is Stage.DRAFTED
    assert slip.reason.count("Sent folder") == 1


def test_a_reply_that_was_called_back_and_signed_anew_since_the_backup_is_spoken_of_at_the_old_one(
    house: House,
) -> None:
    house.receive(rosas(1))
    house.work()
    deciding.approve(house.desk, 1, ALI)
    file = house.backup()
    deciding.undo(house.desk, 1, ALI)
    deciding.revise(house.desk, 1, ALI, subject="Re: trip", body="Go, and ask.\n\nCarol Reyes", base=1)
    house.approve(1)
    assert house.send().sent == 1
    house.restore(file)
    house.work()
    found = house.reconcile()
    sending.settle(house.desk, lambda _account: house.mailbox)
    slip = letters.dossier(house.desk.db, 1).slip
    assert (slip.stage, found.answered, found.remarked) == (Stage.UNKNOWN, 0, 1)
    assert slip.reason.startswith("A message sent on ")
    assert "look there before you reply" in slip.reason
    assert house.reconcile().doubtful == 1


def test_mallory_cannot_have_rosas_letter_counted_as_answered(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    house.approve(1)
    file = house.backup()
    house.send()
    house.receive(mail("Me too", sender="mallory@evil.example", message_id="<1@reader.example>"))
    house.restore(file)
    house.work()
    house.reconcile()
    assert house.stage(2) is Stage.DRAFTED


@on_both
@pytest.mark.parametrize("days", [1, -1], ids=["ahead", "behind"])
def test_a_clock_that_was_wrong_by_a_day_at_the_approval_sends_nothing_twice(house: House, days: int) -> None:
    house.receive(rosas(1))
    house.work()
    house.clock.forward(days=days)
    house.approve(1)
    house.clock.forward(days=-days)
    file = house.backup()
    sending.send(house.desk, lambda _account: house.outbox, ignore_undo=True)  # and no copy of it is filed
    house.restore(file)
    house.work()
    house.reconcile()
    holding.resume(house.desk, CAROL)
    assert house.in_the_end() == {"<1@reader.example>": 1}
    assert house.stage(1) is Stage.UNKNOWN


@on_both
@pytest.mark.parametrize("days", [1, -1], ids=["ahead", "behind"])
def test_a_clock_that_was_wrong_by_a_day_at_the_backup_hides_no_answer(house: House, days: int) -> None:
    house.receive(rosas(1))
    house.work()
    house.clock.forward(days=days)
    file = house.backup()
    house.clock.forward(days=-days)
    house.approve(1)
    house.send()
    house.restore(file)
    found = house.reconcile()
    assert found.answered == 1
    assert "not collected" in found.hindered
    house.work()
    assert house.reconcile().hindered == ""


def test_a_comparison_is_made_again_when_the_clock_was_set_back_since(house: House) -> None:
    house.restore(house.backup())
    house.work()
    house.clock.forward(days=1)
    house.reconcile()
    assert not holding.is_due(house.desk)
    house.clock.forward(days=-1)
    assert holding.is_due(house.desk)


@on_both
def test_a_backup_that_was_made_while_sending_was_held_is_compared_anew_and_sends_nothing_twice(house: House) -> None:
    house.receive(rosas(1), rosas(2))
    house.work()
    house.restore(house.backup())
    house.work()
    house.approve(1)
    house.reconcile()
    second = house.backup()
    holding.resume(house.desk, CAROL)
    house.approve(2)
    assert house.send().sent == 2
    house.restore(second)
    with pytest.raises(Conflict, match="not been compared"):
        holding.resume(house.desk, CAROL)
    house.work()
    house.reconcile()
    holding.resume(house.desk, CAROL)
    assert house.in_the_end() == {f"<{n}@reader.example>": 1 for n in (1, 2)}
    assert [house.stage(n) for n in (1, 2)] == [Stage.ANSWERED] * 2


def test_a_reply_that_somebody_sends_again_while_sending_is_held_goes_out_once_it_ends(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    house.approve(1)
    house.restore(house.backup())
    house.work()
    deciding.send_again(house.desk, 1, ALI, "rosa got nothing")
    house.reconcile()
    holding.resume(house.desk, CAROL)
    assert house.in_the_end() == {"<1@reader.example>": 1}


NAMELESS = rosas(1).replace(b"Message-ID: <1@reader.example>\r\n", b"")


def test_a_reply_in_line_to_a_letter_without_a_message_id_is_found_in_sent(house: House) -> None:
    house.receive(NAMELESS)
    house.work()
    house.approve(1)
    file = house.backup()
    house.send()
    house.restore(file)
    house.work()
    house.reconcile()
    holding.resume(house.desk, CAROL)
    assert sum(house.in_the_end().values()) == 1
    assert house.stage(1) is Stage.ANSWERED


def test_a_letter_without_a_message_id_says_that_something_went_to_its_reader_since(house: House) -> None:
    house.receive(NAMELESS, mail(sender="Sam <sam@reader.example>", message_id="").replace(b"Message-ID: \r\n", b""))
    house.work()
    file = house.backup()
    house.approve(1)
    house.send()
    house.restore(file)
    house.work()
    assert house.reconcile().remarked == 1
    assert house.reconcile().remarked == 1  # looked at again, and said once
    rosas_slip, sams_slip = (letters.dossier(house.desk.db, number).slip for number in (1, 2))
    assert rosas_slip.reason.count("went to this reader") == 1
    assert sams_slip.reason == ""


def test_a_reply_to_a_reader_behind_a_contact_form_counts_as_an_answer(house: House) -> None:
    form = "Name: Rosa\nEmail: rosa@reader.example\nMessage: May I pull out of the trip?"
    house.receive(mail(form, sender="Forms <noreply@site.example>", message_id="<1@site.example>"))
    house.work()
    file = house.backup()
    deciding.approve(house.desk, 1, ALI, recipient="rosa@reader.example")
    house.clock.forward(seconds=30)
    assert house.send().sent == 1
    house.restore(file)
    house.work()
    assert house.reconcile().answered == 1
    assert house.stage(1) is Stage.ANSWERED


def test_a_reply_that_came_back_before_the_backup_does_not_count_as_an_answer(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    house.approve(1)
    house.send()
    with house.desk.db.write("bounce") as connection:
        move(connection, 1, Verb.BOUNCE, Stage.FAILED, who="triage", now=house.clock(), reason="It did not arrive.")
    house.restore(house.backup())
    house.work()
    found = house.reconcile()
    assert (found.answered, found.remarked) == (0, 0)
    assert house.stage(1) is Stage.FAILED


# ------------------------------------------------------------------ the hold


@on_both
def test_what_is_approved_while_sending_is_held_goes_out_once_it_ends(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    house.restore(house.backup())
    house.work()
    house.approve(1)
    assert house.send().held
    assert house.reconcile().doubtful == 0
    holding.resume(house.desk, CAROL)
    assert house.in_the_end() == {"<1@reader.example>": 1}


@on_both
def test_the_claim_itself_is_refused_while_sending_is_held(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    house.approve(1)
    (due,) = sends.due(house.desk.db, house.clock())
    with house.desk.db.write("hold") as connection:
        holds.open_restored(connection, house.clock() - timedelta(days=1))
    with pytest.raises(Conflict, match="restored from a backup"):
        sends.claim(house.desk.db, due, house.clock())
    assert sends.due(house.desk.db, house.clock()) == []
    assert house.stage(1) is Stage.APPROVED


def test_the_hold_ends_only_when_all_was_compared_and_an_editor_says_so(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    house.restore(house.backup())
    with pytest.raises(NotAllowed, match="editor"):
        holding.resume(house.desk, ALI)
    with pytest.raises(Conflict, match="not been compared"):
        holding.resume(house.desk, CAROL)
    assert "not collected" in house.reconcile().hindered
    with pytest.raises(Conflict, match="not collected"):
        holding.resume(house.desk, CAROL)
    house.work()
    assert holding.is_due(house.desk)
    assert house.reconcile().hindered == ""
    assert not holding.is_due(house.desk)
    assert "restored from a backup" in checking.held(house.url)
    holding.resume(house.desk, CAROL)
    assert checking.held(house.url) == ""
    with pytest.raises(Conflict, match="Nothing is held"):
        holding.resume(house.desk, CAROL)


def test_without_the_mail_server_an_editor_can_go_on_and_nothing_in_line_goes_out(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    house.approve(1)
    house.restore(house.backup())
    house.mailbox = ImapMailbox(replace(house.box, sent_folder="Nowhere"))
    house.work()
    assert "Nowhere" in house.reconcile().hindered or "folder is not there" in house.reconcile().hindered
    holding.resume(house.desk, CAROL, anyway=True)
    assert house.stage(1) is Stage.UNKNOWN
    assert house.in_the_end() == {}


# ------------------------------------------------------------------ the backup itself


@on_both
def test_a_backup_is_whole_sound_and_private(house: House) -> None:
    house.receive(rosas(1), rosas(2))
    house.work()
    file = house.backup()
    manifest = json.loads(file.with_suffix(".json").read_text())
    assert manifest["letters"] == {"drafted": 2}
    assert (manifest["revision"], manifest["newest_audit"]) == ("0007", 6)
    assert {"env:MAIL_PASSWORD", "env:SINK_PASSWORD", "file:triage.key"} == set(manifest["keep_apart"])
    with zipfile.ZipFile(file.with_suffix(".files.zip")) as archive:
        assert archive.namelist() == ["configuration/config.toml"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()] == [0o600] * 3


def test_backups_are_made_while_letters_are_written(house: House) -> None:
    house.receive(*(rosas(number) for number in range(30)))
    writer = threading.Thread(target=house.work)
    writer.start()
    totals = [sum(json.loads(house.backup().with_suffix(".json").read_text())["letters"].values()) for _ in range(4)]
    writer.join()
    assert totals == sorted(totals)
    assert house.stage(30) is Stage.DRAFTED


@on_both
def test_a_backup_that_was_changed_is_refused_and_nothing_is_touched(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    file = house.backup()
    with file.open("ab") as target:
        target.write(b"x")
    house.stop()
    with pytest.raises(Permanent, match="digest"):
        backups.restore(house.settings, file, replace=True, clock=house.clock)
    house.desk = make_desk(house.url, clock=house.clock)
    assert house.stage(1) is Stage.DRAFTED
    assert holds.is_open(house.desk.db) is None


@on_both
def test_a_database_that_is_there_is_not_written_over_unless_told(house: House) -> None:
    house.receive(rosas(1))
    house.work()
    file = house.backup()
    house.stop()
    with pytest.raises(Conflict, match="--replace"):
        backups.restore(house.settings, file, replace=False, clock=house.clock)
    house.receive(rosas(2))
    house.desk = replace(make_desk(house.url, clock=house.clock), inboxes={"advice": house.box})
    house.work()
    done = house.restore(file)
    assert letters.counts(house.desk.db)[Stage.DRAFTED] == 1
    assert done.lost == 3
    assert "before" in done.aside
    if house.desk.db.file is not None:
        with closing(sqlite3.connect(done.aside)) as kept:
            assert kept.execute("SELECT count(*) FROM letters").fetchone() == (2,)


@on_both
def test_a_running_desk_is_not_replaced_under_its_feet(house: House) -> None:
    file = house.backup()
    assert house.desk.db.become_sender()
    with pytest.raises(Conflict, match="running"):
        backups.restore(house.settings, file, replace=True, clock=house.clock)


def test_only_older_backups_of_the_same_desk_are_removed(house: House) -> None:
    first, second = house.backup(), house.backup()
    other = json.loads(first.with_suffix(".json").read_text()) | {"database": "another desk"}
    (first.parent / "triage-another.json").write_text(json.dumps(other))
    (first.parent / "triage-notes.json").write_text("{}")
    (first.parent / "triage.db").write_text("somebody's own")
    third = house.backup(keep=2)
    left = {path.name for path in first.parent.iterdir()}
    assert first.name not in left
    assert {second.name, third.name, "triage.db", "triage-another.json", "triage-notes.json"} <= left
    assert len([name for name in left if name.endswith(".files.zip")]) == 2


def test_what_a_backup_that_broke_off_left_is_removed_unless_another_is_being_made(house: House) -> None:
    folder = house.folder / "backups"
    folder.mkdir()
    stem = "triage-20260101-000000"
    left = {folder / f"{stem}{end}" for end in (".db.part", ".db.part-journal", ".files.zip.part", ".dump.part")}
    own = {folder / name for name in ("triage-2026.db.part", f"{stem}.db", f"{stem}.json.part.txt")}
    for path in left | own:
        path.write_text("half of it")
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_SH)  # as another one that is being made
    house.backup()
    assert all(path.exists() for path in left | own)
    os.close(handle)
    house.backup()
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in own)


def test_two_backups_of_the_same_second_do_not_spoil_each_other(house: House) -> None:
    folder = house.folder / "backups"
    folder.mkdir()
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_SH)
    part = folder / f"triage-{house.clock():%Y%m%d-%H%M%S}.db.part"
    part.write_text("what another one has written")
    with pytest.raises(Permanent, match="wait a second"):
        house.backup()
    assert part.read_text() == "what another one has written"
    os.close(handle)


def test_many_who_note_what_was_erased_lose_none_of_it(tmp_path: Path) -> None:
    def note(number: int) -> None:
        note_erased(tmp_path, {f"{number}": datetime.now(UTC)})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(40)))
    assert set(erased(tmp_path)) == {f"{number}" for number in range(40)}


def test_a_file_system_without_locks_has_backups_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_file: object, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    erasing.erase_again(house.desk.db, {"a digest": house.clock()})
    monkeypatch.setattr(fcntl, "flock", refused)
    assert house.backup().exists()
    assert set(erased(house.folder / "backups")) == {"a digest"}


def test_a_backup_that_fails_leaves_nothing_behind(house: House) -> None:
    erasing.erase_again(house.desk.db, {"a digest": house.clock()})
    folder = house.folder / "backups"
    folder.mkdir()
    (folder / "erased.json").write_text("not to be read")
    with pytest.raises(Permanent, match="could come back"):
        house.backup()
    assert sorted(path.name for path in folder.iterdir()) == ["erased.json", "erased.json.lock"]


# ------------------------------------------------------------------ one database each


def test_a_copy_put_in_place_by_hand_sends_nothing_either(tmp_path: Path, sqlite_url: str) -> None:
    desk = make_desk(sqlite_url)
    target = tmp_path / "copy.db"
    copying.copy(desk.db, target, desk.clock)
    desk.db.close()
    other = tmp_path / "other.db"
    shutil.copyfile(target, other)
    copied = Database(f"sqlite:///{other}")
    assert holds.is_open(copied) is not None
    copied.close()


def test_a_backup_goes_to_another_machine(tmp_path: Path, sqlite_url: str) -> None:
    desk = make_desk(sqlite_url)
    settings = Settings(desk=DeskSettings(database=sqlite_url), inbox=(inbox(),), path=tmp_path / "none.toml")
    made = backups.backup(settings, desk.db, tmp_path / "b", keep=None, clock=desk.clock)
    desk.db.close()
    elsewhere = replace(settings, desk=DeskSettings(database=f"sqlite:///{tmp_path / 'new.db'}"))
    done = backups.restore(elsewhere, made.file, replace=False, clock=desk.clock)
    assert done.aside == ""
    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.glob("new.db*")) == ["new.db", "new.db.sender.lock"]


@pytest.mark.parametrize(
    ("who", "behind"),
    [
        ("postgres:opensesame@", ""),
        ("postgres:opensesame%40home@", ""),
        ("postgres@", "?password=opensesame"),
    ],
    ids=["plain", "with percent signs", "behind the question mark"],
)
def test_no_backup_holds_the_password_of_the_database(tmp_path: Path, postgres_url: str, who: str, behind: str) -> None:
    url = postgres_url.replace("postgres@", who) + behind
    config = tmp_path / "config.toml"
    config.write_text(f'database = "{url}"', "utf-8")
    settings = Settings(desk=DeskSettings(database=url), keeping=Keeping(), inbox=(inbox(),), path=config)
    desk = make_desk(url)
    made = backups.backup(settings, desk.db, tmp_path / "b", keep=None, clock=desk.clock)
    desk.db.close()
    with zipfile.ZipFile(made.file.with_suffix(".files.zip")) as archive:
        assert b"opensesame" not in archive.read("configuration/config.toml")
    assert "opensesame" not in made.file.with_suffix(".json").read_text()


def test_without_pg_dump_the_backup_says_what_to_install(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(copying, "PROGRAMS", tmp_path)
    desk = make_desk(postgres_url)
    with pytest.raises(ConfigError, match="postgresql-client"):
        copying.copy(desk.db, tmp_path / "x.dump", desk.clock)
    desk.db.close()
    assert not (tmp_path / "x.dump").exists()


def test_a_desk_of_an_earlier_version_is_backed_up_before_it_is_brought_up_to_date(
    tmp_path: Path, database_url: str
) -> None:
    desk = make_desk(database_url)
    with desk.db.write("downgrade") as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")
    settings = Settings(desk=DeskSettings(database=database_url), inbox=(inbox(),), path=tmp_path / "none.toml")
    made = backups.backup(settings, desk.db, tmp_path / "b", keep=None, clock=desk.clock)
    assert made.manifest.revision == "0006"
    desk.db.close()
    backups.restore(settings, made.file, replace=True, clock=desk.clock)
    restored = Database(database_url)
    assert migrating.is_current(restored)
    assert holds.is_open(restored) is not None
    restored.close()


def test_a_damaged_database_and_what_a_crash_left_beside_it_are_kept_aside(tmp_path: Path, sqlite_url: str) -> None:
    desk = make_desk(sqlite_url)
    settings = Settings(desk=DeskSettings(database=sqlite_url), inbox=(inbox(),), path=tmp_path / "none.toml")
    made = backups.backup(settings, desk.db, tmp_path / "b", keep=None, clock=desk.clock)
    desk.db.close()
    assert desk.db.file is not None
    journal = Path(f"{desk.db.file}-journal")
    desk.db.file.write_bytes(b"no database" * 1000)
    journal.write_bytes(b"of another one")
    done = backups.restore(settings, made.file, replace=True, clock=desk.clock)
    assert Path(done.aside).read_bytes().startswith(b"no database")
    assert not journal.exists()

    desk.db.file.unlink()
    journal.write_bytes(b"of another one")
    backups.restore(settings, made.file, replace=False, clock=lambda: desk.clock() + timedelta(minutes=1))
    assert not journal.exists()
    assert Database(sqlite_url).verify() is None


def test_a_restore_that_fails_leaves_everything_as_it_was(tmp_path: Path, sqlite_url: str) -> None:
    desk = make_desk(sqlite_url)
    settings = Settings(desk=DeskSettings(database=sqlite_url), inbox=(inbox(),), path=tmp_path / "none.toml")
    made = backups.backup(settings, desk.db, tmp_path / "b", keep=None, clock=desk.clock)
    desk.db.close()
    manifest = made.file.with_suffix(".json")
    manifest.write_text(manifest.read_text().replace('"0007"', '"0003"'))
    folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
    before = {path.name for path in folder.iterdir()} | {"triage.db.sender.lock"}
    with pytest.raises(Permanent, match="revision"):
        backups.restore(settings, made.file, replace=True, clock=desk.clock)
    assert {path.name for path in folder.iterdir()} == before
    assert holds.is_open(Database(sqlite_url)) is None
