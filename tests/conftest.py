"""Fixtures: real servers, each started once when a test first asks, and a fresh place on it for every test."""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

import pytest

from tests.servers import Dovecot, MissingProgram, Postgres, SmtpSink
from tests.servers.memory import fastest_folder
from triage.store.database import Database
from triage.store.migrating import migrate

Server = TypeVar("Server")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class MailboxUser:
    """A user of the test's Dovecot with an empty mailbox."""

    name: str
    password: str


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A running Dovecot, shared by all tests; take `mailbox_user` for a mailbox of your own."""
    with start_or_skip(Dovecot) as server:
        yield server


@pytest.fixture
def mailbox_user(dovecot: Dovecot) -> MailboxUser:
    """A new user of `dovecot` with an empty mailbox."""
    user = MailboxUser(f"advice{next(_numbers)}", "a good password")
    dovecot.add_user(user.name, user.password)
    return user


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """A running SMTP server without TLS that wants AUTH: user "advice", password "secret"."""
    with SmtpSink(user="advice", password="secret") as sink:
        yield sink


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL, shared by all tests; take `postgres_url` for a database of your own."""
    with start_or_skip(Postgres) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres: Postgres) -> str:
    """The SQLAlchemy URL of a PostgreSQL database with the tables and nothing in them, for making copies."""
    db = Database(postgres.new_database())
    migrate(db)
    db.close()
    return db.url


@pytest.fixture
def postgres_url(postgres: Postgres, migrated_postgres_url: str) -> Iterator[str]:
    """The SQLAlchemy URL of a new PostgreSQL database that has its tables, dropped after the test."""
    url = postgres.new_database(like=migrated_postgres_url)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def sqlite_url() -> Iterator[str]:
    """The SQLAlchemy URL of a SQLite file that does not exist yet."""
    with tempfile.TemporaryDirectory(prefix="triage-test-", dir=fastest_folder()) as folder:
        yield f"sqlite:///{folder}/triage.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The SQLAlchemy URL of a new database: the test runs on SQLite and again on PostgreSQL."""
    return str(request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]))


def start_or_skip(make: Callable[[], AbstractContextManager[Server]]) -> AbstractContextManager[Server]:
    """Make a server; without its program skip the test, or fail it where CI is set and nothing may be skipped."""
    try:
        return make()
    except MissingProgram as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
