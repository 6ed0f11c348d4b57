"""Finding letters: the lists in pages, the letters of one reader, and the words of letters and replies.

No page is found by counting over those before it: each begins after the last letter of the one before.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.records import Slip
from triage.stages import Stage
from triage.store.database import Database
from triage.store.filters import EVERYTHING, Filters
from triage.store.letters import in_order, to_slip
from triage.store.places import QUEUE, Mark, Span
from triage.store.tables import UtcDateTime, letters, search_texts

PAGE = 50
FOUND = 20  # on a page of what was found, where each has an excerpt
LOOKED_THROUGH = 1_000
"""So many letters with the words are put in order by how well they fit; of more, the newest."""
NEAR = 10_000
"""So many of the newest letters PostgreSQL reads one by one for a phrase."""
MOST_WORDS = 16
LONGEST_WORD = 200  # characters, of a word or a phrase; PostgreSQL takes no word of more than 2,046 bytes
_HERE, _THERE = "\x02", "\x03"  # around a hit; a letter that holds them gets a false mark, nothing worse
_EXCERPT_OF = 50_000  # characters that PostgreSQL looks for an excerpt in
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ROW = re.compile(r"(-?[0-9]{1,18})-([0-9]{1,15})")
_PHRASE = re.compile(r'"([^"]*)"?|([^\s"]+)')

Pieces = tuple[tuple[str, bool], ...]
"""A text in pieces, each with whether it is a hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list. `after` asks for the next one; empty: this is the last."""

    slips: tuple[Slip, ...]
    marks: tuple[Mark, ...] = ()  # for each slip, where it stands; only in the order of places
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A letter that was found."""

    slip: Slip
    subject: Pieces
    excerpt: Pieces
    in_reply: bool  # the excerpt is of the reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of what was found, the best first."""

    hits: tuple[Hit, ...]
    total: int
    more: bool  # there are older letters with these words that were not looked through
    after: str = ""  # asks for the next page; empty: this is the last


def queue(
    db: Database,
    groups: Sequence[Sequence[Span]] = QUEUE,
    *,
    filters: Filters = EVERYTHING,
    after: str = "",
    limit: int = PAGE,
) -> Page:
    """Letters in the order of places. An `after` that was never given out is the beginning."""
    with db.read() as connection:
        rows = in_order(connection, groups, limit=limit + 1, after=Mark.read(after), filters=filters)
    shown = rows[:limit]
    return Page(
        slips=tuple(slip for _, slip in shown),
        marks=tuple(mark for mark, _ in shown),
        after=str(shown[-1][0]) if len(rows) > limit else "",
    )


def newest(db: Database, stage: Stage, *, filters: Filters = EVERYTHING, after: str = "", limit: int = PAGE) -> Page:
    """The letters of one stage, those that came last first. An `after` that was never given out is the beginning."""
    query = sa.select(letters).where(letters.c.stage == stage, *filters.where())
    row = _ROW.fullmatch(after)
    if row:
        at = sa.literal(_EPOCH + int(row[1]) * _MICROSECOND, UtcDateTime)
        query = query.where(sa.tuple_(letters.c.received_at, letters.c.id) < sa.tuple_(at, int(row[2])))
    query = query.order_by(letters.c.received_at.desc(), letters.c.id.desc()).limit(limit + 1)
    with db.read() as connection:
        slips = [to_slip(row) for row in connection.execute(query)]
    last = slips[limit - 1] if len(slips) > limit else None
    return Page(
        slips=tuple(slips[:limit]),
        after=f"{(last.received_at - _EPOCH) // _MICROSECOND}-{last.id}" if last else "",
    )


def by_sender(db: Database, email: str, *, but: int, limit: int = 10) -> tuple[Slip, ...]:
    """The letters that came from an address, without the letter `but`, newest first; none for an empty address."""
    query = (
        sa.select(letters)
        .where(letters.c.sender_email == email, letters.c.sender_email != "", letters.c.id != but)
        .order_by(letters.c.received_at.desc(), letters.c.id.desc())
        .limit(limit)
    )
    with db.read() as connection:
        return tuple(to_slip(row) for row in connection.execute(query))


