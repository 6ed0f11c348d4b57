"""Looks whether the installation works: `triage check`, and what `triage init` asks of a mail server.

Each check is one function: it returns words for what is well, or raises with words for what is not.
Nothing is changed anywhere: no letter is fetched, none is sent, and no table is made.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from triage import wiring
from triage.drafting import Templates
from triage.errors import ConfigError, Permanent, Temporary, TriageError
from triage.mailbox.connection import connect, drop, explain, say_goodbye
from triage.mailbox.imap import ImapMailbox
from triage.mailbox.searching import MESSAGES_PER_SEARCH, chunks, search_from
from triage.outbox.smtp import SmtpOutbox
from triage.ports import Refused
from triage.settings import Inbox, Settings
from triage.store import people
from triage.store.database import Database
from triage.store.migrating import is_current

SENT = b"\\Sent"  # RFC 6154
NOBODY = "<nothing-has-this-message-id@triage.invalid>"
AGAIN = " It is tried again by itself."
"""How errors of the schedule end; somebody who sets things up does not wait for it."""

NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "fuse.sshfs")
VOLATILE = ("/dev/shm", "/run")  # noqa: S108 -- named in order to warn of them


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check, as one plain line."""

    what: str
    words: str
    well: bool

    def __str__(self) -> str:
        return f"{'ok' if self.well else 'FAILED':<8}{self.what}: {self.words}"


def check(settings: Settings) -> Iterator[Finding]:
    """Every check, one after the other, each as soon as it is known. Never raises an Exception.

    What cannot be well because an earlier check has failed is left out: it would say the same twice,
    and a provider may lock an account after several wrong passwords.
    """
    url = settings.desk.database
    yield _find("config", partial(_config, settings))
    database = _find("database", partial(_database, url))
    yield database
    if database.well:
        yield _find("database place", partial(_place, url))
        yield _find("people", partial(_people, url))
    yield _find("templates", partial(_templates, settings))
    yield _find("model", partial(_model, settings))
    for inbox in settings.inbox:
        collecting = _find(f"{inbox.name}, collecting", partial(_collecting, inbox))
        yield collecting
        if collecting.well:
            yield _find(f"{inbox.name}, sent copies", partial(_sent_copies, inbox))
        yield _find(f"{inbox.name}, sending", partial(_sending, inbox))


def summary(findings: list[Finding]) -> str:
    """The last line."""
    failed = sum(not finding.well for finding in findings)
    return f"{failed} of {len(findings)} checks failed." if failed else "All is well."


def _find(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look(), True)
    except Exception as error:
        return Finding(what, in_words(error), False)


def in_words(error: Exception) -> str:
    """One line on what is wrong and what to do, for somebody who is setting things up."""
    if not isinstance(error, TriageError):
        return _one_line(f"{type(error).__name__}: {error}") + " Next: mend this and run `triage check` again."
    text = _one_line(str(error))
    if isinstance(error, Temporary) and text.endswith(AGAIN):
        text = text.removesuffix(AGAIN) + " Next: check the server's name, port and tls, or wait, and try again."
    elif isinstance(error, ConfigError) and "Next:" not in text:  # a secret that is not where it should be
        text += " Next: put it there, or correct the reference."
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())[:600]


# ------------------------------------------------------------------ the desk


