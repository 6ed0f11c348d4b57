"""What people decide letters are about, and what the desk learns from it.

A decision never changes the machine's reading, and what is learned never changes the pipeline: both
lie on top, so that each can be looked at, compared and taken back.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from triage.desk import Desk, deciding, frames, writing
from triage.desk.words import templates
from triage.drafting.drafts import MAX_TOPICS
from triage.drafting.templates import NO_TOPICS
from triage.errors import Conflict, TriageError
from triage.lessons import Decision, Evidence, Lesson, Version
from triage.ports import Teacher
from triage.records import Dossier, Person
from triage.stages import Stage, Verb
from triage.store import drafts, letters
from triage.store import learning as store
from triage.store.moves import check_unchanged

log = logging.getLogger(__name__)

OPERATOR = "the operator"
"""Whoever works on the command line without a name."""
LONGEST_WORDS = 500  # characters of the letter that a person may point at in one piece
_QUOTES = str.maketrans("‘’“”", "''\"\"")
ANEW = (Stage.DRAFTED, Stage.DECLINED)
"""Stages in which a person can have the draft written once more."""
REDRAFTED = (Stage.DRAFTED, Stage.DECLINED, Stage.ASIDE, Stage.LET_GO)
"""Stages in which a draft of the machine is not settled yet, or can come back."""


def topics(desk: Desk) -> tuple[str, ...]:
    """Every topic that a letter may have, in alphabetical order: those that the reply templates know."""
    known = {*templates(desk).names, *templates(desk).by_topic}
    return tuple(sorted(known - NO_TOPICS))


def decide_topics(
    desk: Desk,
    letter_id: int,
    topics: Sequence[str],
    person: Person,
    evidence: Evidence = (),
    *,
    cases: Mapping[str, str] | None = None,
) -> int:
    """Say what a letter is about, primary topic first; no topic says that it is about none of them.

    `evidence` points at the pieces of the body that show it, and `cases` says for a topic which of its
    prepared answers fits ("" for the general one); what was said of either before stays for the same topics.
    While no person has revised the draft it is written anew; returns the number of that revision, or 0. Saying
    the same again changes nothing.
    """
    deciding.permit(person, Verb.TOPICS)
    dossier = letters.dossier(desk.db, letter_id)
    chosen = tuple(dict.fromkeys(topics))
    if not evidence and dossier.decision is not None:
        evidence = tuple(piece for piece in dossier.decision.evidence if piece[0] in chosen)
    said = dict(dossier.decision.cases if dossier.decision else ()) | dict(cases or {})
    decision = Decision(
        letter_id=letter_id,
        topics=chosen,
        evidence=tuple(evidence),
        cases=tuple((topic, said[topic]) for topic in chosen if topic in said),
        origin="corrected",
        person=person.name,
        made_at=desk.clock(),
    )
    _check(desk, dossier, decision)
    if dossier.decision is not None and _says(dossier.decision) == _says(decision):
        return 0
    settled = replace(dossier, decision=decision)
    draft = writing.write(desk, settled, person) if redrafted(dossier) else None
    revision = store.decide(desk.db, decision, seen=dossier.slip, draft=draft)
    log.info("topics letter=%d revision=%d", letter_id, revision)
    return revision


def draft_anew(desk: Desk, letter_id: int, person: Person) -> int:
    """Write the machine's draft once more, although a person has changed the text; return its revision.

    The person's text stays among the earlier revisions.
    """
    deciding.permit(person, Verb.REVISE)
    dossier = letters.dossier(desk.db, letter_id)
    if dossier.assessment is None or dossier.assessment.held or dossier.slip.stage not in ANEW:
        raise Conflict("Triage writes no draft for this letter as it is now. Next: write the reply yourself.")
    draft = writing.write(desk, dossier, person)
    with desk.db.write("draft-anew") as connection:
        check_unchanged(connection, dossier.slip)
        revision = drafts.add_anew(connection, dossier.slip, draft, now=desk.clock())
    log.info("drafted anew letter=%d revision=%d", letter_id, revision)
    return revision


def evidence_for(dossier: Dossier, topics: Sequence[str], words: str) -> Evidence:
    """Where the main topic's `words` stand in the letter, however its lines are broken; Conflict when they do not."""
    if not words.strip() or not topics:
        return ()
    if len(words) > LONGEST_WORDS:
        raise Conflict(f"These are more than {LONGEST_WORDS} characters. Next: copy only the sentence that says so.")
    wanted = r"\s+".join(re.escape(word) for word in words.translate(_QUOTES).split())
    body = dossier.letter.body if dossier.letter else ""
    found = re.search(wanted, body.translate(_QUOTES), re.IGNORECASE)
    if not found:
        raise Conflict("These words are not in the letter. Next: copy them from it, or leave them out.")
    return ((topics[0], found.start(), found.end()),)


