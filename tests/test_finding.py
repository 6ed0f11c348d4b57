"""Finding letters: lists in pages, filters, search, and where one stopped. On both databases."""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from tests.cast import ALI, ANA, FOUNDING, NOON, TestClock, mail, mailbox_with, make_desk
from triage import stages
from triage.cli import triage
from triage.desk import Desk, collecting, deciding, reading
from triage.records import Slip
from triage.stages import Role, Stage
from triage.store import finding, letters, people, stopping, tables
from triage.store.filters import NOBODY, Filters
from triage.store.finding import Page
from triage.store.places import Mark, place

HOSTILE = {
    "a quotation mark": '"',
    "an open phrase": '"second interview',
    "AND": "AND",
    "NEAR(": "NEAR(interview accounting, 2",
    "NOT alone": "NOT",
    "a star": "*",
    "a column": "subject: interview",
    "a minus": "-interview",
    "brackets": "((((",
    "tsquery": "interview & | ! <-> :*",
    "an emoji": "\N{GRINNING FACE}",
    "a word and an emoji": "interview \N{GRINNING FACE}",
    "10 kB of one word": "x" * 10_000,
    "10 kB of words": "interview " * 1_000,
    "10 kB of quotation marks": '"' * 10_000,
    "NUL": "inter\0view",
    "a mark": "\x02interview\x03",
    "a surrogate that stands alone": "\udcff",
    "nothing": "   ",
    "SQL": "'; DROP TABLE letters; --",
}
_numbers = itertools.count(1)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = make_desk(database_url, clock=TestClock())
    yield desk
    desk.db.close()


def bring(desk: Desk, *messages: bytes) -> None:
    """Let letters arrive, be read and be drafted."""
    box = mailbox_with(*messages)
    box.uidvalidity = next(_numbers)
    collecting.collect(desk, box)
    reading.assess(desk)
    reading.draft(desk)


def rosas(desk: Desk, *bodies: str) -> None:
    """Letters from rosa, an hour apart, the first of them letter 1."""
    for number, body in enumerate(bodies, 1):
        bring(desk, mail(body, subject=f"Letter {number}", message_id=f"<{number}@reader.example>"))
        put(desk, number, received_at=NOON + timedelta(hours=number))


def put(desk: Desk, letter_id: int, **values: Any) -> None:
    """Change columns of a letter, and its place with them."""
    with desk.db.write("test") as connection:
        here = tables.letters.c.id == letter_id
        connection.execute(sa.update(tables.letters).where(here).values(**values))
        row = connection.execute(sa.select(tables.letters).where(here)).one()
        at = place(risk=row.risk, urgency=row.urgency, deadline=row.deadline, received_at=row.received_at)
        connection.execute(sa.update(tables.letters).where(here).values(place=at))


def walk(ask: Callable[[str], Page]) -> list[int]:
    """Every letter of a list, page after page."""
    found, page = [], ask("")
    while True:
        assert page.slips
        found += [slip.id for slip in page.slips]
        if not page.after:
            return found
        page = ask(page.after)


def ids(slips: tuple[Slip, ...]) -> list[int]:
    return [slip.id for slip in slips]


# ------------------------------------------------------------------ the queue and the lists


def test_the_queue_is_walked_page_by_page_and_every_letter_is_in_it_once(desk: Desk) -> None:
    rosas(desk, *[FOUNDING] * 9)
    put(desk, 1, stage=Stage.DECLINED)
    put(desk, 2, stage=Stage.STUCK)
    put(desk, 3, risk="R3")  # drafted by a person
    put(desk, 4, stage=Stage.HELD, risk="R2")
    put(desk, 6, urgency="U3")
    put(desk, 7, deadline=NOON.date())
    put(desk, 8, stage=Stage.ANSWERED)
    put(desk, 9, stage=Stage.UNKNOWN)

    for limit in (1, 2, 3, 50):
        pages = walk(lambda after, limit=limit: finding.queue(desk.db, after=after, limit=limit))  # type: ignore[misc]
        # danger, then what cannot go on without a person, then what is to be signed, then what was declined
        assert pages == [3, 4, 2, 9, 6, 7, 5, 1], limit


def test_what_is_answered_meanwhile_does_not_shift_the_next_page(desk: Desk) -> None:
    rosas(desk, *[FOUNDING] * 4)
    first = finding.queue(desk.db, limit=2)
    put(desk, 1, stage=Stage.ANSWERED)
    put(desk, 2, stage=Stage.DECLINED)

    assert ids(finding.queue(desk.db, after=first.after, limit=2).slips) == [3, 4]


