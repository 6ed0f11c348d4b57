"""Rows of the fault matrix about mail servers: what is collected, marked, sent and filed while they fail."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cast import NOON, mail
from tests.conftest import MailboxUser
from tests.faults import wire
from tests.faults.house import Ground, House, Nth
from tests.mailbox.mallory import Mallory
from tests.servers import Dovecot, SmtpSink
from triage.desk import collecting
from triage.errors import Temporary
from triage.mailbox.imap import ImapMailbox
from triage.mailbox.memory import MemoryMailbox
from triage.settings import Inbox, Server
from triage.stages import Stage
from triage.store import letters
from triage.store.collected import health

THREE = tuple(
    mail(f"Question {n}: may I pull out?", sender=f"r{n}@reader.example", message_id=f"<{n}@reader.example>")
    for n in range(3)
)
MOST = 80  # commands in one walk; a bound, so that a broken loop ends


def test_a_name_that_nobody_knows_is_asked_again_ever_more_seldom(house: House) -> None:
    nowhere = Server(host="mail.invalid", port=143, tls="none", user="advice", password="env:PATH")
    inbox = Inbox(name="advice", address="advice@desk.example", imap=nowhere, smtp=nowhere, poll_seconds=60)
    house.desk = replace(house.desk, inboxes={"advice": inbox})
    for _ in range(3):
        assert "cannot be reached" in collecting.poll(house.desk, ImapMailbox(inbox)).error
    [found] = health(house.desk.db)
    assert (found.failures, found.kind) == (3, "Temporary")
    assert collecting.rest(found, collecting.LONGEST / 15) > collecting.LONGEST / 15


def test_a_folder_made_anew_with_its_numbers_given_to_other_letters_makes_no_new_drafts(house: House) -> None:
    for letter in THREE:
        house.box.deliver(letter, NOON)
    house.round()
    sent = len(house.office.taken)
    house.box.uidvalidity = 2
    house.box.messages = dict(enumerate([house.box.messages[uid] for uid in (3, 1, 2)], 1))
    house.box.deliver(mail("A new one.", message_id="<new@reader.example>", sender="new@reader.example"), NOON)
    house.collect()
    house.read()
    assert [slip.stage for slip in letters.slips(house.desk.db, [Stage.ANSWERED])] == [Stage.ANSWERED] * 3
    assert len(letters.slips(house.desk.db)) == 4
    house.send()
    assert len(house.office.taken) == sent + 1  # the note to the new reader


def test_the_same_message_id_is_one_letter_with_the_same_content_and_two_with_another(house: House) -> None:
    first, other = mail("May I pull out of it?"), mail("Something else: may I pull out?", sender="b@reader.example")
    for letter in (first, first, other):
        house.box.deliver(letter, NOON)
    house.round()
    assert [slip.stage for slip in letters.slips(house.desk.db)] == [Stage.ANSWERED] * 2
    replies = [recipients for mail_from, recipients, _ in house.office.taken if mail_from]
    assert sorted(replies) == [["b@reader.example"], ["rosa@reader.example"]]


@pytest.mark.parametrize("after_collect", ["flag", "move"])
def test_flagging_and_moving_that_break_off_are_taken_up_where_they_were(house: House, after_collect: str) -> None:
    class BreaksOff(MemoryMailbox):
        left = 2

        def mark_collected(self, uids: Sequence[int]) -> None:
            super().mark_collected(uids[: 1 if self.left else None])
            if self.left:
                self.left -= 1
                raise Temporary("The connection was lost.")

    house.box = BreaksOff("advice", after_collect=after_collect)
    for letter in THREE:
        house.box.deliver(letter, NOON)
    for _ in range(3):
        house.collect()
    assert len(house.box.flagged) + len(house.box.moved) == 3
    house.round()
    assert len(letters.slips(house.desk.db, [Stage.ANSWERED])) == 3


def test_wherever_the_inbox_hangs_up_in_the_middle_of_an_answer_every_letter_comes_once(
    ground: Ground, dovecot: Dovecot, tmp_path: Path
) -> None:
    first = 3 if ground.desk.db.is_sqlite else 5
    for n in range(first, MOST, 5):  # other commands on each database
        user = MailboxUser(f"cut{n}", "a good password")
        dovecot.add_user(user.name, user.password)
        for letter in THREE:
            dovecot.deliver(user.name, letter)
        nth = Nth(n)
        with wire.Cutter(dovecot.port, nth) as line, wire.inbox(dovecot, user, tmp_path, line.port) as box:
            house = House(ground, box=box)
            house.round()
            cut, nth.at = nth.failed, 0
            house.restart()
            house.clock.forward(minutes=2)
            house.round()
            house.check(where=f"the answer to command {n} was cut")
            assert len(letters.slips(house.desk.db, [Stage.ANSWERED])) == 3
            assert len(dovecot.messages(user.name, "Sent")) == 3
        if not cut:
            assert n > 12
            return
    pytest.fail(f"a round has more than {MOST} commands")


@pytest.mark.parametrize("lie", [b"1", b"99999", b"999999999999999999999", b"x"])
def test_a_message_with_a_lying_size_is_put_before_a_person_and_the_next_ones_come(
    house: House, dovecot: Dovecot, mailbox_user: MailboxUser, tmp_path: Path, lie: bytes
) -> None:
    for letter in THREE:
        dovecot.deliver(mailbox_user.name, letter)
    body = re.compile(rb"(UID 2 [^{]*BODY\[\] \{)\d+")
    with (
        Mallory(dovecot.port, lambda said: body.sub(rb"\g<1>" + lie, said)) as mallory,
        wire.inbox(dovecot, mailbox_user, tmp_path, mallory.port) as box,
    ):
        house.box = box
        for _ in range(3):
            house.collect()
    with wire.inbox(dovecot, mailbox_user, tmp_path) as box:
        house.box = box
        house.round()
        house.check()
    stages = [slip.stage for slip in letters.slips(house.desk.db)]
    assert stages.count(Stage.ANSWERED) == 2 and stages.count(Stage.STUCK) == 1


def test_wherever_the_mail_server_hangs_up_in_the_middle_of_an_answer_no_reply_goes_out_twice(ground: Ground) -> None:
    unknown = 0
    for n in range(1, MOST):
        nth = Nth(n)
        with SmtpSink() as sink, wire.Cutter(sink.port, nth) as line:
            office = wire.Office(sink, line.port)
            house = House(ground, office=office)
            house.box.deliver(THREE[0], NOON)
            house.round()
            cut, nth.at = nth.failed, 0
            house.restart()
            house.clock.forward(minutes=11)
            house.round()
            office.stop()
            house.check(where=f"the answer to command {n} was cut")
            stage = house.stage()
            assert stage in (Stage.ANSWERED, Stage.UNKNOWN)
            unknown += stage is Stage.UNKNOWN
        if not cut:
            assert (n > 8, unknown) == (True, 1)  # the answer to the final dot, and no other
            return
    pytest.fail(f"a round has more than {MOST} commands")


def test_a_server_that_hangs_up_after_it_took_a_reply_has_it_and_takes_the_next(ground: Ground) -> None:
    with SmtpSink() as sink:
        office = wire.Office(sink, sink.port)
        house = House(ground, office=office)
        for letter in THREE[:2]:
            house.box.deliver(letter, NOON)
            house.round()
            sink.stop()  # there is no QUIT to be answered any more
            sink.start()
        office.stop()
        house.check()
        assert len(letters.slips(house.desk.db, [Stage.ANSWERED])) == 2
