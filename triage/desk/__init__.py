"""The walk of a letter: one function per verb, each taking the `Desk` first.

collecting   collect
reading      assess, draft
deciding     revise, approve, undo, decline, let go, set aside, bring back, and what to do with an unknown
sending      send, recover, file copies
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from triage.drafting import Templates
from triage.ports import Assessor, Clock
from triage.settings import Inbox
from triage.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every verb may need; put together in `triage.wiring`."""

    db: Database
    clock: Clock
    token: Callable[[], str]  # a fresh random token, fit for a Message-ID
    assessor: Assessor
    templates: Templates
    inboxes: Mapping[str, Inbox]
    undo: timedelta
    zone: ZoneInfo

    @property
    def own_addresses(self) -> frozenset[str]:
        """Every address that the desk writes from, lower case."""
        return frozenset(
            address.lower() for inbox in self.inboxes.values() for address in (inbox.address, *inbox.own_addresses)
        )
