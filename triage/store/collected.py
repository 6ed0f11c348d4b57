"""Messages as they come in. Saved first, acknowledged after: the cursor moves in the same commit."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from triage.errors import NotLetIn
from triage.records import FolderKey, Health, RawMessage
from triage.stages import Stage, Verb
from triage.store.database import Database
from triage.store.places import place
from triage.store.tables import audit, erased_messages, folders, letters, polls, raw_messages, sightings

MACHINE = "triage"


def digest(data: bytes) -> str:
    """The identity of a message: SHA-256 of its bytes, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _here(key: FolderKey) -> sa.ColumnElement[bool]:
    return sa.and_(
        sightings.c.account == key.account,
        sightings.c.folder == key.folder,
        sightings.c.uidvalidity == key.uidvalidity,
    )


def _key(key: FolderKey) -> dict[str, Any]:
    return {"account": key.account, "folder": key.folder, "uidvalidity": key.uidvalidity}


def cursor(db: Database, key: FolderKey, since: datetime | None) -> int:
    """The highest UID that has been dealt with; 0 for a new folder.

    When the configuration now counts letters from an earlier time than before, the folder is gone
    through again: what is known already is recognised and makes no second letter.
    """
    with db.read() as connection:
        row = connection.execute(sa.select(folders).filter_by(**_key(key))).one_or_none()
    if row is None:
        return 0
    if row.since is not None and (since is None or since < row.since):
        # Written down before the first message is fetched, so that an interrupted walk is taken up again.
        with db.write("collect-rewind") as connection:
            connection.execute(sa.update(folders).filter_by(**_key(key)).values(last_uid=0, since=since))
        return 0
    return int(row.last_uid)


def known_uids(db: Database, key: FolderKey, after_uid: int) -> set[int]:
    """UIDs above `after_uid` that need no first fetch: they were kept or are on the list of failures."""
    with db.read() as connection:
        query = sa.select(sightings.c.uid).where(_here(key), sightings.c.uid > after_uid)
        return set(connection.scalars(query))


def keep(
    db: Database,
    key: FolderKey,
    messages: Sequence[RawMessage],
    *,
    up_to: int,
    since: datetime | None,
    now: datetime,
) -> int:
    """Commit messages, their letters and the cursor at once; return how many letters are new.

    A message that was erased is passed over: it makes no letter again, wherever it lies on the server.
    """
    named = [(digest(message.data), message) for message in messages]
    by_digest = dict(named)
    with db.write("collect") as connection:
        here = sa.select(letters.c.digest).where(letters.c.digest.in_(by_digest))
        gone = sa.select(erased_messages.c.digest).where(erased_messages.c.digest.in_(by_digest))
        erased = set(connection.scalars(gone))
        known = erased.union(connection.scalars(here))
        fresh = {name: message for name, message in by_digest.items() if name not in known}
        insert_new(
            connection,
            raw_messages,
            [{"digest": name, "data": m.data, "full_size": m.full_size} for name, m in fresh.items()],
        )
        insert_new(connection, letters, [_letter_row(key, name, m.received_at, now) for name, m in fresh.items()])
        _note_collected(connection, list(fresh), now)
        kept = [message.uid for message in messages]
        connection.execute(sa.delete(sightings).where(_here(key), sightings.c.uid.in_(kept)))  # they failed before
        insert_new(
            connection,
            sightings,
            [
                {**_key(key), "uid": m.uid, "state": "kept", "digest": None if name in erased else name}
                for name, m in named
            ],
        )
        _advance(connection, key, up_to, since)
    return len(fresh)


def _letter_row(key: FolderKey, name: str, received_at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "digest": name,
        "account": key.account,
        "stage": Stage.COLLECTED,
        "received_at": received_at,
        "moved_at": now,
        "place": place(risk="", urgency="", deadline=None, received_at=received_at),
    }


def _note_collected(connection: Connection, digests: list[str], now: datetime) -> None:
    fresh = (
        sa.select(
            letters.c.id,
            sa.literal(now, audit.c.at.type),
            sa.literal(MACHINE),
            sa.literal(Verb.COLLECT.value),
            sa.literal(""),
            letters.c.stage,
            letters.c.reason,
        )
        .where(letters.c.digest.in_(digests), ~sa.exists().where(audit.c.letter_id == letters.c.id))
        .order_by(letters.c.id)
    )
    columns = ["letter_id", "at", "who", "verb", "before", "after", "why"]
    connection.execute(sa.insert(audit).from_select(columns, fresh))


