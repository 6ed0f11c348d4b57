"""`make fuzz`: mutates the odd letters for some minutes and reads what comes of them. Prints the seed of a failure.

python -m tests.fuzz [--seconds 600] [--seed N]
"""

import argparse
import itertools
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.cast import NOON
from tests.letters import EVERY
from triage import composing, markup, parsing, quoting, screening
from triage.reader.wire import LETTER

LETTERS = sorted({odd.data for odd in EVERY.values() if len(odd.data) < 20_000})
TOKENS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"--b\r\n",
    b"--b--\r\n",
    b"\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: multipart/alternative; boundary=i\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: text/html\r\n",
    b"Content-Type: text/calendar\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"charset=utf-16",
    b"charset=utf-7",
    b"From: ",
    b"=?utf-8?b?",
    b"=?utf-8?q?",
    b"?=",
    b";",
    b'"',
    b"(",
    b"<",
    b">",
    b"> ",
    b"-- \r\n",
    b"On Mon, Nov 23, 2026, Ann wrote:\r\n",
    b"-----Original Message-----\r\n",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    b"BEGIN:VEVENT\r\n",
    b"END:VEVENT\r\n",
    b"<div>",
    b"<!--",
    b"<script>",
]
LONGEST = 200_000  # bytes
CPU_SECONDS = 2


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """One of the letters after one to eight changes."""
    data = draw(st.sampled_from(LETTERS))
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 2, 8, 64, 512])))
        change = draw(st.sampled_from(["take out", "put in", "repeat", "turn over", "cross", "cut", "noise"]))
        match change:
            case "take out":
                data = data[:start] + data[end:]
            case "put in":
                data = data[:start] + draw(st.sampled_from(TOKENS)) + data[start:]
            case "repeat":
                data = data[:end] + data[start:end] * draw(st.sampled_from([1, 2, 50])) + data[end:]
            case "turn over":
                data = data[:start] + bytes(255 - byte for byte in data[start:end]) + data[end:]
            case "cross":
                other = draw(st.sampled_from(LETTERS))
                data = data[:start] + other[min(start, len(other)) :]
            case "cut":
                data = data[:start]
            case "noise":
                data = data[:start] + draw(st.binary(min_size=1, max_size=8)) + data[end:]
    return data[:LONGEST]


def read(data: bytes) -> None:
    """Everything that happens to a letter before a model reads it. Raises AssertionError for what must not be."""
    with in_time():
        letter = parsing.parse(data, NOON, full_size=len(data))
        markup.to_safe_html(letter.html)
        screening.screen(letter, ())
        composing.recipients(letter)
    broken = [defect for defect in letter.defects if "taken apart" in defect]
    assert not broken or "ValueError" in broken[0], broken  # the caps; anything else is a fault of the parser
    assert LETTER.validate_json(LETTER.dump_json(letter)) == letter
    own, below = quoting.fold(letter.body)
    assert lines(f"{own}\n{below}") == lines(letter.body)


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


@contextmanager
def in_time() -> Iterator[None]:
    def late(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"it took more than {CPU_SECONDS} s")

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    chosen = options.parse_args()
    until, done = time.monotonic() + chosen.seconds, 0

    def counted(data: bytes) -> None:
        nonlocal done
        done += 1
        read(data)

    for number in itertools.count(chosen.seed):
        if time.monotonic() > until:
            break
        try:
            run(number, counted)
        except BaseException:
            print(f"It fails with --seed {number}, after {done} messages.", file=sys.stderr)
            raise
    print(f"{done} messages from seed {chosen.seed} on, none of which stopped the reading.")


def run(number: int, check: Callable[[bytes], None]) -> None:
    """One round of messages, always the same ones for the same number."""
    rules = settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    rules(seed(number)(given(mutated())(check)))()


if __name__ == "__main__":
    main()
