"""Frozen replies and every attempt to send them."""

import sqlalchemy as sa

from triage.store.tables.base import SERIAL, UtcDateTime, id_column, letter_column, metadata

replies = sa.Table(
    "replies",
    metadata,
    id_column(),
    letter_column(),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False, unique=True),
    sa.Column("mail_from", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
    sa.Column("draft_revision", sa.Integer, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=False),
    sa.Column("approved_at", UtcDateTime, nullable=False),
    sa.Column("undo_until", UtcDateTime, nullable=False),
    sa.Column("retry_at", UtcDateTime),
    sa.Column("withdrawn", sa.Boolean, nullable=False, default=False),  # undone before it was sent
    # How the mail server named it when it took it; some write a Message-ID of their own that begins with this.
    sa.Column("provider_id", sa.Text, nullable=False, default="", server_default="", index=True),
    sa.Column("copied_at", UtcDateTime),
    sa.Column("copy_tries", sa.Integer, nullable=False, default=0),
    sa.Column("copy_error", sa.Text, nullable=False, default=""),
)
sa.Index(
    "uq_replies_live",
    replies.c.letter_id,
    unique=True,
    sqlite_where=sa.text("NOT withdrawn"),
    postgresql_where=sa.text("NOT withdrawn"),
)
"""A letter has at most one reply that was not withdrawn."""

attempts = sa.Table(
    "attempts",
    metadata,
    id_column(),
    sa.Column("reply_id", SERIAL, sa.ForeignKey("replies.id"), nullable=False, index=True),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("code", sa.Integer, nullable=False, default=0),
    sa.Column("text", sa.Text, nullable=False, default=""),
)
_dangerous = sa.text("phase IN ('in_data', 'sent')")
sa.Index(
    "uq_attempts_one_send",
    attempts.c.reply_id,
    unique=True,
    sqlite_where=_dangerous,
    postgresql_where=_dangerous,
)
"""The schema itself forbids a second send: one attempt per reply may be in DATA or sent."""

LIVE = sa.text("NOT replies.withdrawn")
"""Was not called back. Word for word as in the index of live replies, or SQLite does not use it."""
