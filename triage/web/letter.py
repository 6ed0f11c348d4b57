"""One letter: the page to read and answer it, its formatted view, and its source."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import HTMLResponse, Response

from triage import composing, drafting, markup, stages
from triage.desk import Desk, learning, similar, writing
from triage.errors import Conflict
from triage.records import Address, Dossier, Kind, Letter, Reply, Slip, TopicScore
from triage.stages import Stage
from triage.store import letters
from triage.web import answering, facts, marking, words
from triage.web.paper import Paper

MAX_ID = 2**53
THREAD_SHOWN = 10
LIST_SHOWN = 500  # letters that "Next" goes through
NEUTRAL_SUBJECT = "Your letter"  # others may see the reader's mailbox

FRAME_HEADERS = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'self'"
    )
}
SOURCE_HEADERS = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}
_FRAME = (
    '<!doctype html><html lang="und"><head><meta charset="utf-8"><title>Formatted letter</title><style>'
    ":root{color-scheme:light}body{font:17px/1.6 Georgia,serif;color:#241f19;background:#fffdf8;margin:1rem;"
    "overflow-wrap:anywhere}table{max-width:100%}</style></head><body>"
)

SAID = {
    "saved": "Saved.",
    "not-yet": "Your text is saved, but the reply cannot go out yet. The reasons are listed above it.",
    "no-text": "There is no text yet, so nothing was saved.",
    "topics": "The topics are set.",
    "topics-draft": "The topics are set, and Triage has written the draft anew.",
    "answer-draft": "Triage has written the draft anew, with the answer that you chose.",
    "answer": "Your choice is kept. The reply stays as it is.",
    "own-line": "Your line is taken out.",
    "caring-note": "Here is a beginning. Fill each gap in your own words, or take it out.",
    "bring-back": "The letter is back.",
    "undo": "The reply is called back. It was not sent.",
    "decline": "The draft is declined. Write a better one below, or leave it to somebody else.",
    "let-go": "The letter is let go. It gets no answer.",
    "set-aside": "The letter is set aside.",
    "confirm-sent": "The letter counts as answered.",
    "send-again": "The same reply is sent again.",
}
"""What the page says after a change, by the word in its address."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The text of a frozen reply, read back from its own bytes."""

    subject: str
    text: str
    quotation: str


def find(desk: Desk, letter_id: int) -> Dossier:
    """The dossier, or the page that says that there is no such letter."""
    try:
        if letter_id < MAX_ID:
            return letters.dossier(desk.db, letter_id)
    except Conflict:
        pass
    raise HTTPException(404)


def recipients(dossier: Dossier) -> tuple[Address, ...]:
    """The addresses that a reply may go to."""
    return composing.recipients(dossier.letter) if dossier.letter else ()


def editable(dossier: Dossier) -> bool:
    """Whether a reply can be written here: somebody waits for it, and there is an address for it."""
    return (
        dossier.slip.stage in stages.FOR_PEOPLE
        and dossier.slip.stage is not Stage.UNKNOWN
        and bool(recipients(dossier))
    )


