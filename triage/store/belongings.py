"""Every table with anything of a letter in it, named once: what is taken out, erased or forgotten follows from here.

A test walks over all tables and fails when one belongs to letters and is not in `BELONGINGS`, and when a column that
can hold text is neither emptied by `forget` nor said to hold nothing of the letter.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.store.tables import (
    acknowledgements,
    alerts,
    attempts,
    audit,
    bounces,
    decisions,
    deliveries,
    draft_copies,
    drafts,
    edits,
    letter_topics,
    letters,
    people,
    raw_messages,
    readings,
    replies,
    search_texts,
    second_readings,
    sightings,
    stated,
    vectors,
)

CHUNK = 200  # letters at a time
TEXT_GONE = b"Subject: (removed)\r\n\r\nThe text of this reply was removed.\r\n"

Rows = Callable[[Sequence[int]], sa.ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Belonging:
    """A table, which of its rows belong to the letters with given ids, and what is left when those are forgotten."""

    table: sa.Table
    of: Rows
    emptied: Mapping[str, Any] | None = None  # by `forget`; None: the rows are deleted
    harmless: tuple[str, ...] = field(default=())  # columns that can hold text, and nothing of what a letter says


def _own(table: sa.Table) -> Rows:
    return table.c.letter_id.in_


def _replies_of(ids: Sequence[int]) -> sa.Select[Any]:
    return sa.select(replies.c.id).where(replies.c.letter_id.in_(ids))


def _digests_of(ids: Sequence[int]) -> sa.Select[Any]:
    return sa.select(letters.c.digest).where(letters.c.id.in_(ids))


BELONGINGS = (
    Belonging(
        deliveries,
        lambda ids: deliveries.c.audit_id.in_(sa.select(audit.c.id).where(audit.c.letter_id.in_(ids))),
        emptied={},
        harmless=("event", "error"),
    ),
    Belonging(
        attempts, lambda ids: attempts.c.reply_id.in_(_replies_of(ids)), emptied={"text": ""}, harmless=("phase",)
    ),
    Belonging(
        bounces,
        lambda ids: sa.or_(bounces.c.letter_id.in_(ids), bounces.c.report_id.in_(ids)),
        emptied={"said": ""},
        harmless=("action", "status"),
    ),
    Belonging(
        acknowledgements,
        _own(acknowledgements),
        emptied={"recipient": "", "message": b"", "error": ""},
        harmless=("account", "message_id", "phase"),  # the Message-ID is the desk's own
    ),
    Belonging(draft_copies, _own(draft_copies)),
    Belonging(alerts, _own(alerts), emptied={}, harmless=("kind", "person", "error")),
    Belonging(second_readings, _own(second_readings), emptied={}, harmless=("person",)),
    Belonging(stated, _own(stated)),
    Belonging(decisions, _own(decisions), emptied={"evidence": []}, harmless=("topics", "cases", "origin", "person")),
    # What a sentence was and became goes; that it was kept or changed stays, for the report on templates.
    Belonging(edits, _own(edits), emptied={"drafted": "", "signed": ""}, harmless=("template", "case", "block")),
    Belonging(vectors, _own(vectors)),
    Belonging(drafts, _own(drafts)),
    Belonging(search_texts, _own(search_texts)),  # the index beside it follows by itself
    Belonging(letter_topics, _own(letter_topics), emptied={}, harmless=("topic",)),
    Belonging(readings, _own(readings)),
    Belonging(audit, _own(audit), emptied={"why": ""}, harmless=("who", "verb", "before", "after")),
    Belonging(
        replies,
        _own(replies),
        emptied={"recipient": "", "message": TEXT_GONE, "copy_error": ""},
        harmless=("account", "message_id", "provider_id", "mail_from", "approved_by"),
    ),
    Belonging(raw_messages, lambda ids: raw_messages.c.digest.in_(_digests_of(ids))),
    Belonging(
        sightings,
        lambda ids: sightings.c.digest.in_(_digests_of(ids)),
        emptied={"reason": ""},
        harmless=("account", "folder", "state", "digest"),
    ),
    Belonging(
        letters,
        letters.c.id.in_,
        emptied={"subject": "", "sender_name": "", "sender_email": "", "message_id": "", "deadline": None},
        harmless=(
            *("digest", "account", "stage", "kind", "topics", "urgency", "risk", "place", "assigned_to", "taken_by"),
            "reason",  # set anew
        ),
    ),
)
"""In the order in which rows can be deleted."""


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in pieces that fit into one statement."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def count(connection: Connection, ids: Sequence[int]) -> dict[str, int]:
    """How many rows belong to these letters, by table."""
    found = dict.fromkeys((each.table.name for each in BELONGINGS), 0)
    for some in chunks(ids):
        for each in BELONGINGS:
            query = sa.select(sa.func.count()).select_from(each.table).where(each.of(some))
            found[each.table.name] += connection.scalar(query) or 0
    return found


def rows(connection: Connection, letter_id: int) -> dict[str, list[dict[str, Any]]]:
    """Everything that belongs to one letter, by table, as it lies there."""
    return {
        each.table.name: [
            dict(row._mapping) for row in connection.execute(sa.select(each.table).where(each.of([letter_id])))
        ]
        for each in BELONGINGS
    }


def delete(connection: Connection, ids: Sequence[int]) -> None:
    """Delete these letters with everything that belongs to them.

    That a message on the server was seen stays, so that its UID is not asked for again, but not which one it was.
    """
    for some in chunks(ids):
        connection.execute(sa.update(people).where(people.c.stopped_at.in_(some)).values(stopped_at=None))
        for each in BELONGINGS:
            if each.table is sightings:
                connection.execute(sa.update(sightings).where(each.of(some)).values(digest=None, reason=""))
            elif each.table is not letters and each.table is not raw_messages:
                connection.execute(sa.delete(each.table).where(each.of(some)))
        connection.execute(sa.delete(raw_messages).where(raw_messages.c.digest.in_(_digests_of(some))))
        connection.execute(sa.delete(letters).where(letters.c.id.in_(some)))


def forget(connection: Connection, ids: Sequence[int], reason: str) -> None:
    """Remove what these letters say and who wrote them; what the figures count stays."""
    for some in chunks(ids):
        for each in BELONGINGS:
            if each.emptied is None:
                connection.execute(sa.delete(each.table).where(each.of(some)))
            elif each.emptied:
                connection.execute(sa.update(each.table).where(each.of(some)).values(**each.emptied))
        connection.execute(
            sa.update(letters).where(letters.c.id.in_(some)).values(reason=reason, version=letters.c.version + 1)
        )