def test_the_answered_are_walked_the_newest_first(desk: Desk) -> None:
    rosas(desk, *[FOUNDING] * 5)
    for number in range(1, 6):
        put(desk, number, stage=Stage.ANSWERED)
    put(desk, 2, received_at=NOON + timedelta(hours=3))  # at the same moment as the third

    for limit in (1, 2, 5):
        ask = lambda after, limit=limit: finding.newest(desk.db, Stage.ANSWERED, after=after, limit=limit)  # noqa: E731
        assert walk(ask) == [5, 4, 3, 2, 1], limit


@pytest.mark.parametrize(
    "after", ["x", "1", "9-9-9", "0-1-", "-" * 5000, "1--1", "0-2-1\n", "\0", "99999999999999-1-1"]
)
def test_a_page_after_nowhere_is_the_first_page(desk: Desk, after: str) -> None:
    rosas(desk, FOUNDING)
    put(desk, 1, risk="R1")
    assert ids(finding.queue(desk.db, after=after).slips) == [1]
    put(desk, 1, stage=Stage.ANSWERED)
    assert ids(finding.newest(desk.db, Stage.ANSWERED, after=after).slips) == [1]


def test_a_list_is_narrowed_by_topic_stage_inbox_person_and_risk(desk: Desk) -> None:
    rosas(desk, "May I pull out?", "My unemployment ended.", "May I pull out, and what of my unemployment?", "Hello")
    put(desk, 1, assigned_to="ali")
    put(desk, 2, taken_by="ali", account="work")
    put(desk, 3, risk="R1", assigned_to="ana")
    put(desk, 4, stage=Stage.DECLINED)

    def found(**chosen: Any) -> list[int]:
        return ids(finding.queue(desk.db, filters=Filters(**chosen)).slips)

    assert found(topic="withdrawing") == [1, 3]
    assert found(topic="unemployment", person="ali") == [2]
    assert found(stage=Stage.DECLINED) == [4]
    assert found(account="work") == [2]
    assert found(person="ali") == [1, 2]
    assert found(person=NOBODY) == [4]
    assert found(risk="R1") == [3]
    assert found(risk="R1", person="ali") == []


def test_the_letter_after_is_the_next_in_the_queue_and_after_the_last_the_first(desk: Desk) -> None:
    rosas(desk, *[FOUNDING] * 3)

    def after(letter_id: int, **chosen: Any) -> int | None:
        slip = letters.after(desk.db, letter_id, Filters(**chosen))
        return slip.id if slip else None

    assert [after(1), after(2), after(3), after(99)] == [2, 3, 1, 1]
    put(desk, 2, stage=Stage.ANSWERED)
    assert [after(1), after(2), after(3)] == [3, 3, 1]
    put(desk, 3, assigned_to="ali")
    assert [after(1, person="ali"), after(3, person="ali")] == [3, None]
    put(desk, 1, stage=Stage.LET_GO)
    assert after(3) is None


def test_the_letters_of_one_address_are_found_the_newest_first(desk: Desk) -> None:
    rosas(desk, *[FOUNDING] * 4)
    bring(desk, mail(sender="Mallory <mallory@evil.example>", message_id="<5@evil.example>"))
    put(desk, 2, stage=Stage.ANSWERED)

    assert ids(finding.by_sender(desk.db, "rosa@reader.example", but=3, limit=9)) == [4, 2, 1]
    assert ids(finding.by_sender(desk.db, "rosa@reader.example", but=3, limit=2)) == [4, 2]
    put(desk, 1, sender_email="")
    put(desk, 2, sender_email="")
    assert finding.by_sender(desk.db, "", but=1) == ()


def test_letters_are_counted_up_to_a_number(desk: Desk) -> None:
    rosas(desk, *[FOUNDING] * 3)
    put(desk, 1, stage=Stage.ANSWERED)

    assert letters.counts(desk.db) == dict.fromkeys(Stage, 0) | {Stage.DRAFTED: 2, Stage.ANSWERED: 1}
    assert letters.counts(desk.db, most=1)[Stage.DRAFTED] == 1


# ------------------------------------------------------------------ search


