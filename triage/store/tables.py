"""What is kept. The migrations in migrations/versions make these tables; a test compares the two."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A timezone-aware time, kept in UTC. SQLite has no time zones, so they are put back on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        at: datetime = value
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers only INTEGER keys by itself


def _id() -> sa.Column[int]:
    return sa.Column("id", _SERIAL, primary_key=True)


def _letter_id(**options: Any) -> sa.Column[int]:
    return sa.Column("letter_id", _SERIAL, sa.ForeignKey("letters.id"), nullable=False, **options)


folders = sa.Table(
    "folders",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("uidvalidity", sa.BigInteger, primary_key=True),
    sa.Column("last_uid", sa.BigInteger, nullable=False),
    sa.Column("since", UtcDateTime),
)
"""The cursor: everything up to `last_uid` has been dealt with or stands in `sightings` as failing."""

sightings = sa.Table(
    "sightings",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("uidvalidity", sa.BigInteger, primary_key=True),
    sa.Column("uid", sa.BigInteger, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),  # kept | failing | given_up
    sa.Column("digest", sa.Text, index=True),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("marked", sa.Boolean, nullable=False, default=False),  # after_collect has been done on the server
    sa.Index("ix_sightings_todo", "account", "folder", "uidvalidity", "state", "marked"),
)
"""Which message on the server became which letter."""

raw_messages = sa.Table(
    "raw_messages",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),  # SHA-256 of the bytes, hexadecimal
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("full_size", sa.BigInteger, nullable=False),
)

letters = sa.Table(
    "letters",
    metadata,
    _id(),
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
    sa.Index("ix_letters_stage_received_at", "stage", "received_at"),
)

readings = sa.Table(
    "readings",
    metadata,
    _letter_id(primary_key=True),
    sa.Column("letter", sa.JSON, nullable=False),
    sa.Column("assessment", sa.JSON, nullable=False),
)
"""The letter as read and what the machine made of it."""

drafts = sa.Table(
    "drafts",
    metadata,
    _id(),
    _letter_id(),
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
    _letter_id(primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("vector", sa.LargeBinary, nullable=False),  # float16, little-endian
)
"""Each letter as the encoder saw it, for finding similar ones. Vectors of two pipelines cannot be compared."""

edits = sa.Table(
    "edits",
    metadata,
    _id(),
    _letter_id(index=True),
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
    _id(),
    _letter_id(index=True),
    sa.Column("topics", sa.JSON, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("cases", sa.JSON, nullable=False, default=list, server_default="[]"),
    sa.Column("origin", sa.Text, nullable=False),  # corrected | approved
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)
"""What people decided that letters are about. Append-only; the newest of a letter counts."""

replies = sa.Table(
    "replies",
    metadata,
    _id(),
    _letter_id(),
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
    _id(),
    sa.Column("reply_id", _SERIAL, sa.ForeignKey("replies.id"), nullable=False, index=True),
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

audit = sa.Table(
    "audit",
    metadata,
    _id(),
    _letter_id(index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False, default=""),
    sa.Column("after", sa.Text, nullable=False, default=""),
    sa.Column("revision", sa.Integer),
    sa.Column("why", sa.Text, nullable=False, default=""),
)
"""Append-only: written in the transaction of the change it tells of."""

people = sa.Table(
    "people",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),  # SHA-256 of the cookie's token
    sa.Column("person_id", _SERIAL, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

sign_in_failures = sa.Table(
    "sign_in_failures",
    metadata,
    _id(),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
)

polls = sa.Table(
    "polls",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("polled_at", UtcDateTime, nullable=False),
    sa.Column("succeeded_at", UtcDateTime),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("error", sa.Text, nullable=False, default=""),
)

learned = sa.Table(
    "learned",
    metadata,
    sa.Column("version", _SERIAL, primary_key=True),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("lessons", sa.Integer, nullable=False),
    sa.Column("before", sa.Float, nullable=False),
    sa.Column("after", sa.Float, nullable=False),
    sa.Column("told", sa.Text, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("promoted", sa.Boolean, nullable=False),
    sa.Column("up_to", sa.BigInteger, nullable=False),  # the newest decision that it learned from
)
"""What was learned from decisions. Every version is kept."""

learned_choices = sa.Table(
    "learned_choices",
    metadata,
    _id(),
    sa.Column("version", sa.BigInteger, nullable=False),  # of `learned`; 0: the pipeline as it came
    sa.Column("at", UtcDateTime, nullable=False),
)
"""Which version the desk reads with. Append-only; the newest row counts."""

facts = sa.Table(
    "facts",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("jurisdiction", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("seen", sa.Date, nullable=False),
    sa.Column("verified_on", sa.Date, nullable=False),
    sa.Column("verified_by", sa.Text, nullable=False),
    sa.Column("expires", sa.Date),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Index("ix_facts_name_jurisdiction", "name", "jurisdiction"),
)
"""Facts with a date that people verified. Append-only; the newest of a name and jurisdiction counts."""
