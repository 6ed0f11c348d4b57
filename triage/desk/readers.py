"""One reader's wish to have what is kept about them, or to have it erased."""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from triage import composing, stages
from triage.desk import Desk
from triage.errors import Conflict, NotAllowed, Permanent
from triage.records import Dossier, Person
from triage.stages import SAID, Duty
from triage.store import belongings, erasing, letters

BYTES_ELSEWHERE = "(its bytes are in the .eml file)"
READ_ME = """\
What this advice desk keeps about {address}, as of {now}.

Each folder is one letter:
  letter.eml         the letter as it came
  reply-N.eml        what was sent or was to be sent as an answer
  letter.txt         the letter, what was read in it, every draft, and its history, to be read
  everything.json    every row of the database that belongs to the letter

The names of people at the desk stand in the histories. Look through everything before you hand it on: a letter may
speak of other people, and a report of a mail system may quote another reader.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whose letters, and how much there is of them, by table."""

    address: str
    letters: tuple[int, ...]
    rows: Mapping[str, int]


def find(desk: Desk, address: str) -> Reader:
    """Everything of a reader. Letters of which no sender is kept, such as unread ones, are looked into for it."""
    ids = set(erasing.of_reader(desk.db, _written(address)))
    ids.update(number for number in erasing.nameless(desk.db) if _is_from(desk, number, address))
    with desk.db.read() as connection:
        return Reader(address=address, letters=tuple(sorted(ids)), rows=belongings.count(connection, sorted(ids)))


def _written(address: str) -> list[str]:
    """An address as people write it and as mail servers do."""
    plain = address.strip().lower()
    try:
        return sorted({plain, composing.envelope(plain).lower()})
    except Permanent as error:
        raise Conflict(f"{address!r} is not a mail address. Next: write it as it stands in the letters.") from error


def _is_from(desk: Desk, letter_id: int, address: str) -> bool:
    data, full_size, received_at = letters.raw(desk.db, letter_id)
    letter = desk.reader.parse(data, received_at, full_size)
    named = {letter.sender.email.lower(), letter.reply_to.email.lower() if letter.reply_to else ""}
    return bool(named & set(_written(address)))


# ------------------------------------------------------------------ export


def export(desk: Desk, reader: Reader, file: Path) -> None:
    """Write everything of a reader into a ZIP file that only its owner may read. Raises Permanent."""
    try:
        file.touch(mode=0o600, exist_ok=False)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            now = desk.clock().astimezone(desk.zone)
            archive.writestr("READ ME.txt", READ_ME.format(address=reader.address, now=f"{now:%Y-%m-%d %H:%M}"))
            for letter_id in reader.letters:
                for name, content in _papers(desk, letter_id):
                    archive.writestr(f"letter-{letter_id}/{name}", content)
    except FileExistsError as error:
        raise Permanent(f"{file} is there already. Next: name another file.") from error
    except OSError as error:
        raise Permanent(f"{file} could not be written ({error.strerror}). Next: name another file.") from error


def _papers(desk: Desk, letter_id: int) -> Iterator[tuple[str, bytes | str]]:
    with desk.db.read() as connection:
        rows = belongings.rows(connection, letter_id)
    for row in rows["raw_messages"]:
        yield "letter.eml", bytes(row["data"])
    for row in rows["replies"]:
        yield f"reply-{row['id']}.eml", bytes(row["message"])
    yield "letter.txt", _told(desk, letters.dossier(desk.db, letter_id), rows)
    yield "everything.json", json.dumps(rows, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return BYTES_ELSEWHERE if isinstance(value, (bytes, memoryview)) else str(value)


def _told(desk: Desk, dossier: Dossier, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """A letter and what became of it, to be read."""
    slip, letter, read = dossier.slip, dossier.letter, dossier.assessment
    lines = [
        f"Letter {slip.id}: {slip.subject}",
        f"From {slip.sender}, received {slip.received_at.astimezone(desk.zone):%Y-%m-%d %H:%M}.",
        f"It is {SAID[slip.stage]}.",
    ]
    if letter is not None:
        lines += ["", letter.body, *([letter.quoted] if letter.quoted else [])]
    if read is not None:
        topics = ", ".join(score.topic for score in read.topics) or "none"
        lines += ["", f"What was read in it: topics {topics}; urgency {read.urgency}; risk {read.risk}."]
        lines += [f"  {slot.name}: {slot.value} (“{slot.text}”)" for slot in read.slots]
    for row in rows["drafts"]:
        lines += ["", f"Version {row['revision']} of the reply, by {row['author']}: {row['subject']}", row["body"]]
    lines += ["", "History"]
    lines += [
        f"  {row.at.astimezone(desk.zone):%Y-%m-%d %H:%M}  {row.who}  {row.verb}  {row.why}" for row in dossier.history
    ]
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------ erase


def erase(desk: Desk, reader: Reader, person: Person) -> Mapping[str, datetime]:
    """Delete everything of a reader for good; the digests of all messages that were ever erased, with their times.

    What was learned from these letters holds no text and stays. Raises NotAllowed, and Temporary when the letters are
    deleted but their bytes could not be cleared from the file of the database yet.
    """
    permit(person)
    digests = erasing.erase(desk.db, reader.letters, reader=reader.address, who=person.name, now=desk.clock())
    erasing.scrub(desk.db)
    return digests


def permit(person: Person) -> None:
    """Raise NotAllowed unless this person may erase a reader's letters."""
    if not stages.has_duty(person.role, Duty.SETTINGS):
        raise NotAllowed("An editor erases what is kept about a reader. Next: ask one of them.")
