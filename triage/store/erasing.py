"""Letters whose words are removed: those of one reader on a wish, and those of anybody by age."""

import hashlib
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from triage.errors import Temporary
from triage.records import Letter
from triage.stages import Stage
from triage.store import belongings, house
from triage.store.collected import MACHINE, insert_new
from triage.store.database import BUSY_TIMEOUT_MS, Database
from triage.store.drafts import LETTER
from triage.store.tables import (
    acknowledgements,
    bounces,
    erased_messages,
    erasures,
    letters,
    raw_messages,
    readings,
    replies,
    search_texts,
)

FINISHED = (Stage.ANSWERED, Stage.ASIDE, Stage.LET_GO)
BATCH = 200
AGAIN = "They had been erased, and a backup brought them back."
SCRUBBED = "Its bytes are gone from the disk of the database."
ANEW = "The database was written anew, so that no bytes of anything deleted are left on its disk."


# ------------------------------------------------------------------ one reader


def addressed(db: Database) -> Iterator[tuple[int, str]]:
    """Each letter with each address that it came from, that it wants its reply at, or that got something for it.

    Whose they are is for the caller to say: databases differ in what they take for the same letters of an alphabet.
    """
    wants = readings.c.letter["reply_to"]["email"].as_string()
    queries = (
        sa.select(letters.c.id, letters.c.sender_email).where(letters.c.sender_email != ""),
        sa.select(readings.c.letter_id, wants).where(wants.is_not(None)),
        sa.select(replies.c.letter_id, replies.c.recipient),
        sa.select(acknowledgements.c.letter_id, acknowledgements.c.recipient),
    )
    with db.read() as connection:
        for query in queries:
            yield from ((row[0], row[1]) for row in connection.execute(query).all())


def mentioning(db: Database, pieces: Collection[str]) -> Iterator[tuple[int, Letter | None, str]]:
    """The letters that hold one of these pieces of text, each with all the text in it and in its reply's latest draft.

    Pieces are plain ASCII, so that both databases find them in capitals too. None where a reading cannot be used.
    """
    where = [
        column.icontains(piece, autoescape=True)
        for piece in pieces
        for column in (sa.cast(readings.c.letter, sa.Text), search_texts.c.reply)
    ]
    query = sa.select(readings.c.letter_id, readings.c.letter, search_texts.c.reply)
    query = query.outerjoin(search_texts, search_texts.c.letter_id == readings.c.letter_id).where(sa.or_(*where))
    with db.read() as connection:
        rows = connection.execute(query.order_by(readings.c.letter_id)).all()
    for row in rows:
        text = "\n".join((*_strings(row.letter), row.reply or ""))
        try:
            yield row.letter_id, LETTER.validate_python(row.letter), text
        except ValueError:
            yield row.letter_id, None, text


def _strings(value: object) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def nameless(db: Database) -> list[int]:
    """The letters of which no sender is kept, such as those that wait to be read: their bytes have to be looked at."""
    with db.read() as connection:
        query = sa.select(letters.c.id).join(raw_messages, raw_messages.c.digest == letters.c.digest)
        return list(connection.scalars(query.where(letters.c.sender_email == "").order_by(letters.c.id)))


def reports(db: Database, ids: Sequence[int]) -> set[int]:
    """Mail from machines about replies to these letters, which quotes them."""
    with db.read() as connection:
        return _reports(connection, ids)


