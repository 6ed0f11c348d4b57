"""Backups, restoring, and a reader's wish, on the command line."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.cast import NOON, mail, mailbox_with, make_desk
from triage.cli import triage
from triage.desk import collecting, readers, reading
from triage.stages import Role
from triage.store import erasing, letters, people


@pytest.fixture
def office(tmp_path: Path, sqlite_url: str) -> Path:
    """The configuration of a desk with carol and ali, and a letter from rosa."""
    desk = make_desk(sqlite_url)
    for name, role in (("carol", Role.EDITOR), ("ali", Role.ADVISOR)):
        people.add(desk.db, name, role, "no hash", NOON)
    collecting.collect(desk, mailbox_with(mail()))
    reading.assess(desk)
    reading.draft(desk)
    desk.db.close()
    path = tmp_path / "config.toml"
    path.write_text(
        f"""[desk]
database = "{sqlite_url}"
log_file = "{tmp_path / "triage.log"}"

[keeping]
backups = "{tmp_path / "backups"}"

[[inbox]]
name = "advice"
address = "advice@desk.example"
imap = {{ host = "127.0.0.1", port = 1, tls = "none" }}
smtp = {{ host = "127.0.0.1", port = 1, tls = "none" }}
""",
        "utf-8",
    )
    return path


def run(path: Path, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(triage, ["--config", str(path), *words], input=stdin)


def count(sqlite_url: str) -> int:
    desk = make_desk(sqlite_url)
    found = len(letters.slips(desk.db))
    desk.db.close()
    return found


def test_a_desk_is_backed_up_erased_from_and_brought_back(office: Path, sqlite_url: str) -> None:
    made = run(office, "backup", "--keep", "3")
    assert made.exit_code == 0, made.output
    file = made.stdout.split(":")[0]
    assert "1 letters" in made.stdout
    asked = run(office, "reader", "erase", "rosa@reader.example", "--as", "carol", stdin="n\n")
    assert asked.exit_code == 1
    assert re.search(r"1 letters \(1\)", asked.output)
    assert count(sqlite_url) == 1
    gone = run(office, "reader", "erase", "rosa@reader.example", "--as", "carol", "--yes")
    assert gone.exit_code == 0, gone.output
    assert count(sqlite_url) == 0
    assert "It was erased on" in run(office, "reader", "erase", "rosa@reader.example", "--as", "carol").output

    assert "--replace" in str(run(office, "restore", file).exception)
    back = run(office, "restore", file, "--replace")
    assert back.exit_code == 0, back.output
    assert "erased again: 1" in back.output
    assert "Sending is held" in back.output
    assert count(sqlite_url) == 0

    assert "Nothing was sent. This desk was restored" in run(office, "send").output
    found = run(office, "reconcile")
    assert "Not everything could be compared." in found.output
    assert "not collected" in found.output
    refused = run(office, "resume", "--as", "carol")
    assert "cannot send again yet" in str(refused.exception)
    assert "ask one of them" in str(run(office, "resume", "--as", "ali", "--anyway").exception)
    assert run(office, "resume", "--as", "carol", "--anyway").exit_code == 0
    assert "Nothing is held" in run(office, "reconcile").output
    log = (office.parent / "triage.log").read_text()
    assert "rosa" not in log
    assert "resumed" in log


def test_ali_erases_nobody_and_rosa_gets_her_file(office: Path, sqlite_url: str, tmp_path: Path) -> None:
    refused = run(office, "reader", "erase", "rosa@reader.example", "--as", "ali", "--yes")
    assert "editor" in str(refused.exception)
    exported = run(office, "reader", "export", "rosa@reader.example", str(tmp_path / "rosa.zip"))
    assert "1 letters" in exported.output
    assert "Nothing is kept about" in run(office, "reader", "export", "sam@x.example", str(tmp_path / "s.zip")).output
    assert not (tmp_path / "s.zip").exists()
    assert count(sqlite_url) == 1


def test_letters_that_only_mention_rosa_wait_for_carol_to_say_so(office: Path, sqlite_url: str, tmp_path: Path) -> None:
    desk = make_desk(sqlite_url)
    sams = mail("Answer rosa@reader.example too.", sender="Sam <sam@x.example>", message_id="<2@x.example>")
    collecting.collect(desk, mailbox_with(mail(), sams))
    reading.assess(desk)
    desk.db.close()
    run(office, "restore", run(office, "backup").stdout.split(":")[0], "--replace")
    told = run(office, "reader", "export", "rosa@reader.example", str(tmp_path / "rosa.zip"))
    assert "1 letters" in told.stdout
    assert re.search(r"letters that others wrote, for all that is known: 2\. .*--also N", told.stderr)
    gone = run(office, "reader", "erase", "rosa@reader.example", "--as", "carol", "--yes", "--also", "2")
    assert gone.exit_code == 0, gone.output
    assert "2 letters (1, 2)" in gone.output
    assert re.search(r"kept an older database aside.*delete \S+triage\.db\.before_\d+_\d+\.", gone.output)
    assert count(sqlite_url) == 0


def test_what_was_erased_is_noted_for_the_backups_before_anything_else_can_fail(
    office: Path, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = run(office, "backup").stdout.split(":")[0]
    noted = tmp_path / "backups" / "erased.json"
    erase = ("reader", "erase", "rosa@reader.example", "--as", "carol", "--yes")
    deleting = readers.erase
    monkeypatch.setattr(erasing, "BUSY_TIMEOUT_MS", 50)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:

        def then_somebody_reads(*given: Any) -> None:
            deleting(*given)
            other.execute("BEGIN")
            other.execute("SELECT count(*) FROM letters").fetchone()

        with monkeypatch.context() as patch:
            patch.setattr(readers, "erase", then_somebody_reads)
            assert "do this again" in str(run(office, *erase).exception)
        assert len(json.loads(noted.read_text())) == 1
        noted.unlink()  # as if the process had died just before
        assert "do this again" in str(run(office, *erase).exception)
    noted.unlink()
    assert run(office, *erase).exit_code == 0
    assert "erased again: 1" in run(office, "restore", file, "--replace").output
    assert count(sqlite_url) == 0


def test_a_folder_of_backups_that_is_not_there_is_told_and_the_bytes_are_cleared(office: Path, sqlite_url: str) -> None:
    told = str(run(office, "reader", "erase", "rosa@reader.example", "--as", "carol", "--yes").exception)
    assert "could not be noted" in told
    assert "do this again" in told
    assert b"rosa@reader" not in Path(sqlite_url.removeprefix("sqlite:///")).read_bytes()
