"""Setting up: carol answers what `triage init` asks, and `triage check` says in plain words what is wrong."""

import dataclasses
import itertools
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import MailboxUser
from tests.servers import Dovecot, Postgres, SmtpSink, Stage
from triage import providers, settings, wiring
from triage.checking.desk import unsafe_place
from triage.checking.inboxes import count_messages, unaligned
from triage.cli import config_file, triage
from triage.errors import ConfigError, TriageError
from triage.settings import Desk, Inbox, Learning, OAuth, Oidc, Server, Settings
from triage.stages import Role
from triage.store import people

ROOT = Path(__file__).resolve().parent.parent
LETTER = b"From: rosa@example.org\r\nSubject: Should I go?\r\n\r\nDear Carol, should I go?\r\n"


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended, as the person at the terminal has it."""

    code: int
    words: str


@dataclass
class Place:
    """A folder to set up in, with real servers that take the same user and password."""

    folder: Path
    imap: Dovecot
    smtp: SmtpSink
    user: MailboxUser

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def environment(self, **more: str) -> dict[str, str]:
        # The folders of tests lie in the place for temporary files, which `triage check` warns of.
        usual = {"TMPDIR": str(self.folder / "temporary"), "TRIAGE_CONFIG": "", "ADVICE_PASSWORD": self.user.password}
        return usual | more

    def run(self, *arguments: str, **environment: str) -> Said:
        """Run the real program."""
        done = subprocess.run(
            [sys.executable, "-m", "triage", "--config", str(self.config), *arguments],
            env=os.environ | self.environment(**environment),
            cwd=ROOT,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        return self._heard(done.returncode, done.stdout + done.stderr)

    def converse(self, answers: list[str], *arguments: str, **environment: str) -> Said:
        """The same in this process, where a hidden question can be answered too, and sooner done."""
        result = CliRunner(env=self.environment(**environment)).invoke(
            triage, ["--config", str(self.config), *arguments], input="\n".join(answers) + "\n"
        )
        if isinstance(result.exception, TriageError):
            return self._heard(
                2 if isinstance(result.exception, ConfigError) else 1, f"{result.output}{result.exception}"
            )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return self._heard(result.exit_code, result.output)

    def _heard(self, code: int, words: str) -> Said:
        assert "Traceback" not in words, words
        assert self.user.password not in words
        return Said(code, words)

    def init(self, *more: str, **environment: str) -> Said:
        arguments = [*self.answers(), "--password-env", "ADVICE_PASSWORD", *more]
        return self.converse([], "init", "--yes", *arguments, **environment)

    def answers(self) -> list[str]:
        return [
            *("--address", "advice@example.org", "--name", "Carol", "--user", self.user.name),
            *("--imap-host", "localhost", "--imap-port", str(self.imap.tls_port), "--imap-tls", "implicit"),
            *("--smtp-host", "localhost", "--smtp-port", str(self.smtp.port), "--smtp-tls", "starttls"),
            *("--time-zone", "America/New_York"),
        ]

    def trusting(self, folder: Path) -> list[str]:
        """One file with the certificates of both servers."""
        assert self.smtp.ca_file is not None
        both = folder / "trusted.pem"
        both.write_text(self.imap.ca_file.read_text() + self.smtp.ca_file.read_text())
        return ["--ca-file", str(both)]

    def change(self, old: str, new: str) -> None:
        text = self.config.read_text("utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), "utf-8")

    def check(self, **environment: str) -> dict[str, str]:
        """The lines of `triage check` by what they are about, each "ok" or "FAILED" first."""
        return self.findings(self.converse([], "check", **environment))

    def findings(self, said: Said) -> dict[str, str]:
        """The lines of a check, which has to end as they say."""
        *findings, summary = said.words.splitlines()
        failed = sum(line.startswith("FAILED") for line in findings)
        assert summary == (f"{failed} of {len(findings)} checks failed." if failed else "All is well.")
        assert said.code == (1 if failed else 0)
        lines = {}
        for line in findings:
            match = re.fullmatch(r"(ok|FAILED) +([^:]+): (.+)", line)
            assert match, line
            assert match[1] == "ok" or "Next: " in match[3], line
            lines[match[2]] = f"{match[1]} {match[3]}"
        return lines


@pytest.fixture
def place(dovecot: Dovecot, mailbox_user: MailboxUser, tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "desk"
    (folder / "temporary").mkdir(parents=True)
    with SmtpSink(tls="starttls", user=mailbox_user.name, password=mailbox_user.password) as smtp:
        yield Place(folder, dovecot, smtp, mailbox_user)


@pytest.fixture
def desk(place: Place) -> Place:
    """Set up, with carol as its editor; all that a check can complain of is where tests keep their files."""
    trusted = place.trusting(place.folder)[1]
    common = {"host": "localhost", "user": place.user.name, "password": "env:ADVICE_PASSWORD", "ca_file": trusted}
    inbox = Inbox(
        name="advice",
        address="advice@example.org",
        imap=Server(port=place.imap.tls_port, **common),
        smtp=Server(port=place.smtp.port, tls="starttls", **common),
    )
    url = f"sqlite:///{place.folder}/triage.db"
    config_file.save(place.config, config_file.text(inbox, url, "America/New_York", None))
    _add_carol(url)
    return place


def _add_carol(url: str) -> None:
    db = wiring.open_database(Settings(desk=Desk(database=url)))
    people.add(db, "carol", Role.EDITOR, "a hash", datetime(2026, 11, 1, tzinfo=UTC))
    db.close()


# ------------------------------------------------------------------ init


def test_what_init_writes_is_accepted_and_checks_out(place: Place) -> None:
    answers = [*place.answers(), *place.trusting(place.folder), "--password-env", "ADVICE_PASSWORD"]
    said = place.run("init", "--yes", *answers)
    assert said.code == 0, said.words
    for command in ("user link NAME", "check", "serve"):
        assert f"triage --config {place.config} {command}" in said.words

    loaded = settings.load(place.config)
    assert loaded.inbox[0].address == "advice@example.org"
    assert loaded.inbox[0].from_name == loaded.inbox[0].signature == "Carol"
    assert loaded.inbox[0].smtp.tls == "starttls"
    assert loaded.desk.database == f"sqlite:///{place.folder}/triage.db"
    assert place.config.stat().st_mode & 0o777 == 0o600
    assert place.user.password not in place.config.read_text("utf-8")

    kept = place.folder / "carol"
    kept.write_text("a long password\n")
    assert place.run("user", "add", "carol", "--role", "editor", "--password-file", str(kept)).code == 0
    lines = place.findings(place.run("check"))
    model = lines.pop("model")
    assert model.startswith("ok") or "odel" in model
    assert [line for line in lines.values() if not line.startswith("ok")] == []
    assert list(lines) == [
        *("config", "database", "database place", "people", "templates"),
        *("advice, collecting", "advice, sent copies", "advice, sending"),
    ]
    assert "'Sent'" in lines["advice, sent copies"]
    assert place.smtp.received == []
    assert place.imap.messages(place.user.name, "Sent") == []


def test_carol_is_asked_and_her_password_goes_into_a_file_of_its_own(place: Place) -> None:
    for day in (5, 20):
        place.imap.deliver(place.user.name, LETTER, received_at=datetime(2026, 3, day, tzinfo=UTC))
    answers = [
        *("carol at example", "advice@example.org", "own", "localhost", str(place.imap.tls_port), "implicit"),
        *("localhost", str(place.smtp.port), "starttls", place.user.name, "Carol Vega", "Carol\\nThe Advice Desk"),
        *("Mars/Olympus", "America/Chicago", "file", "", place.user.password, "tomorrow", "2026-03-10"),
    ]
    said = place.converse(answers, "init", *place.trusting(place.folder))
    assert said.code == 0, said.words
    assert "not a mail address" in said.words
    assert "not a time zone" in said.words
    assert "has 2 messages" in said.words
    assert "leaves out 1 of the 2 messages" in said.words
    assert place.user.password not in said.words

    inbox = settings.load(place.config).inbox[0]
    kept = place.folder / "advice.password"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert inbox.imap.password == inbox.smtp.password == f"file:{kept}"
    assert inbox.imap.secret() == place.user.password
    assert inbox.since == datetime(2026, 3, 10, 5, tzinfo=UTC)  # midnight in Chicago
    assert inbox.signature == "Carol\nThe Advice Desk"


def test_letters_count_from_now_on_unless_carol_says_otherwise(place: Place) -> None:
    place.imap.deliver(place.user.name, LETTER, received_at=datetime(2026, 3, 1, tzinfo=UTC))
    before = datetime.now(UTC).replace(microsecond=0)
    said = place.init(*place.trusting(place.folder))
    since = settings.load(place.config).inbox[0].since
    assert since is not None
    assert before <= since <= datetime.now(UTC)
    assert "leaves out 1 of the 1 messages" in said.words

    said = place.init(*place.trusting(place.folder), "--force", "--since", "everything")
    assert settings.load(place.config).inbox[0].since is None
    assert "leaves out 0 of the 1 messages" in said.words


def test_letters_are_counted_to_the_second_and_not_by_the_day(place: Place) -> None:
    since = datetime(2026, 3, 10, 4, tzinfo=UTC)
    for received in (since.replace(hour=3, minute=59, second=59), since, since.replace(day=9), since.replace(day=30)):
        place.imap.deliver(place.user.name, LETTER, received_at=received)
    kept = place.folder / "kept"
    kept.write_text(place.user.password)
    server = Server(
        host="localhost",
        port=place.imap.tls_port,
        user=place.user.name,
        password=f"file:{kept}",
        ca_file=str(place.imap.ca_file),
    )
    inbox = Inbox(name="advice", address="advice@example.org", imap=server, smtp=server)
    assert count_messages(inbox, since) == (4, 2)
    assert count_messages(inbox, None) == (4, 0)


def test_a_wrong_password_is_said_in_plain_words_and_the_file_is_still_offered(place: Place) -> None:
    answers = [*place.answers(), *place.trusting(place.folder), "--password-env", "ADVICE_PASSWORD"]
    said = place.converse([], "init", "--yes", *answers, ADVICE_PASSWORD="a wrong password")
    assert said.code == 1
    assert "does not accept the user name or the password" in said.words
    assert "app password" in said.words
    assert settings.load(place.config).inbox[0].imap.password == "env:ADVICE_PASSWORD"


def test_carol_may_choose_to_write_nothing_after_a_failed_sign_in(place: Place) -> None:
    kept = place.folder / "kept"
    kept.write_text("a wrong password")
    options = [*place.answers(), *place.trusting(place.folder), "--signature", "Carol", "--password-file", str(kept)]
    said = place.converse(["y", "n"], "init", *options)
    assert said.code == 1
    assert "Nothing was written" in said.words
    assert not place.config.exists()


def test_without_the_variable_signing_in_is_not_tried(place: Place) -> None:
    answers = [*place.answers(), *place.trusting(place.folder), "--password-env", "NOBODY_SET_THIS"]
    said = place.run("init", "--yes", *answers)
    assert said.code == 0
    assert "NOBODY_SET_THIS, which is not set" in said.words
    assert place.config.exists()


def test_init_never_replaces_a_configuration_unasked(place: Place) -> None:
    place.config.write_text("# the work of a day\n")
    said = place.init()
    assert said.code == 2
    assert "--force" in said.words
    assert place.config.read_text() == "# the work of a day\n"


def test_init_sends_no_password_in_the_clear(place: Place) -> None:
    said = place.init("--imap-host", "imap.example.org", "--imap-tls", "none")
    assert said.code == 2
    assert "in the clear" in said.words
    assert "Signing in" not in said.words
    assert not place.config.exists()


@pytest.mark.parametrize("address", ["carol@hotmail.com", "carol@college.onmicrosoft.com"])
def test_carol_is_told_that_microsoft_wants_tokens_and_asked_for_no_password(place: Place, address: str) -> None:
    answers = ["1111-2222", "Carol", "Carol", "America/New_York", "now"]
    said = place.converse(answers, "init", "--address", address)
    assert "OAuth" in said.words
    assert "triage login carol" in said.words
    assert "password?" not in said.words
    inbox = settings.load(place.config).inbox[0]
    tenant = "consumers" if address.endswith("hotmail.com") else "common"
    assert inbox.oauth == OAuth(provider="microsoft", client_id="1111-2222", tenant=tenant)
    assert settings.load(place.config).desk.key == f"file:{place.folder / 'triage.key'}"


def test_gmail_takes_a_password_unless_there_is_a_client_id(place: Place) -> None:
    secret = place.folder / "client.secret"
    given = ["--client-id", "desk.apps.example", "--client-secret-file", str(secret)]
    said = place.converse([], "init", "--yes", "--address", "carol@gmail.com", *given)
    assert said.code == 0, said.words
    oauth = settings.load(place.config).inbox[0].oauth
    assert oauth == OAuth(provider="google", client_id="desk.apps.example", client_secret=f"file:{secret}")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--address", "carol"], "not a mail address"),
        ([], "--address is needed"),
        (["--address", "a@example.org", "--since", "2999-01-01", "--password-env", "NOBODY_SET_THIS"], "not come yet"),
        (["--address", "a@example.org", "--since", "soon", "--password-env", "NOBODY_SET_THIS"], "a date such as"),
        (["--address", "a@example.org", "--password-env", "two words"], "letters, digits and _"),
        (["--address", "a@example.org", "--password-file", "nowhere/kept"], "is not there"),
        (["--address", "a@example.org", "--name", "Carol\x07"], "cannot be shown"),
    ],
)
def test_an_answer_that_is_no_answer_is_named(place: Place, options: list[str], words: str) -> None:
    said = place.converse([], "init", "--yes", *options)
    assert said.code == 2
    assert words in said.words
    assert not place.config.exists()


def test_init_says_so_where_it_may_not_write(place: Place) -> None:
    said = place.run("--config", str(place.folder / "nowhere" / "config.toml"), "init", "--yes")
    assert said.code == 2
    assert "is not there" in said.words


@pytest.mark.parametrize(
    ("address", "imap"),
    [
        ("carol@gmail.com", "imap.gmail.com"),
        ("carol@Outlook.com", "outlook.office365.com"),
        ("carol@yahoo.co.uk", "imap.mail.yahoo.com"),
        ("carol@me.com", "imap.mail.me.com"),
        ("carol@fastmail.fm", "imap.fastmail.com"),
        ("carol@zohomail.com", "imap.zoho.com"),
        ("carol@gmx.de", "imap.gmx.net"),
        ("carol@gmx.com", "imap.gmx.com"),
    ],
)
def test_the_servers_of_the_large_providers_are_known(address: str, imap: str) -> None:
    provider = providers.by_address(address)
    assert provider is not None
    assert provider.imap.host == imap


def test_an_own_domain_is_a_guess_and_a_lookalike_is_no_provider() -> None:
    assert providers.by_address("carol@notgmail.com") is None
    assert providers.guess("carol@example.org").imap == providers.Place("imap.example.org", 993)


def test_no_domain_belongs_to_two_providers() -> None:
    domains = [domain for provider in providers.PROVIDERS for domain in provider.domains]
    assert len(domains) == len(set(domains))


# ------------------------------------------------------------------ check


def test_a_wrong_password_fails_at_both_servers_and_only_there(desk: Place) -> None:
    lines = desk.check(ADVICE_PASSWORD="a wrong password")
    assert "does not accept the user name or the password" in lines["advice, collecting"]
    assert "does not accept the sign-in" in lines["advice, sending"]
    assert "app password" in lines["advice, sending"]
    assert "advice, sent copies" not in lines  # asking again could lock the account
    assert lines["database"].startswith("ok")


def test_a_missing_variable_is_named(desk: Place) -> None:
    lines = desk.check(ADVICE_PASSWORD="")
    for what in ("advice, collecting", "advice, sending"):
        assert "environment variable ADVICE_PASSWORD, which is not set" in lines[what]


def test_a_wrong_port_is_said_without_promises(desk: Place) -> None:
    desk.change(f"port = {desk.imap.tls_port}", "port = 1")
    desk.change(f"port = {desk.smtp.port}", "port = 1")
    lines = desk.check()
    assert "cannot be reached" in lines["advice, collecting"]
    assert "by itself" not in lines["advice, collecting"]
    assert "smtp.port" in lines["advice, sending"]


def test_a_port_without_tls_is_told_from_a_dead_one(desk: Place) -> None:
    desk.change(f"port = {desk.imap.tls_port}", f"port = {desk.imap.port}")
    lines = desk.check()
    assert "does not speak TLS on this port" in lines["advice, collecting"]


def test_a_certificate_of_nobody_is_not_trusted(desk: Place) -> None:
    desk.change("ca_file", "# ca_file")
    lines = desk.check()
    assert "imap.ca_file" in lines["advice, collecting"]
    assert "smtp.ca_file" in lines["advice, sending"]


def test_a_certificate_file_that_is_not_there_is_named(desk: Place) -> None:
    desk.change("trusted.pem", "nothing.pem")
    lines = desk.check()
    assert "nothing.pem (imap.ca_file) cannot be read" in lines["advice, collecting"]
    assert "nothing.pem (smtp.ca_file) cannot be read" in lines["advice, sending"]


@pytest.mark.parametrize(
    ("setting", "what", "words"),
    [
        ('folder = "Letters"', "advice, collecting", "check the setting folder"),
        ('sent_folder = "Out"', "advice, sent copies", "check the setting sent_folder"),
        ('after_collect = "move"\nmove_to = "Done"', "advice, collecting", "'Done'"),
    ],
)
def test_a_folder_that_is_not_there_is_named(desk: Place, setting: str, what: str, words: str) -> None:
    desk.change("[[inbox]]\n", f"[[inbox]]\n{setting}\n")
    lines = desk.check()
    assert lines[what].startswith("FAILED")
    assert words in lines[what]


def test_an_address_that_the_server_refuses_is_said_with_its_words(desk: Place) -> None:
    desk.smtp.answers[Stage.MAIL] = "550 5.7.1 Sender is not yours"
    lines = desk.check()
    assert "Sender is not yours" in lines["advice, sending"]
    assert "send as this address" in lines["advice, sending"]


def test_an_unknown_setting_ends_with_2(desk: Place) -> None:
    desk.change("[[inbox]]\n", '[[inbox]]\ncolour = "blue"\n')
    said = desk.run("check")
    assert said.code == 2
    assert "colour" in said.words


def test_a_time_zone_that_nobody_has_is_named(desk: Place) -> None:
    desk.change("America/New_York", "Mars/Olympus")
    lines = desk.check()
    assert "Mars/Olympus" in lines["config"]


def test_a_fresh_desk_lacks_only_its_people_and_the_check_makes_nothing(place: Place) -> None:
    place.init(*place.trusting(place.folder))
    lines = place.check()
    assert "is not there yet" in lines["database"]
    assert "triage user link NAME" in lines["people"]
    assert not (place.folder / "triage.db").exists()


def test_a_locked_database_is_said(desk: Place) -> None:
    other = sqlite3.connect(desk.folder / "triage.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        lines = desk.check()
    finally:
        other.close()
    assert "takes no changes" in lines["database"]
    assert "people" not in lines


def test_a_database_that_is_something_else_is_said(desk: Place) -> None:
    (desk.folder / "triage.db").write_bytes(LETTER * 100)
    lines = desk.check()
    assert "not a database" in lines["database"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:////nowhere/at/all/triage.db", "The folder /nowhere/at/all is not there"),
        ("sqlite:////usr", "unable to open"),
        ("sqlite://", "kept in memory"),
        ("mysql://localhost/triage", "mysql is not supported"),
        ("a file", "is not a database URL"),
        ("postgresql://localhost:1/triage", "does not answer"),
    ],
)
def test_a_database_that_cannot_be_is_said(desk: Place, url: str, words: str) -> None:
    desk.change(f"sqlite:///{desk.folder}/triage.db", url)
    lines = desk.check()
    assert lines["database"].startswith("FAILED")
    assert words in lines["database"]


@pytest.mark.parametrize(
    ("user", "identities", "warned"),
    [
        ("advice@example.org", (), False),
        ("advice", (), False),
        ("advice@mail.example.org", ("Carol <carol@example.org>",), False),
        ("advice@example.org", ("Carol <carol@paper.example>",), True),
        ("desk@provider.example", (), True),
    ],
)
def test_a_sender_that_the_account_does_not_sign_for_is_said(
    user: str, identities: tuple[str, ...], warned: bool
) -> None:
    server = Server(host="127.0.0.1", port=1, tls="none", user=user)
    box = Inbox(name="advice", address="advice@example.org", imap=server, smtp=server, identities=identities)
    assert ("may be taken for forged" in unaligned(box)) is warned


def test_tables_of_another_version_are_said(desk: Place) -> None:
    with sqlite3.connect(desk.folder / "triage.db") as other:
        other.execute("DELETE FROM alembic_version")
    other.close()
    lines = desk.check()
    assert "not those of this version" in lines["database"]


def test_postgresql_checks_out_as_well(desk: Place, postgres: Postgres) -> None:
    postgres_url = postgres.new_database()
    desk.change(f"sqlite:///{desk.folder}/triage.db", postgres_url)
    lines = desk.check()
    assert "not those of this version" in lines["database"]  # nobody has used it yet
    _add_carol(postgres_url)
    lines = desk.check()
    assert lines["database"].startswith("ok")
    assert lines["people"].startswith("ok")


def test_a_template_that_cannot_be_read_is_named(desk: Place) -> None:
    folder = desk.folder / "templates"
    folder.mkdir()
    desk.change("[desk]\n", f'[desk]\ntemplates = "{folder}"\n')
    assert "facts.csv" in desk.check()["templates"]

    shutil.copy(ROOT / "templates" / "facts.csv", folder)
    assert "frame.txt" in desk.check()["templates"]


def test_a_model_that_is_not_there_is_said(desk: Place) -> None:
    desk.change("[desk]\n", f'[desk]\nmodel = "{desk.folder / "nothing"}"\n')
    lines = desk.check()
    assert lines["model"].startswith("FAILED")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("/srv/triage/triage.db", ""),
        ("/srv/shared/triage.db", "network"),
        ("/srv/shared disk/triage.db", "network"),
        ("/srv/shared/local/triage.db", ""),
        ("/scratch/triage.db", "temporary"),
        ("/dev/shm/triage.db", "temporary"),
    ],
)
def test_a_database_file_is_not_left_where_it_may_be_lost(file: str, words: str) -> None:
    mounts = (
        "/dev/sda1 / ext4 rw 0 0\n"
        "server:/export /srv/shared nfs4 rw 0 0\n"
        "//server/export /srv/shared\\040disk cifs rw 0 0\n"
        "/dev/sdb1 /srv/shared/local ext4 rw 0 0\n"
        "odd\n"
    )
    reason = unsafe_place(Path(file), mounts, "/scratch")
    assert words in reason
    assert bool(words) == bool(reason)


def test_a_database_in_the_folder_for_temporary_files_is_said(desk: Place) -> None:
    lines = desk.findings(desk.run("check", TMPDIR=str(desk.folder)))
    assert "temporary files" in lines["database place"]


# ------------------------------------------------------------------ config.example.toml


def test_the_example_has_every_setting_and_no_other() -> None:
    text = (ROOT / "config.example.toml").read_text("utf-8")
    settings.load(ROOT / "config.example.toml")
    # The one setting whose default TOML cannot say stands there as a comment.
    table = tomllib.loads(text.replace("# since =", "since ="))
    inbox = table["inbox"][0]
    sections = {"desk": Desk, "learning": Learning, "oidc": Oidc}
    parts = [(cls, table[name]) for name, cls in sections.items()]
    for cls, section in (
        *parts,
        (Inbox, inbox),
        (Server, inbox["imap"]),
        (Server, inbox["smtp"]),
        (OAuth, inbox["oauth"]),
    ):
        assert set(section) == {field.name for field in dataclasses.fields(cls)}


def test_the_example_shows_the_defaults() -> None:
    loaded = settings.load(ROOT / "config.example.toml")
    inbox = loaded.inbox[0]
    assert loaded.desk == Desk()
    assert loaded.learning == Learning()
    assert loaded.oidc == Oidc()
    assert inbox == Inbox(name=inbox.name, address=inbox.address, imap=inbox.imap, smtp=inbox.smtp)
    for server in (inbox.imap, inbox.smtp):
        assert server == Server(host=server.host, port=server.port, user=server.user, password=server.password)


def test_every_setting_in_the_example_has_one_line_that_says_what_it_is_for() -> None:
    lines = (ROOT / "config.example.toml").read_text("utf-8").splitlines()
    for before, line in itertools.pairwise(lines):
        if re.match(r"(# )?\w+ = ", line):
            assert before.startswith("# "), line
            assert before.endswith("."), line
