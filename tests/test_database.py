"""The door to the database: connections that the server ended are made anew."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from triage.errors import ConfigError, Temporary
from triage.store import database
from triage.store.database import Database
from triage.store.migrating import migrate


def end_all_connections(url: str) -> None:
    other = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with other.connect() as connection:
        ended = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                        "AND pid <> pg_backend_pid()")  # fmt: skip
        connection.execute(ended)
    other.dispose()


def test_a_connection_that_the_server_ended_while_it_rested_is_made_anew(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = Database(postgres_url)
    try:
        with db.read() as connection:
            assert connection.scalar(sa.text("SELECT 1")) == 1
        end_all_connections(postgres_url)
        monkeypatch.setattr(database, "IDLE_SECONDS", 0.0)
        with db.read() as connection:
            assert connection.scalar(sa.text("SELECT 2")) == 2
    finally:
        db.close()


def test_a_server_that_is_away_at_the_start_is_waited_for_and_no_fault_of_the_configuration() -> None:
    db = Database("postgresql://triage@127.0.0.1:1/triage")
    with pytest.raises(Temporary, match="could not be opened"):
        migrate(db)
    db.close()


def test_a_database_that_somebody_else_has_is_waited_for_and_one_that_is_none_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 10)
    file = tmp_path / "triage.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        db = Database(f"sqlite:///{file}")
        with pytest.raises(Temporary, match="locked"):
            migrate(db)
        db.close()
    file.write_bytes(b"This is no database. " * 100)
    db = Database(f"sqlite:///{file}")
    with pytest.raises(ConfigError):
        migrate(db)
    db.close()
