"""What came in from the mail servers, byte for byte, and how far each folder has been read."""

import sqlalchemy as sa

from triage.store.tables.base import UtcDateTime, metadata

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

polls = sa.Table(
    "polls",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("polled_at", UtcDateTime, nullable=False),
    sa.Column("succeeded_at", UtcDateTime),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("error", sa.Text, nullable=False, default=""),
    sa.Column(
        "kind", sa.Text, nullable=False, default="", server_default=""
    ),  # of the error: Temporary, Permanent, ...
    sa.Column("refusals", sa.Integer, nullable=False, default=0, server_default="0"),  # of the sign-in, in a row
)
