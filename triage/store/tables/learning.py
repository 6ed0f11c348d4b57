"""What was learned from decisions."""

import sqlalchemy as sa

from triage.store.tables.base import SERIAL, UtcDateTime, id_column, metadata

learned = sa.Table(
    "learned",
    metadata,
    sa.Column("version", SERIAL, primary_key=True),
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
    id_column(),
    sa.Column("version", sa.BigInteger, nullable=False),  # of `learned`; 0: the pipeline as it came
    sa.Column("at", UtcDateTime, nullable=False),
)
"""Which version the desk reads with. Append-only; the newest row counts."""
