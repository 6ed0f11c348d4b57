"""Webhooks, and what each has still to be told: rows that follow from the audit, so that nothing is forgotten."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

from triage.errors import Conflict
from triage.house import Delivery, Webhook
from triage.store import house
from triage.store.clocks import has_come
from triage.store.collected import MACHINE
from triage.store.database import Database
from triage.store.tables import audit, deliveries, told, troubles, webhooks

CURSOR = "webhooks"
OVERLAP = 1_000
"""So many rows of the audit are read again each time: on PostgreSQL a row may become visible after a later one."""
BATCH = 1_000
GONE = "There is no such webhook any more. Next: look at the list."

_DELIVERIES = (
    sa.select(deliveries, audit.c.letter_id, audit.c.who, audit.c.at, troubles.c.kind, troubles.c.about)
    .outerjoin(audit, audit.c.id == deliveries.c.audit_id)
    .outerjoin(troubles, troubles.c.id == deliveries.c.trouble_id)
)


def add(db: Database, *, url: str, secret: str, events: Sequence[str], who: str, now: datetime) -> Webhook:
    """Keep a new webhook; it is told what happens from now on."""
    with db.write("webhook-add") as connection:
        number = connection.execute(
            sa.insert(webhooks)
            .values(url=url, secret=secret, events=list(events), active=True, made_by=who, made_at=now)
            .returning(webhooks.c.id)
        ).scalar_one()
        _start(connection, number)
        house.note(connection, who=who, what=f"made webhook {number}", now=now)
        return _webhook(connection.execute(sa.select(webhooks).where(webhooks.c.id == number)).one())


def every(db: Database, *, active: bool | None = None) -> list[Webhook]:
    """All webhooks, oldest first; only those that are told (`active`), or only those that pause."""
    query = sa.select(webhooks).order_by(webhooks.c.id)
    if active is not None:
        query = query.where(webhooks.c.active.is_(active))
    with db.read() as connection:
        return [_webhook(row) for row in connection.execute(query)]


def one(db: Database, webhook_id: int) -> Webhook:
    """Conflict when there is none with this number."""
    with db.read() as connection:
        row = connection.execute(sa.select(webhooks).where(webhooks.c.id == webhook_id)).one_or_none()
    if row is None:
        raise Conflict(GONE)
    return _webhook(row)


def switch(db: Database, webhook_id: int, *, active: bool, who: str, now: datetime) -> None:
    """Pause a webhook, or let it go on with what happens from now on. Saying the same again changes nothing."""
    with db.write("webhook-switch") as connection:
        known = connection.scalar(sa.select(webhooks.c.active).where(webhooks.c.id == webhook_id).with_for_update())
        if known is None:
            raise Conflict(GONE)
        if known == active:
            return
        connection.execute(sa.update(webhooks).where(webhooks.c.id == webhook_id).values(active=active))
        if active:
            _start(connection, webhook_id)
        verb = "let go on" if active else "paused"
        house.note(connection, who=who, what=f"{verb} webhook {webhook_id}", now=now)


def end(db: Database, webhook_id: int, *, who: str, now: datetime) -> None:
    """Forget a webhook and what it has not been told yet."""
    with db.write("webhook-end") as connection:
        connection.execute(sa.delete(deliveries).where(deliveries.c.webhook_id == webhook_id))
        connection.execute(sa.delete(told).where(told.c.name == _name(webhook_id)))
        if connection.execute(sa.delete(webhooks).where(webhooks.c.id == webhook_id)).rowcount != 1:
            raise Conflict(GONE)
        house.note(connection, who=who, what=f"ended webhook {webhook_id}", now=now)


def collect(db: Database, event_of: Callable[[str, str], str], *, now: datetime) -> int:
    """Make a delivery of each change of stage since the last time for each webhook that wants it; how many.

    `event_of(before, after)` names what a change of stage is called; empty: nothing to tell.
    """
    with db.read() as connection:
        wanting = connection.execute(
            sa.select(webhooks.c.id, webhooks.c.events, told.c.up_to)
            .join(told, told.c.name == sa.literal("webhook ") + sa.cast(webhooks.c.id, sa.Text))
            .where(webhooks.c.active)
        ).all()
        if not wanting:
            return 0
        cursor = connection.scalar(sa.select(told.c.up_to).where(told.c.name == CURSOR)) or 0
        start = max(cursor - OVERLAP, min(row.up_to for row in wanting))
        changes = connection.execute(
            sa.select(audit.c.id, audit.c.before, audit.c.after)
            .where(audit.c.id > start)
            .order_by(audit.c.id)
            .limit(OVERLAP + BATCH)
        ).all()
        known = connection.execute(
            sa.select(deliveries.c.webhook_id, deliveries.c.audit_id).where(
                deliveries.c.webhook_id.in_([row.id for row in wanting]), deliveries.c.audit_id > start
            )
        )
        there = {(row.webhook_id, row.audit_id) for row in known}
    named = [(change.id, event) for change in changes if (event := event_of(change.before, change.after))]
    made = [
        {"webhook_id": webhook.id, "audit_id": audit_id, "event": event, "made_at": now, "next_try_at": now}
        for audit_id, event in named
        for webhook in wanting
        if event in webhook.events and audit_id > webhook.up_to and (webhook.id, audit_id) not in there
    ]
    up_to = max((change.id for change in changes), default=0)
    if made or up_to > cursor:
        with db.write("webhooks") as connection:
            if made:  # another process may have been first
                connection.execute(_insert(connection, deliveries).on_conflict_do_nothing(), made)
            _advance(connection, CURSOR, max(up_to, cursor))
    return len(made)


def note_trouble(connection: Connection, trouble_id: int, event: str, *, now: datetime, due_at: datetime) -> None:
    """Make a delivery of a trouble for each webhook that wants it, in the transaction that opens or ends it."""
    rows = [
        {"webhook_id": hook.id, "trouble_id": trouble_id, "event": event, "made_at": now, "next_try_at": due_at}
        for hook in connection.execute(sa.select(webhooks.c.id, webhooks.c.events).where(webhooks.c.active))
        if event in hook.events
    ]
    if rows:
        connection.execute(_insert(connection, deliveries).on_conflict_do_nothing(), rows)


def take_back(connection: Connection, trouble_id: int, event: str) -> None:
    """Do not tell what has turned out not to be so, where it has not been told yet."""
    connection.execute(
        sa.delete(deliveries).where(
            deliveries.c.trouble_id == trouble_id, deliveries.c.event == event, deliveries.c.tries == 0
        )
    )


def due(db: Database, now: datetime, *, most_tries: int, limit: int = 200) -> list[tuple[Delivery, Webhook]]:
    """What is to be told now, oldest first."""
    query = (
        _DELIVERIES.add_columns(
            *(column.label(f"webhook_{column.name}") for column in webhooks.c if column.name != "id")
        )
        .join(webhooks, webhooks.c.id == deliveries.c.webhook_id)
        .where(
            webhooks.c.active,
            deliveries.c.sent_at.is_(None),
            has_come(deliveries.c.next_try_at, now, longest=timedelta(hours=8)),
            deliveries.c.tries < most_tries,
        )
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    with db.read() as connection:
        return [
            (
                _delivery(row),
                Webhook(
                    id=row.webhook_id,
                    url=row.webhook_url,
                    secret=row.webhook_secret,
                    events=tuple(row.webhook_events),
                    active=row.webhook_active,
                    made_by=row.webhook_made_by,
                    made_at=row.webhook_made_at,
                ),
            )
            for row in connection.execute(query)
        ]


def claim(db: Database, delivery: Delivery, *, next_try_at: datetime) -> bool:
    """Count one more try before it is made; False when another process was first.

    Should this one die while it tells, the delivery is due again at `next_try_at`.
    """
    with db.write("webhook-claim") as connection:
        changed = connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id == delivery.id, deliveries.c.tries == delivery.tries, deliveries.c.sent_at.is_(None))
            .values(tries=delivery.tries + 1, next_try_at=next_try_at)
        )
        return changed.rowcount == 1


def finish(db: Database, delivery_id: int, *, sent_at: datetime | None, status: int, error: str) -> None:
    """Record what came of a try."""
    with db.write("webhook-finish") as connection:
        connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id == delivery_id)
            .values(sent_at=sent_at, status=status, error=error)
        )


def last(db: Database, webhook_id: int, limit: int = 20) -> list[Delivery]:
    """The newest deliveries of a webhook, newest first."""
    query = _DELIVERIES.where(deliveries.c.webhook_id == webhook_id).order_by(deliveries.c.id.desc()).limit(limit)
    with db.read() as connection:
        return [_delivery(row) for row in connection.execute(query)]


def _start(connection: Connection, webhook_id: int) -> None:
    """What happened up to now is not told."""
    newest = connection.scalar(sa.select(sa.func.max(audit.c.id))) or 0
    _advance(connection, _name(webhook_id), newest)


def _name(webhook_id: int) -> str:
    return f"webhook {webhook_id}"


def _advance(connection: Connection, name: str, up_to: int) -> None:
    insert = _insert(connection, told).values(name=name, up_to=up_to)
    connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"up_to": up_to}))


def _insert(connection: Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what happens when the row is there already."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        secret=row.secret,
        events=tuple(row.events),
        active=row.active,
        made_by=row.made_by,
        made_at=row.made_at,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        event=row.event,
        letter_id=row.letter_id or 0,
        who=row.who or MACHINE,
        at=row.at or row.made_at,
        sent_at=row.sent_at,
        tries=row.tries,
        next_try_at=row.next_try_at,
        status=row.status,
        error=row.error,
        trouble_id=row.trouble_id or 0,
        kind=row.kind or "",
        about=row.about or "",
    )
