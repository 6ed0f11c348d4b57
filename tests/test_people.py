"""Who works at the desk: names, passwords, links, roles, leaving, and what the command line does of it."""

import json
import logging
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from tests.cast import ALI, ANA, CAROL, NOON, ROOT, TestClock, mail, mailbox_with, make_desk
from triage import passwords
from triage.cli import triage
from triage.desk import Desk, collecting, members, reading
from triage.desk.members import OPERATOR
from triage.desk.people import (
    Refusal,
    change_password,
    checked,
    first_link,
    good_name,
    hash_of,
    opened,
    welcome,
)
from triage.errors import Conflict, NotAllowed
from triage.house import Member
from triage.records import Person
from triage.stages import Role
from triage.store import caring, house, invitations, letters, people, sessions, tokens
from triage.store.tables import invitations as invitation_rows
from triage.store.tables import people as people_rows

GOOD = "seven green kettles"
HERE = "127.0.0.1"


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def desk(database_url: str, clock: TestClock) -> Iterator[Desk]:
    """A desk where carol is the editor, ali an advisor and ana an apprentice; all have the password GOOD."""
    desk = make_desk(database_url, clock=clock)
    kept = passwords.hash_password(GOOD)
    for name, role in (("carol", Role.EDITOR), ("ali", Role.ADVISOR), ("ana", Role.APPRENTICE)):
        people.add(desk.db, name, role, kept, NOON)
    yield desk
    desk.db.close()


@pytest.fixture
def new_desk(database_url: str, clock: TestClock) -> Iterator[Desk]:
    """A desk where nobody is yet."""
    desk = make_desk(database_url, clock=clock)
    yield desk
    desk.db.close()


def token_in(link: str | None) -> str:
    assert link is not None
    return link.rpartition("/welcome/")[2]


def limits(clock: TestClock) -> sessions.Limits:
    before = clock() - timedelta(days=7)
    return sessions.Limits(opened_after=before, seen_after=before, asked_after=before)


def signed_in(desk: Desk, name: str, token_hash: str) -> None:
    sessions.open_session(desk.db, members.member(desk, name).id, token_hash, desk.clock(), limits(desk.clock))  # type: ignore[arg-type]


def is_signed_in(desk: Desk, token_hash: str) -> bool:
    return sessions.whose(desk.db, token_hash, limits(desk.clock)) is not None  # type: ignore[arg-type]


def said(desk: Desk) -> list[str]:
    """The house's log, oldest first."""
    return [f"{row.who} {row.what}" for row in reversed(house.log(desk.db))]


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each returns, or the Conflict it raises, when all begin at the same moment."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait()
        try:
            return act()
        except Conflict as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


# ------------------------------------------------------------------ names and passwords


@pytest.mark.parametrize("name", ["ali", "Mary-Jane O'Neill", "J. R. Reyes_2", "Zoë", "李雷", "x" * 60])
def test_a_name_may_be_written_as_people_write_theirs(name: str) -> None:
    assert good_name(name) == name


def test_a_name_is_tidied_before_it_is_kept() -> None:
    assert good_name("  Mary   Jane O’Neill ") == "Mary Jane O'Neill"
    assert good_name("Zoe\u0308") == "Zoë"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "x" * 61,
        "<b>ali</b>",
        'ali" onload="x',
        "ali\r\nBcc: all@example.org",
        "ali\tadvisor",
        "ali\u202eneb",
        "ali\u200b",
        "\u3164",
        "-ali",
        "ali; drop",
        "ali@desk.example",
        "Triage",
        "the operator",
    ],
)
def test_a_name_that_could_be_taken_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(Conflict):
        good_name(name)


@pytest.mark.parametrize(
    "password",
    (
        *("kettle", "1234567890", "qwertyuiop1", "password2026", "Password123!", "aaaaaaaaaaaa", "abcdefghij"),
        *("carolcarol12", "letmein2026", "iloveyou2026", "0987654321", "triagetriage", "November2026", "x" * 201),
    ),
)
def test_a_password_that_guessers_try_first_is_refused(password: str) -> None:
    assert passwords.weakness(password, "carol") != ""


