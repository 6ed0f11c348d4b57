"""One door to the database: short transactions, and a lock for the one process that sends."""

import fcntl
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from triage.errors import ConfigError, Temporary

BUSY_TIMEOUT_MS = 20_000
WAL_FIXED_IN = (3, 51, 3)  # earlier versions can lose commits in WAL mode with two connections
IDLE_SECONDS = 1.0  # a PostgreSQL connection that rested longer is tried before it is used
ROOM = 64_000_000
"""Bytes that have to be free before anything is begun that must be finished, such as a batch or a send."""
_SQLITE_FULL, _POSTGRESQL_FULL = 13, "53100"
SENDER_LOCK = 0x7472_6961  # any number; the same for every process of the desk


FULL = (
    "The disk that the database is on is full, so nothing can be changed. Nothing is lost: letters stay on the mail "
    "server and approved replies wait. Next: whoever runs this machine makes room; then everything goes on by itself."
)

PASSING = (OperationalError, InternalError, sa.exc.TimeoutError)
"""Out of reach or locked, a standby that takes no writes, or every connection in use: it may be well again soon."""


class _TakenBack(Exception):
    """Ends a transaction that was only tried."""


class Database:
    """An engine and the rules for using it. Safe to share between threads.

    `checkpoint(name, moment)` is called around every commit with moment "before" or "after"; the
    crash tests stop the process there.
    """

    def __init__(self, url: str, *, checkpoint: Callable[[str, str], None] | None = None) -> None:
        self.url = url
        self._checkpoint = checkpoint or (lambda _name, _moment: None)
        self.engine = _engine(url)
        # PostgreSQL gives each statement of a transaction its own view at this level, so that reading in one adds
        # nothing but two questions to the server.
        self._reading = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._sender: IO[str] | Connection | None = None
        self._refused = False  # the last write, or try to write, found no room

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """Where a SQLite database lies; None for a server or one in memory."""
        name = self.engine.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read with. Raises Temporary when the database does not answer.

        On SQLite what is read is of one moment; on PostgreSQL only what one statement reads is.
        """
        try:
            with self._reading.connect() as connection:
                yield connection
        except PASSING as error:
            raise Temporary(f"The database does not answer now ({_short(error)}). It is tried again.") from error

    @contextmanager
    def write(self, name: str) -> Iterator[Connection]:
        """One transaction named after its verb: committed at the end, or nothing of it happened.

        On SQLite it begins IMMEDIATE, so that a read followed by a write can never fail half-way.
        Raises Temporary when the database is locked, full or unreachable.
        """
        try:
            with self.engine.connect().execution_options(triage_write=True) as connection, connection.begin():
                yield connection
                self._checkpoint(name, "before")
            self._checkpoint(name, "after")
        except PASSING as error:
            if _is_full(error):
                self._refused = True
                raise Temporary(FULL) from error
            raise Temporary(
                f"The database did not take the change ({_short(error)}). Nothing was changed. "
                "Triage tries its own work again."
            ) from error

    def room(self) -> int | None:
        """How many bytes the database can still grow by; None where only its server knows."""
        if self.file is None:
            return None
        with self.read() as connection:
            size, used, unused, most = (
                int(connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one())
                for pragma in ("page_size", "page_count", "freelist_count", "max_page_count")
            )
        return min(shutil.disk_usage(self.file.parent).free, (most - used + unused) * size)

    def size(self) -> int:
        """How big the database is, in bytes."""
        with self.read() as connection:
            pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            asked = pages if self.is_sqlite else "SELECT pg_database_size(current_database())"
            return int(connection.exec_driver_sql(asked).scalar_one())

    @property
    def is_full(self) -> bool:
        """Whether there is no room for what must not be broken off. Raises Temporary when it does not answer."""
        room = self.room()
        return self._refused or (room is not None and room < ROOM)

    def check_room(self) -> None:
        """Raise Temporary unless there is room: called before what would be left half-done on a full disk."""
        room = self.room()
        if room is not None and room < ROOM:
            raise Temporary(FULL)

    def probe(self) -> None:
        """Write something and take it back: raises Temporary unless the database takes writes now."""
        with suppress(_TakenBack), self.write("probe") as connection:
            connection.execute(
                sa.text("INSERT INTO house_log (at, who, what) VALUES ('2000-01-01 00:00:00', '', :what)"),
                {"what": "." * (100_000 if self.is_sqlite else 1)},
            )
            raise _TakenBack
        self._refused = False

    def verify(self) -> None:
        """Raise ConfigError unless the database answers (and, on SQLite, is sound)."""
        try:
            with self.read() as connection:
                if self.is_sqlite:
                    state = connection.exec_driver_sql("PRAGMA quick_check").scalar_one()
                    if state != "ok":
                        raise ConfigError(
                            f"The database file is damaged ({state}). Next: stop Triage and restore the last backup."
                        )
                else:
                    connection.exec_driver_sql("SELECT 1")
        except (DBAPIError, Temporary) as error:
            raise ConfigError(
                f"The database does not answer ({cause(error)}). Next: check [desk] database in the configuration."
            ) from error

    def become_sender(self) -> bool:
        """Take the desk-wide lock of the one process that sends; True if this process has it.

        The lock dies with the process, so after a crash the next sender may recover what the last
        one left behind. On SQLite it is a locked file beside the database, on PostgreSQL a
        session-level advisory lock. Raises Temporary when the database does not answer.
        """
        if self._sender is not None and not self._lost_sender():
            return True
        if self.is_sqlite:
            self._sender = _locked_file(self.file)
        else:
            self._sender = self._locked_session()
        return self._sender is not None

    def _locked_session(self) -> Connection | None:
        """A connection to PostgreSQL that holds the lock for as long as it lasts; None when another one has it."""
        try:
            connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(SENDER_LOCK))):
                    return connection
            except BaseException:
                connection.close()
                raise
        except PASSING as error:
            raise Temporary(f"The database does not answer now ({_short(error)}). It is tried again.") from error
        connection.close()
        return None

    def _lost_sender(self) -> bool:
        """Whether PostgreSQL dropped the connection that held the lock."""
        if not isinstance(self._sender, Connection):
            return False
        try:
            self._sender.exec_driver_sql("SELECT 1")
        except DBAPIError:
            self._sender.close()
            self._sender = None
            return True
        return False

    def close(self) -> None:
        """Give back everything, the sender's lock at once: the next process need not wait for the server to notice."""
        if isinstance(self._sender, Connection):
            with suppress(DBAPIError):  # a server that has gone holds no lock
                self._sender.execute(sa.select(sa.func.pg_advisory_unlock(SENDER_LOCK)))
        if self._sender is not None:
            self._sender.close()
            self._sender = None
        self.engine.dispose()


