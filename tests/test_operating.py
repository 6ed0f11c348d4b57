"""What an operator is handed: the unit, the image, and the words about troubles fit the program."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.cast import ROOT
from triage.desk.watching import Kind
from triage.web import ready

DOCS = ROOT / "docs"
UNIT = (DOCS / "triage.service").read_text("utf-8")
IMAGE = (DOCS / "Dockerfile").read_text("utf-8")
OPERATE = (DOCS / "operate.md").read_text("utf-8")


@pytest.mark.parametrize("kind", list(Kind))
def test_every_trouble_is_explained_to_the_operator(kind: Kind) -> None:
    rows = [line for line in OPERATE.splitlines() if line.startswith(f"| `{kind.value}` |")]
    assert len(rows) == 1
    assert len(rows[0].split("|")) == 5, "what is so, and what to do"


def test_systemd_understands_the_unit_and_finds_it_well_fenced(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    here = UNIT.replace("/srv/triage/.venv/bin/triage", "/bin/true").replace("User=triage", "User=root")
    unit = tmp_path / "triage.service"
    unit.write_text(here.replace("/srv/triage/data", str(tmp_path)), "utf-8")
    done = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = subprocess.run(
        [program, "security", "--offline=true", "--threshold=25", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:]  # 2.5 of 10


def test_a_stop_outlasts_the_slowest_mail_server() -> None:
    from triage.outbox.smtp import FINAL_DOT_SECONDS

    found = re.search(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert found is not None and int(found[1]) > FINAL_DOT_SECONDS
    assert f"--stop-timeout {found[1]}" in IMAGE


def test_the_image_runs_as_nobody_special_and_asks_the_page_that_is_there() -> None:
    last = IMAGE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d+$", last, re.MULTILINE)
    assert f"127.0.0.1:8025{ready.HEALTH}'" in last
    assert ready.HEALTH in ready.PATHS
    assert not re.search(r"^(ARG|ENV) .*(PASSWORD|SECRET|TOKEN|KEY)", IMAGE, re.MULTILINE | re.IGNORECASE)


def test_the_image_is_made_of_what_it_needs_and_of_nothing_else() -> None:
    ignored = (DOCS / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", IMAGE, re.MULTILINE)
    assert let_in == {name for names in copied for name in names.split()}
    assert "*" in ignored
    for name in let_in:
        assert (ROOT / name).exists(), name
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert package["project"]["readme"] in let_in
