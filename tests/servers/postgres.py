"""A private PostgreSQL in a temporary folder, as quick as it can be unless it has to be durable."""

import itertools
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from tests.servers.memory import fastest_folder
from tests.servers.private import (
    RunAs,
    end_process,
    find_program,
    free_port,
    log_tail,
    wait_until_ready,
)


class Postgres:
    """PostgreSQL on a free port of 127.0.0.1, without a password. Use as a context manager.

    Without `durable` what is committed outlives the programs that use it, but not the machine: no test stops that.
    Raises MissingProgram when PostgreSQL is not installed.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        self.host = "127.0.0.1"
        self.port = 0
        self._initdb = find_program("initdb", "postgresql", _program_folders())
        self._postgres = find_program("postgres", "postgresql", _program_folders())
        self._run_as = RunAs.unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self.root = self._run_as.new_folder("postgres-", Path("/tmp") if durable else fastest_folder())
        self._log = self.root / "postgres.log"
        self._data = self.root / "data"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        """Make the cluster on the first start, start it, and return once it takes connections."""
        if not self._data.exists():
            self._make_cluster()
        for _ in range(3):
            self.port = self.port or free_port()
            settings = ["-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1", "-p", str(self.port)]
            if not self._durable:
                settings += ["-c", "fsync=off", "-c", "full_page_writes=off"]
            self._process = self._run_as.popen([self._postgres, "-D", str(self._data), *settings], self._log)
            if wait_until_ready(self._process, self._answers, self._log, 30):
                return
            self.stop()
            self.port = 0  # somebody else may have taken it meanwhile
        raise RuntimeError(f"PostgreSQL does not start:\n{log_tail(self._log)}")

    def stop(self) -> None:
        """End the server and every connection (a fast shutdown); the databases stay for the next start."""
        self._end(signal.SIGINT)

    def close(self) -> None:
        """Stop, and remove the databases."""
        self._end(signal.SIGQUIT)  # nothing has to be kept
        shutil.rmtree(self.root)

    def _end(self, ask: signal.Signals) -> None:
        if self._process is not None:
            end_process(self._process, ask)
            self._process = None

    def new_database(self, like: str = "template1") -> str:
        """Make a database, empty or a copy of the one at the URL `like`; its SQLAlchemy URL."""
        name, model = f"test_{next(self._numbers)}", like.rpartition("/")[2]
        with self._administer() as connection:
            names = sql.Identifier(name), sql.Identifier(model)
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return f"postgresql+psycopg://postgres@{self.host}:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        """Remove a database made by `new_database`, ending the connections that it still has."""
        name = url.rpartition("/")[2]
        with self._administer() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _make_cluster(self) -> None:
        command = [self._initdb, "-D", str(self._data), "-U", "postgres", "-E", "UTF8", "--no-locale", "-A", "trust"]
        command.append("--no-sync")  # the empty cluster only; what tests write is synced
        if self._run_as.popen(command, self._log).wait(60):
            raise RuntimeError(f"initdb failed:\n{log_tail(self._log)}")

    def _administer(self) -> psycopg.Connection:
        return psycopg.connect(
            host=self.host, port=self.port, user="postgres", dbname="postgres", autocommit=True, connect_timeout=5
        )

    def _answers(self) -> bool:
        try:
            self._administer().close()
        except psycopg.OperationalError:
            return False
        return True


def _program_folders() -> Sequence[str]:
    """Where Debian keeps the programs, newest version first; they are not on the PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    return [str(path) for path in sorted(versions, key=lambda path: float(path.parent.name), reverse=True)]
