"""What a template or a voice makes of a letter before it is saved: nothing is written, and no held letter is used."""

from collections.abc import Sequence
from dataclasses import replace

from triage.desk import Desk, LastWords, Words, words, writing
from triage.desk.templates import FRAME
from triage.drafting import Templates, Voice
from triage.drafting.drafts import MAX_TOPICS
from triage.drafting.templates import NO_TOPICS
from triage.errors import Conflict
from triage.lessons import Decision
from triage.records import Address, Dossier, Draft, Kind, Letter, Person, Slip
from triage.stages import Role, Stage
from triage.store import letters
from triage.store import texts as store
from triage.store.texts import Sample

CARING = "caring"
LONGEST_LETTER = 20_000  # characters; as much of a letter as is read
_KINDS = {"thanks": Kind.THANKS, "column_feedback": Kind.COLUMN_FEEDBACK}


def samples(desk: Desk, template: str = "") -> Sequence[Sample]:
    """The latest letters that a template answers (any, for one that is for every letter), newest first."""
    if template in _KINDS:
        return store.samples(desk.db, kind=_KINDS[template])
    if template == "unclear":
        return store.samples(desk.db, kind=Kind.LETTER, without_topic=True)
    return store.samples(desk.db, topic="" if template in (FRAME, *NO_TOPICS) else template)


def sample(desk: Desk, letter_id: int) -> Dossier:
    """A letter to try a text on. Raises Conflict for one that is held or was not read."""
    dossier = letters.dossier(desk.db, letter_id)
    if dossier.letter is None or dossier.assessment is None or dossier.slip.stage in (Stage.COLLECTED, Stage.STUCK):
        raise Conflict("This letter has not been read. Next: choose another one.")
    _not_held(dossier.assessment.held or dossier.slip.stage is Stage.HELD)
    return dossier


def typed(desk: Desk, body: str) -> Dossier:
    """A letter that somebody typed to try a text on, read as any other. Raises Conflict when it would be held."""
    if not body.strip():
        raise Conflict("There is no letter. Next: choose one, or type one.")
    if len(body) > LONGEST_LETTER:
        raise Conflict(f"The letter has more than {LONGEST_LETTER} characters. Next: shorten it.")
    now = desk.clock()
    letter = Letter(body=body, received_at=now, message_id="<typed@preview.example>")
    assessment = desk.assessor.assess(letter)
    _not_held(assessment.held)
    slip = Slip(
        id=0,
        version=0,
        stage=Stage.ASSESSED,
        account=next(iter(desk.inboxes), ""),
        subject="",
        sender=Address("", ""),
        received_at=now,
        kind=assessment.kind,
        topics=(),
        urgency=assessment.urgency,
        risk=assessment.risk,
        deadline=assessment.deadline,
        reason="",
        assigned_to="",
        taken_by="",
    )
    return Dossier(
        slip=slip,
        letter=letter,
        assessment=assessment,
        draft=None,
        machine_draft=None,
        reply=None,
        history=(),
        thread=(),
        decision=None,
        stated=None,
        read_twice_by=(),
    )


def template(desk: Desk, trial: Templates, name: str, dossier: Dossier, case: str | None = None) -> Draft:
    """The draft with `trial` as the templates, whatever the letter is about answered with the one of this name.

    `case` chooses the prepared answer, "" the general one; None leaves that to the machine.
    """
    desk = _with(desk, Words(trial, words.voices(desk)))
    if name == CARING:
        return writing.caring_note(desk, dossier)
    settled = writing.settled(dossier)
    topics = [score.topic for score in settled.topics] if settled else []
    if name != FRAME and name not in topics:
        topics = [name, *topics][:MAX_TOPICS]
    decision = Decision(
        letter_id=dossier.slip.id,
        topics=tuple(topics),
        cases=() if case is None else ((name, case),),
        origin="corrected",
        person="",
        made_at=desk.clock(),
    )
    return writing.write(desk, replace(dossier, decision=decision))


def voice(desk: Desk, trial: Voice, name: str, dossier: Dossier) -> Draft:
    """The draft in the voice `trial`."""
    person = Person(id=0, name=name, role=Role.APPRENTICE)
    return writing.write(_with(desk, Words(words.templates(desk), {name: trial})), dossier, person)


def _with(desk: Desk, tried: Words) -> Desk:
    return replace(desk, last_words=LastWords(tried=tried))


def _not_held(held: bool) -> None:
    if held:
        raise Conflict("This letter is held for a person, so no draft is made of it. Next: choose another one.")
