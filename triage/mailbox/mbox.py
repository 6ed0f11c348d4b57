"""An mbox file as an inbox (RFC 4155), for archives. It is only read, and the library parts it into messages."""

import hashlib
import mailbox
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from triage.errors import Permanent
from triage.mailbox.folder import as_sent
from triage.records import RawMessage

_ASCTIME = "%a %b %d %H:%M:%S %Y"
_LONGEST_LINE = 500  # of the line before a message that says when it came


class MboxMailbox:
    """The messages of one file, numbered from 1 as they stand in it.

    Another size or time of change is another life of the folder: then all are looked at again, and the store knows
    those that it has by their content. There is no Sent folder: filing raises Permanent.
    """

    def __init__(self, account: str, path: Path) -> None:
        self.account = account
        self.folder = f"mbox {path.resolve()}"
        self._path = path
        self._messages: mailbox.mbox | None = None

    def select(self) -> int:
        """A number made of the file's size and time of change. Permanent when it cannot be read."""
        try:
            status = self._path.stat()
            self._messages = mailbox.mbox(self._path, create=False)
            self._messages.keys()  # reads the whole file once
        except (OSError, mailbox.Error) as error:
            raise Permanent(
                f"The archive {self._path} cannot be read ({error}). Next: check that it is there and may be read."
            ) from error
        if status.st_size and not self._messages.keys():
            self.close()
            raise Permanent(
                f"The archive {self._path} is no mbox: no line in it begins with “From ”. Next: put .eml files into a "
                "folder and name that."
            )
        mark = hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).digest()
        return int.from_bytes(mark[:4]) >> 1 or 1

    def sizes(self, after_uid: int, since: datetime | None) -> dict[int, int]:
        """As `ports.Mailbox.sizes`; `since` is exact."""
        return {
            uid: len(self._bytes(uid))
            for uid in range(max(0, after_uid) + 1, len(self._open()) + 1)
            if since is None or self._received(uid) >= since
        }

    def fetch(self, uids: Sequence[int], max_bytes: int) -> Iterator[RawMessage]:
        """As `ports.Mailbox.fetch`."""
        for uid in uids:
            if 1 <= uid <= len(self._open()):
                data = self._bytes(uid)
                yield RawMessage(uid=uid, data=data[:max_bytes], received_at=self._received(uid), full_size=len(data))

    def exists(self, uids: Sequence[int]) -> set[int]:
        """As `ports.Mailbox.exists`."""
        return {uid for uid in uids if 1 <= uid <= len(self._open())}

    def mark_collected(self, uids: Sequence[int]) -> None:
        """Nothing: the file is left as it is."""

    def file_sent(self, message: bytes, message_id: str, token: str = "") -> bool:
        """Always raises Permanent."""
        raise Permanent("An archive has no folder for sent mail.")

    def has_sent(self, message_id: str, token: str = "") -> bool:
        """Always False."""
        return False

    def sent_since(self, since: datetime) -> Iterator[bytes]:
        """Nothing."""
        yield from ()

    def close(self) -> None:
        """As `ports.Mailbox.close`."""
        if self._messages is not None:
            self._messages.close()
            self._messages = None

    def _open(self) -> mailbox.mbox:
        if self._messages is None:
            self.select()
        assert self._messages is not None
        return self._messages

    def _key(self, uid: int) -> str:
        return self._open().keys()[uid - 1]

    def _bytes(self, uid: int) -> bytes:
        return as_sent(self._open().get_bytes(self._key(uid)))

    def _received(self, uid: int) -> datetime:
        """When it came: the line before the message says so, in UTC (RFC 4155); else its Date; else now."""
        line = (
            self._open()
            .get_bytes(self._key(uid), from_=True)
            .split(b"\n", 1)[0][:_LONGEST_LINE]
            .decode("ascii", "replace")
        )
        try:
            return datetime.strptime(" ".join(line.split()[-5:]), _ASCTIME).replace(tzinfo=UTC)
        except ValueError:
            pass
        try:
            at = parsedate_to_datetime(str(self._open().get_message(self._key(uid))["Date"]))
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (TypeError, ValueError, IndexError, OverflowError):
            return datetime.now(UTC)
