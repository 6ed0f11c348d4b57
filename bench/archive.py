"""A desk after years of work: many letters in every stage, written straight into the tables.

Subjects and bodies come from the letters that the pipeline is trained on, each with a sentence from another one and
with names of its own, so that the index of words has common ones and rare ones. Replies are composed by the templates.
"""

import json
import math
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from triage import wiring
from triage.drafting import Voice, make_draft
from triage.records import Address, Assessment, Draft, Kind, Letter, TopicScore
from triage.stages import Stage
from triage.store.database import Database
from triage.store.drafts import ASSESSMENT, LETTER, MAKING
from triage.store.places import place
from triage.store.tables import (
    attempts,
    audit,
    drafts,
    letter_topics,
    letters,
    raw_messages,
    readings,
    replies,
    search_texts,
    vectors,
)

SHAPES = 600  # letters with a reply to each, from which all are made
BATCH = 5_000
SEED = 42
WIDTH = 384  # of a vector
MODEL = "bench"
WAITING = (
    (Stage.DRAFTED, 90),
    (Stage.HELD, 4),
    (Stage.DECLINED, 2),
    (Stage.STUCK, 2),
    (Stage.UNKNOWN, 1),
    (Stage.FAILED, 1),
)
DONE = ((Stage.ANSWERED, 88), (Stage.ASIDE, 8), (Stage.LET_GO, 4))
"""Of a hundred letters, how many are in which stage."""
REASONS = {
    Stage.HELD: 'Nobody but a person writes this one: it says "no point".',
    Stage.STUCK: "The desk could not read this letter. Next: look at its source.",
    Stage.UNKNOWN: "This reply may have been sent. Next: look in the Sent folder.",
    Stage.FAILED: "The mail server refused the reply: 550 no such mailbox.",
    Stage.ASIDE: "It is a newsletter.",
}
HAS_REPLY = (Stage.ANSWERED, Stage.UNKNOWN, Stage.FAILED)
SYLLABLES = "ba do ker lin mor ne pol ra sto ver win zar hol fen gri mas".split()
PEOPLE = ("", "", "", "", "carol", "ali", "ana")
INBOXES = ("advice", "advice", "advice", "work")


@dataclass(frozen=True)
class Shape:
    """One letter to make others from."""

    subject: str
    body: str
    topics: tuple[str, ...]
    urgency: str
    risk: str
    draft: Draft
    vector: bytes  # as the encoder would see it; all of them somewhat alike


def shapes(folder: Path, chance: random.Random) -> list[Shape]:
    """`SHAPES` letters of the training set, each with the reply that the templates make for its topics."""
    rows = [
        json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()
    ]
    templates, book = wiring.load_templates(wiring.templates_folder(None))
    made = []
    for row in chance.sample(rows, SHAPES):
        topics = tuple(topic for topic in row["topics"] if topic in templates.by_topic)
        letter = Letter(body=row["body"], received_at=datetime(2026, 11, 23, tzinfo=UTC), message_id=f"<{row['id']}>")
        read = Assessment(kind=Kind.LETTER, topics=tuple(TopicScore(topic=topic, score=0.9) for topic in topics))
        draft = make_draft(letter, read, templates, Voice(signature="Carol Reyes"), book=book)
        urgency, risk = row.get("urgency") or "U1", row.get("risk") or "R0"
        made.append(Shape(row.get("subject") or "", row["body"], topics, urgency, risk, draft, _vector(chance)))
    return made


def _vector(chance: random.Random) -> bytes:
    numbers = [1 + chance.gauss(0, 1) for _ in range(WIDTH)]
    return struct.pack(f"<{WIDTH}e", *(number / math.hypot(*numbers) for number in numbers))


