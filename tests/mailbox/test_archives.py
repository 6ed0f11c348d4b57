"""Letters from archives: `triage import` on an mbox, a Maildir and a folder of files."""

import mailbox
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cast import NOON, mail, mailbox_with, make_desk
from tests.mailbox.conftest import Open
from tests.service import Operator
from triage.desk import collecting, reading
from triage.desk.collecting import TakenIn
from triage.errors import Permanent
from triage.mailbox.folder import FolderMailbox
from triage.mailbox.mbox import MboxMailbox
from triage.ports import Mailbox
from triage.records import RawMessage
from triage.store import letters

FIRST = mail()
SECOND = mail("And in Ohio?\n\n>From what I hear it differs.", message_id="<2@reader.example>")
THIRD = mail("One more", message_id="<3@reader.example>")


def mbox(path: Path, *messages: bytes) -> Path:
    lines = [
        b"From rosa@reader.example Mon Nov 23 12:00:00 2026\n" + m.replace(b"\r\n", b"\n") + b"\n" for m in messages
    ]
    path.write_bytes(b"".join(lines))
    return path


def test_an_mbox_gives_its_letters_with_their_times_and_every_byte(tmp_path: Path) -> None:
    box = MboxMailbox("advice", mbox(tmp_path / "old.mbox", FIRST, SECOND))
    number = box.select()
    found = list(box.fetch(list(box.sizes(0, None)), 1_000_000))
    assert [message.data for message in found] == [FIRST, SECOND]
    assert [message.received_at for message in found] == [NOON, NOON]
    assert list(box.sizes(1, None)) == [2]
    assert box.sizes(0, datetime(2026, 12, 1, tzinfo=UTC)) == {}
    assert box.exists([1, 2, 3]) == {1, 2}
    assert len(next(box.fetch([1], 100)).data) == 100
    box.close()
    assert box.select() == number
    box.close()


def test_a_letter_that_is_here_already_stays_as_it_is_whatever_archive_it_comes_in(
    tmp_path: Path, database_url: str
) -> None:
    desk = make_desk(database_url)
    assert collecting.collect(desk, mailbox_with(FIRST)).new == 1  # as it came from the mail server

    def take_in(box: Mailbox) -> int:
        with closing(box):
            return collecting.collect(desk, box).new

    path = mbox(tmp_path / "old.mbox", FIRST, SECOND)
    assert take_in(MboxMailbox("advice", path)) == 1
    assert take_in(MboxMailbox("advice", path)) == 0
    mbox(path, FIRST, SECOND, THIRD)
    assert take_in(MboxMailbox("advice", path)) == 1
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.eml").write_bytes(SECOND.replace(b"\r\n", b"\n"))
    assert take_in(FolderMailbox("advice", folder, settle_seconds=0)) == 0
    with closing(mailbox.Maildir(tmp_path / "maildir")) as maildir:
        maildir.add(THIRD.replace(b"\r\n", b"\n"))
    assert take_in(FolderMailbox("advice", tmp_path / "maildir", settle_seconds=0)) == 0
    desk.db.close()


def test_the_command_takes_in_archives(tmp_path: Path, sqlite_url: str) -> None:
    inbox = '[[inbox]]\nname = "advice"\naddress = "advice@desk.example"\n'
    server = 'host = "127.0.0.1"\nport = 1\ntls = "none"\n'
    config = tmp_path / "config.toml"
    config.write_text(
        f'[desk]\ndatabase = "{sqlite_url}"\n{inbox}[inbox.imap]\n{server}[inbox.smtp]\n{server}', "utf-8"
    )
    path = mbox(tmp_path / "old.mbox", FIRST, SECOND)
    done = Operator(config, 1).triage("import", str(path))
    assert (done.returncode, f"{path}: 2 new letters.\n" in done.stderr) == (0, True)
    mbox(path, FIRST, SECOND, THIRD)
    done = Operator(config, 1).triage("import", str(path), str(path))
    assert f"{path}: 1 new letters. 2 were here already.\n{path}: 0 new letters. 3 were here already.\n" in done.stderr


