"""Copies of the whole database, made while the service runs, and bringing one back.

On SQLite a copy is a database file made with the online backup API; on PostgreSQL it is a dump in the custom format,
made by pg_dump and brought back by pg_restore and psql. A copy of a SQLite database carries a hold, so that it sends
nothing however it is put in place; on PostgreSQL the hold is written in the transaction that brings the copy back.
"""

import glob
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.errors import ConfigError, Permanent
from triage.store import holds, reconciling
from triage.store.database import BUSY_TIMEOUT_MS, Database
from triage.store.migrating import is_current, revision
from triage.store.tables import audit, invitations, letters, sessions
from triage.store.tables import holds as holds_table

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database; it belongs to the file of that name and to no other."""
ASIDE = "before_"
"""How the name of a database begins that a restore kept aside; its time follows."""
PROGRAMS = Path("/usr/lib/postgresql")  # where Debian keeps them, one folder for each version


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a copy holds, for its manifest."""

    revision: str  # of the migrations
    letters: dict[str, int]  # how many, by stage
    newest_audit: int  # 0: nothing has happened yet


def facts(connection: Connection) -> Facts:
    """What a database holds now."""
    counted = connection.execute(sa.select(letters.c.stage, sa.func.count()).group_by(letters.c.stage))
    return Facts(
        revision=revision(connection) or "",
        letters={row.stage: int(row[1]) for row in sorted(counted)},
        newest_audit=connection.scalar(sa.select(sa.func.max(audit.c.id))) or 0,
    )


def copy(db: Database, target: Path, clock: Callable[[], datetime]) -> tuple[Facts, datetime]:
    """Copy the database to `target`, which only its owner may read, and look whether the copy is sound.

    Returns what it holds, and a time before which everything in it happened. Raises Permanent and ConfigError.
    """
    target.touch(mode=0o600, exist_ok=False)  # or else it is what another process is writing
    try:
        return _copy_file(db, target, clock) if db.file is not None else _dump(db, target, clock)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _copy_file(db: Database, target: Path, clock: Callable[[], datetime]) -> tuple[Facts, datetime]:
    assert db.file is not None
    try:
        with (
            closing(sqlite3.connect(db.file, timeout=BUSY_TIMEOUT_MS / 1000)) as source,
            closing(sqlite3.connect(target)) as copied,
        ):
            copied.execute("PRAGMA synchronous=OFF")  # the whole file is synced at the end
            # In one go: copying by pieces would begin again with every change that the service makes meanwhile.
            source.backup(copied)
            copied.execute("PRAGMA journal_mode=DELETE")  # one file, and none beside it
    except sqlite3.Error as error:
        raise Permanent(
            f"The database could not be copied ({error}). Next: look whether the disk of the backup is full."
        ) from error
    made_at = clock()  # now, and not before the copying: the replies in it were approved earlier than this
    made = Database(f"sqlite:///{target}")
    try:
        current = is_current(made)
        with made.write("hold") as connection:
            found = facts(connection)
            if current:
                reconciling.hold_copy(connection, made_at)
            elif sa.inspect(connection).has_table(holds_table.name):  # an earlier version's; see `hold_restored`
                holds.open_restored(connection, made_at)
        made.verify()
        return found, made_at
    finally:
        made.close()
        for beside in BESIDE:
            Path(f"{target}{beside}").unlink(missing_ok=True)
        sync(target)


def sync(path: Path) -> None:
    """Return when a file, or the list of names in a folder, is safe on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hold_restored(db: Database, since: datetime) -> None:
    """Hold all sending of a database that was brought back and is up to date, and end what let people in.

    Sessions and links of an earlier day may be those of people who have left since.
    """
    with db.write("hold-restored") as connection:
        reconciling.hold_copy(connection, since)
        connection.execute(sa.delete(sessions))
        connection.execute(sa.delete(invitations).where(invitations.c.used_at.is_(None)))


def kept_aside(db: Database) -> list[str]:
    """The older databases that restores have kept beside this one: files, or schemas of the server."""
    if db.file is not None:
        files = db.file.parent.glob(f"{glob.escape(db.file.name)}.{ASIDE}*")
        return sorted(str(path) for path in files if not path.name.endswith(BESIDE))
    with db.read() as connection:
        return sorted(f"schema {name}" for name in sa.inspect(connection).get_schema_names() if name.startswith(ASIDE))


def is_empty(db: Database) -> bool:
    """Whether there is nothing yet where a copy is to be brought back."""
    if db.file is not None:
        return not db.file.exists()
    with db.read() as connection:
        return not sa.inspect(connection).has_table("alembic_version")


# ------------------------------------------------------------------ PostgreSQL


def _dump(db: Database, target: Path, clock: Callable[[], datetime]) -> tuple[Facts, datetime]:
    """pg_dump of the very moment whose letters are counted."""
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
        found = facts(connection)
        _run(db, "pg_dump", [f"--snapshot={snapshot}", "--format=custom", "--no-owner", "--no-privileges",
                             "--schema=public", f"--file={target}"])  # fmt: skip
    _run(db, "pg_restore", ["--list", str(target)], connects=False)
    sync(target)
    return found, clock()


def bring_back(db: Database, dump: Path, *, aside: str, since: datetime) -> None:
    """Put a dump in the place of everything in the schema public, together with the hold, or change nothing.

    What was there is kept in the schema `aside`.
    """
    name = f"public.{holds_table.name}"  # the script leaves no search path behind
    hold = str(holds.restored(since).inline().compile(db.engine, compile_kwargs={"literal_binds": True}))
    hold = hold.replace(f"INTO {holds_table.name}", f"INTO {name}", 1)
    # A dump of an earlier version has no such table; then the next step, which makes it, writes the hold.
    hold = f"DO $hold$ BEGIN IF to_regclass('{name}') IS NOT NULL THEN {hold}; END IF; END $hold$"
    with tempfile.TemporaryDirectory(prefix="triage-") as folder:
        script = Path(folder) / "restore.sql"
        _run(db, "pg_restore", ["--no-owner", "--no-privileges", f"--file={script}", str(dump)], connects=False)
        before = [f'ALTER SCHEMA public RENAME TO "{aside}"'] if not is_empty(db) else ["DROP SCHEMA public"]
        commands = [word for each in before for word in ("-c", each)]
        _run(db, "psql", ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", *commands, "-f", str(script), "-c", hold])


def _run(db: Database, name: str, words: Sequence[str], *, connects: bool = True) -> None:
    from psycopg.conninfo import make_conninfo  # the driver is not needed for a file

    program = _program(name)
    url = db.engine.url
    given = {**url.query, **url.translate_connect_args(username="user", database="dbname")}
    password = str(given.pop("password", ""))  # never among the words, where every user of the machine could read it
    where = [f"--dbname={make_conninfo(**given)}"] if connects else []
    done = subprocess.run(  # noqa: S603 -- a program of PostgreSQL, found where it is installed
        [program, *where, *words],
        env={**os.environ, **({"PGPASSWORD": password} if password else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join(done.stderr.split())[-400:]
        raise Permanent(f"{name} failed: {said} Next: mend this; the database was not changed.")


def _program(name: str) -> str:
    folders = sorted(PROGRAMS.glob("*/bin"), key=lambda folder: _version(folder.parent.name), reverse=True)
    for folder in folders:
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise ConfigError(
            f"{name} is not on this machine, and PostgreSQL is backed up and restored with it. Next: install the "
            "client programs of PostgreSQL (Debian: apt install postgresql-client)."
        )
    return found


def _version(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
