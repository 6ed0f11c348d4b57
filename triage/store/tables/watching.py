"""How the service is: when each of its steps last ran, what troubles it, and whether sending is held."""

import sqlalchemy as sa

from triage.store.tables.base import UtcDateTime, id_column, metadata

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("every_seconds", sa.Float, nullable=False),
    sa.Column("began_at", UtcDateTime, nullable=False),
    sa.Column("succeeded_at", UtcDateTime),
    sa.Column("error", sa.Text, nullable=False, default=""),  # the kind of error only, never its text
)
"""Each step of the schedule, so that one that has stopped is seen from any process."""

troubles = sa.Table(
    "troubles",
    metadata,
    id_column(),
    sa.Column("kind", sa.Text, nullable=False),  # one of triage.desk.watching.Kind
    sa.Column("about", sa.Text, nullable=False, default=""),  # an account or a step; empty: the whole desk
    sa.Column("said", sa.Text, nullable=False),  # plain words, without anything of a letter
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("told", sa.Integer, nullable=False, default=0),  # how often people were told that it is there
    sa.Column("told_at", UtcDateTime),  # the last time
    sa.Column("end_told_at", UtcDateTime),  # when they were told that it is over
    sa.Column("tries", sa.Integer, nullable=False, default=0),  # to tell them, since they were last told
    sa.Column("next_try_at", UtcDateTime, nullable=False),
    sa.Column("error", sa.Text, nullable=False, default=""),  # why people could not be told
)
_open = sa.text("ended_at IS NULL")
sa.Index("uq_troubles_open", troubles.c.kind, troubles.c.about, unique=True, sqlite_where=_open, postgresql_where=_open)
"""What is wrong with the service and whom it was told to. A trouble is open once for each account."""

holds = sa.Table(
    "holds",
    metadata,
    id_column(),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),  # nothing that was sent later is known here
    sa.Column("compared_at", UtcDateTime),  # when every inbox was last compared with its Sent folder
    sa.Column("finding", sa.Text, nullable=False, default=""),  # what hinders that, in plain words
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_by", sa.Text, nullable=False, default=""),
)
"""While one has not ended nothing is sent, by any process."""
