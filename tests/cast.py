"""The cast and their desk: rosa writes, carol and ali sign, ana learns, mallory means harm."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from triage.desk import Desk
from triage.drafting import Templates
from triage.mailbox.memory import MemoryMailbox
from triage.records import Assessment, Kind, Letter, Person, Span, TopicScore
from triage.settings import Inbox, Server
from triage.stages import Role
from triage.store.database import Database
from triage.store.migrating import migrate

ROOT = Path(__file__).resolve().parent.parent
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday

CAROL = Person(id=1, name="carol", role=Role.EDITOR)
ALI = Person(id=2, name="ali", role=Role.ADVISOR)
ANA = Person(id=3, name="ana", role=Role.APPRENTICE)

FOUNDING = (
    "I have an interview scheduled this Thursday, and the job asks for accounting experience, which I don't have. "
    "Would it be all right to pull out of the interview? "
    "And would pulling out hurt my eligibility for unemployment?\n\nRosa"
)


class WordAssessor:
    """Reads by a few plain words, so that a test can say what a letter is about without a model."""

    name = "words"

    def assess(self, letter: Letter) -> Assessment:
        text = f"{letter.subject} {letter.body}".lower()
        if "explode" in text:
            raise RuntimeError("a fault in the pipeline")
        if "no point anymore" in text:
            return Assessment(kind=Kind.LETTER, risk="R3", risk_reasons=('says "no point anymore"',), urgency="U3")
        if "digest" in text:
            return Assessment(kind=Kind.NEWSLETTER)
        topics = tuple(
            TopicScore(topic=topic, score=0.9, evidence=_evidence(letter.body, word))
            for topic, word in (("withdrawing", "pull"), ("unemployment", "unemployment"))
            if word in text
        )
        return Assessment(kind=Kind.LETTER, topics=topics, model=self.name)


def _evidence(body: str, word: str) -> tuple[Span, ...]:
    start = body.lower().find(word)
    return (Span(text=body[start : start + len(word)], start=start, end=start + len(word)),) if start >= 0 else ()


class TestClock:
    """A clock that stands until it is moved on."""

    __test__ = False

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def inbox(name: str = "advice", **changes: object) -> Inbox:
    server = Server(host="127.0.0.1", port=1, tls="none")
    box = Inbox(
        name=name,
        address="advice@desk.example",
        imap=server,
        smtp=server,
        from_name="Carol Reyes",
        signature="Carol Reyes",
        sent_folder="Sent",
    )
    return replace(box, **changes)  # type: ignore[arg-type]


def make_desk(
    database_url: str,
    *,
    clock: TestClock | None = None,
    checkpoint: Callable[[str, str], None] | None = None,
    **box: object,
) -> Desk:
    """A desk on a fresh database, with templates of the house and the plain-word assessor."""
    db = Database(database_url, checkpoint=checkpoint)
    migrate(db)
    numbers = itertools.count(1)
    return Desk(
        db=db,
        clock=clock or TestClock(),
        token=lambda: f"token{next(numbers)}",
        assessor=WordAssessor(),
        templates=Templates.load(ROOT / "templates"),
        inboxes={"advice": inbox(**box)},
        undo=timedelta(seconds=15),
        zone=ZoneInfo("America/New_York"),
    )


def mail(
    body: str = FOUNDING,
    *,
    sender: str = "Rosa Diaz <rosa@reader.example>",
    subject: str = "Pulling out of the process",
    message_id: str = "<letter-1@reader.example>",
    **headers: str,
) -> bytes:
    """A message as a reader's mail program sends it."""
    lines = [
        f"From: {sender}",
        "To: advice@desk.example",
        f"Subject: {subject}",
        f"Message-ID: {message_id}",
        "Date: Mon, 23 Nov 2026 07:00:00 -0500",
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n") + "\r\n").encode()


def mailbox_with(*messages: bytes) -> MemoryMailbox:
    box = MemoryMailbox("advice")
    for message in messages:
        box.deliver(message, NOON)
    return box