def _locked_file(database: Path | None) -> IO[str] | None:
    if database is None:
        raise ConfigError("A database in memory cannot be used for sending. Next: name a file in [desk] database.")
    handle = database.with_name(database.name + ".sender.lock").open("w", encoding="ascii")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def _engine(url: str) -> Engine:
    try:
        parsed = sa.make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ConfigError(f"{parsed.get_backend_name()} is not supported. Next: use sqlite:/// or postgresql://.")
        engine = sa.create_engine(
            parsed,
            hide_parameters=True,  # an error must not carry a letter into the log
            json_serializer=lambda value: json.dumps(value, ensure_ascii=False),
        )
    except sa.exc.ArgumentError as error:
        raise ConfigError("[desk] database is not a database URL. Next: use sqlite:///triage.db.") from error
    if parsed.get_backend_name() == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        sa.event.listen(engine, "connect", _prepare_postgresql)
        sa.event.listen(engine, "checkin", _left)
        sa.event.listen(engine, "checkout", _taken_up_again)
    return engine


def _left(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["left_at"] = time.monotonic()


def _taken_up_again(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask the server whether it is still there, unless it answered a moment ago: a page takes a connection often."""
    if time.monotonic() - record.info.get("left_at", 0.0) < IDLE_SECONDS:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise sa.exc.DisconnectionError("the server has gone") from error  # the pool makes a new connection


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by the driver
    journal = "WAL" if sqlite3.sqlite_version_info >= WAL_FIXED_IN else "TRUNCATE"
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        f"journal_mode={journal}",
        "synchronous=FULL",  # a commit that was acknowledged survives power loss
        "foreign_keys=ON",
        "secure_delete=ON",  # what is forgotten leaves no words in free pages, whoever built SQLite
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # Or else a statement that is asked often gets one plan for all values: for a rare word it reads every letter.
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("triage_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _is_full(error: Exception) -> bool:
    """Whether there was no room on the disk, or in the bounds that the database was given."""
    code = getattr(_driver(error), "sqlite_errorcode", 0) & 0xFF  # the rest of it says more closely what failed
    return code == _SQLITE_FULL or getattr(_driver(error), "sqlstate", "") == _POSTGRESQL_FULL


def _driver(error: BaseException) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else None


def _short(error: BaseException) -> str:
    said = str(_driver(error) or error).strip()
    return said.splitlines()[0] if said else type(error).__name__


def cause(error: Exception) -> str:
    """What the driver said, in one line."""
    inner = error.__cause__ if isinstance(error, Temporary) else error
    return _short(inner or error)
