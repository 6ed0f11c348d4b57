"""Makes one coherent draft out of the templates of all that a letter raises.

The shape is the house style's: greeting; a line in the person's own words; acknowledgement; answer and
reasons, case by case; one list of steps; words to say; one limit; one question; sign-off.
When a day is at hand the steps move up.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from triage.answers import Answer, Ask, Making
from triage.drafting import parts as case_parts
from triage.drafting.book import Book
from triage.drafting.checks import find_gaps, wording_blocks
from triage.drafting.facts import Facts, gather, listed, one_line
from triage.drafting.files import LIMITS, QUESTIONS
from triage.drafting.fitting import Plan, fit
from triage.drafting.parts import Part
from triage.drafting.places import LANGUAGES
from triage.drafting.templates import FACT, Case, Template, Templates
from triage.drafting.voice import Voice
from triage.records import Assessment, Draft, Letter

MAX_TOPICS = 3
"""A letter with more is answered on its two most pressing topics (house style)."""
LIKELY = 0.6
"""The chance of a further topic from which a draft answers it: of 142 on letters never seen, .49 were right, and .64
from here on."""
SURE = 0.8
"""The same where no prepared answer fits, so that the answer would be general. Chosen by eye."""
FURTHER = 0.6
"""The chance from which a second question about a letter's only topic is answered, too. Chosen by eye."""
MAX_BODY = 20_000
"""Characters; no reply is so long unless a template is broken."""
MAX_SUBJECT = 200
YOUR_WORDS = "[[your words: a line of your own to this reader]]"
"""The line near the top that a person fills, or takes out (house style: every draft has one)."""
SET_THE_TOPICS = "Next: set the topics if it is."
"""The end of the warning that names a topic in doubt."""

_RE = re.compile(r"(?:re(?:\[\d+\])? ?: ?)*", re.IGNORECASE)
_CHANGES = "[[what their answer changes]]"


def make_draft(
    letter: Letter,
    assessment: Assessment,
    templates: Templates,
    voice: Voice,
    *,
    asks: Sequence[Ask] = (),
    book: Book | None = None,
    sent: Sequence[str] = (),
    carried: bool = False,
) -> Draft:
    """One reply to everything the letter raises. Never raises for templates that were loaded.

    `asks` are the letter's questions, `book` the rows that may be cited, `sent` the replies that the
    reader has had in this thread; `carried` says that the letter answers a question of the last one.
    A held letter (risk R2 or R3) and one that is not in English get an empty body, with the reason in
    `blocks`. A language that cannot be told ("und") is drafted all the same: such letters are a few
    words long, and a person reads the draft.
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
    facts = gather(letter, assessment, voice)
    state = next((slot.value for slot in assessment.slots if slot.name == "state" and slot.value), None)
    cited = book.printable(state, facts.today) if book else {}
    values = {f"{FACT}{name}": row.value for name, row in cited.items()} | dict(facts.values)
    facts = replace(facts, values=values)
    plan = _plan(letter, assessment, templates, voice, asks=asks, facts=facts, sent=sent, carried=carried)
    body = fit(plan)
    used = tuple(dict.fromkeys(part.template.reference for part in plan.parts))
    if len(body) > MAX_BODY:
        reason = f"The draft came out longer than {MAX_BODY} characters. Next: shorten the template of its topic."
        return Draft(subject=subject, body="", templates=used, blocks=(reason,))
    making = _making(plan, asks)
    rows = tuple(row.reference for row in cited.values() if row.value in body)
    problems = book.problems(body, state, facts.today) if book else []
    numbers = book.approved_numbers(facts.today) if book else frozenset()
    return Draft(
        subject=subject,
        body=body,
        templates=used,
        gaps=tuple(find_gaps(body)),
        blocks=(*wording_blocks(subject, body, assessment, voice=voice, numbers=numbers), *problems),
        making=replace(making, facts=rows),
    )


def without_own_line(text: str) -> str:
    """The text without the line that waits for the person's own words; whatever was typed beside it stays."""
    mark = re.escape(YOUR_WORDS)
    alone = re.compile(rf"^[ \t]*{mark}[ \t]*(?:\n+|\Z)", re.MULTILINE)
    return re.sub(rf" ?{mark}", "", alone.sub("", text.replace("\r\n", "\n")))


