"""Bringing a backup back: all of it or nothing, the old database kept aside, and all sending held."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from triage.backups import manifest as papers
from triage.backups.manifest import Manifest
from triage.errors import Conflict, Permanent
from triage.settings import Settings
from triage.store import copying, erasing
from triage.store.copying import BESIDE
from triage.store.database import Database
from triage.store.migrating import migrate


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did."""

    manifest: Manifest
    aside: str  # where the old database is now; empty: there was none
    lost: int  # changes of letters that the old database had and the backup has not
    erased: int  # letters of the backup that had been erased, and are erased again
    moved: tuple[str, ...]  # folders on the server that letters were moved to when they were collected


def restore(settings: Settings, file: Path, *, replace: bool, clock: Callable[[], datetime]) -> Restored:
    """Put the backup in `file` in the place of the desk's database, brought up to date and with all sending held.

    Refused while the service runs, and, unless `replace`, where there is a database. Raises Permanent, Conflict and
    ConfigError in plain words; then nothing was changed.
    """
    manifest = papers.read(file.with_suffix(".json"))
    db = Database(settings.desk.database)
    try:
        _check(db, manifest, file)
        there = not copying.is_empty(db)
        if there and not replace:
            raise Conflict(
                f"There is a database at {papers.name_of(db)}, and nothing was changed. Next: with --replace it is "
                "kept aside under another name and the backup put in its place."
            )
        if db.file is None or db.file.parent.is_dir():
            if not db.become_sender():
                raise Conflict("Triage is running with this database. Next: stop it, then restore.")
        else:
            raise Permanent(f"The folder {db.file.parent} is not there. Next: make it.")
        before = _newest_audit(db) if there else 0
        digests = {**papers.erased(file.parent), **(_erased(db) if there else {})}
        aside = f"{copying.ASIDE}{clock().astimezone(UTC):%Y%m%d_%H%M%S}"
        if db.file is not None:
            where = f"{db.file}.{aside}"
            erased = _put_file(db.file, file, manifest, digests, Path(where))
        else:
            where = f"schema {aside}"
            copying.bring_back(db, file, aside=aside, since=manifest.made_at)
            erased = _bring_up_to_date(settings.desk.database, manifest, digests)
        lost = max(0, before - manifest.newest_audit)
        moved = tuple(box.move_to for box in settings.inbox if box.after_collect == "move")
        return Restored(manifest=manifest, aside=where if there else "", lost=lost, erased=erased, moved=moved)
    except OSError as error:
        raise Permanent(
            f"The backup could not be put in place ({error.strerror or error}). Next: look at the disk and at the "
            "rights on the folder of the database."
        ) from error
    finally:
        db.close()


def _check(db: Database, manifest: Manifest, file: Path) -> None:
    if manifest.kind != db.engine.dialect.name:
        raise Permanent(
            f"This is a backup of {manifest.kind}, and [desk] database names {db.engine.dialect.name}. Next: name a "
            f"{manifest.kind} database; going from one to the other is not offered."
        )
    if not file.is_file():
        raise Permanent(f"There is no file {file}. Next: name the file of a backup that ends with .db or .dump.")
    if papers.digest_of(file) != manifest.sha256:
        raise Permanent(f"{file} is not what was backed up: its digest is another. Next: take another backup.")


def _newest_audit(db: Database) -> int:
    """How far the history of the database goes that is replaced; 0 where it cannot be read any more."""
    with suppress(Exception), db.read() as connection:  # a damaged one is a reason to restore
        return copying.facts(connection).newest_audit
    return 0


def _erased(db: Database) -> dict[str, datetime]:
    with suppress(Exception):
        return erasing.erased(db)
    return {}


def _bring_up_to_date(url: str, manifest: Manifest, digests: dict[str, datetime]) -> int:
    """Migrate, hold and erase again. With connections of its own: others still know the tables of before."""
    db = Database(url)
    try:
        with db.read() as connection:
            revision = copying.facts(connection).revision
        if revision != manifest.revision:
            raise Permanent(f"The backup is of revision {revision}, and its manifest says {manifest.revision}.")
        migrate(db)
        copying.hold_restored(db, manifest.made_at)
        erased = erasing.erase_again(db, digests) if digests else 0
        if erased:
            erasing.scrub(db, max(digests.values()))
        db.verify()
        return erased
    finally:
        db.close()


def _put_file(target: Path, file: Path, manifest: Manifest, digests: dict[str, datetime], aside: Path) -> int:
    """Make all ready beside the database, then put it in place in one step."""
    ready = target.with_name(target.name + ".restoring")
    for leftover in (ready, *(Path(f"{ready}{end}") for end in BESIDE)):
        leftover.unlink(missing_ok=True)
    ready.touch(mode=0o600)
    try:
        shutil.copyfile(file, ready)
        erased = _bring_up_to_date(f"sqlite:///{ready}", manifest, digests)
        copying.sync(ready)
        _set_aside(target, aside)
        ready.replace(target)
        copying.sync(target.parent)
    finally:
        for leftover in (ready, *(Path(f"{ready}{end}") for end in BESIDE)):
            leftover.unlink(missing_ok=True)
    return erased


def _set_aside(target: Path, aside: Path) -> None:
    """Give the old database a second name; the first one is taken from it in the step that follows.

    What a crash left beside it is worked in first, because it belongs to the first name.
    """
    if target.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(target, timeout=1, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        try:
            os.link(target, aside)
        except OSError:  # a file system without second names
            shutil.copy2(target, aside)
    for end in BESIDE:  # also where the database itself has gone: the next one of this name would take them for its own
        if (beside := Path(f"{target}{end}")).exists():
            beside.replace(f"{aside}{end}")
