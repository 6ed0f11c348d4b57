"""One letter: the page on which it is read and answered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from starlette.responses import Response

from triage import composing, drafting, stages
from triage.desk import Desk, caring, changes, choices, learning, similar, turning, writing
from triage.desk.similar import Similar
from triage.errors import Conflict
from triage.lessons import Decision
from triage.records import Address, Dossier, Draft, Kind, TopicScore
from triage.stages import Stage
from triage.store import letters, neighbours, revisions
from triage.web import words
from triage.web.house import facts
from triage.web.letters import answering, around, comparing, details, marking, sittings
from triage.web.paper import Paper
from triage.web.sessions import visiting

MAX_ID = 2**53
TOPICS_AT_HAND = 3  # topics that are set with one press
NEUTRAL_SUBJECT = "Your letter"  # others may see the reader's mailbox

SAID = {
    "saved": "Saved.",
    "changed": "Your text is saved. Nothing was approved, because the letter had changed.",
    "not-yet": "Your text is saved, but the reply cannot go out yet. The reasons are listed above it.",
    "no-text": "There is no text yet, so nothing was saved.",
    "anew": "Triage has written a new draft. Yours is kept under “Earlier versions”.",
    "topics": "The topics are set.",
    "topics-kept": "The topics are set. The reply stays as you wrote it; below it you can have a new draft written.",
    "why": "Somebody may be in danger: write below the reply why this letter stays unanswered, then do it again.",
    "topics-draft": "The topics are set, and Triage has written the draft anew.",
    "details": "What the letter states is kept.",
    "details-draft": "What the letter states is kept, and Triage has written the draft anew.",
    "answer-draft": "Triage has written the draft anew, with the answer that you chose.",
    "answer": "Your choice is kept. The reply stays as you wrote it; below it you can have a new draft written.",
    "own-line": "Your line is taken out.",
    "place": "It is put in. Check it, and say in your own words why it may help.",
    "caring-note": "Here is a beginning. Fill each gap in your own words, or take it out.",
    "revision": "The earlier version is back in the box.",
    "bring-back": "The letter is back.",
    "undo": "The reply is called back. It was not sent.",
    "decline": "The draft is declined. Write a better one below, or leave it to somebody else.",
    "let-go": "The letter is let go. It gets no answer.",
    "set-aside": "The letter is set aside.",
    "confirm-sent": "The letter counts as answered.",
    "send-again": "The same reply is sent again.",
    "take": "You look after this letter now.",
    "second-read": "It is kept that you have read this version and find it good.",
}
"""What the page says after a change, by the word in its address."""


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


def senders(desk: Desk, dossier: Dossier) -> tuple[Address, ...]:
    """Whom a reply may come from."""
    inbox = desk.inboxes.get(dossier.slip.account)
    return composing.senders(inbox) if inbox else ()


def editable(dossier: Dossier) -> bool:
    """Whether a reply can be written here: somebody waits for it, and there is an address for it."""
    return (
        dossier.slip.stage in stages.FOR_PEOPLE
        and dossier.slip.stage is not Stage.UNKNOWN
        and bool(recipients(dossier))
    )


def blocks(desk: Desk, dossier: Dossier, alike: Sequence[Similar] | None = None) -> list[str]:
    """Every reason, in plain words, why the latest revision cannot be approved yet."""
    draft = dossier.draft
    return writing.problems(desk, dossier, draft.subject, draft.body, alike=alike) if draft else []


def without_gaps(draft_text: str, reasons: Sequence[str]) -> list[str]:
    """The reasons that are not gaps, which are listed apart."""
    gaps = {f"There is a gap to fill: {gap}." for gap in drafting.find_gaps(draft_text)}
    return [reason for reason in reasons if reason not in gaps]


def measured(body: str) -> str:
    """How long the text of a reply is, and how hard to read; empty where there is none."""
    return words.measured(drafting.measures(body)) if body.strip() else ""


def shown_topics(dossier: Dossier) -> Sequence[TopicScore]:
    """The topics that stand on the page, each with the sentences that a person or else the machine found for it."""
    assessment = writing.settled(dossier)
    if assessment is None or dossier.assessment is None:
        return ()
    found = {score.topic: score.evidence for score in dossier.assessment.topics}
    return [replace(score, evidence=score.evidence or found.get(score.topic, ())) for score in assessment.topics]


def add_routes(app: FastAPI, desk: Desk, paper: Paper) -> None:
    """GET /letters/ID."""

    @app.get("/letters/{letter_id:int}")
    def page(request: Request, letter_id: int) -> Response:
        dossier = find(desk, letter_id)
        writable = editable(dossier)
        alike = similar.similar(desk, dossier) if writable else []
        since = request.query_params.get("since")
        person, chosen = visiting(request), choices.now(desk)
        return paper.show(
            request,
            "letter.html",
            dossier=dossier,
            slip=dossier.slip,
            letter=dossier.letter,
            assessment=dossier.assessment,
            editable=writable,
            recipients=recipients(dossier),
            senders=senders(desk, dossier),
            letter_seen=changes.seen(dossier),
            news=changes.since(dossier, since) if since is not None else [],
            said_now=SAID.get(request.query_params.get("said", ""), ""),
            handed_over=request.query_params.get("said") == "hand-over",
            formatted="formatted" in request.query_params,
            previous_letter=neighbours.before(desk.db, letter_id),
            next_letter=letters.after(desk.db, letter_id),
            correspondence=around.correspondence(desk, dossier),
            from_the_same=around.from_the_same(desk, dossier),
            history=sittings.history(dossier.history),
            care=caring.panel(desk, dossier, person, chosen),
            locks=caring.locks(desk, dossier, person, chosen) if writable else [],
            fact_title=facts.title,
            undo_seconds=int(desk.undo.total_seconds()),
            places=turning.places(desk, dossier) if writable and caring.held(dossier) else [],
            **_read(desk, dossier, alike),
            **_written(desk, dossier, alike),
            **(_beside(desk, dossier, alike) if writable else {}),
        )


def _read(desk: Desk, dossier: Dossier, alike: Sequence[Similar]) -> dict[str, Any]:
    """The left column: the letter, what it is about, and what it states."""
    topics = shown_topics(dossier)
    assessment, decision = writing.settled(dossier), dossier.decision
    offered = learning.topics(desk) if dossier.slip.kind == Kind.LETTER and assessment else ()
    return {
        "topics": topics,
        "topics_set_by": decision.person if decision and _otherwise(dossier, decision) else "",
        "topics_offered": offered,
        "topics_left_out": answering.left_out(desk, dossier),
        "topics_at_hand": [topic for topic in _likely(dossier, alike) if topic in offered][:TOPICS_AT_HAND],
        "pieces": marking.pieces(dossier.letter.body, topics) if dossier.letter else [],
        "deadline_text": assessment.deadline_text if assessment else "",
        "facts": details.shown(desk, dossier),
        "facts_given": details.entries(dossier),
        "facts_missing": details.blanks(desk, dossier) if assessment else [],
        "facts_mark": details.mark(dossier),
        "states": details.STATE_NAMES,
    }


def _otherwise(dossier: Dossier, decision: Decision) -> bool:
    """Whether somebody set other topics than the machine had read; who chose only another answer set none."""
    found = dossier.assessment
    read = (tuple(score.topic for score in found.topics) or found.suggested) if found else ()
    return decision.origin == "corrected" and decision.topics != tuple(read)


def _likely(dossier: Dossier, alike: Sequence[Similar]) -> Sequence[str]:
    """The topics that the letter may be about in place of its main one, the likeliest first."""
    shown, found = shown_topics(dossier), dossier.assessment
    main = shown[0].topic if shown else ""
    machines = (*(score.topic for score in found.topics), *found.suggested) if found else ()
    likely = (*(score.topic for score in shown), *machines, *(t for other in alike for t in other.dossier.slip.topics))
    return [topic for topic in dict.fromkeys(likely) if topic != main]


def _written(desk: Desk, dossier: Dossier, alike: Sequence[Similar]) -> dict[str, Any]:
    """The right column: the reply, what stands in its way, and what became of it."""
    draft, reply, now = dossier.draft, dossier.reply, desk.clock()
    body = draft.body if draft else ""
    undo_until = reply.reply.undo_until if reply else now
    machines = _machines(dossier)
    return {
        "draft": draft,
        "subject": draft.subject if draft else NEUTRAL_SUBJECT,
        "body": body,
        "gaps": drafting.find_gaps(body),
        "reasons": _reasons(desk, dossier, alike),
        "your_words": drafting.YOUR_WORDS,
        "measures": measured(body),
        "machine_draft": machines,
        "compared": comparing.compare(machines.body, body) if machines else [],
        "versions": sittings.versions(revisions.every(desk.db, dossier.slip.id)) if draft else [],
        "reply": reply,
        "sent": around.read_back(reply.reply, body) if reply else None,
        "seconds_left": max(0, int((undo_until - now).total_seconds()) + 1) if undo_until > now else 0,
    }


def _reasons(desk: Desk, dossier: Dossier, alike: Sequence[Similar]) -> list[str]:
    """What stands above the reply, without the gaps: where no draft could be made, the reason for that."""
    draft = dossier.draft
    if draft is None or not draft.body.strip():
        return list(draft.blocks) if draft else []
    if not editable(dossier):
        return []
    return without_gaps(f"{draft.body}\n\n{draft.subject}", blocks(desk, dossier, alike))


def _beside(desk: Desk, dossier: Dossier, alike: Sequence[Similar]) -> dict[str, Any]:
    """What stands beside a reply that is being written: what its draft answers, and how others were answered."""
    return {
        "questions": answering.questions(dossier),
        "warnings": answering.warnings(dossier),
        "choices": answering.choices(desk, dossier),
        "edited": answering.edited(dossier),
        "cited": [
            (facts.title(fact), facts.PLACES[fact.jurisdiction], fact) for fact in answering.cited(desk, dossier)
        ],
        "examples": around.examples(alike),
    }


def _machines(dossier: Dossier) -> Draft | None:
    """What Triage had drafted, where a person has changed it since."""
    first, now = dossier.machine_draft, dossier.draft
    return first if first and now and first.body.strip() and first.revision != now.revision else None
