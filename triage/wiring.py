"""Settings in, objects out: the only module that names concrete adapters."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from triage import granting
from triage.desk import (
    Desk,
    acknowledging,
    alerting,
    collecting,
    holding,
    keeping,
    learning,
    mirroring,
    reading,
    sending,
    steps,
    telling,
    warning,
    words,
)
from triage.drafting import Templates, Voice
from triage.drafting.book import Book
from triage.drafting.voice import configured, read_stories
from triage.errors import ConfigError
from triage.lazy import LazyAssessor, Pipeline
from triage.lessons import Version
from triage.mailbox.drafts import ImapDrafts
from triage.mailbox.folder import FolderMailbox
from triage.mailbox.imap import ImapMailbox
from triage.mailbox.listening import Listener
from triage.mailbox.mbox import MboxMailbox
from triage.ports import Caller, Clock, SignIn, Teacher
from triage.reader.process import ReadingProcess
from triage.settings import Settings
from triage.store.database import Database
from triage.store.migrating import migrate

if TYPE_CHECKING:  # loaded when first used, so that `triage collect` starts at once
    from triage.metrics import Metrics
    from triage.outbox.smtp import SmtpOutbox
    from triage.outbox.webhook import HttpCaller
    from triage.schedule import Schedule

ROOT = Path(__file__).resolve().parent.parent
READ_SECONDS = 20
SEND_SECONDS = 1
SETTLE_SECONDS = 60
TELL_SECONDS = 30
MIRROR_SECONDS = 20
WEBHOOK_SECONDS = 5
LEARN_SECONDS = 3600
FORGET_SECONDS = 86_400
WATCH_SECONDS = 30


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_token() -> str:
    """128 random bits, in letters that a Message-ID may hold."""
    return secrets.token_hex(16)


def templates_folder(settings: Settings | None) -> Path:
    configured = settings.desk.templates if settings else ""
    return Path(configured) if configured else ROOT / "templates"


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
    _drafts: dict[str, ImapDrafts] = field(default_factory=dict)
    _caller: "HttpCaller | None" = None
    metrics: "Metrics | None" = None  # counts what the schedule does, where somebody asks for it

    def mailbox(self, account: str, purpose: str = "collect") -> ImapMailbox:
        """The mailbox of an account; one connection for each purpose, because each is one thread's."""
        key = (account, purpose)
        if key not in self._mailboxes:
            self._mailboxes[key] = ImapMailbox(self.desk.inboxes[account], sign_in=self.sign_in(account))
        return self._mailboxes[key]

    def drafts_folder(self, account: str) -> ImapDrafts:
        """The Drafts folder of an account, with a connection of its own."""
        if account not in self._drafts:
            self._drafts[account] = ImapDrafts(self.desk.inboxes[account], sign_in=self.sign_in(account))
        return self._drafts[account]

    def outbox(self, account: str, purpose: str = "send") -> "SmtpOutbox":
        """The outbox of an account; one connection for each purpose, as with mailboxes."""
        from triage.outbox.smtp import SmtpOutbox

        key = (account, purpose)
        if key not in self._outboxes:
            self._outboxes[key] = SmtpOutbox(self.desk.inboxes[account].smtp, sign_in=self.sign_in(account))
        return self._outboxes[key]

    @property
    def caller(self) -> Caller:
        from triage.outbox.webhook import HttpCaller

        if self._caller is None:
            self._caller = HttpCaller()
        return self._caller

    def sign_in(self, account: str) -> SignIn | None:
        return granting.sign_in(self.settings.desk, self.desk.inboxes[account], self.desk.db, self.desk.clock)

    def collect(self, account: str, *, asked: bool = True) -> collecting.Collected:
        return collecting.poll(self.desk, self.mailbox(account), asked=asked)

    def take_in(self, account: str, path: Path) -> collecting.TakenIn:
        """Collect what is in an archive: a Maildir, a folder of .eml files, or an mbox file. Raises Permanent."""
        box = FolderMailbox(account, path, settle_seconds=0) if path.is_dir() else MboxMailbox(account, path)
        inbox = replace(self.desk.inboxes[account], since=None, after_collect="leave")
        try:
            return collecting.take_in(replace(self.desk, inboxes={**self.desk.inboxes, account: inbox}), box)
        finally:
            box.close()

    def read(self) -> tuple[int, int]:
        """assess, then draft; how many of each."""
        return reading.assess(self.desk), reading.draft(self.desk)

    def learn(self, least: int) -> Version | None:
        return learning.learn(self.desk, self.teacher, least=least)

    def send(self, *, ignore_undo: bool = False, stopping: Callable[[], bool] = lambda: False) -> sending.Sent:
        sent = sending.send(self.desk, self.outbox, ignore_undo=ignore_undo, stopping=stopping)
        if not sent.busy and not sent.held:
            acknowledging.send(self.desk, self.outbox, stopping=stopping)
        return sent

    def settle(self) -> int:
        """File copies in Sent; after a restore compare with it first. How many copies are there now."""
        if holding.is_due(self.desk):
            self.reconcile()
        return sending.settle(self.desk, lambda account: self.mailbox(account, "sent"))

    def reconcile(self) -> holding.Compared | None:
        return holding.reconcile(self.desk, lambda account: self.mailbox(account, "sent"))

    def forget(self) -> int:
        return keeping.forget(self.desk, self.settings.keeping.days)

    def tell(self) -> int:
        """Alert those who are named for it; how many mails went out."""
        return alerting.tell(self.desk, lambda account: self.outbox(account, "tell"))

    def watch(self) -> warning.Watch:
        """The step that looks for troubles and tells people of them."""
        return warning.Watch(self.desk, lambda account: self.outbox(account, "watch"), self.desk.clock())

    def tell_webhooks(self) -> telling.Told:
        return telling.tell(self.desk, self.caller)

    def schedule(self) -> "Schedule":
        """The steps on their intervals, not yet started."""
        from triage.schedule import Schedule

        recorder = steps.Recorder(self.desk)
        bells = Schedule(recorder, *([self.metrics.ran] if self.metrics else []))
        listeners: dict[str, Listener] = {}
        asked = set(self.desk.inboxes)  # whoever starts the service wants to see whether it works

        def collect(account: str) -> None:
            wanted = account in asked
            asked.discard(account)
            collected = self.collect(account, asked=wanted)
            if self.metrics is not None:
                self.metrics.polled(collected)
            if collected.new:
                bells.ring("read")
            if not collected.error and account in listeners:
                listeners[account].let_in()

        def heard(account: str) -> None:
            asked.add(account)  # a server that tells of letters is not away
            bells.ring(f"collect-{account}")

        def read() -> None:
            self.read()
            bells.ring("tell")  # a letter may have been held

        def send() -> None:
            sent = self.send(stopping=lambda: bells.stopping("send"))
            if self.metrics is not None:
                self.metrics.sent(sent)
            if sent.sent:
                bells.ring("settle")

        def mirror() -> None:
            mirroring.mirror(self.desk, self.drafts_folder)

        def learn() -> None:
            self.learn(self.settings.learning.after)

        for name, inbox in self.desk.inboxes.items():
            bells.every(inbox.poll_seconds, f"collect-{name}", lambda name=name: collect(name))  # type: ignore[misc]
            if inbox.idle:
                listeners[name] = Listener(inbox, lambda name=name: heard(name), sign_in=self.sign_in(name))  # type: ignore[misc]
                bells.beside(listeners[name])
        bells.every(READ_SECONDS, "read", read)
        bells.every(TELL_SECONDS, "tell", self.tell)
        bells.every(SEND_SECONDS, "send", send, drain=True)
        bells.every(SETTLE_SECONDS, "settle", self.settle)
        bells.every(MIRROR_SECONDS, "mirror", mirror)
        bells.every(WEBHOOK_SECONDS, "webhooks", self.tell_webhooks)
        bells.every(WATCH_SECONDS, "watch", self.watch())
        if self.settings.keeping.days:
            bells.every(FORGET_SECONDS, "forget", self.forget)
        if self.settings.learning.enabled:
            bells.every(LEARN_SECONDS, "learn", learn, at_start=False)
        recorder.forget(bells.names)
        return bells

    def close(self) -> None:
        for mailbox in (*self._mailboxes.values(), *self._drafts.values()):
            mailbox.close()
        for outbox in self._outboxes.values():
            outbox.stop()
        self.desk.reader.close()
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
        reader=ReadingProcess(),
        assessor=pipeline,
        templates=templates,
        facts=book,
        inboxes={inbox.name: inbox for inbox in settings.inbox},
        voices=load_voices(settings),
        undo=timedelta(seconds=settings.desk.undo_seconds),
        zone=zone,
        address=settings.desk.address,
        log_file=Path(settings.desk.log_file) if settings.desk.log_file else None,
    )
    return Service(settings=settings, desk=desk, teacher=pipeline)
