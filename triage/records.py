"""The papers that travel through the house, in order of appearance. All frozen.

    RawMessage ─► Letter ─► Assessment ─► Draft ─► Reply ─► Receipt

A *Slip* is the line about a letter in a list; a *Dossier* is everything about one letter.
Times are timezone-aware, in UTC unless said. Offsets count characters of `Letter.body`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from triage.answers import Making, Span
from triage.lessons import Decision
from triage.stages import Role, Stage

# ------------------------------------------------------------------ collected


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderKey:
    """Names one life of one IMAP folder. A changed UIDVALIDITY is a new life (RFC 3501 section 2.3.1.1)."""

    account: str
    folder: str
    uidvalidity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMessage:
    """The bytes of one message as the server handed them over."""

    uid: int
    data: bytes
    received_at: datetime  # INTERNALDATE
    full_size: int  # RFC822.SIZE; larger than len(data) when the message was cut at the size cap


# ------------------------------------------------------------------ parsed


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox address; `name` is the display name as written, often empty."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What is known of an attachment. Its bytes stay in the raw message and are never opened."""

    name: str
    content_type: str
    size: int  # bytes, decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message as a person reads it. Parsing never fails: what is missing is empty, with a defect."""

    subject: str = ""
    sender: Address = Address("", "")
    reply_to: Address | None = None
    to: tuple[Address, ...] = ()
    message_id: str = ""  # with its angle brackets, or empty
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()  # oldest first
    sent_at: datetime | None = None  # the Date header, in its own zone
    received_at: datetime
    body: str = ""  # what the reader wrote in this message
    quoted: str = ""  # quoted earlier mail and signature, folded away, never lost
    html: str = ""  # the HTML part as sent; hostile until cleaned
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # lower-case names, decoded values
    attachments: tuple[Attachment, ...] = ()
    defects: tuple[str, ...] = ()  # plain words: what was odd or guessed while reading


class Kind(StrEnum):
    """What a message is. Only LETTER is answered with a draft."""

    LETTER = "letter"
    THANKS = "thanks"
    PITCH = "pitch"
    NEWSLETTER = "newsletter"
    BOUNCE = "bounce"
    OUT_OF_OFFICE = "out_of_office"
    SPAM = "spam"
    COLUMN_FEEDBACK = "column_feedback"
    OWN = "own"  # sent by this desk


# ------------------------------------------------------------------ assessed


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicScore:
    """A topic that the letter raises, with the calibrated probability and the sentences that say so."""

    topic: str
    score: float  # 0..1
    evidence: tuple[Span, ...] = ()
    sure: bool = False  # at most one in twenty of these was wrong when it was measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A fact stated in the letter. `value` is normalised (ISO date, two-letter state); `text` is as written."""

    name: str
    value: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the reading found. Advice is never computed from anything else."""

    kind: Kind
    topics: tuple[TopicScore, ...] = ()  # sure enough to draft on, primary first
    suggested: tuple[str, ...] = ()  # up to three, best first; shown when unsure
    slots: tuple[Slot, ...] = ()
    urgency: str = "U1"  # U1 normal .. U3 the same day
    deadline: date | None = None
    deadline_text: str = ""  # the words in the letter that gave the deadline
    risk: str = "R0"  # R0 none, R1 caution, R2 hold, R3 stop
    risk_reasons: tuple[str, ...] = ()
    language: str = "en"  # ISO 639-1, "und" when it cannot be told
    model: str = ""  # name and version of the pipeline
    vector: bytes = field(default=b"", repr=False)  # the whole letter as float16 numbers, for finding similar ones

    @property
    def held(self) -> bool:
        """Whether no routine draft may be made (risk decides, never the topic)."""
        return self.risk in ("R2", "R3")


# ------------------------------------------------------------------ drafted


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One revision of a reply. `gaps` and `blocks` are reasons, in plain words, why it cannot be approved yet."""

    subject: str
    body: str
    templates: tuple[str, ...] = ()  # "topic@version" of each template used
    gaps: tuple[str, ...] = ()  # facts that are missing, each marked in the body as [[...]]
    blocks: tuple[str, ...] = ()  # other reasons
    making: Making = field(default_factory=Making)  # of the machine's drafts only
    author: str = "triage"  # a person's name once a person has revised it
    revision: int = 0  # numbered from 1 by the store
    made_at: datetime | None = None


# ------------------------------------------------------------------ approved and sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a person approved, frozen byte for byte."""

    letter_id: int
    account: str
    message_id: str
    mail_from: str  # envelope sender
    recipient: str  # the one envelope recipient
    message: bytes
    draft_revision: int
    approved_by: str
    approved_at: datetime
    undo_until: datetime


class Phase(StrEnum):
    """Where one attempt to send stands. The first two are the durable marks."""

    PRE_DATA = "pre_data"  # nothing of the reply has left: safe to try again
    IN_DATA = "in_data"  # from here on only the server knows
    SENT = "sent"
    POSTPONED = "postponed"  # refused for now, or never got as far as DATA
    REFUSED = "refused"  # refused for good
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to send a reply."""

    id: int
    reply_id: int
    phase: Phase
    started_at: datetime
    text: str = ""  # what the server said, or what went wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the mail server said when it took the reply."""

    code: int
    text: str


# ------------------------------------------------------------------ people and records


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can sign in."""

    id: int
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One change: who, when, what, from which stage to which, on which revision."""

    at: datetime
    who: str
    verb: str
    before: str
    after: str
    revision: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a person says that a letter states: every slot of it, in place of those that the machine found."""

    letter_id: int
    slots: tuple[Slot, ...]  # `start` and `end` are 0 where a person wrote the value
    person: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """The line about a letter in a list."""

    id: int
    version: int  # grows with every change
    stage: Stage
    account: str
    subject: str
    sender: Address
    received_at: datetime
    kind: str
    topics: tuple[str, ...]
    urgency: str
    risk: str
    deadline: date | None
    reason: str  # why it is where it is, in plain words
    assigned_to: str  # the person who sees to it; empty: anybody
    taken_by: str  # who looks after a held letter; empty: nobody yet


@dataclass(frozen=True, slots=True, kw_only=True)
class SentReply:
    """A frozen reply and what became of it."""

    id: int
    reply: Reply
    attempts: tuple[Attempt, ...]
    retry_at: datetime | None
    copied_at: datetime | None  # when a copy was found or filed in Sent
    copy_error: str

    @property
    def postponed(self) -> int:
        """How many attempts ended with "later"."""
        return sum(attempt.phase is Phase.POSTPONED for attempt in self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything about one letter, as its page shows it."""

    slip: Slip
    letter: Letter | None  # None while it has not been read
    assessment: Assessment | None
    draft: Draft | None  # the latest revision
    machine_draft: Draft | None  # the latest revision written by the machine
    reply: SentReply | None
    history: tuple[AuditRow, ...]
    thread: tuple[Slip, ...]  # the other letters of the same thread, oldest first
    decision: Decision | None  # the newest; the assessment stays as the machine made it
    stated: Stated | None  # the newest; likewise
    read_twice_by: tuple[str, ...]  # who gave the latest revision its second reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How polling one inbox is going."""

    account: str
    polled_at: datetime | None
    succeeded_at: datetime | None
    failures: int  # in a row
    error: str
    kind: str = ""  # of the error: Temporary, Permanent, NotLetIn, ConfigError
    refusals: int = 0  # of the sign-in, since the last poll that worked
