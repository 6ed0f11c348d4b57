"""What the API answers with: the papers of `triage.records` as JSON, without bytes and without what is internal."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, Field

from triage import composing, records
from triage.desk import Desk, caring, changes, details, writing
from triage.records import Dossier, SentReply, Slip
from triage.stages import Stage
from triage.web.letters import answering


class Address(BaseModel):
    """A mail address."""

    name: str = Field(description="As written in the letter; often empty.")
    email: str

    @classmethod
    def of(cls, address: records.Address) -> Self:
        return cls(name=address.name, email=address.email)


class Line(BaseModel):
    """A letter as it stands in a list."""

    id: int
    version: int = Field(description="Grows with every change.")
    stage: Stage
    inbox: str
    subject: str
    sender: Address
    received_at: datetime
    kind: str = Field(description="letter, thanks, pitch, newsletter, bounce, …; empty while it has not been read.")
    topics: list[str] = Field(description="The main one first.")
    urgency: str = Field(description="U1 normal, U2 this week, U3 the same day.")
    risk: str = Field(description="R0 none, R1 take care, R2 held, R3 somebody may be in danger.")
    deadline: date | None = Field(description="The reader's own.")
    reason: str = Field(description="Why it is where it is, in plain words.")
    assigned_to: str = Field(description="Who sees to it; empty: anybody.")
    taken_by: str = Field(description="Who looks after a held letter; empty: nobody.")

    @classmethod
    def of(cls, slip: Slip) -> Self:
        return cls(
            id=slip.id,
            version=slip.version,
            stage=slip.stage,
            inbox=slip.account,
            subject=slip.subject,
            sender=Address.of(slip.sender),
            received_at=slip.received_at,
            kind=slip.kind,
            topics=list(slip.topics),
            urgency=slip.urgency,
            risk=slip.risk,
            deadline=slip.deadline,
            reason=slip.reason,
            assigned_to=slip.assigned_to,
            taken_by=slip.taken_by,
        )


class Lines(BaseModel):
    """A part of a list of letters."""

    letters: list[Line]
    next: str | None = Field(description="Give it as `cursor` to go on; null at the end.")


class Attachment(BaseModel):
    """What is known of an attachment."""

    name: str
    content_type: str
    size: int = Field(description="In bytes.")


class Text(BaseModel):
    """The message as a person reads it."""

    reply_to: Address | None
    to: list[Address]
    message_id: str
    sent_at: datetime | None = Field(description="The Date header, in its own time zone.")
    body: str = Field(description="What the reader wrote.")
    quoted: str = Field(description="Quoted mail and signature.")
    attachments: list[Attachment]
    defects: list[str] = Field(description="What was odd or guessed while reading.")

    @classmethod
    def of(cls, letter: records.Letter) -> Self:
        return cls(
            reply_to=Address.of(letter.reply_to) if letter.reply_to else None,
            to=[Address.of(address) for address in letter.to],
            message_id=letter.message_id,
            sent_at=letter.sent_at,
            body=letter.body,
            quoted=letter.quoted,
            attachments=[
                Attachment(name=part.name, content_type=part.content_type, size=part.size)
                for part in letter.attachments
            ],
            defects=list(letter.defects),
        )


class Evidence(BaseModel):
    """A piece of `text.body`. Offsets count characters (code points)."""

    text: str
    start: int
    end: int


class Topic(BaseModel):
    """A topic of the letter."""

    topic: str
    score: float = Field(description="0 to 1, calibrated; 1 where a person set it.")
    evidence: list[Evidence]


class Detail(BaseModel):
    """A fact that the letter states."""

    name: str
    value: str = Field(description="Normalised: an ISO date, a two-letter state, …")
    text: str = Field(description="As written in the letter; empty where a person said so.")


class Reading(BaseModel):
    """What the machine found, and what people said in its place."""

    topics: list[Topic]
    topics_set_by: str = Field(description="Who set the topics; empty: the machine.")
    suggested: list[str] = Field(description="Topics that may be meant, where the machine is not sure.")
    details: list[Detail]
    details_stated_by: str = Field(description="Who stated the details; empty: the machine.")
    deadline_text: str
    risk_reasons: list[str]
    held: bool = Field(description="Held letters never get a draft by the machine.")
    language: str = Field(description="ISO 639-1, or und.")
    model: str

    @classmethod
    def of(cls, dossier: Dossier) -> Self | None:
        settled, decision = writing.settled(dossier), dossier.decision
        if settled is None:
            return None
        return cls(
            topics=[
                Topic(
                    topic=score.topic,
                    score=score.score,
                    evidence=[Evidence(text=span.text, start=span.start, end=span.end) for span in score.evidence],
                )
                for score in settled.topics
            ],
            topics_set_by=decision.person if decision and decision.origin == "corrected" else "",
            suggested=list(settled.suggested),
            details=[Detail(name=slot.name, value=slot.value, text=slot.text) for slot in details.known(dossier)],
            details_stated_by=dossier.stated.person if dossier.stated else "",
            deadline_text=settled.deadline_text,
            risk_reasons=list(settled.risk_reasons),
            held=settled.held,
            language=settled.language,
            model=settled.model,
        )


class Question(BaseModel):
    """A question of the letter, and whether the reply answers it as it is now."""

    question: str
    answered_by: list[str] = Field(description="The first words of what answers it in the reply.")


class Draft(BaseModel):
    """The newest revision of the reply."""

    revision: int
    subject: str
    body: str
    author: str = Field(description='"triage" for the machine, else a person.')
    made_at: datetime | None
    templates: list[str]
    blocks: list[str] = Field(description="Every reason why you cannot approve it now; gaps are among them.")
    warnings: list[str] = Field(description="What to look at before signing.")
    coverage: list[Question]

    @classmethod
    def of(cls, desk: Desk, dossier: Dossier, person: records.Person) -> Self | None:
        draft = dossier.draft
        if draft is None:
            return None
        text = writing.problems(desk, dossier, draft.subject, draft.body) if draft.body.strip() else draft.blocks
        return cls(
            revision=draft.revision,
            subject=draft.subject,
            body=draft.body,
            author=draft.author,
            made_at=draft.made_at,
            templates=list(draft.templates),
            blocks=[*caring.locks(desk, dossier, person), *text],
            warnings=answering.warnings(dossier),
            coverage=[
                Question(question=asked.text, answered_by=list(asked.words)) for asked in answering.questions(dossier)
            ],
        )


class Attempt(BaseModel):
    """One try to send the reply."""

    phase: records.Phase
    started_at: datetime
    text: str = Field(description="What the mail server said, or what went wrong.")


class Reply(BaseModel):
    """The approved reply and what became of it. Its bytes are frozen."""

    revision: int
    recipient: str
    message_id: str
    approved_by: str
    approved_at: datetime
    undo_until: datetime
    attempts: list[Attempt]
    retry_at: datetime | None
    copied_at: datetime | None = Field(description="When a copy was found or filed in Sent.")

    @classmethod
    def of(cls, sent: SentReply) -> Self:
        return cls(
            revision=sent.reply.draft_revision,
            recipient=sent.reply.recipient,
            message_id=sent.reply.message_id,
            approved_by=sent.reply.approved_by,
            approved_at=sent.reply.approved_at,
            undo_until=sent.reply.undo_until,
            attempts=[Attempt(phase=try_.phase, started_at=try_.started_at, text=try_.text) for try_ in sent.attempts],
            retry_at=sent.retry_at,
            copied_at=sent.copied_at,
        )


class Change(BaseModel):
    """A line of the letter's history."""

    at: datetime
    who: str
    verb: str
    before: str
    after: str
    revision: int | None
    why: str


