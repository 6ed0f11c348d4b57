"""How soon a letter stands drafted at the desk when the server tells of it: `python -m bench.idle`.

A served desk on SQLite, a private mail server, and a second connection that puts letters into the inbox one at a time.
The desk polls so seldom that only IDLE can be the reason; the time ends when the queue's page shows the letter.
"""

import argparse
import itertools
import json
import os
import random
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
from imapclient import IMAPClient  # type: ignore[import-untyped]

from tests.conftest import MailboxUser
from tests.servers import Dovecot, SmtpSink
from tests.service import Operator, operator

LETTERS = Path(__file__).parent.parent / "models" / "letters"
PASSWORD = "a good password"
POLL_SECONDS = 3600
MOST_SECONDS = 3.0
LOOK_EVERY = 0.4  # seconds; asked more often, the pages would take the time that the letters need
PATIENCE = 30.0  # for the last letter: one that is taken for bulk mail stands elsewhere and never comes


def main() -> None:
    """Serve, deliver, look, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__)
    parser.add_argument("--letters", type=int, default=200, help="how many letters come (200)")
    parser.add_argument("--gap", type=float, default=1.0, help="seconds between two of them, on average (1)")
    options = parser.parse_args()
    user = MailboxUser("advice", PASSWORD)
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}")
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Dovecot() as dovecot,
        SmtpSink(user="advice", password="secret") as sink,
    ):
        dovecot.add_user(user.name, user.password)
        office = operator(Path(folder), (dovecot, sink), user, f"sqlite:///{folder}/triage.db")
        office.config.write_text(
            office.config.read_text().replace("poll_seconds = 1", f"poll_seconds = {POLL_SECONDS}")
        )
        office.add("carol", "editor", PASSWORD)
        with office.serving(), IMAPClient(dovecot.host, dovecot.port, ssl=False) as program:
            program.login(user.name, user.password)
            took = sorted(_measure(office, program, options.letters, options.gap))
    late = took[int(0.95 * len(took))]
    print(
        f"{len(took)} of {options.letters} letters, from delivery until the queue shows the draft: "
        f"median {statistics.median(took):.2f} s, "
        f"95 of 100 within {late:.2f} s ({'within' if late <= MOST_SECONDS else 'OVER'} {MOST_SECONDS:.0f} s), "
        f"slowest {took[-1]:.2f} s; load average {os.getloadavg()[0]:.2f}"
    )


def _measure(office: Operator, program: IMAPClient, letters: int, gap: float) -> Iterator[float]:
    """Seconds for each letter. Two come first and do not count: the pipeline is loaded for them."""
    with httpx2.Client(base_url=office.url, trust_env=False, timeout=60) as browser:
        _sign_in(browser)
        bodies = _bodies()
        for number in (0, 1):
            _deliver(program, f"Early letter {number}", next(bodies))
            while f"Early letter {number}" not in _queue(browser):
                time.sleep(LOOK_EVERY)
        at: dict[str, float] = {}
        carrier = threading.Thread(target=_carry, args=(program, bodies, letters, gap, at))
        carrier.start()
        seen: set[str] = set()
        while carrier.is_alive() or (seen != set(at) and time.monotonic() - max(at.values()) < PATIENCE):
            shown = set(re.findall(r"Question \d+ of rosa", _queue(browser)))
            now = time.monotonic()
            for subject in shown - seen:
                yield now - at[subject]
            seen |= shown
            time.sleep(LOOK_EVERY)
        carrier.join()


def _carry(program: IMAPClient, bodies: Iterator[str], letters: int, gap: float, at: dict[str, float]) -> None:
    """Letters come as they do in life: independent of each other."""
    chance = random.Random(1)
    for number in range(letters):
        time.sleep(chance.expovariate(1 / gap))
        subject = f"Question {number} of rosa"
        at[subject] = time.monotonic()
        _deliver(program, subject, next(bodies))


def _deliver(program: IMAPClient, subject: str, body: str) -> None:
    head = [
        f"From: Rosa Diaz <rosa{hash(subject) % 100_000}@reader.example>",
        "To: advice@desk.example",
        f"Subject: {subject}",
        f"Message-ID: <{subject.replace(' ', '.')}@reader.example>",
        'Content-Type: text/plain; charset="utf-8"',
    ]
    program.append("INBOX", ("\r\n".join([*head, "", ""]) + body.replace("\n", "\r\n") + "\r\n").encode())


def _bodies() -> Iterator[str]:
    """Letters of some 150 words that want a draft, again and again in the same order."""
    rows = [json.loads(line) for path in sorted(LETTERS.glob("*.jsonl")) for line in path.read_text().splitlines()]
    wanted = [r["body"] for r in rows if r["kind"] == "letter" and 120 <= len(r["body"].split()) <= 180]
    return itertools.cycle(wanted)


def _queue(browser: httpx2.Client) -> str:
    """The queue with all its pages: an urgent letter stands before those that came earlier."""
    text, path = "", "/"
    while path:
        page = browser.get(path).raise_for_status().text
        text += page
        after = re.search(r'rel="next" href="([^"]+)"', page)
        path = after[1].replace("&amp;", "&") if after else ""
    return text


def _sign_in(browser: httpx2.Client) -> None:
    token = re.search(r'name="token" value="([0-9a-f]+)"', browser.get("/sign-in").text)
    assert token is not None
    browser.post("/sign-in", data={"name": "carol", "password": PASSWORD, "next": "/", "token": token[1]})
    browser.get("/").raise_for_status()


if __name__ == "__main__":
    main()
