"""The note that a letter has arrived: who gets one, and that no loop and no crash makes two of it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.cast import ALI, NOON, TestClock, mail, make_desk
from tests.servers import HangUp, SmtpSink
from tests.servers import Stage as At
from triage import composing
from triage.desk import Desk, acknowledging, collecting, deciding, reading, sending
from triage.mailbox.folder import FolderMailbox
from triage.mailbox.memory import MemoryMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.ports import Outbox, Refused
from triage.records import Receipt
from triage.settings import Server
from triage.stages import Stage
from triage.store import acknowledgements as store
from triage.store import holds, letters
from triage.store.acknowledgements import Acknowledgement
from triage.store.database import Database
from triage.store.tables import acknowledgements

WORDS = "Your letter has arrived. Somebody reads every one."


@dataclass
class House:
    """A desk that acknowledges, with a real mail server."""

    desk: Desk
    clock: TestClock
    sink: SmtpSink
    outbox: SmtpOutbox
    box: MemoryMailbox

    def arrive(self, *messages: bytes) -> None:
        for message in messages:
            self.box.deliver(message, self.clock())
        collecting.collect(self.desk, self.box)
        reading.assess(self.desk)

    def send(self) -> int:
        return acknowledging.send(self.desk, lambda _account: self.outbox)


@pytest.fixture
def house(database_url: str, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    clock = TestClock()
    desk = make_desk(database_url, clock=clock, acknowledgement=WORDS)
    server = Server(host="127.0.0.1", port=smtp_sink.port, tls="none", user="advice", password="env:SINK_PASSWORD")
    outbox = SmtpOutbox(server)
    yield House(desk, clock, smtp_sink, outbox, MemoryMailbox("advice"))
    outbox.stop()
    desk.db.close()


def test_rosa_hears_at_once_that_her_letter_arrived(house: House) -> None:
    house.arrive(mail())
    assert (house.send(), house.send()) == (1, 0)
    [(mail_from, recipients, data)] = house.sink.received
    assert (mail_from, recipients) == ("<>", ["rosa@reader.example"])  # the null return path (RFC 3834 section 3.3)
    note = message_from_bytes(data, policy=policy.default)
    assert note["Auto-Submitted"] == "auto-replied"
    assert note["In-Reply-To"] == "<letter-1@reader.example>"
    assert note["From"] == "Carol Reyes <advice@desk.example>"
    assert note["Subject"] == f"Auto: {WORDS}"
    assert note.get_content().strip() == WORDS


def test_whom_mallory_names_as_the_sender_gets_nothing_that_mallory_wrote(house: House) -> None:
    advert = mail(
        "Buy pills at http://pills.example",
        subject="Buy pills at http://pills.example",
        sender="Pills <rosa@r.example>",
    )
    house.arrive(advert)
    assert house.send() == 1
    [(_, recipients, data)] = house.sink.received
    assert recipients == ["rosa@r.example"]
    assert b"pills" not in data.lower()


@pytest.mark.parametrize(
    "message",
    [
        mail("There is no point anymore."),
        mail("Our weekly digest"),
        mail(Auto_Submitted="auto-replied"),
        mail(Precedence="bulk"),
        mail(List_Id="<jobs.list.example>"),
        mail(Return_Path="<>"),
        mail(sender="MAILER-DAEMON@mx.reader.example"),
        mail(sender="advice@desk.example"),
        mail(sender="no-reply@shop.example"),
        mail(Reply_To="victim@elsewhere.example"),
        mail(sender="nobody"),
        mail(X_Auto_Response_Suppress="DR, AutoReply"),
        mail(sender="jobs-request@list.example"),
        mail(sender="owner-jobs@list.example"),
        mail(sender="bounce+rosa=reader.example@list.example"),
    ],
    ids=[
        *(
            "held",
            "newsletter",
            "automatic",
            "bulk",
            "list",
            "null",
            "daemon",
            "own",
            "robot",
            "reply-to",
            "no address",
        ),
        *("suppressed", "request", "owner", "verp"),
    ],
)
def test_who_gets_no_note(house: House, message: bytes) -> None:
    house.arrive(message)
    assert house.send() == 0
    assert house.sink.received == []


def test_two_programs_that_answer_each_other_are_cut_whatever_they_look_like(house: House) -> None:
    for number in range(20):  # each note is answered at once by something that looks like a person
        house.arrive(mail(f"Thank you, {number}.", message_id=f"<{number}@loop.example>", subject=f"Re: {number}"))
        house.send()
        house.clock.forward(minutes=30)
    assert len(house.sink.received) == 1
    house.clock.forward(days=1)
    house.arrive(mail("Once more.", message_id="<next@loop.example>", sender="ROSA@Reader.example"))
    assert house.send() == 1


def test_two_letters_of_rosa_that_two_processes_read_at_once_get_one_note(house: House) -> None:
    """The second begins when the first has put its note in line and is about to say so."""
    for number in (1, 2):
        house.box.deliver(mail(message_id=f"<{number}@reader.example>", subject=f"Letter {number}"), house.clock())
    collecting.collect(house.desk, house.box)
    put: dict[int, bool] = {}

    def keep(db: Database, number: int) -> None:
        note = Acknowledgement(number, "advice", "rosa@reader.example", f"<note.{number}@desk.example>", b"It is here.")
        with db.write("note") as connection:
            put[number] = store.keep(
                connection, note=note, folder="INBOX", now=house.clock(), every=acknowledging.EVERY, most=9
            )

    second = threading.Thread(target=keep, args=(house.desk.db, 2))

    def checkpoint(_name: str, moment: str) -> None:
        if moment == "before":
            second.start()
            second.join(0.5)  # who does not wait is done by then

    first = Database(house.desk.db.url, checkpoint=checkpoint)
    keep(first, 1)
    second.join()
    first.close()
    assert put == {1: True, 2: False}


def test_a_note_from_a_clock_that_was_far_ahead_keeps_nobody_from_getting_one(house: House) -> None:
    house.arrive(mail())
    assert house.send() == 1
    with house.desk.db.write("as a clock that was ahead wrote it") as connection:
        connection.execute(sa.update(acknowledgements).values(made_at=NOON + timedelta(days=300)))
    house.arrive(mail("And Ohio?", message_id="<2@reader.example>", subject="Ohio"))
    assert house.send() == 1


def test_an_answer_within_a_thread_and_an_old_letter_get_no_note(house: House) -> None:
    house.arrive(mail())
    house.send()
    house.clock.forward(days=2)
    house.arrive(mail("And Ohio?", message_id="<2@reader.example>", In_Reply_To="<letter-1@reader.example>"))
    house.box.deliver(mail("Long ago.", message_id="<3@r.example>", sender="old@reader.example"), NOON)
    house.arrive()
    assert house.send() == 0


def test_a_flood_from_many_addresses_gets_so_many_notes_and_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledging, "MOST", 3)
    house.arrive(*(mail(message_id=f"<{n}@flood.example>", sender=f"r{n}@flood.example") for n in range(6)))
    assert house.send() == 3


@pytest.mark.parametrize("fault", [HangUp.MID_BODY, HangUp.AFTER_DOT_KEPT, HangUp.AFTER_DOT_LOST])
def test_a_note_whose_fate_is_unknown_is_never_sent_again(house: House, fault: HangUp) -> None:
    house.arrive(mail())
    house.sink.hang_up = fault
    assert house.send() == 0
    kept = len(house.sink.received)
    house.sink.heal()
    house.clock.forward(days=1)
    assert house.send() == 0
    assert len(house.sink.received) == kept <= 1


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(house: House) -> None:
    house.arrive(mail())
    house.sink.answers[At.RCPT] = "451 4.3.0 later"
    assert house.send() == 0
    house.sink.heal()
    assert house.send() == 0  # not before its time
    house.clock.forward(minutes=11)
    assert house.send() == 1
    house.arrive(mail(message_id="<9@x.example>", sender="gone@reader.example"))
    house.sink.answers[At.RCPT] = "550 5.1.1 no such reader"
    assert house.send() == 0
    house.sink.heal()
    house.clock.forward(days=1)
    assert house.send() == 0


@pytest.mark.parametrize("moment", ["note-pre_data", "note-in_data", "note-sent"])
def test_a_stop_at_any_mark_makes_no_second_note(house: House, moment: str) -> None:
    class Stop(BaseException):
        pass

    def stop(at: str) -> Callable[[str, str], None]:
        def checkpoint(name: str, when: str) -> None:
            if (name, when) == (at, "after"):
                raise Stop

        return checkpoint

    house.arrive(mail())
    house.desk.db._checkpoint = stop(moment)
    with pytest.raises(Stop):
        house.send()
    house.desk.db._checkpoint = lambda _name, _when: None
    house.outbox.close()
    before = len(house.sink.received)
    house.clock.forward(days=1)
    sent = house.send()
    assert before + sent <= 1
    assert len(house.sink.received) <= 1
    assert sent == (1 if moment == "note-pre_data" else 0)


def test_a_server_that_turns_the_desk_away_is_tried_once_and_not_for_each_note(house: House) -> None:
    tries = []

    class Closed:
        def send(self, _mail: object, _begin_data: object) -> Receipt:
            tries.append(1)
            raise Refused("The sign-in is not accepted.", permanent=False, whole_account=True)

        def close(self) -> None:
            """Nothing is held open."""

    house.arrive(*(mail(message_id=f"<{n}@flood.example>", sender=f"r{n}@flood.example") for n in range(6)))
    closed: Outbox = Closed()
    assert acknowledging.send(house.desk, lambda _account: closed) == 0
    assert acknowledging.send(house.desk, lambda _account: closed) == 0
    assert len(tries) == 1
    house.clock.forward(minutes=11)
    assert house.send() == 6


def test_a_stop_waits_for_no_further_note(house: House) -> None:
    house.arrive(mail())
    assert acknowledging.send(house.desk, lambda _account: house.outbox, stopping=lambda: True) == 0
    assert house.send() == 1


def test_letters_from_an_archive_get_no_note_however_new_their_files_are(house: House, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "1.eml").write_bytes(mail())
    house.clock.now = datetime.now(UTC)
    collecting.collect(house.desk, FolderMailbox("advice", tmp_path / "old", settle_seconds=0))
    reading.assess(house.desk)
    assert house.send() == 0


def test_old_mail_that_is_moved_into_the_inbox_gets_no_note(house: House) -> None:
    house.clock.forward(days=30)  # the letter says when it was written
    house.arrive(mail())
    assert house.send() == 0


def test_a_letter_that_came_just_before_a_backup_gets_no_second_note_when_that_is_restored(house: House) -> None:
    house.box.deliver(mail(), house.clock())
    house.clock.forward(seconds=10)
    with house.desk.db.write("restored") as connection:
        holds.open_restored(connection, house.clock())
    house.arrive()
    with house.desk.db.write("resumed") as connection:
        hold = holds.current(connection)
        assert hold is not None
        house.clock.forward(minutes=10)
        holds.end(connection, hold, who="carol", now=house.clock())
    assert house.send() == 0


def test_a_process_that_dies_while_it_reads_a_letter_costs_no_note(house: House) -> None:
    class Stop(BaseException):
        pass

    for at in (("assess", "before"), ("assess", "after")):
        number = at[1]

        def checkpoint(name: str, when: str, at: tuple[str, str] = at) -> None:
            if (name, when) == at:
                raise Stop

        house.desk.db._checkpoint = checkpoint
        with pytest.raises(Stop):
            house.arrive(mail(message_id=f"<{number}@r.example>", sender=f"{number}@reader.example"))
        house.desk.db._checkpoint = lambda _name, _when: None
        house.arrive()
        assert (house.send(), house.send()) == (1, 0), at


def test_a_letter_is_read_whatever_is_wrong_with_its_note(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> bytes:
        raise RuntimeError("a fault that nobody foresaw")

    monkeypatch.setattr(composing, "acknowledgement", broken)
    house.arrive(mail())
    assert letters.dossier(house.desk.db, 1).slip.stage is Stage.ASSESSED
    assert house.send() == 0


def test_a_note_does_not_come_after_the_reply_or_a_day_late(house: House) -> None:
    house.sink.answers[At.RCPT] = "451 4.3.0 later"
    house.arrive(mail(), mail(message_id="<2@reader.example>", sender="sam@reader.example"))
    assert house.send() == 0
    house.sink.heal()
    reading.draft(house.desk)
    deciding.approve(house.desk, 1, ALI)
    assert sending.send(house.desk, lambda _account: house.outbox, ignore_undo=True).sent == 1
    house.clock.forward(minutes=11)
    assert house.send() == 1  # sam's, who has no answer yet
    assert [recipients for _, recipients, _ in house.sink.received] == [["rosa@reader.example"], ["sam@reader.example"]]
    house.sink.answers[At.RCPT] = "451 4.3.0 later"
    house.arrive(mail(message_id="<3@reader.example>", sender="pat@reader.example"))
    assert house.send() == 0
    house.sink.heal()
    house.clock.forward(days=1, minutes=1)
    assert house.send() == 0


@pytest.fixture
def paced(house: House) -> House:
    """The provider takes eight mails in an hour."""
    house.desk = replace(house.desk, inboxes={"advice": replace(house.desk.inboxes["advice"], most_per_hour=8)})
    house.arrive(*(mail(message_id=f"<{n}@r.example>", sender=f"r{n}@reader.example") for n in range(10)))
    reading.draft(house.desk)
    return house


def test_notes_count_where_a_provider_takes_only_so_many_and_leave_most_of_them_to_replies(paced: House) -> None:
    assert (paced.send(), paced.send()) == (2, 0)
    for number in range(1, 11):
        deciding.approve(paced.desk, number, ALI)
    assert sending.send(paced.desk, lambda _account: paced.outbox, ignore_undo=True).sent == 6
    paced.clock.forward(minutes=61)
    assert sending.send(paced.desk, lambda _account: paced.outbox, ignore_undo=True).sent == 4
    assert len(paced.sink.received) == 12


def test_no_note_takes_the_place_of_a_reply_in_line(paced: House) -> None:
    for number in range(1, 8):
        deciding.approve(paced.desk, number, ALI)
    assert paced.send() == 1
    assert sending.send(paced.desk, lambda _account: paced.outbox, ignore_undo=True).sent == 7
    paced.clock.forward(minutes=30)
    assert paced.send() == 0
    paced.clock.forward(minutes=31)
    assert paced.send() == 2  # for the letters that have no reply yet


def test_without_words_nobody_gets_a_note(house: House) -> None:
    box = replace(house.desk.inboxes["advice"], acknowledgement="")
    house.desk = replace(house.desk, inboxes={"advice": box})
    house.arrive(mail())
    assert house.send() == 0