def test_a_letter_is_found_by_its_words_its_subject_its_reader_and_its_reply(desk: Desk) -> None:
    rosas(desk, FOUNDING)
    bring(
        desk, mail("Hello", subject="Overqualified", sender="Ben Ito <b.ito@jobs.example>", message_id="<2@x.example>")
    )
    deciding.revise(desk, 2, ALI, subject="s", body="Call the apprenticeship office.", base=1)

    def found(words: str) -> list[int]:
        return [hit.slip.id for hit in finding.search(desk.db, words).hits]

    assert found("accounting") == [1]
    assert found("OVERQUALIFIED") == [2]
    assert found("rosa diaz") == [1]
    assert found("b.ito@jobs.example") == [2]
    assert found("B.Ito@Jobs.example") == [2]
    assert found("apprenticeship") == [2]
    assert found("apprenticeship ito") == [2]  # one word in the reply, one in the reader's name
    assert found("apprenticeship accounting") == []
    assert found("interviews pulled") == [1]  # in another form
    assert found('"accounting experience"') == [1]
    assert found("“accounting experience”") == [1]
    assert found('"experience accounting"') == []


def test_hits_are_marked_and_the_excerpt_says_whether_it_is_of_the_reply(desk: Desk) -> None:
    rosas(desk, "I begin here. " * 200 + FOUNDING)
    deciding.revise(desk, 1, ALI, subject="s", body="Dear Rosa, ask the apprenticeship office.", base=1)

    (asked,) = finding.search(desk.db, "accounting").hits
    (answered,) = finding.search(desk.db, "apprenticeship").hits
    (named,) = finding.search(desk.db, "letter").hits

    assert ("accounting", True) in asked.excerpt
    assert not asked.in_reply
    assert 20 < len("".join(text for text, _ in asked.excerpt)) < 800
    assert ("apprenticeship", True) in answered.excerpt
    assert answered.in_reply
    assert named.subject == (("Letter", True), (" 1", False))
    assert "".join(text for text, _ in named.excerpt).startswith("I begin here.")


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_whatever_is_looked_for_never_fails(desk: Desk, words: str) -> None:
    rosas(desk, FOUNDING)
    found = finding.search(desk.db, words)
    assert len(found.hits) == found.total <= 1


@pytest.mark.parametrize("words", ["interview \N{GRINNING FACE}", '"interview', "interview*", "\x02interview\x03"])
def test_what_is_no_word_is_passed_over(desk: Desk, words: str) -> None:
    rosas(desk, FOUNDING)
    assert finding.search(desk.db, words).total == 1


def test_words_that_mean_something_to_a_database_are_words(desk: Desk) -> None:
    rosas(desk, "Is NEAR a good firm?", "I am far away.")
    assert [hit.slip.id for hit in finding.search(desk.db, "NEAR").hits] == [1]
    assert finding.search(desk.db, "firm OR far").total == 0
    assert finding.search(desk.db, "-firm").total == 1


def test_what_was_found_comes_in_pages_the_best_first(desk: Desk) -> None:
    rosas(desk, *["My interview."] * 4, "About my garden.")
    put(desk, 3, stage=Stage.ANSWERED)
    bring(desk, mail("Hello", subject="Interview, interview", message_id="<6@reader.example>"))

    seen, after = [], 0
    while True:
        page = finding.search(desk.db, "interview", after=after, limit=2)
        assert page.total == 5
        seen += [hit.slip.id for hit in page.hits]
        if not page.after:
            break
        after = int(page.after)
    assert seen[0] == 6  # in the subject, and twice
    assert sorted(seen[1:]) == [1, 2, 3, 4]
    assert [
        hit.slip.id for hit in finding.search(desk.db, "interview", filters=Filters(stage=Stage.ANSWERED)).hits
    ] == [3]


def test_of_very_many_letters_with_a_word_the_newest_are_looked_through(desk: Desk) -> None:
    rosas(desk, "A plum.")
    many = range(2, finding.LOOKED_THROUGH + 2)
    with desk.db.write("test") as connection:
        row = dict(connection.execute(sa.select(tables.letters)).mappings().one())
        connection.execute(sa.insert(tables.letters), [row | {"id": n, "digest": f"{n}"} for n in many])
        texts = {"subject": "", "sender": "", "body": "A plum.", "reply": ""}
        connection.execute(sa.insert(tables.search_texts), [texts | {"letter_id": n} for n in many])

    found = finding.search(desk.db, "plum")

    assert found.more
    assert found.total == finding.LOOKED_THROUGH
    put(desk, 1, stage=Stage.HELD)
    assert [hit.slip.id for hit in finding.search(desk.db, "plum", filters=Filters(stage=Stage.HELD)).hits] == [1]


# ------------------------------------------------------------------ where one stopped


