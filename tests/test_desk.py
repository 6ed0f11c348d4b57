"""The walk of a letter through the desk, on SQLite and on PostgreSQL, without the network."""

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa

from tests.cast import ALI, ANA, CAROL, FOUNDING, NOON, TestClock, mail, mailbox_with, make_desk
from triage.desk import Desk, changes, collecting, deciding, handing, reading
from triage.errors import ConfigError, Conflict, NotAllowed, Temporary
from triage.mailbox.memory import MemoryMailbox
from triage.records import Dossier, Kind, RawMessage
from triage.stages import MOVES, Stage, Verb
from triage.store import collected, letters, tables


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def desk(database_url: str, clock: TestClock) -> Iterator[Desk]:
    desk = make_desk(database_url, clock=clock)
    yield desk
    desk.db.close()


_folders = itertools.count(1)


def work(desk: Desk, *messages: bytes) -> None:
    box = mailbox_with(*messages)
    box.uidvalidity = next(_folders)
    collecting.collect(desk, box)
    reading.assess(desk)
    reading.draft(desk)


def the_letter(desk: Desk, letter_id: int = 1) -> Dossier:
    return letters.dossier(desk.db, letter_id)


def test_rosas_letter_becomes_one_draft_on_both_topics(desk: Desk) -> None:
    work(desk, mail())

    dossier = the_letter(desk)
    assert dossier.slip.stage is Stage.DRAFTED
    assert dossier.slip.topics == ("withdrawing", "unemployment")
    assert dossier.draft is not None
    assert "state" in dossier.draft.body
    assert [row.verb for row in dossier.history] == ["collect", "assess", "draft"]


def test_the_same_message_seen_again_makes_no_second_letter(desk: Desk) -> None:
    box = mailbox_with(mail())
    collecting.collect(desk, box)
    assert collecting.collect(desk, box).new == 0

    box.uidvalidity = 2  # the server has made the folder anew and numbers it again
    assert collecting.collect(desk, box).new == 0
    assert len(letters.slips(desk.db)) == 1


def test_letters_before_the_chosen_date_are_left_out_and_found_when_the_date_is_moved_back(database_url: str) -> None:
    box = MemoryMailbox("advice")
    box.deliver(mail(message_id="<old@reader.example>"), NOON - timedelta(days=9))
    box.deliver(mail(message_id="<new@reader.example>"), NOON)
    late = make_desk(database_url, since=NOON - timedelta(days=1))
    assert collecting.collect(late, box).new == 1

    early = make_desk(database_url, since=NOON - timedelta(days=30))
    assert collecting.collect(early, box).new == 1
    assert len(letters.slips(early.db)) == 2
    late.db.close()
    early.db.close()


class Poisoned(MemoryMailbox):
    """A mailbox whose server chokes whenever one certain message is asked for."""

    poison = 2

    def fetch(self, uids: Sequence[int], max_bytes: int) -> Iterator[RawMessage]:
        if self.poison in uids:
            raise Temporary("The server said: UID FETCH Server error.")
        yield from super().fetch(uids, max_bytes)


def test_a_message_that_breaks_the_server_is_isolated_retried_three_times_and_shown(desk: Desk) -> None:
    box = Poisoned("advice")
    for number in range(5):
        box.deliver(mail(message_id=f"<{number}@reader.example>"), NOON)

    assert collecting.collect(desk, box).new == 4
    assert not letters.slips(desk.db, [Stage.STUCK])
    collecting.collect(desk, box)
    collecting.collect(desk, box)
    stuck = letters.slips(desk.db, [Stage.STUCK])
    assert len(stuck) == 1
    assert "mail program" in stuck[0].reason
    assert collecting.collect(desk, box).failing == 0


def test_a_message_that_recovers_before_the_third_try_becomes_a_letter(desk: Desk) -> None:
    box = Poisoned("advice")
    box.poison = 1
    box.deliver(mail(), NOON)
    collecting.collect(desk, box)
    box.poison = 0
    assert collecting.collect(desk, box).new == 1
    assert not collected.failing(desk.db, collected.FolderKey(account="advice", folder="INBOX", uidvalidity=1))


