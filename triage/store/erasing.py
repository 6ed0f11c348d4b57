"""Letters whose words are removed: those of one reader on a wish, and those of anybody by age."""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.errors import Temporary
from triage.stages import Stage
from triage.store import belongings, house
from triage.store.collected import insert_new
from triage.store.database import BUSY_TIMEOUT_MS, Database
from triage.store.tables import (
    acknowledgements,
    bounces,
    erased_messages,
    erasures,
    letters,
    raw_messages,
    readings,
    replies,
)

FINISHED = (Stage.ANSWERED, Stage.ASIDE, Stage.LET_GO)
BATCH = 200


# ------------------------------------------------------------------ one reader


def of_reader(db: Database, addresses: Sequence[str]) -> list[int]:
    """The letters from these addresses, or that want their reply there or got it there, and the reports about those.

    `addresses` are in lower case, such as one address as people write it and as mail servers do.
    """
    wants = readings.c.letter["reply_to"]["email"].as_string()
    with db.read() as connection:
        found = set(
            connection.scalars(
                sa.union(
                    sa.select(letters.c.id).where(sa.func.lower(letters.c.sender_email).in_(addresses)),
                    sa.select(readings.c.letter_id).where(sa.func.lower(wants).in_(addresses)),
                    sa.select(replies.c.letter_id).where(sa.func.lower(replies.c.recipient).in_(addresses)),
                    sa.select(acknowledgements.c.letter_id).where(
                        sa.func.lower(acknowledgements.c.recipient).in_(addresses)
                    ),
                )
            )
        )
        return sorted(found | _reports(connection, sorted(found)))


def nameless(db: Database) -> list[int]:
    """The letters of which no sender is kept, such as those that wait to be read: their bytes have to be looked at."""
    with db.read() as connection:
        query = sa.select(letters.c.id).join(raw_messages, raw_messages.c.digest == letters.c.digest)
        return list(connection.scalars(query.where(letters.c.sender_email == "").order_by(letters.c.id)))


def _reports(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Mail from machines about replies to these letters, which quotes them."""
    found: set[int] = set()
    for some in belongings.chunks(ids):
        found.update(connection.scalars(sa.select(bounces.c.report_id).where(bounces.c.letter_id.in_(some))))
    return found


def erase(db: Database, ids: Sequence[int], *, reader: str, who: str, now: datetime) -> dict[str, datetime]:
    """Delete these letters for good; the digests of all messages that were ever erased, each with its time.

    A message that still lies on the server is known by its digest and does not come back. Call `scrub` afterwards.
    """
    with db.write("erase") as connection:
        reports = _reports(connection, ids)
        _erase(connection, sorted({*ids, *reports}), now)
        connection.execute(sa.insert(erasures).values(at=now, who=who, reader=_sealed(reader), letters=len(ids)))
        count = f"{len(ids)} letter{'' if len(ids) == 1 else 's'}"
        house.note(connection, who=who, what=f"erased {count} of one reader", now=now)
    return erased(db)


def erase_again(db: Database, digests: Mapping[str, datetime]) -> int:
    """Delete what a backup brought back although it had been erased; how many letters that were."""
    with db.write("erase-again") as connection:
        ids: list[int] = []
        names = list(digests)
        for start in range(0, len(names), BATCH):
            some = names[start : start + BATCH]
            ids += connection.scalars(sa.select(letters.c.id).where(letters.c.digest.in_(some)))
        if ids:
            _erase(connection, sorted({*ids, *_reports(connection, ids)}), max(digests.values()))
        insert_new(connection, erased_messages, [{"digest": name, "at": at} for name, at in digests.items()])
    return len(ids)


def _erase(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    for some in belongings.chunks(ids):
        digests = connection.scalars(sa.select(letters.c.digest).where(letters.c.id.in_(some))).all()
        insert_new(connection, erased_messages, [{"digest": name, "at": now} for name in digests])
    belongings.delete(connection, ids)


def erased(db: Database) -> dict[str, datetime]:
    """The digests of all messages that were erased, with the time."""
    with db.read() as connection:
        return {row.digest: row.at for row in connection.execute(sa.select(erased_messages))}


def erased_on(db: Database, reader: str) -> datetime | None:
    """When the letters of this address were last erased; None: never."""
    with db.read() as connection:
        query = sa.select(sa.func.max(erasures.c.at)).where(erasures.c.reader == _sealed(reader))
        at: datetime | None = connection.scalar(query)
    return at


def _sealed(reader: str) -> str:
    """An address as it is kept of an erasure: who has it can recognise it, and to guess it costs much."""
    address = reader.strip().lower().encode()
    return hashlib.scrypt(address, salt=b"triage erasure", n=2**14, r=8, p=1, dklen=16).hex()


# ------------------------------------------------------------------ by age


def forget(db: Database, before: datetime, *, reason: str, now: datetime) -> int:
    """Remove the words of the letters that were finished before a time; how many there were. Then call `scrub`."""
    done = 0
    while True:
        with db.write("forget") as connection:
            query = (
                sa.select(letters.c.id)
                .join(raw_messages, raw_messages.c.digest == letters.c.digest)
                .where(letters.c.stage.in_(FINISHED), letters.c.moved_at < before)
                .order_by(letters.c.id)
                .limit(BATCH)
            )
            ids = connection.scalars(query).all()
            if not ids:
                break
            belongings.forget(connection, ids, reason)
        done += len(ids)
    if done:
        with db.write("forgot") as connection:
            connection.execute(sa.insert(erasures).values(at=now, who="triage", reader="", letters=done, why=reason))
    return done


def is_forgotten(db: Database, letter_id: int) -> bool:
    """Whether the words of this letter were removed by age."""
    with db.read() as connection:
        query = sa.select(letters.c.id).outerjoin(raw_messages, raw_messages.c.digest == letters.c.digest)
        query = query.where(letters.c.id == letter_id, raw_messages.c.digest.is_(None))
        return connection.execute(query).one_or_none() is not None


# ------------------------------------------------------------------ the bytes


def scrub(db: Database) -> None:
    """Write the database anew without what was deleted, so that its bytes are gone from the disk of the database.

    Others wait meanwhile, one or two seconds for every 100 MB, and who has waited for 20 seconds tries again. Raises
    Temporary when there is no room for a copy.
    """
    if db.file is not None:
        try:
            with closing(sqlite3.connect(db.file, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)) as connection:
                # The index of words keeps what was deleted until its pieces are merged.
                connection.execute("INSERT INTO search_index(search_index) VALUES ('optimize')")
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise Temporary(
                f"The letters are deleted, but the file could not be written anew ({error}), so that their bytes may "
                "still be found in it. Next: see that the disk has room for a second copy, and do this again."
            ) from error
        return
    names = [each.table.name for each in belongings.BELONGINGS]
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in [*names, "search_index"]:
            connection.exec_driver_sql(f'VACUUM (FULL) "{name}"')
