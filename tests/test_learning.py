"""What people decide letters are about, and what the desk learns from it, on SQLite and on PostgreSQL."""

import itertools
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from tests.cast import ALI, ANA, CAROL, FOUNDING, NOON, TestClock, WordAssessor, WordTeacher, mail, mailbox_with
from tests.cast import make_desk as new_desk
from tests.service import until
from triage import settings, wiring
from triage.cli import triage
from triage.desk import Desk, collecting, deciding, handing, learning, reading
from triage.errors import Conflict, TriageError
from triage.lessons import Learned, Lesson
from triage.records import Assessment, Dossier, Draft, Letter
from triage.schedule import Schedule
from triage.stages import Role, Stage
from triage.store import learning as store
from triage.store import letters, people, tables

SPREADSHEETS = "Nobody answers my spreadsheets.\n\nRosa"
_numbers = itertools.count(1)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = new_desk(database_url)
    yield desk
    desk.db.close()


def bring(desk: Desk, *bodies: str) -> None:
    """Let letters arrive, be read and be drafted."""
    ids = (f"<{next(_numbers)}@reader.example>" for _ in bodies)
    box = mailbox_with(
        *(mail(body, subject="Dear Carol", message_id=name) for body, name in zip(bodies, ids, strict=True))
    )
    box.uidvalidity = next(_numbers)
    collecting.collect(desk, box)
    reading.assess(desk)
    reading.draft(desk)


def the_letter(desk: Desk, letter_id: int = 1) -> Dossier:
    return letters.dossier(desk.db, letter_id)


def the_draft(desk: Desk, letter_id: int = 1) -> Draft:
    draft = the_letter(desk, letter_id).draft
    assert draft is not None
    return draft


def taught(desk: Desk, topic: str = "resume", number: int = 4) -> None:
    """Letters about spreadsheets, which the machine cannot place, and what ana says of them."""
    first = len(letters.slips(desk.db)) + 1
    bring(desk, *(f"{SPREADSHEETS} {n}" for n in range(number)))
    for letter_id in range(first, first + number):
        learning.decide_topics(desk, letter_id, [topic], ANA)


# ------------------------------------------------------------------ setting topics


def test_ana_sets_the_topics_and_the_draft_follows(desk: Desk) -> None:
    bring(desk, FOUNDING)
    machine = the_letter(desk).assessment

    assert learning.decide_topics(desk, 1, ["resume", "unemployment"], ANA) == 2

    after = the_letter(desk)
    assert after.assessment == machine
    assert after.slip.topics == ("resume", "unemployment")
    assert after.decision is not None
    assert (after.decision.topics, after.decision.person) == (("resume", "unemployment"), "ana")
    assert (after.decision.origin, after.decision.made_at) == ("corrected", NOON)
    draft = the_draft(desk)
    assert (draft.revision, draft.author) == (2, "triage")
    assert {reference.partition("@")[0] for reference in draft.templates} == {"resume", "unemployment"}
    assert [(row.who, row.verb, row.revision) for row in after.history[-2:]] == [
        ("ana", "topics", None),
        ("triage", "draft", 2),
    ]
    assert after.history[-2].why == "resume, unemployment"


def test_topics_set_before_the_draft_is_written_are_drafted_on(desk: Desk) -> None:
    collecting.collect(desk, mailbox_with(mail()))
    reading.assess(desk)

    assert learning.decide_topics(desk, 1, ["salary"], ALI) == 0
    reading.draft(desk)

    assert the_draft(desk).templates[0].startswith("salary@")
    assert the_draft(desk).revision == 1


def test_a_draft_made_from_topics_that_were_set_meanwhile_is_made_again(desk: Desk) -> None:
    class Slow(type(desk.templates)):  # type: ignore[misc]
        """Templates that are put together so slowly that somebody sets the topics meanwhile."""

        def of(self, topic: str) -> object:
            if the_letter(desk).decision is None:
                learning.decide_topics(desk, 1, ["salary"], ANA)
            return super().of(topic)

    collecting.collect(desk, mailbox_with(mail()))
    reading.assess(desk)
    templates = desk.templates
    slow = replace(desk, templates=Slow(*(getattr(templates, name) for name in type(templates).__slots__)))

    assert reading.draft(slow) == 0
    assert the_letter(desk).slip.stage is Stage.ASSESSED
    assert reading.draft(desk) == 1
    assert "pay" in the_draft(desk).body