def test_a_failing_message_that_left_the_folder_is_forgotten(desk: Desk) -> None:
    box = Poisoned("advice")
    box.poison = 1
    box.deliver(mail(), NOON)
    collecting.collect(desk, box)
    del box.messages[1]
    assert collecting.collect(desk, box).failing == 0
    assert letters.slips(desk.db) == []


def test_what_is_done_on_the_server_is_done_only_to_kept_messages(database_url: str) -> None:
    desk = make_desk(database_url, after_collect="flag")
    box = mailbox_with(mail())
    box.after_collect = "flag"
    collecting.collect(desk, box)
    assert box.flagged == {1}
    desk.db.close()


def test_trouble_while_polling_is_recorded_in_plain_words(desk: Desk) -> None:
    class Down(MemoryMailbox):
        def select(self) -> int:
            raise Temporary("The mail server cannot be reached.")

    assert collecting.poll(desk, Down("advice")).error
    assert collecting.poll(desk, Down("advice")).error
    health = collected.health(desk.db)[0]
    assert (health.failures, health.error) == (2, "The mail server cannot be reached.")
    collecting.poll(desk, mailbox_with())
    assert collected.health(desk.db)[0].failures == 0


@pytest.mark.parametrize(
    ("message", "stage", "kind"),
    [
        (mail("No point anymore."), Stage.HELD, "letter"),
        (mail("Away.", Auto_Submitted="auto-replied"), Stage.ASIDE, "out_of_office"),
        (mail("News.", List_Unsubscribe="<mailto:off@list.example>"), Stage.ASIDE, "newsletter"),
        (mail("Undelivered.", Return_Path="<>"), Stage.ASIDE, "bounce"),
        (mail("Hello.", sender="advice@desk.example"), Stage.ASIDE, "own"),
        (mail("The weekly digest"), Stage.ASIDE, "newsletter"),
        (mail("Explode"), Stage.STUCK, ""),
        (mail("Who am I?", sender=""), Stage.STUCK, "letter"),
        (b"\x00\xff not mail at all", Stage.STUCK, "letter"),
        (b"Subject: The digest\r\nX-Long: " + b"x" * 300_000, Stage.STUCK, "letter"),  # shown raw: may be anything
        (b"Subject: No point anymore\r\nX-Long: " + b"x" * 300_000, Stage.HELD, "letter"),
    ],
)
def test_every_message_lands_where_a_person_can_see_it(desk: Desk, message: bytes, stage: Stage, kind: str) -> None:
    work(desk, message)

    slip = the_letter(desk).slip
    assert (slip.stage, slip.kind) == (stage, kind)
    assert slip.reason


def test_one_letter_that_breaks_the_reading_does_not_stop_the_others(desk: Desk) -> None:
    work(desk, mail("Explode", message_id="<1@x.example>"), mail(message_id="<2@x.example>"))
    assert [s.stage for s in letters.slips(desk.db, newest_first=True)] == [Stage.DRAFTED, Stage.STUCK]


def test_a_held_letter_has_no_draft_until_a_person_writes_it(desk: Desk) -> None:
    work(desk, mail("I see no point anymore."))
    assert the_letter(desk).draft is None
    with pytest.raises(Conflict):
        deciding.approve(desk, 1, ALI)

    deciding.revise(desk, 1, ALI, subject="Your letter", body="Dear Rosa, I read your letter.\n\nAli", base=0)
    handing.take(desk, 1, ALI)  # a held letter is signed by the one who looks after it
    assert deciding.approve(desk, 1, ALI).recipient == "rosa@reader.example"


def test_a_follow_up_joins_its_thread_and_a_stranger_does_not(desk: Desk) -> None:
    work(desk, mail())
    reply = deciding.approve(desk, 1, ALI)
    work(desk, mail("Thanks. I am in Ohio.", message_id="<2@reader.example>", In_Reply_To=reply.message_id))
    work(
        desk,
        mail("Me too.", sender="m@evil.example", message_id="<3@x.example>", References="<letter-1@reader.example>"),
    )
    assert [slip.id for slip in the_letter(desk, 1).thread] == [2]
    assert the_letter(desk, 3).thread == ()


