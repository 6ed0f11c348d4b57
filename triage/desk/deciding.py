"""What a person decides. Every verb checks the role, the stage and the version the person saw."""

import logging
from datetime import datetime

from triage import composing, drafting, stages
from triage.desk import Desk, caring, changes, writing
from triage.desk.words import templates
from triage.errors import Conflict, NotAllowed
from triage.lessons import Decision
from triage.records import Address, Dossier, Draft, Kind, Person, Reply
from triage.settings import Inbox
from triage.stages import Stage, Verb
from triage.store import drafts, erasing, letters, moves, sends

log = logging.getLogger(__name__)


def revise(desk: Desk, letter_id: int, person: Person, *, subject: str, body: str, base: int) -> int:
    """Save a person's text as a new revision made from revision `base` (0: there was none yet).

    Returns the new revision's number; saving the same text again returns `base` and changes nothing.
    """
    permit(person, Verb.REVISE)
    if erasing.is_forgotten(desk.db, letter_id):
        raise Conflict(
            "What this letter said was removed, so no reply to it can be made here. "
            "Next: write to the reader from your mail program, then let the letter go."
        )
    dossier = letters.dossier(desk.db, letter_id)
    subject, body = subject.strip(), body.replace("\r\n", "\n").strip()
    old = dossier.draft
    same = old is not None and (old.revision, old.subject.strip(), old.body.strip()) == (base, subject, body)
    if same and dossier.slip.stage is Stage.DRAFTED:
        return base
    draft = Draft(
        subject=subject,
        body=body,
        templates=old.templates if old else (),
        gaps=tuple(drafting.find_gaps(body)),
        blocks=tuple(writing.problems(desk, dossier, subject, body)),
        author=person.name,
    )
    revision = drafts.save_revision(desk.db, letter_id, draft, base=base, now=desk.clock())
    log.info("revised letter=%d revision=%d", letter_id, revision)
    return revision


def begin_caring_note(desk: Desk, letter_id: int, person: Person) -> int:
    """Put the beginning of a personal note into the reply to a held letter; return its revision.

    It is a person's deed and a person's text from then on: the machine drafts nothing for such a letter.
    """
    permit(person, Verb.REVISE)
    dossier = letters.dossier(desk.db, letter_id)
    if dossier.assessment is None or not dossier.assessment.held:
        raise Conflict("This letter is not held, so it has a draft of its own. Next: edit that one.")
    if dossier.draft is not None and dossier.draft.body.strip():
        raise Conflict("There is text in the reply already. Next: go on with it, or empty it first.")
    note = writing.caring_note(desk, dossier, person)
    base = dossier.draft.revision if dossier.draft else 0
    return revise(desk, letter_id, person, subject=note.subject, body=note.body, base=base)