@pytest.mark.parametrize("password", [GOOD, "a good password", "Rosa writes at dawn", "vK8#t2mQ9z!p", f"{GOOD} " * 5])
def test_a_password_that_nobody_would_guess_is_taken(password: str) -> None:
    assert passwords.weakness(password, "carol") == ""


def test_every_leaked_password_of_the_list_that_is_long_enough_is_refused() -> None:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    long = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= passwords.MIN_LENGTH]
    assert len(long) > 1_000
    assert [word for word in long if not passwords.weakness(word, "carol")] == []


def test_the_part_of_a_name_makes_a_password_no_better() -> None:
    assert passwords.weakness("Thistlewood1", "Ann") == ""
    assert passwords.weakness("Thistlewood1", "Ann Thistlewood") != ""


# ------------------------------------------------------------------ getting in


def test_somebody_without_a_password_cannot_get_in_with_an_empty_one(desk: Desk) -> None:
    members.add(desk, CAROL, "dave", Role.ADVISOR)

    assert checked(desk, "dave", "", HERE) is Refusal.WRONG
    assert checked(desk, "", "", HERE) is Refusal.WRONG


def test_changing_the_password_needs_the_old_one_and_ends_the_other_sessions(desk: Desk) -> None:
    for token_hash in ("this", "other"):
        signed_in(desk, "ali", token_hash)

    with pytest.raises(Conflict, match="not your present password"):
        change_password(desk, ALI, "wrong", "nine blue ladders", address=HERE, session="this")
    with pytest.raises(Conflict, match="too easy"):
        change_password(desk, ALI, GOOD, "password1234", address=HERE, session="this")
    assert is_signed_in(desk, "other")

    change_password(desk, ALI, GOOD, "nine blue ladders", address=HERE, session="this")

    assert (is_signed_in(desk, "this"), is_signed_in(desk, "other")) == (True, False)
    assert checked(desk, "ali", GOOD, HERE) is Refusal.WRONG
    assert checked(desk, "ali", "nine blue ladders", HERE) == Person(id=2, name="ali", role=Role.ADVISOR)
    assert said(desk)[-1] == "ali changed the own password"


def test_mallory_at_an_open_desk_guesses_the_password_five_times_and_no_more(desk: Desk, clock: TestClock) -> None:
    for _ in range(5):
        with pytest.raises(Conflict, match="not your present"):
            change_password(desk, ALI, "wrong", "nine blue ladders", address=HERE, session="")

    with pytest.raises(Conflict, match="too many"):
        change_password(desk, ALI, GOOD, "nine blue ladders", address=HERE, session="")
    clock.forward(minutes=16)
    change_password(desk, ALI, GOOD, "nine blue ladders", address=HERE, session="")


# ------------------------------------------------------------------ links


def test_carol_adds_dave_who_chooses_a_password_with_the_link(desk: Desk) -> None:
    link = members.add(desk, CAROL, "dave", Role.ADVISOR, "dave@example.org")

    assert link.startswith(desk.address + "welcome/")
    assert len(token_in(link)) >= 43  # 256 bits
    (dave,) = [member for member in members.everybody(desk, CAROL) if member.name == "dave"]
    assert (dave.expected, dave.email, dave.role) == (True, "dave@example.org", Role.ADVISOR)

    person = welcome(desk, token_in(link), GOOD, name="", address=HERE)

    assert checked(desk, "dave", GOOD, HERE) == person
    assert not members.member(desk, "dave").expected
    assert said(desk)[-2:] == ["carol added dave as an advisor", "dave chose a password"]


def test_the_database_keeps_no_link_that_could_be_used(desk: Desk) -> None:
    token = token_in(members.add(desk, CAROL, "dave", Role.ADVISOR))

    with desk.db.read() as connection:
        kept = connection.execute(sa.select(invitation_rows)).one()
    assert token not in str(kept)


def test_opening_a_link_does_not_use_it_up(desk: Desk) -> None:
    token = token_in(members.add(desk, CAROL, "dave", Role.ADVISOR))

    for _ in range(3):
        assert opened(desk, token).person == "dave"
    welcome(desk, token, GOOD, name="", address=HERE)