def blocks(desk: Desk, dossier: Dossier) -> list[str]:
    """Every reason, in plain words, why the latest revision cannot be approved yet."""
    draft = dossier.draft
    return writing.problems(desk, dossier, draft.subject, draft.body) if draft else []


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET /letters/ID, /letters/ID/html and /letters/ID/source."""

    @app.get("/letters/{letter_id:int}")
    def page(request: Request, letter_id: int) -> Response:
        dossier = find(desk, letter_id)
        draft, reply = dossier.draft, dossier.reply
        topics = shown_topics(dossier)
        now = desk.clock()
        return paper.show(
            request,
            "letter.html",
            dossier=dossier,
            slip=dossier.slip,
            letter=dossier.letter,
            assessment=dossier.assessment,
            draft=draft,
            reply=reply,
            editable=editable(dossier),
            recipients=recipients(dossier),
            reasons=_reasons(desk, dossier),
            topics=topics,
            topics_set_by=_set_by(dossier),
            topics_offered=learning.topics(desk) if dossier.slip.kind == Kind.LETTER and dossier.assessment else (),
            pieces=marking.pieces(dossier.letter.body, topics) if dossier.letter else [],
            stated=_stated(desk, dossier),
            formatted="formatted" in request.query_params,
            said_now=SAID.get(request.query_params.get("said", ""), ""),
            subject=draft.subject if draft else NEUTRAL_SUBJECT,
            body=draft.body if draft else "",
            gaps=drafting.find_gaps(draft.body) if draft else [],
            your_words=drafting.YOUR_WORDS,
            measures=words.measured(drafting.measures(draft.body)) if draft and draft.body.strip() else "",
            machine_text=_machine_text(dossier),
            **(_answers(desk, dossier) if editable(dossier) else {}),
            sent=read_back(reply.reply, draft.body if draft else "") if reply else None,
            seconds_left=max(0, int((reply.reply.undo_until - now).total_seconds()) + 1)
            if reply and reply.reply.undo_until > now
            else 0,
            earlier=[_earlier(desk, other.id) for other in dossier.thread[:THREAD_SHOWN]],
            next_letter=_next(letters.slips(desk.db, stages.FOR_PEOPLE, limit=LIST_SHOWN), letter_id),
        )

    @app.get("/letters/{letter_id:int}/html")
    def formatted(letter_id: int) -> Response:
        letter = find(desk, letter_id).letter
        if letter is None or not letter.html:
            raise HTTPException(404)
        return HTMLResponse(_FRAME + markup.to_safe_html(letter.html) + "</body></html>", headers=FRAME_HEADERS)

    @app.get("/letters/{letter_id:int}/source")
    def source(letter_id: int) -> Response:
        find(desk, letter_id)
        data, _, _ = letters.raw(desk.db, letter_id)
        return Response(data, media_type="text/plain; charset=utf-8", headers=SOURCE_HEADERS)


def _next(waiting: list[Slip], letter_id: int) -> Slip | None:
    """The letter after this one in the list; the first one when this is the last or no longer in it."""
    ids = [slip.id for slip in waiting]
    after = waiting[ids.index(letter_id) + 1 :] if letter_id in ids else []
    return next((slip for slip in (*after, *waiting) if slip.id != letter_id), None)


def read_back(reply: Reply, draft: str) -> Sent:
    """What the reader gets, from the frozen bytes; the quotation below the reply apart."""
    message = message_from_bytes(reply.message, policy=policy.default)
    text = str(message.get_content()).replace("\r\n", "\n")
    own = draft.rstrip()
    if own and text.startswith(own):
        return Sent(str(message["Subject"]), own, text[len(own) :].strip("\n"))
    return Sent(str(message["Subject"]), text.strip("\n"), "")


def _reasons(desk: Desk, dossier: Dossier) -> list[str]:
    """What stands above the reply, without the gaps: where no draft could be made, the reason for that."""
    draft = dossier.draft
    if draft is None or not draft.body.strip():
        return list(draft.blocks) if draft else []
    gaps = {f"There is a gap to fill: {gap}." for gap in drafting.find_gaps(draft.body + "\n\n" + draft.subject)}
    return [reason for reason in blocks(desk, dossier) if reason not in gaps]


def shown_topics(dossier: Dossier) -> Sequence[TopicScore]:
    """The topics that stand on the page, each with the sentences that a person or else the machine found for it."""
    assessment = writing.settled(dossier)
    if assessment is None or dossier.assessment is None:
        return ()
    found = {score.topic: score.evidence for score in dossier.assessment.topics}
    return [replace(score, evidence=score.evidence or found.get(score.topic, ())) for score in assessment.topics]


def _set_by(dossier: Dossier) -> str:
    """Who set the topics outright; empty when nobody did."""
    decision = dossier.decision
    return decision.person if decision and decision.origin == "corrected" else ""


def _stated(desk: Desk, dossier: Dossier) -> list[tuple[str, str]]:
    today = desk.clock().astimezone(desk.zone).date()
    return [words.fact(slot, today) for slot in dossier.assessment.slots] if dossier.assessment else []


def _answers(desk: Desk, dossier: Dossier) -> dict[str, Any]:
    """What stands beside a reply that is being written: what its draft answers, and how others were answered."""
    return {
        "questions": answering.questions(dossier),
        "warnings": answering.warnings(dossier),
        "choices": answering.choices(desk, dossier),
        "edited": answering.edited(dossier),
        "cited": [
            (facts.title(fact), facts.PLACES[fact.jurisdiction], fact) for fact in answering.cited(desk, dossier)
        ],
        "similar": [
            (other.dossier, read_back(other.dossier.reply.reply, other.dossier.draft.body))
            for other in similar.similar(desk, dossier)
            if other.dossier.reply and other.dossier.draft
        ],
    }


def _machine_text(dossier: Dossier) -> str:
    """What Triage had drafted, where a person has changed it since."""
    first, now = dossier.machine_draft, dossier.draft
    return first.body if first and now and first.body.strip() and first.revision != now.revision else ""


def _earlier(desk: Desk, letter_id: int) -> tuple[Dossier, Letter | None, Sent | None]:
    """Another letter of the thread, with what was sent."""
    other = letters.dossier(desk.db, letter_id)
    answered = other.reply if other.slip.stage is Stage.ANSWERED else None
    return (
        other,
        other.letter,
        read_back(answered.reply, other.draft.body if other.draft else "") if answered else None,
    )