def test_approval_freezes_bytes_recipient_and_threading(desk: Desk) -> None:
    work(desk, mail(References="<root@reader.example>"))
    reply = deciding.approve(desk, 1, ALI)

    message = message_from_bytes(reply.message, policy=policy.default)
    assert reply.recipient == "rosa@reader.example"
    assert message["To"] == "Rosa Diaz <rosa@reader.example>"
    assert message["From"] == "Carol Reyes <advice@desk.example>"
    assert message["In-Reply-To"] == "<letter-1@reader.example>"
    back = reply.message_id.replace("reply", "thread")
    assert message["References"].split() == [back, "<root@reader.example>", "<letter-1@reader.example>"]
    assert message["Message-ID"] == reply.message_id
    assert "> I have an interview scheduled this Thursday" in message.get_content()
    assert b"\n" not in reply.message.replace(b"\r\n", b"")


def test_a_reply_comes_from_an_identity_that_the_inbox_allows_and_its_answers_come_to_the_inbox(
    database_url: str,
) -> None:
    desk = make_desk(database_url, identities=("Carol at the Paper <carol@paper.example>",))
    work(desk, mail())
    with pytest.raises(Conflict, match="do not come from that address"):
        deciding.approve(desk, 1, ALI, sender="ceo@elsewhere.example")
    reply = deciding.approve(desk, 1, ALI, sender="Carol@paper.example")
    message = message_from_bytes(reply.message, policy=policy.default)
    assert message["From"] == "Carol at the Paper <carol@paper.example>"
    assert message["Reply-To"] == "advice@desk.example"
    assert reply.mail_from == "advice@desk.example"  # where reports about it come to
    work(desk, mail("From myself", sender="carol@paper.example", message_id="<own@paper.example>"))
    assert the_letter(desk, 2).slip.kind == Kind.OWN
    desk.db.close()


def test_a_page_of_an_erased_letter_approves_nothing_of_the_one_that_got_its_number(desk: Desk) -> None:
    work(desk, mail())
    old = the_letter(desk)
    slip = replace(old.slip, received_at=old.slip.received_at + timedelta(minutes=1))
    assert changes.since(old, changes.seen(old)) == []
    assert changes.since(replace(old, slip=slip), changes.seen(old)) == ["The page was an old one."]


def test_ana_may_write_but_not_sign(desk: Desk) -> None:
    work(desk, mail())
    revision = deciding.revise(desk, 1, ANA, subject="Re: x", body="Go.\n\nCarol", base=1)
    assert revision == 2
    for verb in (deciding.approve, deciding.decline, deciding.let_go, deciding.set_aside, deciding.undo):
        with pytest.raises(NotAllowed):
            verb(desk, 1, ANA)
    assert the_letter(desk).slip.stage is Stage.DRAFTED


def test_a_gap_blocks_approval_until_it_is_filled(desk: Desk) -> None:
    work(desk, mail())
    deciding.revise(desk, 1, ALI, subject="Re: x", body="Go to [[the employer]].\n\nCarol", base=1)
    with pytest.raises(Conflict, match="the employer"):
        deciding.approve(desk, 1, ALI)
    deciding.revise(desk, 1, ALI, subject="Re: x", body="Go to Acme.\n\nCarol", base=2)
    assert deciding.approve(desk, 1, ALI).draft_revision == 3


def test_nobody_overwrites_a_newer_revision_or_approves_a_stale_one(desk: Desk) -> None:
    work(desk, mail())
    deciding.revise(desk, 1, CAROL, subject="Re: x", body="Carol's words.", base=1)
    with pytest.raises(Conflict, match="newer version"):
        deciding.revise(desk, 1, ALI, subject="Re: x", body="Ali's words.", base=1)
    with pytest.raises(Conflict, match="newer version"):
        deciding.approve(desk, 1, ALI, revision=1)
    assert the_letter(desk).slip.stage is Stage.DRAFTED


