"""What stands on this machine: the configuration, the database, the people, the templates and the model."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from triage import wiring
from triage.errors import Permanent, TriageError
from triage.parsing import one_line
from triage.settings import Settings
from triage.store import holds
from triage.store import people as people_store
from triage.store.database import Database
from triage.store.migrating import is_current

LOCK_SECONDS = 3
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "fuse.sshfs")
VOLATILE = ("/dev/shm", "/run")  # noqa: S108 -- named in order to warn of them


def config(settings: Settings) -> str:
    try:
        ZoneInfo(settings.desk.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Permanent(
            f"[desk] time_zone = {settings.desk.time_zone!r} is not a time zone. Next: write one such as "
            "America/New_York."
        ) from error
    count = len(settings.inbox)
    return f"{settings.path} names {count} {'inbox' if count == 1 else 'inboxes'}."


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    db = Database(url)
    try:
        yield db
    finally:
        db.close()


def _file(db: Database) -> Path | None:
    """The file of a SQLite database; None for a server. Raises Permanent for one in memory."""
    if not db.is_sqlite:
        return None
    name = db.engine.url.database
    if not name or name == ":memory:":
        raise Permanent("It is kept in memory and is gone when Triage stops. Next: name a file in [desk] database.")
    return Path(name).absolute()


def database(url: str) -> str:
    with _opened(url) as db:
        file = _file(db)
        if file is not None and not file.exists():
            return _not_there_yet(file)
        if file is not None:
            _takes_changes(file)
        db.verify()
        if not is_current(db):
            raise Permanent(
                "It answers, but its tables are not those of this version. Next: back it up, then run `triage once` "
                "or `triage serve`, which brings it up to date."
            )
        return f"{file or db.engine.url.host} answers, takes changes and is up to date."


def _takes_changes(file: Path) -> None:
    """Begin a change and take it back. Not through the store, which waits longer than somebody at a terminal does."""
    try:
        with closing(sqlite3.connect(file, timeout=LOCK_SECONDS, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise Permanent(
            f"{file} takes no changes ({error}). Next: look whether another program holds it, at the rights on it, "
            "and at the disk; if it is damaged, restore the last backup."
        ) from error


def _not_there_yet(file: Path) -> str:
    if not file.parent.is_dir():
        raise Permanent(f"The folder {file.parent} is not there. Next: make it, or correct [desk] database.")
    if not os.access(file.parent, os.W_OK):
        raise Permanent(f"Nothing may be written in {file.parent}. Next: correct its rights, or [desk] database.")
    return f"{file} is not there yet; it is made with the first person who is added."


def place(url: str) -> str:
    with _opened(url) as db:
        file = _file(db)
    if file is None:
        return "it is on a database server."
    mounts = Path("/proc/self/mounts")
    reason = unsafe_place(
        file.resolve(), mounts.read_text("utf-8", "replace") if mounts.exists() else "", tempfile.gettempdir()
    )
    if reason:
        raise Permanent(f"{file} is {reason}. Next: keep it on a disk of this machine, or use PostgreSQL.")
    return "it is on a disk of this machine."


def unsafe_place(file: Path, mounts: str, temporary: str) -> str:
    """Why a SQLite file should not be there; empty if it may be. `mounts` is as in /proc/self/mounts.

    SQLite's locks do not hold on network file systems (https://www.sqlite.org/faq.html#q5).
    """
    if any(file.is_relative_to(Path(place).resolve()) for place in (temporary, *VOLATILE)):
        return "in a folder for temporary files, which is emptied now and then"
    depth, kind = 0, ""
    for line in mounts.splitlines():
        _, where, this_kind, *_ = [*line.split(), "", "", ""]
        point = Path(where.replace("\\040", " "))
        if where and file.is_relative_to(point) and len(point.parts) >= depth:
            depth, kind = len(point.parts), this_kind
    return "on a network file system, where SQLite can lose what is written" if kind in NETWORK_FILE_SYSTEMS else ""


def people(url: str) -> str:
    with _opened(url) as db:
        file = _file(db)
        if (file is not None and not file.exists()) or not is_current(db) or people_store.is_empty(db):
            raise Permanent("Nobody can sign in yet. Next: `triage user link NAME` prints a link for the first editor.")
    return "somebody can sign in."


def held(url: str) -> str:
    """Why nothing is sent at all, in plain words; empty where mail goes out."""
    with _opened(url) as db:
        file = _file(db)
        if (file is not None and not file.exists()) or not is_current(db):
            return ""
        hold = holds.is_open(db)
    return " ".join(part for part in (hold.reason, hold.finding) if part) if hold else ""


def hold(url: str) -> str:
    raise Permanent(f"{held(url)} Next: `triage reconcile`, then an editor runs `triage resume --as NAME`.")


def templates(settings: Settings) -> str:
    folder = wiring.templates_folder(settings)
    templates, _ = wiring.load_templates(folder)
    return f"{len(templates.by_topic)} in {folder} can be used."


def model(settings: Settings) -> str:
    from triage import assessor  # spaCy is loaded when it is needed

    try:
        name = assessor.load(wiring.model_folder(settings)).name
    except TriageError:
        raise
    except Exception as error:
        raise Permanent(
            f"The model cannot be loaded ({type(error).__name__}: {one_line(str(error))}). Next: put a trained model "
            "into models/, or correct [desk] model."
        ) from error
    return f"{name} is loaded."