def test_of_two_who_use_a_link_at_the_same_moment_one_is_refused(desk: Desk) -> None:
    token = token_in(members.add(desk, CAROL, "dave", Role.ADVISOR))
    mine, hers = "seven green kettles", "nine blue ladders"

    answers = at_once(
        lambda: welcome(desk, token, mine, name="", address=HERE),
        lambda: welcome(desk, token, hers, name="", address=HERE),
    )

    (refused,) = [answer for answer in answers if isinstance(answer, Conflict)]
    assert "used" in str(refused)
    fits = [isinstance(checked(desk, "dave", password, HERE), Person) for password in (mine, hers)]
    assert fits == [not isinstance(answer, Conflict) for answer in answers]


def test_a_used_link_says_that_it_is_used_and_whom_to_ask(desk: Desk) -> None:
    token = token_in(members.add(desk, CAROL, "dave", Role.ADVISOR))
    welcome(desk, token, GOOD, name="", address=HERE)

    with pytest.raises(Conflict, match=r"has been used.*ask carol for a new one"):
        opened(desk, token)
    with pytest.raises(Conflict, match="has been used"):
        welcome(desk, token, "nine blue ladders", name="", address=HERE)
    assert isinstance(checked(desk, "dave", GOOD, HERE), Person)


def test_a_link_is_too_old_after_three_days_and_not_before(desk: Desk, clock: TestClock) -> None:
    token = token_in(members.add(desk, CAROL, "dave", Role.ADVISOR))
    clock.forward(days=3, seconds=-1)
    assert opened(desk, token).person == "dave"
    clock.forward(seconds=1)

    with pytest.raises(Conflict, match=r"too old.*ask carol"):
        opened(desk, token)
    with pytest.raises(Conflict, match="too old"):
        welcome(desk, token, GOOD, name="", address=HERE)
    with pytest.raises(Conflict, match="too old"):  # it ran out between opening and sending
        invitations.use(desk.db, hash_of(token), "hash", clock())


def test_a_newer_link_takes_the_place_of_the_older_one(desk: Desk) -> None:
    old, new = (token_in(members.link(desk, CAROL, "ali")) for _ in range(2))

    with pytest.raises(Conflict, match="there is a newer one"):
        welcome(desk, old, "nine blue ladders", name="", address=HERE)
    welcome(desk, new, "nine blue ladders", name="", address=HERE)


def test_a_new_password_by_link_ends_the_sessions_and_the_waiting_after_wrong_tries(desk: Desk) -> None:
    signed_in(desk, "ali", "old")
    for _ in range(5):
        checked(desk, "ali", "wrong", HERE)
    token = token_in(members.link(desk, CAROL, "ali"))
    assert is_signed_in(desk, "old")

    welcome(desk, token, "nine blue ladders", name="", address=HERE)

    assert not is_signed_in(desk, "old")
    assert isinstance(checked(desk, "ali", "nine blue ladders", HERE), Person)


def test_a_weak_password_does_not_use_the_link_up(desk: Desk) -> None:
    token = token_in(members.add(desk, CAROL, "dave", Role.ADVISOR))

    with pytest.raises(Conflict, match="at least 10"):
        welcome(desk, token, "short", name="", address=HERE)
    welcome(desk, token, GOOD, name="", address=HERE)


def test_mallory_who_tries_links_is_stopped_after_thirty(desk: Desk, clock: TestClock) -> None:
    token = token_in(members.add(desk, CAROL, "dave", Role.ADVISOR))
    for number in range(30):
        with pytest.raises(Conflict, match="not a link that works"):
            welcome(desk, f"guess{number}", GOOD, name="", address=HERE)

    with pytest.raises(Conflict, match="too many"):
        welcome(desk, token, GOOD, name="", address=HERE)
    clock.forward(minutes=16)
    welcome(desk, token, GOOD, name="", address=HERE)


# ------------------------------------------------------------------ the first editor