def approve(
    desk: Desk,
    letter_id: int,
    person: Person,
    *,
    revision: int | None = None,
    recipient: str | None = None,
    sender: str | None = None,
    seen: str | None = None,
) -> Reply:
    """Freeze the reply: bytes, Message-ID, Date and recipient. It is sent when the undo window is over.

    `revision` is the one that the person read (default: the latest); `recipient` has to be given
    where the letter names two addresses; `sender` is the address it comes from, one of those that the inbox allows
    (default: its own). `seen` is what `changes.seen` said of the letter that the
    person read (default: as it is now). Raises Conflict with every reason why it cannot go out.
    """
    permit(person, Verb.APPROVE)
    dossier = letters.dossier(desk.db, letter_id)
    stages.check(Verb.APPROVE, dossier.slip.stage, Stage.APPROVED)
    letter, draft = dossier.letter, dossier.draft
    if letter is None or draft is None:
        raise Conflict("There is no draft to approve yet. Next: write one.")
    if revision is not None and revision != draft.revision:
        raise Conflict(
            f"This reply has a newer version ({draft.revision}) than the one you read ({revision}). "
            "Next: read the newer one, then approve it."
        )
    if seen is not None and (news := changes.since(dossier, seen)):
        raise Conflict(f"This letter has changed since you opened it. {' '.join(news)} Next: look, then approve anew.")
    blocks = [*caring.locks(desk, dossier, person), *writing.problems(desk, dossier, draft.subject, draft.body)]
    if blocks:
        raise Conflict("This reply cannot go out yet. " + " ".join(blocks))
    to = _recipient(dossier, recipient)
    now = desk.clock()
    token = desk.token()
    inbox = desk.inboxes.get(dossier.slip.account)
    if inbox is None:
        raise Conflict(f"The inbox {dossier.slip.account!r} is no longer configured, so nothing can be sent from it.")
    message_id = f"<reply.{letter_id}.{token}@{inbox.address.rpartition('@')[2]}>"
    message = composing.compose(
        letter,
        draft,
        sender=_sender(inbox, sender),
        recipient=to,
        answers_to=inbox.address,
        message_id=message_id,
        reply_token=f"{letter_id}.{token}",
        date=now.astimezone(desk.zone),
        # Somebody else may read a held letter's answer; it does not carry the letter with it.
        quote=inbox.quote_letter and not (dossier.assessment and dossier.assessment.held),
    )
    reply = Reply(
        letter_id=letter_id,
        account=inbox.name,
        message_id=message_id,
        mail_from=composing.envelope(inbox.address),
        recipient=composing.envelope(to.email),
        message=message,
        draft_revision=draft.revision,
        approved_by=person.name,
        approved_at=now,
        undo_until=now + desk.undo,
    )
    pieces = dossier.machine_draft.making.pieces if dossier.machine_draft else ()
    changed = drafting.edits(pieces, draft.body)
    sends.approve(desk.db, reply, _decision(desk, dossier, person, now), changed, seen=dossier.slip)
    log.info("approved letter=%d revision=%d", letter_id, draft.revision)
    return reply


def undo(desk: Desk, letter_id: int, person: Person) -> None:
    """Call an approved reply back while it has not been handed to the mail server."""
    permit(person, Verb.UNDO)
    sends.undo(desk.db, letter_id, who=person.name, now=desk.clock())


def decline(desk: Desk, letter_id: int, person: Person, why: str = "") -> None:
    """Turn the draft down; the letter waits for a new one."""
    _move(desk, letter_id, person, Verb.DECLINE, Stage.DECLINED, why=why)


def let_go(desk: Desk, letter_id: int, person: Person, why: str = "") -> None:
    """Choose not to answer. The letter can be brought back. Where somebody may be in danger `why` is needed."""
    _move(desk, letter_id, person, Verb.LET_GO, Stage.LET_GO, why=why)


def set_aside(desk: Desk, letter_id: int, person: Person, why: str = "") -> None:
    """Put a letter with the mail that gets no reply. It can be brought back. `why` as in `let_go`."""
    _move(desk, letter_id, person, Verb.SET_ASIDE, Stage.ASIDE, why=why)


def bring_back(desk: Desk, letter_id: int, person: Person, why: str = "") -> Stage:
    """Return a letter that was set aside or let go; mail taken for something else is now a letter."""
    permit(person, Verb.BRING_BACK)
    if erasing.is_forgotten(desk.db, letter_id):
        raise Conflict("What this letter said was removed, so it cannot be brought back.")
    dossier = letters.dossier(desk.db, letter_id)
    if dossier.assessment is None:
        after = Stage.STUCK
    elif dossier.draft is not None:
        after = Stage.DRAFTED
    else:
        after = Stage.HELD if dossier.assessment.held else Stage.ASSESSED
    reasons = [row.why for row in dossier.history if row.after == Stage.STUCK]
    reason = reasons[-1] if after is Stage.STUCK and reasons else ""
    with desk.db.write("bring-back") as connection:
        moves.move(
            connection,
            letter_id,
            Verb.BRING_BACK,
            after,
            who=person.name,
            now=desk.clock(),
            reason=reason,
            why=why,
            kind=Kind.LETTER,
            taken_by="",  # whoever took it let it go: a held letter has to be taken anew
            taken_at=None,
        )
    return after


