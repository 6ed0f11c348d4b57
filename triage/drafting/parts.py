"""What one case of one topic brings to a draft, and how the points of several are kept from repeating."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from triage.answers import Piece
from triage.drafting.facts import Facts
from triage.drafting.templates import Case, Template

MAX_STEPS = 4

_COMMON_WORDS = frozenset("about from have into that their them then there they this what when will with your".split())
_FEWEST = 3  # words of its own that a point needs to be recognised by
_SAME = 0.6
"""Share of a point's own words found in an earlier point that makes it the same point. Chosen by eye."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and the day it belongs to; None when it comes after everything that has a day."""

    day: date | None
    text: str


@dataclass(slots=True)
class Part:
    """One case's share of the draft. The lists shrink while the draft is fitted to its length."""

    template: Template
    case: Case
    acknowledge: str
    bridge: str
    answer: str
    reasons: list[str]
    steps: list[Step]
    words: list[str]
    limits: Mapping[str, str]
    questions: Mapping[str, str]
    signoff: str

    def pieces(self, steps: Sequence[str], also: Mapping[str, str]) -> list[Piece]:
        """What of this part stands in a draft that has these steps, and the limit, question and sign-off in `also`."""
        own = [step.text for step in self.steps if step.text in steps]
        found = [("acknowledge", self.acknowledge), ("bridge", self.bridge), ("answer", self.answer)]
        found += [("reasons", text) for text in self.reasons] + [("steps", text) for text in own]
        found += [("words", text) for text in self.words]
        found += [("limit", text) for text in self.limits.values() if text == also["limit"]]
        found += [("question", text) for text in self.questions.values() if text == also["question"]]
        found += [("signoff", self.signoff)] if self.signoff == also["signoff"] else []
        return [Piece(template=self.template.reference, case=self.case.name, block=b, text=t) for b, t in found if t]


def choice(key: str, block: str) -> int:
    """A number that is always the same for a letter and a block: it picks among wordings."""
    return int.from_bytes(hashlib.sha256(f"{key}\n{block}".encode(errors="replace")).digest()[:4])


def read(template: Template, case: Case, values: Mapping[str, str], facts: Facts, key: str) -> Part:
    """Render every block of `case`."""

    def texts(block: str) -> dict[str, str]:
        return {b.kind: b.render(values, choice(key, block)) for b in case.blocks.get(block, ())}

    def line(block: str) -> str:
        return joined(texts(block).get("", ""))

    return Part(
        template=template,
        case=case,
        acknowledge=line("acknowledge"),
        bridge=line("bridge"),
        answer=line("answer"),
        reasons=_items(texts("reasons").get("", "")),
        steps=[_step(item, facts) for item in _items(texts("steps").get("", ""))],
        words=[
            joined(paragraph) for paragraph in re.split(r"\n\s*\n", texts("words").get("", "")) if paragraph.strip()
        ],
        limits={kind: joined(text) for kind, text in texts("limit").items() if text},
        questions={kind: joined(text) for kind, text in texts("question").items() if text},
        signoff=line("signoff"),
    )


def joined(text: str) -> str:
    """The lines of a paragraph as one."""
    return " ".join(text.split())


def first(order: Sequence[str], offers: Sequence[Mapping[str, str]]) -> str:
    """The text of the kind that comes first in `order`; among equals, that of the earlier topic."""
    return next((offer[kind] for kind in order for offer in offers if kind in offer), "")


def drop_repeats(parts: Sequence[Part], sent: Sequence[str] = ()) -> None:
    """Take out each reason or step that an earlier one, or an earlier reply in `sent`, has said already.

    An answer that was sent before is taken out too, sentence by sentence.
    """
    said = [words for text in sent for sentence in sentences(text) if len(words := _own_words(sentence)) >= _FEWEST]
    before = [joined(text) for text in sent]

    def fresh(text: str) -> bool:
        words = _own_words(text)
        if len(words) >= _FEWEST and any(len(words & earlier) >= _SAME * len(words) for earlier in said):
            return False
        if any(text in earlier for earlier in before):  # a step of several sentences, or one of very few words
            return False
        said.append(words)
        return True

    for part in parts:
        if sent:
            part.answer = " ".join(sentence for sentence in sentences(part.answer) if fresh(sentence))
            part.words = [text for text in part.words if fresh(text)]
        part.reasons = [reason for reason in part.reasons if fresh(reason)]
        part.steps = [step for step in part.steps if fresh(step.text)]


def clauses(parts: Sequence[Part]) -> list[str]:
    """What the parts say back of the letter, without a clause that repeats an earlier one ("your interview on …")."""
    kept: list[str] = []
    for part in parts:
        words = _own_words(part.acknowledge)
        if len(words) >= _FEWEST and any(len(words & _own_words(earlier)) >= _SAME * len(words) for earlier in kept):
            part.acknowledge = ""
        kept += [part.acknowledge] if part.acknowledge else []
    return kept


def sentences(text: str) -> list[str]:
    """The sentences of `text`, each on one line."""
    return [
        sentence
        for paragraph in re.split(r"\n\s*\n|\n(?=\d\. )", text)
        for sentence in re.split(r"(?:(?<=[.!?])|(?<=[.!?][\"”]))\s+(?![a-z0-9])", joined(paragraph))
        if sentence
    ]


def disagreement(parts: Sequence[Part]) -> tuple[Part, Part] | None:
    """The first two parts whose answers take different sides of the same matter."""
    for number, part in enumerate(parts):
        for other in parts[:number]:
            sides = other.case.position
            if any(sides.get(matter, side) != side for matter, side in part.case.position.items()):
                return other, part
    return None


def merge_steps(parts: Sequence[Part]) -> list[str]:
    """One list out of all topics' steps: each topic in turn has one taken, up to four; then by day."""
    turns = max((len(part.steps) for part in parts), default=0)
    taken = [part.steps[turn] for turn in range(turns) for part in parts if turn < len(part.steps)][:MAX_STEPS]
    return [step.text for step in sorted(taken, key=lambda step: step.day or date.max)]


def _own_words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z']+", text.lower()) if len(word) > 3} - _COMMON_WORDS


def _items(text: str) -> list[str]:
    """The lines that begin with "- ", each with the lines that carry it on."""
    return [item for chunk in re.split(r"^- ", text, flags=re.MULTILINE) if (item := joined(chunk))]


def _step(item: str, facts: Facts) -> Step:
    """Read "when | what"; `when` is today, then, or the name of a slot that holds a day."""
    when, _, text = item.partition("|")
    day = facts.today if when.strip() == "today" else facts.dates.get(when.strip())
    return Step(day, text.strip())
