"""The figures of the desk: counted right, on both databases, and never so small that they tell who wrote."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.cast import ALI, ANA, CAROL, TestClock, mail, mailbox_with, make_desk
from triage.desk import Desk, collecting, deciding, figures, learning, reading, sending
from triage.desk.figures import Plot
from triage.errors import NotAllowed
from triage.ports import Refused
from triage.records import Receipt, Reply
from triage.store import letters


class Outbox:
    """Takes every reply but the first, which it puts off."""

    def __init__(self) -> None:
        self.tries = 0

    def send(self, reply: Reply, begin_data: object) -> Receipt:
        self.tries += 1
        if self.tries == 1:
            raise Refused("4.2.0 later", code=450, permanent=False)
        begin_data()  # type: ignore[operator]
        return Receipt(code=250, text="ok")

    def close(self) -> None:
        """Nothing is held open."""


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def desk(database_url: str, clock: TestClock) -> Iterator[Desk]:
    desk = make_desk(database_url, clock=clock)
    yield desk
    desk.db.close()


def bring(desk: Desk, *bodies: str, first: int = 1) -> None:
    named = [mail(body, subject="A question", message_id=f"<{n}@x.example>") for n, body in enumerate(bodies, first)]
    box = mailbox_with(*named)
    box.uidvalidity = first
    collecting.collect(desk, box)
    reading.assess(desk)
    reading.draft(desk)


def plots(desk: Desk, days: int = 30) -> dict[str, Plot]:
    return {plot.name: plot for plot in figures.figures(desk, CAROL, days)}


def test_letters_are_counted_on_the_day_they_came(desk: Desk) -> None:
    bring(desk, "May I pull out?", "And my unemployment?", "A digest of the week")
    rows = plots(desk, 7)["letters"].rows
    assert len(rows) == 7
    assert [row.values for row in rows] == [(0, 0)] * 6 + [(2, 0)]
    assert rows[-1].label == "2026-11-23"


def test_a_long_period_is_told_by_the_week(desk: Desk) -> None:
    bring(desk, "May I pull out?")
    rows = plots(desk, 90)["letters"].rows
    assert rows[-1].label == "week of 2026-11-23"
    assert len(rows) == 14
    assert rows[-1].values == (1, 0)


def test_few_letters_of_a_topic_are_not_told(desk: Desk) -> None:
    bring(desk, *(f"May I pull out, {n}?" for n in range(5)), *(f"And unemployment, {n}?" for n in range(4)))
    found = plots(desk)
    assert [(row.label, row.values) for row in found["topics"].rows] == [("withdrawing", (5, 0))]
    assert "unemployment" not in str(found["topics-in-time"])


def test_a_small_count_of_an_earlier_period_is_hidden(desk: Desk, clock: TestClock) -> None:
    bring(desk, *(f"May I pull out, {n}?" for n in range(3)))
    clock.forward(days=40)
    later = replace(desk)
    box = mailbox_with(*(mail(f"May I pull out again, {n}?", message_id=f"<l{n}@x.example>") for n in range(6)))
    box.uidvalidity = 99
    collecting.collect(later, box)
    with desk.db.write("test") as connection:
        from triage.store.tables import letters as table

        connection.execute(table.update().where(table.c.id > 3).values(received_at=clock()))
    reading.assess(later)
    row = plots(desk)["topics"].rows[0]
    assert row.values == (6, None)
    assert figures.table(plots(desk)["topics"])[1] == ["withdrawing", "6", ""]


def test_answers_waits_edits_and_sends(desk: Desk, clock: TestClock) -> None:
    bring(desk, "May I pull out?", "May I pull out, too?")
    for letter_id in (1, 2):
        draft = letters.dossier(desk.db, letter_id).draft
        assert draft is not None
        deciding.revise(
            desk, letter_id, ALI, subject="Re: x", body=f"Dear Rosa,\n\nGo, {letter_id}.", base=draft.revision
        )
        deciding.approve(desk, letter_id, ALI)
    clock.forward(hours=30)
    outbox = Outbox()
    sending.send(desk, lambda _account: outbox)
    clock.forward(hours=1)
    sending.send(desk, lambda _account: outbox)

    found = plots(desk)
    assert sum(row.values[1] or 0 for row in found["letters"].rows) == 2
    waits = {row.label: row.values[0] for row in found["waits"].rows}
    assert waits["within three days"] == 2
    assert "within 3" in found["waits"].told and "hours" in found["waits"].told
    sends = {row.label: row.values[0] for row in found["sends"].rows}
    assert (sends["taken by the mail server"], sends["put off and tried again"]) == (2, 1)
    assert found["edits"].rows[0].label == "withdrawing"
    assert (found["edits"].rows[0].values[0] or 0) > 90


def test_corrections_tell_what_was_missing_and_what_was_wrong(desk: Desk) -> None:
    bring(desk, *(f"May I pull out, {n}?" for n in range(5)))
    for letter_id in range(1, 6):
        learning.decide_topics(desk, letter_id, ["salary"], ANA)
    rows = {row.label: row.values for row in plots(desk)["corrections"].rows}
    assert rows == {"salary": (5, 0), "withdrawing": (0, 5)}


def test_an_apprentice_sees_no_figures(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        figures.figures(desk, ANA, 30)


def test_no_cell_of_the_file_is_taken_for_a_formula() -> None:
    plot = Plot("x", "=1+1", "", "bars", ("@sum",), (figures.Row("-2+3", (1.0,)),))
    assert figures.table(plot) == [["'=1+1", "'@sum"], ["'-2+3", "1"]]
