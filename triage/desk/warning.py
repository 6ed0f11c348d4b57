"""Tells people of troubles of the service by mail: when one begins, again at growing intervals, and when it is over.

As with alerts a try is written down before it is made, so that a mail may come twice and none is forgotten. The mail
goes through an inbox that is well, and never through one in trouble while there is another.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from triage import composing
from triage.desk import Desk, choices, frames, steps, watching
from triage.desk.alerting import RETRY_MINUTES, SENDER, Envelope
from triage.errors import Temporary, TriageError
from triage.house import Trouble
from triage.ports import Lost, Outbox, Refused
from triage.records import Address
from triage.settings import Inbox
from triage.store import alerts
from triage.store import watching as store
from triage.store.database import FULL

log = logging.getLogger(__name__)

MOST_TRIES = 10
"""To tell that something is over; then it has become old news."""
_DUMB = (
    "The service could not look after itself for more than ten minutes, most likely because its database takes "
    "nothing: then no letter is collected and no reply sent. Letters stay on the mail server. "
    f"Next: {watching.MACHINE} runs `triage check` and looks into the log."
)
Door = Callable[[str], Outbox]
"""Gives the outbox of an account."""


@dataclass(slots=True)
class Watch:
    """The step that looks and tells. It remembers what cannot be written down, and then tells of that."""

    desk: Desk
    outbox: Door
    started: datetime
    _looked_at: datetime | None = None
    _people: Mapping[str, str] = field(default_factory=dict)  # whom to tell, as it was known last
    _blind: int = 0  # so often in a row looking went wrong by itself
    _dumb_since: datetime | None = None  # nothing could be written down
    _told: int = 0  # of that
    _told_at: datetime | None = None

    def __call__(self) -> None:
        """One look. Raises Temporary when the database does not answer, and whatever looking raises."""
        try:
            self._mind_the_clock()
            fault = self._look()
            self._people = _named(self.desk)
            tell(self.desk, self.outbox)
            self._dumb_since, self._told, self._told_at = None, 0, None
        except Exception:
            full = _is_full(self.desk)
            self._dumb_since = self._dumb_since or self.desk.clock()
            if full or steps.late(self._dumb_since, steps.OVERDUE, self.desk.clock()):
                self._tell_by_heart(FULL if full else _DUMB)
            if not full:
                raise
            return
        if fault is not None:
            raise fault

    def _mind_the_clock(self) -> None:
        """What was to be told later is told now when the clock was set back, and what is late counts from here."""
        now, before = self.desk.clock(), self._looked_at
        if before is not None and before - now >= steps.OVERDUE:
            store.make_due(self.desk.db, now)
            self.started, self._dumb_since, self._told_at = now, None, None
        self._looked_at = now

    def _look(self) -> Exception | None:
        """What went wrong with looking: what was found before is told all the same, and that it does in the end."""
        try:
            watching.look(self.desk, started=self.started)
        except Temporary:
            raise
        except Exception as error:
            self._blind += 1
            if self._blind >= steps.MISSED:
                watching.blind(self.desk, type(error).__name__)
            return error
        self._blind = 0
        return None

    def _tell_by_heart(self, said: str) -> None:
        now, told = self.desk.clock(), self._told
        if self._told_at is not None and now < self._told_at + watching.remind_after(told):
            return
        with suppress(Exception):  # those who were named last are told
            self._people = _named(self.desk)
        if self._people and _tell(self.desk, self.outbox, self._people, _Note([said], []), ())[0]:
            self._told, self._told_at = told + 1, now


def _is_full(desk: Desk) -> bool:
    try:
        return desk.db.is_full
    except Exception:  # it does not answer
        return False


def tell(desk: Desk, outbox: Door) -> int:
    """One mail to everybody named about all that is due; how many mails went out."""
    people = _named(desk)
    if not people:
        return 0
    now = desk.clock()
    claimed = [
        trouble
        for trouble in store.due(desk.db, now, most_tries=MOST_TRIES)
        if store.claim(desk.db, trouble, next_try_at=now + timedelta(minutes=_retry(trouble)))
    ]
    if not claimed:
        return 0
    still = [trouble.said for trouble in claimed if not trouble.ended_at]
    note = _Note(still, [trouble.said for trouble in claimed if trouble.ended_at])
    bad = {trouble.about for trouble in store.open_troubles(desk.db) if trouble.kind in watching.MAIL}
    told, error = _tell(desk, outbox, people, note, bad)
    for trouble in claimed:
        if told:
            next_at = now + watching.remind_after(trouble.told + 1)
            store.note_told(desk.db, trouble, now=now, next_at=next_at, error=error)
        else:
            store.note_untold(desk.db, trouble, error)
        log.log(logging.INFO if told else logging.WARNING, "trouble told trouble=%d people=%d", trouble.id, told)
    return told


def untold(desk: Desk) -> list[str]:
    """Why people could not be told of open troubles, in plain words for those who look after settings."""
    return list(dict.fromkeys(trouble.error for trouble in store.open_troubles(desk.db) if trouble.error))


def _named(desk: Desk) -> Mapping[str, str]:
    """The mail address of each person who is to be told, empty where there is none."""
    named = choices.now(desk).watchers
    return alerts.addresses(desk.db, named) if named else {}


def _retry(trouble: Trouble) -> int:
    return RETRY_MINUTES[min(trouble.tries, len(RETRY_MINUTES) - 1)]


@dataclass(frozen=True, slots=True)
class _Note:
    """What is told: what is wrong still, and what is over."""

    still: Sequence[str]
    over: Sequence[str]

    @property
    def subject(self) -> str:
        return "Something is wrong at the advice desk" if self.still else "Over: what was wrong at the advice desk"

    def text(self, address: str) -> str:
        over = ["This is over:", *self.over] if self.over else []
        return "\n\n".join((*self.still, *over, address)) + (
            "\n\nYou are named in the settings of the desk to be told when something is wrong with the service.\n"
            "You are told again after an hour, after four more, and then once a day, until it is over.\n"
        )


def _tell(desk: Desk, outbox: Door, people: Mapping[str, str], note: _Note, bad: Collection[str]) -> tuple[int, str]:
    """Mail everybody; how many that reached, and whom it did not and why."""
    well = [inbox for inbox in desk.inboxes.values() if inbox.name not in bad] or list(desk.inboxes.values())
    reached, errors = 0, []
    for person, address in people.items():
        error = "there is no mail address for them here. Next: add one"
        if address:
            error = _through_one(desk, outbox, well, Address(person, address), note)
        if error:
            errors.append(f"{person} could not be told by mail what is wrong with the service: {error.rstrip('.')}.")
        reached += not error
    return reached, " ".join(errors)


def _through_one(desk: Desk, outbox: Door, inboxes: list[Inbox], recipient: Address, note: _Note) -> str:
    """Hand a mail to the first server that takes it, which then stands first; empty, or why none did."""
    error = ""
    for inbox in list(inboxes):
        error, another_may = _send(desk, outbox, inbox, recipient, note)
        if not another_may:
            return error
        inboxes.append(inboxes.pop(0))
    return error


def _send(desk: Desk, outbox: Door, inbox: Inbox, recipient: Address, note: _Note) -> tuple[str, bool]:
    """Empty, or why it was not taken; and whether another inbox may have more luck."""
    try:
        message = composing.notice(
            sender=Address(SENDER, inbox.address),
            recipient=recipient,
            message_id=f"<trouble.{desk.token()}@{inbox.address.rpartition('@')[2]}>",
            date=desk.clock().astimezone(desk.zone),
            subject=note.subject,
            text=note.text(desk.address),
        )
        mail = Envelope(composing.envelope(inbox.address), composing.envelope(recipient.email), message)
        outbox(inbox.name).send(mail, lambda: None)
    except Refused as refusal:
        return str(refusal), refusal.whole_account
    except (Lost, TriageError) as error:
        return str(error), False
    except Exception as error:  # whatever it is, it stands at the desk and is tried again
        log.error("trouble not told kind=%s\n%s", type(error).__name__, frames(error))
        return f"a fault in the desk ({type(error).__name__})", False
    return "", False
