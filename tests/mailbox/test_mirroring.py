"""Drafts in the mail program: what carol sends, edits or deletes there, on a real Dovecot."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from imapclient import DRAFT, IMAPClient  # type: ignore[import-untyped]

from tests.cast import ALI, TestClock, mail, mailbox_with, make_desk
from tests.conftest import MailboxUser
from tests.mailbox.cast import advice_inbox
from tests.servers import Dovecot
from triage.desk import Desk, collecting, deciding, mirroring, reading, sending
from triage.errors import Conflict, Temporary
from triage.mailbox.drafts import ImapDrafts
from triage.ports import Outbox
from triage.records import Receipt
from triage.stages import Stage
from triage.store import holds, letters
from triage.store.database import FULL, Database
from triage.store.tables import draft_copies


@dataclass
class House:
    """A desk with one drafted letter whose inbox keeps drafts in the mail program too, and carol's mail program."""

    desk: Desk
    clock: TestClock
    door: ImapDrafts
    carol: IMAPClient
    sent: list[bytes]

    def mirror(self) -> int:
        return mirroring.mirror(self.desk, lambda _account: self.door)

    def drafts(self) -> dict[int, EmailMessage]:
        self.carol.select_folder("Drafts")
        uids = self.carol.search("UNDELETED")
        found = self.carol.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
        return {uid: message_from_bytes(found[uid][b"BODY[]"], policy=policy.default) for uid in uids}  # type: ignore[misc]

    def delete(self) -> None:
        """Carol's program takes everything out of Drafts, as it does after sending."""
        self.carol.select_folder("Drafts")
        self.carol.delete_messages(self.carol.search())
        self.carol.expunge()

    def edit(self, text: str, message_id: str) -> EmailMessage:
        """Carol's program saves another draft with the headers of the first, and takes that one out."""
        [first] = self.drafts().values()
        edited = EmailMessage()
        for name in ("From", "To", "Subject", "Date", "In-Reply-To", "References"):
            edited[name] = str(first[name])
        edited["Message-ID"] = message_id
        edited.set_content(text)
        self.delete()
        self.carol.append("Drafts", edited.as_bytes(), flags=[DRAFT])
        return edited

    def send_from_program(self, message: EmailMessage) -> None:
        self.delete()
        self.carol.append("Sent", message.as_bytes())

    def send_from_desk(self) -> sending.Sent:
        house = self

        class Taking:
            def send(self, mail: object, begin_data: Callable[[], None]) -> Receipt:
                begin_data()
                house.sent.append(mail.message)  # type: ignore[attr-defined]
                return Receipt(code=250, text="2.0.0 Ok")

            def close(self) -> None:
                """Nothing is held open."""

        outbox: Outbox = Taking()
        return sending.send(self.desk, lambda _account: outbox, ignore_undo=True)

    @property
    def stage(self) -> Stage:
        return letters.dossier(self.desk.db, 1).slip.stage


@pytest.fixture
def house(
    dovecot: Dovecot, mailbox_user: MailboxUser, carol: IMAPClient, database_url: str, tmp_path: Path
) -> Iterator[House]:
    clock = TestClock()
    box = replace(
        advice_inbox(dovecot, mailbox_user, tmp_path),
        keep_drafts=True,
        address="advice@desk.example",
        from_name="Carol Reyes",
        signature="Carol Reyes",
        voice="plain",
    )
    desk = replace(make_desk(database_url, clock=clock), inboxes={"advice": box})
    collecting.collect(desk, mailbox_with(mail()))
    reading.assess(desk)
    reading.draft(desk)
    door = ImapDrafts(box)
    yield House(desk, clock, door, carol, [])
    door.close()
    desk.db.close()


