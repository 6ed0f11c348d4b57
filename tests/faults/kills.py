"""kill -9 at random moments while letters arrive and people approve, with real servers behind every door."""

import contextlib
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cast import ALI, ROOT, mail
from tests.faults import invariants, worker
from tests.servers import Dovecot, SmtpSink
from triage.desk import Desk, deciding
from triage.errors import TriageError
from triage.mailbox.imap import ImapMailbox
from triage.settings import Inbox
from triage.stages import Stage
from triage.store import letters

WORKERS = 2  # at a time: two processes that want to do the same
LONGEST_LIFE = 0.5  # seconds until the next kill
ANSWER_SECONDS = 0.06  # the mail server takes its time, or hardly any kill would find a reply on its way
DRAIN_SECONDS = 120.0
MACHINE = (Stage.COLLECTED, Stage.ASSESSED, Stage.DRAFTED, Stage.APPROVED, Stage.SENDING)


@dataclass(frozen=True)
class Tally:
    """What became of a run."""

    kills: int
    letters: int
    unknown: int  # replies that a person was asked about
    lost: int  # letters that were not answered in the end
    doubled: int  # replies that went out twice without a person having asked for it
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.letters} letters, {self.unknown} unknown, {self.lost} lost, "
            f"{self.doubled} doubled, {self.seconds:.0f} s"
        )


class Nursery:
    """Starts processes of a desk and ends them; see `tests.faults.worker`. Use as a context manager."""

    def __enter__(self) -> "Nursery":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self._alive: set[int] = set()
        return self

    def __exit__(self, *_: object) -> None:
        for pid in list(self._alive):
            self.kill(pid)
        self._process.communicate()

    def start(self, do: str, order: dict[str, Any], **more: Any) -> int:
        pid = self._ask(do=do, **order, **more)
        self._alive.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        """kill -9; AssertionError when the process had ended by itself."""
        self.signal(pid, signal.SIGKILL)
        ended = self.wait(pid)
        assert ended == -signal.SIGKILL, f"a worker ended by itself with {ended}"

    def signal(self, pid: int, number: signal.Signals) -> None:
        self._ask(do="signal", pid=pid, signal=int(number))

    def wait(self, pid: int) -> int:
        """Until it has ended or is frozen: the exit code, negative for a signal."""
        ended = self._ask(do="wait", pid=pid)
        if ended != -signal.SIGSTOP:
            self._alive.discard(pid)
        return ended

    def _ask(self, **order: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def run(dovecot: Dovecot, database: str, folder: Path, *, kills: int, seed: int) -> Tally:
    """Kill so many workers on a new database; AssertionError unless every invariant holds in the end.

    `folder` is for the password of a new user of `dovecot`.
    """
    began, chance = time.monotonic(), random.Random(seed)
    user = f"kills{time.monotonic_ns()}"
    dovecot.add_user(user, "a good password")
    secret = folder / user
    secret.write_text("a good password", "utf-8")
    with SmtpSink() as sink:
        sink.delay_after_dot = ANSWER_SECONDS
        order = {
            "database": database, "imap": dovecot.port, "smtp": sink.port, "user": user,
            "password": f"file:{secret}", "hours": 0,
        }  # fmt: skip
        desk, box = worker.office(order)
        with contextlib.closing(desk.db), Nursery() as nursery:
            arrived = 0
            workers = [nursery.start("work", order) for _ in range(WORKERS)]
            for _ in range(kills):
                end = time.monotonic() + chance.uniform(0.02, LONGEST_LIFE)
                while time.monotonic() < end:
                    if chance.random() < 0.1:
                        arrived += 1
                        dovecot.deliver(user, _letter(arrived))
                    _approve(desk, chance)
                    time.sleep(0.01)
                place = chance.randrange(WORKERS)
                nursery.kill(workers[place])
                workers[place] = nursery.start("work", order)
            for pid in workers:
                nursery.kill(pid)
            with _finishing(nursery, order | {"hours": 1}):
                _drain(desk, chance)
            asked = _answer_doubts(desk, sink)
            with _finishing(nursery, order | {"hours": 2}):
                _drain(desk, chance)
            return _tally(
                desk, box, sink, kills=kills, arrived=arrived, unknown=asked, seconds=time.monotonic() - began
            )


def _letter(number: int) -> bytes:
    return mail(
        f"May I pull out of interview {number}?",
        sender=f"Rosa <rosa{number}@reader.example>",
        subject=f"Interview {number}",
        message_id=f"<{number}@reader.example>",
    )


def _approve(desk: Desk, chance: random.Random) -> None:
    """Ali signs something that waits, and now and then thinks better of it and signs again."""
    with contextlib.suppress(TriageError):
        for slip in letters.slips(desk.db, [Stage.DRAFTED], limit=2):
            deciding.approve(desk, slip.id, ALI)
            if chance.random() < 0.1:
                deciding.undo(desk, slip.id, ALI)


@contextmanager
def _finishing(nursery: Nursery, order: dict[str, Any]) -> Iterator[None]:
    """One worker that nobody kills, an hour later, when everything that waited may be tried again."""
    pid = nursery.start("work", order)
    yield
    nursery.kill(pid)


def _drain(desk: Desk, chance: random.Random) -> None:
    end = time.monotonic() + DRAIN_SECONDS
    while (waiting := letters.counts(desk.db, 10_000)) and any(waiting.get(stage, 0) for stage in MACHINE):
        assert time.monotonic() < end, f"not finished after {DRAIN_SECONDS} s: {waiting}"
        _approve(desk, chance)
        time.sleep(0.02)
    time.sleep(0.2)  # copies in Sent follow the replies


def _answer_doubts(desk: Desk, sink: SmtpSink) -> int:
    """Ali asks each reader whether the reply came, and says so; how many there were."""
    doubtful = letters.slips(desk.db, [Stage.UNKNOWN], limit=10_000)
    came = invariants.copies(sink.received)
    for slip in doubtful:
        reply = letters.dossier(desk.db, slip.id).reply
        assert reply is not None
        assert "may have been sent" in slip.reason
        decide = deciding.confirm_sent if came[reply.reply.message_id] else deciding.send_again
        decide(desk, slip.id, ALI, "rosa was asked")
    return len(doubtful)


def _tally(desk: Desk, box: Inbox, sink: SmtpSink, *, kills: int, arrived: int, unknown: int, seconds: float) -> Tally:
    with contextlib.closing(ImapMailbox(box)) as mailbox:
        inbox = invariants.on_server(mailbox)
    assert len(inbox) == arrived
    invariants.check(desk.db, inbox, sink.received, where=f"after {kills} kills")
    notes = invariants.notes(sink.received)
    answered = letters.counts(desk.db, 10_000)[Stage.ANSWERED]
    readers = Counter(recipients[0] for mail_from, recipients, _ in sink.received if mail_from not in ("", "<>"))
    return Tally(
        kills=kills,
        letters=arrived,
        unknown=unknown,
        lost=arrived - min(answered, len(readers)),
        doubled=sum(number > 1 for number in (*readers.values(), *notes.values())),
        seconds=seconds,
    )