def test_a_persons_own_words_are_never_written_over(desk: Desk) -> None:
    bring(desk, FOUNDING)
    deciding.revise(desk, 1, ANA, subject="Re: x", body="My own words.\n\nCarol", base=1)

    assert learning.decide_topics(desk, 1, ["resume"], ANA) == 0

    assert the_draft(desk).body == "My own words.\n\nCarol"
    assert the_letter(desk).slip.topics == ("resume",)


def test_a_declined_draft_is_written_anew_with_other_topics(desk: Desk) -> None:
    bring(desk, FOUNDING)
    deciding.decline(desk, 1, ALI, "it is about her resume")

    learning.decide_topics(desk, 1, ["resume"], ALI)

    assert the_letter(desk).slip.stage is Stage.DRAFTED
    for before, after in itertools.pairwise(the_letter(desk).history):
        assert before.after == after.before


@pytest.mark.parametrize("verb", [deciding.let_go, deciding.set_aside])
def test_a_letter_that_comes_back_has_the_draft_of_its_topics(desk: Desk, verb: object) -> None:
    bring(desk, FOUNDING)
    verb(desk, 1, ALI)  # type: ignore[operator]
    stage = the_letter(desk).slip.stage
    learning.decide_topics(desk, 1, ["resume"], ALI)
    assert the_letter(desk).slip.stage is stage

    deciding.bring_back(desk, 1, ALI)

    assert the_draft(desk).templates[0].startswith("resume@")


def test_a_held_letter_gets_topics_and_still_no_draft(desk: Desk) -> None:
    bring(desk, "I see no point anymore.")

    assert learning.decide_topics(desk, 1, ["wellbeing"], ALI) == 0

    held = the_letter(desk)
    assert (held.slip.stage, held.draft, held.slip.topics) == (Stage.HELD, None, ("wellbeing",))


def test_no_topic_says_that_it_is_about_none_of_them(desk: Desk) -> None:
    bring(desk, FOUNDING)
    learning.decide_topics(desk, 1, [], ALI)
    assert the_letter(desk).slip.topics == ()
    assert the_draft(desk).templates[0].startswith("unclear@")
    assert [lesson.topics for lesson in learning.lessons(desk)] == [()]


def test_saying_the_same_again_changes_nothing(desk: Desk) -> None:
    bring(desk, FOUNDING)
    learning.decide_topics(desk, 1, ["resume", "resume"], ANA, [("resume", 0, 6)])
    before = the_letter(desk)

    assert learning.decide_topics(desk, 1, ["resume"], ALI, [("resume", 0, 6)]) == 0
    assert the_letter(desk) == before
    learning.decide_topics(desk, 1, ["resume"], ALI, [("resume", 7, 11)])
    assert the_letter(desk).decision != before.decision


@pytest.mark.parametrize(
    ("topics", "evidence", "words"),
    [
        (["cooking"], (), "no topic named 'cooking'"),
        (["unclear"], (), "no topic named 'unclear'"),
        (["resume", "salary", "offer", "quitting"], (), "at most 3 topics"),
        (["resume"], (("salary", 0, 5),), "not among the topics"),
        (["resume"], (("resume", 0, len(FOUNDING) + 1),), "outside the letter"),
        (["resume"], (("resume", -1, 5),), "outside the letter"),
        (["resume"], (("resume", 5, 5),), "outside the letter"),
    ],
)
def test_what_cannot_be_is_refused_in_plain_words(
    desk: Desk, topics: list[str], evidence: tuple[tuple[str, int, int], ...], words: str
) -> None:
    bring(desk, FOUNDING)
    before = the_letter(desk)
    with pytest.raises(Conflict, match=f"{words}.* Next: "):
        learning.decide_topics(desk, 1, topics, ALI, evidence)
    assert the_letter(desk) == before


