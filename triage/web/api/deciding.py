"""What a program may do to a letter: the same verbs as the pages, through the same functions of the desk."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field

from triage.desk import Desk, deciding, details, handing, learning
from triage.web.api.asking import CHANGE, MOST, Asked, Number, Plain, Signer, Wake, Writer, find, refusals
from triage.web.api.papers import Draft, Letter, Line
from triage.web.letters import verbs

Revision = Annotated[int, Field(ge=1, le=MOST)]


class NewDraft(Asked):
    """A new revision of the reply."""

    subject: Annotated[Plain, Field(max_length=1_000)]
    body: Plain
    base: Annotated[int, Field(ge=0, le=MOST, description="The revision that you changed; 0: there was none.")]


class Approval(Asked):
    """Which reply goes out, and to whom."""

    revision: Annotated[Revision, Field(description="The revision that you read.")]
    recipient: Annotated[
        Plain | None, Field(description="One of `recipients`; needed where there is more than one.", max_length=400)
    ] = None
    sender: Annotated[
        Plain | None, Field(description="One of `senders`; left out: the address of the inbox.", max_length=400)
    ] = None
    seen: Annotated[
        Plain | None,
        Field(description="`seen` of the letter as you read it: anything newer is refused.", max_length=20_000),
    ] = None


class Reason(Asked):
    """Why, for the history."""

    why: Annotated[Plain, Field(max_length=1_000)] = ""


class Topics(Asked):
    """What the letter is about."""

    topics: Annotated[
        list[Plain], Field(description="The main one first; none: it is about none of them.", max_length=20)
    ]
    because: Annotated[Plain, Field(description="Words of the letter that show the main topic.", max_length=1_000)] = ""
    cases: Annotated[
        dict[Plain, Plain], Field(description="For a topic, which of its prepared answers fits.", max_length=20)
    ] = Field(default_factory=dict)


class NewDetail(Asked):
    """A fact that the letter states."""

    name: Annotated[Plain, Field(max_length=100)]
    value: Annotated[Plain, Field(description="Empty: the letter does not state it.", max_length=1_000)]


class Details(Asked):
    """What the letter states. Each fact takes the place of those with its name; the others stay."""

    details: Annotated[list[NewDetail], Field(max_length=50)]


class HandOver(Asked):
    """Who sees to the letter from now on."""

    to: Annotated[Plain, Field(description="A person's name; empty: anybody.", max_length=200)]
    note: Annotated[Plain, Field(description="It stands above the letter.", max_length=handing.MAX_NOTE)] = ""


class Take(Asked):
    """Looking after a held letter."""

    instead_of: Annotated[
        Plain, Field(description="Who looks after it now, where you take it over; empty: nobody.", max_length=200)
    ] = ""


class SecondReading(Asked):
    """Finding a reply good that somebody else signs."""

    revision: Annotated[Revision, Field(description="The revision that you read.")]


WHY = Annotated[Reason, Body(default_factory=Reason)]

DECISIONS = {
    "undo": ("Call a reply back", "While it has not been handed to the mail server."),
    "decline": ("Decline a draft", "The letter waits for a new one."),
    "let-go": ("Let a letter go", "It gets no answer. It can be brought back."),
    "set-aside": ("Set a letter aside", "It goes with the mail that gets no reply. It can be brought back."),
    "bring-back": ("Bring a letter back", "One that was set aside or let go."),
    "confirm-sent": ("Say that a reply did go out", "One of which nobody knows whether it was sent."),
    "send-again": (
        "Send a reply once more",
        "One of which nobody knows whether it was sent, the same bytes. The reader may get it twice.",
    ),
}
"""The decisions that need nothing but a reason, each with its name and what it means."""


def routes(desk: Desk, wake: Wake) -> APIRouter:
    """PUT /letters/ID/draft and POST /letters/ID/VERB. Each answers with the letter as it stands then."""
    router = APIRouter(tags=["decisions"], responses=refusals(*CHANGE))

    def line(letter_id: int) -> Line:
        return Line.of(find(desk, letter_id).slip)

    @router.put("/letters/{letter_id:int}/draft", summary="Write the reply")
    def write_draft(letter_id: Number, person: Writer, asked: NewDraft) -> Draft:
        """Save a new revision made from revision `base`; somebody else's newer text is never overwritten."""
        find(desk, letter_id)
        deciding.revise(desk, letter_id, person, subject=asked.subject, body=asked.body, base=asked.base)
        draft = Draft.of(desk, find(desk, letter_id), person)
        assert draft is not None
        return draft

    @router.post("/letters/{letter_id:int}/approve", summary="Approve a reply")
    def approve(letter_id: Number, person: Signer, asked: Approval) -> Letter:
        """Freeze the reply, byte for byte. It is sent when the time for calling it back is over."""
        find(desk, letter_id)
        which = {"recipient": asked.recipient, "sender": asked.sender}
        deciding.approve(desk, letter_id, person, revision=asked.revision, seen=asked.seen, **which)
        wake("send")
        return Letter.whole(desk, find(desk, letter_id), person)

    @router.post("/letters/{letter_id:int}/topics", summary="Set the topics")
    def set_topics(letter_id: Number, person: Writer, asked: Topics) -> Letter:
        """While nobody has changed the machine's draft, it is written anew. The desk learns from what is said."""
        evidence = learning.evidence_for(find(desk, letter_id), asked.topics, asked.because)
        learning.decide_topics(desk, letter_id, asked.topics, person, evidence, cases=asked.cases)
        return Letter.whole(desk, find(desk, letter_id), person)

    @router.post("/letters/{letter_id:int}/details", summary="Say what the letter states")
    def state_details(letter_id: Number, person: Writer, asked: Details) -> Letter:
        """While nobody has changed the machine's draft, it is written anew with them."""
        find(desk, letter_id)
        details.change(desk, letter_id, [(detail.name, detail.value) for detail in asked.details], person)
        return Letter.whole(desk, find(desk, letter_id), person)

    @router.post("/letters/{letter_id:int}/hand-over", summary="Hand a letter over")
    def hand_over(letter_id: Number, person: Writer, asked: HandOver) -> Line:
        """Say who sees to a letter that waits for a person."""
        find(desk, letter_id)
        handing.hand_over(desk, letter_id, person, to=asked.to, note=asked.note)
        return line(letter_id)

    @router.post("/letters/{letter_id:int}/take", summary="Take a held letter")
    def take(letter_id: Number, person: Signer, asked: Annotated[Take, Body(default_factory=Take)]) -> Line:
        """Look after it from now on. Only who has taken a held letter signs its reply."""
        find(desk, letter_id)
        handing.take(desk, letter_id, person, instead_of=asked.instead_of)
        return line(letter_id)

    @router.post("/letters/{letter_id:int}/second-read", summary="Give a reply its second reading")
    def second_read(letter_id: Number, person: Signer, asked: SecondReading) -> Letter:
        """Say that this revision is good, where the desk asks for two readers."""
        find(desk, letter_id)
        handing.second_read(desk, letter_id, person, revision=asked.revision)
        return Letter.whole(desk, find(desk, letter_id), person)

    for verb, (summary, told) in DECISIONS.items():
        _add(router, desk, wake, verb, said=(summary, told))
    return router


def _add(router: APIRouter, desk: Desk, wake: Wake, verb: str, *, said: tuple[str, str]) -> None:
    decision, step = verbs.DECISIONS[verb]

    @router.post(
        f"/letters/{{letter_id:int}}/{verb}", name=verb.replace("-", "_"), summary=said[0], description=said[1]
    )
    def decide(letter_id: Number, person: Signer, asked: WHY) -> Line:
        find(desk, letter_id)
        decision(desk, letter_id, person, asked.why.strip())
        if step:
            wake(step)
        return Line.of(find(desk, letter_id).slip)
