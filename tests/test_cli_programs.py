"""Programs that work with the desk, looked after on the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cast import NOON, make_desk
from triage.cli import triage
from triage.stages import Role
from triage.store import people


@pytest.fixture
def office(tmp_path: Path, sqlite_url: str) -> Path:
    """The configuration of a desk with carol and ana."""
    desk = make_desk(sqlite_url)
    for name, role in (("carol", Role.EDITOR), ("ana", Role.APPRENTICE)):
        people.add(desk.db, name, role, "no hash", NOON)
    desk.db.close()
    path = tmp_path / "config.toml"
    path.write_text(
        f"""[desk]
database = "{sqlite_url}"

[[inbox]]
name = "advice"
address = "advice@desk.example"
imap = {{ host = "127.0.0.1", port = 1, tls = "none" }}
smtp = {{ host = "127.0.0.1", port = 1, tls = "none" }}
""",
        "utf-8",
    )
    return path


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(triage, ["--config", str(path), *words])


def test_a_token_is_printed_once_listed_without_itself_and_ended(office: Path) -> None:
    made = run(office, "token", "add", "nightly export", "--as", "carol", "--scope", "read", "--days", "30")

    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("triage_")
    listed = run(office, "token", "list").stdout
    assert "carol" in listed
    assert "nightly export" in listed
    assert "never used" in listed
    assert made.stdout.strip() not in listed
    assert run(office, "token", "end", "1", "--as", "ana").exit_code == 1
    assert run(office, "token", "end", "1", "--as", "carol").exit_code == 0
    assert run(office, "token", "list").stdout == ""


def test_ana_gets_no_token_that_signs_here_either(office: Path) -> None:
    refused = run(office, "token", "add", "x", "--as", "ana", "--scope", "sign")

    assert refused.exit_code == 1
    assert "may not sign" in str(refused.exception)


def test_a_webhook_is_made_listed_and_ended_by_an_editor(office: Path) -> None:
    url = "https://example.org/hook"
    assert run(office, "webhook", "add", url, "--as", "ana").exit_code == 1

    made = run(office, "webhook", "add", url, "--as", "carol", "--event", "letter.held")

    assert made.stdout.startswith("whsec_")
    listed = run(office, "webhook", "list").stdout
    assert f"{url}  letter.held  nothing told yet" in listed
    assert made.stdout.strip() not in listed
    assert run(office, "webhook", "end", "1", "--as", "carol").exit_code == 0
    assert run(office, "webhook", "list").stdout == ""