def test_a_draft_lies_in_the_mail_program_ready_to_be_sent_in_the_readers_thread(house: House) -> None:
    assert (house.mirror(), house.mirror()) == (1, 0)
    [draft] = house.drafts().values()
    assert draft["To"] == "Rosa Diaz <rosa@reader.example>"
    assert draft["In-Reply-To"] == "<letter-1@reader.example>"
    assert draft["References"] == "<letter-1@reader.example>"
    assert draft["X-Triage-Reply"] is None
    assert draft.get_content().startswith("Hello,")
    house.carol.select_folder("Drafts", readonly=True)
    assert DRAFT in house.carol.get_flags(house.carol.search())[house.carol.search()[0]]


def test_a_new_version_takes_the_place_of_the_old_draft(house: House) -> None:
    house.mirror()
    deciding.revise(house.desk, 1, ALI, subject="Re: Thursday", body="Go, and ask.\n\nCarol Reyes", base=1)
    assert house.mirror() == 1
    [draft] = house.drafts().values()
    assert draft.get_content().startswith("Go, and ask.")


def test_what_carol_sends_from_her_program_closes_the_letter_and_nothing_else_goes_out(house: House) -> None:
    house.mirror()
    edited = house.edit("Go, Rosa. Carol", "<edited@mail.example>")
    house.mirror()
    house.send_from_program(edited)
    house.mirror()
    assert house.stage is Stage.ANSWERED
    assert "mail program" in letters.dossier(house.desk.db, 1).slip.reason
    house.mirror()
    assert house.drafts() == {}


@pytest.mark.parametrize("message_id", ["<edited@mail.example>", "the same"])
def test_an_edited_draft_is_never_overwritten_or_removed(house: House, message_id: str) -> None:
    house.mirror()
    own = str(next(iter(house.drafts().values()))["Message-ID"])
    house.edit("My own words so far", own if message_id == "the same" else message_id)
    house.mirror()
    deciding.revise(house.desk, 1, ALI, subject="Re: Thursday", body="Go, and ask.\n\nCarol Reyes", base=1)
    assert house.mirror() == 0
    with pytest.raises(Conflict, match="writing this reply in the mail program"):
        deciding.approve(house.desk, 1, ALI)
    deciding.let_go(house.desk, 1, ALI)
    house.mirror()
    [draft] = house.drafts().values()
    assert draft.get_content().startswith("My own words")


def test_a_draft_that_carol_deletes_is_not_put_back_until_there_is_a_new_version(house: House) -> None:
    house.mirror()
    house.delete()
    assert (house.mirror(), house.mirror()) == (0, 0)
    assert house.stage is Stage.DRAFTED
    deciding.revise(house.desk, 1, ALI, subject="Re: Thursday", body="Go, and ask.\n\nCarol Reyes", base=1)
    assert house.mirror() == 1


def test_a_reply_signed_at_the_desk_waits_until_its_draft_can_no_longer_be_sent(house: House) -> None:
    house.mirror()
    deciding.approve(house.desk, 1, ALI)
    assert house.send_from_desk().sent == 0
    house.mirror()
    assert house.drafts() == {}
    assert house.send_from_desk().sent == 1
    assert house.stage is Stage.ANSWERED
    house.mirror()
    assert house.stage is Stage.ANSWERED


def test_two_who_answer_at_once_are_stopped_before_the_second_reply(house: House) -> None:
    house.mirror()
    [draft] = house.drafts().values()
    house.send_from_program(draft)  # carol sends the draft as it is while ali signs it at the desk
    deciding.approve(house.desk, 1, ALI)
    assert house.send_from_desk().sent == 0
    house.mirror()
    assert house.stage is Stage.UNKNOWN
    assert house.send_from_desk().sent == 0
    deciding.confirm_sent(house.desk, 1, ALI, why="Carol sent it")
    assert house.stage is Stage.ANSWERED
    assert house.sent == []


def test_a_process_that_dies_after_putting_a_draft_puts_no_second_one(house: House) -> None:
    class Stop(BaseException):
        pass

    def checkpoint(name: str, moment: str) -> None:
        if (name, moment) == ("copy-there", "before"):
            raise Stop

    house.desk.db._checkpoint = checkpoint
    with pytest.raises(Stop):
        house.mirror()
    house.desk.db._checkpoint = lambda _name, _moment: None
    assert house.mirror() == 0
    assert len(house.drafts()) == 1
    deciding.approve(house.desk, 1, ALI)
    house.mirror()
    assert house.drafts() == {}


