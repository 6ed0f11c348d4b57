"""What the desk needs from the world. Each interface belongs to the desk and is small.

The adapters in mailbox/, assessor/ and outbox/ implement these; tests may use the folder and memory
kinds. The store is not behind a port: one implementation serves both databases, so it lies below
the desk (docs/why.md).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from triage.answers import Ask
from triage.house import Tokens
from triage.lessons import Learned, Lesson
from triage.records import Assessment, Letter, RawMessage, Receipt


class Clock(Protocol):
    def __call__(self) -> datetime:
        """The time now, timezone-aware, in UTC."""


class SignIn(Protocol):
    """What opens the mail servers of one inbox where that is not a password: an access token (OAuth 2.0)."""

    def token(self, refused: str = "") -> str:
        """An access token that is good for now. `refused` is one that a server has just turned down: get another.

        Raises Temporary when the service that gives out tokens does not answer, NotLetIn when somebody has to sign
        in again, and ConfigError.
        """


class Authority(Protocol):
    """The service that gives out the tokens of one inbox."""

    def renew(self, refresh: str) -> Tokens:
        """New tokens for a refresh token, which may be spent by this. Raises as `SignIn.token`."""


class Mailbox(Protocol):
    """One inbox folder of one account. Used by one thread at a time.

    Every method may raise Temporary (connection, server trouble) or Permanent (wrong password,
    folder gone). After either, call `close()`; the next call connects again.
    """

    account: str
    folder: str

    def select(self) -> int:
        """Open the folder read-only as far as the configuration permits; return its UIDVALIDITY."""

    def sizes(self, after_uid: int, since: datetime | None) -> dict[int, int]:
        """RFC822.SIZE in bytes for each UID above `after_uid`, ascending.

        `since` lets the server leave out older messages; it may be coarse (IMAP's SINCE is by day),
        so the caller compares `RawMessage.received_at` again.
        """

    def fetch(self, uids: Sequence[int], max_bytes: int) -> Iterator[RawMessage]:
        """The messages that still exist, without setting \\Seen; each cut at `max_bytes`.

        A UID that the server does not answer for is silently absent: compare what was asked
        with what came.
        """

    def exists(self, uids: Sequence[int]) -> set[int]:
        """Those of `uids` that are in the folder now."""

    def mark_collected(self, uids: Sequence[int]) -> None:
        """Do on the server what `after_collect` says: nothing, flag, or move. May be repeated."""

    def file_sent(self, message: bytes, message_id: str, token: str = "") -> bool:
        """Make sure that the Sent folder has `message`; True if it was there already, as `has_sent` finds it."""

    def has_sent(self, message_id: str, token: str = "") -> bool:
        """Whether the Sent folder has a message with this Message-ID, or with this token in X-Triage-Reply.

        The token finds what a provider has filed under a Message-ID of its own.
        """

    def sent_since(self, since: datetime) -> Iterator[bytes]:
        """The headers of each message in the Sent folder from `since` on, perhaps of some days before it.

        At least From, To, Cc, Date, Message-ID, In-Reply-To, References and X-Triage-Reply, as raw bytes.
        """

    def close(self) -> None:
        """Give the connection back; never raises."""


class Reader(Protocol):
    """Takes messages apart where a hostile one can be stopped. May be shared by threads; each waits for the one before.

    Both verbs raise Temporary when there is nothing to read with, and for nothing else.
    """

    def parse(self, data: bytes, received_at: datetime, full_size: int) -> Letter:
        """The letter in a message as collected; one that cannot be taken apart within the limits is shown raw.

        `full_size` (bytes) larger than the data means that the message was cut at the size cap.
        """

    def formatted(self, html: str) -> str | None:
        """The HTML of a letter, cleaned for the sandboxed frame; None when that exceeds the limits."""

    def close(self) -> None:
        """Let go of what it reads with; never raises."""


class Lying(NamedTuple):
    """What lies in a folder of drafts: its UIDVALIDITY, and by UID the To, Message-ID, In-Reply-To and References."""

    uidvalidity: int
    heads: dict[int, bytes]


class DraftsFolder(Protocol):
    """The Drafts and Sent folders of one account. Raises and is used as `Mailbox`."""

    def drafts(self) -> Lying:
        """Every draft that lies there, without changing anything."""

    def put_draft(self, message: bytes) -> tuple[int, int] | None:
        """Put a draft there; its UIDVALIDITY and UID, or None where the server does not tell."""

    def remove_draft(self, uidvalidity: int, uid: int) -> bool:
        """Take out this draft and no other; False when it is no longer there."""

    def sent_since(self, since: datetime) -> Iterator[bytes]:
        """As `Mailbox.sent_since`."""

    def close(self) -> None:
        """Give the connection back; never raises."""


class Assessor(Protocol):
    """Reads letters. Never raises for any letter; slow to build, cheap to keep."""

    @property
    def name(self) -> str:
        """The pipeline's name and version."""

    def assess(self, letter: Letter) -> Assessment:
        """Kind, topics with evidence, slots, urgency, risk and language of one letter."""

    def asks(self, letter: Letter, topics: Sequence[str]) -> tuple[Ask, ...]:
        """What the letter asks about these topics, each with the case of a template that answers it, if one does."""

    def alike(self, vector: bytes, others: Sequence[bytes]) -> list[float]:
        """The likeness (cosine) of one letter's `Assessment.vector` and each of the others; 0 where they cannot be
        compared."""

    def adopt(self, data: bytes | None, version: int) -> None:
        """Read from now on with what was learned; None goes back to the pipeline as it came.

        `data` is the `Learned.data` of that version. Ignored with a log line when it was learned by
        another pipeline. May be called while another thread assesses.
        """


class Teacher(Protocol):
    """Learns from what people decided. Takes seconds, and leaves the reading as it is until `adopt`."""

    def learn(self, lessons: Sequence[Lesson]) -> Learned:
        """Learn from all of them, and compare old and new on a part that is held back from learning."""


class Refused(Exception):
    """The server did not take the reply, and said so or was never asked: nothing was sent.

    `whole_account` means that the next reply would meet the same: no connection, no sign-in.
    """

    def __init__(self, text: str, *, code: int = 0, permanent: bool, whole_account: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.permanent = permanent
        self.whole_account = whole_account


class Lost(Exception):
    """The line went dead after the body began: nobody knows whether the reply was sent."""


class Mail(Protocol):
    """What a mail server is handed: an approved reply, or an alert to somebody at the desk."""

    @property
    def mail_from(self) -> str:
        """The envelope sender."""

    @property
    def recipient(self) -> str:
        """The one envelope recipient."""

    @property
    def message(self) -> bytes:
        """RFC 5322 bytes with CRLF line ends."""


class Outbox(Protocol):
    """Hands mail to the mail server, one at a time, over a reused connection."""

    def send(self, mail: Mail, begin_data: Callable[[], None]) -> Receipt:
        """Send the bytes as they are to the one recipient.

        `begin_data` is called after the server has said 354 and before the first byte of the
        message: it records the second durable mark, and if it raises, nothing is sent and the
        exception passes through. Raises Refused or Lost; any other exception counts as Lost
        once `begin_data` has returned.
        """

    def close(self) -> None:
        """Give the connection back; never raises."""


class Caller(Protocol):
    """Hands signed messages to programs elsewhere."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The HTTP status of the answer. No redirect is followed, and what the answer holds is not looked at.

        Raises Temporary, in plain words, when there was no answer.
        """
