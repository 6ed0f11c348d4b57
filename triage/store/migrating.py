"""Brings the database to this version's tables. Applied at start; safe to repeat and to race."""

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from triage.errors import ConfigError, Temporary
from triage.store.database import Database, cause

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x7472_6962  # one process migrates at a time
_SQLITE_PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL)


def migrate(db: Database) -> None:
    """Apply the migrations that are missing, in one transaction.

    Raises Temporary where somebody else has the database, its disk is full, or its server is away: at the start of a
    machine it may come up later, and whatever supervises the service tries again. Raises ConfigError for all else.
    """
    config = _config()
    file = db.file
    if file is not None and file.parent.is_dir() and not file.exists():
        file.touch(mode=0o600)  # it will hold letters
    try:
        with db.write("migrate") as connection:
            if not db.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            current = MigrationContext.configure(connection).get_current_revision()
            if current not in (None, *(script.revision for script in _directory().walk_revisions())):
                raise ConfigError(
                    f"The database belongs to a newer version of Triage (revision {current}). "
                    "Next: install that version, or restore the backup made before the upgrade."
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
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
        return MigrationContext.configure(connection).get_current_revision() == _directory().get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def _directory() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
