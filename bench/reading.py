"""How fast letters are read, on one core: `python -m bench.reading`, each figure in a process of its own."""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
LETTERS = Path(__file__).parent.parent / "models" / "letters"
HOSTILE: dict[str, Callable[[], str]] = {
    "1 MB of words": lambda: "word " * 200_000,
    "1 MB without a space": lambda: "x" * 1_000_000,
    "a line of 100,000": lambda: "I have an interview and I do not want it " * 2_500,
    "100,000 brackets": lambda: "(" * 100_000,
    "100,000 line breaks": lambda: "\n" * 100_000,
    "100,000 full stops": lambda: "a. " * 33_000,
    "100,000 dollar signs": lambda: "$1 " * 33_000,
    "20,000 emoji": lambda: "\N{GRINNING FACE}" * 20_000,
}


def main() -> None:
    """Load, read letters of about 150 words, and read texts that are meant to hurt."""
    if len(sys.argv) > 1:
        _measure()
        return
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}; one is used")
    for _ in range(3):
        subprocess.run([sys.executable, "-m", "bench.reading", "once"], env=environment, check=True)


def _measure() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    began = time.perf_counter()
    from triage import assessor, wiring
    from triage.records import Letter

    pipeline = assessor.load(wiring.model_folder(None))
    loaded = time.perf_counter() - began

    def read(body: str) -> float:
        start = time.perf_counter()
        pipeline.assess(Letter(body=body, received_at=NOW))
        return time.perf_counter() - start

    rows = [json.loads(line) for path in sorted(LETTERS.glob("*.jsonl")) for line in path.read_text().splitlines()]
    bodies = [row["body"] for row in rows if 140 <= len(row["body"].split()) <= 160][:200]
    read(bodies[0])
    times = [read(body) for body in bodies]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"load {loaded:.2f} s; {len(times)} letters of 150 words: median {statistics.median(times) * 1000:.0f} ms, "
        f"slowest {max(times) * 1000:.0f} ms, {len(times) / sum(times):.0f} a second; peak {peak:.0f} MB"
    )
    print("  " + ", ".join(f"{name}: {read(text()):.2f} s" for name, text in HOSTILE.items()))


if __name__ == "__main__":
    main()