def phrases(words: str) -> tuple[str, ...]:
    """What is looked for: each word, and each phrase in quotes. Nothing in it means anything but itself."""
    plain = words.encode("utf-8", "replace").decode().replace("\0", " ")
    plain = plain.translate({ord(mark): '"' for mark in "“”„«»"})
    found = (" ".join((quoted or word)[:LONGEST_WORD].split()) for quoted, word in _PHRASE.findall(plain))
    return tuple(dict.fromkeys(phrase for phrase in found if any(map(str.isalnum, phrase))))[:MOST_WORDS]


def search(db: Database, words: str, *, filters: Filters = EVERYTHING, after: int = 0, limit: int = FOUND) -> Found:
    """Letters whose subject, sender, words or reply hold all of `words`, the best first.

    Words are found in every form of them ("applied" by "apply"), a phrase in quotes as it stands. `after` is the id
    of the last letter that was shown before.
    """
    wanted = phrases(words)
    if not wanted:
        return Found(hits=(), total=0, more=False)
    index = _Fts5(wanted) if db.is_sqlite else _TsVector(wanted)
    with db.read() as connection:
        ranked = index.ranked(connection, filters)
        ids = [letter_id for letter_id, _ in sorted(ranked[:LOOKED_THROUGH], key=lambda row: (-row[1], -row[0]))]
        first = ids.index(after) + 1 if after in ids else 0
        shown = ids[first : first + limit]
        rows = connection.execute(sa.select(letters).where(letters.c.id.in_(shown)))
        slips = {row.id: to_slip(row) for row in rows}
        told = {row.letter_id: row for row in index.excerpts(connection, shown)}
    return Found(
        hits=tuple(_hit(slips[letter_id], told[letter_id]) for letter_id in shown),
        total=len(ids),
        more=len(ranked) > LOOKED_THROUGH,
        after=str(shown[-1]) if len(ids) > first + limit else "",
    )


def _hit(slip: Slip, told: "_Told") -> Hit:
    body, reply = _pieces(told.body), _pieces(told.reply)
    in_reply = not any(hit for _, hit in body) and any(hit for _, hit in reply)
    return Hit(slip=slip, subject=_pieces(told.subject), excerpt=reply if in_reply else body, in_reply=in_reply)


def _pieces(marked: str) -> Pieces:
    """A text with marks around its hits, in pieces."""
    pieces: list[tuple[str, bool]] = []
    for part in marked.split(_HERE):
        hit, closed, rest = part.partition(_THERE)
        pieces += [(hit, True), (rest, False)] if closed else [(part, False)]
    return tuple((text, hit) for text, hit in pieces if text)


class _Told(NamedTuple):
    """The subject of a letter, and what tells most of the letter and of the reply, with marks around the hits."""

    letter_id: int
    subject: str
    body: str
    reply: str


class _Fts5:
    """The words as SQLite finds them."""

    _index = sa.table("search_index", sa.column("rowid", sa.Integer))
    _whole: sa.ColumnElement[str] = sa.literal_column("search_index")

    def __init__(self, wanted: Sequence[str]) -> None:
        # In quotes nothing is an operator.
        self._matches = self._whole.op("MATCH")(" ".join(f'"{phrase}"' for phrase in wanted))

    def ranked(self, connection: Connection, filters: Filters) -> list[tuple[int, float]]:
        """Ids of the newest letters with the words, one more than are looked through, and how well each fits."""
        best = -sa.func.bm25(self._whole, 5.0, 5.0, 1.0, 1.0)  # the better, the more negative bm25() is
        number = self._index.c.rowid
        query = sa.select(number, best).select_from(self._index.join(letters, letters.c.id == number))
        query = query.where(self._matches, *filters.where()).order_by(number.desc()).limit(LOOKED_THROUGH + 1)
        return [(row[0], row[1]) for row in connection.execute(query)]

    def excerpts(self, connection: Connection, ids: Sequence[int]) -> list[_Told]:
        """What to show of each of these letters."""
        number = self._index.c.rowid
        query = sa.select(
            number,
            sa.func.highlight(self._whole, 0, _HERE, _THERE),
            sa.func.snippet(self._whole, 2, _HERE, _THERE, "…", 40),
            sa.func.snippet(self._whole, 3, _HERE, _THERE, "…", 40),
        )
        return [_Told(*row) for row in connection.execute(query.where(self._matches, number.in_(ids)))]


