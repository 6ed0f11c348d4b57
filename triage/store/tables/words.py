"""What replies are made of and how the desk is set up, as people changed it at the desk."""

import sqlalchemy as sa

from triage.store.tables.base import UtcDateTime, id_column, metadata

facts = sa.Table(
    "facts",
    metadata,
    id_column(),
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

texts = sa.Table(
    "texts",
    metadata,
    id_column(),
    sa.Column("kind", sa.Text, nullable=False),  # template | voice
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # empty: as in the file again
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False, default=""),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Index("ix_texts_kind_name", "kind", "name"),
)
"""Templates and voices as people changed them at the desk. Append-only; the newest of a kind and name counts."""

choices = sa.Table(
    "choices",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False, index=True),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)
"""How the desk is set up, as chosen on its page. Append-only; the newest of a name counts."""