def caring_note(letter: Letter, templates: Templates, voice: Voice, *, first_name: str = "") -> Draft:
    """The beginning of a person's note to a reader whose letter is held. No advice, no detail of the letter."""
    template = templates.by_topic["caring"]
    key = letter.message_id or letter.received_at.isoformat()
    facts = Facts(values={}, dates={}, today=voice.day(letter.received_at))
    part = case_parts.read(template, template.cases[""], template.values({}, {}), facts, key)
    question = next(iter(part.questions.values()), "")
    hello = templates.frame.values({"first_name": first_name}, {"rest": "", "hello": voice.greeting})
    greeting = case_parts.joined(
        templates.frame.blocks["greeting"][0].render(hello, case_parts.choice(key, "greeting"))
    )
    paragraphs = (greeting, _opening("", [part.acknowledge]), part.answer, question, part.signoff)
    body = "\n\n".join(filter(None, (*paragraphs, voice.signature.strip() or "[[your name]]"))) + "\n"
    return Draft(subject="Your letter", body=body, templates=(template.reference,), gaps=tuple(find_gaps(body)))


def _subject(subject: str) -> str:
    """ "Re: ..." once, on one line, without control characters and marks of direction."""
    line = one_line(subject, MAX_SUBJECT)
    bare = _RE.sub("", line, count=1)
    return f"Re: {bare}" if bare else "Your letter"


def _plan(
    letter: Letter,
    assessment: Assessment,
    templates: Templates,
    voice: Voice,
    *,
    asks: Sequence[Ask],
    facts: Facts,
    sent: Sequence[str],
    carried: bool,
) -> Plan:
    key = letter.message_id or f"{letter.received_at.isoformat()} {letter.subject}"
    asked = list(dict.fromkeys(score.topic for score in assessment.topics)) or ["unclear"]
    asked.sort(key=lambda topic: _event(templates.of(topic), facts))
    doubted = _doubted(assessment, asks)
    asked = [topic for topic in asked if topic not in doubted]
    answered, left = (asked, []) if len(asked) <= MAX_TOPICS else (asked[:2], asked[2:])
    more = {f"opinion_{name}": "yes" for name, held in voice.opinions.items() if held}
    more.update({f"also_{topic}": "yes" for topic in answered})

    def frame(block: str, rest: str = "") -> str:
        values = templates.frame.values(facts.values, {"rest": rest, "hello": voice.greeting})
        text = templates.frame.blocks[block][0].render(values, case_parts.choice(key, block))
        return case_parts.joined(text)

    parts: list[Part] = []
    for template, case, topics in _chosen(answered, templates, asks):
        own = more | {f"also_{topics[0]}": "", "topic_name": listed([templates.name(topic) for topic in topics])}
        part = case_parts.read(template, case, template.values(facts.values, own), facts, key)
        if any(not facts.values.get(slot) for slot in case.needs):
            part.answer, part.reasons, part.steps, part.words = frame("ask_first"), [], [], []
        elif parts and parts[-1].template is template:
            part.acknowledge, part.bridge = "", frame("other")
        parts.append(part)
    case_parts.drop_repeats(parts, sent)
    clauses = case_parts.clauses(parts)
    if sent:
        parts = [part for part in parts if part.answer] or parts[:1]  # reasons alone are what was cut the last time
        if not parts[0].answer:
            parts[0].answer, parts[0].reasons, parts[0].steps, parts[0].words = _CHANGES, [], [], []
    parts[0].bridge = ""  # it leads on from nothing
    for part in parts if carried else ():
        part.acknowledge = ""  # what they told is known from the last time
    disagreeing = case_parts.disagreement(parts)

    return Plan(
        greeting=frame("greeting") + ("\n\n" + YOUR_WORDS if voice.your_words else ""),
        opening=frame("carry_on") if carried else _opening(frame("again") if sent else "", clauses),
        parts=parts,
        lead=frame("steps"),
        steps=case_parts.merge_steps(parts),
        rest=frame("rest", listed([templates.name(topic) for topic in left])) if left else "",
        limit=case_parts.first(LIMITS, [part.limits for part in parts]),
        question=_unsent(case_parts.first(QUESTIONS, [part.questions for part in parts]), sent),
        signoff=voice.signoff(case_parts.choice(key, "signoff")) or parts[0].signoff or frame("signoff"),
        signature=voice.signature.strip() or "[[your name]]",
        urgent=any(facts.near(slot) for part in parts for slot in part.template.event),
        story=voice.story(parts[0].template.topic, case_parts.choice(key, "story")),
        disagreeing=disagreeing[1] if disagreeing else None,
        doubted=[_called(topic) for topic in doubted],
    )


