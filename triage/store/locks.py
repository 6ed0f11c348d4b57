"""Doing something in one process at a time, for as long as it takes, without holding a transaction open."""

import fcntl
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from triage.errors import Temporary
from triage.store.database import Database

_LOCKS = 0x7472_6963  # the first half of an advisory lock's name; the second is what it guards
_here = threading.Lock()


@contextmanager
def alone(db: Database, what: str) -> Iterator[None]:
    """Wait until no process and no thread of this desk is at `what`, and keep the others waiting meanwhile.

    The lock dies with the process: on SQLite it is a locked file beside the database, on PostgreSQL a session-level
    advisory lock. A database in memory has one process. Raises Temporary when the database does not answer.
    """
    if not db.is_sqlite:
        with _on_the_server(db, what):
            yield
    elif db.file is None:
        with _here:
            yield
    else:
        with db.file.with_name(f"{db.file.name}.{what}.lock").open("w", encoding="ascii") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


@contextmanager
def _on_the_server(db: Database, what: str) -> Iterator[None]:
    number = zlib.crc32(what.encode()) - (1 << 31)  # PostgreSQL wants two signed 32-bit numbers
    try:
        connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(_LOCKS, number)))
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_LOCKS, number)))
    except OperationalError as error:
        raise Temporary("The database does not answer now. It is tried again.") from error
