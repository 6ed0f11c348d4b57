"""The house checks itself: the map, the documents and the code say the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cast import ROOT
from triage.cli import triage
from triage.stages import ALLOWED, MOVES, Role, Stage, Verb, may

README = (ROOT / "README.md").read_text("utf-8")


def modules() -> list[Path]:
    return [path for path in (ROOT / "triage").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]


@pytest.mark.parametrize("module", [path.name for path in modules() if path.name != "__init__.py"])
def test_the_map_names_every_room(module: str) -> None:
    assert f"{module}`" in README or f"{module}/`" in README


@pytest.mark.parametrize("command", sorted(triage.commands))
def test_every_command_is_in_the_readme_and_explains_itself(command: str) -> None:
    assert f"`{command}" in README or f"triage {command}" in README or f" `{command}`" in README
    assert triage.commands[command].help


def test_every_stage_can_be_reached_and_every_human_verb_has_a_role() -> None:
    reached = {move.after for moves in MOVES.values() for move in moves}
    assert set(Stage) - reached == {Stage.COLLECTED}
    machine = {Verb.COLLECT, Verb.ASSESS, Verb.DRAFT, Verb.SEND, Verb.RECOVER, Verb.BOUNCE}
    assert set(Verb) - set(ALLOWED) == machine


def test_an_apprentice_may_only_write_and_say_what_a_letter_is_about() -> None:
    assert [verb for verb in Verb if may(Role.APPRENTICE, verb)] == [
        Verb.TOPICS,
        Verb.REVISE,
        Verb.DETAILS,
        Verb.HAND_OVER,
    ]


def test_help_is_quick_because_heavy_libraries_wait() -> None:
    code = "import sys, triage.cli; sys.exit(' '.join(m for m in ('spacy', 'uvicorn', 'pymap') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr.strip() == ""


def test_files_stay_short_enough_to_read() -> None:
    long = {
        path: n for path in (ROOT / "triage").rglob("*.py") if (n := len(path.read_text("utf-8").splitlines())) > 320
    }
    assert long == {}
