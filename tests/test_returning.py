"""What comes back to replies: bounces of every shape, answers to ids that a relay has rewritten, and proofs."""

from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa

from tests.cast import ALI, NOON, TestClock, mail, mailbox_with, make_desk
from triage import parsing, reports
from triage.desk import Desk, collecting, deciding, keeping, reading, sending
from triage.errors import Conflict
from triage.mailbox.memory import MemoryMailbox
from triage.ports import Lost, Outbox
from triage.records import Dossier, Kind, Receipt, Reply
from triage.stages import Stage
from triage.store import letters
from triage.store.tables import metadata


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def box() -> MemoryMailbox:
    return mailbox_with(mail())


@pytest.fixture
def desk(database_url: str, clock: TestClock, box: MemoryMailbox) -> Iterator[Desk]:
    """A desk with one letter, answered once `answer` was called."""
    desk = make_desk(database_url, clock=clock)
    work(desk, box)
    yield desk
    desk.db.close()


def work(desk: Desk, box: MemoryMailbox, *messages: bytes) -> None:
    for message in messages:
        box.deliver(message, desk.clock())
    collecting.collect(desk, box)
    reading.assess(desk)
    reading.draft(desk)


class Taking:
    """Takes every reply with an answer of the test's choice, or loses the line where it is empty."""

    def __init__(self, said: str = "2.0.0 Ok: queued as 4F2A") -> None:
        self.said = said

    def send(self, mail: Reply, begin_data: object) -> Receipt:
        assert callable(begin_data)
        begin_data()
        if not self.said:
            raise Lost("the line went dead")
        return Receipt(code=250, text=self.said)

    def close(self) -> None:
        """Nothing is held open."""


def answer(desk: Desk, said: str = "2.0.0 Ok: queued as 4F2A") -> Reply:
    reply = deciding.approve(desk, 1, ALI)
    outbox: Outbox = Taking(said)  # type: ignore[assignment]
    sending.send(desk, lambda _account: outbox, ignore_undo=True)
    return reply


def stage(desk: Desk, letter_id: int = 1) -> Stage:
    return the(desk, letter_id).slip.stage


def the(desk: Desk, letter_id: int) -> Dossier:
    return letters.dossier(desk.db, letter_id)


def report(reply: Reply, *, action: str = "failed", status: str = "5.1.1", returned: str = "headers") -> bytes:
    """A report as RFC 3464 wants it, with what it returns of the reply in one of several ways."""
    message = message_from_bytes(reply.message, policy=policy.default)
    token = message["X-Triage-Reply"]
    header = f"Message-ID: {reply.message_id}\nX-Triage-Reply: {token}\nSubject: {message['Subject']}"
    back = {
        "headers": f"Content-Type: text/rfc822-headers\n\n{header}\n",
        "message": f"Content-Type: message/rfc822\n\n{header}\n\nHello Rosa,\n",
        "token": f"Content-Type: text/rfc822-headers\n\nMessage-ID: <01@relay.example>\nX-Triage-Reply: {token}\n",
        "words": f"Content-Type: text/plain\n\nYour message {reply.message_id} could not be delivered.\n",
        "nothing": "Content-Type: text/plain\n\nYour message could not be delivered.\n",
    }[returned]
    parts = "\n--b\n".join(
        (
            "This is a report.",
            "Content-Type: text/plain\n\nI'm sorry to have to inform you that your message could not be delivered.",
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.reader.example\n\n"
            f"Final-Recipient: rfc822; rosa@reader.example\nAction: {action}\nStatus: {status}\n"
            f"Diagnostic-Code: smtp; 550 {status} <rosa@reader.example>: User unknown\n in virtual table",
            back,
        )
    )
    head = (
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.reader.example>\nTo: advice@desk.example\n"
        f"Subject: Undelivered Mail Returned to Sender\nMessage-ID: <dsn-{action}-{returned}@mx.reader.example>\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
    )
    return (head + parts + "\n--b--\n").replace("\n", "\r\n").encode()


@pytest.mark.parametrize("returned", ["headers", "message", "token", "words"])
def test_a_reply_that_did_not_arrive_waits_for_a_person_with_the_reason(
    desk: Desk, box: MemoryMailbox, returned: str
) -> None:
    reply = answer(desk)
    assert stage(desk) is Stage.ANSWERED
    work(desk, box, report(reply, returned=returned))

    letter = the(desk, 1).slip
    assert letter.stage is Stage.FAILED
    assert "550 5.1.1 <rosa@reader.example>: User unknown in virtual table" in letter.reason
    assert letter.reason.endswith("or let the letter go.")
    report_slip = the(desk, 2).slip
    assert (report_slip.stage, report_slip.kind) == (Stage.ASIDE, Kind.BOUNCE)
    assert report_slip.reason == "It is a mail system's report about the reply to letter 1."
    assert [slip.id for slip in the(desk, 1).thread] == [2]


