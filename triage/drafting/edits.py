"""What a person made of each sentence of a draft before signing it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from triage.answers import Piece
from triage.drafting.parts import joined, sentences

_ALIKE = 0.5
"""Share of two sentences in common from which one is the other, changed. Chosen by eye."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One sentence of a draft and what it became; `distance` is 0 where it was kept, 1 where nothing is left."""

    template: str
    case: str
    block: str
    drafted: str
    signed: str
    distance: float


def edits(pieces: Sequence[Piece], body: str) -> list[Edit]:
    """Each sentence of `pieces` beside the sentence of the signed `body` that is most like it."""
    whole = joined(body)
    signed = sentences(body)
    found = []
    for piece in pieces:
        for sentence in sentences(piece.text):
            became, distance = (sentence, 0.0) if _there(sentence, whole) else _closest(sentence, signed)
            found.append(Edit(piece.template, piece.case, piece.block, sentence, became, distance))
    return found


def _there(sentence: str, whole: str) -> bool:
    """Whether the sentence stands in the text; an acknowledgement may have been made to begin with a capital."""
    return sentence in whole or f"{sentence[0].upper()}{sentence[1:]}" in whole


def _closest(sentence: str, signed: Sequence[str]) -> tuple[str, float]:
    words = sentence.split()
    likeness = [SequenceMatcher(None, words, other.split(), autojunk=False).ratio() for other in signed]
    best = max(range(len(signed)), key=likeness.__getitem__, default=-1)
    if best < 0 or likeness[best] < _ALIKE:
        return "", 1.0
    return signed[best], round(1.0 - likeness[best], 3)


@dataclass(frozen=True, slots=True)
class Habit:
    """What people make of one block of one case: sentences that were drafted, kept, taken out, and examples of changes.

    `examples`: (drafted, signed), the most changed first; signed is empty where the sentence was taken out.
    """

    template: str
    case: str
    block: str
    drafted: int
    kept: int
    taken_out: int
    distance: float  # the mean over all sentences, 0 kept .. 1 nothing left
    examples: Sequence[tuple[str, str]]


def habits(made: Sequence[Edit], examples: int = 3) -> list[Habit]:
    """The blocks by how much people change them, the most changed first. Versions of a template count as one."""
    blocks: dict[tuple[str, str, str], list[Edit]] = {}
    for edit in made:
        blocks.setdefault((edit.template.partition("@")[0], edit.case, edit.block), []).append(edit)
    found = []
    for (template, case, block), own in blocks.items():
        changed = sorted((edit for edit in own if edit.distance > 0), key=lambda edit: -edit.distance)
        pairs = list(dict.fromkeys((edit.drafted, edit.signed) for edit in changed))
        found.append(
            Habit(
                template=template,
                case=case,
                block=block,
                drafted=len(own),
                kept=len(own) - len(changed),
                taken_out=sum(not edit.signed for edit in own),
                distance=sum(edit.distance for edit in own) / len(own),
                examples=pairs[:examples],
            )
        )
    return sorted(found, key=lambda habit: (-habit.distance * habit.drafted, habit.template, habit.case, habit.block))
