"""What one topic brings to a draft, and how the points of several topics are kept from repeating."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from triage.drafting.facts import Facts
from triage.drafting.templates import Template

MAX_STEPS = 4

_COMMON_WORDS = frozenset("about from have into that their them then there they this what when will with your".split())
_SAME = 0.6
"""Share of a point's own words found in an earlier point that makes it the same point. Chosen by eye."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and the day it belongs to; None when it comes after everything that has a day."""

    day: date | None
    text: str


@dataclass(slots=True)
class Part:
    """One topic's share of the draft. The lists shrink while the draft is fitted to its length."""

    template: Template
    acknowledge: str
    bridge: str
    answer: str
    reasons: list[str]
    steps: list[Step]
    words: list[str]
    limits: Mapping[str, str]
    questions: Mapping[str, str]
    signoff: str


def choice(key: str, block: str) -> int:
    """A number that is always the same for a letter and a block: it picks among wordings."""
    return int.from_bytes(hashlib.sha256(f"{key}\n{block}".encode(errors="replace")).digest()[:4])


def read(template: Template, values: Mapping[str, str], facts: Facts, key: str) -> Part:
    """Render every block of `template`."""

    def texts(block: str) -> dict[str, str]:
        return {b.kind: b.render(values, choice(key, block)) for b in template.blocks.get(block, ())}

    def line(block: str) -> str:
        return joined(texts(block).get("", ""))

    return Part(
        template=template,
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


def drop_repeats(parts: Sequence[Part]) -> None:
    """Take out each reason or step that an earlier one has said already."""
    said: list[set[str]] = []

    def fresh(text: str) -> bool:
        words = {word for word in re.findall(r"[a-z']+", text.lower()) if len(word) > 3} - _COMMON_WORDS
        if len(words) >= 3 and any(len(words & earlier) >= _SAME * len(words) for earlier in said):
            return False
        said.append(words)
        return True

    for part in parts:
        part.reasons = [reason for reason in part.reasons if fresh(reason)]
        part.steps = [step for step in part.steps if fresh(step.text)]


def merge_steps(parts: Sequence[Part]) -> list[str]:
    """One list out of all topics' steps: each topic in turn has one taken, up to four; then by day."""
    turns = max((len(part.steps) for part in parts), default=0)
    taken = [part.steps[turn] for turn in range(turns) for part in parts if turn < len(part.steps)][:MAX_STEPS]
    return [step.text for step in sorted(taken, key=lambda step: step.day or date.max)]


def _items(text: str) -> list[str]:
    """The lines that begin with "- ", each with the lines that carry it on."""
    return [item for chunk in re.split(r"^- ", text, flags=re.MULTILINE) if (item := joined(chunk))]


def _step(item: str, facts: Facts) -> Step:
    """Read "when | what"; `when` is today, then, or the name of a slot that holds a day."""
    when, _, text = item.partition("|")
    day = facts.today if when.strip() == "today" else facts.dates.get(when.strip())
    return Step(day, text.strip())
