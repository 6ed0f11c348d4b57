"""Letters from archives: `triage import` on an mbox, a Maildir and a folder of files."""

import mailbox
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cast import NOON, mail, mailbox_with, make_desk
from tests.service import Operator
from triage.desk import collecting
from triage.errors import Permanent
from triage.mailbox.folder import FolderMailbox
from triage.mailbox.mbox import MboxMailbox
from triage.ports import Mailbox

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
    assert (done.returncode, f"{path}: 2 new letters." in done.stderr) == (0, True)


def test_what_is_no_archive_needs_a_person(tmp_path: Path) -> None:
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
