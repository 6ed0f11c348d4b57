"""kill -9 before and after every commit of the walk: nothing is lost, nothing is doubled, nothing is hidden.

The loop does not name the steps: it kills at the first checkpoint, then at the second, and so on,
until a walk is so short that it ends by itself. A step that is added later is covered at once.
"""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes
from itertools import count, pairwise
from pathlib import Path

import pytest

from tests.cast import ROOT, mail
from tests.servers import Postgres, SmtpSink
from triage.records import Phase
from triage.stages import FOR_PEOPLE, Stage
from triage.store import letters
from triage.store.database import Database

LETTERS = 2
MOST = 200  # checkpoints; a bound, so that a broken loop ends


@pytest.fixture(scope="module")
def nursery() -> Iterator[Callable[[dict[str, object]], int]]:
    """Runs one walk in a fresh process and returns how it ended (negative: the signal)."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crashing"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(order: dict[str, object]) -> int:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield run
        process.stdin.close()


@pytest.fixture
def reader_mail(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    folder.mkdir()
    for number in range(LETTERS):
        (folder / f"{number}.eml").write_bytes(mail(message_id=f"<{number}@reader.example>"))
    return folder


def test_killed_at_any_commit_nothing_is_lost_or_doubled_on_sqlite(
    nursery: Callable[[dict[str, object]], int], reader_mail: Path, tmp_path: Path
) -> None:
    numbers = count()
    _kill_everywhere(nursery, reader_mail, lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}")


def test_killed_at_any_commit_nothing_is_lost_or_doubled_on_postgresql(
    nursery: Callable[[dict[str, object]], int], reader_mail: Path, postgres: Postgres
) -> None:
    _kill_everywhere(nursery, reader_mail, postgres.new_database)


def _kill_everywhere(run: Callable[[dict[str, object]], int], folder: Path, new_database: Callable[[], str]) -> None:
    unknowns = 0
    for crash in range(1, MOST):
        with SmtpSink() as sink:
            url = new_database()
            order: dict[str, object] = {"database": url, "letters": str(folder), "port": sink.port, "hour": 0}
            ended = run({**order, "crash": crash})
            assert ended in (0, -signal.SIGKILL), f"walk to checkpoint {crash} ended with {ended}"
            for hour in (1, 2):  # restarted by its supervisor, twice
                assert run({**order, "hour": hour}) == 0
            unknowns += _check(url, sink, f"killed at checkpoint {crash}")
        for copy in folder.glob("[sS]ent*/*"):
            copy.unlink()
        if ended == 0:
            # A walk has about a dozen commits for each letter, each with two checkpoints.
            assert crash > 10 * LETTERS
            assert unknowns > 0  # the loop did cross the one window that cannot be closed
            return
    pytest.fail(f"the walk did not end within {MOST} checkpoints")


def _check(url: str, sink: SmtpSink, where: str) -> int:
    """The invariants; how many letters are unknown."""
    db = Database(url)
    try:
        slips = letters.slips(db)
        assert len(slips) == LETTERS, f"{where}: every message is one letter"
        accepted = Counter(message_from_bytes(data)["Message-ID"] for _, _, data in sink.received)
        to_letters = Counter(message_from_bytes(data)["In-Reply-To"] for _, _, data in sink.received)
        assert all(number == 1 for number in accepted.values()), f"{where}: a reply went out twice"
        assert all(number == 1 for number in to_letters.values()), f"{where}: a reader got two replies"
        for slip in slips:
            dossier = letters.dossier(db, slip.id)
            assert slip.stage in (Stage.ANSWERED, Stage.UNKNOWN), f"{where}: letter {slip.id} is {slip.stage}"
            assert dossier.reply is not None
            assert dossier.decision is not None, f"{where}: letter {slip.id} was approved without its decision"
            assert (dossier.decision.origin, dossier.decision.topics) == ("approved", slip.topics)
            if slip.stage is Stage.ANSWERED:
                assert accepted[dossier.reply.reply.message_id] == 1, f"{where}: answered but never sent"
                assert dossier.reply.copied_at is not None
            else:
                assert slip.stage in FOR_PEOPLE
                assert "may have been sent" in slip.reason
                assert dossier.reply.attempts[-1].phase is Phase.UNKNOWN
            for before, after in pairwise(dossier.history):
                assert before.after == after.before, f"{where}: a change of stage has no audit row"
        return sum(slip.stage is Stage.UNKNOWN for slip in slips)
    finally:
        db.close()