def test_a_second_click_gets_the_current_state_and_makes_no_second_reply(desk: Desk) -> None:
    work(desk, mail())
    outcomes: list[str] = []

    def click() -> None:
        try:
            deciding.approve(desk, 1, ALI, revision=1)
            outcomes.append("approved")
        except Conflict:
            outcomes.append("conflict")

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert sorted(outcomes) == ["approved", "conflict", "conflict", "conflict"]
    with desk.db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.replies)) == 1


def test_a_reply_to_in_another_domain_needs_a_choice(desk: Desk) -> None:
    work(desk, mail(Reply_To="mallory@evil.example"))
    with pytest.raises(Conflict, match="choose"):
        deciding.approve(desk, 1, ALI)
    with pytest.raises(Conflict, match="choose"):
        deciding.approve(desk, 1, ALI, recipient="somebody@else.example")
    assert deciding.approve(desk, 1, ALI, recipient="rosa@reader.example").recipient == "rosa@reader.example"


def test_undo_brings_the_draft_back_and_it_can_be_approved_again(desk: Desk) -> None:
    work(desk, mail())
    first = deciding.approve(desk, 1, ALI)
    deciding.undo(desk, 1, ALI)
    assert the_letter(desk).slip.stage is Stage.DRAFTED
    assert the_letter(desk).reply is None
    assert deciding.approve(desk, 1, ALI).message_id != first.message_id


@pytest.mark.parametrize("verb", [deciding.let_go, deciding.set_aside])
def test_what_was_put_away_can_be_brought_back_with_its_draft(desk: Desk, verb: object) -> None:
    work(desk, mail())
    verb(desk, 1, ALI, "not for us")  # type: ignore[operator]
    assert the_letter(desk).slip.reason == "not for us"
    deciding.bring_back(desk, 1, ALI)
    assert the_letter(desk).slip.stage is Stage.DRAFTED


def test_mail_taken_for_a_newsletter_is_drafted_once_a_person_says_it_is_a_letter(desk: Desk) -> None:
    work(desk, mail("The digest of my troubles: may I pull out?"))
    assert the_letter(desk).slip.stage is Stage.ASIDE
    deciding.bring_back(desk, 1, ALI)
    reading.draft(desk)
    assert the_letter(desk).slip.stage is Stage.DRAFTED
    assert the_letter(desk).slip.kind == "letter"


def test_a_declined_draft_waits_for_a_new_one(desk: Desk) -> None:
    work(desk, mail())
    deciding.decline(desk, 1, ALI, "too stiff")
    with pytest.raises(Conflict, match="declined"):
        deciding.approve(desk, 1, ALI)
    deciding.revise(desk, 1, ANA, subject="Re: x", body="Warmer words.", base=1)
    assert the_letter(desk).slip.stage is Stage.DRAFTED


def test_every_change_of_stage_has_its_audit_row(desk: Desk, clock: TestClock) -> None:
    work(desk, mail())
    clock.forward(minutes=5)
    deciding.approve(desk, 1, ALI)
    deciding.undo(desk, 1, ALI)
    deciding.let_go(desk, 1, CAROL)
    deciding.bring_back(desk, 1, ALI)
    history = the_letter(desk).history
    assert [(row.verb, row.who) for row in history] == [
        ("collect", "triage"),
        ("assess", "triage"),
        ("draft", "triage"),
        ("approve", "ali"),
        ("undo", "ali"),
        ("let-go", "carol"),
        ("bring-back", "ali"),
    ]
    for before, after in itertools.pairwise(history):
        assert before.after == after.before
    assert history[3].at == NOON + timedelta(minutes=5)


def test_the_queue_puts_risk_first_then_the_readers_own_deadline(desk: Desk) -> None:
    work(
        desk,
        mail("May I pull out?", message_id="<1@x.example>"),
        mail("No point anymore.", message_id="<2@x.example>"),
    )
    assert [slip.id for slip in letters.slips(desk.db)] == [2, 1]


