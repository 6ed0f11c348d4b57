"""What the desk tells people and programs outside it, kept until it has been told."""

import sqlalchemy as sa

from triage.store.tables.base import SERIAL, UtcDateTime, id_column, metadata

alerts = sa.Table(
    "alerts",
    metadata,
    id_column(),
    sa.Column("letter_id", SERIAL, sa.ForeignKey("letters.id"), index=True),
    sa.Column("kind", sa.Text, nullable=False),  # held | ...
    sa.Column("person", sa.Text, nullable=False),  # whom to tell
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("next_try_at", UtcDateTime, nullable=False, index=True),
    sa.Column("error", sa.Text, nullable=False, default=""),
)
"""Mail to a person who has to know at once. It says that a letter waits and never what is in it."""

webhooks = sa.Table(
    "webhooks",
    metadata,
    id_column(),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),  # signs what is sent; shown once
    sa.Column("events", sa.JSON, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    id_column(),
    sa.Column("webhook_id", SERIAL, sa.ForeignKey("webhooks.id"), nullable=False, index=True),
    sa.Column("audit_id", SERIAL, sa.ForeignKey("audit.id")),  # the change of a letter that is told, or
    sa.Column("trouble_id", SERIAL, sa.ForeignKey("troubles.id")),  # the trouble of the service
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("next_try_at", UtcDateTime, nullable=False, index=True),
    sa.Column("status", sa.Integer, nullable=False, default=0),  # of the last answer; 0: there was none
    sa.Column("error", sa.Text, nullable=False, default=""),
    sa.UniqueConstraint("webhook_id", "audit_id"),
    sa.UniqueConstraint("webhook_id", "trouble_id", "event"),
)
"""One event for one webhook. They follow from the audit, or are made together with what they tell, so that none is
lost; each is told at least once."""

told = sa.Table(
    "told",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("up_to", SERIAL, nullable=False),  # an id of `audit`
)
"""How far each teller has read the audit."""
