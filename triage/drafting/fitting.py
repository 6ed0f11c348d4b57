"""Puts a planned draft into one text and cuts it until it has the length of the house style."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triage.drafting.parts import Part

MAX_WORDS = {1: 250, 2: 300, 3: 350}
"""Words of a draft by the number of questions that it answers (house style)."""
MAX_WORDS_URGENT = {1: 150, 2: 220, 3: 260}
"""The same when something happens today or tomorrow. The house style gives the first; the others are ours."""
_CHOOSE = "[[the next paragraph takes another side than the one before: keep the one you hold with]]"


@dataclass(slots=True)
class Plan:
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
    urgent: bool
    story: str
    disagreeing: Part | None
    doubted: Sequence[str]


def fit(plan: Plan) -> str:
    """The body, cut until it is no longer than the house style allows, or nothing more can be spared."""
    limits = MAX_WORDS_URGENT if plan.urgent else MAX_WORDS
    for _ in _cuts(plan):
        body = _body(plan)
        if len(body.split()) <= limits[min(len(plan.parts), max(limits))]:
            break
    return body


def _cuts(plan: Plan) -> Iterator[None]:
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
    for part in backwards if plan.urgent else ():
        part.reasons.clear()
        yield


def _body(plan: Plan) -> str:
    todo = [_steps(plan), *(words for part in plan.parts for words in part.words)]
    head, *others = plan.parts
    lead = [f"{plan.opening} {head.answer}".strip(), " ".join(head.reasons), plan.story]
    if plan.urgent and not others:
        lead[1:1], todo = todo, []
    further = []
    for part in others:
        further += [_CHOOSE] if part is plan.disagreeing else []
        further.append(" ".join(filter(None, (part.bridge, part.answer, *part.reasons))))
    paragraphs = (
        *(plan.greeting, *lead, *further, *todo),
        *(plan.rest, plan.limit, plan.question, plan.signoff, plan.signature),
    )
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _steps(plan: Plan) -> str:
    if len(plan.steps) < 2:
        return "".join(plan.steps)
    return "\n".join((plan.lead, *(f"{number}. {step}" for number, step in enumerate(plan.steps, 1))))
