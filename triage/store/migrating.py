"""Brings the database to this version's tables. Applied at start; safe to repeat and to race."""

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from triage.errors import ConfigError, Temporary
from triage.store.database import Database, cause

_SCRIPTS = Path(__file__).parent / "migrations"
_REVISIONS = sorted(script.name[:4] for script in (_SCRIPTS / "versions").glob("[0-9]*.py"))
_VERSION = sa.table("alembic_version", sa.column("version_num", sa.Text))
_LOCK = 0x7472_6962  # one process migrates at a time
_SQLITE_PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL)


def migrate(db: Database) -> None:
    """Apply the migrations that are missing, in one transaction.

    Raises Temporary where somebody else has the database, its disk is full, or its server is away: at the start of a
    machine it may come up later, and whatever supervises the service tries again. Raises ConfigError for all else.
    """
    file = db.file
    if file is not None and file.parent.is_dir() and not file.exists():
        file.touch(mode=0o600)  # it will hold letters
    try:
        if is_current(db):
            return
        with db.write("migrate") as connection:
            if not db.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            current = revision(connection)
            if current not in (None, *_REVISIONS):
                raise ConfigError(
                    f"The database belongs to a newer version of Triage (revision {current}). "
                    "Next: install that version, or restore the backup made before the upgrade."
                )
            _upgrade(connection)
    except (DBAPIError, Temporary) as error:
        kind = Temporary if _passes(db, error) else ConfigError
        raise kind(
            f"The database could not be opened or brought up to date: {cause(error)}. "
            "Next: check [desk] database and the rights on it."
        ) from error


def _passes(db: Database, error: Exception) -> bool:
    if not isinstance(error, Temporary) or not db.is_sqlite:
        return isinstance(error, Temporary)
    code = getattr(getattr(error.__cause__, "orig", None), "sqlite_errorcode", 0)
    return code & 0xFF in _SQLITE_PASSING  # the rest of it says more closely what failed


def is_current(db: Database) -> bool:
    """Whether every migration has been applied."""
    with db.read() as connection:
        return revision(connection) == _REVISIONS[-1]


def revision(connection: Connection) -> str | None:
    """The last migration that was applied, by its number of four digits; None where there are no tables."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    return connection.scalar(sa.select(_VERSION.c.version_num))


def _upgrade(connection: Connection) -> None:
    from alembic import command  # hardly any start needs it, and it takes as long to load as much of the rest
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
