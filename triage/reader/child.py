"""The child: reads requests until its parent closes the pipe or dies. Run by hand it says why it does not start."""

import contextlib
import resource
import signal
import sys
from pathlib import Path
from typing import IO

from triage import markup, parsing
from triage.reader.wire import LETTER, READY, REQUEST, Request, framed, next_frame


def main() -> None:
    """`python -m triage.reader.child MEMORY`, with MEMORY in bytes above what the interpreter takes."""
    _limit(int(sys.argv[1]))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent is gone: so are we
        _say(answers, READY)
        while True:
            request, data = REQUEST.validate_json(next_frame(requests)), next_frame(requests)
            # SIGPROF ends the process, also inside a library's own code. Processor time is the judge and not the
            # clock, so that a busy machine never makes an innocent letter unreadable.
            signal.setitimer(signal.ITIMER_PROF, request.cpu_seconds)
            answer = _answer(request, data)
            signal.setitimer(signal.ITIMER_PROF, 0)
            _say(answers, answer)


def _answer(request: Request, data: bytes) -> bytes:
    if request.received_at is None:
        return markup.to_safe_html(data.decode("utf-8")).encode("utf-8")
    return LETTER.dump_json(parsing.parse(data, request.received_at, full_size=request.full_size))


def _say(answers: IO[bytes], answer: bytes) -> None:
    answers.write(framed(answer))
    answers.flush()


def _limit(memory: int) -> None:
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would be a letter on the disk
    statm = Path("/proc/self/statm")
    if statm.exists():  # elsewhere the kernel does not keep to this limit
        taken = int(statm.read_text("ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory, taken + memory))


if __name__ == "__main__":
    main()
