"""Taking templates out of the house and in again, and the commands that do it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cast import ROOT, TEMPLATES
from triage.cli import triage
from triage.drafting import Templates
from triage.drafting.book import Book
from triage.drafting.library import bring_in, write_out
from triage.errors import ConfigError

HOUSE = ROOT / "templates"
OWN = "topic: resume\nname: your resume\nversion: 7\n\n## acknowledge\nyou asked\n\n## answer\nOne plain page.\n"
CONFIG = """
[desk]
templates = "{folder}"
[[inbox]]
name = "advice"
address = "advice@desk.example"
imap = {{ host = "127.0.0.1", port = 1 }}
smtp = {{ host = "127.0.0.1", port = 1 }}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A columnist's own copy of all templates."""
    write_out(HOUSE, tmp_path / "own")
    return tmp_path / "own"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, by its path in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def load(folder: Path) -> Templates:
    return Templates.load(folder, Book.read(folder / "facts.csv").names)


def sheet(folder: Path, text: str, name: str = "resume.txt") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder / name


# ------------------------------------------------------------------ out


def test_carol_takes_all_templates_out_and_they_load_there(own: Path) -> None:
    assert contents(own) == {path.name: path.read_bytes() for path in HOUSE.iterdir() if path.is_file()}
    assert load(own).by_topic.keys() == TEMPLATES.by_topic.keys()


def test_nothing_is_written_over_what_is_there_already(own: Path, tmp_path: Path) -> None:
    before = contents(own)
    with pytest.raises(ConfigError, match=r"there already and not empty. Next: name a new folder"):
        write_out(HOUSE, own)
    (tmp_path / "a file").write_text("mine")
    with pytest.raises(ConfigError, match="there already"):
        write_out(HOUSE, tmp_path / "a file")
    assert contents(own) == before
    assert (tmp_path / "a file").read_text() == "mine"


def test_an_empty_folder_is_filled_and_one_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert write_out(HOUSE, tmp_path / "empty") == len(TEMPLATES.by_topic) + 2  # the frame and the facts
    (tmp_path / "a file").write_text("mine")
    with pytest.raises(ConfigError, match=r"cannot be written.*Next: name another folder"):
        write_out(HOUSE, tmp_path / "a file" / "below")


# ------------------------------------------------------------------ in


def test_a_template_that_is_taken_in_replaces_the_old_one_which_is_kept(own: Path, tmp_path: Path) -> None:
    old = (own / "resume.txt").read_bytes()
    others = {name: data for name, data in contents(own).items() if name != "resume.txt"}

    assert bring_in(sheet(tmp_path, OWN), own) == ["resume.txt"]

    assert load(own).of("resume").version == "7"
    assert (own / "earlier" / "1" / "resume.txt").read_bytes() == old
    assert contents(own) == others | {"resume.txt": OWN.encode(), "earlier/1/resume.txt": old}


def test_each_import_keeps_what_it_replaced_in_a_folder_of_its_own(own: Path, tmp_path: Path) -> None:
    for version in ("7", "8", "9"):
        bring_in(sheet(tmp_path, OWN.replace("version: 7", f"version: {version}")), own)
    kept = [(own / "earlier" / number / "resume.txt").read_text("utf-8") for number in ("2", "3")]
    assert ["version: 7" in kept[0], "version: 8" in kept[1]] == [True, True]
    assert load(own).of("resume").version == "9"


def test_a_topic_of_its_own_is_taken_in_with_others_of_the_same_folder(own: Path, tmp_path: Path) -> None:
    new = OWN.replace("topic: resume", "topic: uniforms").replace("your resume", "uniforms")
    sheet(tmp_path / "new", OWN)
    sheet(tmp_path / "new", new, "uniforms.txt")
    sheet(tmp_path / "new", "not a template", "notes.md")
    assert bring_in(tmp_path / "new", own) == ["resume.txt", "uniforms.txt"]
    assert load(own).name("uniforms") == "uniforms"
    assert not (own / "notes.md").exists()


def test_all_come_in_or_none(own: Path, tmp_path: Path) -> None:
    before = contents(own)
    sheet(tmp_path / "new", OWN)
    sheet(tmp_path / "new", "topic: salary\nversion: 1\n\n## answer\nAsk.\n", "salary.txt")
    with pytest.raises(ConfigError) as caught:
        bring_in(tmp_path / "new", own)
    assert f"{tmp_path / 'new' / 'salary.txt'} has no block 'acknowledge'" in str(caught.value)
    assert contents(own) == before


def test_a_template_is_checked_together_with_those_that_stay(own: Path, tmp_path: Path) -> None:
    before = contents(own)
    general = (own / "general.txt").read_text("utf-8")
    with pytest.raises(ConfigError):  # the frame lacks what every reply needs
        bring_in(sheet(tmp_path, OWN.replace("topic: resume", "topic: frame"), "frame.txt"), own)
    with pytest.raises(ConfigError, match="'fact_weather' is not a slot"):
        bring_in(sheet(tmp_path, OWN.replace("One", "{{ fact_weather }} One")), own)
    assert contents(own) == before
    assert bring_in(sheet(tmp_path, general, "general.txt"), own) == ["general.txt"]


