"""What the desk's pages are told: what has happened lately, and which replies can still be called back."""

from datetime import timedelta

from tests.cast import ALI, ANA, NOON, TestClock, mail, mailbox_with, make_desk
from triage.desk import collecting, deciding, reading
from triage.records import Person
from triage.stages import Stage
from triage.store import news, recall


def test_the_history_is_told_by_id(database_url: str) -> None:
    desk = make_desk(database_url)
    assert (news.latest(desk.db, 10), news.newest(desk.db)) == ([], 0)
    collecting.collect(desk, mailbox_with(mail()))
    reading.assess(desk)
    reading.draft(desk)

    changes = news.latest(desk.db, 2)
    assert [(change.letter, change.verb, change.stage) for change in changes] == [
        (1, "assess", Stage.DRAFTED),
        (1, "draft", Stage.DRAFTED),
    ]
    assert news.newest(desk.db) == changes[-1].id
    desk.db.close()


def test_only_ones_own_replies_that_wait_can_be_called_back(database_url: str) -> None:
    clock = TestClock()
    desk = make_desk(database_url, clock=clock)
    collecting.collect(desk, mailbox_with(*(mail(message_id=f"<{number}@reader.example>") for number in range(4))))
    reading.assess(desk)
    reading.draft(desk)
    ben = Person(id=9, name="ben", role=ALI.role)
    for letter_id, person in ((1, ALI), (2, ben), (3, ALI), (4, ALI)):
        revision = deciding.revise(desk, letter_id, ANA, subject="Re: Thursday", body="Go.\n\nCarol Reyes", base=1)
        deciding.approve(desk, letter_id, person, revision=revision)
        clock.forward(seconds=1)
    deciding.undo(desk, 4, ALI)

    found = recall.recallable(desk.db, "ali", clock())
    assert [(reply.letter_id, reply.reader) for reply in found] == [(1, "Rosa Diaz"), (3, "Rosa Diaz")]
    assert found[0].undo_until == NOON + timedelta(seconds=15)
    clock.forward(seconds=12)
    assert [reply.letter_id for reply in recall.recallable(desk.db, "ali", clock())] == [3]
    desk.db.close()
