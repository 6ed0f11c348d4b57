"""The files of reply templates: how they are read, and what a draft makes of it."""

import itertools
from pathlib import Path

from tests.cast import FACTS, ROOT
from tests.snapshots.rendering import render, with_own
from triage.drafting import Templates, Voice
from triage.drafting.files import TemplateFile
from triage.records import Draft

HEAD = "topic: own\nname: own\nversion: 1\noptional: employer\n\n"
BODY = "## acknowledge\nyou asked\n\n## answer\n"
CASES = "\n# case: one\nasks:\n- May I?\n- can i\n- Is it all right?\n\n## answer\nYou may.\n"


def drafted(templates: Templates, case: str = "", **slots: str) -> Draft:
    return render([("own", case)], templates=templates, slots=slots, voice=Voice(signature="Carol")).draft


# ------------------------------------------------------------------ what a file may hold


def test_a_file_has_a_header_blocks_and_cases_each_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text(HEAD + BODY + "Yes.\n-- or --\nYes, do.\n" + CASES.replace("asks:", "position: a=b\nasks:"))
    file = TemplateFile(path)
    assert (file.topic, file.header["name"], file.main.listed("optional")) == ("own", "own", ["employer"])
    answer = file.main.blocks[1]
    assert (answer.name, answer.kind, answer.line) == ("answer", "", 10)
    assert answer.wordings() == [(10, "Yes.\n"), (11, "\nYes, do.\n\n")]
    (case,) = file.cases
    assert (case.name, case.line) == ("one", 14)
    assert case.lines("asks") == ["May I?", "can i", "Is it all right?"]
    assert case.pairs("position", "=") == {"a": "b"}


def test_a_case_takes_its_bridge_and_question_from_its_topic_and_its_reasons_from_nobody(tmp_path: Path) -> None:
    text = HEAD + BODY + "No.\n\n## bridge\nNow.\n\n## reasons\n- It is so.\n\n## question: stage\nWhat now?\n" + CASES
    case = with_own(tmp_path, text).by_topic["own"].cases["one"]
    assert {"acknowledge", "bridge", "question"} <= set(case.blocks)
    assert "reasons" not in case.blocks
    assert case.blocks["answer"][0].render({}) == "You may."
    body = drafted(with_own(tmp_path, text), "one").body
    assert "You asked. You may." in body and "What now?" in body and "It is so" not in body


def test_every_example_question_is_handed_to_whoever_recognises_the_cases(tmp_path: Path) -> None:
    asks = [ask for ask in with_own(tmp_path, HEAD + BODY + "Yes.\n" + CASES).asks() if ask[0] == "own"]
    assert asks == [("own", "one", "May I?"), ("own", "one", "can i"), ("own", "one", "Is it all right?")]


def test_needs_and_position_of_a_case_are_kept(tmp_path: Path) -> None:
    told = CASES.replace("asks:", "needs: employer\nposition: interview=go\nnote: for us\nasks:")
    case = with_own(tmp_path, HEAD + BODY + "Yes.\n" + told).by_topic["own"].cases["one"]
    assert (case.needs, case.position) == (["employer"], {"interview": "go"})


def test_a_line_break_inside_a_paragraph_does_not_show(tmp_path: Path) -> None:
    assert "You asked. Yes, go on. Do." in drafted(with_own(tmp_path, HEAD + BODY + "   Yes,\ngo on.\r\nDo.\n")).body


def test_a_file_saved_on_windows_loads(tmp_path: Path) -> None:
    """Notepad ends lines with CR LF and may put a mark in front of the text."""
    with_own(tmp_path, HEAD + BODY + "Yes.")
    (tmp_path / "own.txt").write_bytes(b"\xef\xbb\xbf" + (HEAD + BODY + "Yes.").replace("\n", "\r\n").encode())
    assert "You asked. Yes." in drafted(Templates.load(tmp_path)).body


def test_a_missing_required_fact_is_a_gap_and_a_stated_one_is_printed(tmp_path: Path) -> None:
    header = HEAD.replace("optional: employer", "required: target_role (the job, in plain words)")
    templates = with_own(tmp_path, header + BODY + "Write for the {{ target_role }} job.")
    assert "Write for the [[the job, in plain words]] job." in drafted(templates).body
    assert "the job, in plain words" in drafted(templates).gaps
    assert "Write for the welder job." in drafted(templates, target_role="welder").body


def test_facts_of_the_book_may_be_printed_by_name(tmp_path: Path) -> None:
    made = drafted(with_own(tmp_path, HEAD + BODY + "Look at {{ fact_eeoc }}."))
    assert f"Look at {FACTS.facts['eeoc/US'].value}." in made.body
    assert made.making.facts == ("eeoc/US",)


def test_a_template_that_runs_away_gives_a_reason_and_no_text(tmp_path: Path) -> None:
    made = drafted(with_own(tmp_path, HEAD + BODY + "Yes. " + "{{ employer }} " * 2000), employer="x" * 100)
    assert made.body == ""
    assert "longer than" in made.blocks[0]


def test_the_example_in_the_manual_loads_and_drafts(tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "templates.md").read_text("utf-8").splitlines()
    indented = itertools.dropwhile(lambda line: not line.startswith("    topic:"), manual)
    example = list(itertools.takewhile(lambda line: not line or line.startswith("    "), indented))
    topic = example[0].removeprefix("    topic:").strip()
    templates = with_own(tmp_path, "\n".join(line[4:] for line in example), topic)
    cases = templates.by_topic[topic].cases
    assert len(cases) > 1, "the example shows a case"
    for case in cases:
        made = render([(topic, case)], templates=templates)
        assert made.draft.blocks == ()
        assert len(made.draft.body.split()) > 30