def _doubted(assessment: Assessment, asks: Sequence[Ask]) -> list[str]:
    """The further topics that are left out: not likely enough, or asking for nothing that there is an answer to.

    A paragraph about what nobody asked costs a person more than one that is missing and named.
    """
    cases = {ask.topic: ask.case for ask in asks if ask.main}  # without one there is only the general answer
    return [
        score.topic for score in assessment.topics[1:] if score.score < (LIKELY if cases.get(score.topic) else SURE)
    ]


def _chosen(
    topics: Sequence[str], templates: Templates, asks: Sequence[Ask]
) -> Iterator[tuple[Template, Case, list[str]]]:
    """What to answer: for each topic its best case, and for a topic alone its two best; at most one default.

    Topics without a template of their own share the general one.
    """
    shares: dict[str, list[str]] = {}
    for topic in topics:
        shares.setdefault(templates.of(topic).topic, []).append(topic)
    for name, shared in shares.items():
        template = templates.by_topic[name]
        found = [ask for ask in asks if ask.topic == name and ask.case in template.cases]
        cases = [ask.case for ask in found if ask.main][:1] or [""]
        if len(shares) == 1:
            further = sorted((ask for ask in found if ask.case and ask.score >= FURTHER), key=lambda ask: -ask.score)
            cases += [ask.case for ask in further if ask.case not in cases][:1]
        for case in cases:
            yield template, template.cases[case], shared


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


def _unsent(question: str, sent: Sequence[str]) -> str:
    """The question, unless it was asked before."""
    return "" if any(question in case_parts.joined(text) for text in sent) else question


def _making(plan: Plan, asks: Sequence[Ask]) -> Making:
    also = {"limit": plan.limit, "question": plan.question, "signoff": plan.signoff}
    answers = [Answer(question=ask.span, topic=ask.topic, text=_answer(ask, plan.parts)) for ask in asks]
    warnings = [f"Nothing here answers this: “{a.question.text}”" for a in answers if not a.text]
    in_general = [
        _called(part.template.topic) for part in plan.parts if not part.case.name and len(part.template.cases) > 1
    ]
    if in_general:
        warnings.append(f"No prepared answer fits this letter, so this is general advice on {listed(in_general)}.")
    if plan.doubted:
        warnings.append(f"This letter may also be about {listed(plan.doubted)}, which is left out. {SET_THE_TOPICS}")
    if plan.disagreeing:
        warnings.append("Two parts of this draft take different sides. Next: keep the one you hold with.")
    return Making(
        pieces=tuple(piece for part in plan.parts for piece in part.pieces(plan.steps, also)),
        answers=tuple(answers),
        warnings=tuple(warnings),
        likely=tuple((ask.topic, ask.others) for ask in asks if ask.main and ask.others),
    )


def _called(topic: str) -> str:
    """A topic as people at the desk call it; its name in a template speaks to the reader ("your resume")."""
    return f"“{topic.replace('_', ' ')}”"


def _answer(ask: Ask, parts: Sequence[Part]) -> str:
    """The answer to `ask`: that of its case, else that of its topic in general."""
    of_topic: Mapping[str, str] = {part.case.name: part.answer for part in parts if part.template.topic == ask.topic}
    return of_topic.get(ask.case, "") if ask.case else next(iter(of_topic.values()), "")