def test_the_first_link_makes_the_first_editor_who_says_her_name(new_desk: Desk) -> None:
    token = token_in(first_link(new_desk))
    assert people.is_empty(new_desk.db)
    assert people.members(new_desk.db) == []  # nobody can be given letters before there is somebody
    assert caring.colleagues(new_desk.db) == ()

    with pytest.raises(Conflict, match="A name"):
        welcome(new_desk, token, GOOD, name=" ", address=HERE)
    carol = welcome(new_desk, token, GOOD, name="carol", address=HERE)

    assert carol.role is Role.EDITOR
    assert checked(new_desk, "carol", GOOD, HERE) == carol
    assert first_link(new_desk) is None
    with pytest.raises(Conflict, match="has been used"):
        welcome(new_desk, token, GOOD, name="mallory", address=HERE)


def test_each_start_makes_a_new_first_link_and_the_old_one_is_worth_nothing(new_desk: Desk) -> None:
    old, new = token_in(first_link(new_desk)), token_in(first_link(new_desk))

    with pytest.raises(Conflict):
        welcome(new_desk, old, GOOD, name="mallory", address=HERE)
    assert welcome(new_desk, new, GOOD, name="carol", address=HERE).name == "carol"


def test_the_first_link_is_worth_nothing_once_somebody_else_can_sign_in(new_desk: Desk) -> None:
    token = token_in(first_link(new_desk))
    people.add(new_desk.db, "carol", Role.EDITOR, passwords.hash_password(GOOD), NOON)

    with pytest.raises(Conflict, match="Somebody else can sign in by now"):
        welcome(new_desk, token, GOOD, name="mallory", address=HERE)
    assert [member.name for member in people.members(new_desk.db)] == ["carol"]


def test_of_two_who_want_to_be_the_first_editor_one_is(new_desk: Desk) -> None:
    token = token_in(first_link(new_desk))

    answers = at_once(
        lambda: welcome(new_desk, token, GOOD, name="carol", address=HERE),
        lambda: welcome(new_desk, token, GOOD, name="mallory", address=HERE),
    )

    (one,) = [answer for answer in answers if isinstance(answer, Person)]
    assert [member.name for member in people.members(new_desk.db)] == [one.name]


# ------------------------------------------------------------------ roles


@pytest.mark.parametrize("by", [ALI, ANA])
def test_only_an_editor_looks_after_people(desk: Desk, by: Person) -> None:
    acts: tuple[Callable[[], object], ...] = (
        lambda: members.everybody(desk, by),
        lambda: members.add(desk, by, "mallory", Role.EDITOR),
        lambda: members.add_with_password(desk, by, "mallory", Role.EDITOR, "hash"),
        lambda: members.link(desk, by, "carol"),
        lambda: members.set_role(desk, by, by.name, Role.EDITOR),
        lambda: members.take_off_second_factor(desk, by, "carol"),
        lambda: members.sign_out(desk, by, "carol"),
        lambda: members.leave(desk, by, "carol"),
        lambda: members.come_back(desk, by, "carol"),
        lambda: members.set_email(desk, by, "carol", "mallory@example.org"),
    )
    before = people.members(desk.db)
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert people.members(desk.db) == before


def test_a_new_role_stands_in_the_log_in_plain_words(desk: Desk) -> None:
    members.set_role(desk, CAROL, "ali", Role.EDITOR)

    assert members.member(desk, "ali").role is Role.EDITOR
    assert said(desk)[-1] == "carol made ali an editor"


def test_the_last_editor_can_neither_be_demoted_nor_leave(desk: Desk) -> None:
    members.add(desk, CAROL, "dave", Role.EDITOR)  # has not used the link, so could not look after anybody

    for act in (
        lambda: members.set_role(desk, OPERATOR, "carol", Role.ADVISOR),
        lambda: members.leave(desk, OPERATOR, "carol"),
    ):
        with pytest.raises(Conflict, match="last editor"):
            act()
    members.set_role(desk, CAROL, "ali", Role.EDITOR)
    members.leave(desk, OPERATOR, "carol")
    with pytest.raises(Conflict, match="last editor"):
        members.set_role(desk, OPERATOR, "ali", Role.APPRENTICE)


