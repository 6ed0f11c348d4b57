"""The pipeline that comes with Triage, reading whole letters."""

import shutil
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.assessor import PipelineAssessor, load, newest_model
from triage.errors import ConfigError
from triage.records import Address, Assessment, Kind, Letter

MODELS = Path(__file__).parent.parent / "models"
MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
FOUNDING = (
    "I have an interview scheduled this Thursday, and the job asks for accounting experience, which I don't have. "
    "Would it be all right to pull out of the interview? And would pulling out hurt my eligibility for unemployment?"
)


@pytest.fixture(scope="module")
def assessor() -> PipelineAssessor:
    return load(newest_model(MODELS))


def letter(body: str, subject: str = "", quoted: str = "") -> Letter:
    rosa = Address("Rosa", "rosa@example.org")
    return Letter(subject=subject, body=body, quoted=quoted, sender=rosa, sent_at=MONDAY, received_at=MONDAY)


def topics(assessment: Assessment) -> set[str]:
    return {score.topic for score in assessment.topics}


@pytest.mark.parametrize(
    "body",
    [
        FOUNDING,
        "They called me in for Thursday but it's a bookkeeping job and I never did books. Can I just cancel the "
        "interview? And will unemployment cut me off if I cancel?",
        "Dear Columnist,\n\nThe job I am to interview for on Thursday wants accounting, which I do not have. Is it "
        "proper to withdraw from the interview? I am on unemployment; would saying no cost me my benefits?\n\nRosa",
    ],
)
def test_rosas_founding_letter_raises_both_withdrawing_and_unemployment(assessor: PipelineAssessor, body: str) -> None:
    read = assessor.assess(letter(body))
    assert {"withdrawing", "unemployment"} <= topics(read)
    assert read.kind is Kind.LETTER
    assert not read.held


def test_the_founding_letter_comes_with_the_sentences_that_say_so(assessor: PipelineAssessor) -> None:
    read = assessor.assess(letter(FOUNDING))
    said = {score.topic: score.evidence[0] for score in read.topics}
    assert "pull" in said["withdrawing"].text
    assert "unemployment" in said["unemployment"].text
    for span in said.values():
        assert FOUNDING[span.start : span.end] == span.text


def test_the_founding_letter_is_dated_and_its_facts_are_read(assessor: PipelineAssessor) -> None:
    read = assessor.assess(letter(FOUNDING + "\n\nThanks,\nRosa"))
    facts = {slot.name: slot.value for slot in read.slots}
    assert facts["interview_date"] == "2026-11-26"
    assert facts["first_name"] == "Rosa"
    assert (read.urgency, read.deadline, read.deadline_text) == ("U2", date(2026, 11, 26), "this Thursday")


def test_evidence_and_facts_are_exact_pieces_of_the_body(assessor: PipelineAssessor) -> None:
    body = (
        "My resume is four pages.\nI worked at Acme Tools in Ohio as a welder until Friday!\nI make $1,200…\n"
        "Do I list it all?\n\n-- \nRosa"
    )
    read = assessor.assess(letter(body, "“Résumé” — help"))
    spans = [span for score in read.topics for span in score.evidence]
    assert spans
    assert all(body[span.start : span.end] == span.text for span in [*spans, *read.slots])


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Automatic reply: your letter", "I am out of the office until Monday with limited access to email. For urgent "
         "matters please call the front desk."),
        ("Undeliverable: Your question", "Delivery to the following recipient failed permanently: rosa@example.org. "
         "550 5.1.1 User unknown. This is an automatically generated message from the mail system."),
    ],
)  # fmt: skip
def test_mail_that_only_looks_like_a_letter_is_not_one(assessor: PipelineAssessor, subject: str, body: str) -> None:
    assert assessor.assess(letter(body, subject)).kind is not Kind.LETTER


def test_a_letter_that_begins_with_thanks_is_still_a_letter(assessor: PipelineAssessor) -> None:
    read = assessor.assess(letter("Thank you for your column. My boss wants my answer on the offer by Friday. Do I ask "
                                  "for more money or just say yes?"))  # fmt: skip
    assert read.kind is Kind.LETTER
    assert "offer" in topics(read) | set(read.suggested)


