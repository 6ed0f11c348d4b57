"""Settings in, objects out: the only module that names concrete adapters."""

import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from triage.answers import Ask
from triage.desk import Desk, alerting, collecting, learning, reading, sending, telling, words
from triage.drafting import Templates, Voice
from triage.drafting.book import Book
from triage.drafting.voice import configured, read_stories
from triage.errors import ConfigError
from triage.lessons import Learned, Lesson, Version
from triage.mailbox.imap import ImapMailbox
from triage.ports import Assessor, Caller, Clock, Teacher
from triage.records import Assessment, Letter
from triage.settings import Settings
from triage.store.database import Database
from triage.store.migrating import migrate

if TYPE_CHECKING:  # loaded when first used, so that `triage collect` starts at once
    from triage import assessor
    from triage.outbox.smtp import SmtpOutbox
    from triage.outbox.webhook import HttpCaller
    from triage.schedule import Schedule

ROOT = Path(__file__).resolve().parent.parent
READ_SECONDS = 20
SEND_SECONDS = 1
SETTLE_SECONDS = 60
TELL_SECONDS = 30
WEBHOOK_SECONDS = 5
LEARN_SECONDS = 3600


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_token() -> str:
    """128 random bits, in letters that a Message-ID may hold."""
    return secrets.token_hex(16)


def templates_folder(settings: Settings | None) -> Path:
    configured = settings.desk.templates if settings else ""
    return Path(configured) if configured else ROOT / "templates"


class Pipeline(Assessor, Teacher, Protocol):
    """What reads letters also learns."""


class LazyAssessor:
    """Loads the pipeline when the first letter is to be read, so that other commands start at once.

    `templates` gives those whose cases it is to find; when they change, it studies the new ones.
    """

    def __init__(self, folder: Callable[[], Path], templates: Callable[[], Templates]) -> None:
        self._folder = folder
        self._templates = templates
        self._loaded: assessor.PipelineAssessor | None = None
        self._studied: Templates | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._get().name

    def assess(self, letter: Letter) -> Assessment:
        return self._get().assess(letter)

    def asks(self, letter: Letter, topics: Sequence[str]) -> tuple[Ask, ...]:
        pipeline, templates = self._get(), self._templates()
        with self._lock:
            if templates is not self._studied:
                pipeline.study(templates.asks())
                self._studied = templates
        return pipeline.asks(letter, topics)

    def alike(self, vector: bytes, others: Sequence[bytes]) -> list[float]:
        from triage.assessor import likeness  # no pipeline is needed for it

        return likeness.alike(vector, others)

    def adopt(self, data: bytes | None, version: int) -> None:
        self._get().adopt(data, version)

    def learn(self, lessons: Sequence[Lesson]) -> Learned:
        return self._get().learn(lessons)

    def _get(self) -> "assessor.PipelineAssessor":
        with self._lock:
            if self._loaded is None:
                from triage import assessor

                self._loaded = assessor.load(self._folder())
            return self._loaded


def load_templates(folder: Path) -> tuple[Templates, Book]:
    """The templates of a folder, and the facts beside them, which they may cite. Raises ConfigError."""
    book = Book.read(folder / "facts.csv")
    return Templates.load(folder, book.names), book


def load_voices(settings: Settings) -> dict[str, Voice]:
    """Every voice of the configuration by its name, with the stories of its file. Raises ConfigError."""
    return {
        voice.name: configured(
            voice, read_stories(Path(voice.stories)) if voice.stories else {}, settings.desk.time_zone
        )
        for voice in settings.voice
    }


def model_folder(settings: Settings | None) -> Path:
    """The configured pipeline, or the newest one that comes with Triage. Raises ConfigError."""
    if settings and settings.desk.model:
        return Path(settings.desk.model)
    from triage import assessor

    return assessor.newest_model(ROOT / "models")


