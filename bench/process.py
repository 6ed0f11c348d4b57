"""Running a program and taking its time and its memory."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY = 0.005  # seconds; also the resolution of the wall time


@dataclass(frozen=True)
class Run:
    """One run of a program."""

    seconds: float  # wall time, from start to exit
    peak_mb: float  # the largest resident set seen
    load: float  # the machine's load average over one minute, before the run


def measure(command: Sequence[str]) -> Run:
    """Run a command to its end; RuntimeError with its output when it fails."""
    load = os.getloadavg()[0]
    peak = 0
    start = time.perf_counter()
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as process,
    ):
        # VmHWM and not the exit's ru_maxrss: that one starts from the memory of the process that forked.
        while process.poll() is None:
            with suppress(OSError):
                found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
                peak = max(peak, int(found[1]) if found else 0)
            time.sleep(LOOK_EVERY)
        seconds = time.perf_counter() - start
        if process.returncode:
            said.seek(0)
            output = said.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} failed ({process.returncode}):\n{output}")
    return Run(seconds, peak / 1024, load)
