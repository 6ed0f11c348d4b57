"""The machine's draft of a reply: what a letter is taken to be about, put into the templates."""

import logging
from dataclasses import replace

from triage import drafting
from triage.desk import Desk, frames
from triage.lessons import Decision
from triage.records import Assessment, Dossier, Draft, Kind, Letter, Span, TopicScore
from triage.stages import Stage

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


def settled(dossier: Dossier) -> Assessment | None:
    """The machine's assessment with the topics that a person decided in place of its own; None if there is none."""
    letter, found, decision = dossier.letter, dossier.assessment, dossier.decision
    if letter is None or found is None or decision is None:
        return found
    topics = tuple(
        TopicScore(topic=topic, score=1.0, evidence=_spans(letter, decision, topic), sure=True)
        for topic in decision.topics
    )
    return replace(found, topics=topics, suggested=())


def write(desk: Desk, dossier: Dossier) -> Draft:
    """The machine's draft for a letter that was read; an empty one that says so when the templates fail."""
    letter, assessment = dossier.letter, settled(dossier)
    if letter is None or assessment is None:
        raise ValueError("assessed without a reading")
    inbox = desk.inboxes.get(dossier.slip.account)
    voice = drafting.Voice(signature=inbox.signature if inbox else "", time_zone=desk.zone.key)
    if assessment.kind is not Kind.LETTER and not assessment.topics:  # brought back by a person
        block = f"Triage took this for something else: {KINDS[assessment.kind]} Next: write the reply yourself."
        return Draft(subject=f"Re: {letter.subject}", body="", blocks=(block,))
    earlier = any(slip.stage is Stage.ANSWERED for slip in dossier.thread)
    try:
        return drafting.make_draft(letter, assessment, desk.templates, voice, earlier_sent=earlier)
    except Exception as error:  # a fault in a template leaves the letter to the person, not out of sight
        log.error("draft failed kind=%s\n%s", type(error).__name__, frames(error))
        block = f"The draft could not be written ({type(error).__name__}). Next: write the reply yourself."
        return Draft(subject=f"Re: {letter.subject}", body="", blocks=(block,))


def _spans(letter: Letter, decision: Decision, topic: str) -> tuple[Span, ...]:
    return tuple(
        Span(text=letter.body[start:end], start=start, end=end)
        for of_topic, start, end in decision.evidence
        if of_topic == topic
    )