class _TsVector:
    """The words as PostgreSQL finds them."""

    _index = sa.table("search_index", sa.column("letter_id", sa.BigInteger), sa.column("words"))
    _marks = f'StartSel="{_HERE}", StopSel="{_THERE}"'

    def __init__(self, wanted: Sequence[str]) -> None:
        english: sa.ColumnElement[str] = sa.literal_column("'english'")
        # In quotes nothing is an operator.
        self._all = sa.func.websearch_to_tsquery(english, " ".join(f'"{phrase}"' for phrase in wanted))
        # An excerpt may hold some of the words where no stretch of the text holds all of them.
        self._any = sa.func.websearch_to_tsquery(english, " or ".join(f'"{phrase}"' for phrase in wanted))
        self._phrased = any(" " in phrase for phrase in wanted)

    def ranked(self, connection: Connection, filters: Filters) -> list[tuple[int, float]]:
        """As with `_Fts5`."""
        number = self._index.c.letter_id
        query = sa.select(number, sa.func.ts_rank(self._index.c.words, self._all))
        query = query.select_from(self._index.join(letters, letters.c.id == number))
        if self._phrased:
            newest = self._newest(filters).subquery()
            query = query.join(newest, newest.c.letter_id == number)
        else:
            query = query.where(self._index.c.words.op("@@")(self._all), *filters.where())
        rows = connection.execute(query.order_by(number.desc()).limit(LOOKED_THROUGH + 1))
        return [(row[0], row[1]) for row in rows]

    def _newest(self, filters: Filters) -> sa.CompoundSelect[tuple[int]]:
        """Ids of the newest letters with a phrase, one more than are looked through.

        PostgreSQL takes a phrase for as frequent as its words together and, hoping for an early end, reads letter
        after letter from the newest on. Here it does so for `NEAR` of them; those before are found by their words.
        """
        number = self._index.c.letter_id
        fits = sa.select(number).join(letters, letters.c.id == number)
        fits = fits.where(self._index.c.words.op("@@")(self._all), *filters.where())
        edge = sa.select(sa.func.max(number) - NEAR).scalar_subquery()
        near = fits.where(number > edge).order_by(number.desc())
        older = fits.where(number <= edge).cte("older").prefix_with("MATERIALIZED")
        found = (near, sa.select(older.c.letter_id).order_by(older.c.letter_id.desc()))
        return sa.union_all(*found).limit(LOOKED_THROUGH + 1)

    def excerpts(self, connection: Connection, ids: Sequence[int]) -> list[_Told]:
        """As with `_Fts5`."""
        some = 'MaxFragments=2, MaxWords=30, MinWords=15, FragmentDelimiter=" … "'
        query = sa.select(
            search_texts.c.letter_id,
            self._told(search_texts.c.subject, "HighlightAll=true"),
            self._told(search_texts.c.body, some),
            self._told(search_texts.c.reply, some),
        )
        return [_Told(*row) for row in connection.execute(query.where(search_texts.c.letter_id.in_(ids)))]

    def _told(self, column: sa.Column[str], options: str) -> sa.Function[str]:
        text = sa.func.left(column, _EXCERPT_OF)
        return sa.func.ts_headline(sa.literal_column("'english'"), text, self._any, f"{self._marks}, {options}")
