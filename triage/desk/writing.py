"""The machine's draft of a reply: what a letter is taken to be about, put into the templates."""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from triage import drafting
from triage.answers import Ask, Span
from triage.desk import Desk, facts, frames, words
from triage.desk.similar import Similar, details
from triage.desk.similar import similar as find_similar
from triage.drafting import Voice
from triage.drafting.facts import gather, is_date
from triage.errors import Temporary
from triage.lessons import Decision
from triage.records import Assessment, Dossier, Draft, Kind, Letter, Person, Slot, Stated, TopicScore
from triage.stages import Stage
from triage.store import letters

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
ANSWERED_KINDS = (Kind.THANKS, Kind.COLUMN_FEEDBACK)
"""Mail without a question that has a template all the same, for when a person brings it back."""
DEADLINE = "deadline"
"""The fact that stands for `Assessment.deadline` among those that people state."""
FEWEST_WORDS = 4
"""A shorter gap, such as "your name", may be in a letter by chance."""
_GAP = re.compile(r"\[\[.*?\]\]", re.DOTALL)
THREAD_READ = 10
"""So many of the latest letters of a thread count when the next reply is written."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The letters of the same thread that came before, oldest first, and the replies that their reader has had."""

    dossiers: Sequence[Dossier]
    held: bool  # whether any letter of the whole thread before this one was

    @property
    def sent(self) -> list[str]:
        return [
            dossier.draft.body for dossier in self.dossiers if dossier.slip.stage is Stage.ANSWERED and dossier.draft
        ]

    @property
    def asking(self) -> Dossier | None:
        """The last letter, if its reply asked the reader something."""
        last = self.dossiers[-1] if self.dossiers else None
        if last is None or last.machine_draft is None or not (sent := self.sent) or last.draft is None:
            return None
        asked = any(p.block == "question" and p.text in sent[-1] for p in last.machine_draft.making.pieces)
        return last if asked else None

    def slots(self) -> Iterator[Slot]:
        """What the reader stated before, the latest first."""
        for dossier in reversed(self.dossiers):
            if (known := settled(dossier)) is not None:
                yield from known.slots


def settled(dossier: Dossier) -> Assessment | None:
    """The machine's assessment with what people said in place of its own topics and facts; None if there is none."""
    letter, found, decision = dossier.letter, dossier.assessment, dossier.decision
    if letter is None or found is None:
        return found
    if dossier.stated is not None:
        found = _as_stated(found, dossier.stated)
    if decision is None:
        return found
    topics = tuple(
        TopicScore(topic=topic, score=1.0, evidence=_spans(letter, decision, topic), sure=True)
        for topic in decision.topics
    )
    return replace(found, topics=topics, suggested=())


def deadline_names(assessment: Assessment) -> set[str]:
    """The names of the facts that are the letter's deadline, such as "appeal_deadline"."""
    day = assessment.deadline.isoformat() if assessment.deadline else ""
    return {slot.name for slot in assessment.slots if is_date(slot.name) and slot.value == day}


def voice(desk: Desk, account: str, person: Person | None = None) -> Voice:
    """How a reply from this inbox sounds: in the voice of `person`, else of the inbox, else plainly."""
    inbox = desk.inboxes.get(account)
    signature = inbox.signature if inbox else ""
    voices = words.voices(desk)
    found = voices.get(person.name) if person else None
    found = found or (voices.get(inbox.voice) if inbox else None) or Voice(time_zone=desk.zone.key)
    return replace(found, signature=found.signature or signature)


