"""assess and draft: the machine's part, one letter at a time, so that none can stop the others."""

import logging
from dataclasses import replace

from triage import parsing, screening
from triage.desk import Desk, acknowledging, frames, learning, returning, writing
from triage.errors import Conflict, TriageError
from triage.records import Assessment, Kind, Letter
from triage.stages import Stage, Verb
from triage.store import drafts as store
from triage.store import letters, moves
from triage.store.collected import MACHINE

log = logging.getLogger(__name__)


def assess(desk: Desk, limit: int = 1000) -> int:
    """Read the letters that were collected; return how many."""
    done = 0
    waiting = letters.waiting(desk.db, Stage.COLLECTED, limit)
    if waiting:
        learning.refresh(desk)
    for letter_id in waiting:
        try:
            _assess(desk, letter_id)
            done += 1
        except Conflict:  # another process was first
            continue
        except TriageError:
            raise
        except Exception as error:  # a fault in the reading must not hide the letter
            log.error("assess failed letter=%d kind=%s\n%s", letter_id, type(error).__name__, frames(error))
            _stuck(desk, letter_id, error, Verb.ASSESS)
    return done


def _assess(desk: Desk, letter_id: int) -> None:
    data, full_size, received_at = letters.raw(desk.db, letter_id)
    letter = _flagged(desk, letter_id, desk.reader.parse(data, received_at, full_size))
    screened = screening.screen(letter, desk.own_addresses)
    assessment = desk.assessor.assess(letter)
    if screened and assessment.risk != "R3":  # somebody in danger is never set aside, whatever the headers say
        assessment = replace(assessment, kind=screened.kind)
    if parsing.is_raw(letter):  # headers and codes read like anything; whatever it is, a person has to see it
        assessment = replace(assessment, kind=Kind.LETTER)
    after, reason = _place(letter, assessment, screened.reason if screened else "")
    about = returning.take_in(desk, letter_id, letter, data, assessment.kind)
    if about is not None:
        reason = f"It is a mail system's report about the reply to letter {about.letter_id}."
    store.save_reading(
        desk.db,
        letter_id,
        letter,
        assessment,
        thread_id=about.thread_id if about and about.thread_id else letters.thread_of(desk.db, letter_id, letter),
        after=after,
        reason=reason,
        now=desk.clock(),
        besides=acknowledging.prepare(desk, letter_id, letter) if after is Stage.ASSESSED else None,
    )
    log.info("assessed letter=%d stage=%s", letter_id, after)


def _flagged(desk: Desk, letter_id: int, letter: Letter) -> Letter:
    """The letter, saying so where another one has its Message-ID: some programs give all letters the same."""
    other = letters.namesake(desk.db, letter_id, letter.message_id)
    if other is None:
        return letter
    said = f"Letter {other} has the same Message-ID and is not quite the same. See whether both are one letter."
    return replace(letter, defects=(*letter.defects, said))


def _place(letter: Letter, assessment: Assessment, screened: str) -> tuple[Stage, str]:
    """Where a letter goes once it has been read, and why."""
    if assessment.kind is not Kind.LETTER:
        return Stage.ASIDE, screened or writing.KINDS[assessment.kind]
    if assessment.held:
        return Stage.HELD, "; ".join(assessment.risk_reasons) or f"Risk {assessment.risk}."
    if not letter.sender.email and letter.reply_to is None:
        return (
            Stage.STUCK,
            "It names no address to answer. Next: read it, then let it go or answer from your mail program.",
        )
    return Stage.ASSESSED, ""


def _stuck(desk: Desk, letter_id: int, error: Exception, verb: Verb) -> None:
    reason = (
        f"The desk could not read this letter ({type(error).__name__}). Nothing is lost: its source is kept. "
        "Next: read the source and answer from your mail program, then let it go here."
    )
    with desk.db.write("stuck") as connection:
        moves.move(connection, letter_id, verb, Stage.STUCK, who=MACHINE, now=desk.clock(), reason=reason)


def draft(desk: Desk, limit: int = 1000) -> int:
    """Write a draft for each letter that was assessed; return how many."""
    done = 0
    for letter_id in letters.waiting(desk.db, Stage.ASSESSED, limit):
        try:
            _draft(desk, letter_id)
            done += 1
        except Conflict:
            continue
        except TriageError:
            raise
        except Exception as error:  # one letter whose reading cannot be used must not stop the others
            log.error("draft failed letter=%d kind=%s\n%s", letter_id, type(error).__name__, frames(error))
            _stuck(desk, letter_id, error, Verb.DRAFT)
    return done


def _draft(desk: Desk, letter_id: int) -> None:
    dossier = letters.dossier(desk.db, letter_id)
    store.save_machine_draft(desk.db, dossier.slip, writing.write(desk, dossier), now=desk.clock())
    log.info("drafted letter=%d", letter_id)