@dataclass(slots=True, kw_only=True)
class Service:
    """The desk with its doors. Doors are opened when first used and kept; call `close()` at the end."""

    settings: Settings
    desk: Desk
    teacher: Teacher
    _outboxes: "dict[tuple[str, str], SmtpOutbox]" = field(default_factory=dict)
    _mailboxes: dict[tuple[str, str], ImapMailbox] = field(default_factory=dict)
    _caller: "HttpCaller | None" = None

    def mailbox(self, account: str, purpose: str = "collect") -> ImapMailbox:
        """The mailbox of an account; one connection for each purpose, because each is one thread's."""
        key = (account, purpose)
        if key not in self._mailboxes:
            self._mailboxes[key] = ImapMailbox(self.desk.inboxes[account])
        return self._mailboxes[key]

    def outbox(self, account: str, purpose: str = "send") -> "SmtpOutbox":
        """The outbox of an account; one connection for each purpose, as with mailboxes."""
        from triage.outbox.smtp import SmtpOutbox

        key = (account, purpose)
        if key not in self._outboxes:
            self._outboxes[key] = SmtpOutbox(self.desk.inboxes[account].smtp)
        return self._outboxes[key]

    @property
    def caller(self) -> Caller:
        from triage.outbox.webhook import HttpCaller

        if self._caller is None:
            self._caller = HttpCaller()
        return self._caller

    def collect(self, account: str) -> collecting.Collected:
        return collecting.poll(self.desk, self.mailbox(account))

    def read(self) -> tuple[int, int]:
        """assess, then draft; how many of each."""
        return reading.assess(self.desk), reading.draft(self.desk)

    def learn(self, least: int) -> Version | None:
        return learning.learn(self.desk, self.teacher, least=least)

    def send(self, *, ignore_undo: bool = False, stopping: Callable[[], bool] = lambda: False) -> sending.Sent:
        return sending.send(self.desk, self.outbox, ignore_undo=ignore_undo, stopping=stopping)

    def settle(self) -> int:
        return sending.settle(self.desk, lambda account: self.mailbox(account, "sent"))

    def tell(self) -> int:
        """Alert those who are named for it; how many mails went out."""
        return alerting.tell(self.desk, lambda account: self.outbox(account, "tell"))

    def tell_webhooks(self) -> telling.Told:
        return telling.tell(self.desk, self.caller)

    def schedule(self) -> "Schedule":
        """The steps on their intervals, not yet started."""
        from triage.schedule import Schedule

        bells = Schedule()

        def collect(account: str) -> None:
            if self.collect(account).new:
                bells.ring("read")

        def read() -> None:
            self.read()
            bells.ring("tell")  # a letter may have been held

        def tell() -> None:
            self.tell()

        def send() -> None:
            if self.send(stopping=lambda: bells.stopping("send")).sent:
                bells.ring("settle")

        def settle() -> None:
            self.settle()

        def learn() -> None:
            self.learn(self.settings.learning.after)

        def webhooks() -> None:
            self.tell_webhooks()

        for name, inbox in self.desk.inboxes.items():
            bells.every(inbox.poll_seconds, f"collect-{name}", lambda name=name: collect(name))  # type: ignore[misc]
        bells.every(READ_SECONDS, "read", read)
        bells.every(TELL_SECONDS, "tell", tell)
        bells.every(SEND_SECONDS, "send", send, drain=True)
        bells.every(SETTLE_SECONDS, "settle", settle)
        bells.every(WEBHOOK_SECONDS, "webhooks", webhooks)
        if self.settings.learning.enabled:
            bells.every(LEARN_SECONDS, "learn", learn, at_start=False)
        return bells

    def close(self) -> None:
        for mailbox in self._mailboxes.values():
            mailbox.close()
        for outbox in self._outboxes.values():
            outbox.stop()
        self.desk.db.close()


def has_database(settings: Settings) -> bool:
    """Whether there is a database already; opening it would make one."""
    file = Database(settings.desk.database).file
    return file is None or file.exists()


def open_database(settings: Settings, checkpoint: Callable[[str, str], None] | None = None) -> Database:
    """The database, brought up to date."""
    db = Database(settings.desk.database, checkpoint=checkpoint)
    migrate(db)
    return db


def build(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    assessor: Pipeline | None = None,
    checkpoint: Callable[[str, str], None] | None = None,
) -> Service:
    """Put the service together. Raises ConfigError."""
    try:
        zone = ZoneInfo(settings.desk.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"[desk] time_zone = {settings.desk.time_zone!r} is not a time zone. Next: write one such as "
            "America/New_York."
        ) from error
    templates, book = load_templates(templates_folder(settings))
    pipeline = assessor or LazyAssessor(lambda: model_folder(settings), lambda: words.templates(desk))
    desk = Desk(
        db=open_database(settings, checkpoint),
        clock=clock,
        token=new_token,
        assessor=pipeline,
        templates=templates,
        facts=book,
        inboxes={inbox.name: inbox for inbox in settings.inbox},
        voices=load_voices(settings),
        undo=timedelta(seconds=settings.desk.undo_seconds),
        zone=zone,
        address=settings.desk.address,
    )
    return Service(settings=settings, desk=desk, teacher=pipeline)


def log_to(path: str) -> None:
    """Ids only, one line an event, to a file or standard error."""
    try:
        handler = logging.FileHandler(path, encoding="utf-8") if path else logging.StreamHandler()
    except OSError as error:
        raise ConfigError(
            f"[desk] log_file = {path!r} cannot be written: {error.strerror}. Next: name another."
        ) from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("apscheduler", "imapclient", "alembic", "httpx", "pymap", "mail.log"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