def write(desk: Desk, dossier: Dossier, person: Person | None = None) -> Draft:
    """The machine's draft for a letter that was read; an empty one that says so when the templates fail.

    `person` has it written, if anybody has. Raises Temporary when the database does not answer.
    """
    letter, assessment = dossier.letter, settled(dossier)
    if letter is None or assessment is None:
        raise ValueError("assessed without a reading")
    subject = f"Re: {letter.subject}"
    if assessment.kind is not Kind.LETTER and not assessment.topics:  # brought back by a person
        if assessment.kind not in ANSWERED_KINDS:
            block = f"Triage took this for something else: {KINDS[assessment.kind]} Next: write the reply yourself."
            return Draft(subject=subject, body="", blocks=(block,))
        assessment = replace(assessment, topics=(TopicScore(topic=assessment.kind.value, score=1.0),))
    try:
        earlier = _earlier(desk, dossier)
        if earlier.held:
            block = "An earlier letter of this thread was held, so no draft is made. Next: write the reply yourself."
            return Draft(subject="Your letter", body="", blocks=(block,))
        own = voice(desk, dossier.slip.account, person)
        return _draft(desk, dossier, assessment, earlier, own)
    except Temporary:  # the database was away for a moment: the next pass writes it
        raise
    except Exception as error:  # a fault in a template leaves the letter to the person, not out of sight
        log.error("draft failed kind=%s\n%s", type(error).__name__, frames(error))
        block = f"The draft could not be written ({type(error).__name__}). Next: write the reply yourself."
        return Draft(subject=subject, body="", blocks=(block,))


def caring_note(desk: Desk, dossier: Dossier, person: Person | None = None) -> Draft:
    """The beginning of a note to somebody whose letter is held: gaps that a person fills, and no advice.

    It is signed by the `person` who writes it, if anybody does: such a note is nobody else's.
    """
    letter, assessment = dossier.letter, settled(dossier)
    if letter is None:
        raise ValueError("held without a reading")
    found = replace(voice(desk, dossier.slip.account, person), your_words=False, signoffs=())
    if person is not None:
        found = replace(found, signature=_own_signature(desk, person, found.signature))
    stated = gather(letter, assessment, found).values if assessment else {}
    return drafting.caring_note(letter, words.templates(desk), found, first_name=stated.get("first_name", ""))


def _own_signature(desk: Desk, person: Person, offered: str) -> str:
    """How this person signs: as in the own voice, or as `offered` where that is the same name, else with the name."""
    own = words.voices(desk).get(person.name)
    if own and own.signature:
        return own.signature
    first = (offered.split() or [""])[0]
    return offered if first.casefold() == person.name.casefold() else f"{person.name[:1].upper()}{person.name[1:]}"


def problems(
    desk: Desk, dossier: Dossier, subject: str, body: str, *, alike: Sequence[Similar] | None = None
) -> list[str]:
    """Every plain reason why this text may not go out, whoever wrote it.

    `alike` are the similar letters, where the caller has looked for them already.
    """
    own = settled(dossier)
    if own is None or dossier.letter is None:
        return []
    earlier = _earlier(desk, dossier)
    assessment = _knowing(own, earlier)
    said = (slot.value for slot in assessment.slots)  # a person may know a name that stands in no letter
    told = "\n".join((*(before.letter.body for before in earlier.dossiers if before.letter), *said))
    book, today = facts.book(desk), facts.today(desk)
    found = drafting.blocks_for(
        subject,
        body,
        assessment,
        voice=voice(desk, dossier.slip.account),
        numbers=book.approved_numbers(today),
        letter=replace(dossier.letter, quoted=f"{dossier.letter.quoted}\n{told}"),
        others=details(find_similar(desk, dossier) if alike is None else alike),
    )
    if len(body) > drafting.MAX_CHECKED:
        return found
    found += _notes_to_the_person(desk, dossier, body)
    state = next((slot.value for slot in assessment.slots if slot.name == "state" and slot.value), None)
    return [*found, *book.problems(body, state, today)]


def _notes_to_the_person(desk: Desk, dossier: Dossier, body: str) -> list[str]:
    """What a gap asked of the person and still stands in the text, without the marks that made it a gap."""
    made = [dossier.machine_draft] if dossier.machine_draft else []
    if dossier.assessment is not None and dossier.assessment.held:
        made.append(caring_note(desk, dossier))
    plain = " ".join(_GAP.sub(" ", body).split()).lower()
    return [
        f"“{gap}” is a note to you, not to the reader. Next: put your own words in its place."
        for gap in dict.fromkeys(gap for draft in made for gap in drafting.find_gaps(draft.body))
        if len(gap.split()) >= FEWEST_WORDS and gap.lower() in plain
    ]