def _reports(connection: Connection, ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for some in belongings.chunks(ids):
        found.update(connection.scalars(sa.select(bounces.c.report_id).where(bounces.c.letter_id.in_(some))))
    return found


def erase(db: Database, ids: Sequence[int], *, reader: str, who: str, now: datetime) -> None:
    """Delete these letters for good.

    A message that still lies on the server is known by its digest and does not come back. Call `scrub` afterwards.
    """
    with db.write("erase") as connection:
        reports = _reports(connection, ids)
        _erase(connection, sorted({*ids, *reports}), now)
        connection.execute(sa.insert(erasures).values(at=now, who=who, reader=_sealed(reader), letters=len(ids)))
        count = f"{len(ids)} letter{'' if len(ids) == 1 else 's'}"
        house.note(connection, who=who, what=f"erased {count} of one reader", now=now)


def erase_again(db: Database, digests: Mapping[str, datetime]) -> int:
    """Delete what a backup brought back although it had been erased; how many letters that were."""
    with db.write("erase-again") as connection:
        ids: list[int] = []
        names = list(digests)
        for start in range(0, len(names), BATCH):
            some = names[start : start + BATCH]
            ids += connection.scalars(sa.select(letters.c.id).where(letters.c.digest.in_(some)))
        if ids:
            at = max(digests.values())
            _erase(connection, sorted({*ids, *_reports(connection, ids)}), at)
            connection.execute(sa.insert(erasures).values(at=at, who=MACHINE, letters=len(ids), why=AGAIN))
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
            if ids:
                belongings.forget(connection, ids, reason)
                connection.execute(sa.insert(erasures).values(at=now, who=MACHINE, letters=len(ids), why=reason))
        done += len(ids)
        if len(ids) < BATCH:
            return done


def is_forgotten(db: Database, letter_id: int) -> bool:
    """Whether the words of this letter were removed by age."""
    with db.read() as connection:
        query = sa.select(letters.c.id).outerjoin(raw_messages, raw_messages.c.digest == letters.c.digest)
        query = query.where(letters.c.id == letter_id, raw_messages.c.digest.is_(None))
        return connection.execute(query).one_or_none() is not None


# ------------------------------------------------------------------ the bytes


def is_scrubbed(db: Database) -> bool:
    """Whether the bytes of all that was erased or forgotten are gone: else `scrub` failed, or was never reached."""
    with db.read() as connection:
        newest = connection.scalar(sa.select(erasures.c.why).order_by(erasures.c.id.desc()).limit(1))
    return newest in (None, SCRUBBED, ANEW)


def scrub(db: Database, now: datetime, *, at_most: int | None = None) -> None:
    """Write the database anew without what was deleted, so that its bytes are gone from the disk of the database.

    Others wait meanwhile, one or two seconds for every 100 MB, and who has waited for 20 seconds tries again. A SQLite
    file of more than `at_most` bytes is written anew once and then left as it is: each connection overwrites what it
    deletes, but those of earlier versions did so only where SQLite was built for it. Raises Temporary when there is no
    room for a copy, or no time without others; then it is still to be done.
    """
    last = sa.select(sa.func.max(erasures.c.id))
    anew = sa.select(erasures.c.id).where(erasures.c.why == ANEW).limit(1)
    with db.read() as connection:
        before, known_clean = connection.scalar(last), connection.scalar(anew) is not None
    whole = db.file is None or at_most is None or not known_clean or db.size() <= at_most
    try:
        if db.file is not None:
            _scrub_file(db.file, whole=whole)
        else:
            _scrub_tables(db)
    except (sqlite3.Error, DBAPIError) as error:
        said = error.orig if isinstance(error, DBAPIError) else error
        raise Temporary(
            f"The letters are deleted, but the database could not be written anew ({str(said).strip()}), so that their "
            "bytes may still be found in it. Next: see that the disk has room for a second copy, and do this again."
        ) from error
    with db.write("scrubbed") as connection:
        if before is not None and connection.scalar(last) == before:  # or more was deleted meanwhile
            done = ANEW if whole else SCRUBBED
            connection.execute(sa.insert(erasures).values(at=now, who=MACHINE, letters=0, why=done))


def _scrub_file(file: Path, *, whole: bool) -> None:
    with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        # The index of words keeps what was deleted until its pieces are merged.
        connection.execute("INSERT INTO search_index(search_index) VALUES ('optimize')")
        if whole:
            connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _scrub_tables(db: Database) -> None:
    names = [each.table.name for each in belongings.BELONGINGS]
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # nobody else gets it with this limit; behind one who waits for a table all others wait
        connection.exec_driver_sql(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        for name in [*names, "search_index"]:
            connection.exec_driver_sql(f'VACUUM (FULL) "{name}"')
