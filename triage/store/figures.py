"""What is counted for the page of figures. Every count is made by the database; times come back in UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from triage.records import Kind, Phase
from triage.stages import Stage, Verb
from triage.store.database import Database
from triage.store.tables import LIVE, attempts, audit, decisions, edits, letter_topics, letters, readings, replies

ANSWERS_LOOKED_AT = 5_000  # the latest of a period; more of them move a median no more


@dataclass(frozen=True, slots=True)
class Hour:
    """How many letters came in one hour; `topic` is empty where topics are not told apart."""

    start: datetime
    topic: str
    letters: int


@dataclass(frozen=True, slots=True)
class Corrected:
    """What the machine read in a letter and what a person said of it."""

    read: tuple[str, ...]
    said: tuple[str, ...]


def collected(db: Database, since: datetime) -> list[Hour]:
    """Letters by the hour in which they came; mail that is no letter is left out."""
    hour = _hour(db, letters.c.received_at)
    query = sa.select(hour, sa.func.count()).where(letters.c.received_at >= since, letters.c.kind == Kind.LETTER)
    with db.read() as connection:
        return [Hour(_at(text), "", count) for text, count in connection.execute(query.group_by(hour))]


def answered(db: Database, since: datetime) -> list[Hour]:
    """Answers by the hour in which the mail server took them."""
    hour = _hour(db, letters.c.moved_at)
    query = sa.select(hour, sa.func.count()).where(letters.c.moved_at >= since, letters.c.stage == Stage.ANSWERED)
    with db.read() as connection:
        return [Hour(_at(text), "", count) for text, count in connection.execute(query.group_by(hour))]


def topics(db: Database, since: datetime) -> list[Hour]:
    """Letters by topic and hour. A letter with two topics counts for each."""
    hour = _hour(db, letters.c.received_at)
    query = (
        sa.select(hour, letter_topics.c.topic, sa.func.count())
        .join(letters, letters.c.id == letter_topics.c.letter_id)
        .where(letters.c.received_at >= since)
        .group_by(hour, letter_topics.c.topic)
    )
    with db.read() as connection:
        return [Hour(_at(text), topic, count) for text, topic, count in connection.execute(query)]


def waits(db: Database, since: datetime) -> list[tuple[datetime, datetime]]:
    """When each of the latest answered letters came and when it was answered."""
    query = (
        sa.select(letters.c.received_at, letters.c.moved_at)
        .where(letters.c.moved_at >= since, letters.c.stage == Stage.ANSWERED)
        .order_by(letters.c.moved_at.desc())
        .limit(ANSWERS_LOOKED_AT)
    )
    with db.read() as connection:
        return [(row.received_at, row.moved_at) for row in connection.execute(query)]


def sentences(db: Database, since: datetime) -> list[tuple[str, int, int]]:
    """For each template ("topic@version") how many sentences were drafted, and how many were signed as they were."""
    live = sa.select(replies.c.letter_id).where(LIVE)
    kept = sa.func.count().filter(edits.c.distance == 0)
    query = (
        sa.select(edits.c.template, sa.func.count(), kept)
        .where(edits.c.made_at >= since, edits.c.letter_id.in_(live))
        .group_by(edits.c.template)
    )
    with db.read() as connection:
        return [(template, drafted, same) for template, drafted, same in connection.execute(query)]


def corrections(db: Database, since: datetime) -> list[Corrected]:
    """The letters whose topics people set outright; of each the newest word."""
    newest = sa.select(sa.func.max(decisions.c.id)).group_by(decisions.c.letter_id)
    query = (
        sa.select(decisions.c.topics, readings.c.assessment["topics"].label("read"))
        .join(readings, readings.c.letter_id == decisions.c.letter_id)
        .where(decisions.c.id.in_(newest), decisions.c.origin == "corrected", decisions.c.made_at >= since)
    )
    with db.read() as connection:
        return [
            Corrected(read=tuple(score["topic"] for score in row.read or ()), said=tuple(row.topics))
            for row in connection.execute(query)
        ]


def sends(db: Database, since: datetime) -> dict[Phase, int]:
    """How attempts to send ended. A reply that was tried twice counts twice."""
    query = sa.select(attempts.c.phase, sa.func.count()).where(attempts.c.started_at >= since)
    with db.read() as connection:
        found = {Phase(phase): count for phase, count in connection.execute(query.group_by(attempts.c.phase))}
    return {phase: found.get(phase, 0) for phase in Phase}


def decided_by_people(db: Database, since: datetime, verbs: Sequence[Verb]) -> dict[Verb, int]:
    """How often people used these verbs."""
    count = sa.func.count().label("times")
    query = sa.select(audit.c.verb, count).where(audit.c.at >= since, audit.c.verb.in_(verbs))
    with db.read() as connection:
        found = {row.verb: row.times for row in connection.execute(query.group_by(audit.c.verb))}
    return {verb: found.get(verb, 0) for verb in verbs}


def _hour(db: Database, column: sa.Column[datetime]) -> sa.ColumnElement[str]:
    if db.is_sqlite:
        return sa.func.strftime("%Y-%m-%d %H", column)
    return sa.func.to_char(sa.func.timezone("UTC", column), "YYYY-MM-DD HH24")


def _at(hour: str) -> datetime:
    return datetime.fromisoformat(f"{hour}:00:00+00:00")
