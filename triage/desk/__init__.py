"""The walk of a letter: one function per verb, each taking the `Desk` first.

collecting   collect
reading      assess, draft
writing      what goes into a draft
learning     topics that people set, and what is learned from them and from approvals
facts        the dated facts that drafts may print, and verifying them
deciding     revise, approve, undo, decline, let go, set aside, bring back, and what to do with an unknown
sending      send, recover, file copies
"""

import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from triage.drafting import Templates, Voice
from triage.drafting.book import Book
from triage.ports import Assessor, Clock
from triage.settings import Inbox
from triage.store.database import Database


@dataclass(slots=True)
class Adopted:
    """Which version of what was learned this process reads with; 0: the pipeline as it came."""

    version: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every verb may need; put together in `triage.wiring`."""

    db: Database
    clock: Clock
    token: Callable[[], str]  # a fresh random token, fit for a Message-ID
    assessor: Assessor
    templates: Templates
    facts: Book  # as the file has them; `triage.desk.facts.book` adds what people verified
    inboxes: Mapping[str, Inbox]
    voices: Mapping[str, Voice] = field(default_factory=dict)  # by the name of an inbox's voice, or of a person
    undo: timedelta
    zone: ZoneInfo
    adopted: Adopted = field(default_factory=Adopted)

    @property
    def own_addresses(self) -> frozenset[str]:
        """Every address that the desk writes from, lower case."""
        return frozenset(
            address.lower() for inbox in self.inboxes.values() for address in (inbox.address, *inbox.own_addresses)
        )


def frames(error: Exception) -> str:
    """Where it happened, for the log. The message of an error may quote a letter, its frames cannot."""
    return "".join(traceback.format_tb(error.__traceback__))