def test_a_person_is_told_where_and_when_she_stopped_and_what_came_since(desk: Desk) -> None:
    for name in ("carol", "ali", "ana"):
        people.add(desk.db, name, Role.ADVISOR, "", NOON)
    rosas(desk, FOUNDING, FOUNDING)
    clock = desk.clock
    assert isinstance(clock, TestClock)
    clock.forward(hours=9)
    assert stopping.stop_here(desk.db, 1, ANA, clock())
    stopped_at = clock()
    clock.forward(hours=12)
    bring(desk, mail(message_id="<3@reader.example>"), mail(message_id="<4@reader.example>"))
    put(desk, 3, received_at=clock())
    put(desk, 4, received_at=clock(), stage=Stage.ASIDE)

    stopped = stopping.stopped(desk.db, ANA)

    assert stopped is not None
    assert (stopped.at, stopped.new, stopped.mark.letter_id) == (stopped_at, 1, 1)
    assert stopped.mark < Mark.read(finding.queue(desk.db, limit=2).after)  # type: ignore[operator]
    assert stopping.stopped(desk.db, ALI) is None
    assert not stopping.stop_here(desk.db, 99, ANA, clock())
    clock.forward(hours=1)
    assert stopping.stop_here(desk.db, 2, ANA, clock())
    again = stopping.stopped(desk.db, ANA)
    assert again is not None
    assert (again.at, again.new, again.mark.letter_id) == (clock(), 0, 2)


# ------------------------------------------------------------------ speed, without a clock


def test_no_list_reads_a_whole_table(sqlite_url: str) -> None:
    desk = make_desk(sqlite_url, clock=TestClock())
    people.add(desk.db, "ana", Role.APPRENTICE, "", NOON)
    rosas(desk, FOUNDING, FOUNDING)
    asked: list[tuple[str, Any]] = []
    sa.event.listen(
        desk.db.engine, "before_cursor_execute", lambda _c, _cur, sql, values, *_: asked.append((sql, values))
    )

    page = finding.queue(desk.db, limit=1, filters=Filters(topic="withdrawing", person="ali"))
    finding.queue(desk.db, limit=1, after=page.after)
    finding.newest(desk.db, Stage.ANSWERED, after="1-1", filters=Filters(risk="R1"))
    finding.by_sender(desk.db, "rosa@reader.example", but=1)
    finding.search(desk.db, "interview", filters=Filters(stage=Stage.DRAFTED))
    letters.after(desk.db, 1)
    letters.counts(desk.db)
    letters.dossier(desk.db, 1)
    stopping.stop_here(desk.db, 1, ANA, NOON)
    stopping.stopped(desk.db, ANA)

    reads = [(sql, values) for sql, values in asked if sql.startswith("SELECT")]
    assert len(reads) > 20
    with desk.db.read() as connection:
        for sql, values in reads:
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values):
                for table in ("letters", "letter_topics", "search_texts", "replies", "drafts", "audit", "attempts"):
                    assert step.detail != f"SCAN {table}", sql
    desk.db.close()


# ------------------------------------------------------------------ the command line


def test_the_command_line_narrows_and_searches(tmp_path: Any) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f"""[desk]
database = "sqlite:///{tmp_path}/triage.db"
[[inbox]]
name = "advice"
address = "advice@desk.example"
[inbox.imap]
host = "127.0.0.1"
port = 1
tls = "none"
[inbox.smtp]
host = "127.0.0.1"
port = 1
tls = "none"
"""
    )
    desk = make_desk(f"sqlite:///{tmp_path}/triage.db", clock=TestClock())
    rosas(desk, "May I pull out?", "My unemployment ended.", "About a garden.")
    put(desk, 1, assigned_to="ali")
    put(desk, 2, risk="R1")
    desk.db.close()

    def listed(*options: str) -> list[str]:
        result = CliRunner().invoke(triage, ["--config", str(config), "letters", *options])
        assert result.exit_code == 0, result.output
        return [line.split()[0] for line in result.stdout.splitlines() if line[:6].strip().isdigit()]

    assert listed() == ["1", "2", "3"]
    assert listed("--topic", "unemployment") == ["2"]
    assert listed("--risk", "R1") == ["2"]
    assert listed("--assigned", "ali") == ["1"]
    assert listed("--assigned", "nobody") == ["2", "3"]
    assert listed("--search", "gardens") == ["3"]
    assert listed("--search", "gardens", "--risk", "R1") == []
    assert listed("--stage", "held") == []
    unknown = CliRunner().invoke(triage, ["--config", str(config), "letters", "--topic", "gardening"])
    assert unknown.exit_code == 1
    assert "There is no topic 'gardening'" in unknown.output


def test_every_stage_that_a_person_looks_at_is_in_the_queue(desk: Desk) -> None:
    rosas(desk, *[FOUNDING] * len(Stage))
    for number, stage in enumerate(Stage, 1):
        put(desk, number, stage=stage)
    assert {slip.stage for slip in finding.queue(desk.db).slips} == set(stages.FOR_PEOPLE)
