"""The paper beside each backup, and the list of what was erased."""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from triage.errors import Permanent
from triage.store.database import Database

MADE_BY = "triage backup"
ERASED = "erased.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup is. Times are in UTC."""

    made_by: str
    version: str  # of Triage
    made_at: datetime
    kind: str  # sqlite | postgresql
    database: str  # which one it is a copy of, without a password
    file: str
    size: int  # bytes
    sha256: str
    revision: str  # of the migrations
    letters: dict[str, int]  # how many, by stage
    newest_audit: int
    also: list[dict[str, Any]]  # what else belongs to the desk, where it lies, and whether it was copied
    keep_apart: list[str]  # secrets, which no backup holds


def name_of(db: Database) -> str:
    """Which database this is, without its password."""
    if db.file is not None:
        return str(db.file.absolute())
    return db.engine.url.difference_update_query(("password", "sslpassword")).render_as_string(hide_password=True)


def write(path: Path, manifest: Manifest) -> None:
    """Write it whole or not at all."""
    write_json(path, {**asdict(manifest), "made_at": manifest.made_at.isoformat()})


def read(path: Path) -> Manifest:
    """The manifest in a file. Raises Permanent for anything else."""
    try:
        table = json.loads(path.read_text("utf-8"))
        manifest = Manifest(**{**table, "made_at": datetime.fromisoformat(table["made_at"])})
    except OSError as error:
        raise Permanent(
            f"The manifest {path} cannot be read ({error.strerror}). Next: put it beside the backup; both were made "
            "together."
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise Permanent(f"{path} is not the manifest of a backup. Next: choose the file of another backup.") from error
    if manifest.made_by != MADE_BY:
        raise Permanent(f"{path} was not made by `triage backup`. Next: choose the file of another backup.")
    return manifest


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as target:
        json.dump(value, target, ensure_ascii=False, indent=1)
        target.flush()
        os.fsync(target.fileno())
    part.replace(path)


def erased(folder: Path) -> dict[str, datetime]:
    """The digests of messages that were erased, as noted beside the backups of a folder."""
    try:
        table = json.loads((folder / ERASED).read_text("utf-8"))
        return {str(name): datetime.fromisoformat(at) for name, at in table.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise Permanent(
            f"{folder / ERASED} cannot be read, so what was erased could come back. Next: mend it or bring it from "
            "another copy of the folder."
        ) from error


def note_erased(folder: Path, digests: Mapping[str, datetime]) -> None:
    """Add to what stands beside the backups of a folder. Only digests: nothing says whose letters they were.

    Raises Permanent when the folder does not take it.
    """
    if not digests:
        return
    try:
        with (folder / f"{ERASED}.lock").open("w", encoding="ascii") as lock:
            with suppress(OSError):  # a file system without such locks
                fcntl.flock(lock, fcntl.LOCK_EX)  # a backup and somebody who erases may both be adding to it
            known = {**erased(folder), **digests}
            write_json(folder / ERASED, {name: at.isoformat() for name, at in sorted(known.items())})
    except OSError as error:
        raise Permanent(
            f"What was erased could not be noted in {folder} ({error.strerror or error}), so that a backup in it could "
            "bring it back. Next: see that the folder is there and can be written, and do this again."
        ) from error
