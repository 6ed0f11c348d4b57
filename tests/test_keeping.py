"""What is kept, and what is let go: one reader's wish, the days that are set, and no trace in the file afterwards."""

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from tests.cast import ALI, CAROL, NOON, TestClock, inbox, mail, mailbox_with, make_desk
from triage import backups, wiring
from triage.backups.manifest import note_erased
from triage.desk import Desk, collecting, deciding, keeping, readers, reading, sending
from triage.desk.readers import Reader
from triage.errors import Conflict, NotAllowed, Permanent, Temporary
from triage.mailbox.memory import MemoryMailbox
from triage.records import Person, Receipt, Reply
from triage.settings import Desk as DeskSettings
from triage.settings import Keeping, Settings
from triage.stages import Stage
from triage.store import belongings, erasing, figures, letters, tables
from triage.store.belongings import BELONGINGS
from triage.store.database import Database

SECRET = "xylophonist"  # a word that only rosa's letter holds
ROSA = mail(f"May I pull out? I am a {SECRET}. And unemployment?", message_id="<1@reader.example>")
OTHER = mail("May I pull out of the trip?", sender="Sam <sam@reader.example>", message_id="<2@reader.example>")


class Taking:
    """Takes every reply."""

    def send(self, reply: Reply, begin_data: object) -> Receipt:
        begin_data()  # type: ignore[operator]
        return Receipt(code=250, text="ok")

    def close(self) -> None:
        """Nothing is held open."""


