"""Mail that machines write: reports about replies of ours, and what the desk itself answers without a person."""

import sqlalchemy as sa

from triage.store.tables.base import SERIAL, UtcDateTime, id_column, letter_column, metadata

bounces = sa.Table(
    "bounces",
    metadata,
    id_column(),
    letter_column(index=True),  # the letter whose reply it is about
    sa.Column("reply_id", SERIAL, sa.ForeignKey("replies.id"), nullable=False),
    sa.Column("report_id", SERIAL, sa.ForeignKey("letters.id"), nullable=False, unique=True),  # the report itself
    sa.Column("action", sa.Text, nullable=False),  # failed | delayed | delivered (RFC 3464 section 2.3.3)
    sa.Column("status", sa.Text, nullable=False, default=""),  # such as 5.1.1 (RFC 3463)
    sa.Column("said", sa.Text, nullable=False, default=""),
    sa.Column("at", UtcDateTime, nullable=False),
)
"""What mail servers reported of replies that had been sent."""

acknowledgements = sa.Table(
    "acknowledgements",
    metadata,
    letter_column(primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False, unique=True),
    sa.Column("message", sa.LargeBinary, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),  # waiting | sending | in_data | sent | unknown | refused
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("retry_at", UtcDateTime),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("error", sa.Text, nullable=False, default=""),
    sa.Index("ix_acknowledgements_recipient", "recipient", "made_at"),
    sa.Index("ix_acknowledgements_phase", "phase", "retry_at"),
)
"""At most one a letter, and never sent twice: one whose fate is unknown stays so."""

draft_copies = sa.Table(
    "draft_copies",
    metadata,
    id_column(),
    letter_column(index=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("uidvalidity", sa.BigInteger),
    sa.Column("uid", sa.BigInteger),
    sa.Column("message_id", sa.Text, nullable=False, unique=True),
    sa.Column("phase", sa.Text, nullable=False),  # waiting | there | edited | earlier | gone | over
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("letter_id", "revision"),
)
"""Drafts that lie in the Drafts folder of an inbox, for those who answer from their mail program."""