def _advance(connection: Connection, key: FolderKey, up_to: int, since: datetime | None) -> None:
    changed = connection.execute(
        sa.update(folders)
        .filter_by(**_key(key))
        .values(
            last_uid=sa.case((folders.c.last_uid < up_to, up_to), else_=folders.c.last_uid),
            since=since,
        )
    )
    if changed.rowcount == 0:
        insert_new(connection, folders, [{**_key(key), "last_uid": up_to, "since": since}])


def note_failure(db: Database, key: FolderKey, uid: int, reason: str, *, limit: int, now: datetime) -> bool:
    """Count one failed try of a UID; after `limit` tries put it before a person. True once given up."""
    with db.write("collect-failure") as connection:
        row = connection.execute(
            sa.select(sightings.c.tries).where(_here(key), sightings.c.uid == uid).with_for_update()
        ).one_or_none()
        tries = (row.tries if row else 0) + 1
        given_up = tries >= limit
        name = f"not-collected:{digest(f'{key}{uid}'.encode())}" if given_up else None
        values = {"tries": tries, "reason": reason, "state": "given_up" if given_up else "failing", "digest": name}
        if row is None:
            connection.execute(sa.insert(sightings).values(**_key(key), uid=uid, **values))
        else:
            connection.execute(sa.update(sightings).where(_here(key), sightings.c.uid == uid).values(**values))
        if name:
            insert_new(connection, raw_messages, [{"digest": name, "data": b"", "full_size": 0}])
            letter = _letter_row(key, name, now, now) | {
                "stage": Stage.STUCK,
                "subject": "(a message that could not be collected)",
                "reason": f"The mail server could not hand over message {uid} in {key.folder} after {tries} tries: "
                f"{reason} Next: open that folder in your mail program and answer it there.",
            }
            insert_new(connection, letters, [letter])
            _note_collected(connection, [name], now)
    return given_up


def forget(db: Database, key: FolderKey, uids: Sequence[int]) -> None:
    """Drop failing UIDs that have left the folder: somebody deleted or moved the message."""
    with db.write("collect-forget") as connection:
        connection.execute(
            sa.delete(sightings).where(_here(key), sightings.c.uid.in_(uids), sightings.c.state == "failing")
        )


def failing(db: Database, key: FolderKey) -> list[int]:
    """UIDs that could not be fetched yet and are to be tried again, ascending."""
    with db.read() as connection:
        query = sa.select(sightings.c.uid).where(_here(key), sightings.c.state == "failing").order_by(sightings.c.uid)
        return list(connection.scalars(query))


def tally(db: Database, key: FolderKey) -> tuple[int, int]:
    """How many messages of a folder are dealt with, and how many could not be fetched."""
    with db.read() as connection:
        query = sa.select(sightings.c.state, sa.func.count().label("messages")).where(_here(key))
        counted = {row.state: row.messages for row in connection.execute(query.group_by(sightings.c.state))}
    kept = int(counted.pop("kept", 0))
    return kept, sum(counted.values())


def unmarked(db: Database, key: FolderKey, limit: int) -> list[int]:
    """Kept UIDs for which `after_collect` has not been done on the server yet, ascending."""
    with db.read() as connection:
        query = (
            sa.select(sightings.c.uid)
            .where(_here(key), sightings.c.state == "kept", sightings.c.marked.is_(False))
            .order_by(sightings.c.uid)
            .limit(limit)
        )
        return list(connection.scalars(query))


def note_marked(db: Database, key: FolderKey, uids: Sequence[int]) -> None:
    """Record that `after_collect` has been done for these UIDs."""
    with db.write("collect-marked") as connection:
        connection.execute(sa.update(sightings).where(_here(key), sightings.c.uid.in_(uids)).values(marked=True))


def note_poll(db: Database, account: str, *, now: datetime, error: str = "", kind: str = "") -> int:
    """Record how a poll went; return the number of failures in a row. `kind` is that of the error."""
    with db.write("poll") as connection:
        row = connection.execute(sa.select(polls).filter_by(account=account).with_for_update()).one_or_none()
        failures = (row.failures if row else 0) + 1 if error else 0
        refusals = (row.refusals if row else 0) + (kind == NotLetIn.__name__) if error else 0
        values = {"polled_at": now, "failures": failures, "error": error, "kind": kind, "refusals": refusals}
        if not error:
            values["succeeded_at"] = now
        if row is None:
            insert_new(connection, polls, [{"account": account, **values}])
        else:
            connection.execute(sa.update(polls).filter_by(account=account).values(**values))
    return failures


def health(db: Database) -> list[Health]:
    """How polling goes, for each inbox that was ever polled."""
    with db.read() as connection:
        return [Health(**row._mapping) for row in connection.execute(sa.select(polls).order_by(polls.c.account))]


def insert_new(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, passing over those whose key is there already (another process was first)."""
    if rows:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)
