"""Making a backup, and removing older ones."""

import fcntl
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from triage import __version__
from triage.backups import manifest as papers
from triage.backups.manifest import MADE_BY, Manifest
from triage.errors import Permanent
from triage.settings import Settings
from triage.store import copying, erasing
from triage.store.database import Database
from triage.store.migrating import is_current

LARGEST = 20_000_000  # bytes of files that are copied beside the database
REFERENCES = ("file:", "env:")
_PART = re.compile(r"triage-[0-9]{8}-[0-9]{6}\.(?:db|dump|files\.zip|json)\.part(?:-wal|-shm|-journal)?")
_PASSWORD = re.compile(r"((?<=//)[^:/?#]*:|(?<=[?&])(?:ssl)?password=)([^/?#&]+)(@|(?=[&#]|$))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made, and how many older ones were removed for it."""

    file: Path
    manifest: Manifest
    removed: int


def backup(settings: Settings, db: Database, folder: Path, *, keep: int | None, clock: Callable[[], datetime]) -> Made:
    """Copy the desk into `folder`, which is made if need be; the service may go on meanwhile.

    `keep`: so many backups of this database stay, the newest; others, and what else lies there, are never touched.
    Raises Permanent and ConfigError in plain words.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _writing(folder):
            return _backup(settings, db, folder, keep, clock)
    except OSError as error:
        raise Permanent(
            f"The backup could not be written ({error.strerror or error}). Next: look at the folder {folder}, its "
            "rights and its disk."
        ) from error


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say to other processes that a backup is written into the folder. What broken off ones left is removed first.

    Only while nobody else is writing there. Where the file system has no such locks nothing is removed.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for path in folder.iterdir():
                if _PART.fullmatch(path.name):
                    path.unlink(missing_ok=True)
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _backup(settings: Settings, db: Database, folder: Path, keep: int | None, clock: Callable[[], datetime]) -> Made:
    stem = f"triage-{clock().astimezone(UTC):%Y%m%d-%H%M%S}"
    file = folder / (stem + (".db" if db.is_sqlite else ".dump"))
    files = folder / f"{stem}.files.zip"
    parts = {path: path.with_name(path.name + ".part") for path in (file, files)}
    if any(path.exists() for path in (*parts, *parts.values())):
        raise Permanent(f"{file} is there already, or being made. Next: wait a second and do it again.")
    found, made_at = copying.copy(db, parts[file], clock)
    try:
        also = _copy_files(settings, parts[files])
        written = Manifest(
            made_by=MADE_BY,
            version=__version__,
            made_at=made_at,
            kind=db.engine.dialect.name,
            database=papers.name_of(db),
            file=file.name,
            size=parts[file].stat().st_size,
            sha256=papers.digest_of(parts[file]),
            revision=found.revision,
            letters=found.letters,
            newest_audit=found.newest_audit,
            also=also,
            keep_apart=sorted(set(_secrets(settings))),
        )
        papers.note_erased(folder, erasing.erased(db) if is_current(db) else {})
    except BaseException:
        for part in parts.values():
            part.unlink(missing_ok=True)
        raise
    for path, part in parts.items():
        part.replace(path)
    papers.write(file.with_suffix(".json"), written)
    copying.sync(folder)
    removed = _thin(folder, written.database, keep) if keep is not None else 0
    return Made(file=file, manifest=written, removed=removed)


def _thin(folder: Path, database: str, keep: int) -> int:
    """Remove the older backups of this database; how many. The manifest goes last, so that nothing is forgotten."""
    own = []
    for path in folder.glob("triage-*.json"):
        try:
            manifest = papers.read(path)
        except Permanent:
            continue
        if manifest.database == database:
            own.append((manifest.made_at, path, manifest))
    old = sorted(own, key=lambda each: each[0])[: -keep or None]
    for _, path, manifest in old:
        (folder / Path(manifest.file).name).unlink(missing_ok=True)
        path.with_suffix(".files.zip").unlink(missing_ok=True)
        path.unlink()
    return len(old)


# ------------------------------------------------------------------ what else belongs to a desk


def _copy_files(settings: Settings, target: Path) -> list[dict[str, Any]]:
    """Put the small files of a desk into one archive; what there is, where it lies, and whether it was copied."""
    told: list[dict[str, Any]] = []
    room = LARGEST
    with (
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle,
        zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for what, path in _belongs(settings):
            files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
            size = sum(file.stat().st_size for file in files if file.is_file())
            fits = path.exists() and size <= room and what != "model"
            if fits:
                room -= size
                for file in files:
                    inside = f"{what}/{file.relative_to(path)}" if path.is_dir() else f"{what}/{file.name}"
                    archive.writestr(inside, _without_password(settings, file.read_bytes()))
            told.append({"what": what, "where": str(path.absolute()), "copied": fits})
    return told


def _belongs(settings: Settings) -> Iterator[tuple[str, Path]]:
    yield "configuration", settings.path
    if settings.desk.templates:
        yield "templates", Path(settings.desk.templates)
    for voice in settings.voice:
        if voice.stories:
            yield f"stories of {voice.name}", Path(voice.stories)
    if settings.desk.model:
        yield "model", Path(settings.desk.model)


def _without_password(settings: Settings, data: bytes) -> bytes:
    """A file without the one secret that can stand in the configuration: the password in the database's URL.

    In a URL it may be written with percent signs, and stand behind the question mark.
    """
    for before, password, after in _PASSWORD.findall(settings.desk.database):
        data = data.replace(f"{before}{password}{after}".encode(), f"{before}PUT-THE-PASSWORD-HERE{after}".encode())
    return data


def _secrets(value: object) -> Iterator[str]:
    """Every reference to a secret in the settings: files and environment variables that have to be kept apart."""
    if isinstance(value, str) and value.startswith(REFERENCES):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _secrets(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _secrets(getattr(value, field.name))