def _knowing(assessment: Assessment, earlier: Earlier) -> Assessment:
    """The assessment with what the reader stated before in this thread, where this letter does not."""
    known = {slot.name for slot in assessment.slots}
    before = (slot for slot in earlier.slots() if slot.name not in known)
    return replace(assessment, slots=(*assessment.slots, *before))


def _draft(desk: Desk, dossier: Dossier, assessment: Assessment, earlier: Earlier, own: Voice) -> Draft:
    letter = dossier.letter
    assert letter is not None
    known = {slot.name for slot in assessment.slots}
    asks: Sequence[Ask] = desk.assessor.asks(letter, [score.topic for score in assessment.topics])
    asks, carried = _with_cases(asks, dossier.decision), False
    if (asking := earlier.asking) and not any(ask.case for ask in asks):
        before = settled(asking)
        if before and asking.letter and {s.topic for s in assessment.topics} <= {s.topic for s in before.topics}:
            assessment = replace(assessment, topics=before.topics)
            carried = not known <= {slot.name for slot in earlier.slots()}  # it told what was missing
            own_asks = desk.assessor.asks(asking.letter, [score.topic for score in before.topics])
            asks = _without_questions(_with_cases(own_asks, asking.decision))
    return drafting.make_draft(
        letter,
        _knowing(assessment, earlier),
        words.templates(desk),
        own,
        asks=asks,
        book=facts.book(desk),
        sent=earlier.sent,
        carried=carried,
    )


def _with_cases(asks: Sequence[Ask], decision: Decision | None) -> list[Ask]:
    """The asks, where a person chose the case of a topic with that one.

    It stands instead of the machine's own case wherever that was asked for: a second question that seemed to ask for
    the same would otherwise bring back, beside the chosen answer, the one that it replaces.
    """
    chosen = dict(decision.cases) if decision else {}
    instead = {(ask.topic, ask.case) for ask in asks if ask.main}
    found = [
        replace(ask, case=chosen[ask.topic], score=1.0, others=(*filter(None, (ask.case,)), *ask.others))
        if ask.topic in chosen and (ask.main or (ask.case and (ask.topic, ask.case) in instead))
        else ask
        for ask in asks
    ]
    there = {ask.topic for ask in found if ask.main}
    nowhere = Span(text="", start=0, end=0)
    added = [Ask(span=nowhere, topic=t, case=c, score=1.0, main=True) for t, c in chosen.items() if t not in there]
    return found + added


def _as_stated(found: Assessment, stated: Stated) -> Assessment:
    """The assessment with the facts that a person stated; among them is the deadline that the letter is sorted by."""
    names = {DEADLINE, *deadline_names(found)}
    days = [date.fromisoformat(slot.value) for slot in stated.slots if slot.name in names]
    day = min(days, default=None)
    text = found.deadline_text if day == found.deadline else ""
    return replace(found, slots=stated.slots, deadline=day, deadline_text=text)


def _without_questions(asks: Sequence[Ask]) -> list[Ask]:
    """The cases of an earlier letter; its open questions are not those of this one."""
    return [ask for ask in asks if ask.case]


def _earlier(desk: Desk, dossier: Dossier) -> Earlier:
    before = [slip for slip in dossier.thread if (slip.received_at, slip.id) < _order(dossier)]
    read = letters.exchanges(desk.db, [slip.id for slip in before[-THREAD_READ:]], settled=True)
    return Earlier(read, held=any(slip.risk in ("R2", "R3") for slip in before))


def _order(dossier: Dossier) -> tuple[object, int]:
    return dossier.slip.received_at, dossier.slip.id


def _spans(letter: Letter, decision: Decision, topic: str) -> tuple[Span, ...]:
    return tuple(
        Span(text=letter.body[start:end], start=start, end=end)
        for of_topic, start, end in decision.evidence
        if of_topic == topic
    )
