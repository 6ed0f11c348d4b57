"""What passes between the desk and its reading child: frames, each a length in four bytes and then that many bytes.

A request is two frames: its particulars as JSON, and the message or HTML. An answer is one: a letter as JSON, or HTML.
Nothing is ever unpickled, so the worst that a child turned hostile can hand over is a wrong letter.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import IO

from pydantic import TypeAdapter

from triage.records import Letter

READY = b"ready"
MAX_ANSWER = 32_000_000  # bytes; the caps on a letter's texts leave it well below


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be done with the bytes that follow. Without `received_at` they are HTML to be cleaned."""

    cpu_seconds: float
    received_at: datetime | None = None
    full_size: int = 0


REQUEST = TypeAdapter(Request)
LETTER = TypeAdapter(Letter)


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


def whole_frame(got: bytearray, most: int) -> bytes | None:
    """The one frame that was read so far, None while it is incomplete. Raises ValueError for anything else."""
    if len(got) < 4:
        return None
    end = 4 + int.from_bytes(got[:4], "big")
    if end > 4 + most or len(got) > end:
        raise ValueError("this is not an answer")
    return bytes(got[4:end]) if len(got) == end else None


def next_frame(stream: IO[bytes]) -> bytes:
    """Read one frame from a buffered stream. Raises EOFError at its end."""
    return _exactly(stream, int.from_bytes(_exactly(stream, 4), "big"))


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)  # short only at the end
    if len(data) < count:
        raise EOFError
    return data
