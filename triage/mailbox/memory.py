"""An inbox in memory, for tests and for trying things out."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy

from triage.records import RawMessage


class MemoryMailbox:
    """Letters are put in with `deliver`; what became of them can be read from the public attributes."""

    def __init__(
        self, account: str = "memory", *, folder: str = "INBOX", uidvalidity: int = 1, after_collect: str = "leave"
    ) -> None:
        self.account = account
        self.folder = folder
        self.uidvalidity = uidvalidity
        self.after_collect = after_collect
        self.messages: dict[int, tuple[bytes, datetime]] = {}
        self.flagged: set[int] = set()
        self.moved: list[bytes] = []
        self.sent: list[bytes] = []
        self._last_uid = 0

    def deliver(self, data: bytes, received_at: datetime) -> int:
        """Put a message into the folder and return its UID."""
        self._last_uid += 1
        self.messages[self._last_uid] = (data, received_at.astimezone(UTC))
        return self._last_uid

    def select(self) -> int:
        """As `ports.Mailbox.select`."""
        return self.uidvalidity

    def sizes(self, after_uid: int, since: datetime | None) -> dict[int, int]:
        """As `ports.Mailbox.sizes`; `since` is exact."""
        return {
            uid: len(data)
            for uid, (data, received_at) in self.messages.items()
            if uid > after_uid and (since is None or received_at >= since)
        }

    def fetch(self, uids: Sequence[int], max_bytes: int) -> Iterator[RawMessage]:
        """As `ports.Mailbox.fetch`."""
        for uid in uids:
            if uid in self.messages:
                data, received_at = self.messages[uid]
                yield RawMessage(uid=uid, data=data[:max_bytes], received_at=received_at, full_size=len(data))

    def exists(self, uids: Sequence[int]) -> set[int]:
        """As `ports.Mailbox.exists`."""
        return self.messages.keys() & set(uids)

    def mark_collected(self, uids: Sequence[int]) -> None:
        """As `ports.Mailbox.mark_collected`."""
        present = sorted(self.exists(uids))
        if self.after_collect == "flag":
            self.flagged.update(present)
        elif self.after_collect == "move":
            self.moved += [self.messages.pop(uid)[0] for uid in present]

    def file_sent(self, message: bytes, message_id: str, token: str = "") -> bool:
        """As `ports.Mailbox.file_sent`."""
        if self.has_sent(message_id, token):
            return True
        self.sent.append(message)
        return False

    def has_sent(self, message_id: str, token: str = "") -> bool:
        """As `ports.Mailbox.has_sent`."""
        found = [message_from_bytes(message, policy=policy.compat32) for message in self.sent]
        return any(m["Message-ID"] == message_id or (token and m["X-Triage-Reply"] == token) for m in found)

    def sent_since(self, since: datetime) -> Iterator[bytes]:
        """As `ports.Mailbox.sent_since`; from the beginning, since no time is kept."""
        for message in self.sent:
            yield message.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    def close(self) -> None:
        """Nothing to give back."""