@dataclass
class House:
    """A desk where rosa's letter is answered and sam's waits."""

    url: str
    desk: Desk
    clock: TestClock
    box: MemoryMailbox

    def poll(self) -> int:
        return collecting.collect(self.desk, self.box).new

    def bytes_hold(self, word: str) -> bool:
        """Whether a word stands anywhere in the files of the database, or in any row of the server's."""
        file = self.desk.db.file
        if file is not None:
            return any(word.encode() in path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
        with self.desk.db.read() as connection:
            names = [*tables.metadata.tables, "search_index"]
            return any(
                word in str(connection.exec_driver_sql(f'SELECT string_agg(t::text, chr(10)) FROM "{name}" t').scalar())
                for name in names
            ) or bool(
                connection.exec_driver_sql(
                    f"SELECT count(*) FROM raw_messages WHERE position('{word}'::bytea in data) > 0"
                ).scalar()
            )


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    clock = TestClock()
    desk = make_desk(database_url, clock=clock)
    made = House(database_url, desk, clock, mailbox_with(ROSA, OTHER))
    made.poll()
    reading.assess(desk)
    reading.draft(desk)
    deciding.revise(desk, 1, CAROL, subject="Re: trip", body=f"Dear {SECRET}, go.\n\nCarol Reyes", base=1)
    deciding.approve(desk, 1, ALI)
    clock.forward(minutes=1)
    assert sending.send(desk, lambda _account: Taking()).sent == 1
    yield made
    made.desk.db.close()


@contextmanager
def read_by_somebody_after(house: House, name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk whose letters somebody else begins to read just when the write `name` is done, and does not stop."""
    monkeypatch.setattr(erasing, "BUSY_TIMEOUT_MS", 50)
    other = Database(house.url)
    begun: list[Connection] = []

    def begin(step: str, moment: str) -> None:
        if (step, moment) == (name, "after") and not begun:
            begun.append(other.engine.connect())
            begun[0].execute(sa.select(tables.letters.c.id)).all()

    db = Database(house.url, checkpoint=begin)
    yield replace(house.desk, db=db)
    begun[0].close()
    other.close()
    db.close()


def erase(desk: Desk, found: Reader, person: Person) -> None:
    """As the command does it."""
    readers.erase(desk, found, person)
    readers.scrub(desk)


def stages_of(desk: Desk) -> dict[int, Stage]:
    return {slip.id: slip.stage for slip in letters.slips(desk.db)}


# ------------------------------------------------------------------ every table


def test_every_table_that_belongs_to_letters_is_named() -> None:
    named = {each.table.name for each in BELONGINGS}
    for table in tables.metadata.tables.values():
        to = {key.column.table.name for key in table.foreign_keys}
        if "letter_id" in table.c or to & named or "digest" in table.c:
            assert table.name in named | {"erased_messages"}, f"{table.name} is not in BELONGINGS"


@pytest.mark.parametrize("each", BELONGINGS, ids=lambda each: each.table.name)
def test_every_text_is_emptied_or_known_to_be_harmless(each: belongings.Belonging) -> None:
    if each.emptied is None:
        return
    kinds = (sa.String, sa.JSON, sa.LargeBinary)
    can_hold = {column.name for column in each.table.columns if isinstance(column.type, kinds)}
    assert can_hold <= set(each.emptied) | set(each.harmless)
    assert set(each.harmless) <= can_hold - set(each.emptied)


# ------------------------------------------------------------------ erase


def test_rosas_letter_leaves_no_trace_and_sams_stays(house: House) -> None:
    found = readers.find(house.desk, "Rosa@Reader.example")
    assert found.letters == (1,)
    assert {name: found.rows[name] for name in ("letters", "replies", "attempts", "drafts", "raw_messages")} == {
        "letters": 1, "replies": 1, "attempts": 1, "drafts": 2, "raw_messages": 1,
    }  # fmt: skip
    assert house.bytes_hold(SECRET)
    erase(house.desk, found, CAROL)

    assert not house.bytes_hold(SECRET)
    assert not house.bytes_hold("rosa@reader")
    assert not house.bytes_hold("<1@reader.example>")
    assert stages_of(house.desk) == {2: Stage.DRAFTED}
    with house.desk.db.read() as connection:
        assert set(belongings.count(connection, [1]).values()) == {0}
    assert [slip.id for slip in letters.slips(house.desk.db)] == [2]
    assert erasing.erased_on(house.desk.db, "rosa@reader.example") == house.clock()
    assert erasing.erased_on(house.desk.db, "sam@reader.example") is None


def test_mail_that_still_lies_on_the_server_does_not_come_back(house: House) -> None:
    erase(house.desk, readers.find(house.desk, "rosa@reader.example"), CAROL)
    assert house.poll() == 0
    house.box.uidvalidity += 1  # the folder was made anew, so that everything in it is fetched again
    assert house.poll() == 0
    assert stages_of(house.desk) == {2: Stage.DRAFTED}
    house.box.deliver(ROSA.replace(b"<1@", b"<3@"), NOON)  # and what she writes from now on is a letter
    assert house.poll() == 1


def test_a_letter_that_was_not_read_yet_is_found_too(house: House) -> None:
    house.box.deliver(mail("Hello", message_id="<9@reader.example>"), NOON)
    house.poll()
    assert readers.find(house.desk, "rosa@reader.example").letters == (1, 3)


def test_whoever_wants_the_reply_elsewhere_is_found_under_both_addresses(house: House) -> None:
    house.box.deliver(
        mail("Hi", message_id="<9@x.example>", sender="form@site.example", Reply_To="Kim@k.example"), NOON
    )
    house.poll()
    reading.assess(house.desk)
    assert readers.find(house.desk, "kim@k.example").letters == (3,)
    assert readers.find(house.desk, "form@site.example").letters == (3,)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Ödi@Example.org", "ödi@example.org"),
        ("ödi@example.org", "ÖDI@EXAMPLE.ORG"),
        ("O\N{COMBINING DIAERESIS}di@example.org", "ödi@example.org"),
        ("kim@Bücher.example", "kim@xn--bcher-kva.example"),
        ("kim@xn--bcher-kva.example", "Kim@BÜCHER.example"),
    ],
)
def test_an_address_is_found_however_it_is_written(house: House, written: str, asked: str) -> None:
    house.box.deliver(mail("Hi", message_id="<8@x.example>", sender=f"<{written}>"), NOON)
    assert house.poll() == 1
    assert readers.find(house.desk, asked).letters == (3,)  # before it was read
    reading.assess(house.desk)
    assert readers.find(house.desk, asked).letters == (3,)
    erase(house.desk, readers.find(house.desk, asked), CAROL)
    assert stages_of(house.desk) == {1: Stage.ANSWERED, 2: Stage.DRAFTED}


FORM = "Name: Kim\nEmail: {}\nMessage: May I pull out of the trip?"


@pytest.mark.parametrize("read", [False, True], ids=["unread", "read"])
def test_the_reader_behind_a_contact_form_is_found(house: House, read: bool) -> None:
    form = mail(FORM.format("Kim@k.example"), message_id="<8@x.example>", sender="Forms <noreply@site.example>")
    house.box.deliver(form, NOON)
    house.poll()
    if read:
        reading.assess(house.desk)
    found = readers.find(house.desk, "kim@k.example")
    assert (found.letters, found.mentioned) == ((3,), ())
    assert readers.find(house.desk, "im@k.example").letters == ()
    erase(house.desk, found, CAROL)
    assert stages_of(house.desk) == {1: Stage.ANSWERED, 2: Stage.DRAFTED}
    assert not house.bytes_hold("Kim@k.example")


@pytest.mark.parametrize("read", [False, True], ids=["unread", "read"])
def test_letters_of_others_that_mention_rosa_are_named_and_left_alone(house: House, read: bool) -> None:
    for number, (sender, body) in enumerate(
        [
            ("Sam <sam@reader.example>", "Tell my friend ROSA@reader.example too."),
            ("Forms <noreply@site.example>", FORM.format("sam@reader.example") + "\nFrom: rosa@reader.example"),
            ("Sam <sam@reader.example>", "Not hers: tell grosa@reader.example and rosa@reader.example.org."),
        ]
    ):
        house.box.deliver(mail(body, message_id=f"<8{number}@x.example>", sender=sender), NOON)
    house.poll()
    if read:
        reading.assess(house.desk)
    found = readers.find(house.desk, "rosa@reader.example")
    assert (found.letters, found.mentioned) == ((1,), (3, 4))
    with pytest.raises(Conflict, match="does not stand in letter 5"):
        readers.find(house.desk, "rosa@reader.example", also=[3, 5])
    found = readers.find(house.desk, "rosa@reader.example", also=[4])
    assert (found.letters, found.mentioned) == ((1, 4), (3,))
    erase(house.desk, found, CAROL)
    assert set(stages_of(house.desk)) == {2, 3, 5}


def test_only_an_editor_erases(house: House) -> None:
    with pytest.raises(NotAllowed, match="editor"):
        readers.erase(house.desk, readers.find(house.desk, "rosa@reader.example"), ALI)
    assert house.bytes_hold(SECRET)


def test_what_is_no_address_is_said_to_be_none(house: House) -> None:
    with pytest.raises(Conflict, match="not a mail address"):
        readers.find(house.desk, "rosa")


def test_a_backup_does_not_bring_rosa_back(house: House, tmp_path: Path) -> None:
    settings = Settings(desk=DeskSettings(database=house.url), inbox=(inbox(),), path=tmp_path / "none.toml")
    made = backups.backup(settings, house.desk.db, tmp_path / "b", keep=None, clock=house.clock)
    erase(house.desk, readers.find(house.desk, "rosa@reader.example"), CAROL)
    note_erased(tmp_path / "b", erasing.erased(house.desk.db))
    assert "rosa" not in (tmp_path / "b" / "erased.json").read_text()
    house.desk.db.close()
    with house.desk.db.write("lose") as connection:  # the old database is lost with all that it knew of erasures
        connection.execute(sa.delete(tables.erased_messages))
    house.desk.db.close()

    done = backups.restore(settings, made.file, replace=True, clock=house.clock)
    assert done.erased == 1
    house.desk = make_desk(house.url, clock=house.clock)
    assert stages_of(house.desk) == {2: Stage.DRAFTED}
    assert not house.bytes_hold(SECRET) or house.desk.db.file is None
    assert house.poll() == 0


# ------------------------------------------------------------------ export


def test_rosa_gets_everything_that_is_kept_about_her(house: House, tmp_path: Path) -> None:
    file = tmp_path / "rosa.zip"
    readers.export(house.desk, readers.find(house.desk, "rosa@reader.example"), file)
    with zipfile.ZipFile(file) as archive:
        assert archive.read("letter-1/letter.eml") == ROSA
        reply = next(name for name in archive.namelist() if name.startswith("letter-1/reply-"))
        assert SECRET.encode() in archive.read(reply)
        told = archive.read("letter-1/letter.txt").decode()
        rows = json.loads(archive.read("letter-1/everything.json"))
        assert not [name for name in archive.namelist() if name.startswith("letter-2")]
    assert "Version 2 of the reply, by carol" in told
    assert "ali  approve" in told
    assert set(rows) == {each.table.name for each in BELONGINGS}
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Permanent, match="there already"):
        readers.export(house.desk, readers.find(house.desk, "rosa@reader.example"), file)


# ------------------------------------------------------------------ by age


def test_after_the_days_that_are_set_nobody_can_read_a_finished_letter(house: House) -> None:
    def counted() -> object:
        return (
            figures.answered(house.desk.db, NOON),
            figures.topics(house.desk.db, NOON),
            figures.sends(house.desk.db, NOON),
            [hour.letters for hour in figures.collected(house.desk.db, NOON)],
        )

    before = counted()
    house.clock.forward(days=31)
    assert keeping.forget(house.desk, 0) == 0
    assert keeping.forget(house.desk, 32) == 0
    assert house.bytes_hold(SECRET)
    assert keeping.forget(house.desk, 30) == 1
    assert keeping.forget(house.desk, 30) == 0

    for word in (SECRET, "rosa@reader", "<1@reader.example>"):
        assert not house.bytes_hold(word)
    assert stages_of(house.desk) == {1: Stage.ANSWERED, 2: Stage.DRAFTED}  # sam still waits, however long it takes
    assert counted() == before
    dossier = letters.dossier(house.desk.db, 1)
    assert dossier.letter is None
    assert "removed 30 days after" in dossier.slip.reason
    assert house.poll() == 0
    house.box.uidvalidity += 1
    assert house.poll() == 0


def test_what_could_not_be_cleared_from_the_disk_is_cleared_the_next_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.clock.forward(days=31)
    with (
        read_by_somebody_after(house, "forget", monkeypatch) as desk,
        pytest.raises(Temporary, match="may still be found"),
    ):
        keeping.forget(desk, 30)
    assert not erasing.is_scrubbed(house.desk.db)
    assert keeping.forget(house.desk, 30) == 0
    assert not house.bytes_hold(SECRET)
    assert erasing.is_scrubbed(house.desk.db)


def test_what_erasing_could_not_clear_is_cleared_when_it_is_done_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        read_by_somebody_after(house, "erase", monkeypatch) as desk,
        pytest.raises(Temporary, match="may still be found"),
    ):
        erase(desk, readers.find(desk, "rosa@reader.example"), CAROL)
    assert not erasing.is_scrubbed(house.desk.db)
    readers.scrub(house.desk)
    assert not house.bytes_hold(SECRET)
    assert erasing.is_scrubbed(house.desk.db)


def test_a_big_file_is_written_anew_once_and_from_then_on_shows_nothing_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unused_pages() -> int:
        with house.desk.db.read() as connection:
            return int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())

    def delete_a_page(file: Path) -> None:  # as an earlier version does where SQLite was not built to overwrite it
        with closing(sqlite3.connect(file, isolation_level=None)) as earlier:
            earlier.execute("PRAGMA secure_delete=OFF")
            earlier.execute("CREATE TABLE old AS SELECT 'zeppelin' AS word")
            earlier.execute("DROP TABLE old")
        assert house.bytes_hold("zeppelin")

    monkeypatch.setattr(keeping, "WHOLE", 0)
    file = house.desk.db.file
    if file is not None:
        delete_a_page(file)
    house.clock.forward(days=31)
    assert keeping.forget(house.desk, 30) == 1
    for word in (SECRET, "rosa@reader", "<1@reader.example>", "zeppelin"):
        assert not house.bytes_hold(word)
    assert file is None or unused_pages() == 0

    if file is not None:
        delete_a_page(file)
    deciding.let_go(house.desk, 2, ALI)
    house.clock.forward(days=31)
    assert keeping.forget(house.desk, 30) == 1
    assert not house.bytes_hold("sam@reader")
    assert file is None or unused_pages() > 0


def test_a_letter_whose_words_are_gone_cannot_be_brought_back(house: House) -> None:
    deciding.let_go(house.desk, 2, ALI)
    house.clock.forward(days=31)
    keeping.forget(house.desk, 30)
    with pytest.raises(Conflict, match="removed"):
        deciding.bring_back(house.desk, 2, ALI)


def test_the_service_forgets_once_a_day_where_days_are_set(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(desk=DeskSettings(database=sqlite_url), inbox=(inbox(),), path=tmp_path / "none.toml")
    for days, there in ((0, False), (30, True)):
        service = wiring.build(replace(settings, keeping=Keeping(days=days)))
        assert ("forget" in service.schedule().names) is there
        assert service.forget() == 0
        service.close()
