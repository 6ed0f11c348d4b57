"""Who has to know that a held letter waits, and what became of telling them.

What is due follows from the letters themselves: `make_due` finds every waiting letter of which somebody has not
been told. So a crash between any two steps loses no alert, and a letter that somebody has taken needs none.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.stages import Stage, Verb
from triage.store.database import Database
from triage.store.tables import alerts, audit, letters, people

HELD, REMINDER = "held", "reminder"
OPEN = (Stage.HELD, Stage.DRAFTED, Stage.DECLINED, Stage.STUCK, Stage.FAILED)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert for one person about one letter that nobody has taken."""

    id: int
    letter_id: int
    account: str
    kind: str  # HELD | REMINDER
    person: str
    tries: int  # so far
    next_try_at: datetime
    error: str  # of the last try


def addresses(db: Database, names: Collection[str]) -> dict[str, str]:
    """The mail address of each of these people who may sign in; empty for those who have none."""
    with db.read() as connection:
        query = sa.select(people.c.name, people.c.email).where(people.c.name.in_(names), people.c.active)
        return {row.name: row.email for row in connection.execute(query.order_by(people.c.name))}


def make_due(
    db: Database, names: Collection[str], risks: Collection[str], *, now: datetime, patience: timedelta
) -> int:
    """Make the alerts that are missing: one for each of `names` and each waiting letter with one of `risks`.

    Once more for everybody when nobody has taken a letter for the time of `patience`. Returns how many were made.
    """
    with db.read() as connection:
        if not _missing(connection, names, risks, now - patience):
            return 0
    with db.write("alerts") as connection:
        # One process after the other, so that none makes what another has made.
        connection.execute(_waiting(risks).with_for_update())
        missing = _missing(connection, names, risks, now - patience)
        if missing:
            rows = [
                {"letter_id": letter_id, "kind": kind, "person": person, "made_at": now, "next_try_at": now}
                for letter_id, kind, person in missing
            ]
            connection.execute(sa.insert(alerts), rows)
    return len(missing)


def due(db: Database, names: Collection[str], risks: Collection[str], now: datetime) -> Sequence[Alert]:
    """What is to be told now, oldest first."""
    ahead = now + timedelta(hours=1)  # the longest wait; what lies beyond it, the clock was set back since
    return [alert for alert in _unsent(db, names, risks) if not now < alert.next_try_at <= ahead]


def troubles(db: Database, names: Collection[str], risks: Collection[str]) -> Sequence[Alert]:
    """Alerts that were tried and could not be sent, of letters that still wait."""
    return [alert for alert in _unsent(db, names, risks) if alert.error]


def claim(db: Database, alert: Alert, *, next_try_at: datetime) -> bool:
    """Count a try before it is made; False when another process was first. After a crash it is tried again."""
    with db.write("alert-claim") as connection:
        changed = connection.execute(
            sa.update(alerts)
            .where(alerts.c.id == alert.id, alerts.c.tries == alert.tries, alerts.c.sent_at.is_(None))
            .values(tries=alert.tries + 1, next_try_at=next_try_at)
        )
        return changed.rowcount == 1


def finish(db: Database, ids: Collection[int], *, now: datetime, error: str = "") -> None:
    """Record that the mail server took these alerts, or why it did not."""
    values = {"error": error} if error else {"error": "", "sent_at": now}
    with db.write("alert-finish") as connection:
        connection.execute(sa.update(alerts).where(alerts.c.id.in_(ids)).values(values))


def _waiting(risks: Collection[str]) -> sa.Select[Any]:
    """Letters with one of these risks that wait for a person and that nobody looks after."""
    return sa.select(letters.c.id).where(letters.c.stage.in_(OPEN), letters.c.taken_by == "", letters.c.risk.in_(risks))


def _unsent(db: Database, names: Collection[str], risks: Collection[str]) -> Sequence[Alert]:
    query = (
        sa.select(alerts, letters.c.account)
        .join(letters, letters.c.id == alerts.c.letter_id)
        .where(letters.c.id.in_(_waiting(risks)), alerts.c.sent_at.is_(None), alerts.c.person.in_(names))
        .order_by(alerts.c.id)
    )
    with db.read() as connection:
        return [Alert(*(getattr(row, name) for name in Alert.__slots__)) for row in connection.execute(query)]


def _missing(
    connection: Connection, names: Collection[str], risks: Collection[str], remind_before: datetime
) -> list[tuple[int, str, str]]:
    """The alerts that should be there and are not: letter, kind and person."""
    since = _since(connection, risks)
    made: Mapping[int, list[tuple[str, str, datetime]]] = {letter_id: [] for letter_id in since}
    known = sa.select(alerts).where(alerts.c.letter_id.in_(since))
    for row in connection.execute(known):
        if row.made_at >= since[row.letter_id]:
            made[row.letter_id].append((row.kind, row.person, row.made_at))
    missing = []
    for letter_id, told in made.items():
        people_told = {person for _, person, _ in told}
        missing += [(letter_id, HELD, name) for name in names if name not in people_told]
        reminded = any(kind == REMINDER for kind, _, _ in told)
        if told and not reminded and min(made_at for _, _, made_at in told) <= remind_before:
            missing += [(letter_id, REMINDER, name) for name in names if name in people_told]
    return missing


def _since(connection: Connection, risks: Collection[str]) -> dict[int, datetime]:
    """Since when each letter waits: since it was held, or since it was last taken, if it was given back after that."""
    held = sa.and_(audit.c.verb.in_((Verb.ASSESS, Verb.BRING_BACK)), audit.c.after == Stage.HELD)
    query = (
        sa.select(audit.c.letter_id, sa.func.max(audit.c.at).label("at"))
        .where(audit.c.letter_id.in_(_waiting(risks)), sa.or_(held, audit.c.verb == Verb.TAKE))
        .group_by(audit.c.letter_id)
    )
    return {row.letter_id: row.at for row in connection.execute(query)}