def lessons(desk: Desk) -> list[Lesson]:
    """What all decisions teach, read from the letters as they are kept now."""
    return store.lessons(desk.db)[0]


def learn(desk: Desk, teacher: Teacher, *, least: int) -> Version | None:
    """Learn from all decisions when at least `least` letters have a new one; None when nothing came of it.

    The new version is kept whatever it is worth, and used from now on when it is not worse, unless a person
    went back to an earlier one and the schedule asks (`least` above 0). A fault
    in the teacher is logged and changes nothing.
    """
    if store.fresh(desk.db) < least:
        return None
    material, up_to = store.lessons(desk.db)
    if not material:
        return None
    refresh(desk)  # what is new is compared with what is in use, whichever process chose it
    try:
        learned = teacher.learn(material)
    except TriageError:
        raise
    except Exception as error:  # learning is never worth a letter
        log.error("learn failed lessons=%d kind=%s\n%s", len(material), type(error).__name__, frames(error))
        return None
    # Who went back to an earlier version by hand is not overruled by the schedule.
    newest = max((version.number for version in store.versions(desk.db) if version.promoted), default=0)
    wanted = learned.better and (least == 0 or store.in_use(desk.db) == newest)
    number = store.keep(desk.db, learned, use=wanted, up_to=up_to, now=desk.clock())
    log.info(
        "learned version=%d lessons=%d before=%.3f after=%.3f used=%s",
        number,
        learned.lessons,
        learned.before,
        learned.after,
        wanted,
    )
    refresh(desk)
    return next(version for version in store.versions(desk.db) if version.number == number)


def use(desk: Desk, version: int, *, who: str = OPERATOR) -> None:
    """Read with this version from now on, here and in every other process; 0: with the pipeline as it came."""
    store.choose(desk.db, version, now=desk.clock(), who=who)
    log.info("use version=%d", version)
    refresh(desk)


def refresh(desk: Desk) -> None:
    """Let the assessor adopt the version that was chosen, by whichever process, if it has another one."""
    with desk.adopted.lock:
        version = store.in_use(desk.db)
        if version == desk.adopted.version:
            return
        try:
            desk.assessor.adopt(store.data(desk.db, version), version)
        except TriageError:
            raise
        except Exception as error:  # letters are read on as before; the choice is not tried again until it changes
            log.error("adopt failed version=%d kind=%s\n%s", version, type(error).__name__, frames(error))
        desk.adopted.version = version


def _check(desk: Desk, dossier: Dossier, decision: Decision) -> None:
    """Raise Conflict with the reason why a decision cannot be taken."""
    if dossier.letter is None or dossier.assessment is None:
        raise Conflict("This letter has not been read yet. Next: wait a moment, then set its topics.")
    known = topics(desk)
    for topic in decision.topics:
        if topic not in known:
            raise Conflict(f"There is no topic named {topic!r}. Next: use one of {', '.join(known)}.")
    if len(decision.topics) > MAX_TOPICS:
        raise Conflict(f"A letter has at most {MAX_TOPICS} topics. Next: choose those that the reply has to answer.")
    for topic, case in decision.cases:
        if case not in (known_cases := templates(desk).of(topic).cases):
            offered = ", ".join(filter(None, known_cases)) or "none"
            raise Conflict(f"The template for {topic} has no case {case!r}. Next: use one of its cases: {offered}.")
    for topic, start, end in decision.evidence:
        if topic not in decision.topics:
            raise Conflict(f"There is evidence for {topic!r}, which is not among the topics. Next: add the topic.")
        if not 0 <= start < end <= len(dossier.letter.body):
            raise Conflict("The evidence lies outside the letter. Next: mark it anew in the letter's text.")


def _says(decision: Decision) -> tuple[object, ...]:
    return decision.origin, decision.topics, decision.evidence, decision.cases


def redrafted(dossier: Dossier) -> bool:
    """Whether to write the draft anew when a person corrects the reading: it is still the machine's own."""
    return dossier.slip.stage in REDRAFTED and dossier.draft is not None and dossier.draft == dossier.machine_draft