def test_a_process_that_dies_before_putting_a_draft_puts_it_later(house: House) -> None:
    class Stop(BaseException):
        pass

    def checkpoint(name: str, moment: str) -> None:
        if (name, moment) == ("draft-copy", "after"):
            raise Stop

    house.desk.db._checkpoint = checkpoint
    with pytest.raises(Stop):
        house.mirror()
    house.desk.db._checkpoint = lambda _name, _moment: None
    assert house.mirror() == 1
    assert len(house.drafts()) == 1


def test_held_letters_get_no_draft_in_the_program(house: House) -> None:
    held = mail("There is no point anymore.", message_id="<2@reader.example>")
    collecting.collect(house.desk, mailbox_with(mail(), held))
    reading.assess(house.desk)
    assert house.mirror() == 1
    assert len(house.drafts()) == 1


def test_switched_off_the_drafts_stay_and_stand_in_nobodys_way(house: House) -> None:
    house.mirror()
    deciding.approve(house.desk, 1, ALI)
    boxes = {"advice": replace(house.desk.inboxes["advice"], keep_drafts=False)}
    house.desk = replace(house.desk, inboxes=boxes)
    house.mirror()
    assert len(house.drafts()) == 1
    assert house.send_from_desk().sent == 1


def test_an_answer_that_went_to_the_reply_to_address_closes_the_letter(house: House) -> None:
    house.door.close()
    follow_up = mail(message_id="<2@reader.example>", Reply_To="rosa.home@reader.example")
    collecting.collect(house.desk, mailbox_with(mail(), follow_up))
    reading.assess(house.desk)
    reading.draft(house.desk)
    house.mirror()
    [draft] = [draft for draft in house.drafts().values() if "rosa.home" in draft["To"]]
    house.send_from_program(draft)
    house.mirror()
    assert letters.dossier(house.desk.db, 2).slip.stage is Stage.ANSWERED


def test_a_draft_that_is_only_marked_as_deleted_has_gone(house: House) -> None:
    """As programs leave it that expunge later."""
    house.mirror()
    [draft] = house.drafts().values()
    house.carol.select_folder("Drafts")
    house.carol.delete_messages(house.carol.search())
    house.carol.append("Sent", draft.as_bytes())
    house.mirror()
    assert house.stage is Stage.ANSWERED


class Second:
    """Another process of the same desk, with a database and a connection to the mail server of its own."""

    def __init__(self, house: House) -> None:
        self.desk = replace(house.desk, db=Database(house.desk.db.url))
        self.door = ImapDrafts(house.desk.inboxes["advice"])
        self.errors: list[Exception] = []

    def __enter__(self) -> "Second":
        self.thread = threading.Thread(target=self._mirror)
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join()
        self.door.close()
        self.desk.db.close()

    def _mirror(self) -> None:
        try:
            mirroring.mirror(self.desk, lambda _account: self.door)
        except Exception as error:
            self.errors.append(error)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_two_processes_that_mirror_at_once_put_one_draft(house: House, moment: str) -> None:
    """The second begins while the first is about to put a draft, just before or after it has said so."""
    with Second(house) as second:

        def checkpoint(name: str, when: str) -> None:
            if (name, when) == ("draft-copy", moment):
                second.thread.start()
                second.thread.join(0.5)  # a second process that does not wait is done by then

        house.desk.db._checkpoint = checkpoint
        put = house.mirror()
    house.desk.db._checkpoint = lambda _name, _moment: None
    assert (put, second.errors) == (1, [])
    assert house.mirror() == 0
    assert len(house.drafts()) == 1


