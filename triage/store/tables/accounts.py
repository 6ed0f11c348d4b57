"""What the desk signs in to mail servers with, where that is not a password."""

import sqlalchemy as sa

from triage.store.tables.base import UtcDateTime, metadata

credentials = sa.Table(
    "credentials",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("secret", sa.LargeBinary, nullable=False),  # the tokens, encrypted with the key of the desk
    sa.Column("granted_at", UtcDateTime, nullable=False),
    sa.Column("granted_by", sa.Text, nullable=False, default=""),
    sa.Column("expires_at", UtcDateTime),  # of the grant, where the provider says so; not of one access token
    sa.Column("refreshed_at", UtcDateTime),
    sa.Column("error", sa.Text, nullable=False, default=""),  # why it could not be renewed, in plain words
    sa.Column("version", sa.Integer, nullable=False, default=1),
)
"""OAuth2 tokens of each inbox. Every renewal adds one to `version`, so that no process writes over a newer one."""
