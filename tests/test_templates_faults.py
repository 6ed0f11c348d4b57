"""What is said of a fault in a template: the file, the line, and what to mend. Whatever loads can be drafted with."""

import re
from pathlib import Path

import pytest

from tests.cast import ROOT, TEMPLATES
from tests.snapshots.rendering import with_own
from triage.drafting import Templates
from triage.drafting.files import MAX_FILE
from triage.errors import ConfigError

HEAD = "topic: own\nname: own\nversion: 1\noptional: employer\n\n"
BODY = "## acknowledge\nyou asked\n\n## answer\n"
CASES = "\n# case: one\nasks:\n- May I?\n- can i\n- Is it all right?\n\n## answer\nYou may.\n"
AT = "own.txt, line "
# fmt: off
BROKEN = [
    # names and syntax: attributes, calls, loops, filters, macros, includes, imports
    ("{{ employr }}", AT + "10: 'employr' is not a slot of this file"),
    ("Well,\nyes {{ employr }}", AT + "11: 'employr' is not a slot"),
    ("Yes.\n-- or --\nWell,\n{{ employr }}", AT + "13: 'employr' is not a slot"),
    ("{{ fact_weather }} Yes.", "'fact_weather' is not a slot"),
    ("{{ opinion_none_such }} Yes.", "'opinion_none_such' is not a slot"),
    ("{{ also_cooking }} Yes.", "'also_cooking' is not a slot"),
    ("{{ range }} Yes.", "'range' is not a slot"),
    ("{{ 7*7 }}", "'mul' is not allowed"),
    ("{{ employer ~ 'x' }}", "'concat' is not allowed"),
    ("{{ employer.upper() }}", "'call' is not allowed"),
    ("{{ employer.x }}", "'getattr' is not allowed"),
    ("{{ ''.__class__ }}", "'getattr' is not allowed"),
    ("{{ employer[0] }}", "'getitem' is not allowed"),
    ("{{ [employer] }}", "'list' is not allowed"),
    ("{{ {'a': employer} }}", "'dict' is not allowed"),
    ("{{ employer, employer }}", "'tuple' is not allowed"),
    ("{{ 'a' if employer else 'b' }}", "'condexpr' is not allowed"),
    ("{% for a in employer %}x{% endfor %}", "'for' is not allowed"),
    ("{% set a = employer %}Yes.", "'assign' is not allowed"),
    ("{% set a %}x{% endset %}Yes.", "'assignblock' is not allowed"),
    ("{% with %}Yes.{% endwith %}", "'with' is not allowed"),
    ("{% filter upper %}Yes.{% endfilter %}", "'filterblock' is not allowed"),
    ("{% macro m() %}x{% endmacro %}Yes.", "'macro' is not allowed"),
    ("{% call employer() %}x{% endcall %}", "'callblock' is not allowed"),
    ("{% block b %}Yes.{% endblock %}", "'block' is not allowed"),
    ("{% extends 'frame.txt' %}", "'extends' is not allowed"),
    ("{% include 'frame.txt' %}", "'include' is not allowed"),
    ("{% import 'frame.txt' as f %}Yes.", "'import' is not allowed"),
    ("{% from 'frame.txt' import f %}Yes.", "'fromimport' is not allowed"),
    ("{% autoescape true %}Yes.{% endautoescape %}", "'scope' is not allowed"),
    ("{{ employer|center(9) }}", "filter 'center'"),
    ("{{ employer|upper(employer) }}", "filter 'upper'"),
    ("{{ employer|upper(*employer) }}", "filter 'upper'"),
    ("{{ employer|format }}", "filter 'format'"),
    ("{{ employer|attr('x') }}", "filter 'attr'"),
    ("{% if employer is defined %}Yes.{% endif %}", "'test' is not allowed"),
    ("{% if employer > 'a' %}Yes.{% endif %}", "only == and !="),
    ("{% if employer in 'a' %}Yes.{% endif %}", "only == and !="),
    ("{{ 9 or employer }}", "9 is not a text"),
    ("{{ none }} Yes.", "None is not a text"),
    ("{{ not employer }} Yes.", AT + "10: a comparison would be printed"),
    ("Yes. {{ employer == 'a' }}", AT + "10: a comparison would be printed"),
    ("{% raw %}{{ employer }}{% endraw %} Yes.", AT + "10: braces would be printed"),
    ("Yes { employer }}.", AT + "10: braces would be printed"),
    ("{% if employer %}Yes.", "cannot be understood"),
    ("Yes {{ employer", "cannot be understood"),
    ("{% if employer %}Yes.{% endif %}", "'answer' when nothing is known"),
    ("Yes.\n-- or --\n", "'answer' when nothing is known"),
    ("{% if employer %}" * 400 + "x" + "{% endif %}" * 400 + "Yes.", "too many ifs"),
    ("{{ " + "(" * 3000 + "employer" + ")" * 3000 + " }}", "too many ifs"),
    ("Call 904-555-0123.", AT + "10: a phone number is typed"),
    # blocks
    ("Yes.\n## question\nWhat?", AT + "11: this heading has the wrong kind. Next: write '## question: ' and one of"),
    ("Yes.\n## question: mood\nWhat?", AT + "11: this heading has the wrong kind"),
    ("Yes.\n## signoff: warm\nBye.", AT + "11: this heading has the wrong kind. Next: write '## signoff'"),
    ("Yes.\n## answer\nNo.", AT + "11: '## answer' is there twice"),
    ("Yes.\n## epilogue\nx", AT + "11: there is no block '## epilogue'"),
    ("Yes.\n## greeting\nHi.", AT + "11: there is no block '## greeting'"),
    ("Yes.\n# whatever\n", AT + "11: '# whatever' begins nothing"),
    ("Yes.\n## steps\n- Call them.\n", AT + "12: this step has no time"),
    ("Yes.\n## steps\n- today | Go.\n- tomorow | Call them.\n", AT + "13: this step has no time"),
    # cases
    ("Yes." + CASES.replace("one", "One"), AT + "11: '# case: One' begins nothing"),
    ("Yes." + CASES + CASES, "the case 'one' is there twice. Next: join the two"),
    ("Yes." + CASES.replace("asks:", "about: x\nasks:"), AT + "12: 'about: x' is not a header line. Next: use one of"),
    ("Yes." + CASES.replace("- can i\n", ""), AT + "11: the case 'one' can hardly be recognised"),
    ("Yes." + CASES.replace("## answer\nYou may.\n", ""), AT + "11: the case 'one' has no block 'answer'"),
    ("Yes." + CASES.replace("You may.", "{% if employer %}x{% endif %}", 1), "the case 'one' has an empty 'answer'"),
    ("Yes." + CASES.replace("You may.", "{{ employr }}"), AT + "18: 'employr' is not a slot"),
    ("Yes." + CASES.replace("asks:", "needs: hearing_date\nasks:"), AT + "11: the case 'one' needs 'hearing_date'"),
    ("Yes." + CASES.replace("asks:", "position: interview\nasks:"), AT + "11: the line 'position'"),
]
HEADERS = [
    ("topic: own", "topic: other", "own.txt does not begin with its topic. Next: write 'topic: own'"),
    ("version: 1", "", "own.txt has no version. Next: add a line such as 'version: 1'"),
    ("version: 1", "version: 1\nversion: 2", "own.txt, line 4: 'version' is there twice"),
    ("optional", "optionel", "own.txt, line 4: 'optionel: employer' is not a header line. Next: use one of topic,"),
    ("optional", "asks", "own.txt, line 4: 'asks: employer' is not a header line"),
    ("optional: employer", "required: employer", "the line 'required' cannot be read. Next: write each as 'slot ("),
    ("optional: employer", "required: employer (who hires)", "employer is required but never used"),
    ("optional: employer", "event: hearing_date", "the event 'hearing_date' is not a slot of this file"),
]
# fmt: on


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_a_fault_is_named_with_its_line_and_what_to_mend(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_own(tmp_path, HEAD + BODY + text)
    assert said in str(caught.value)
    assert "own.txt" in str(caught.value) and "Next: " in str(caught.value)


@pytest.mark.parametrize(("there", "instead", "said"), HEADERS)
def test_a_fault_in_the_header_is_named(tmp_path: Path, there: str, instead: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        with_own(tmp_path, HEAD.replace(there, instead) + BODY + "Yes.")
    assert said in str(caught.value)
    assert "own.txt" in str(caught.value) and "Next: " in str(caught.value)


def test_a_block_that_has_to_be_there_is_asked_for(tmp_path: Path) -> None:
    for needed in ("acknowledge", "answer"):
        text = (HEAD + BODY + "Yes.").replace(f"## {needed}", "## bridge")
        with pytest.raises(ConfigError, match=f"has no block '{needed}'. Next: add '## {needed}' with its text"):
            with_own(tmp_path, text)


def test_the_frame_is_checked_too(tmp_path: Path) -> None:
    whole = (ROOT / "templates" / "frame.txt").read_text("utf-8")
    for text, said in (
        (whole.replace("## ask_first", "## again"), "'## again' is there twice"),
        (re.sub(r"## rest.*?(?=## )", "", whole, flags=re.DOTALL), "has no block 'rest'"),
        (whole + CASES, "the frame has no cases"),
        (whole + "\n## answer\nYes.\n", "there is no block '## answer'"),
    ):
        with pytest.raises(ConfigError, match=re.escape(said)):
            with_own(tmp_path, text, "frame")


def test_a_file_that_is_too_large_is_refused_and_one_just_below_is_not(tmp_path: Path) -> None:
    text = HEAD + BODY + "Yes."
    with pytest.raises(ConfigError, match=rf"own.txt has more than {MAX_FILE} characters. Next: shorten it"):
        with_own(tmp_path, text + "\n" * (MAX_FILE + 1 - len(text)))
    assert with_own(tmp_path, text + "\n" * (MAX_FILE - len(text))).by_topic["own"]


def test_a_missing_folder_a_missing_file_and_one_that_is_not_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no reply template .*frame.txt. Next: put it back"):
        Templates.load(tmp_path / "nowhere")
    with_own(tmp_path, HEAD + BODY + "Yes.")
    (tmp_path / "unclear.txt").rename(tmp_path / "unclear.bak")
    with pytest.raises(ConfigError, match=r"unclear\.txt"):
        Templates.load(tmp_path)
    (tmp_path / "unclear.bak").rename(tmp_path / "unclear.txt")
    (tmp_path / "own.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"own\.txt cannot be read as UTF-8"):
        Templates.load(tmp_path)


def test_no_template_of_the_house_holds_a_number_or_the_name_of_a_state() -> None:
    names = re.compile(r"Florida|Texas|Ohio|California|New York|\bEDD\b|\bTWC\b|Workforce Commission")
    for path in (ROOT / "templates").glob("*.txt"):
        blocks = re.sub(r"^asks:\n(?:- .*\n)*", "", path.read_text("utf-8"), flags=re.MULTILINE).partition("## ")[2]
        assert not names.search(blocks), path
        assert not re.search(r"\b\d+ (?:calendar |working |business )?(?:days|weeks) to (?:appeal|file)", blocks), path


def test_every_case_of_the_house_can_be_recognised_and_is_told_apart() -> None:
    asks = [(topic, ask.lower()) for topic, _, ask in TEMPLATES.asks()]
    assert [ask for ask in set(asks) if asks.count(ask) > 1] == []
    assert len(TEMPLATES.asks()) > 3000
