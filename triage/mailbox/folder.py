"""A folder of files as an inbox: a Maildir, or a directory of .eml files. It is only read.

UIDs have to grow with arrival, also for old files that are copied or moved in, and nothing is written down here. So a
UID is made from the time at which the file system last changed the file's entry (ctime), in milliseconds, followed by
20 bits of a digest of its name. A file that is renamed, or whose permissions change, gets a new UID and is collected
again; the store knows letters by their content. A file is listed once it has lain still for a while, so that no file
is read half-written, and none slips in below a UID that has already been seen. A clock that is set back can hide files
that arrive before it has caught up.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from triage.errors import Permanent
from triage.records import RawMessage

SENT = "sent"
"""The subfolder for copies of what was sent."""

SETTLE_SECONDS = 2.0
NAME_BITS = 20


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    size: int
    received_at: datetime


class FolderMailbox:
    """The files in `path`/cur and `path`/new if there is such a folder, else those named *.eml in `path`.

    INTERNALDATE is the time of the file's last change (mtime). UIDs have up to 63 bits.
    """

    def __init__(self, account: str, path: Path, *, settle_seconds: float = SETTLE_SECONDS) -> None:
        self.account = account
        self.folder = f"folder {path.resolve()}"  # no folder on a server has such a name, and no other one here
        self._path = path
        self._settle_seconds = settle_seconds
        self._files: dict[int, _File] = {}

    def select(self) -> int:
        """The folder's own number in its file system: another one put in its place may hold older files.

        Permanent when the folder is gone.
        """
        self._look()
        return self._path.stat().st_ino % 2**31 or 1

    def sizes(self, after_uid: int, since: datetime | None) -> dict[int, int]:
        """As `ports.Mailbox.sizes`; `since` is exact."""
        self._look()
        return {
            uid: file.size
            for uid, file in self._files.items()
            if uid > after_uid and (since is None or file.received_at >= since)
        }

    def fetch(self, uids: Sequence[int], max_bytes: int) -> Iterator[RawMessage]:
        """As `ports.Mailbox.fetch`; a file that has gone or cannot be read is left out."""
        if any(uid not in self._files for uid in uids):
            self._look()
        for uid in uids:
            file = self._files.get(uid)
            if file is None:
                continue
            try:
                with file.path.open("rb") as source:
                    data = as_sent(source.read(max_bytes))[:max_bytes]
            except OSError:
                continue
            yield RawMessage(uid=uid, data=data, received_at=file.received_at, full_size=max(file.size, len(data)))

    def exists(self, uids: Sequence[int]) -> set[int]:
        """As `ports.Mailbox.exists`."""
        self._look()
        return self._files.keys() & set(uids)

    def mark_collected(self, uids: Sequence[int]) -> None:
        """Nothing: the files are left as they are."""

    def file_sent(self, message: bytes, message_id: str, token: str = "") -> bool:
        """As `ports.Mailbox.file_sent`; the copy's name is a digest of the Message-ID."""
        copy = self._copy(message_id)
        if self.has_sent(message_id, token):
            return True
        copy.parent.mkdir(exist_ok=True)
        part = copy.with_suffix(".part")
        with part.open("wb") as target:
            target.write(message)
            target.flush()
            os.fsync(target.fileno())
        part.replace(copy)
        return False

    def has_sent(self, message_id: str, token: str = "") -> bool:
        """As `ports.Mailbox.has_sent`."""
        if self._copy(message_id).exists():
            return True
        line = f"\nX-Triage-Reply: {token}\r\n".encode()
        return bool(token) and any(line in head for head in self.sent_since(datetime.min.replace(tzinfo=UTC)))

    def sent_since(self, since: datetime) -> Iterator[bytes]:
        """As `ports.Mailbox.sent_since`, by the time of the file's last change."""
        for copy in sorted((self._path / SENT).glob("*.eml")):
            if datetime.fromtimestamp(copy.stat().st_mtime, UTC) >= since:
                yield copy.read_bytes().partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    def close(self) -> None:
        """Nothing to give back."""

    def _copy(self, message_id: str) -> Path:
        return self._path / SENT / f"{hashlib.sha256(message_id.encode()).hexdigest()[:32]}.eml"

    def _look(self) -> None:
        """List the folder again."""
        still = (time.time() - self._settle_seconds) * 1000
        found: dict[int, _File] = {}
        for entry in sorted(self._entries(), key=lambda entry: entry.name):
            with suppress(FileNotFoundError):  # another program may move it just now
                status = entry.stat(follow_symlinks=False)
                changed = status.st_ctime_ns // 1_000_000
                if changed > still:
                    continue
                uid = changed << NAME_BITS | _digest(entry.name) >> (256 - NAME_BITS)
                while uid in found:
                    uid += 1
                received_at = datetime.fromtimestamp(status.st_mtime, UTC)
                found[uid] = _File(Path(entry.path), status.st_size, received_at)
        self._files = dict(sorted(found.items()))

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        maildir = [self._path / part for part in ("cur", "new")]
        is_maildir = all(part.is_dir() for part in maildir)
        for folder in maildir if is_maildir else [self._path]:
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        # Links are not followed: a mail folder has none, and one could point anywhere.
                        wanted = not entry.name.startswith(".") if is_maildir else entry.name.lower().endswith(".eml")
                        if wanted and entry.is_file(follow_symlinks=False):
                            yield entry
            except OSError as error:
                raise Permanent(
                    f"Inbox {self.account!r}: the folder {folder} cannot be read ({error.strerror}). "
                    "Next: check that it is there and may be read."
                ) from error


def as_sent(data: bytes) -> bytes:
    """A message with the line ends that it has on its way (RFC 5322 section 2.1), which files often leave out.

    Or else the same letter would be another one when it also comes from a mail server.
    """
    return data if b"\r\n" in data else data.replace(b"\n", b"\r\n")


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.sha256(os.fsencode(name)).digest())
