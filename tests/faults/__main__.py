"""The long runs: `python -m tests.faults [kills] [calls] [weeks] [--kills N] [--weeks N] [--seed N]`.

Each runs on SQLite and on PostgreSQL with real servers on loopback, prints its figures, and ends with the first thing
that does not hold.
"""

import argparse
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.faults import kills
from tests.faults.calls import DOORS, every
from tests.faults.house import Ground
from tests.faults.week import Week
from tests.servers import Dovecot, Postgres

RUNS = ("kills", "calls", "weeks")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", help="kills, calls, weeks; all of them when none is named")
    parser.add_argument("--kills", type=int, default=200, help="on each database (200)")
    parser.add_argument("--weeks", type=int, default=10, help="on each database (10)")
    parser.add_argument("--seed", type=int, default=1, help="of the kills and of the first week (1)")
    asked = parser.parse_args()
    unknown = set(asked.runs) - set(RUNS)
    if unknown:
        parser.error(f"there is no run {', '.join(sorted(unknown))}: choose from {', '.join(RUNS)}")
    logging.disable(logging.CRITICAL)  # what fails is what is done here on purpose
    runs = asked.runs or RUNS
    with Postgres() as postgres:
        if "kills" in runs:
            _kills(postgres, asked.kills, asked.seed)
        if "calls" in runs:
            _on_both(postgres, _calls)
        if "weeks" in runs:
            _on_both(postgres, lambda name, ground: _weeks(name, ground, range(asked.seed, asked.seed + asked.weeks)))


def _kills(postgres: Postgres, number: int, seed: int) -> None:
    with Dovecot() as dovecot, tempfile.TemporaryDirectory(prefix="triage-kills-") as folder:
        for name, url in (("SQLite", f"sqlite:///{folder}/triage.db"), ("PostgreSQL", postgres.new_database())):
            tally = kills.run(dovecot, url, Path(folder), kills=number, seed=seed)
            print(f"{name}, seed {seed}: {tally}", flush=True)
            assert (tally.lost, tally.doubled) == (0, 0)


def _on_both(postgres: Postgres, run: Callable[[str, Ground], None]) -> None:
    for name, server in (("SQLite", None), ("PostgreSQL", postgres)):
        ground = Ground(server)
        try:
            run(name, ground)
        finally:
            ground.close()


def _calls(name: str, ground: Ground) -> None:
    for door in DOORS:
        began = time.monotonic()
        walks = list(every(ground, door))
        unknown = sum(walked.unknown for walked in walks)
        print(
            f"{name}, {door.name}: {len(walks)} calls, {unknown} unknown, {time.monotonic() - began:.0f} s", flush=True
        )


def _weeks(name: str, ground: Ground, seeds: range) -> None:
    happened: Counter[str] = Counter()
    began = time.monotonic()
    for seed in seeds:
        week = Week(ground, seed)
        week.run()
        happened += week.happened
    figures = ", ".join(f"{what} {number}x" for what, number in sorted(happened.items()))
    print(
        f"{name}, {len(seeds)} weeks from seed {seeds.start}, {time.monotonic() - began:.0f} s: {figures}", flush=True
    )


if __name__ == "__main__":
    main()
