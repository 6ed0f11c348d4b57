"""Who may sign in."""

import sqlalchemy as sa

from triage.store.tables.base import SERIAL, UtcDateTime, id_column, metadata

people = sa.Table(
    "people",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, default=True, server_default=sa.true()),
    sa.Column("email", sa.Text, nullable=False, default="", server_default=""),  # where alerts go
    sa.Column("totp_secret", sa.Text, nullable=False, default="", server_default=""),  # empty: no second factor
    sa.Column("totp_last", sa.BigInteger, nullable=False, default=0, server_default="0"),  # the last time step used
    sa.Column("identity", sa.Text, nullable=False, default="", server_default=""),  # "issuer subject" of OpenID Connect
    sa.Column("stopped_at", SERIAL),  # the letter at which this person stopped
    sa.Column("stopped_on", UtcDateTime),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),  # SHA-256 of the cookie's token
    sa.Column("person_id", SERIAL, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("address", sa.Text, nullable=False, default="", server_default=""),
    sa.Column("browser", sa.Text, nullable=False, default="", server_default=""),
    sa.Column("pending", sa.Boolean, nullable=False, default=False, server_default=sa.false()),  # waits for its code
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),  # SHA-256 of the token in the link
    sa.Column("person_id", SERIAL, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
)
"""Links that let a person choose a password, once."""

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("person_id", SERIAL, sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("code_hash", sa.Text, primary_key=True),
)
"""Codes in place of the second factor, each good once: a used one is deleted."""

tokens = sa.Table(
    "tokens",
    metadata,
    id_column(),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),  # SHA-256
    sa.Column("person_id", SERIAL, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("seen_at", UtcDateTime),
)
"""Personal tokens for the API."""

house_log = sa.Table(
    "house_log",
    metadata,
    id_column(),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),  # in plain words: "made ali an editor"
)
"""What happened at the desk apart from letters: people, sign-ins, templates, settings. Append-only."""

sign_in_failures = sa.Table(
    "sign_in_failures",
    metadata,
    id_column(),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
)
