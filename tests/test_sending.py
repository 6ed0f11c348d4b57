"""Replies go out once: a real SMTP server that fails at every point, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.cast import ALI, ROOT, TestClock, inbox, mail, mailbox_with, make_desk
from tests.servers import HangUp, SmtpSink
from tests.servers import Stage as At
from triage import settings
from triage.desk import Desk, collecting, deciding, reading, sending
from triage.errors import ConfigError, Conflict, Temporary
from triage.mailbox.memory import MemoryMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.ports import Refused
from triage.records import Phase
from triage.settings import Server
from triage.stages import Stage
from triage.store import letters, sends


@dataclass
class House:
    """A desk with one approved reply, and the server that is to take it."""

    desk: Desk
    clock: TestClock
    sink: SmtpSink
    outbox: SmtpOutbox
    sent_folder: MemoryMailbox

    def send(self) -> sending.Sent:
        return sending.send(self.desk, lambda _account: self.outbox)

    def settle(self) -> int:
        return sending.settle(self.desk, lambda _account: self.sent_folder)

    @property
    def stage(self) -> Stage:
        return letters.dossier(self.desk.db, 1).slip.stage

    @property
    def phases(self) -> list[Phase]:
        reply = letters.dossier(self.desk.db, 1).reply
        return [attempt.phase for attempt in reply.attempts] if reply else []


@pytest.fixture
def house(database_url: str, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    clock = TestClock()
    desk = make_desk(database_url, clock=clock)
    collecting.collect(desk, mailbox_with(mail()))
    reading.assess(desk)
    reading.draft(desk)
    deciding.approve(desk, 1, ALI)
    server = Server(host="127.0.0.1", port=smtp_sink.port, tls="none", user="advice", password="env:SINK_PASSWORD")
    outbox = SmtpOutbox(server)
    yield House(desk, clock, smtp_sink, outbox, MemoryMailbox("advice"))
    outbox.stop()
    desk.db.close()


def test_a_reply_waits_for_the_undo_window_and_then_goes_out_once(house: House) -> None:
    assert house.send().sent == 0
    house.clock.forward(seconds=15)
    assert house.send().sent == 1
    assert house.send().sent == 0

    assert house.stage is Stage.ANSWERED
    [(mail_from, recipients, data)] = house.sink.received
    assert (mail_from, recipients) == ("advice@desk.example", ["rosa@reader.example"])
    reply = letters.dossier(house.desk.db, 1).reply
    assert reply is not None
    assert data == reply.reply.message


def test_undo_is_possible_until_it_is_handed_over(house: House) -> None:
    house.clock.forward(seconds=14)
    deciding.undo(house.desk, 1, ALI)
    house.clock.forward(seconds=60)
    assert house.send().sent == 0
    assert house.sink.received == []


def test_after_it_was_sent_nothing_can_be_undone(house: House) -> None:
    house.clock.forward(seconds=15)
    house.send()
    with pytest.raises(Conflict):
        deciding.undo(house.desk, 1, ALI)


@pytest.mark.parametrize("at", [At.GREETING, At.MAIL, At.RCPT, At.DATA, At.DOT])
def test_a_temporary_refusal_is_tried_again_later(house: House, at: At) -> None:
    house.clock.forward(seconds=15)
    house.sink.answers[at] = "451 4.3.0 try later" if at is not At.GREETING else "421 4.3.0 try later"
    assert house.send().postponed == 1
    assert house.stage is Stage.APPROVED
    assert house.send().postponed == 0  # not before its time

    house.sink.heal()
    house.clock.forward(minutes=1)
    assert house.send().sent == 1
    assert len(house.sink.received) == 1


@pytest.mark.parametrize("at", [At.MAIL, At.RCPT, At.DATA, At.DOT])
def test_a_refusal_for_good_goes_to_a_person_who_can_write_anew(house: House, at: At) -> None:
    house.clock.forward(seconds=15)
    house.sink.answers[at] = "550 5.1.1 no such reader"
    assert house.send().refused == 1
    assert house.stage is Stage.FAILED
    assert "no such reader" in letters.dossier(house.desk.db, 1).slip.reason

    house.sink.heal()
    deciding.revise(house.desk, 1, ALI, subject="Re: again", body="New words.\n\nCarol", base=1)
    deciding.approve(house.desk, 1, ALI)
    house.clock.forward(seconds=15)
    assert house.send().sent == 1
    assert len(house.sink.received) == 1


def test_a_wrong_password_stops_the_account_and_refuses_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.clock.forward(seconds=15)
    monkeypatch.setenv("SINK_PASSWORD", "wrong")
    assert house.send().postponed == 1
    assert "sign-in" in letters.dossier(house.desk.db, 1).slip.reason


@pytest.mark.parametrize("at", [HangUp.GREETING, HangUp.BEFORE_354])
def test_a_line_that_dies_before_the_body_is_safe_to_try_again(house: House, at: HangUp) -> None:
    house.clock.forward(seconds=15)
    house.sink.hang_up = at
    assert house.send().postponed == 1
    assert house.phases == [Phase.POSTPONED]


@pytest.mark.parametrize("at", [HangUp.AFTER_354, HangUp.MID_BODY, HangUp.AFTER_DOT_KEPT, HangUp.AFTER_DOT_LOST])
def test_a_line_that_dies_with_the_body_is_unknown_and_never_sent_again_by_itself(house: House, at: HangUp) -> None:
    house.clock.forward(seconds=15)
    house.sink.hang_up = at
    assert house.send().unknown == 1
    assert house.stage is Stage.UNKNOWN

    house.sink.heal()
    for _ in range(3):
        house.clock.forward(days=1)
        assert house.send().sent == 0
    assert len(house.sink.received) == (1 if at is HangUp.AFTER_DOT_KEPT else 0)
    assert "may have been sent" in letters.dossier(house.desk.db, 1).slip.reason


def test_garbage_after_the_body_is_unknown(house: House) -> None:
    house.clock.forward(seconds=15)
    house.sink.answers[At.DOT] = "no smtp at all"
    assert house.send().unknown == 1


def test_a_person_may_send_an_unknown_reply_again_with_the_same_bytes(house: House) -> None:
    house.clock.forward(seconds=15)
    house.sink.hang_up = HangUp.AFTER_DOT_LOST
    house.send()
    house.sink.heal()
    deciding.send_again(house.desk, 1, ALI, "rosa says it never came")
    house.clock.forward(seconds=15)
    assert house.send().sent == 1
    assert house.phases == [Phase.UNKNOWN, Phase.SENT]
    assert len(house.sink.received) == 1


def test_a_person_may_say_that_an_unknown_reply_arrived(house: House) -> None:
    house.clock.forward(seconds=15)
    house.sink.hang_up = HangUp.AFTER_DOT_KEPT
    house.send()
    deciding.confirm_sent(house.desk, 1, ALI, "rosa thanked me")
    assert house.stage is Stage.ANSWERED


def test_an_unknown_reply_that_stands_in_sent_was_sent(house: House) -> None:
    house.clock.forward(seconds=15)
    house.sink.hang_up = HangUp.AFTER_DOT_KEPT
    house.send()
    house.settle()
    assert house.stage is Stage.UNKNOWN

    house.sent_folder.sent.append(house.sink.received[0][2])  # the provider files its own copies
    house.settle()
    assert house.stage is Stage.ANSWERED
    assert len(house.sent_folder.sent) == 1


def test_a_copy_is_filed_in_sent_once(house: House) -> None:
    house.clock.forward(seconds=15)
    house.send()
    assert house.settle() == 1
    assert house.settle() == 0
    assert [message_from_bytes(m, policy=policy.default)["To"] for m in house.sent_folder.sent] == [
        "Rosa Diaz <rosa@reader.example>"
    ]


def test_trouble_with_the_copy_is_noted_and_never_touches_the_sent_reply(house: House) -> None:
    class Full(MemoryMailbox):
        def file_sent(self, message: bytes, message_id: str, token: str = "") -> bool:
            raise Temporary("The mailbox is full.")

    house.clock.forward(seconds=15)
    house.send()
    sending.settle(house.desk, lambda _account: Full("advice"))
    assert house.stage is Stage.ANSWERED
    reply = letters.dossier(house.desk.db, 1).reply
    assert reply is not None
    assert reply.copy_error == "The mailbox is full."
    assert house.settle() == 1


@pytest.mark.parametrize("refused", [False, True], ids=["in its undo window", "to be tried again"])
def test_a_reply_goes_out_although_the_clock_was_set_back_by_hours(house: House, refused: bool) -> None:
    if refused:
        house.clock.forward(seconds=15)
        house.sink.answers[At.RCPT] = "451 4.3.0 try later"
        assert house.send().postponed == 1
        house.sink.heal()
    house.clock.now -= timedelta(hours=9)
    assert house.send().sent == 1


@pytest.mark.parametrize("seconds", [-1, 1801])
def test_a_window_to_undo_lasts_half_an_hour_at_most(tmp_path: Path, seconds: int) -> None:
    """What lies further ahead is taken for a clock that was wrong, and would go out at once."""
    path = tmp_path / "config.toml"
    path.write_text(
        (ROOT / "config.example.toml").read_text().replace("undo_seconds = 15", f"undo_seconds = {seconds}")
    )
    with pytest.raises(ConfigError, match="undo_seconds has to be from 0 to 1800"):
        settings.load(path)


def test_only_one_process_of_the_desk_sends(house: House, database_url: str) -> None:
    house.clock.forward(seconds=15)
    other = make_desk(database_url, clock=house.clock)
    assert other.db.become_sender()
    assert house.send().busy
    other.db.close()
    assert house.send().sent == 1


def test_a_sender_that_was_written_off_hands_nothing_over(house: House) -> None:
    house.clock.forward(seconds=15)
    [due] = sends.due(house.desk.db, house.clock())
    attempt = sends.claim(house.desk.db, due, house.clock())
    sends.recover(house.desk.db, house.clock())  # another process took over
    with pytest.raises(Conflict):
        sends.begin_data(house.desk.db, attempt)
    assert house.stage is Stage.APPROVED


def test_the_schema_forbids_a_second_send_of_one_reply(house: House) -> None:
    house.clock.forward(seconds=15)
    house.send()
    [row] = [letters.dossier(house.desk.db, 1).reply]
    assert row is not None
    from triage.store import tables

    with pytest.raises(Exception, match=r"(?i)unique"), house.desk.db.write("cheat") as connection:
        connection.execute(
            tables.attempts.insert().values(reply_id=row.id, phase=Phase.IN_DATA, started_at=house.clock())
        )


def test_required_starttls_fails_closed(monkeypatch: pytest.MonkeyPatch, smtp_sink: SmtpSink) -> None:
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    server = Server(host="127.0.0.1", port=smtp_sink.port, tls="starttls", user="advice", password="env:SINK_PASSWORD")
    outbox = SmtpOutbox(server)
    with pytest.raises(Refused, match="cannot be used"):
        outbox.verify("advice@desk.example")
    assert smtp_sink.logins == []
    outbox.stop()


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_reply_goes_out_over_tls_with_a_trusted_certificate_only(
    tls: str, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    with SmtpSink(tls=tls, user="advice", password="secret") as sink:  # type: ignore[arg-type]
        trusted = Server(
            host=sink.host,
            port=sink.port,
            tls=tls,
            user="advice",
            password="env:SINK_PASSWORD",
            ca_file=str(sink.ca_file),
        )
        strange = SmtpOutbox(replace(trusted, ca_file=""))
        with pytest.raises(Refused):
            strange.verify("advice@desk.example")
        strange.stop()
        outbox = SmtpOutbox(trusted)
        outbox.verify("advice@desk.example")
        outbox.stop()
    assert inbox().smtp.tls == "none"


def test_dots_at_line_starts_and_long_lines_arrive_intact(house: House) -> None:
    deciding.undo(house.desk, 1, ALI)
    body = ".hidden\n..twice\n" + "word " * 400 + "\nGrüße, naïve café 🙂\n\nCarol"
    deciding.revise(house.desk, 1, ALI, subject="Re: dots", body=body, base=1)
    deciding.approve(house.desk, 1, ALI)
    house.clock.forward(seconds=15)
    house.send()
    text = message_from_bytes(house.sink.received[0][2], policy=policy.default).get_content()
    assert text.replace("\r\n", "\n").startswith(body.strip())


def test_a_reply_that_was_called_back_is_not_sent_by_a_pass_that_had_already_begun(house: House) -> None:
    house.clock.forward(seconds=15)
    [stale] = sends.due(house.desk.db, house.clock())
    deciding.undo(house.desk, 1, ALI)
    deciding.revise(house.desk, 1, ALI, subject="Re: x", body="Better words.\n\nCarol", base=1)
    deciding.approve(house.desk, 1, ALI)
    with pytest.raises(Conflict, match="called back"):
        sends.claim(house.desk.db, stale, house.clock())

    house.clock.forward(seconds=15)
    assert house.send().sent == 1
    [(_, _, data)] = house.sink.received
    assert b"Better words." in data


@pytest.mark.parametrize(
    ("answer", "stage"), [("550 Bo\xeete inconnue", Stage.FAILED), ("250 Message accept\xe9", Stage.ANSWERED)]
)
def test_a_server_may_answer_in_any_alphabet(house: House, answer: str, stage: Stage) -> None:
    house.clock.forward(seconds=15)
    house.sink.answers[At.DOT] = answer
    house.send()
    assert house.stage is stage


def test_a_long_outage_is_never_blamed_on_the_readers_address(house: House) -> None:
    house.sink.stop()
    for _ in range(15):
        house.clock.forward(hours=9)
        assert house.send().postponed == 1
    assert house.stage is Stage.APPROVED


def test_one_wrong_sign_in_is_enough_for_all_replies_of_an_account(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = mailbox_with(mail(message_id="<2@reader.example>"))
    box.uidvalidity = 2
    collecting.collect(house.desk, box)
    reading.assess(house.desk)
    reading.draft(house.desk)
    deciding.approve(house.desk, 2, ALI)
    house.clock.forward(seconds=15)
    monkeypatch.setenv("SINK_PASSWORD", "wrong")
    before = house.sink.connections
    for _ in range(5):
        house.send()
        house.clock.forward(seconds=1)
    assert house.sink.connections == before + 1

    monkeypatch.setenv("SINK_PASSWORD", "secret")
    house.clock.forward(minutes=1)
    assert house.send().sent == 2