def confirm_sent(desk: Desk, letter_id: int, person: Person, why: str = "") -> None:
    """A person has found out that the unknown reply did reach the reader."""
    permit(person, Verb.CONFIRM_SENT)
    sends.confirm_sent(desk.db, letter_id, who=person.name, now=desk.clock(), why=why)


def send_again(desk: Desk, letter_id: int, person: Person, why: str = "") -> None:
    """Send the unknown reply once more, the same bytes; the reader may get it twice."""
    permit(person, Verb.SEND_AGAIN)
    now = desk.clock()
    sends.send_again(desk.db, letter_id, who=person.name, now=now, undo_until=now + desk.undo, why=why)


def _move(desk: Desk, letter_id: int, person: Person, verb: Verb, after: Stage, *, why: str) -> None:
    permit(person, verb)
    if verb in (Verb.LET_GO, Verb.SET_ASIDE):
        caring.needs_reason(letters.dossier(desk.db, letter_id), why)
    with desk.db.write(verb) as connection:
        moves.move(connection, letter_id, verb, after, who=person.name, now=desk.clock(), reason=why)
    log.info("%s letter=%d", verb, letter_id)


def permit(person: Person, verb: Verb) -> None:
    """Raise NotAllowed unless this person may use `verb`."""
    if not stages.may(person.role, verb):
        raise NotAllowed(
            f"{person.name} is an {person.role} here and may not do this. "
            f"Next: ask somebody who is at least an {stages.ALLOWED[verb]}."
        )


def _decision(desk: Desk, dossier: Dossier, person: Person, now: datetime) -> Decision | None:
    """What an approval says of the topics: those that the draft answered, not those that it left in doubt.

    Where the reply is mostly a person's own words it says nothing.
    """
    assessment = writing.settled(dossier)
    if assessment is None or assessment.held or not assessment.topics:
        return None
    if dossier.machine_draft is None or dossier.draft is None or not _kept(dossier.machine_draft, dossier.draft):
        return None
    answered = {piece.template.partition("@")[0] for piece in dossier.machine_draft.making.pieces}
    topics = tuple(score.topic for score in assessment.topics if templates(desk).of(score.topic).topic in answered)
    return Decision(letter_id=dossier.slip.id, topics=topics, origin="approved", person=person.name, made_at=now)


def _kept(made: Draft, signed: Draft) -> bool:
    """Whether at least half of the lines that the machine wrote were signed as they were."""
    lines = [line for line in made.body.splitlines() if line.strip()]
    there = set(signed.body.splitlines())
    return 2 * sum(line in there for line in lines) >= len(lines)


def _sender(inbox: Inbox, chosen: str | None) -> Address:
    """Whom the reply comes from."""
    allowed = composing.senders(inbox)
    for address in allowed:
        if not chosen or address.email.lower() == chosen.strip().lower():
            return address
    names = " or ".join(address.email for address in allowed)
    raise Conflict(f"Replies of this inbox do not come from that address. Next: choose {names}.")


def _recipient(dossier: Dossier, chosen: str | None) -> Address:
    """The one address that the reply goes to."""
    offered = composing.recipients(dossier.letter) if dossier.letter else ()
    if not offered:
        raise Conflict("The letter names no address to answer. Next: answer it from your mail program.")
    if chosen is None and len(offered) == 1:
        return offered[0]
    for address in offered:
        if chosen is not None and address.email.lower() == chosen.strip().lower():
            return address
    names = " or ".join(address.email for address in offered)
    raise Conflict(f"The letter names more than one address. Next: choose who gets the reply: {names}.")