def test_no_stage_is_a_dead_end_nobody_sees() -> None:
    # What a mail system reports of a reply is no way on: nobody may ever hear of it again.
    left = {move.before for verb, moves in MOVES.items() for move in moves if verb is not Verb.BOUNCE}
    assert set(Stage) - left == {Stage.ANSWERED}


def not_the_index(name: str | None, kind: str, _parents: object) -> bool:
    """Leaves out the search index, which each database has in a form of its own."""
    return kind != "table" or not (name or "").startswith("search_index")


def test_the_tables_are_what_the_migrations_make(desk: Desk) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with desk.db.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_name": not_the_index})
        assert compare_metadata(context, tables.metadata) == []


def test_times_come_back_in_utc(desk: Desk) -> None:
    work(desk, mail())
    at = the_letter(desk).slip.received_at
    assert at == NOON
    assert at.utcoffset() == timedelta(0)
    assert isinstance(at, datetime)


def test_the_founding_letter_is_kept_byte_for_byte(desk: Desk) -> None:
    work(desk, mail())
    assert letters.raw(desk.db, 1) == (mail(FOUNDING), len(mail(FOUNDING)), NOON)


def test_an_interrupted_walk_back_is_taken_up_again(database_url: str) -> None:
    class Cut(MemoryMailbox):
        def sizes(self, after_uid: int, since: datetime | None) -> dict[int, int]:
            raise Temporary("The line was cut.")

    box = Cut("advice")
    box.deliver(mail(message_id="<old@reader.example>"), NOON - timedelta(days=9))
    box.deliver(mail(message_id="<new@reader.example>"), NOON)
    late, early = NOON - timedelta(days=1), NOON - timedelta(days=30)
    desk = make_desk(database_url, since=late)
    collecting.collect(desk, _same(box))
    desk.db.close()
    desk = make_desk(database_url, since=early)
    with pytest.raises(Temporary):
        collecting.collect(desk, box)
    assert collecting.collect(desk, _same(box)).new == 1
    desk.db.close()


def _same(box: MemoryMailbox) -> MemoryMailbox:
    """The same mailbox on a day when its server works."""
    again = MemoryMailbox("advice")
    again.messages = box.messages
    return again


def test_danger_in_mail_that_looks_like_bulk_is_held_all_the_same(desk: Desk) -> None:
    work(desk, mail("I see no point anymore.", List_Id="<readers.lists.example>"))
    assert the_letter(desk).slip.stage is Stage.HELD


def test_a_contact_form_that_writes_from_our_own_address_is_a_letter(desk: Desk) -> None:
    work(desk, mail(sender="advice@desk.example", Reply_To="rosa@reader.example"))
    assert the_letter(desk).slip.stage is Stage.DRAFTED


def test_a_missing_password_is_shown_at_the_desk(desk: Desk) -> None:
    class NoPassword(MemoryMailbox):
        def select(self) -> int:
            raise ConfigError("The password should be in a file that is not there.")

    assert "password" in collecting.poll(desk, NoPassword("advice")).error
    assert collected.health(desk.db)[0].failures == 1


def test_the_answer_to_a_held_letter_does_not_carry_the_letter_with_it(desk: Desk) -> None:
    work(desk, mail("I see no point anymore."))
    deciding.revise(desk, 1, ALI, subject="Your letter", body="Dear Rosa, I read your letter.\n\nAli", base=0)
    handing.take(desk, 1, ALI)
    assert b"no point" not in deciding.approve(desk, 1, ALI).message


def test_one_reading_that_cannot_be_used_does_not_stop_the_other_drafts(desk: Desk) -> None:
    box = mailbox_with(mail(message_id="<1@x.example>"), mail(message_id="<2@x.example>"))
    collecting.collect(desk, box)
    reading.assess(desk)
    with desk.db.write("spoil") as connection:
        connection.execute(sa.update(tables.readings).where(tables.readings.c.letter_id == 1).values(letter={"odd": 1}))
    assert reading.draft(desk) == 1
    assert {slip.id: slip.stage for slip in letters.slips(desk.db)} == {1: Stage.STUCK, 2: Stage.DRAFTED}
