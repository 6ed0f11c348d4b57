"""How fast an inbox is collected, beside mbsync on the same server.

mbsync in its default mode makes every message durable in a Maildir, as `triage collect` does in SQLite. The runs
alternate, so that a noisy neighbour disturbs all alike; each starts a fresh process and keeps its letters anew.
"""

import imaplib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.letters import letters
from bench.process import Run, measure
from tests.servers import Dovecot

USER, PASSWORD = "bench", "bench"
Runner = Callable[[Dovecot, Path, int], Run]

CONFIG = """
[desk]
database = "sqlite:///{folder}/triage.db"
log_file = "{folder}/triage.log"

[[inbox]]
name = "advice"
address = "advice@paper.example"
imap = {{ host = "{host}", port = {port}, tls = "none", user = "{user}", password = "file:{folder}/password" }}
smtp = {{ host = "{host}", port = 25, tls = "none" }}
"""
MBSYNC = """
IMAPAccount bench
Host {host}
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account bench

MaildirStore near
Inbox {folder}/Maildir

Channel bench
Far :far:
Near :near:
Sync Pull
Create Near
SyncState *
"""


def fill(dovecot: Dovecot, count: int) -> int:
    """Deliver the letters, and let the server index and read them once; how many bytes they are."""
    dovecot.add_user(USER, PASSWORD)
    size = 0
    for data in letters(count):
        dovecot.deliver(USER, data)
        size += len(data)
    with imaplib.IMAP4(dovecot.host, dovecot.port) as client:
        client.login(USER, PASSWORD)
        client.select()
        for first in range(1, count + 1, 500):
            client.fetch(f"{first}:{min(first + 499, count)}", "(RFC822.SIZE BODY.PEEK[])")
    return size


def runners() -> dict[str, Runner]:
    """What is compared, by name; the first is what the others are compared with."""
    found: dict[str, Runner] = {}
    if shutil.which("mbsync"):
        version = subprocess.run(["mbsync", "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
        found[f"mbsync {version}"] = run_mbsync
    else:
        print("mbsync is not installed, so there is nothing to compare with. Next: apt-get install isync")
    found["triage collect"] = run_triage
    found["fetch, keep nothing"] = run_fetching
    return found


def run_mbsync(dovecot: Dovecot, folder: Path, count: int) -> Run:
    """mbsync with its default fsync into a fresh Maildir."""
    config = folder / "mbsyncrc"
    config.write_text(MBSYNC.format(host=dovecot.host, port=dovecot.port, user=USER, password=PASSWORD, folder=folder))
    run = measure(["mbsync", "-q", "-c", str(config), "bench"])
    _expect(count, sum(1 for part in ("new", "cur") for _ in (folder / "Maildir" / part).iterdir()))
    return run


def run_triage(dovecot: Dovecot, folder: Path, count: int) -> Run:
    """`triage collect` into a fresh SQLite database."""
    run = measure([sys.executable, "-m", "triage", "--config", str(_config(dovecot, folder)), "collect"])
    with sqlite3.connect(folder / "triage.db") as db:
        _expect(count, db.execute("SELECT count(*) FROM letters").fetchone()[0])
    db.close()
    return run


def run_fetching(dovecot: Dovecot, folder: Path, count: int) -> Run:
    """The mailbox alone."""
    return measure([sys.executable, "-m", "bench.fetching", str(_config(dovecot, folder))])


def _config(dovecot: Dovecot, folder: Path) -> Path:
    (folder / "password").write_text(PASSWORD)
    config = folder / "config.toml"
    config.write_text(CONFIG.format(host=dovecot.host, port=dovecot.port, user=USER, folder=folder))
    return config


def _expect(count: int, found: int) -> None:
    if found != count:
        raise RuntimeError(f"{count} messages were delivered, but {found} were collected")
