"""The walk of a letter: one function per verb, each taking the `Desk` first.

collecting   collect
reading      assess, draft
writing      what goes into a draft
learning     topics that people set, and what is learned from them and from approvals
facts        the dated facts that drafts may print, and verifying them
words        the templates and voices that count now
templates    changing reply templates
voices       changing how replies sound
trying       what a template or a voice makes of a letter before it is saved
choices      how the desk is set up
caring       what keeps a reply from being signed besides roles: held letters, second readers
handing      take, hand over, second read
alerting     tell those who have to know of a held letter
deciding     revise, approve, undo, decline, let go, set aside, bring back, and what to do with an unknown
sending      send, recover, file copies
holding      after a backup was restored: reconcile with Sent, resume
keeping      forget what finished letters said, after the days that are set
readers      what is kept about one reader: export, erase
details      what a letter states, confirmed or corrected
turning      where a reader of a held letter can turn to
changes      what changed since a person looked
similar      answered letters like this one
figures      the desk counted as a whole
people       passwords, one-time links, and the guard against guessing
members      looking after people
second_factor codes from an app, recovery codes, and who has to have them
tokens       personal tokens of programs
webhooks     programs that are told what happens; telling tells them
"""

import shutil
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from triage import composing
from triage.drafting import Templates, Voice
from triage.drafting.book import Book
from triage.ports import Assessor, Clock, Reader
from triage.settings import Inbox
from triage.store.database import Database


@dataclass(slots=True)
class Adopted:
    """Which version of what was learned this process reads with; 0: the pipeline as it came."""

    version: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Words:
    """The templates and voices that count: those of the files with what people changed at the desk on top.

    `broken` says of each saved text that cannot be used, by kind and name, why not.
    """

    templates: Templates
    voices: Mapping[str, Voice]
    broken: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(slots=True)
class LastWords:
    """The words that this process put together last: of which files, and up to which saved text.

    With `tried`, those count and nothing that was saved: a text is tried out.
    """

    tried: Words | None = None
    made: Words | None = None
    files: tuple[Templates, Mapping[str, Voice]] | None = None
    newest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every verb may need; put together in `triage.wiring`."""

    db: Database
    clock: Clock
    token: Callable[[], str]  # a fresh random token, fit for a Message-ID
    reader: Reader
    assessor: Assessor
    templates: Templates  # as the files have them; `triage.desk.words` adds what people changed, here and in voices
    facts: Book  # as the file has them; `triage.desk.facts.book` adds what people verified
    inboxes: Mapping[str, Inbox]
    voices: Mapping[str, Voice] = field(default_factory=dict)  # by the name of an inbox's voice, or of a person
    undo: timedelta
    zone: ZoneInfo
    address: str = "http://127.0.0.1:8025/"  # where people open the desk
    log_file: Path | None = None
    disk_usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage  # bytes in all, used and free
    adopted: Adopted = field(default_factory=Adopted)
    last_words: LastWords = field(default_factory=LastWords)

    @property
    def own_addresses(self) -> frozenset[str]:
        """Every address that the desk writes from, lower case."""
        return frozenset(
            address.lower()
            for inbox in self.inboxes.values()
            for address in (*(sender.email for sender in composing.senders(inbox)), *inbox.own_addresses)
        )


def frames(error: Exception) -> str:
    """Where it happened, for the log. The message of an error may quote a letter, its frames cannot."""
    return "".join(traceback.format_tb(error.__traceback__))
