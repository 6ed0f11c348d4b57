"""Makes one coherent draft out of the templates of all the topics that a letter raises.

The shape is the house style's: greeting; acknowledgement; answer and reasons topic by topic; one list of
steps; words to say; one limit; one question; sign-off. When a day is at hand the steps move up.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from triage.drafting import parts as topic_parts
from triage.drafting.checks import find_gaps, wording_blocks
from triage.drafting.facts import Facts, Voice, gather, listed, one_line
from triage.drafting.parts import Part
from triage.drafting.places import LANGUAGES
from triage.drafting.templates import LIMITS, QUESTIONS, Template, Templates
from triage.records import Assessment, Draft, Letter

MAX_TOPICS = 3
"""A letter with more is answered on its two most pressing topics (house style)."""
MAX_WORDS = {1: 250, 2: 300, 3: 350}
"""Words of a draft by the number of topics that it answers (house style)."""
MAX_WORDS_URGENT = {1: 150, 2: 220, 3: 260}
"""The same when something happens today or tomorrow. The house style gives the first; the others are ours."""
MAX_BODY = 20_000
"""Characters; no reply is so long unless a template is broken."""
MAX_SUBJECT = 200

_RE = re.compile(r"(?:re(?:\[\d+\])? ?: ?)*", re.IGNORECASE)


@dataclass(slots=True)
class _Plan:
    """A draft while it is being fitted to its length."""

    greeting: str
    opening: str
    parts: Sequence[Part]
    lead: str
    steps: list[str]
    rest: str
    limit: str
    question: str
    signoff: str
    signature: str
    topics: int
    urgent: bool


def make_draft(
    letter: Letter, assessment: Assessment, templates: Templates, voice: Voice, *, earlier_sent: bool = False
) -> Draft:
    """One reply to everything the letter raises. Never raises for templates that were loaded.

    A held letter (risk R2 or R3) and one that is not in English get an empty body, with the reason in
    `blocks`. A language that cannot be told ("und") is drafted all the same: such letters are a few
    words long, and a person reads the draft. `earlier_sent` says that this reader has had a reply
    in the same thread.
    """
    if assessment.held:
        why = "; ".join(assessment.risk_reasons) or f"risk {assessment.risk}"
        reason = f"No routine draft is made for this letter, because it is held ({why}). Next: write to them yourself."
        return Draft(subject="Your letter", body="", blocks=(reason,))  # a neutral subject: others may see the mailbox
    subject = _subject(letter.subject)
    if assessment.language not in ("en", "und"):
        language = LANGUAGES.get(assessment.language, f"a language other than English ({assessment.language})")
        reason = f"This letter is in {language}, and the templates are in English. Next: write the reply yourself."
        return Draft(subject=subject, body="", blocks=(reason,))
    plan = _plan(letter, assessment, templates, voice, earlier_sent)
    body = _fit(plan)
    used = tuple(dict.fromkeys(part.template.reference for part in plan.parts))
    if len(body) > MAX_BODY:
        reason = f"The draft came out longer than {MAX_BODY} characters. Next: shorten the template of its topic."
        return Draft(subject=subject, body="", templates=used, blocks=(reason,))
    return Draft(
        subject=subject,
        body=body,
        templates=used,
        gaps=tuple(find_gaps(body)),
        blocks=tuple(wording_blocks(subject, body, assessment)),
    )


def _subject(subject: str) -> str:
    """ "Re: ..." once, on one line, without control characters and marks of direction."""
    line = one_line(subject, MAX_SUBJECT)
    bare = _RE.sub("", line, count=1)
    return f"Re: {bare}" if bare else "Your letter"


def _plan(letter: Letter, assessment: Assessment, templates: Templates, voice: Voice, earlier_sent: bool) -> _Plan:
    facts = gather(letter, assessment, voice)
    key = letter.message_id or f"{letter.received_at.isoformat()} {letter.subject}"
    asked = list(dict.fromkeys(score.topic for score in assessment.topics)) or ["unclear"]
    asked.sort(key=lambda topic: _event(templates.of(topic), facts))
    answered, left = (asked, []) if len(asked) <= MAX_TOPICS else (asked[:2], asked[2:])
    more = {f"opinion_{name}": "yes" for name, held in voice.opinions.items() if held}
    more.update({f"also_{topic}": "yes" for topic in answered})

    shares: dict[str, list[str]] = {}  # topics without a template of their own share the general one
    for topic in answered:
        shares.setdefault(templates.of(topic).topic, []).append(topic)
    parts = []
    for name, topics in shares.items():
        template = templates.by_topic[name]
        own = more | {f"also_{name}": "", "topic_name": listed([templates.name(topic) for topic in topics])}
        parts.append(topic_parts.read(template, template.values(facts.values, own), facts, key))
    topic_parts.drop_repeats(parts)

    def frame(block: str, rest: str = "") -> str:
        values = templates.frame.values(facts.values, {"rest": rest})
        text = templates.frame.blocks[block][0].render(values, topic_parts.choice(key, block))
        return topic_parts.joined(text)

    return _Plan(
        greeting=frame("greeting"),
        opening=_opening(frame("again") if earlier_sent else "", [part.acknowledge for part in parts]),
        parts=parts,
        lead=frame("steps"),
        steps=topic_parts.merge_steps(parts),
        rest=frame("rest", listed([templates.name(topic) for topic in left])) if left else "",
        limit=topic_parts.first(LIMITS, [part.limits for part in parts]),
        question=topic_parts.first(QUESTIONS, [part.questions for part in parts]),
        signoff=parts[0].signoff or frame("signoff"),
        signature=voice.signature.strip() or "[[your name]]",
        topics=len(answered),
        urgent=any(facts.near(slot) for part in parts for slot in part.template.event),
    )


def _event(template: Template, facts: Facts) -> date:
    """The day that makes the topic pressing: its next stated day; today for a notice without one; else none."""
    days = [day for slot in template.event if (day := facts.dates.get(slot)) and day >= facts.today]
    if days:
        return min(days)
    undated = any(slot not in facts.dates and facts.values.get(slot) for slot in template.event)
    return facts.today if undated else date.max


def _opening(again: str, clauses: Sequence[str]) -> str:
    """The one sentence that says the whole story back."""
    text = f"{', '.join(clauses[:-1])}, and {clauses[-1]}" if len(clauses) > 1 else clauses[0]
    text = f"{again} {text}".strip()
    return f"{text[0].upper()}{text[1:]}."


def _fit(plan: _Plan) -> str:
    """The body, cut until it is no longer than the house style allows, or nothing more can be spared."""
    limits = MAX_WORDS_URGENT if plan.urgent else MAX_WORDS
    for _ in _cuts(plan):
        body = _body(plan)
        if len(body.split()) <= limits[plan.topics]:
            break
    return body


def _cuts(plan: _Plan) -> Iterator[None]:
    """Yield once as it is, then after each cut: reasons and spare wording by turns, then the last steps."""
    backwards = list(reversed(plan.parts))
    for part in backwards if plan.urgent else ():
        del part.reasons[1:]
    yield
    for keep in (3, 2, 1):
        for part in backwards:
            while len(part.reasons) > keep:
                part.reasons.pop()
                yield
        for part in backwards if len(plan.parts) > 1 else ():
            if part.words:
                part.words.pop()
                yield
    for part in backwards:
        while part.words:
            part.words.pop()
            yield
    while len(plan.steps) > 2:
        plan.steps.pop()
        yield


def _body(plan: _Plan) -> str:
    todo = [_steps(plan), *(words for part in plan.parts for words in part.words)]
    head, *others = plan.parts
    lead = [f"{plan.opening} {head.answer}", " ".join(head.reasons)]
    if plan.urgent and not others:
        lead[1:1], todo = todo, []
    further = [" ".join(filter(None, (part.bridge, part.answer, *part.reasons))) for part in others]
    paragraphs = (
        *(plan.greeting, *lead, *further, *todo),
        *(plan.rest, plan.limit, plan.question, plan.signoff, plan.signature),
    )
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _steps(plan: _Plan) -> str:
    if len(plan.steps) < 2:
        return "".join(plan.steps)
    return "\n".join((plan.lead, *(f"{number}. {step}" for number, step in enumerate(plan.steps, 1))))
