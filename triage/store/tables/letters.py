"""Letters, what was read in them, what was written to answer them, and the history of each."""

import sqlalchemy as sa

from triage.store.tables.base import UtcDateTime, id_column, letter_column, metadata

letters = sa.Table(
    "letters",
    metadata,
    id_column(),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("moved_at", UtcDateTime, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, default=""),
    sa.Column("sender_name", sa.Text, nullable=False, default=""),
    sa.Column("sender_email", sa.Text, nullable=False, default=""),
    sa.Column("message_id", sa.Text, nullable=False, default="", index=True),
    sa.Column("thread_id", sa.BigInteger, index=True),
    sa.Column("kind", sa.Text, nullable=False, default=""),
    sa.Column("topics", sa.JSON, nullable=False, default=list),
    sa.Column("urgency", sa.Text, nullable=False, default=""),
    sa.Column("risk", sa.Text, nullable=False, default=""),
    sa.Column("deadline", sa.Date),
    sa.Column("place", sa.Text, nullable=False, default="", server_default=""),  # `triage.store.places` makes it
    sa.Column("assigned_to", sa.Text, nullable=False, default="", server_default=""),  # a person's name
    sa.Column("taken_by", sa.Text, nullable=False, default="", server_default=""),  # who looks after a held letter
    sa.Column("taken_at", UtcDateTime),
    sa.Index("ix_letters_stage_received_at", "stage", "received_at"),
    sa.Index("ix_letters_stage_place", "stage", "place", "id"),
    sa.Index("ix_letters_stage_risk", "stage", "risk", "received_at"),
    sa.Index("ix_letters_sender_email", "sender_email", "received_at"),
    sa.Index("ix_letters_assigned_to", "assigned_to", "stage"),
)

letter_topics = sa.Table(
    "letter_topics",
    metadata,
    letter_column(primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Index("ix_letter_topics_topic", "topic", "letter_id"),
)
"""The topics of `letters.topics` once more, for finding the letters of a topic."""

search_texts = sa.Table(
    "search_texts",
    metadata,
    letter_column(primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("reply", sa.Text, nullable=False, default="", server_default=""),  # the latest revision
)
"""What is searched in. Beside it stands an index made by the migration: FTS5 on SQLite, tsvector on PostgreSQL."""

readings = sa.Table(
    "readings",
    metadata,
    letter_column(primary_key=True),
    sa.Column("letter", sa.JSON, nullable=False),
    sa.Column("assessment", sa.JSON, nullable=False),
)
"""The letter as read and what the machine made of it."""

drafts = sa.Table(
    "drafts",
    metadata,
    id_column(),
    letter_column(),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("machine", sa.Boolean, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("templates", sa.JSON, nullable=False),
    sa.Column("gaps", sa.JSON, nullable=False),
    sa.Column("blocks", sa.JSON, nullable=False),
    sa.Column("making", sa.JSON, nullable=False, default=dict, server_default="{}"),  # of the machine's drafts
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("letter_id", "revision"),
)

vectors = sa.Table(
    "vectors",
    metadata,
    letter_column(primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),  # float16, little-endian
)
"""Each letter as the encoder saw it, for finding similar ones. Vectors of two pipelines cannot be compared."""

edits = sa.Table(
    "edits",
    metadata,
    id_column(),
    letter_column(index=True),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("case", sa.Text, nullable=False),
    sa.Column("block", sa.Text, nullable=False),
    sa.Column("drafted", sa.Text, nullable=False),
    sa.Column("signed", sa.Text, nullable=False),  # empty: taken out
    sa.Column("distance", sa.Float, nullable=False),  # 0 kept as it was .. 1 nothing of it left
    sa.Column("made_at", UtcDateTime, nullable=False),
)
"""What people made of each sentence of a draft before they signed it."""

decisions = sa.Table(
    "decisions",
    metadata,
    id_column(),
    letter_column(index=True),
    sa.Column("topics", sa.JSON, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("cases", sa.JSON, nullable=False, default=list, server_default="[]"),
    sa.Column("origin", sa.Text, nullable=False),  # corrected | approved
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)
"""What people decided that letters are about. Append-only; the newest of a letter counts."""

stated = sa.Table(
    "stated",
    metadata,
    id_column(),
    letter_column(index=True),
    sa.Column("slots", sa.JSON, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)
"""What people say that a letter states, in place of what the machine found. Append-only; the newest counts."""

second_readings = sa.Table(
    "second_readings",
    metadata,
    letter_column(primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("made_at", UtcDateTime, nullable=False),
)
"""Who read which revision of a reply and found it good, where the desk asks for two."""

audit = sa.Table(
    "audit",
    metadata,
    id_column(),
    letter_column(index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False, default=""),
    sa.Column("after", sa.Text, nullable=False, default=""),
    sa.Column("revision", sa.Integer),
    sa.Column("why", sa.Text, nullable=False, default=""),
)
"""Append-only: written in the transaction of the change it tells of."""
