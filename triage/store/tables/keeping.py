"""What was erased on somebody's wish or by age."""

import sqlalchemy as sa

from triage.store.tables.base import UtcDateTime, id_column, metadata

erasures = sa.Table(
    "erasures",
    metadata,
    id_column(),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("reader", sa.Text, nullable=False, default=""),  # HMAC of the address; empty: by age
    sa.Column("letters", sa.Integer, nullable=False),
    sa.Column("why", sa.Text, nullable=False, default=""),
)
"""That it was done, and of how many letters; nothing of what they said or who wrote them."""

erased_messages = sa.Table(
    "erased_messages",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),  # as in raw_messages
    sa.Column("at", UtcDateTime, nullable=False),
)
"""Messages that still lie in a folder on the server must not be collected again after they were erased."""
