"""Doing something in one process at a time, for as long as it takes, without holding a transaction open."""

import fcntl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from triage.errors import Temporary
from triage.store.database import PASSING, Database

PATIENCE_SECONDS = 60.0
"""A process that was stopped in its tracks (SIGSTOP, a machine that hangs) keeps its lock, and must not stop others."""
ASK_SECONDS = 0.05
_LOCKS = 0x7472_6963  # the first half of an advisory lock's name; the second is what it guards
_here: dict[tuple[int, str], threading.Lock] = {}


@contextmanager
def alone(db: Database, what: str, *, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Wait until no process and no thread of this desk is at `what`, and keep the others waiting meanwhile.

    The lock dies with the process: on SQLite it is a locked file beside the database, on PostgreSQL a session-level
    advisory lock. A database in memory has one process. Threads wait for each other first, so that however many there
    are, they take one connection from the pool. Raises Temporary after so many seconds of waiting in vain, and when
    the database does not answer.
    """
    until = time.monotonic() + patience
    here = _here.setdefault((id(db), what), threading.Lock())
    if not here.acquire(timeout=patience):
        raise _in_vain()
    try:
        if not db.is_sqlite:
            with _on_the_server(db, what, until):
                yield
        elif db.file is None:
            yield
        else:
            with db.file.with_name(f"{db.file.name}.{what}.lock").open("w", encoding="ascii") as handle:
                _wait(lambda: _locked(handle.fileno()), until)
                yield
    finally:
        here.release()


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _on_the_server(db: Database, what: str, until: float) -> Iterator[None]:
    number = zlib.crc32(what.encode()) - (1 << 31)  # PostgreSQL wants two signed 32-bit numbers
    take = sa.select(sa.func.pg_try_advisory_lock(_LOCKS, number))
    try:
        connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connection:
            _wait(lambda: bool(connection.scalar(take)), until)
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_LOCKS, number)))
    except PASSING as error:
        raise Temporary("The database does not answer now. It is tried again.") from error


def _wait(taken: Callable[[], bool], until: float) -> None:
    while not taken():
        if time.monotonic() >= until:
            raise _in_vain()
        time.sleep(ASK_SECONDS)


def _in_vain() -> Temporary:
    return Temporary("Another process of this desk has been at it for too long. It is tried again.")
