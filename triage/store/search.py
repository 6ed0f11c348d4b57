"""What can be searched: the words of letters and of the replies to them."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from triage.records import Letter
from triage.store.tables import letter_topics, search_texts

LONGEST = 100_000  # characters of a letter that are searched; PostgreSQL's tsvector holds no more than a megabyte


def keep_letter(connection: Connection, letter_id: int, letter: Letter) -> None:
    """Let a letter that was read be found by its subject, its sender and its words."""
    connection.execute(
        sa.insert(search_texts).values(
            letter_id=letter_id,
            subject=_plain(letter.subject),
            sender=_plain(f"{letter.sender.name} {letter.sender.email}"),
            body=_plain(letter.body),
        )
    )


def keep_reply(connection: Connection, letter_id: int, body: str) -> None:
    """Let the letter be found by the words of the latest revision of its reply."""
    connection.execute(sa.update(search_texts).where(search_texts.c.letter_id == letter_id).values(reply=_plain(body)))


def keep_topics(connection: Connection, letter_id: int, topics: tuple[str, ...]) -> None:
    """Let the letter be found by these topics and no others."""
    connection.execute(sa.delete(letter_topics).where(letter_topics.c.letter_id == letter_id))
    if topics:
        rows = [{"letter_id": letter_id, "topic": topic} for topic in dict.fromkeys(topics)]
        connection.execute(sa.insert(letter_topics), rows)


def _plain(text: str) -> str:
    return text[:LONGEST].replace("\0", "")
