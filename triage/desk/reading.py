"""assess and draft: the machine's part, one letter at a time, so that none can stop the others."""

import logging
import traceback
from dataclasses import replace

from triage import drafting, parsing, screening
from triage.desk import Desk
from triage.errors import Conflict, TriageError
from triage.records import Assessment, Draft, Kind, Letter
from triage.stages import Stage, Verb
from triage.store import drafts as store
from triage.store import letters, moves
from triage.store.collected import MACHINE

log = logging.getLogger(__name__)

KINDS = {
    Kind.LETTER: "A letter.",
    Kind.THANKS: "A thank-you or news, with no question.",
    Kind.PITCH: "A pitch or a media request.",
    Kind.NEWSLETTER: "Bulk mail.",
    Kind.BOUNCE: "A delivery report.",
    Kind.OUT_OF_OFFICE: "An automatic reply.",
    Kind.SPAM: "It looks like junk.",
    Kind.COLUMN_FEEDBACK: "A comment on the column; read it yourself.",
    Kind.OWN: "Sent by this desk.",
}


def assess(desk: Desk, limit: int = 1000) -> int:
    """Read the letters that were collected; return how many."""
    done = 0
    for letter_id in letters.waiting(desk.db, Stage.COLLECTED, limit):
        try:
            _assess(desk, letter_id)
            done += 1
        except Conflict:  # another process was first
            continue
        except TriageError:
            raise
        except Exception as error:  # a fault in the reading must not hide the letter
            log.error("assess failed letter=%d kind=%s\n%s", letter_id, type(error).__name__, _frames(error))
            _stuck(desk, letter_id, error, Verb.ASSESS)
    return done


def _assess(desk: Desk, letter_id: int) -> None:
    data, full_size, received_at = letters.raw(desk.db, letter_id)
    letter = parsing.parse(data, received_at, full_size=full_size)
    screened = screening.screen(letter, desk.own_addresses)
    assessment = desk.assessor.assess(letter)
    if screened and assessment.risk != "R3":  # somebody in danger is never set aside, whatever the headers say
        assessment = replace(assessment, kind=screened.kind)
    after, reason = _place(letter, assessment, screened.reason if screened else "")
    store.save_reading(
        desk.db,
        letter_id,
        letter,
        assessment,
        thread_id=letters.thread_of(desk.db, letter_id, letter),
        after=after,
        reason=reason,
        now=desk.clock(),
    )
    log.info("assessed letter=%d stage=%s", letter_id, after)


def _place(letter: Letter, assessment: Assessment, screened: str) -> tuple[Stage, str]:
    """Where a letter goes once it has been read, and why."""
    if assessment.kind is not Kind.LETTER:
        return Stage.ASIDE, screened or KINDS[assessment.kind]
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
            log.error("draft failed letter=%d kind=%s\n%s", letter_id, type(error).__name__, _frames(error))
            _stuck(desk, letter_id, error, Verb.DRAFT)
    return done


def _draft(desk: Desk, letter_id: int) -> None:
    dossier = letters.dossier(desk.db, letter_id)
    if dossier.letter is None or dossier.assessment is None:
        raise ValueError("assessed without a reading")
    earlier = any(slip.stage is Stage.ANSWERED for slip in dossier.thread)
    made = _make_draft(desk, dossier.slip.account, dossier.letter, dossier.assessment, earlier_sent=earlier)
    store.save_machine_draft(desk.db, letter_id, made, after=Stage.DRAFTED, reason="", now=desk.clock())
    log.info("drafted letter=%d", letter_id)


def _make_draft(desk: Desk, account: str, letter: Letter, assessment: Assessment, *, earlier_sent: bool) -> Draft:
    """The machine's draft; an empty one that says so when the templates fail."""
    inbox = desk.inboxes.get(account)
    voice = drafting.Voice(signature=inbox.signature if inbox else "", time_zone=desk.zone.key)
    if assessment.kind is not Kind.LETTER and not assessment.topics:  # brought back by a person
        block = f"Triage took this for something else: {KINDS[assessment.kind]} Next: write the reply yourself."
        return Draft(subject=f"Re: {letter.subject}", body="", blocks=(block,))
    try:
        return drafting.make_draft(letter, assessment, desk.templates, voice, earlier_sent=earlier_sent)
    except Exception as error:  # a fault in a template leaves the letter to the person, not out of sight
        log.error("draft failed kind=%s\n%s", type(error).__name__, _frames(error))
        block = f"The draft could not be written ({type(error).__name__}). Next: write the reply yourself."
        return Draft(subject=f"Re: {letter.subject}", body="", blocks=(block,))


def _frames(error: Exception) -> str:
    """Where it happened. The message of an error may quote a letter, its frames cannot."""
    return "".join(traceback.format_tb(error.__traceback__))