def test_a_letter_that_nobody_has_read_has_no_topics_yet(desk: Desk) -> None:
    collecting.collect(desk, mailbox_with(mail()))
    with pytest.raises(Conflict, match="not been read yet"):
        learning.decide_topics(desk, 1, ["resume"], ALI)
    with pytest.raises(Conflict, match="no letter 7"):
        learning.decide_topics(desk, 7, ["resume"], ALI)


def test_two_people_at_once_do_not_overwrite_each_other_unseen(desk: Desk) -> None:
    bring(desk, FOUNDING)
    seen = the_letter(desk).slip
    learning.decide_topics(desk, 1, ["resume"], ANA)
    late = replace(the_letter(desk).decision, person="ali", topics=("salary",))  # type: ignore[type-var]
    with pytest.raises(Conflict, match="moment ago"):
        store.decide(desk.db, late, seen=seen, draft=None)  # type: ignore[arg-type]
    assert the_letter(desk).slip.topics == ("resume",)


# ------------------------------------------------------------------ approvals


def test_approving_a_draft_says_that_its_topics_were_right(desk: Desk) -> None:
    bring(desk, FOUNDING)
    deciding.approve(desk, 1, ALI)

    decision = the_letter(desk).decision
    assert decision is not None
    assert (decision.origin, decision.person) == ("approved", "ali")
    assert decision.topics == ("withdrawing", "unemployment")
    assert decision.evidence == ()  # the sentences were the machine's guess; nobody pointed at them
    assert [lesson.topics for lesson in learning.lessons(desk)] == [("withdrawing", "unemployment")]


def test_an_approval_says_nothing_of_a_topic_that_the_draft_left_in_doubt(desk: Desk) -> None:
    class Doubting(WordAssessor):
        """Reads as `WordAssessor` does, and is hardly sure of any further topic."""

        def assess(self, letter: Letter) -> Assessment:
            found = super().assess(letter)
            return replace(found, topics=(found.topics[0], *(replace(score, score=0.4) for score in found.topics[1:])))

    doubting = replace(desk, assessor=Doubting())
    bring(doubting, FOUNDING)
    assert the_letter(desk).slip.topics == ("withdrawing", "unemployment")

    deciding.approve(doubting, 1, ALI)

    decision = the_letter(desk).decision
    assert decision is not None
    assert decision.topics == ("withdrawing",)


def test_an_approval_does_not_overrule_what_somebody_said_outright(desk: Desk) -> None:
    bring(desk, FOUNDING)
    deciding.revise(desk, 1, ANA, subject="Re: x", body="My own words.\n\nCarol", base=1)
    learning.decide_topics(desk, 1, ["resume"], ANA)
    deciding.approve(desk, 1, ALI)

    assert [lesson.topics for lesson in learning.lessons(desk)] == [("resume",)]
    with desk.db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.decisions)) == 1


def test_an_approval_of_somebodys_own_words_teaches_nothing(desk: Desk) -> None:
    bring(desk, FOUNDING)
    deciding.revise(desk, 1, ANA, subject="Re: x", body="Hello,\n\nAsk them for the pay first.\n\nCarol", base=1)
    deciding.approve(desk, 1, ALI)
    assert learning.lessons(desk) == []


def test_an_approval_that_was_called_back_teaches_nothing_until_the_next_one(desk: Desk) -> None:
    bring(desk, FOUNDING)
    deciding.approve(desk, 1, ALI)
    deciding.undo(desk, 1, ALI)
    assert (learning.lessons(desk), store.fresh(desk.db)) == ([], 0)

    deciding.approve(desk, 1, CAROL)
    assert (len(learning.lessons(desk)), store.fresh(desk.db)) == (1, 1)


def test_an_approval_that_fails_leaves_no_decision(desk: Desk) -> None:
    bring(desk, FOUNDING)
    deciding.approve(desk, 1, ALI)
    deciding.undo(desk, 1, ALI)
    with desk.db.write("forget") as connection:
        connection.execute(sa.delete(tables.decisions))
    with desk.db.read() as connection:
        reply = connection.execute(sa.select(tables.replies)).one()

    taken = replace(desk, token=lambda: reply.message_id.split(".")[2].split("@")[0])  # the same Message-ID again
    with pytest.raises(sa.exc.IntegrityError):
        deciding.approve(taken, 1, ALI)
    assert the_letter(desk).decision is None


