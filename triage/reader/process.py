"""Our side: a reading child that is started at first use, kept, and killed when it exceeds its limits."""

import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import IO, TypeVar

from triage import parsing
from triage.errors import Temporary
from triage.reader.wire import LETTER, MAX_ANSWER, REQUEST, Request, framed, whole_frame
from triage.records import Letter

log = logging.getLogger(__name__)

CPU_SECONDS = 2.0
CPU_SECONDS_PER_BYTE = 1e-7  # in addition: a whole message of 25 MB costs a quarter of this
WALL_SECONDS = 60.0  # for a child that hangs without working
MEMORY = 512_000_000  # bytes, above what the interpreter takes
_CHUNK = 1_000_000  # bytes
_TRIES = 2  # an innocent child can be killed by a machine that runs out of memory

Answer = TypeVar("Answer")


class ReadingProcess:
    """Implements the port `Reader`. Threads take turns."""

    def __init__(
        self, *, cpu_seconds: float = CPU_SECONDS, wall_seconds: float = WALL_SECONDS, memory: int = MEMORY
    ) -> None:
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = wall_seconds
        self._memory = memory
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Of the child that runs now; None before the first use and after a kill."""
        return self._child.pid if self._child else None

    def parse(self, data: bytes, received_at: datetime, full_size: int) -> Letter:
        seconds = self._cpu_seconds + len(data) * CPU_SECONDS_PER_BYTE
        request = Request(cpu_seconds=seconds, received_at=received_at, full_size=full_size)
        try:
            return self._ask(request, data, LETTER.validate_json)
        except _TooMuch as failure:
            return parsing.as_it_came(data, received_at, full_size=full_size, why=str(failure))

    def formatted(self, html: str) -> str | None:
        try:
            return self._ask(Request(cpu_seconds=self._cpu_seconds), html.encode("utf-8", "replace"), _text)
        except _TooMuch:
            return None

    def close(self) -> None:
        self._closed = True
        child = self._child
        if child is not None:
            child.kill()  # also under a thread that waits for its answer
        with self._lock:
            self._end()

    def _ask(self, request: Request, data: bytes, understand: Callable[[bytes], Answer]) -> Answer:
        """The child's answer. Raises _TooMuch when the message is more than it can take, else Temporary."""
        question = framed(REQUEST.dump_json(request)) + framed(data)
        with self._lock:
            for _ in range(_TRIES):
                child = self._running()
                try:
                    return understand(_answer(child, question, self._wall_seconds))
                except (OSError, EOFError, ValueError) as error:
                    status = self._end()
                    late = isinstance(error, TimeoutError)
                if self._closed:
                    raise _stopped()
                log.warning("the reader was ended status=%s late=%s", status, late)
                if late or status == -signal.SIGPROF:
                    raise _TooMuch("it took too long")
        raise _TooMuch("the reader broke off")

    def _running(self) -> subprocess.Popen[bytes]:
        """A child that is ready."""
        if self._closed:
            raise _stopped()
        if self._child is None:
            try:
                self._child = _start(self._memory)
                _answer(self._child, b"", self._wall_seconds)
            except (OSError, EOFError, ValueError) as error:
                status = self._end()
                raise Temporary(
                    f"The program that takes letters apart does not start ({type(error).__name__}, status {status}). "
                    "No letter is lost; they wait. Next: see whether the machine has memory left; "
                    f"`{sys.executable} -m triage.reader.child {self._memory}` says what is wrong."
                ) from error
        return self._child

    def _end(self) -> int | None:
        """Kill the child, if there is one; how it ended."""
        child, self._child = self._child, None
        if child is None:
            return None
        child.kill()
        status = child.wait()
        for pipe in _pipes(child):
            with contextlib.suppress(OSError):  # what was not yet written can no longer be
                pipe.close()
        return status


class _TooMuch(Exception):
    """This message is more than a reader can take; the text says why, briefly."""


def _stopped() -> Temporary:
    return Temporary("The desk is being stopped. Next: nothing; what is left is read at the next start.")


def _start(memory: int) -> subprocess.Popen[bytes]:
    # Nothing of our environment, where passwords may stand, but where modules are found. Its complaints, which may
    # quote a letter, go nowhere. A session of its own: Ctrl-C is for us, and the child ends when our pipe does.
    child = subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-P", "-m", "triage.reader.child", str(memory)],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    for pipe in _pipes(child):
        os.set_blocking(pipe.fileno(), False)
    return child


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert child.stdin is not None
    assert child.stdout is not None
    return child.stdin, child.stdout


def _answer(child: subprocess.Popen[bytes], question: bytes, seconds: float) -> bytes:
    """Write the question and read one frame, and never wait longer than this for a child that does neither.

    Raises TimeoutError, OSError or EOFError when the child is gone, ValueError for what is no answer.
    """
    requests, answers = (pipe.fileno() for pipe in _pipes(child))
    left, got, until = memoryview(question), bytearray(), time.monotonic() + seconds
    waiting = select.poll()
    waiting.register(answers, select.POLLIN)
    if left:
        waiting.register(requests, select.POLLOUT)
    while True:
        ready = dict(waiting.poll(max(0.0, until - time.monotonic()) * 1000))
        if not ready:
            raise TimeoutError
        if requests in ready:
            left = left[os.write(requests, left[:_CHUNK]) :]
            if not left:
                waiting.unregister(requests)
        if answers in ready:
            piece = os.read(answers, _CHUNK)
            if not piece:
                raise EOFError
            got += piece
            frame = whole_frame(got, MAX_ANSWER)
            if frame is not None:
                return frame


def _text(answer: bytes) -> str:
    return answer.decode("utf-8")