def _config(settings: Settings) -> str:
    try:
        ZoneInfo(settings.desk.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
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


def _database(url: str) -> str:
    with _opened(url) as db:
        file = _file(db)
        if file is not None and not file.exists():
            return _not_there_yet(file)
        db.verify()
        try:
            with db.write("check"):
                pass
        except Temporary as error:
            raise Permanent(
                "It answers, but takes no changes: another program holds it, the disk is full, or it may only be "
                f"read. Next: look at the disk, at the rights on {file or 'it'}, and at what else uses it."
            ) from error
        if not is_current(db):
            raise Permanent(
                "It answers, but its tables are not those of this version. Next: back it up, then run `triage once` "
                "or `triage serve`, which brings it up to date."
            )
        return f"{file or db.engine.url.host} answers, takes changes and is up to date."


def _not_there_yet(file: Path) -> str:
    if not file.parent.is_dir():
        raise Permanent(f"The folder {file.parent} is not there. Next: make it, or correct [desk] database.")
    if not os.access(file.parent, os.W_OK):
        raise Permanent(f"Nothing may be written in {file.parent}. Next: correct its rights, or [desk] database.")
    return f"{file} is not there yet; it is made with the first person who is added."


def _place(url: str) -> str:
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


def _people(url: str) -> str:
    add = "Next: `triage user add NAME --role editor`."
    with _opened(url) as db:
        file = _file(db)
        if (file is not None and not file.exists()) or not is_current(db) or people.is_empty(db):
            raise Permanent(f"Nobody can sign in yet. {add}")
    return "somebody can sign in."


def _templates(settings: Settings) -> str:
    folder = wiring.templates_folder(settings)
    templates = Templates.load(folder)
    for template in (templates.frame, *templates.by_topic.values()):
        values = template.values({}, {})
        for blocks in template.blocks.values():
            for block in blocks:
                for choice in range(len(block.wordings)):
                    block.render(values, choice)
    return f"{len(templates.by_topic)} in {folder} can be used."


def _model(settings: Settings) -> str:
    try:
        name = wiring.LazyAssessor(lambda: wiring.model_folder(settings)).name
    except TriageError:
        raise
    except Exception as error:
        raise Permanent(
            f"The model cannot be loaded ({type(error).__name__}: {_one_line(str(error))}). Next: put a trained model "
            "into models/, or correct [desk] model."
        ) from error
    return f"{name} is loaded."


# ------------------------------------------------------------------ an inbox


def _collecting(inbox: Inbox) -> str:
    mailbox = ImapMailbox(inbox)
    try:
        mailbox.select()
    finally:
        mailbox.close()
    if inbox.move_to:
        with _signed_in(inbox, "move_to") as client:
            there = client.folder_exists(inbox.move_to)
        if not there:
            raise Permanent(f"There is no folder {inbox.move_to!r} on the server. Next: make it, or correct move_to.")
    return f"{inbox.imap.user} signs in at {inbox.imap.host}, and the folder {inbox.folder!r} opens."


def _sent_copies(inbox: Inbox) -> str:
    mailbox = ImapMailbox(inbox)
    try:
        mailbox.has_sent(NOBODY)
    finally:
        mailbox.close()
    return f"copies of replies go to {_sent_folder(inbox)}."


def _sent_folder(inbox: Inbox) -> str:
    if inbox.sent_folder:
        return f"the folder {inbox.sent_folder!r}"
    with _signed_in(inbox, "sent_folder") as client:
        marked = client.find_special_folder(SENT)
    return f"the folder {marked!r}" if marked else "the server's folder for sent mail"


def _sending(inbox: Inbox) -> str:
    outbox = SmtpOutbox(inbox.smtp)
    try:
        outbox.verify(inbox.address)
    except Refused as error:
        raise Permanent(f"{_one_line(error.text)} Next: {_what_to_do(error, inbox)}.") from error
    except OSError as error:
        raise Permanent(
            f"The certificates in {inbox.smtp.ca_file} (smtp.ca_file) cannot be read: {error.strerror or error}. "
            "Next: name a readable PEM file."
        ) from error
    finally:
        outbox.stop()
    lock = "without TLS (on this machine)" if inbox.smtp.tls == "none" else "with TLS"
    return f"{inbox.smtp.host} is reached {lock} and takes mail from {inbox.address}."


def _what_to_do(error: Refused, inbox: Inbox) -> str:
    text = error.text.lower()
    if not error.whole_account:
        return (
            f"allow {inbox.smtp.user or 'this account'} to send as this address, or correct address in the "
            "configuration; the server's answer above says why"
        )
    if "certificate" in text:
        return "check smtp.host; for a server with a private certificate name its file in smtp.ca_file"
    if error.code in (530, 534, 535):
        return (
            "check smtp.user, and the password that smtp.password points to; some providers want an app password, "
            "and Microsoft wants OAuth, which Triage cannot do yet"
        )
    if "environment variable" in text or "in the file" in text or "reference" in text:
        return "put the password there, or correct smtp.password"
    return "check smtp.host, smtp.port and smtp.tls"


@contextmanager
def _signed_in(inbox: Inbox, folder_setting: str) -> Iterator[Any]:
    """An IMAP connection of its own; errors come out as TriageError."""
    client: Any = None
    try:
        client = connect(inbox.imap)
        yield client
        say_goodbye(client)
    except Exception as error:
        if client is not None:
            drop(client)
        raise explain(error, inbox.name, inbox.imap, folder_setting) from None


def count_messages(inbox: Inbox, since: datetime | None) -> tuple[int, int]:
    """How many messages the folder has, and how many of them came before `since`. Raises TriageError."""
    with _signed_in(inbox, "folder") as client:
        total = int(client.select_folder(inbox.folder, readonly=True).get(b"EXISTS", 0))
        if since is None or not total:
            return total, 0
        # The server counts in days of an unknown zone: only the days around the moment are looked at one by one.
        wide = set(search_from(client, 1, since, total, MESSAGES_PER_SEARCH))
        sure = set(search_from(client, 1, since + timedelta(days=3), total, MESSAGES_PER_SEARCH))
        later = len(sure)
        for uids in chunks(sorted(wide - sure)):
            answers = client.fetch(uids, ["INTERNALDATE"])
            later += sum(answer[b"INTERNALDATE"] >= since for answer in answers.values() if b"INTERNALDATE" in answer)
    return total, total - later