def test_a_fault_in_a_template_that_was_there_before_is_looked_for_there(own: Path, tmp_path: Path) -> None:
    (own / "salary.txt").write_text("topic: salary\nversion: 1\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        bring_in(sheet(tmp_path, OWN), own)
    assert str(caught.value).startswith(str(own / "salary.txt"))


def test_a_folder_without_templates_and_one_that_is_not_there_are_refused(own: Path, tmp_path: Path) -> None:
    before = contents(own)
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", tmp_path / "nowhere", sheet(tmp_path, OWN, "resume.doc")):
        with pytest.raises(ConfigError, match=r"There is no template, a \.txt file, in"):
            bring_in(source, own)
    assert contents(own) == before


def test_a_folder_to_take_them_into_that_has_no_templates_is_named(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    with pytest.raises(ConfigError, match=r"bare.*Next: "):
        bring_in(sheet(tmp_path, OWN), tmp_path / "bare")
    assert contents(tmp_path / "bare") == {}


# ------------------------------------------------------------------ the commands


def run(folder: Path, *words: str) -> Result:
    """A command with `folder` as the configured one."""
    config = folder.parent / "config.toml"
    config.write_text(CONFIG.format(folder=folder), "utf-8")
    return CliRunner().invoke(triage, ["--config", str(config), "templates", *words])


def test_lint_says_that_all_is_well_or_which_line_is_not(own: Path) -> None:
    cases = sum(len(template.cases) - 1 for template in TEMPLATES.by_topic.values())
    done = run(own, "lint")
    assert (done.exit_code, done.output) == (
        0,
        f"{len(TEMPLATES.by_topic)} templates with {cases} cases are in order.\n",
    )

    sheet(own, OWN.replace("One", "{{ weather }} One"))
    failed = run(own, "lint")
    assert isinstance(failed.exception, ConfigError)
    assert "resume.txt, line 9: 'weather' is not a slot of this file" in str(failed.exception)


def test_list_shows_each_template_with_its_version_and_cases(own: Path) -> None:
    lines = {line.split()[0]: line for line in run(own, "list").output.splitlines()}
    assert set(lines) == {template.reference for template in TEMPLATES.by_topic.values()}
    withdrawing = TEMPLATES.of("withdrawing")
    assert all(case in lines[withdrawing.reference] for case in withdrawing.cases)
    assert lines["caring@1"].endswith("no cases")


def test_preview_shows_every_case_of_a_topic_as_a_letter(own: Path) -> None:
    done = run(own, "preview", "--topic", "scams")
    assert done.exit_code == 0, done.output
    for case in TEMPLATES.of("scams").cases:
        assert f"== scams/{case or 'in general'}  (" in done.output
    assert done.output.count("Hello,\n") == len(TEMPLATES.of("scams").cases)
    assert "words, longest sentence" in done.output


def test_preview_wants_a_letter_or_a_topic_and_knows_both(own: Path) -> None:
    assert run(own, "preview").exit_code == 2
    assert run(own, "preview", "a.txt", "--topic", "scams").exit_code == 2
    unknown = run(own, "preview", "--topic", "cooking")
    assert unknown.exit_code != 0, unknown.output


def test_export_and_import_go_through_the_command_line(own: Path, tmp_path: Path) -> None:
    done = run(own, "export", str(tmp_path / "out"))
    assert done.exit_code == 0
    assert "set `templates` in [desk] to that folder" in done.output
    assert contents(tmp_path / "out") == contents(own)

    done = run(own, "import", str(sheet(tmp_path / "new", OWN)))
    assert (done.exit_code, done.output) == (
        0,
        f"resume.txt: taken in. What they replace is kept in {own / 'earlier'}.\n",
    )
    assert "resume@7" in run(own, "list").output


def test_the_templates_that_came_with_triage_are_never_changed(tmp_path: Path) -> None:
    """However their folder is named; tried on a copy of the program, in case it fails."""
    program = tmp_path / "program"
    for part in ("triage", "templates"):
        shutil.copytree(ROOT / part, program / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "link").symlink_to(program / "templates")
    before = contents(program / "templates")
    new = sheet(tmp_path, OWN)
    for named in ((), ("templates",), ("triage/../templates",), (str(tmp_path / "link"),)):
        folder = ("--folder", *named) if named else ()
        done = subprocess.run(
            [sys.executable, "-m", "triage", "templates", "import", str(new), *folder],
            env=os.environ | {"TRIAGE_CONFIG": ""},
            cwd=program,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, contents(program / "templates") == before) == (2, True), (named, done.stderr)
        assert "The templates that came with Triage are not changed" in done.stderr
