"""What has to hold after any fault, asked of the database, of the inbox and of what the mail server took.

I1  each message in the inbox is exactly one letter, byte for byte, and there are no other letters
I2  the mail server took each reply at most once, unless a person pressed "send again", and as it was approved
I3  a letter is answered only if the mail server took its reply, or a person or a mail system said so
I4  every change of stage has its audit row, and every change was a legal one
I5  nothing sits unseen: what is not finished is in the machine's line or before a person, with the reason
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from email import message_from_bytes, policy
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from triage import stages
from triage.errors import Conflict
from triage.ports import Mailbox
from triage.records import Phase
from triage.stages import Stage, Verb
from triage.store.collected import digest
from triage.store.database import Database
from triage.store.tables import attempts, audit, drafts, letters, raw_messages, replies, sightings

Taken = tuple[str, Sequence[str], bytes]
"""What a mail server took: envelope sender, recipients, bytes."""
Rows = Sequence[sa.Row[Any]]
FINAL = (Stage.ANSWERED, Stage.ASIDE, Stage.LET_GO)
PASSING = (Stage.COLLECTED, Stage.ASSESSED, Stage.SENDING)
ENOUGH = 100_000_000
REPLY = attrgetter("reply_id")


def on_server(box: Mailbox) -> dict[tuple[int, int], bytes]:
    """Every message in the inbox, by UIDVALIDITY and UID."""
    validity = box.select()
    return {(validity, each.uid): each.data for each in box.fetch(list(box.sizes(0, None)), ENOUGH)}


def check(
    db: Database,
    inbox: Mapping[tuple[int, int], bytes],
    taken: Sequence[Taken],
    *,
    drained: bool = True,
    where: str = "",
) -> None:
    """Raise AssertionError with everything that does not hold. `drained`: the desk has had time to finish."""
    found = broken(db, inbox, taken, drained=drained)
    assert not found, "\n".join([where, *found])


def broken(
    db: Database, inbox: Mapping[tuple[int, int], bytes], taken: Sequence[Taken], *, drained: bool = True
) -> list[str]:
    """What does not hold, in plain words."""
    with db.read() as connection:
        rows = {
            table.name: connection.execute(sa.select(table).order_by(*table.primary_key.columns)).all()
            for table in (letters, raw_messages, sightings, replies, attempts, audit, drafts)
        }
    return [
        *_each_message_is_one_letter(rows, inbox),
        *_taken_at_most_once(rows, taken),
        *_answered_means_taken(rows, taken),
        *_every_change_is_in_the_audit(rows),
        *_nothing_sits_unseen(rows, drained),
    ]


def _each_message_is_one_letter(rows: Mapping[str, Rows], inbox: Mapping[tuple[int, int], bytes]) -> Iterator[str]:
    found = Counter(row.digest for row in rows["letters"])
    raw = {row.digest: row for row in rows["raw_messages"]}
    seen = {(row.uidvalidity, row.uid): row for row in rows["sightings"]}
    given_up = {row.digest for row in rows["sightings"] if row.state == "given_up"}
    for key, data in inbox.items():
        name = digest(data)
        if key not in seen:
            yield f"I1: message {key} was never seen"
        elif seen[key].state == "kept" and seen[key].digest != name:
            yield f"I1: message {key} is kept as another one"
        elif seen[key].state == "kept" and (found[name] != 1 or raw[name].data != data):
            yield f"I1: message {key} makes {found[name]} letters, or not with its bytes"
    known = {digest(data) for data in inbox.values()} | given_up | {row.digest for row in rows["sightings"]}
    for name in found.keys() - known:
        yield f"I1: a letter came from nowhere ({name[:12]})"
    for name, number in found.items():
        if number != 1:
            yield f"I1: {number} letters are one message ({name[:12]})"


def _taken_at_most_once(rows: Mapping[str, Rows], taken: Sequence[Taken]) -> Iterator[str]:
    frozen = {row.message_id: row for row in rows["replies"]}
    again = Counter(row.letter_id for row in rows["audit"] if row.verb == Verb.SEND_AGAIN)
    returned = Counter(row.letter_id for row in rows["audit"] if (row.verb, row.after) == (Verb.BOUNCE, Stage.FAILED))
    approved = {(row.letter_id, row.revision) for row in rows["audit"] if row.verb == Verb.APPROVE}
    for message_id, times in copies(taken).items():
        row = frozen.get(message_id)
        if row is None:
            yield f"I2: a reply was sent that nobody approved ({message_id})"
        elif times > 1 + again[row.letter_id]:
            yield f"I2: the reply to letter {row.letter_id} went out {times} times"
        elif (row.letter_id, row.draft_revision) not in approved:
            yield f"I2: the reply to letter {row.letter_id} has no approval in the audit"
    for _, recipients, data in _replies(taken):
        row = frozen.get(message_from_bytes(data)["Message-ID"])
        if row is not None and (data != row.message or list(recipients) != [row.recipient]):
            yield f"I2: the reply to letter {row.letter_id} is not what was approved"
    different = Counter(frozen[message_id].letter_id for message_id in copies(taken) if message_id in frozen)
    for letter_id, number in different.items():
        if number > 1 + returned[letter_id]:
            yield f"I2: letter {letter_id} got {number} different replies"


def _answered_means_taken(rows: Mapping[str, Rows], taken: Sequence[Taken]) -> Iterator[str]:
    went_out = copies(taken)
    live = {row.letter_id: row for row in rows["replies"] if not row.withdrawn}
    last = {row.letter_id: row for row in rows["audit"] if row.after}
    for row in rows["letters"]:
        if row.stage != Stage.ANSWERED or last[row.id].verb == Verb.CONFIRM_SENT:
            continue
        if row.id not in live or not went_out[live[row.id].message_id]:
            yield f"I3: letter {row.id} is answered, and the mail server took nothing"


def _every_change_is_in_the_audit(rows: Mapping[str, Rows]) -> Iterator[str]:
    moves: dict[int, list[Any]] = {row.id: [] for row in rows["letters"]}
    for row in rows["audit"]:
        if row.after:
            moves[row.letter_id].append(row)
    for letter in rows["letters"]:
        history = moves[letter.id]
        if not history or history[0].verb != Verb.COLLECT or history[-1].after != letter.stage:
            yield f"I4: letter {letter.id} is {letter.stage}, and the audit does not say how"
            continue
        for earlier, later in pairwise(history):
            if earlier.after != later.before:
                yield f"I4: letter {letter.id} went from {earlier.after} to {later.before} without an audit row"
            try:
                stages.check(Verb(later.verb), Stage(later.before), Stage(later.after))
            except Conflict:
                yield f"I4: letter {letter.id}: {later.verb} from {later.before} to {later.after} is no legal move"


def _nothing_sits_unseen(rows: Mapping[str, Rows], drained: bool) -> Iterator[str]:
    live = {row.letter_id: row for row in rows["replies"] if not row.withdrawn}
    last = {reply: list(tries)[-1] for reply, tries in groupby(sorted(rows["attempts"], key=REPLY), key=REPLY)}
    written = {row.letter_id for row in rows["drafts"]}
    for letter in rows["letters"]:
        stage, reply = Stage(letter.stage), live.get(letter.id)
        phase = Phase(last[reply.id].phase) if reply is not None and reply.id in last else None
        where = f"I5: letter {letter.id} is {stage}"
        if stage in PASSING and drained:
            yield f"{where}, and nothing takes it further"
        if stage is Stage.APPROVED and reply is None:
            yield f"{where} without a reply"
        if stage is Stage.SENDING and phase not in (Phase.PRE_DATA, Phase.IN_DATA):
            yield f"{where}, and no attempt stands for it"
        if phase in (Phase.PRE_DATA, Phase.IN_DATA) and stage is not Stage.SENDING:
            yield f"{where}, and an attempt is {phase}"
        if stage is Stage.UNKNOWN and phase is not Phase.UNKNOWN:
            yield f"{where}, and its last attempt is {phase}"
        if stage is Stage.DRAFTED and letter.id not in written:
            yield f"{where} without a draft"
        if stage in (Stage.UNKNOWN, Stage.FAILED, Stage.STUCK, Stage.HELD) and not letter.reason:
            yield f"{where}, and no reason is shown"
        if stage not in (*FINAL, *stages.FOR_PEOPLE, *PASSING, Stage.APPROVED):
            yield f"{where}, which neither a step nor a person looks at"


def copies(taken: Iterable[Taken]) -> Counter[str]:
    """How often the mail server took each reply, by its Message-ID."""
    return Counter(message_from_bytes(data)["Message-ID"] for _, _, data in _replies(taken))


def notes(taken: Iterable[Taken]) -> Counter[str]:
    """How often the mail server took each automatic note, by its Message-ID."""
    return Counter(message_id for message_id in map(_id, taken) if message_id.startswith("<note."))


def _replies(taken: Iterable[Taken]) -> list[Taken]:
    return [each for each in taken if _id(each).startswith("<reply.")]


def _id(each: Taken) -> str:
    return str(message_from_bytes(each[2], policy=policy.compat32)["Message-ID"])
