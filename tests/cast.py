"""The cast and their desk: rosa writes, carol and ali sign, ana learns, mallory means harm."""

import atexit
import functools
import itertools
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from triage import markup, parsing
from triage.answers import Ask, Span
from triage.desk import Desk
from triage.drafting import Templates, Voice
from triage.drafting.book import Book
from triage.lessons import Learned, Lesson
from triage.mailbox.memory import MemoryMailbox
from triage.records import Assessment, Kind, Letter, Person, TopicScore
from triage.settings import Inbox, Server
from triage.stages import Role
from triage.store.database import Database
from triage.store.migrating import migrate

ROOT = Path(__file__).resolve().parent.parent
FACTS = Book.read(ROOT / "templates" / "facts.csv")
TEMPLATES = Templates.load(ROOT / "templates", FACTS.names)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday

CAROL = Person(id=1, name="carol", role=Role.EDITOR)
ALI = Person(id=2, name="ali", role=Role.ADVISOR)
ANA = Person(id=3, name="ana", role=Role.APPRENTICE)

FOUNDING = (
    "I have an interview scheduled this Thursday, and the job asks for accounting experience, which I don't have. "
    "Would it be all right to pull out of the interview? "
    "And would pulling out hurt my eligibility for unemployment?\n\nRosa"
)


class WordTeacher:
    """Learns that the longest word of a letter stands for its main topic; every fourth lesson is held back."""

    name = "words"

    def learn(self, lessons: Sequence[Lesson]) -> Learned:
        held_back = lessons[3::4]
        taught = [lesson for number, lesson in enumerate(lessons) if number % 4 != 3 and lesson.topics]
        words = {max(lesson.body.lower().split(), key=len): lesson.topics[0] for lesson in taught}
        before, after = (_right(held_back, known) for known in ({}, words))
        return Learned(
            data=json.dumps(words).encode(),
            model=self.name,
            lessons=len(lessons),
            before=before,
            after=after,
            better=after >= before,
            told=f"Learned {len(words)} words from {len(lessons)} letters.\nRight were {before:.2f}, now {after:.2f}.",
        )


def _right(lessons: Sequence[Lesson], words: Mapping[str, str]) -> float:
    """The share of lessons whose main topic one of the words gives away."""
    right = [{words.get(word) for word in lesson.body.lower().split()} & {*lesson.topics[:1]} for lesson in lessons]
    return sum(map(bool, right)) / max(1, len(lessons))


class WordAssessor(WordTeacher):
    """Reads by a few plain words, so that a test can say what a letter is about without a model."""

    def __init__(self) -> None:
        self.learned: dict[str, str] = {}

    def asks(self, letter: Letter, topics: Sequence[str]) -> tuple[Ask, ...]:
        """Each question that holds the name of a case, as "not_qualified?", asks for that case."""
        found_questions = re.finditer(r"(?:^|(?<=[.?!\n]))[^.?!\n]+\?", letter.body)
        questions = [Span(text=m[0], start=m.start(), end=m.end()) for m in found_questions]
        found = []
        for span in questions:
            cases = (
                (topic, case) for topic in topics for case in TEMPLATES.of(topic).cases if case and case in span.text
            )
            topic, case = next(cases, ("", ""))
            found.append(Ask(span=span, topic=topic, case=case, score=1.0 if case else 0.0, main=bool(case)))
        return tuple(found)

    def alike(self, vector: bytes, others: Sequence[bytes]) -> list[float]:
        return [float(other == vector) for other in others]

    def adopt(self, data: bytes | None, version: int) -> None:
        self.learned = json.loads(data) if data else {}

    def assess(self, letter: Letter) -> Assessment:
        text = f"{letter.subject} {letter.body}".lower()
        if "explode" in text:
            raise RuntimeError("a fault in the pipeline")
        if "no point anymore" in text:
            return Assessment(kind=Kind.LETTER, risk="R3", risk_reasons=('says "no point anymore"',), urgency="U3")
        if "digest" in text:
            return Assessment(kind=Kind.NEWSLETTER)
        words = {"pull": "withdrawing", "unemployment": "unemployment", **self.learned}
        found = {topic: word for word, topic in reversed(words.items()) if word in text}
        topics = tuple(
            TopicScore(topic=topic, score=0.9, evidence=_evidence(letter.body, found[topic]))
            for topic in dict.fromkeys(words.values())
            if topic in found
        )
        return Assessment(kind=Kind.LETTER, topics=topics, model=self.name)


def _evidence(body: str, word: str) -> tuple[Span, ...]:
    start = body.lower().find(word)
    return (Span(text=body[start : start + len(word)], start=start, end=start + len(word)),) if start >= 0 else ()


class PlainReader:
    """Takes messages apart in the test's own process: the child has tests of its own."""

    def parse(self, data: bytes, received_at: datetime, full_size: int) -> Letter:
        return parsing.parse(data, received_at, full_size=full_size)

    def formatted(self, html: str) -> str | None:
        return markup.to_safe_html(html)

    def close(self) -> None:
        """Nothing is kept open."""


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
        voice="plain",
    )
    return replace(box, **changes)  # type: ignore[arg-type]


@functools.cache
def migrated_sqlite() -> Path:
    """A SQLite file with the tables and nothing in them, made once: making them takes a tenth of a second."""
    folder = tempfile.TemporaryDirectory(prefix="triage-tests-")
    atexit.register(folder.cleanup)
    db = Database(f"sqlite:///{folder.name}/triage.db")
    migrate(db)
    db.close()
    return Path(folder.name, "triage.db")


def make_desk(
    database_url: str,
    *,
    clock: TestClock | None = None,
    checkpoint: Callable[[str, str], None] | None = None,
    **box: object,
) -> Desk:
    """A desk on a fresh database, with templates of the house and the plain-word assessor."""
    db = Database(database_url, checkpoint=checkpoint)
    if db.file and not db.file.exists():
        shutil.copy(migrated_sqlite(), db.file)
    migrate(db)
    numbers = itertools.count(1)
    return Desk(
        db=db,
        clock=clock or TestClock(),
        token=lambda: f"token{next(numbers)}",
        reader=PlainReader(),
        assessor=WordAssessor(),
        templates=TEMPLATES,
        facts=FACTS,
        inboxes={"advice": inbox(**box)},
        voices={"plain": Voice(your_words=False)},
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
