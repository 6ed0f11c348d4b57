"""One reader's wish to have what is kept about them, or to have it erased."""

import json
import re
import unicodedata
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from triage import composing, forms, stages
from triage.desk import Desk
from triage.errors import Conflict, NotAllowed, Permanent
from triage.records import Dossier, Letter, Person
from triage.stages import SAID, Duty
from triage.store import belongings, erasing, letters

_ASCII = re.compile(r"[!-~]+")
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
    mentioned: tuple[int, ...]  # letters of others, for all that is known, in which the address stands: a person looks


def find(desk: Desk, address: str, also: Collection[int] = ()) -> Reader:
    """Everything of a reader, and with it those of the letters in `also` in which the address stands.

    Letters of which no sender is kept, such as unread ones, are looked into for it. Of a contact form's mail the
    reader is whom the form names, if it names one only: anybody can type any address into a form. Raises Conflict for
    what is no address, and for a letter in `also` that does not mention it.
    """
    reader = _Written(address)
    theirs = {number for number, named in erasing.addressed(desk.db) if reader.is_at(named)}
    mentioned: set[int] = set()
    for number, letter, text in (*erasing.mentioning(desk.db, reader.pieces), *_unread(desk)):
        if letter is not None and reader.wrote(letter):
            theirs.add(number)
        elif reader.stands_in(text):
            mentioned.add(number)
    theirs |= erasing.reports(desk.db, sorted(theirs))
    if strange := sorted(set(also) - theirs - mentioned):
        raise Conflict(f"{address} does not stand in letter {strange[0]}. Next: name letters that mention it.")
    ids = sorted(theirs.union(also))
    with desk.db.read() as connection:
        rows = belongings.count(connection, ids)
    return Reader(address=address, letters=tuple(ids), rows=rows, mentioned=tuple(sorted(mentioned.difference(ids))))


class _Written:
    """An address as people write it and as mail servers do. Raises Conflict for what is none."""

    def __init__(self, address: str) -> None:
        plain = _folded(address)
        try:
            composing.envelope(plain)
        except Permanent as error:
            raise Conflict(f"{address!r} is not a mail address. Next: write it as it stands in the letters.") from error
        self._spellings = composing.spellings(plain)
        self._in_text = re.compile(rf"(?<![\w.+-])(?:{'|'.join(map(re.escape, self._spellings))})(?![\w-]|\.\w)")

    @property
    def pieces(self) -> set[str]:
        """What every text has in it that holds the address: the longest run of ASCII in each spelling."""
        return {max(_ASCII.findall(spelling), key=len) for spelling in self._spellings}

    def is_at(self, address: str) -> bool:
        """Whether this is the same address, in any spelling."""
        plain = _folded(address)
        return plain in self._spellings or (
            not plain.isascii() and bool(composing.spellings(plain) & self._spellings)  # slow, and needed for these
        )

    def wrote(self, letter: Letter) -> bool:
        """Whether a letter came from the address, wants its reply there, or is a form's that names no other reader."""
        named = [letter.sender.email, letter.reply_to.email if letter.reply_to else ""]
        by_form = forms.readers(letter)
        return any(self.is_at(email) for email in named) or (len(by_form) == 1 and self.is_at(by_form[0].email))

    def stands_in(self, text: str) -> bool:
        return self._in_text.search(_folded(text)) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip().lower())


def _unread(desk: Desk) -> Iterator[tuple[int, Letter, str]]:
    """The letters of which no sender is kept, read for this once."""
    for number in erasing.nameless(desk.db):
        data, full_size, received_at = letters.raw(desk.db, number)
        letter = desk.reader.parse(data, received_at, full_size)
        named = (address.email for address in letter.to)
        yield number, letter, "\n".join((letter.subject, letter.body, letter.quoted, *named))


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


def erase(desk: Desk, reader: Reader, person: Person) -> None:
    """Delete everything of a reader for good; then note what was erased beside the backups, and call `scrub`.

    What was learned from these letters holds no text and stays. Raises NotAllowed.
    """
    permit(person)
    erasing.erase(desk.db, reader.letters, reader=reader.address, who=person.name, now=desk.clock())


def scrub(desk: Desk) -> None:
    """Clear the bytes of what was deleted from the disk, unless that is done. Raises Temporary."""
    if not erasing.is_scrubbed(desk.db):
        erasing.scrub(desk.db, desk.clock())


def permit(person: Person) -> None:
    """Raise NotAllowed unless this person may erase a reader's letters."""
    if not stages.has_duty(person.role, Duty.SETTINGS):
        raise NotAllowed("An editor erases what is kept about a reader. Next: ask one of them.")