def test_what_cannot_be_read_is_counted_and_not_passed_over(tmp_path: Path, database_url: str) -> None:
    class Torn(FolderMailbox):
        def fetch(self, uids: Sequence[int], max_bytes: int) -> Iterator[RawMessage]:
            """As from a disk with a broken place, where the file b.eml lies."""
            return (message for message in super().fetch(uids, max_bytes) if message.data != SECOND)

    for name, letter in (("a", FIRST), ("b", SECOND), ("c", FIRST)):
        (tmp_path / f"{name}.eml").write_bytes(letter)
    desk = make_desk(database_url)
    torn = Torn("advice", tmp_path, settle_seconds=0)
    assert collecting.take_in(desk, torn) == TakenIn(new=1, known=1, unread=1)
    mended = FolderMailbox("advice", tmp_path, settle_seconds=0)
    assert collecting.take_in(desk, mended) == TakenIn(new=1, known=2, unread=0)
    desk.db.close()


def test_what_is_no_archive_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "letter.eml").write_bytes(FIRST)
    with pytest.raises(Permanent, match=r"put \.eml files into a folder"):
        MboxMailbox("advice", tmp_path / "letter.eml").select()
    with pytest.raises(Permanent, match="cannot be read"):
        MboxMailbox("advice", tmp_path / "nothing.mbox").select()


def test_an_archive_that_is_named_as_the_inbox_hides_no_new_letter(tmp_path: Path, database_url: str) -> None:
    desk = make_desk(database_url)
    archive = tmp_path / "INBOX"
    archive.mkdir()
    (archive / "1.eml").write_bytes(SECOND)
    inbox = mailbox_with()
    assert (inbox.folder, inbox.select()) == ("INBOX", 1)
    assert collecting.collect(desk, FolderMailbox("advice", archive, settle_seconds=0)).new == 1
    inbox.deliver(FIRST, NOON)
    assert collecting.collect(desk, inbox).new == 1
    desk.db.close()


def test_two_letters_with_one_message_id_are_both_kept_and_the_second_says_so(
    open_box: Open, deliver: Callable[..., None], database_url: str
) -> None:
    other = mail("Something else entirely.", sender="b@reader.example")
    deliver(FIRST, other, FIRST, SECOND)  # a program that gives all its letters the same, and one that is there twice
    desk = make_desk(database_url)
    assert collecting.collect(desk, open_box()).new == 3
    reading.assess(desk)
    found = [letters.dossier(desk.db, number).letter for number in (1, 2, 3)]
    assert [(letter.sender.email, letter.defects) for letter in found if letter is not None] == [
        ("rosa@reader.example", ()),
        (
            "b@reader.example",
            ("Letter 1 has the same Message-ID and is not quite the same. See whether both are one letter.",),
        ),
        ("rosa@reader.example", ()),
    ]
    desk.db.close()


def test_archives_of_one_name_are_told_apart_also_when_one_takes_the_place_of_another(
    tmp_path: Path, database_url: str
) -> None:
    desk = make_desk(database_url)
    folders = [tmp_path / year / "mail" for year in ("2018", "2019", "2020")]
    for folder, letter in zip(folders, (FIRST, SECOND, THIRD), strict=True):
        folder.mkdir(parents=True)
        (folder / "1.eml").write_bytes(letter)
        time.sleep(0.005)  # UIDs are in milliseconds

    def take_in(folder: Path) -> int:
        return collecting.collect(desk, FolderMailbox("advice", folder, settle_seconds=0)).new

    assert [take_in(folders[2]), take_in(folders[1])] == [1, 1]
    folders[2].rename(tmp_path / "done")
    folders[0].rename(folders[2])
    assert take_in(folders[2]) == 1
    desk.db.close()
