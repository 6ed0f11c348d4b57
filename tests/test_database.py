"""The door to the database: connections that the server ended are made anew."""

import pytest
import sqlalchemy as sa

from triage.store import database
from triage.store.database import Database


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
