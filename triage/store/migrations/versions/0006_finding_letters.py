"""An index of the words of letters and replies, with the letters that are there already put into it."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LONGEST = 100_000  # characters of a letter that are searched; a tsvector holds no more than a megabyte

SQLITE = (
    """CREATE VIRTUAL TABLE search_index USING fts5(
        subject, sender, body, reply, content='search_texts', content_rowid='letter_id',
        tokenize='porter unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER search_texts_added AFTER INSERT ON search_texts BEGIN
        INSERT INTO search_index(rowid, subject, sender, body, reply)
        VALUES (new.letter_id, new.subject, new.sender, new.body, new.reply); END""",
    """CREATE TRIGGER search_texts_gone AFTER DELETE ON search_texts BEGIN
        INSERT INTO search_index(search_index, rowid, subject, sender, body, reply)
        VALUES ('delete', old.letter_id, old.subject, old.sender, old.body, old.reply); END""",
    """CREATE TRIGGER search_texts_changed AFTER UPDATE ON search_texts BEGIN
        INSERT INTO search_index(search_index, rowid, subject, sender, body, reply)
        VALUES ('delete', old.letter_id, old.subject, old.sender, old.body, old.reply);
        INSERT INTO search_index(rowid, subject, sender, body, reply)
        VALUES (new.letter_id, new.subject, new.sender, new.body, new.reply); END""",
)
POSTGRESQL = (
    """CREATE TABLE search_index (
        letter_id bigint PRIMARY KEY REFERENCES search_texts ON DELETE CASCADE, words tsvector NOT NULL)
        WITH (toast_tuple_target = 8160)""",
    # In the row itself: fetching the words of a thousand letters from beside it takes twice as long.
    "ALTER TABLE search_index ALTER COLUMN words SET STORAGE MAIN",
    "CREATE INDEX search_index_words ON search_index USING gin (words)",
    """CREATE FUNCTION search_texts_index() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO search_index VALUES (new.letter_id,
            setweight(to_tsvector('english', new.subject || ' ' || new.sender), 'A') ||
            to_tsvector('english', new.body || ' ' || new.reply))
        ON CONFLICT (letter_id) DO UPDATE SET words = excluded.words;
        RETURN NULL; END $$""",
    """CREATE TRIGGER search_texts_changed AFTER INSERT OR UPDATE ON search_texts
        FOR EACH ROW EXECUTE FUNCTION search_texts_index()""",
)

letters = sa.table(
    "letters",
    *map(sa.column, ("id", "subject", "sender_name", "sender_email", "risk", "urgency", "place")),
    sa.column("topics", sa.JSON),
    sa.column("deadline", sa.Date),
    sa.column("received_at", sa.DateTime(timezone=True)),
)
readings = sa.table("readings", sa.column("letter_id"), sa.column("letter", sa.JSON))
drafts = sa.table("drafts", *map(sa.column, ("letter_id", "revision", "body")))
search_texts = sa.table("search_texts", *map(sa.column, ("letter_id", "subject", "sender", "body", "reply")))
letter_topics = sa.table("letter_topics", sa.column("letter_id"), sa.column("topic"))


def upgrade() -> None:
    connection = op.get_bind()
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.exec_driver_sql(statement)
    for row in connection.execute(sa.select(letters)).all():
        _take_in(connection, row)


def _take_in(connection: sa.Connection, row: "sa.Row[Any]") -> None:
    risk = {"R3": "0", "R2": "1"}.get(row.risk, "2")
    urgency = {"U3": "0", "U2": "1"}.get(row.urgency, "2")
    day = row.deadline.strftime("%Y%m%d") if row.deadline else "99999999"
    place = f"{risk}{urgency}{day}{row.received_at.strftime('%Y%m%d%H%M%S')}"
    connection.execute(sa.update(letters).where(letters.c.id == row.id).values(place=place))
    topics = json.loads(row.topics) if isinstance(row.topics, str) else row.topics
    for topic in dict.fromkeys(topics):
        connection.execute(sa.insert(letter_topics).values(letter_id=row.id, topic=topic))
    letter = connection.scalar(sa.select(readings.c.letter).where(readings.c.letter_id == row.id))
    if letter is None:
        return
    newest = sa.select(drafts.c.body).where(drafts.c.letter_id == row.id).order_by(drafts.c.revision.desc()).limit(1)
    connection.execute(
        sa.insert(search_texts).values(
            letter_id=row.id,
            subject=row.subject[:LONGEST],
            sender=f"{row.sender_name} {row.sender_email}"[:LONGEST],
            body=str(letter.get("body", ""))[:LONGEST],
            reply=(connection.scalar(newest) or "")[:LONGEST],
        )
    )


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for trigger in ("added", "gone", "changed"):
            connection.exec_driver_sql(f"DROP TRIGGER search_texts_{trigger}")
    else:
        connection.exec_driver_sql("DROP TRIGGER search_texts_changed ON search_texts")
        connection.exec_driver_sql("DROP FUNCTION search_texts_index")
    connection.exec_driver_sql("DROP TABLE search_index")
    op.execute("DELETE FROM search_texts")
    op.execute("DELETE FROM letter_topics")
