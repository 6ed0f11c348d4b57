"""`python -m bench`: how fast an inbox is collected, and how much memory it takes."""

import argparse
import os
import platform
import tempfile
from pathlib import Path

from bench.collecting import fill, runners
from bench.process import Run
from tests.servers import Dovecot


def main() -> None:
    """Fill a private mail server, run everything in turn, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="how many letters to collect (10000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run (3)")
    options = parser.parse_args()
    with Dovecot() as dovecot:
        size = fill(dovecot, options.messages)
        print(
            f"{options.messages:,} messages, {size / 1e6:.1f} MB; Python {platform.python_version()}, "
            f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}"
        )
        runs: dict[str, list[Run]] = {name: [] for name in runners()}
        for _ in range(options.rounds):
            for name, run in runners().items():
                with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                    runs[name].append(run(dovecot, Path(folder), options.messages))
    print(_table(runs, options.messages))


def _table(runs: dict[str, list[Run]], messages: int) -> str:
    base = min(run.seconds for run in next(iter(runs.values())))
    first = next(iter(runs))
    lines = [f"{'':20} {'best s':>7} {'msg/s':>7} {'time / ' + first:>20} {'peak MB':>8}   all runs: s (load average)"]
    for name, done in runs.items():
        best = min(run.seconds for run in done)
        every = "  ".join(f"{run.seconds:.2f} ({run.load:.1f})" for run in done)
        peak = max(run.peak_mb for run in done)
        lines.append(f"{name:20} {best:7.2f} {messages / best:7,.0f} {best / base:20.2f} {peak:8.0f}   {every}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
