"""The desk in numbers for Prometheus and `triage status`, and nothing of letters or people in either."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from tests.cast import ALI, NOON, TestClock, mail, mailbox_with, make_desk
from tests.conftest import MailboxUser
from tests.servers import Dovecot, SmtpSink
from tests.service import operator, until
from tests.test_watching import PLENTY
from tests.web.conftest import TakingOutbox
from triage import __version__
from triage.cli import triage
from triage.desk import Desk, collecting, deciding, reading, sending, watching
from triage.desk.steps import Recorder
from triage.errors import Temporary
from triage.metrics import Metrics, _Standing
from triage.stages import Stage

SECRETS = ("rosa", "diaz", "reader.example", "pulling", "accounting", "ali", "desk.example")
Samples = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = replace(make_desk(database_url, clock=TestClock()), disk_usage=lambda _: PLENTY)
    yield made
    made.db.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def asked(port: int) -> str:
    answer = httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
    assert answer.status_code == 200
    return answer.text


def samples(text: str) -> Samples:
    """Each number by its name and the values of its labels."""
    families = text_string_to_metric_families(text)
    return {
        (sample.name, tuple(sample.labels.values())): sample.value for family in families for sample in family.samples
    }


def test_prometheus_gets_what_is_so_and_what_was_done(desk: Desk) -> None:
    clock = desk.clock
    assert isinstance(clock, TestClock)
    metrics = Metrics(desk)
    port = free_port()
    metrics.serve(port)
    box = mailbox_with(mail(), mail("The digest of the week", message_id="<2@reader.example>"))
    metrics.polled(collecting.poll(desk, box))
    reading.assess(desk)
    reading.draft(desk)
    deciding.approve(desk, 1, ALI)
    clock.forward(minutes=20)
    metrics.sent(sending.send(desk, lambda _: TakingOutbox(loses=True)))
    clock.forward(minutes=20)
    Recorder(desk)("send", 1.0, 0.2, "")
    metrics.ran("send", 1.0, 0.2, "")
    metrics.ran("send", 1.0, 0.2, "Temporary")
    watching.look(desk)
    text = asked(port)
    metrics.stop()
    found = samples(text)
    expected = {
        ("triage_database_up", ()): 1,
        ("triage_build_info", ("sqlite" if desk.db.is_sqlite else "postgresql", __version__)): 1,
        ("triage_letters", ("unknown",)): 1,
        ("triage_letters", ("aside",)): 1,
        ("triage_letters", ("drafted",)): 0,
        ("triage_letters_collected_total", ("advice",)): 2,
        ("triage_polls_total", ("advice", "well")): 1,
        ("triage_poll_age_seconds", ("advice",)): 40 * 60,
        ("triage_poll_failures", ("advice",)): 0,
        ("triage_sends_total", ("unknown",)): 1,
        ("triage_sends_total", ("sent",)): 0,
        ("triage_step_seconds_count", ("send",)): 2,
        ("triage_step_failures_total", ("send",)): 1,
        ("triage_troubles", ("unknown",)): 1,
        ("triage_troubles", ("polling",)): 1,
        ("triage_troubles", ("disk",)): 0,
    }
    assert {key: found.get(key) for key in expected} == expected
    assert found["triage_database_bytes", ()] > 10_000
    assert ("triage_disk_free_bytes", ("database",)) in found or not desk.db.is_sqlite
    assert found["process_resident_memory_bytes", ()] > 0
    assert {labels[0] for name, labels in found if name == "triage_letters"} == {stage.value for stage in Stage}
    for secret in SECRETS:
        assert secret not in text.lower(), secret


def test_many_questions_are_one_look_and_a_silent_database_is_a_number(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics(desk)
    port = free_port()
    metrics.serve(port)
    first = samples(asked(port))
    collecting.collect(desk, mailbox_with(mail()))
    assert samples(asked(port))["triage_letters", ("collected",)] == first["triage_letters", ("collected",)] == 0
    monkeypatch.setattr("triage.metrics.LOOKED_AT_SECONDS", 0.0)
    assert samples(asked(port))["triage_letters", ("collected",)] == 1
    desk.db.engine.dispose()
    monkeypatch.setattr(desk.db, "_reading", make_desk_nowhere())
    found = samples(asked(port))
    metrics.stop()
    assert found["triage_database_up", ()] == 0
    assert found["triage_sends_total", ("sent",)] == 0, "what was counted is still there"


def make_desk_nowhere() -> object:
    """An engine for a server that is not there."""
    import sqlalchemy as sa

    return sa.create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")


def test_who_asks_while_the_database_is_slow_is_not_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.metrics.PATIENCE_SECONDS", 0.05)
    standing = _Standing(desk)
    with standing._lock:  # as another one who asks holds it
        [up] = standing.collect()
    assert up.samples[0].value == 0
    assert len(list(standing.collect())) > 1


def test_the_figures_are_given_on_this_machine_only_and_a_taken_port_is_said_in_words(desk: Desk) -> None:
    metrics, port = Metrics(desk), free_port()
    metrics.serve(port)
    assert metrics._server is not None
    assert metrics._server.server_address[0] == "127.0.0.1"
    with pytest.raises(Temporary, match="metrics_port"):
        Metrics(desk).serve(port)
    metrics.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


# ------------------------------------------------------------------ triage status

CONFIG = """
[desk]
database = "{url}"
[[inbox]]
name = "advice"
address = "advice@desk.example"
idle = false
[inbox.imap]
host = "127.0.0.1"
port = 1
tls = "none"
[inbox.smtp]
host = "127.0.0.1"
port = 1
tls = "none"
"""


def test_status_says_what_is_wrong_and_ends_with_one_when_something_is(desk: Desk, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(url=desk.db.url), "utf-8")
    clock = desk.clock
    assert isinstance(clock, TestClock)
    run = CliRunner()

    quiet = run.invoke(triage, ["--config", str(config), "status"])
    assert (quiet.exit_code, quiet.stdout.splitlines()[0]) == (0, "Nothing is wrong.")
    assert "advice: no look has worked yet" in quiet.stdout

    clock.now = NOON.replace(year=2020)  # long ago, by the clock of the machine
    collecting.poll(desk, mailbox_with(mail()))
    Recorder(desk)("send", 1.0, 0.0, "")
    wrong = run.invoke(triage, ["--config", str(config), "status", "--json"])
    found = json.loads(wrong.stdout)
    assert wrong.exit_code == 1
    assert {(it["kind"], it["about"]) for it in found["troubles"]} == {
        ("polling", "advice"),
        ("unread", "advice"),
        ("step", "send"),
    }
    assert found["letters"]["collected"] == 1
    assert found["steps"][0]["step"] == "send"
    in_words = run.invoke(triage, ["--config", str(config), "status"])
    assert "! No letter comes in from the inbox “advice”" in in_words.stdout
    for secret in ("rosa", "Pulling", "accounting"):
        assert secret not in wrong.stdout + in_words.stdout


def test_the_running_service_is_ready_gives_figures_and_writes_a_log_for_programs(
    tmp_path: Path, dovecot: Dovecot, mailbox_user: MailboxUser, smtp_sink: SmtpSink, sqlite_url: str
) -> None:
    office = operator(tmp_path, (dovecot, smtp_sink), mailbox_user, sqlite_url)
    port, log = free_port(), tmp_path / "triage.log"
    more = f'log_format = "json"\nlog_file = "{log}"\nmetrics_port = {port}\n'
    office.config.write_text(office.config.read_text("utf-8").replace("[desk]\n", f"[desk]\n{more}"), "utf-8")
    with office.serving():
        until(lambda: "steps: ok" in httpx2.get(f"{office.url}/readyz").text, 20)
        until(lambda: samples(asked(port)).get(("triage_polls_total", ("advice", "well")), 0) > 0, 20)
        said = httpx2.get(f"{office.url}/readyz").text
        told = json.loads(office.triage("status", "--json").stdout)
    assert said.startswith("database: ok\nwrites: ok\nmigrations: ok\nsteps: ok\ndisk: ")
    assert [it["kind"] for it in told["troubles"]] in ([], ["disk"])  # how full this machine is, is not ours to say
    assert {"collect-advice", "read", "send", "settle", "tell", "webhooks", "watch"} <= {
        step["step"] for step in told["steps"]
    }
    for line in log.read_text("utf-8").splitlines():
        assert {"time", "level", "logger", "event"} <= set(json.loads(line))