def test_many_drafts_that_two_processes_put_at_once_lie_there_once_each(house: House) -> None:
    more = [mail(message_id=f"<{n}@r.example>", sender=f"r{n}@reader.example") for n in range(12)]
    collecting.collect(house.desk, mailbox_with(mail(), *more))
    reading.assess(house.desk)
    reading.draft(house.desk)
    with Second(house) as second:
        second.thread.start()
        house.mirror()
    assert second.errors == []
    assert house.mirror() == 0
    assert len(house.drafts()) == 13


@pytest.mark.parametrize("at", ["draft-copy", "copy-there", "copy-over", "copy-gone", "answered-elsewhere"])
def test_a_disk_that_is_full_at_any_moment_leaves_no_two_drafts_and_no_answer_unseen(house: House, at: str) -> None:
    tried = []

    def checkpoint(name: str, moment: str) -> None:
        if (name, moment) == (at, "before"):
            tried.append(name)
            if len(tried) < 3:
                raise Temporary(FULL)

    def settled() -> None:
        for _ in range(3):
            house.mirror()

    house.desk.db._checkpoint = checkpoint
    settled()
    assert len(house.drafts()) == 1
    deciding.revise(house.desk, 1, ALI, subject="Re: Thursday", body="Go, and ask.\n\nCarol Reyes", base=1)
    settled()
    [draft] = house.drafts().values()
    assert draft.get_content().startswith("Go, and ask.")
    house.send_from_program(draft)
    settled()
    assert tried
    assert house.stage is Stage.ANSWERED


@dataclass
class Asked:
    """What the desk asked the mail server for: folders, and heads of messages."""

    folders: list[str]
    heads: int = 0

    def take(self) -> tuple[list[str], int]:
        folders, heads = self.folders, self.heads
        self.folders, self.heads = [], 0
        return folders, heads


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked([])
    select, fetch = IMAPClient.select_folder, IMAPClient.fetch

    def selecting(client: IMAPClient, folder: str, readonly: bool = False) -> object:
        found.folders.append(folder)
        return select(client, folder, readonly)

    def fetching(client: IMAPClient, uids: list[int], *data: object) -> object:
        found.heads += len(uids)
        return fetch(client, uids, *data)

    monkeypatch.setattr(IMAPClient, "select_folder", selecting)
    monkeypatch.setattr(IMAPClient, "fetch", fetching)
    return found


def sent_elsewhere(number: int) -> bytes:
    return mail(message_id=f"<{number}@desk.example>", In_Reply_To=f"<{number}@other.example>", To="sam@other.example")


def test_while_an_answer_is_looked_for_only_new_messages_in_sent_are_fetched(house: House, asked: Asked) -> None:
    for number in range(5):
        house.carol.append("Sent", sent_elsewhere(number))
    house.mirror()
    [draft] = house.drafts().values()
    house.delete()
    asked.take()
    house.mirror()
    assert asked.take() == (["Drafts", "Sent"], 5)
    house.mirror()
    assert asked.take() == (["Drafts", "Sent"], 0)
    house.carol.append("Sent", sent_elsewhere(9))
    house.mirror()
    assert asked.take() == (["Drafts", "Sent"], 1)
    house.carol.delete_folder("Sent")
    house.carol.create_folder("Sent")
    house.carol.append("Sent", draft.as_bytes())  # under a number that another message had
    house.mirror()
    assert house.stage is Stage.ANSWERED


def test_drafts_that_lie_there_are_fetched_once(house: House, asked: Asked) -> None:
    house.mirror()
    house.mirror()
    asked.take()
    house.mirror()
    assert asked.take() == (["Drafts"], 0)


def test_for_a_letter_that_is_finished_no_folder_is_looked_at(house: House, asked: Asked) -> None:
    house.mirror()
    house.delete()
    house.mirror()
    deciding.let_go(house.desk, 1, ALI)
    asked.take()
    house.mirror()
    assert asked.take() == ([], 0)


def test_an_answer_is_found_for_a_letter_that_was_brought_back(house: House) -> None:
    house.mirror()
    [draft] = house.drafts().values()
    house.delete()
    house.mirror()
    deciding.let_go(house.desk, 1, ALI)
    house.send_from_program(draft)
    house.mirror()
    deciding.bring_back(house.desk, 1, ALI)
    house.mirror()
    assert house.stage is Stage.ANSWERED