@pytest.mark.parametrize("body", ["I see no point anymore.", "Hello there."])
def test_the_answer_to_a_held_letter_or_one_without_topics_teaches_nothing(desk: Desk, body: str) -> None:
    bring(desk, body)
    base = draft.revision if (draft := the_letter(desk).draft) else 0
    deciding.revise(desk, 1, ALI, subject="Your letter", body="I read your letter.\n\nAli", base=base)
    if the_letter(desk).slip.risk == "R3":
        handing.take(desk, 1, ALI)  # a held letter is signed by the one who looks after it
    deciding.approve(desk, 1, ALI)

    assert the_letter(desk).decision is None
    assert learning.lessons(desk) == []


# ------------------------------------------------------------------ learning


def test_a_lesson_is_the_letter_and_the_newest_decision_on_it(desk: Desk) -> None:
    bring(desk, FOUNDING)
    learning.decide_topics(desk, 1, ["salary"], ANA)
    learning.decide_topics(desk, 1, ["resume"], ALI, [("resume", 0, 6)])

    assert learning.lessons(desk) == [
        Lesson(
            letter_id=1,
            subject="Dear Carol",
            body=FOUNDING,
            topics=("resume",),
            evidence=(("resume", 0, 6),),
        )
    ]


def test_what_carol_and_ana_decide_is_learned_and_the_next_letter_is_read_with_it(desk: Desk) -> None:
    taught(desk)
    version = learning.learn(desk, WordTeacher(), least=4)

    assert version is not None
    assert (version.number, version.lessons, version.promoted, version.in_use) == (1, 4, True, True)
    assert version.after > version.before
    bring(desk, "What about spreadsheets.")
    assert the_letter(desk, 5).slip.topics == ("resume",)
    assert the_letter(desk, 1).assessment is not None
    assert the_letter(desk, 1).assessment.topics == ()  # type: ignore[union-attr]


def test_it_waits_for_enough_letters_with_a_new_decision(desk: Desk) -> None:
    taught(desk)
    learning.decide_topics(desk, 1, ["salary"], ALI)  # once more on the same letter: still four letters
    assert learning.learn(desk, WordTeacher(), least=5) is None
    assert learning.learn(desk, WordTeacher(), least=4) is not None
    assert learning.learn(desk, WordTeacher(), least=1) is None
    learning.decide_topics(desk, 2, ["salary"], ALI)
    second = learning.learn(desk, WordTeacher(), least=1)
    assert second is not None
    assert (second.number, second.lessons) == (2, 4)  # it learned from all of them


def test_with_nothing_decided_there_is_nothing_to_learn(desk: Desk) -> None:
    bring(desk, FOUNDING)
    assert learning.learn(desk, WordTeacher(), least=0) is None
    assert store.versions(desk.db) == []


class Worse(WordTeacher):
    """A teacher who finds that letters would be read worse."""

    def learn(self, lessons: Sequence[Lesson]) -> Learned:
        return replace(super().learn(lessons), better=False)


def test_a_version_that_is_worse_is_kept_and_not_used(desk: Desk) -> None:
    taught(desk)
    version = learning.learn(desk, Worse(), least=1)

    assert version is not None
    assert (version.promoted, version.in_use, store.in_use(desk.db)) == (False, False, 0)
    bring(desk, "What about spreadsheets.")
    assert the_letter(desk, 5).slip.topics == ()
    learning.use(desk, 1)
    bring(desk, "What about my spreadsheets.")
    assert the_letter(desk, 6).slip.topics == ("resume",)


def test_the_bell_does_not_overrule_carol_who_went_back(desk: Desk) -> None:
    taught(desk)
    learning.learn(desk, WordTeacher(), least=1)
    learning.use(desk, 0)
    taught(desk)
    learning.learn(desk, WordTeacher(), least=1)
    assert store.in_use(desk.db) == 0
    learning.learn(desk, WordTeacher(), least=0)
    assert store.in_use(desk.db) == 3