def test_two_editors_who_demote_each_other_at_the_same_moment_leave_one(database_url: str) -> None:
    both_decided = threading.Barrier(2)

    def wait_for_the_other(name: str, moment: str) -> None:
        if (name, moment) == ("user-role", "before"):
            with suppress(threading.BrokenBarrierError):  # the other one waits for the lock, as it should
                both_decided.wait(timeout=2)

    desk = make_desk(database_url, checkpoint=wait_for_the_other)
    for name in ("carol", "ali"):
        people.add(desk.db, name, Role.EDITOR, "hash", NOON)
    ali = Person(id=2, name="ali", role=Role.EDITOR)

    answers = at_once(
        lambda: members.set_role(desk, CAROL, "ali", Role.ADVISOR),
        lambda: members.set_role(desk, ali, "carol", Role.ADVISOR),
    )

    assert len([answer for answer in answers if isinstance(answer, Conflict)]) == 1
    assert len([member for member in people.members(desk.db) if member.role is Role.EDITOR]) == 1
    desk.db.close()


def test_carol_does_not_give_up_her_own_duties_by_accident(desk: Desk) -> None:
    members.set_role(desk, CAROL, "ali", Role.EDITOR)

    with pytest.raises(Conflict, match="say that you are sure"):
        members.set_role(desk, CAROL, "carol", Role.ADVISOR)
    with pytest.raises(Conflict, match="say that you are sure"):
        members.leave(desk, CAROL, "carol")
    members.set_role(desk, CAROL, "carol", Role.ADVISOR, sure=True)

    assert members.member(desk, "carol").role is Role.ADVISOR


# ------------------------------------------------------------------ leaving


def test_whoever_leaves_is_out_at_once_and_everywhere(desk: Desk) -> None:
    signed_in(desk, "ali", "browser")
    link = token_in(members.link(desk, CAROL, "ali"))
    tokens.add(desk.db, ALI, name="script", scopes=["read"], token_hash="hash", expires_at=None, now=desk.clock())

    members.leave(desk, CAROL, "ali")

    assert not is_signed_in(desk, "browser")
    assert checked(desk, "ali", GOOD, HERE) is Refusal.WRONG
    assert tokens.every(desk.db, ALI.id) == []
    with pytest.raises(Conflict):
        welcome(desk, link, GOOD, name="", address=HERE)
    with pytest.raises(Conflict, match="no longer works here"):
        members.link(desk, CAROL, "ali")
    assert said(desk)[-1] == "carol let ali go"


def test_a_session_of_somebody_who_has_left_would_be_worth_nothing(desk: Desk) -> None:
    members.leave(desk, CAROL, "ali")
    signed_in(desk, "ali", "opened at the same moment")

    assert not is_signed_in(desk, "opened at the same moment")


@pytest.mark.parametrize("name", ["ali", "Ali"])
def test_nobody_gets_the_name_of_somebody_who_has_left(desk: Desk, name: str) -> None:
    members.leave(desk, CAROL, "ali")

    with pytest.raises(Conflict, match="choose another name"):
        members.add(desk, CAROL, name, Role.ADVISOR)


def test_ali_comes_back_with_the_old_password_but_none_of_the_old_sessions(desk: Desk) -> None:
    signed_in(desk, "ali", "browser")
    members.leave(desk, CAROL, "ali")

    members.come_back(desk, CAROL, "ali")

    assert isinstance(checked(desk, "ali", GOOD, HERE), Person)
    assert not is_signed_in(desk, "browser")
    assert said(desk)[-1] == "carol welcomed ali back"