def test_a_letter_that_says_nothing_gets_suggestions_and_no_topic(assessor: PipelineAssessor) -> None:
    read = assessor.assess(letter("Can you help me please."))
    assert read.topics == ()
    assert len(read.suggested) == 3


@pytest.mark.parametrize("where", ["subject", "body", "quoted"])
def test_danger_locks_wherever_rosa_writes_it(assessor: PipelineAssessor, where: str) -> None:
    words = "I don't want to be here anymore."
    parts = {"body": "How long should a resume be?", "subject": "resume", "quoted": ""} | {where: words}
    read = assessor.assess(letter(**parts))
    assert (read.risk, read.held, read.urgency) == ("R3", True, "U3")
    assert any("want to be here" in reason for reason in read.risk_reasons)


def test_danger_in_a_note_of_thanks_is_never_set_aside(assessor: PipelineAssessor) -> None:
    read = assessor.assess(letter("Thank you for every column, they were good company. No question today. I gave the "
                                  "dog to my neighbor and everyone would be better off without me."))  # fmt: skip
    assert (read.kind, read.risk) == (Kind.LETTER, "R3")


@pytest.mark.parametrize("piece", ["(", "\n", "🙂", "a. ", "$1 ", "x"])
def test_mallory_cannot_make_the_reading_crawl(assessor: PipelineAssessor, piece: str) -> None:
    began = time.process_time()
    assessor.assess(letter((piece * 100_000)[:100_000]))
    # Under a second here; what grows with the square of the text took half a minute.
    assert time.process_time() - began < 15


def test_a_damaged_encoder_is_named_with_what_to_do(tmp_path: Path) -> None:
    copy = tmp_path / "triage-9"
    shutil.copytree(newest_model(MODELS), copy)
    encoder = copy / "triage_encoder" / "encoder.onnx"
    encoder.write_bytes(encoder.read_bytes()[:130])
    with pytest.raises(ConfigError, match="is damaged"):
        load(copy)


def test_mallorys_endless_letter_is_read_up_to_a_limit(assessor: PipelineAssessor) -> None:
    read = assessor.assess(letter("My resume is one long line and " * 40_000, "x" * 100_000))
    assert read.kind is Kind.LETTER


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=400), st.text(max_size=60))
def test_no_letter_makes_the_assessor_fail(assessor: PipelineAssessor, body: str, subject: str) -> None:
    read = assessor.assess(letter(body, subject))
    assert not any("could not read" in reason for reason in read.risk_reasons)
    assert all(body[span.start : span.end] == span.text for score in read.topics for span in score.evidence)


def test_a_fault_inside_sends_the_letter_to_a_person_with_the_reason(assessor: PipelineAssessor) -> None:
    broken = letter("x")
    object.__setattr__(broken, "body", None)
    read = assessor.assess(broken)
    assert read.kind is Kind.LETTER
    assert "could not read" in read.risk_reasons[0]


def test_the_pipeline_is_small_and_has_no_pickle() -> None:
    files = [path for path in newest_model(MODELS).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 40_000_000
    assert {path.suffix for path in files} <= {".json", ".npz", ".onnx", ".cfg", "", ".bin"}
    assert not any(b"cpickle" in path.read_bytes()[:200] for path in files)


def test_spacy_finds_the_components_by_their_entry_points() -> None:
    words = "import spacy, sys; print(spacy.load(sys.argv[1]).pipe_names)"
    command = [sys.executable, "-W", "error", "-c", words, str(newest_model(MODELS))]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "['triage_sentences', 'triage_encoder', 'triage_risk', 'triage_heads']", said.stderr


def test_the_newest_model_has_the_highest_number(tmp_path: Path) -> None:
    for name in ("triage-2", "triage-10", "triage-9", "letters", "triage-11"):
        (tmp_path / name).mkdir()
        if name != "triage-11":  # half written: no meta.json yet
            (tmp_path / name / "meta.json").write_text("{}")
    assert newest_model(tmp_path).name == "triage-10"


def test_a_folder_without_a_pipeline_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Next: install Triage again"):
        newest_model(tmp_path)
    with pytest.raises(ConfigError, match="Next: name another with `model`"):
        load(tmp_path)
