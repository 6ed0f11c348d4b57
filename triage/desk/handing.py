"""take, hand over, second read: who looks after a letter, who sees to it next, and who else has read its reply."""

import logging

from triage.desk import Desk
from triage.desk.deciding import permit
from triage.errors import Conflict
from triage.records import Person
from triage.stages import Verb
from triage.store import caring as store
from triage.store import letters

log = logging.getLogger(__name__)

MAX_NOTE = 500


def take(desk: Desk, letter_id: int, person: Person, *, instead_of: str = "") -> None:
    """Look after a held letter from now on: its reply is this person's to sign, and it is assigned to this person.

    `instead_of` names who looked after it when this person decided ("" nobody); Conflict when that is no longer so.
    """
    permit(person, Verb.TAKE)
    assessment = letters.dossier(desk.db, letter_id).assessment
    if assessment is None or not assessment.held:
        raise Conflict("This letter is not held, so anybody may answer it. Next: sign its reply, or hand it over.")
    store.take(desk.db, letter_id, who=person.name, instead_of=instead_of, now=desk.clock())
    log.info("take letter=%d", letter_id)


def hand_over(desk: Desk, letter_id: int, person: Person, to: str, note: str = "") -> None:
    """Give a letter to somebody by name, or to nobody (""), with a note that stands above it.

    A held letter stays with the one who took it until somebody else takes it, or it is given back to nobody.
    """
    permit(person, Verb.HAND_OVER)
    words = " ".join(note.split())
    if len(words) > MAX_NOTE:
        raise Conflict(f"The note is longer than {MAX_NOTE} characters. Next: make it shorter.")
    store.hand_over(desk.db, letter_id, who=person.name, to=to.strip(), words=words, now=desk.clock())
    log.info("hand over letter=%d", letter_id)


def second_read(desk: Desk, letter_id: int, person: Person, revision: int | None = None) -> int:
    """Say that one has read a revision (default: the latest) and finds it good; return its number.

    It counts for exactly that text and for approval by somebody else; see `triage.desk.caring`.
    """
    permit(person, Verb.SECOND_READ)
    draft = letters.dossier(desk.db, letter_id).draft
    if draft is None or not draft.body.strip():
        raise Conflict("There is no reply to read yet. Next: write one, or ask somebody to.")
    number = draft.revision if revision is None else revision
    store.second_read(desk.db, letter_id, number, who=person.name, now=desk.clock())
    log.info("second read letter=%d revision=%d", letter_id, number)
    return number
