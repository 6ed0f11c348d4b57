"""What the machine's draft answers: the questions of the letter, the cases of its topics, the facts that it cites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.answers import Making
from triage.desk import Desk, learning, writing
from triage.desk import facts as desk_facts
from triage.desk.words import templates
from triage.drafting.book import Fact
from triage.drafting.drafts import SET_THE_TOPICS, SURE
from triage.drafting.parts import joined, sentences
from triage.records import Dossier

FIRST_WORDS = 18
"""So many words of an answer are enough to find it in the reply."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the letter, on one line.

    `words` are the first ones of each thing that answers it, as they stand in the reply now. Without any,
    `answered` tells whether the machine's draft had an answer that has since been changed or taken out.
    """

    text: str
    words: Sequence[str]
    answered: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic, the cases that the draft answers (none: it leaves the topic out), and all that it could answer.

    A case is named as in the topic's template, "" for the general answer; `offered` is empty where there is
    nothing to choose.
    """

    topic: str
    used: Sequence[str]
    offered: Sequence[str]
    examples: Mapping[str, str]  # for each of them a question that it answers; none for the general answer


def making(dossier: Dossier) -> Making:
    """How the machine made the draft; empty where it made none, and for a held letter always."""
    held = dossier.assessment is not None and dossier.assessment.held
    return Making() if held or dossier.machine_draft is None else dossier.machine_draft.making


def edited(dossier: Dossier) -> bool:
    """Whether the reply is no longer the machine's own, so that no choice of a case writes it anew."""
    return dossier.draft != dossier.machine_draft or dossier.slip.stage not in learning.REDRAFTED


def questions(dossier: Dossier) -> list[Question]:
    """The questions that were found in the letter, those without an answer first."""
    body = joined(dossier.draft.body) if dossier.draft else ""
    asked: dict[str, list[str]] = {}  # a question may touch on two topics, and have an answer from each
    for answer in making(dossier).answers:
        if question := joined(answer.question.text).strip('“”"'):
            asked.setdefault(question, []).append(answer.text)
    found = [
        Question(text, tuple(filter(None, dict.fromkeys(_standing(words, body) for words in answers))), any(answers))
        for text, answers in asked.items()
    ]
    return sorted(found, key=lambda question: (question.answered, bool(question.words)))


def warnings(dossier: Dossier) -> list[str]:
    """What to look at before signing, without what the list of questions says already, and without asking for topics
    that somebody has set since."""
    made = making(dossier)
    known = [f"“{answer.question.text}”" for answer in made.answers if not answer.text]
    known += [SET_THE_TOPICS] if dossier.decision else []
    return [warning for warning in made.warnings if not any(words in warning for words in known)]


def left_out(desk: Desk, dossier: Dossier) -> list[str]:
    """The topics that the draft leaves out because they are in doubt, while nobody has set the topics."""
    made, found = making(dossier), dossier.assessment
    if found is None or dossier.decision or not any(SET_THE_TOPICS in warning for warning in made.warnings):
        return []
    used = {piece.template.partition("@")[0] for piece in made.pieces}
    doubtful = (score.topic for score in found.topics[1:] if score.score < SURE)
    return [topic for topic in doubtful if templates(desk).of(topic).topic not in used]


def choices(desk: Desk, dossier: Dossier) -> list[Choice]:
    """Each topic of the letter with what the draft answers of it; nothing where the machine drafted nothing."""
    made, settled = making(dossier), writing.settled(dossier)
    pieces, likely = made.pieces, dict(made.likely)
    found = []
    for score in settled.topics if settled and pieces else ():
        template = templates(desk).of(score.topic)
        used = tuple(dict.fromkeys(p.case for p in pieces if p.template.partition("@")[0] == template.topic))
        first = [case for case in likely.get(score.topic, ()) if case in template.cases]
        cases = [*dict.fromkeys((*used, *first, *filter(None, template.cases), ""))]
        examples = {case: template.cases[case].asks[0] for case in cases if template.cases[case].asks}
        found.append(Choice(score.topic, used, cases if used and len(cases) > 1 else (), examples))
    return found


def cited(desk: Desk, dossier: Dossier) -> list[Fact]:
    """The dated facts that the machine put into the draft, as they are now."""
    references = making(dossier).facts
    known = desk_facts.book(desk).facts if references else {}
    return [known[reference] for reference in references if reference in known]


def _standing(answer: str, body: str) -> str:
    """The first words of the first sentence of `answer` that stands in `body`; empty when none does."""
    sentence = next((sentence for sentence in sentences(answer) if sentence in body), "")
    words = sentence.split()
    return sentence if len(words) <= FIRST_WORDS else " ".join(words[:FIRST_WORDS]).rstrip(",;:") + " …"
