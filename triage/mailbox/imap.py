"""An inbox on an IMAP server (RFC 3501)."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from imaplib import IMAP4
from typing import Any

from imapclient import DELETED, SEEN, IMAPClient  # type: ignore[import-untyped]
from imapclient.exceptions import ProtocolError  # type: ignore[import-untyped]
from imapclient.imapclient import SENT  # type: ignore[import-untyped]

from triage.errors import Permanent, Temporary
from triage.mailbox.connection import (
    READ_TIMEOUT,
    concerns_messages,
    connect,
    drop,
    explain,
    folder_names,
    say_goodbye,
    says_no_folder,
)
from triage.mailbox.searching import MESSAGES_PER_SEARCH, chunks, search_among, search_from
from triage.ports import SignIn
from triage.records import RawMessage
from triage.settings import Inbox

KEYWORD = "$Triaged"
"""The flag that `after_collect = "flag"` puts on a collected letter."""

NEIGHBOURS = 8
"""When none of so many messages in a row can be read, the server is to blame and not the messages."""

NUMBERS = 2**32
"""UIDs and UIDVALIDITY are below it (RFC 3501 section 9)."""

LONGEST = 2**62
"""Of a message in bytes, as far as the database can count."""

SENT_HEADERS = "FROM TO CC DATE MESSAGE-ID IN-REPLY-TO REFERENCES X-TRIAGE-REPLY"

log = logging.getLogger(__name__)


class ImapMailbox:
    """One folder of one IMAP account. Connects when first used, and again after an error or `close`.

    After every new connection UIDVALIDITY is compared with the one that `select` gave: if the folder was made anew,
    its UIDs mean other messages, and every call raises Temporary until `select` is called again.
    """

    def __init__(
        self,
        inbox: Inbox,
        *,
        sign_in: SignIn | None = None,
        search_window: int = MESSAGES_PER_SEARCH,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self.account = inbox.name
        self.folder = inbox.folder
        self._settings = inbox
        self._sign_in = sign_in
        self._search_window = search_window
        self._read_timeout = read_timeout
        self._client: IMAPClient | None = None
        self._opened: tuple[str, bool] | None = None  # folder, read-only
        self._opening: dict[bytes, Any] = {}  # what the server said when it opened that folder
        self._validity: int | None = None
        self._sizes: dict[int, int] = {}
        self._sent = ""
        self._told_of_keywords = False

    def select(self) -> int:
        """Open the folder anew and return its UIDVALIDITY."""
        self._validity, self._opened, self._sizes = None, None, {}
        with self._conversation():
            self._in_inbox()
        assert self._validity is not None
        return self._validity

    def sizes(self, after_uid: int, since: datetime | None) -> dict[int, int]:
        """As `ports.Mailbox.sizes`; 0 for a message whose size the server cannot tell.

        `since` is coarse by up to two days, never too narrow.
        """
        with self._conversation():
            client = self._in_inbox()
            messages = self._opening.get(b"EXISTS", 0)
            uids = search_from(client, after_uid + 1, since, messages, self._search_window)
            if uids and max(uids) >= NUMBERS:
                raise ProtocolError("a UID that is none")
        self._sizes = {}
        for chunk in chunks(uids):
            self._sizes |= self._sizes_of(list(chunk))
        return {uid: self._sizes.get(uid, 0) for uid in uids}

    def fetch(self, uids: Sequence[int], max_bytes: int) -> Iterator[RawMessage]:
        """As `ports.Mailbox.fetch`; one command for all of `uids`, so the caller chooses how much comes at once.

        One message that the server cannot hand over makes the whole call fail: the caller asks again for fewer. Full
        sizes are those of the server for a message that was cut, and those of the bytes otherwise, because some
        servers only estimate RFC822.SIZE.
        """
        with self._conversation():
            messages = self._bodies(self._in_inbox(), list(uids), max_bytes) if uids else []
        yield from messages

    def exists(self, uids: Sequence[int]) -> set[int]:
        """As `ports.Mailbox.exists`."""
        with self._conversation():
            return search_among(self._in_inbox(), uids)

    def mark_collected(self, uids: Sequence[int]) -> None:
        """As `ports.Mailbox.mark_collected`.

        A move without the MOVE extension is COPY, then UID EXPUNGE (RFC 6851 section 3.3); if it breaks off between
        the two, the next call copies again. Plain EXPUNGE is never used: it would remove other people's deletions.
        """
        if self._settings.after_collect == "leave":
            return
        with self._conversation("move_to"):
            client = self._in_inbox()
            for chunk in chunks(uids):  # UIDs that have left the folder are ignored (RFC 3501 section 6.4.8)
                if self._settings.after_collect == "flag":
                    self._flag(client, chunk)
                else:
                    self._move(client, chunk)

    def file_sent(self, message: bytes, message_id: str, token: str = "") -> bool:
        """As `ports.Mailbox.file_sent`; the copy is marked as read."""
        if self.has_sent(message_id, token):
            return True
        with self._conversation("sent_folder"):
            client = self._connection()
            client.append(self._sent_folder(client), message, flags=[SEEN])
        return False

    def has_sent(self, message_id: str, token: str = "") -> bool:
        """As `ports.Mailbox.has_sent`."""
        with self._conversation("sent_folder"):
            client = self._connection()
            # Opened anew each time: a folder that is already open need not show what others have just put there.
            self._open(client, self._sent_folder(client), read_only=True)
            # Two questions and not an OR: servers that keep no index of a header may answer only the first.
            return bool(
                client.search(["HEADER", "Message-ID", message_id])
                or (token and client.search(["HEADER", "X-Triage-Reply", token]))
            )

    def sent_since(self, since: datetime) -> Iterator[bytes]:
        """As `ports.Mailbox.sent_since`."""
        with self._conversation("sent_folder"):
            client = self._connection()
            self._open(client, self._sent_folder(client), read_only=True)
            found = search_from(client, 1, since, self._opening.get(b"EXISTS", 0), self._search_window)
        for chunk in chunks(found):
            with self._conversation("sent_folder"):
                answers = client.fetch(chunk, [f"BODY.PEEK[HEADER.FIELDS ({SENT_HEADERS})]"])
            yield from (
                value for answer in answers.values() for key, value in answer.items() if key.startswith(b"BODY[")
            )

    def close(self) -> None:
        """As `ports.Mailbox.close`."""
        if self._client is not None:
            say_goodbye(self._client)
        self._forget_connection()

    # ------------------------------------------------------------------ the connection

    @contextmanager
    def _conversation(self, folder_setting: str = "folder") -> Iterator[None]:
        """Whatever goes wrong inside drops the connection and comes out as an error that says who acts next."""
        try:
            yield
        except BaseException as error:
            self._drop()
            if not isinstance(error, Exception):
                raise
            # Not chained: the original may hold pieces of a letter, and a log shows the whole chain.
            raise explain(error, self.account, self._settings.imap, folder_setting) from None

    def _connection(self) -> IMAPClient:
        if self._client is None:
            self._client = connect(self._settings.imap, self._read_timeout, self._sign_in)
        return self._client

    def _drop(self) -> None:
        if self._client is not None:
            drop(self._client)
        self._forget_connection()

    def _forget_connection(self) -> None:
        self._client, self._opened, self._sent = None, None, ""

    def _open(self, client: IMAPClient, folder: str, read_only: bool) -> None:
        self._opened = None
        try:
            self._opening = client.select_folder(folder, readonly=read_only)
        except IMAP4.error as error:
            if not says_no_folder(error):
                raise
            others = {self.folder: "folder", self._settings.drafts_folder: "drafts_folder"}
            setting = others.get(folder, "sent_folder")
            raise Permanent(
                f"Inbox {self.account!r}, mail server {self._settings.imap.host}: there is no folder {folder!r} any "
                f"more, or it has another name. There are: {folder_names(client)}. Next: check the setting {setting}."
            ) from None
        self._opened = (folder, read_only)

    def _in_inbox(self) -> IMAPClient:
        """The connection, with the inbox folder open and known to be the one that was selected."""
        client = self._connection()
        read_only = self._settings.after_collect == "leave"
        if self._opened != (self.folder, read_only):
            self._open(client, self.folder, read_only)
            validity = self._opening.get(b"UIDVALIDITY")
            if validity is None:
                raise Permanent(
                    f"Inbox {self.account!r}: the mail server gives this folder no UIDVALIDITY, so its messages cannot "
                    "be told apart for sure. Next: choose another folder or server."
                )
            if not 0 < validity < NUMBERS:
                raise ProtocolError("a UIDVALIDITY that is none")
            if self._validity not in (None, validity):
                raise Temporary(
                    f"Inbox {self.account!r}: the folder was made anew on the server. It is read again by itself."
                )
            self._validity = validity
        return client

    # ------------------------------------------------------------------ asking about messages

    def _sizes_of(self, uids: list[int]) -> dict[int, int]:
        """The sizes that the server can tell.

        One message that it cannot read must not hide those behind it: when the question fails, its halves are asked.
        """
        with self._conversation():
            client = self._in_inbox()
            try:
                return self._ask_sizes(client, uids)
            except (IMAP4.error, OSError) as error:
                if not concerns_messages(error):
                    raise
                self._drop()
        if len(uids) == 1:
            log.warning("the server cannot tell the size of a message account=%s uid=%d", self.account, uids[0])
            return {}
        middle = len(uids) // 2
        found = self._sizes_of(uids[:middle]) | self._sizes_of(uids[middle:])
        if not found and len(uids) >= NEIGHBOURS:
            raise Temporary(f"Inbox {self.account!r}: the mail server hands over no message now. It is tried again.")
        return found

    def _ask_sizes(self, client: IMAPClient, uids: list[int]) -> dict[int, int]:
        answers = client.fetch(uids, ["RFC822.SIZE"])
        return {
            uid: min(answer[b"RFC822.SIZE"], LONGEST) for uid, answer in answers.items() if b"RFC822.SIZE" in answer
        }

    def _bodies(self, client: IMAPClient, uids: list[int], max_bytes: int) -> list[RawMessage]:
        sizes = {uid: self._sizes[uid] for uid in uids if uid in self._sizes}
        sizes |= self._ask_sizes(client, [uid for uid in uids if uid not in sizes])
        large = {uid for uid, size in sizes.items() if size > max_bytes}
        answers = client.fetch([uid for uid in sizes if uid not in large], ["INTERNALDATE", "BODY.PEEK[]"])
        answers |= client.fetch(sorted(large), ["INTERNALDATE", f"BODY.PEEK[]<0.{max_bytes}>"])
        messages = []
        for uid, answer in sorted(answers.items()):
            body = answer.get(b"BODY[]<0>" if uid in large else b"BODY[]")
            if body is not None:
                messages.append(
                    RawMessage(
                        uid=uid,
                        data=body[:max_bytes],
                        received_at=(answer.get(b"INTERNALDATE") or datetime.now(UTC)).astimezone(UTC),
                        full_size=sizes[uid] if uid in large else len(body),
                    )
                )
        return messages

    # ------------------------------------------------------------------ changing

    def _flag(self, client: IMAPClient, uids: Sequence[int]) -> None:
        permitted = self._opening.get(b"PERMANENTFLAGS", ())
        if b"\\*" in permitted or KEYWORD.encode() in permitted:
            client.add_flags(uids, [KEYWORD], silent=True)
        elif not self._told_of_keywords:
            self._told_of_keywords = True
            log.warning("the server keeps no keywords, so letters are not flagged account=%s", self.account)

    def _move(self, client: IMAPClient, uids: Sequence[int]) -> None:
        target = self._settings.move_to
        if client.has_capability("MOVE"):
            client.move(uids, target)
        elif client.has_capability("UIDPLUS"):
            client.copy(uids, target)
            client.add_flags(uids, [DELETED], silent=True)
            client.uid_expunge(uids)
        else:
            raise Permanent(
                f"Inbox {self.account!r}: the mail server can neither move messages nor remove single ones (MOVE, "
                'UIDPLUS). Next: set after_collect = "flag" or "leave".'
            )

    def _sent_folder(self, client: IMAPClient) -> str:
        """The configured folder, else the one marked \\Sent (RFC 6154), else one with a usual name."""
        self._sent = self._sent or self._settings.sent_folder or client.find_special_folder(SENT) or ""
        if not self._sent:
            raise Permanent(
                f"Inbox {self.account!r}: no folder for sent mail was found. Next: write its name into sent_folder."
            )
        return self._sent