def test_one_can_go_back_to_any_version_and_to_the_pipeline_as_it_came(desk: Desk) -> None:
    taught(desk, "resume")
    learning.learn(desk, WordTeacher(), least=1)
    for letter_id in range(1, 5):
        learning.decide_topics(desk, letter_id, ["networking"], ALI)
    learning.learn(desk, WordTeacher(), least=1)

    read = {}
    for number in (2, 1, 0, 2):
        learning.use(desk, number)
        bring(desk, f"More spreadsheets. {next(_numbers)}")
        read[number] = letters.slips(desk.db, newest_first=True)[0].topics
    assert read == {2: ("networking",), 1: ("resume",), 0: ()}
    assert [(v.number, v.in_use) for v in store.versions(desk.db)] == [(1, False), (2, True)]
    with pytest.raises(Conflict, match="no version 3"):
        learning.use(desk, 3)
    assert store.in_use(desk.db) == 2


def test_the_choice_survives_a_restart_and_reaches_other_processes(database_url: str) -> None:
    one, other = new_desk(database_url), new_desk(database_url)
    taught(one)
    learning.learn(one, WordTeacher(), least=1)

    bring(other, "What about spreadsheets.")
    assert the_letter(other, 5).slip.topics == ("resume",)
    learning.use(one, 0)
    bring(other, "What about spreadsheets, again.")
    assert the_letter(other, 6).slip.topics == ()
    one.db.close()
    other.db.close()


def test_nothing_is_adopted_while_there_is_nothing_to_read(database_url: str) -> None:
    one, other = new_desk(database_url), new_desk(database_url)
    taught(one)
    learning.learn(one, WordTeacher(), least=1)

    reading.assess(other)
    assert other.adopted.version == 0
    one.db.close()
    other.db.close()


class Broken(WordTeacher):
    """A teacher in whom something breaks, with a letter's words in the error."""

    def learn(self, lessons: Sequence[Lesson]) -> Learned:
        raise RuntimeError(lessons[0].body)


def test_a_teacher_who_fails_changes_nothing_and_tells_no_letter(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    taught(desk)
    with caplog.at_level(logging.INFO):
        assert learning.learn(desk, Broken(), least=1) is None
    assert "kind=RuntimeError" in caplog.text
    assert "spreadsheets" not in caplog.text
    assert (store.versions(desk.db), store.fresh(desk.db)) == ([], 4)


class Stubborn(WordAssessor):
    """Cannot make anything of what was learned."""

    def adopt(self, data: bytes | None, version: int) -> None:
        raise ValueError("odd bytes")


def test_letters_are_read_even_if_what_was_learned_cannot_be_used(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = new_desk(database_url)
    desk = replace(made, assessor=Stubborn())
    taught(desk)
    assert learning.learn(desk, WordTeacher(), least=1) is not None
    bring(desk, FOUNDING)
    assert the_letter(desk, 5).slip.stage is Stage.DRAFTED
    assert caplog.text.count("adopt failed") == 1
    desk.db.close()


def test_a_letter_that_is_gone_teaches_nothing_from_then_on(desk: Desk) -> None:
    taught(desk, number=2)
    with desk.db.write("erase") as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if "letter_id" in table.c:
                connection.execute(sa.delete(table).where(table.c.letter_id == 1))
        connection.execute(sa.delete(tables.letters).where(tables.letters.c.id == 1))
    assert [lesson.letter_id for lesson in learning.lessons(desk)] == [2]


def test_a_reading_that_cannot_be_used_does_not_stop_the_other_lessons(desk: Desk) -> None:
    taught(desk, number=2)
    with desk.db.write("spoil") as connection:
        connection.execute(sa.update(tables.readings).where(tables.readings.c.letter_id == 1).values(letter={"odd": 1}))
    assert [lesson.letter_id for lesson in learning.lessons(desk)] == [2]


# ------------------------------------------------------------------ the schedule and the command line

CONFIG = """
[desk]
database = "{url}"
[learning]
{learning}
[[inbox]]
name = "advice"
address = "advice@desk.example"
imap = {{ host = "127.0.0.1", port = 1 }}
smtp = {{ host = "127.0.0.1", port = 1 }}
"""


def config(folder: Path, url: str, lines: str = "") -> Path:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(url=url, learning=lines), "utf-8")
    return path


def test_the_bell_learns_unless_learning_is_switched_off(tmp_path: Path, sqlite_url: str) -> None:
    service = wiring.build(settings.load(config(tmp_path, sqlite_url, "after = 8")), assessor=WordAssessor())
    taught(service.desk, number=8)
    bells = service.schedule()
    bells.start()
    bells.ring("learn")
    until(lambda: store.in_use(service.desk.db) == 1, 10)
    bells.stop()
    service.close()

    service = wiring.build(settings.load(config(tmp_path, sqlite_url, "enabled = false")), assessor=WordAssessor())
    with pytest.raises(KeyError):
        service.schedule().ring("learn")
    service.close()


def test_the_service_learns_after_as_many_decisions_as_are_configured(tmp_path: Path, sqlite_url: str) -> None:
    loaded = settings.load(config(tmp_path, sqlite_url, "after = 8"))
    service = wiring.build(loaded, assessor=WordAssessor(), clock=TestClock())
    taught(service.desk, number=7)
    assert service.learn(loaded.learning.after) is None
    taught(service.desk, number=1)
    assert service.learn(loaded.learning.after) is not None
    service.close()


def test_a_bell_that_does_not_ring_at_the_start_waits_for_its_time() -> None:
    rung: list[str] = []
    bells = Schedule()
    bells.every(3600, "learn", lambda: rung.append("learn"), at_start=False)
    bells.every(3600, "read", lambda: rung.append("read"))
    bells.start()
    until(lambda: rung == ["read"], 10)
    time.sleep(0.2)
    bells.ring("learn")
    until(lambda: "learn" in rung, 10)
    bells.stop()
    assert rung == ["read", "learn"]


@pytest.mark.parametrize("lines", ["after = 0", "after = -1", 'enabled = "yes"', "often = 1"])
def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, sqlite_url: str, lines: str) -> None:
    with pytest.raises(TriageError, match=r"\[learning\].*" + lines.split(" ", maxsplit=1)[0]):
        settings.load(config(tmp_path, sqlite_url, lines))