def test_a_report_about_mail_of_somebody_else_changes_nothing(desk: Desk, box: MemoryMailbox) -> None:
    work(desk, box, report(answer(desk), returned="nothing"))
    assert stage(desk) is Stage.ANSWERED
    assert the(desk, 2).slip.stage is Stage.ASIDE
    assert the(desk, 1).thread == ()


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("delivered", "2.0.0"), ("relayed", "2.0.0")])
def test_a_delay_and_a_delivery_are_noted_and_move_nothing(
    desk: Desk, box: MemoryMailbox, action: str, status: str
) -> None:
    work(desk, box, report(answer(desk), action=action, status=status))
    assert stage(desk) is Stage.ANSWERED
    assert the(desk, 1).history[-1].verb == "bounce"


def test_the_same_report_counts_once_and_a_later_reply_is_not_blamed_for_it(desk: Desk, box: MemoryMailbox) -> None:
    reply = answer(desk)
    work(desk, box, report(reply))
    assert stage(desk) is Stage.FAILED
    deciding.revise(desk, 1, ALI, subject="Re: Thursday", body="Go, and ask.\n\nCarol Reyes", base=1)
    again = answer(desk)
    assert stage(desk) is Stage.ANSWERED
    late = report(reply, returned="words")
    work(desk, box, late)
    assert stage(desk) is Stage.ANSWERED
    assert again.message_id != reply.message_id


@pytest.mark.parametrize(
    ("action", "status", "after"), [("failed", "5.1.1", Stage.FAILED), ("delayed", "4.4.1", Stage.ANSWERED)]
)
def test_a_report_proves_that_an_unknown_reply_went_out(
    desk: Desk, box: MemoryMailbox, action: str, status: str, after: Stage
) -> None:
    reply = answer(desk, said="")
    assert stage(desk) is Stage.UNKNOWN
    work(desk, box, report(reply, action=action, status=status))
    assert stage(desk) is after


def test_a_report_that_comes_after_the_words_were_removed_says_so_and_brings_nobody_back_to_light(
    desk: Desk, box: MemoryMailbox, clock: TestClock
) -> None:
    reply = answer(desk)
    clock.forward(days=3)
    assert keeping.forget(desk, days=2) == 1
    work(desk, box, report(reply))
    assert stage(desk) is Stage.FAILED
    told = the(desk, 1).slip.reason
    assert "did not arrive" in told
    assert "letter 2" in told
    assert "approve it again" not in told
    assert "User unknown" in the(desk, 2).letter.body  # type: ignore[union-attr]  # where a person can still see it
    with pytest.raises(Conflict, match="from your mail program"):
        deciding.revise(desk, 1, ALI, subject="Re: Thursday", body="Go.", base=0)
    deciding.let_go(desk, 1, ALI)
    clock.forward(days=3)
    assert keeping.forget(desk, days=2) == 1
    with desk.db.read() as connection:
        kept = [str(row) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))]
    assert [row for row in kept if "rosa@" in row] == []


def test_an_answer_of_the_reader_proves_that_an_unknown_reply_went_out(desk: Desk, box: MemoryMailbox) -> None:
    reply = answer(desk, said="")
    assert stage(desk) is Stage.UNKNOWN
    work(desk, box, mail("Thank you.", message_id="<2@reader.example>", In_Reply_To=reply.message_id))
    assert stage(desk) is Stage.ANSWERED


def test_an_answer_to_a_message_id_that_a_relay_has_rewritten_joins_its_thread(desk: Desk, box: MemoryMailbox) -> None:
    said = "Ok 0102019ab3c4d5e6-1f2e3d4c-0a1b-4c5d-8e9f-000000000000-000000"
    reply = answer(desk, said=said)
    references = str(message_from_bytes(reply.message, policy=policy.default)["References"]).split()
    relayed = f"<{said.split()[1]}@email.relay.example>"
    other = "Rosa Diaz <rosa.diaz@work.example>"  # she answers from another address: only our own ids lead back
    work(
        desk,
        box,
        mail("I am in Ohio.", sender=other, message_id="<2@r.example>", In_Reply_To=relayed),
        mail("Ohio.", sender=other, message_id="<3@r.example>", References=f"{references[0]} <x@unknown.example>"),
        mail("Re: Pulling out", sender=other, message_id="<4@r.example>", subject="Re: Pulling out of the process"),
    )
    assert [slip.id for slip in the(desk, 1).thread] == [2, 3]


