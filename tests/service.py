"""Runs the real program against the tests' servers, as an operator would."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cast import ROOT
from tests.conftest import MailboxUser
from tests.servers import Dovecot, SmtpSink

CONFIG = """
[desk]
database = "{database}"
port = {port}
undo_seconds = {undo_seconds}

[[inbox]]
name = "advice"
address = "advice@desk.example"
from_name = "Carol Reyes"
signature = "Carol Reyes"
poll_seconds = 1

[inbox.imap]
host = "{imap.host}"
port = {imap.tls_port}
user = "{user.name}"
password = "file:{secret}"
ca_file = "{imap.ca_file}"

[inbox.smtp]
host = "{smtp.host}"
port = {smtp.port}
tls = "{smtp.tls}"
user = "advice"
password = "file:{smtp_secret}"
"""


@dataclass(frozen=True)
class Operator:
    """Somebody with a configuration and a command line."""

    config: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def triage(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "triage", "--config", str(self.config), *words],
            cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def add(self, name: str, role: str, password: str) -> None:
        """Add a person who may sign in."""
        secret = self.config.parent / f"{name}.password"
        secret.write_text(password + "\n", "utf-8")
        done = self.triage("user", "add", name, "--role", role, "--password-file", str(secret))
        assert done.returncode == 0, done.stderr

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """`triage serve`, from when its page answers; ended with SIGTERM if it still runs."""
        with subprocess.Popen(
            [sys.executable, "-m", "triage", "--config", str(self.config), "serve"],
            cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process:  # fmt: skip
            try:
                until(lambda: self._answers() or process.poll() is not None, 30)
                assert process.poll() is None, process.stderr and process.stderr.read()
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                process.communicate(timeout=30)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def operator(
    folder: Path, servers: tuple[Dovecot, SmtpSink], user: MailboxUser, database: str, *, undo_seconds: int = 1
) -> Operator:
    """An operator whose configuration names these servers; the SMTP user is advice/secret."""
    imap, smtp = servers
    secret, smtp_secret = folder / "imap.password", folder / "smtp.password"
    secret.write_text(user.password, "utf-8")
    smtp_secret.write_text("secret", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    config = folder / "config.toml"
    text = CONFIG.format(
        database=database, port=port, undo_seconds=undo_seconds, imap=imap, smtp=smtp, user=user,
        secret=secret, smtp_secret=smtp_secret,
    )  # fmt: skip
    config.write_text(text, "utf-8")
    return Operator(config, port)


def until(true: Callable[[], bool], seconds: float) -> None:
    """Wait until something is true; AssertionError when it is not in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)