def fill(db: Database, count: int, waiting: int, folder: Path, now: datetime) -> None:
    """Write `count` letters, the oldest first; `waiting` of them wait for a person, most of these the newest."""
    chance = random.Random(SEED)
    made = shapes(folder, chance)
    open_ones = {*range(count - waiting * 9 // 10, count), *chance.sample(range(count * 9 // 10), waiting // 10)}
    with db.engine.connect() as connection:
        for first in range(0, count, BATCH):
            rows: dict[sa.Table, list[dict[str, Any]]] = {}
            for number in range(first, min(first + BATCH, count)):
                stages = WAITING if number in open_ones else DONE
                stage = chance.choices([s for s, _ in stages], [weight for _, weight in stages])[0]
                at = now - timedelta(seconds=(count - number) * 600 + chance.randrange(600))
                for table, row in _letter(number + 1, stage, made, at, chance):
                    rows.setdefault(table, []).append(row)
            with connection.begin():
                for table, new in rows.items():
                    connection.execute(sa.insert(table), new)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not db.is_sqlite:
            connection.exec_driver_sql("VACUUM ANALYZE")  # as its own housekeeping does within a minute


def _letter(
    number: int, stage: Stage, made: list[Shape], at: datetime, chance: random.Random
) -> Iterator[tuple[sa.Table, dict[str, Any]]]:
    """The rows of one letter, those first that others refer to."""
    first, last, firm = _name(chance), _name(chance), _name(chance)
    reader = Address(f"{first} {last}", f"{first}.{last}{number % 2000}@reader.example".lower())
    shape, other = chance.choice(made), chance.choice(made).body.partition(". ")[0]
    body = f"{shape.body}\n\n{other}. The place is called {firm} {last}.\n\n{first}"
    message_id = f"<{number}@reader.example>"
    risk = chance.choice(("R2", "R3")) if stage is Stage.HELD else min(shape.risk, "R1")
    letter = Letter(subject=shape.subject, sender=reader, message_id=message_id, received_at=at, body=body)
    topics = tuple(TopicScore(topic=topic, score=0.9) for topic in shape.topics)
    read = Assessment(kind=Kind.LETTER, topics=topics, urgency=shape.urgency, risk=risk, model=MODEL)
    deadline = (at + timedelta(days=chance.randrange(1, 20))).date() if chance.random() < 0.3 else None
    yield raw_messages, {"digest": f"{number:064}", "data": body.encode(), "full_size": len(body)}
    yield (
        letters,
        {
            "id": number,
            "digest": f"{number:064}",
            "account": chance.choice(INBOXES),
            "stage": stage,
            "reason": REASONS.get(stage, ""),
            "received_at": at,
            "moved_at": at,
            "subject": letter.subject,
            "sender_name": reader.name,
            "sender_email": reader.email,
            "message_id": message_id,
            "thread_id": number - number % 3,
            "kind": "newsletter" if stage is Stage.ASIDE else "letter",
            "topics": list(shape.topics),
            "urgency": shape.urgency,
            "risk": risk,
            "deadline": deadline,
            "place": place(risk=risk, urgency=shape.urgency, deadline=deadline, received_at=at),
            "assigned_to": chance.choice(PEOPLE),
        },
    )
    for topic in dict.fromkeys(shape.topics):
        yield letter_topics, {"letter_id": number, "topic": topic}
    read_json = ASSESSMENT.dump_python(read, mode="json", exclude={"vector"})
    yield readings, {"letter_id": number, "letter": LETTER.dump_python(letter, mode="json"), "assessment": read_json}
    yield (
        search_texts,
        {
            "letter_id": number,
            "subject": letter.subject,
            "sender": f"{reader.name} {reader.email}",
            "body": body,
            "reply": shape.draft.body,
        },
    )
    yield vectors, {"letter_id": number, "model": MODEL, "vector": shape.vector}
    yield drafts, _draft(number, shape.draft, at)
    for verb, after in (("collect", Stage.COLLECTED), ("assess", Stage.ASSESSED), ("draft", stage)):
        yield audit, {"letter_id": number, "at": at, "who": "triage", "verb": verb, "before": "", "after": after}
    if stage in HAS_REPLY:
        yield replies, _reply(number, shape.draft, reader, at)
        phase = {Stage.ANSWERED: "sent", Stage.UNKNOWN: "unknown"}.get(stage, "refused")
        yield attempts, {"id": number, "reply_id": number, "phase": phase, "started_at": at, "ended_at": at}


def _draft(number: int, draft: Draft, at: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "letter_id": number,
        "revision": 1,
        "author": "triage",
        "machine": True,
        "subject": draft.subject,
        "body": draft.body,
        "templates": list(draft.templates),
        "gaps": list(draft.gaps),
        "blocks": list(draft.blocks),
        "making": MAKING.dump_python(draft.making, mode="json"),
        "made_at": at,
    }


def _reply(number: int, draft: Draft, reader: Address, at: datetime) -> dict[str, Any]:
    message = EmailMessage()
    message["Subject"], message["To"] = draft.subject or "Your letter", reader.email
    message.set_content(draft.body)
    return {
        "id": number,
        "letter_id": number,
        "account": "advice",
        "message_id": f"<{number}.reply@desk.example>",
        "mail_from": "advice@desk.example",
        "recipient": reader.email,
        "message": message.as_bytes(),
        "draft_revision": 1,
        "approved_by": "ali",
        "approved_at": at,
        "undo_until": at,
    }


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=3)).capitalize()
