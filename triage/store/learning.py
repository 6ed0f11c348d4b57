"""What people decided letters are about, and what was learned from it. Rows are only ever added.

Decisions stand apart from the machine's reading, which they never change; lessons are put together
anew from the letters each time, so a letter that is gone teaches nothing from then on.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from triage.errors import Conflict
from triage.lessons import Decision, Learned, Lesson, Version
from triage.records import Draft, Slip
from triage.stages import Verb
from triage.store import drafts, house, search
from triage.store.database import Database
from triage.store.moves import check_unchanged, note
from triage.store.tables import LIVE, decisions, learned, learned_choices, letters, readings, replies

# An approval teaches while it stands: one that was called back says nothing about the draft.
_STANDS = sa.or_(
    decisions.c.origin == "corrected",
    sa.exists().where(replies.c.letter_id == decisions.c.letter_id, LIVE),
)
_NEWEST = decisions.c.id.in_(sa.select(sa.func.max(decisions.c.id)).group_by(decisions.c.letter_id))

# ------------------------------------------------------------------ decisions


def decide(db: Database, decision: Decision, *, seen: Slip, draft: Draft | None) -> int:
    """Keep a person's decision on a letter, and the draft that the machine made anew for it, if any.

    Returns the number of that draft's revision, or 0. Raises Conflict when the letter is no longer as in `seen`.
    """
    number = decision.letter_id
    with db.write("topics") as connection:
        check_unchanged(connection, seen)
        _add(connection, decision)
        connection.execute(
            sa.update(letters)
            .where(letters.c.id == number)
            .values(topics=list(decision.topics), version=letters.c.version + 1)
        )
        search.keep_topics(connection, number, decision.topics)
        cases = dict(decision.cases)
        said = ", ".join(f"{t}/{cases[t]}" if cases.get(t) else t for t in decision.topics) or "none of them"
        stage = seen.stage
        note(
            connection,
            number,
            Verb.TOPICS,
            who=decision.person,
            now=decision.made_at,
            before=stage,
            after=stage,
            why=said,
        )
        return drafts.add_anew(connection, seen, draft, now=decision.made_at) if draft else 0


def note_approval(connection: Connection, decision: Decision) -> None:
    """Keep what an approval says of the topics, in the approval's own transaction.

    A letter that has a decision keeps it: what a person said of the topics outright counts for more,
    and an approval that follows one is of a draft made with the same topics.
    """
    if not newest(connection, [decision.letter_id]):
        _add(connection, decision)


def newest(connection: Connection, letter_ids: Sequence[int]) -> dict[int, Decision]:
    """The decision that counts for each of these letters that has one."""
    last = sa.select(sa.func.max(decisions.c.id)).where(decisions.c.letter_id.in_(letter_ids))
    query = sa.select(decisions).where(decisions.c.id.in_(last.group_by(decisions.c.letter_id)))
    return {row.letter_id: _decision(row) for row in connection.execute(query)}


def _add(connection: Connection, decision: Decision) -> None:
    connection.execute(
        sa.insert(decisions).values(
            letter_id=decision.letter_id,
            topics=list(decision.topics),
            evidence=[list(piece) for piece in decision.evidence],
            cases=[list(pair) for pair in decision.cases],
            origin=decision.origin,
            person=decision.person,
            made_at=decision.made_at,
        )
    )


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        letter_id=row.letter_id,
        topics=tuple(row.topics),
        evidence=_evidence(row),
        cases=tuple((topic, case) for topic, case in row.cases),
        origin=row.origin,
        person=row.person,
        made_at=row.made_at,
    )


def _evidence(row: Row[Any]) -> tuple[tuple[str, int, int], ...]:
    return tuple((topic, start, end) for topic, start, end in row.evidence)


# ------------------------------------------------------------------ lessons


def fresh(db: Database) -> int:
    """How many letters have a decision that no version has learned from yet."""
    learned_up_to = sa.select(sa.func.coalesce(sa.func.max(learned.c.up_to), 0)).scalar_subquery()
    query = sa.select(sa.func.count()).select_from(decisions).where(_NEWEST, _STANDS, decisions.c.id > learned_up_to)
    with db.read() as connection:
        return int(connection.scalar(query) or 0)


def lessons(db: Database) -> tuple[list[Lesson], int]:
    """What all decisions teach, the oldest first, and the number of the newest decision there is."""
    query = (
        sa.select(decisions, readings.c.letter)
        .join(readings, readings.c.letter_id == decisions.c.letter_id)
        .where(_NEWEST, _STANDS)
        .order_by(decisions.c.id)
    )
    with db.read() as connection:
        up_to = connection.scalar(sa.select(sa.func.max(decisions.c.id))) or 0
        return list(_lessons(connection.execute(query))), int(up_to)


def _lessons(rows: sa.CursorResult[Any]) -> Iterator[Lesson]:
    for row in rows:
        try:
            letter = drafts.LETTER.validate_python(row.letter)
        except ValueError:  # a reading that cannot be used is a matter for its letter's page, not for the others
            continue
        yield Lesson(
            letter_id=row.letter_id,
            subject=letter.subject,
            body=letter.body,
            topics=tuple(row.topics),
            evidence=_evidence(row),
        )


# ------------------------------------------------------------------ what was learned


def keep(db: Database, new: Learned, *, use: bool, up_to: int, now: datetime) -> int:
    """Keep a new version, and put it to `use`; return its number.

    `up_to` is the newest decision that it learned from.
    """
    with db.write("learn") as connection:
        kept = connection.execute(
            sa.insert(learned)
            .values(
                made_at=now,
                model=new.model,
                lessons=new.lessons,
                before=new.before,
                after=new.after,
                told=new.told,
                data=new.data,
                promoted=use,
                up_to=up_to,
            )
            .returning(learned.c.version)
        )
        number = int(kept.scalar_one())
        if use:
            _choose(connection, number, now)
    return number


def choose(db: Database, number: int, *, now: datetime, who: str) -> None:
    """Let the desk read with this version from now on; 0: the pipeline as it came. Conflict when there is none such."""
    with db.write("use") as connection:
        known = number == 0 or connection.scalar(sa.select(sa.exists().where(learned.c.version == number)))
        if not known:
            raise Conflict(f"There is no version {number}. Next: `triage train --list` shows the ones that there are.")
        if _in_use(connection) != number:
            _choose(connection, number, now)
            what = f"version {number} of what was learned" if number else "the pipeline as it came"
            house.note(connection, who=who, what=f"let the desk read with {what}", now=now)


def in_use(db: Database) -> int:
    """The version that the desk reads with; 0: the pipeline as it came."""
    with db.read() as connection:
        return _in_use(connection)


def data(db: Database, number: int) -> bytes | None:
    """What was learned in this version; None for 0."""
    with db.read() as connection:
        found = connection.scalar(sa.select(learned.c.data).where(learned.c.version == number))
    return None if found is None else bytes(found)


def versions(db: Database) -> list[Version]:
    """Every version, the oldest first."""
    columns = [column for column in learned.c if column.name != "data"]
    with db.read() as connection:
        current = _in_use(connection)
        return [
            Version(
                number=row.version,
                made_at=row.made_at,
                model=row.model,
                lessons=row.lessons,
                before=row.before,
                after=row.after,
                told=row.told,
                promoted=row.promoted,
                in_use=row.version == current,
            )
            for row in connection.execute(sa.select(*columns).order_by(learned.c.version))
        ]


def _choose(connection: Connection, number: int, now: datetime) -> None:
    connection.execute(sa.insert(learned_choices).values(version=number, at=now))


def _in_use(connection: Connection) -> int:
    query = sa.select(learned_choices.c.version).order_by(learned_choices.c.id.desc()).limit(1)
    return int(connection.scalar(query) or 0)