@pytest.fixture
def office(tmp_path: Path, sqlite_url: str) -> Iterator[tuple[Desk, Path]]:
    """A desk with ana and a letter from rosa, and its configuration."""
    desk = new_desk(sqlite_url)
    bring(desk, FOUNDING)
    people.add(desk.db, "ana", Role.APPRENTICE, "no hash", NOON)
    yield desk, config(tmp_path, sqlite_url)
    desk.db.close()


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(triage, ["--config", str(path), *words])


def test_topics_on_the_command_line(office: tuple[Desk, Path]) -> None:
    desk, path = office
    done = run(path, "topics", "1", "resume", "salary", "--as", "ana")
    assert done.exit_code == 0, done.output
    assert "Letter 1 is about resume, salary. The draft was written anew (revision 2)." in done.output
    assert the_letter(desk).slip.topics == ("resume", "salary")
    assert "Topics: resume, salary (set by ana)" in run(path, "show", "1").output

    assert "none of the topics" in run(path, "topics", "1", "--as", "ana").output
    assert the_letter(desk).slip.topics == ()
    assert isinstance(run(path, "topics", "1", "cooking", "--as", "ana").exception, Conflict)
    assert isinstance(run(path, "topics", "1", "resume", "--as", "nobody").exception, Conflict)
    assert run(path, "topics", "1", "resume").exit_code == 2


def test_train_says_what_there_is_and_goes_back(office: tuple[Desk, Path]) -> None:
    desk, path = office
    assert "nothing to learn from yet" in run(path, "train").output
    assert "as it came" in run(path, "train", "--list").output
    taught(desk)
    learning.learn(desk, WordTeacher(), least=1)
    learning.learn(desk, Worse(), least=0)

    listed = run(path, "train", "--list").output.splitlines()
    assert [line.split()[:4] for line in listed] == [
        ["1", "2026-11-23", "07:00", "4"],
        ["2", "2026-11-23", "07:00", "4"],
    ]
    assert ["in use" in line for line in listed] == [True, False]
    assert "0.000 before, 1.000 after" in listed[0]
    assert "as it came" in run(path, "train", "--use", "0").output
    assert store.in_use(desk.db) == 0
    assert isinstance(run(path, "train", "--use", "9").exception, Conflict)
    assert run(path, "train", "--use", "-1").exit_code == 2
