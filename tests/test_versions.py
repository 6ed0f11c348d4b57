"""The way through the queue and the versions of a reply, on both databases; details and versions at the prompt."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cast import ALI, ANA, FOUNDING, NOON, TestClock, mail, mailbox_with, make_desk
from triage.cli import triage
from triage.desk import Desk, collecting, deciding, reading
from triage.errors import Conflict
from triage.stages import Role
from triage.store import letters, neighbours, people, revisions

HELD = "There is no point anymore.\n\nRosa"
CONFIG = """
[desk]
database = "{url}"

[[inbox]]
name = "advice"
address = "advice@desk.example"
imap = {{host = "127.0.0.1", port = 1, tls = "none"}}
smtp = {{host = "127.0.0.1", port = 1, tls = "none"}}
"""


def bring(desk: Desk, *bodies: str) -> None:
    """Let letters arrive, be read and be drafted, numbered from 1."""
    box = mailbox_with(*(mail(body, message_id=f"<{number}@x.example>") for number, body in enumerate(bodies)))
    collecting.collect(desk, box)
    reading.assess(desk)
    reading.draft(desk)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = make_desk(database_url, clock=TestClock())
    yield made
    made.db.close()


def test_the_way_back_is_the_way_on_turned_round(desk: Desk) -> None:
    bring(desk, FOUNDING, "I pull out.", HELD, "I pull out, too.", "Once more I pull out.")
    deciding.decline(desk, 2, ALI)
    queue = [3, 1, 4, 5, 2]  # held, to sign, declined

    def before(number: int) -> int:
        found = neighbours.before(desk.db, number)
        return found.id if found else 0

    def after(number: int) -> int:
        found = letters.after(desk.db, number)
        return found.id if found else 0

    assert [before(number) for number in queue] == [0, *queue[:-1]]
    assert [after(number) for number in queue] == [*queue[1:], queue[0]]
    deciding.let_go(desk, 4, ALI)
    assert before(5) == 1
    assert before(4) == 1  # where it stood
    assert before(99) == 0


def test_every_version_of_a_reply_is_kept(desk: Desk) -> None:
    bring(desk, FOUNDING)
    desk.clock.forward(minutes=1)  # type: ignore[attr-defined]
    deciding.revise(desk, 1, ANA, subject="Re: you", body="Ana's", base=1)

    marks = revisions.every(desk.db, 1)

    assert [(mark.number, mark.author) for mark in marks] == [(1, "triage"), (2, "ana")]
    assert [mark.made_at for mark in marks] == [NOON, desk.clock()]
    assert revisions.one(desk.db, 1, 2).body == "Ana's"
    assert revisions.one(desk.db, 1, 1).making.pieces
    with pytest.raises(Conflict, match="no version 3"):
        revisions.one(desk.db, 1, 3)


# ------------------------------------------------------------------ at the prompt


@pytest.fixture
def office(tmp_path: Path, sqlite_url: str) -> Iterator[tuple[Desk, Path]]:
    """A desk with ana and a letter from rosa, and its configuration."""
    made = make_desk(sqlite_url)
    bring(made, FOUNDING)
    people.add(made.db, "ana", Role.APPRENTICE, "no hash", NOON)
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(url=sqlite_url), "utf-8")
    yield made, path
    made.db.close()


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(triage, ["--config", str(path), *words])


def test_ana_says_what_a_letter_states(office: tuple[Desk, Path]) -> None:
    desk, path = office

    done = run(path, "details", "1", "state=florida", "first_name=Rosa", "--as", "ana")

    assert done.exit_code == 0, done.output
    assert "What letter 1 states is kept. The draft was written anew (revision 2)." in done.output
    assert "state=FL" in done.output.splitlines()
    assert "state=FL" not in run(path, "details", "1", "state=", "--as", "ana").output
    stated = letters.dossier(desk.db, 1).stated
    assert stated is not None
    assert [(slot.name, slot.value) for slot in stated.slots] == [("first_name", "Rosa")]


def test_what_cannot_be_read_is_refused(office: tuple[Desk, Path]) -> None:
    _, path = office
    assert isinstance(run(path, "details", "1", "state=Atlantis", "--as", "ana").exception, Conflict)
    assert isinstance(run(path, "details", "1", "--as", "nobody").exception, Conflict)
    assert run(path, "details", "1", "state", "--as", "ana").exit_code == 2
    assert run(path, "details", "1").exit_code == 2


def test_ana_looks_at_versions_and_brings_one_back(office: tuple[Desk, Path]) -> None:
    desk, path = office
    first = letters.dossier(desk.db, 1).draft
    assert first is not None
    deciding.revise(desk, 1, ANA, subject="Re: you", body="All new", base=1)

    assert [line.split()[0] for line in run(path, "versions", "1").output.splitlines()] == ["1", "2"]
    assert "All new" in run(path, "versions", "1", "2").output
    assert isinstance(run(path, "versions", "1", "1", "--bring-back").exception, Conflict)
    done = run(path, "versions", "1", "1", "--bring-back", "--as", "ana")

    assert "Version 1 is back, as revision 3." in done.output
    latest = letters.dossier(desk.db, 1).draft
    assert latest is not None
    assert (latest.body, latest.author) == (first.body.strip(), "ana")
