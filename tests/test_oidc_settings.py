"""What may stand under [oidc], and what is said of the rest."""

from pathlib import Path

import pytest

from triage import settings
from triage.errors import ConfigError
from triage.settings import Oidc

INBOX = """
[[inbox]]
name = "advice"
address = "advice@desk.example"
[inbox.imap]
host = "imap.desk.example"
port = 993
[inbox.smtp]
host = "smtp.desk.example"
port = 465
"""
RIGHT = {
    "issuer": "https://login.agency.example/people",
    "client_id": "triage-desk",
    "client_secret": "env:TRIAGE_OIDC_SECRET",
}


def load(folder: Path, **changes: str | None) -> Oidc:
    """The settings with these lines in place of the right ones; None leaves one out."""
    lines = [f'{name} = "{value}"' for name, value in (RIGHT | changes).items() if value is not None]
    path = folder / "config.toml"
    path.write_text("\n".join(["[oidc]", *lines, INBOX]))
    return settings.load(path).oidc


def test_without_the_section_there_is_no_organisation(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(INBOX)
    assert settings.load(tmp_path / "config.toml").oidc == Oidc()


def test_three_lines_are_enough(tmp_path: Path) -> None:
    assert load(tmp_path) == Oidc(**RIGHT)


@pytest.mark.parametrize("issuer", ["http://localhost:8080/agency", "http://127.0.0.1:8080", "https://agency.example/"])
def test_a_service_on_this_machine_may_go_without_tls(tmp_path: Path, issuer: str) -> None:
    assert load(tmp_path, issuer=issuer).issuer == issuer


@pytest.mark.parametrize(
    "issuer",
    [
        "http://agency.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "https://user:word@agency.example",
        "ftp://agency.example",
        "agency.example",
        "https://",
        "https://[agency",
        "https://agency.example/?tenant=1",
        "https://agency.example/#people",
    ],
)
def test_an_issuer_that_could_be_overheard_or_is_none_is_refused(tmp_path: Path, issuer: str) -> None:
    with pytest.raises(ConfigError, match="issuer has to be an https:// address"):
        load(tmp_path, issuer=issuer)


@pytest.mark.parametrize("missing", ["issuer", "client_id", "client_secret"])
def test_half_an_organisation_is_refused(tmp_path: Path, missing: str) -> None:
    with pytest.raises(ConfigError, match=f"{missing} is missing"):
        load(tmp_path, **{missing: None})


def test_the_secret_itself_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has to be a reference") as refused:
        load(tmp_path, client_secret="hunter2hunter2")
    assert "hunter2" not in str(refused.value)


def test_nobody_is_admitted_whom_no_editor_added(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="admit has to be 'known'"):
        load(tmp_path, admit="everybody")


def test_the_button_has_a_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name cannot be empty"):
        load(tmp_path, name=" ")
