"""Learning from decided letters, with the pipeline that comes with Triage and letters in words it never met."""

import json
from pathlib import Path

import pytest

from triage.assessor import PipelineAssessor, load, newest_model
from triage.assessor.corpus import Row, load_rows
from triage.assessor.evaluation import letter_of
from triage.assessor.figures import f1
from triage.assessor.learning import unpack
from triage.errors import TriageError
from triage.lessons import Learned, Lesson

MODELS = Path(__file__).parent.parent / "models"
ROWS: list[Row] = [
    json.loads(line) for line in (MODELS / "letters" / "held-out" / "wording.jsonl").read_text("utf-8").splitlines()
]
TAUGHT, UNSEEN = ROWS[::2][:50], ROWS[1::2]


@pytest.fixture(scope="module")
def assessor() -> PipelineAssessor:
    return load(newest_model(MODELS))


def lesson(row: Row, number: int = 1) -> Lesson:
    evidence = tuple(
        (topic, row["body"].index(words), row["body"].index(words) + len(words))
        for topic, words in row["evidence"].items()
    )
    return Lesson(
        letter_id=number, subject=row["subject"], body=row["body"], topics=tuple(row["topics"]), evidence=evidence
    )


@pytest.fixture(scope="module")
def learned(assessor: PipelineAssessor) -> Learned:
    return assessor.learn([lesson(row, number) for number, row in enumerate(TAUGHT)])


def unemployment_f1(assessor: PipelineAssessor, rows: list[Row]) -> float:
    shown = ["unemployment" in {t.topic for t in assessor.read(letter_of(row))[0].topics} for row in rows]
    wanted = ["unemployment" in row["topics"] for row in rows]
    pairs = list(zip(shown, wanted, strict=True))
    return f1(pairs.count((True, True)), pairs.count((True, False)), pairs.count((False, True))) or 0.0


def test_fifty_corrections_teach_a_new_wording_and_can_be_undone(assessor: PipelineAssessor, learned: Learned) -> None:
    before = unemployment_f1(assessor, UNSEEN)
    assert learned.better
    assessor.adopt(learned.data, 1)
    assert assessor.name.endswith("+1")
    assert unemployment_f1(assessor, UNSEEN) > before
    assessor.adopt(None, 0)
    assert unemployment_f1(assessor, UNSEEN) == before


def test_what_was_learned_is_compared_on_letters_that_were_kept_back(learned: Learned) -> None:
    assert learned.lessons == len(TAUGHT)
    assert learned.after >= learned.before
    assert "kept back" in learned.told


def test_the_same_lessons_teach_the_same(assessor: PipelineAssessor, learned: Learned) -> None:
    again = assessor.learn([lesson(row, number) for number, row in enumerate(TAUGHT)])
    assert (again.data, again.told) == (learned.data, learned.told)


def test_what_spoils_the_reading_of_other_letters_is_not_promoted(assessor: PipelineAssessor) -> None:
    rows = [row for row in load_rows(MODELS / "letters")[::40] if row["kind"] == "letter"]
    wrong = [
        Lesson(letter_id=n, subject=row["subject"], body=row["body"], topics=("scams",)) for n, row in enumerate(rows)
    ]
    learned = assessor.learn(wrong)
    assert learned.after > learned.before
    assert not learned.better


def test_too_few_lessons_are_refused_in_plain_words(assessor: PipelineAssessor) -> None:
    with pytest.raises(TriageError, match="too few to learn from"):
        assessor.learn([lesson(TAUGHT[0])])


def test_what_another_pipeline_learned_is_ignored(assessor: PipelineAssessor, learned: Learned) -> None:
    assessor.adopt(unpack(learned.data, learned.model).pack("triage-1"), 5)
    assert "+" not in assessor.name


def test_something_is_kept_back_whatever_the_letters(assessor: PipelineAssessor) -> None:
    for rows in (TAUGHT[:8], TAUGHT[8:16], TAUGHT[16:24]):
        assert "2 of them kept back" in assessor.learn([lesson(row) for row in rows]).told


def test_something_that_was_not_learned_here_is_ignored(assessor: PipelineAssessor, learned: Learned) -> None:
    assessor.adopt(b"not an archive", 7)
    assert "+" not in assessor.name
    assessor.adopt(learned.data, 3)
    assessor.adopt(b"", 4)
    assert "+" not in assessor.name