def test_letters_that_ali_was_to_see_to_wait_for_everybody_when_he_leaves(desk: Desk) -> None:
    collecting.collect(desk, mailbox_with(mail(), mail("I see no point anymore.", message_id="<2@reader.example>")))
    reading.assess(desk)
    reading.draft(desk)
    caring.hand_over(desk.db, 1, who="carol", to="ali", words="", now=NOON)
    caring.take(desk.db, 2, who="ali", instead_of="", now=NOON)
    before = letters.dossier(desk.db, 1).slip.version

    members.leave(desk, CAROL, "ali")

    slips = [letters.dossier(desk.db, number).slip for number in (1, 2)]
    assert [(slip.assigned_to, slip.taken_by) for slip in slips] == [("", ""), ("", "")]
    assert slips[0].version == before + 1
    newest = letters.dossier(desk.db, 1).history[-1]
    assert (newest.who, newest.verb, newest.why) == ("carol", "hand-over", "for anybody: ali has left")


def test_taking_off_the_second_factor_ends_the_sessions_too(desk: Desk) -> None:
    with desk.db.write("test") as connection:
        connection.execute(sa.update(people_rows).where(people_rows.c.name == "ali").values(totp_secret="A" * 32))
    signed_in(desk, "ali", "whoever has the telephone")

    members.take_off_second_factor(desk, CAROL, "ali")

    assert not members.member(desk, "ali").second_factor
    assert not is_signed_in(desk, "whoever has the telephone")
    assert said(desk)[-1] == "carol took the second factor off ali"


# ------------------------------------------------------------------ sessions


def test_the_list_knows_when_somebody_was_last_seen_even_after_signing_out(desk: Desk, clock: TestClock) -> None:
    assert members.member(desk, "ali").seen_at is None
    signed_in(desk, "ali", "browser")
    clock.forward(hours=1)
    sessions.touch(desk.db, "browser", clock())

    sessions.close(desk.db, "browser")

    assert members.member(desk, "ali").seen_at == NOON + timedelta(hours=1)
    assert not is_signed_in(desk, "browser")
    assert not is_signed_in(desk, "ended browser")
    assert sessions.of(desk.db, ALI.id, limits(clock)) == []


def test_a_session_that_waits_for_its_code_is_good_for_nothing_else(desk: Desk, clock: TestClock) -> None:
    good = limits(clock)
    sessions.open_session(desk.db, ALI.id, "half", clock(), good, pending=True)

    assert not is_signed_in(desk, "half")
    assert sessions.of(desk.db, ALI.id, good) == []
    assert members.member(desk, "ali").seen_at is None
    assert sessions.finish(desk.db, "half", "whole", clock(), good)
    assert is_signed_in(desk, "whole")
    assert not sessions.finish(desk.db, "half", "again", clock(), good)
    assert not sessions.finish(desk.db, "whole", "again", clock(), good)


def test_ali_cannot_end_a_session_of_carol(desk: Desk, clock: TestClock) -> None:
    token_hash = "c" * 64
    signed_in(desk, "carol", token_hash)

    assert not sessions.close_one(desk.db, ALI.id, token_hash[: sessions.KEY_LENGTH])
    assert is_signed_in(desk, token_hash)
    assert sessions.close_one(desk.db, CAROL.id, token_hash[: sessions.KEY_LENGTH])
    assert not is_signed_in(desk, token_hash)


def test_the_log_of_the_machine_names_nobody(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        token = token_in(members.add(desk, CAROL, "dave", Role.ADVISOR, "dave@example.org"))
        welcome(desk, token, GOOD, name="", address=HERE)
        members.set_role(desk, CAROL, "dave", Role.EDITOR)
        members.leave(desk, CAROL, "dave")

    told = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("triage"))
    assert "user added" in told
    assert "dave" not in told
    assert token not in told


# ------------------------------------------------------------------ on the command line


@pytest.fixture
def config(tmp_path: Path, sqlite_url: str) -> Path:
    """The configuration of a desk where nobody is yet, and whose inbox does not answer."""
    path = tmp_path / "config.toml"
    path.write_text(
        f"""[desk]
database = "{sqlite_url}"
log_file = "{tmp_path / "triage.log"}"
port = 18025

[[inbox]]
name = "advice"
address = "advice@desk.example"
imap = {{ host = "127.0.0.1", port = 1, tls = "none" }}
smtp = {{ host = "127.0.0.1", port = 1, tls = "none" }}
""",
        "utf-8",
    )
    return path


