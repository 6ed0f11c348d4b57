"""tell: mail at once to those who are named for it when a letter is held and nobody has taken it.

A reply is sent at most once, because a reader must not get two; an alert at least once, because two are a small
nuisance and none may cost a life. So a try is written down before it is made, and one whose end nobody knows is
made again. Whoever takes the letter ends it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from triage import composing
from triage.desk import Desk, choices, frames
from triage.desk.choices import listed
from triage.errors import TriageError
from triage.ports import Lost, Outbox, Refused
from triage.records import Address
from triage.settings import Inbox
from triage.store import alerts as store
from triage.store.alerts import Alert

log = logging.getLogger(__name__)

REMIND_AFTER = timedelta(minutes=30)
RETRY_MINUTES = (1, 2, 5, 10, 20, 40, 60)
"""Waiting times after a try that failed; the last one holds for as long as nobody has taken the letter."""
SENDER = "Triage"
URGENT_WAITS = "A letter from somebody in danger waits until somebody looks at the desk."
TROUBLE_WAITS = "What is wrong stands on the lists of letters alone, until somebody looks there."


@dataclass(frozen=True, slots=True)
class Envelope:
    """An alert as the mail server gets it."""

    mail_from: str
    recipient: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Reach:
    """Those who are named to be told at once: who can be, and who cannot, having no mail address here."""

    told: tuple[str, ...]
    without: tuple[str, ...]

    def silence(self, waits: str = URGENT_WAITS) -> str:
        """Why somebody who is named, or anybody, would not be told, in plain words; empty while all of them would be.

        A name without an address reaches nobody: only an address counts. `waits` says what that means.
        """
        if not self.told and not self.without:
            return f"Nobody is named. {waits}"
        if not self.without:
            return ""
        lacking = f"{listed(self.without)} {'has' if len(self.without) == 1 else 'have'} no mail address here"
        return f"{lacking}, and gets no mail." if self.told else f"Nobody can be told: {lacking}. {waits}"


def reach(desk: Desk, named: Sequence[str]) -> Reach:
    """Who of those that are named can be told now."""
    addresses = store.addresses(desk.db, named)
    return Reach(
        told=tuple(name for name, address in addresses.items() if address),
        without=tuple(name for name, address in addresses.items() if not address),
    )


def tell(desk: Desk, outbox: Callable[[str], Outbox]) -> int:
    """Send every alert that is due, one mail a person and inbox; return how many mails went out."""
    chosen = choices.now(desk).alerts
    addresses = store.addresses(desk.db, chosen.people)
    if not addresses:
        return 0
    store.make_due(desk.db, addresses, chosen.risks, now=desk.clock(), patience=REMIND_AFTER)
    due = sorted(store.due(desk.db, addresses, chosen.risks, desk.clock()), key=_mail)
    return sum(_tell(desk, outbox, list(alerts), addresses) for _, alerts in groupby(due, _mail))


def troubles(desk: Desk) -> list[str]:
    """Why people could not be told of letters that still wait, in plain words for those who look after settings."""
    chosen = choices.now(desk).alerts
    if not chosen.people:
        return []
    return list(
        dict.fromkeys(
            f"{alert.person} could not be told by mail that letter {alert.letter_id} waits: {alert.error.rstrip('.')}. "
            "It is tried again until somebody takes the letter."
            for alert in store.troubles(desk.db, chosen.people, chosen.risks)
        )
    )


def _mail(alert: Alert) -> tuple[str, str]:
    """Alerts with the same go out in one mail."""
    return alert.account, alert.person


def _tell(desk: Desk, outbox: Callable[[str], Outbox], due: Sequence[Alert], addresses: Mapping[str, str]) -> bool:
    """One mail about all that is due for one person; whether it went out."""
    now = desk.clock()
    claimed = [
        alert
        for alert in due
        if store.claim(
            desk.db,
            alert,
            next_try_at=now + timedelta(minutes=RETRY_MINUTES[min(alert.tries, len(RETRY_MINUTES) - 1)]),
        )
    ]
    if not claimed:
        return False
    error = _send(desk, outbox, claimed, addresses[claimed[0].person])
    store.finish(desk.db, [alert.id for alert in claimed], now=desk.clock(), error=error)
    for alert in claimed:
        log.log(logging.WARNING if error else logging.INFO, "tell letter=%d sent=%s", alert.letter_id, not error)
    return not error


def _send(desk: Desk, outbox: Callable[[str], Outbox], claimed: Sequence[Alert], address: str) -> str:
    """Hand one mail over; empty, or why it was not taken."""
    person, inbox = claimed[0].person, _inbox(desk, claimed[0].account)
    if not address:
        return f"there is no mail address for {person} here. Next: add one."
    links = [f"{desk.address}letters/{letter_id}" for letter_id in sorted({alert.letter_id for alert in claimed})]
    try:
        message = composing.alert(
            sender=Address(SENDER, inbox.address),
            recipient=Address(person, address),
            message_id=f"<alert.{desk.token()}@{inbox.address.rpartition('@')[2]}>",
            date=desk.clock().astimezone(desk.zone),
            links=links,
            waited=any(alert.kind == store.REMINDER for alert in claimed),
        )
        mail = Envelope(composing.envelope(inbox.address), composing.envelope(address), message)
        outbox(inbox.name).send(mail, lambda: None)
    except (Refused, Lost, TriageError) as error:
        return str(error)
    except Exception as error:  # whatever it is, it stands at the desk and is tried again
        log.error("tell failed kind=%s\n%s", type(error).__name__, frames(error))
        return f"a fault in the desk ({type(error).__name__})"
    return ""


def _inbox(desk: Desk, account: str) -> Inbox:
    """The inbox that the letter came to, or where that is no longer configured any other."""
    return desk.inboxes.get(account) or next(iter(desk.inboxes.values()))