def test_a_desk_that_a_backup_replaced_puts_no_second_draft_and_none_before_it_may_send(house: House) -> None:
    house.mirror()
    with house.desk.db.write("as in the backup") as connection:  # which was made before the draft was put
        connection.execute(sa.delete(draft_copies))
        holds.open_restored(connection, house.clock())
    assert house.mirror() == 0
    house.delete()
    assert house.mirror() == 0
    assert house.drafts() == {}
    with house.desk.db.write("let-out") as connection:
        hold = holds.current(connection)
        assert hold is not None
        holds.end(connection, hold, who="carol", now=house.clock())
    assert house.mirror() == 1


def test_a_draft_that_carol_began_herself_is_known_and_no_other_is_put_beside_it(house: House) -> None:
    own = EmailMessage()
    own["To"], own["In-Reply-To"], own["Message-ID"] = "rosa@reader.example", "<letter-1@reader.example>", "<own@x>"
    own.set_content("Dear Rosa, ")
    house.carol.append("Drafts", own.as_bytes(), flags=[DRAFT])
    assert (house.mirror(), house.mirror()) == (0, 0)
    assert [draft["Message-ID"] for draft in house.drafts().values()] == ["<own@x>"]
    with pytest.raises(Conflict, match="writing this reply in the mail program"):
        deciding.approve(house.desk, 1, ALI)
    house.send_from_program(own)
    house.mirror()
    assert house.stage is Stage.ANSWERED


def test_mallory_who_takes_the_id_of_rosas_letter_keeps_no_draft_from_her(house: House) -> None:
    house.mirror()
    collecting.collect(house.desk, mailbox_with(mail(), mail("May I pull out?", sender="mallory@evil.example")))
    reading.assess(house.desk)
    reading.draft(house.desk)
    assert house.mirror() == 1
    assert len(house.drafts()) == 2


def test_the_draft_for_another_letter_with_the_same_message_id_is_nobodys_own(house: House) -> None:
    house.mirror()
    collecting.collect(house.desk, mailbox_with(mail(), mail("May I pull out of the trip?")))
    reading.assess(house.desk)
    reading.draft(house.desk)
    assert (house.mirror(), house.mirror()) == (1, 0)
    assert len(house.drafts()) == 2
    deciding.approve(house.desk, 2, ALI)


@pytest.mark.parametrize("lost", [False, True], ids=["switched off and on", "restored"])
def test_an_earlier_draft_of_the_desk_is_called_so_until_it_is_deleted(house: House, lost: bool) -> None:
    house.mirror()
    if lost:  # the backup was made before the draft was put
        with house.desk.db.write("as in the backup") as connection:
            connection.execute(sa.delete(draft_copies))
    else:
        boxes = {"advice": replace(house.desk.inboxes["advice"], keep_drafts=False)}
        mirroring.mirror(replace(house.desk, inboxes=boxes), lambda _account: house.door)
    deciding.revise(house.desk, 1, ALI, subject="Re", body="Go.\n\nCarol Reyes", base=1)
    assert (house.mirror(), house.mirror()) == (0, 0)
    with pytest.raises(Conflict, match=r"earlier draft of the desk.*Drafts folder.*delete it there"):
        deciding.approve(house.desk, 1, ALI)
    assert house.send_from_desk().sent == 0
    house.delete()
    house.mirror()
    deciding.approve(house.desk, 1, ALI)
    assert house.send_from_desk().sent == 1


def test_an_earlier_draft_of_the_desk_that_carol_sends_closes_the_letter(house: House) -> None:
    house.mirror()
    with house.desk.db.write("as in the backup") as connection:
        connection.execute(sa.delete(draft_copies))
    house.mirror()
    [draft] = house.drafts().values()
    house.send_from_program(draft)
    house.mirror()
    assert house.stage is Stage.ANSWERED