def run(config: Path, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(triage, ["--config", str(config), "user", *words], input=stdin)


def listed(config: Path) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(run(config, "list", "--json").stdout)}


def test_the_first_name_that_gets_a_link_is_the_editor(config: Path) -> None:
    assert "Nobody yet" in run(config, "list").stderr

    done = run(config, "link", "carol")

    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("http://127.0.0.1:18025/welcome/")
    assert (listed(config)["carol"]["role"], listed(config)["carol"]["expected"]) == ("editor", True)


def test_the_command_line_does_what_the_page_of_people_does(config: Path) -> None:
    for name, role in (("carol", "editor"), ("ali", "advisor")):
        assert run(config, "add", name, "--role", role, stdin=f"{GOOD}\n{GOOD}\n").exit_code == 0
    assert "/welcome/" in run(config, "add", "dave", "--role", "apprentice", "--link").stdout
    assert run(config, "role", "ali", "editor").exit_code == 0
    assert run(config, "email", "ali", "ali@example.org").exit_code == 0
    assert run(config, "sign-out", "ali").exit_code == 0
    assert run(config, "leave", "dave").exit_code == 0
    assert "/welcome/" in run(config, "link", "ali").stdout

    found = listed(config)
    assert (found["ali"]["role"], found["ali"]["email"]) == ("editor", "ali@example.org")
    assert found["dave"]["active"] is False
    assert "has left" in run(config, "list").stdout
    assert run(config, "back", "dave").exit_code == 0
    assert listed(config)["dave"]["active"] is True
    log = run(config, "log").stdout
    for line in ("the operator made ali an editor", "the operator let dave go", "the operator welcomed dave back"):
        assert line in log


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("role", "carol", "advisor"), "last editor"),
        (("leave", "carol"), "last editor"),
        (("role", "nobody", "advisor"), "nobody named nobody"),
        (("link", "nobody"), "nobody named nobody"),
        (("add", "<b>", "--role", "advisor", "--link"), "letters, digits"),
        (("email", "carol", "not an address"), "not a mail address"),
    ],
)
def test_the_command_line_says_why_not(config: Path, words: tuple[str, ...], why: str) -> None:
    assert run(config, "add", "carol", "--role", "editor", stdin=f"{GOOD}\n{GOOD}\n").exit_code == 0

    done = run(config, *words)

    assert isinstance(done.exception, Conflict)
    assert why in str(done.exception)


def test_a_weak_password_is_refused_on_the_command_line_too(config: Path) -> None:
    done = run(config, "add", "carol", "--role", "editor", stdin="password1234\npassword1234\n")

    assert "too easy to guess" in str(done.exception)
    assert listed(config) == {}


def serve(config: Path, terminal: bool) -> str:
    """What `triage serve` writes to where its errors go until the desk is open."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    command = [sys.executable, "-m", "triage", "--config", str(config), "serve"]
    with subprocess.Popen(command, cwd=ROOT, stderr=theirs, stdout=subprocess.DEVNULL) as process:
        try:
            os.close(theirs)
            said, end = "", time.monotonic() + 60
            while "can sign in yet" not in said or not said.endswith("\n") or (terminal and "/welcome/" not in said):
                assert time.monotonic() < end, said
                if select.select([ours], [], [], 1)[0]:
                    said += os.read(ours, 4096).decode().replace("\r\n", "\n")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            os.close(ours)
    return said


def test_the_first_start_prints_the_link_on_the_terminal_and_not_in_the_log(config: Path, tmp_path: Path) -> None:
    said = serve(config, terminal=True)

    token = said.partition("/welcome/")[2].split()[0]
    assert len(token) >= 43
    assert token not in (tmp_path / "triage.log").read_text("utf-8")


def test_without_a_terminal_the_link_is_not_written_where_a_journal_would_keep_it(config: Path) -> None:
    said = serve(config, terminal=False)

    assert "/welcome/" not in said
    assert "triage user link NAME" in said


def test_a_member_says_nothing_secret() -> None:
    assert not {"password_hash", "totp_secret"} & {*Member.__dataclass_fields__}