class Letter(Line):
    """Everything about one letter."""

    text: Text | None = Field(description="Null while it has not been read.")
    reading: Reading | None = Field(description="Null while it has not been read.")
    recipients: list[Address] = Field(description="Who may get the reply; more than one: choose when approving.")
    senders: list[Address] = Field(description="Whom the reply may come from, the usual one first.")
    draft: Draft | None
    reply: Reply | None
    read_twice_by: list[str] = Field(description="Who gave the newest revision its second reading.")
    thread: list[Line] = Field(description="The other letters of the same correspondence, oldest first.")
    history: list[Change]
    seen: str = Field(
        description="What stands here, in short. Give it when approving, so that nothing newer is approved."
    )

    @classmethod
    def whole(cls, desk: Desk, dossier: Dossier, person: records.Person) -> Self:
        """The letter as this person may see it."""
        recipients = composing.recipients(dossier.letter) if dossier.letter else ()
        inbox = desk.inboxes.get(dossier.slip.account)
        return cls(
            **dict(Line.of(dossier.slip)),
            text=Text.of(dossier.letter) if dossier.letter else None,
            reading=Reading.of(dossier),
            recipients=[Address.of(address) for address in recipients],
            senders=[Address.of(address) for address in composing.senders(inbox)] if inbox else [],
            draft=Draft.of(desk, dossier, person),
            reply=Reply.of(dossier.reply) if dossier.reply else None,
            read_twice_by=list(dossier.read_twice_by),
            thread=[Line.of(other) for other in dossier.thread],
            history=[
                Change(
                    at=row.at,
                    who=row.who,
                    verb=row.verb,
                    before=row.before,
                    after=row.after,
                    revision=row.revision,
                    why=row.why,
                )
                for row in dossier.history
            ],
            seen=changes.seen(dossier),
        )