def test_a_report_in_words_only_is_read() -> None:
    words = "<rosa@reader.example>: host mx[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command)"
    read = reports.read(parsing.parse(mail(words), NOON))
    assert (read.action, read.status) == (reports.DELAYED, "4.2.2")
    assert read.said.startswith("452 4.2.2 Mailbox full")


MACHINE_NAME = "AM0PR05MB4321.eurprd05.prod.outlook.example"


@pytest.mark.parametrize("said", ["2.0.0 OK {id} [Hostname={host}]", "2.6.0 Queued mail for delivery at {host}"])
def test_the_name_of_the_machine_that_took_a_reply_leads_to_nobodys_letter(
    desk: Desk, box: MemoryMailbox, said: str
) -> None:
    """Mallory reads it in the reply that she got herself."""
    reply = deciding.approve(desk, 1, ALI)
    outbox: Outbox = Taking(said.format(id=reply.message_id, host=MACHINE_NAME))  # type: ignore[assignment]
    sending.send(desk, lambda _account: outbox, ignore_undo=True)
    for number, word in enumerate((MACHINE_NAME, f"Hostname={MACHINE_NAME}")):
        forged = mail(
            "550 5.1.1 no such user",
            sender="MAILER-DAEMON@evil.example",
            message_id=f"<{number}@evil.example>",
            In_Reply_To=f"<{word}@evil.example>",
        )
        work(desk, box, forged)
    assert stage(desk) is Stage.ANSWERED


def test_a_word_that_several_replies_were_answered_with_is_no_id(desk: Desk, box: MemoryMailbox) -> None:
    answer(desk, "250 accepted by gateway-frankfurt-0007")
    work(desk, box, mail("And in Ohio?", message_id="<2@other.example>", sender="sam@other.example"))
    reply = deciding.approve(desk, 2, ALI)
    outbox: Outbox = Taking("250 accepted by gateway-frankfurt-0007")  # type: ignore[assignment]
    sending.send(desk, lambda _account: outbox, ignore_undo=True)
    assert stage(desk, reply.letter_id) is Stage.ANSWERED
    daemon = "MAILER-DAEMON@evil.example"
    work(desk, box, mail("550 no", sender=daemon, message_id="<f@e>", In_Reply_To="<gateway-frankfurt-0007@e>"))
    assert (stage(desk, 1), stage(desk, 2)) == (Stage.ANSWERED, Stage.ANSWERED)


def test_a_holiday_note_with_an_empty_return_path_does_not_say_that_the_reply_was_lost(
    desk: Desk, box: MemoryMailbox
) -> None:
    reply = answer(desk)
    work(desk, box, mail("Away until Monday.", message_id="<v@r>", Return_Path="<>", In_Reply_To=reply.message_id))
    assert stage(desk) is Stage.ANSWERED
    assert stage(desk, 2) is Stage.ASIDE


@pytest.mark.parametrize(
    ("named", "kind", "said"),
    [
        ("report-type=disposition-notification;", "disposition-notification", "a receipt"),
        ('report-type="Disposition-Notification";', "disposition-notification", "a receipt"),
        ("report-type=global-disposition-notification;", "global-disposition-notification", "a receipt"),
        ("", "disposition-notification", "what became of a message"),
        ("report-type=feedback-report;", "feedback-report", "a complaint"),
        ("report-type=tracking-status;", "tracking-status", "where a message has got to"),
        ("report-type=tlsrpt;", "tls-report", "how safely mail servers reach each other"),
    ],
)
def test_a_receipt_or_a_complaint_is_called_so_and_does_not_say_that_the_reply_was_lost(
    desk: Desk, box: MemoryMailbox, named: str, kind: str, said: str
) -> None:
    reply = answer(desk)
    fields = f"Original-Message-ID: {reply.message_id}\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    receipt = (
        f"From: rosa@reader.example\nTo: advice@desk.example\nSubject: Read: Thursday\nMessage-ID: <mdn@r>\n"
        f'MIME-Version: 1.0\nContent-Type: multipart/report; {named} boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nIt was opened on Monday.\n"
        f"--b\nContent-Type: message/{kind}\n\n{fields}\n--b--\n"
    )
    work(desk, box, receipt.replace("\n", "\r\n").encode())
    assert stage(desk) is Stage.ANSWERED
    assert said in the(desk, 2).slip.reason


@pytest.mark.parametrize("action", ["failed", "delayed", "delivered"])
def test_a_report_about_mail_of_somebody_else_is_not_said_to_be_about_one_that_was_lost(
    desk: Desk, box: MemoryMailbox, action: str
) -> None:
    work(desk, box, report(answer(desk), returned="nothing", action=action, status="2.0.0"))
    assert the(desk, 2).slip.reason == "It is a report from a mail system about what became of a message."
