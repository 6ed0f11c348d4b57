"""What became of a text, word by word, so that a person sees at a glance what somebody changed. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

MOST = 1_000_000
"""Pairs of words that are compared; of longer paragraphs all of the old is out, all of the new in."""
MOST_PARAGRAPHS = 900
"""Pairs of paragraphs that are looked at for a change."""
ALIKE = 0.4
"""The share of words in common from which one paragraph is another, changed (`quick_ratio`). Chosen by eye."""
_WORD = re.compile(r"\s+|[^\s\w]+|[\w’'-]+")


class Fate(StrEnum):
    """What became of a run of words; also the name of its element in HTML."""

    KEPT = "span"
    IN = "ins"
    OUT = "del"


@dataclass(frozen=True, slots=True)
class Run:
    """Words with one fate."""

    fate: Fate
    text: str


Paragraph = Sequence[Run]


def compare(old: str, new: str) -> list[Paragraph]:
    """The paragraphs of both texts in order, each as runs. The new text is what is kept or in, the old what is kept
    or out."""
    before, after = _paragraphs(old), _paragraphs(new)
    found: list[Paragraph] = []
    for what, i, j, k, m in _steps(before, after):
        if what == "equal":
            found += [[Run(Fate.KEPT, text)] for text in after[k:m]]
        else:
            found += _changed(before[i:j], after[k:m])
    return found


def differs(paragraphs: Sequence[Paragraph]) -> bool:
    """Whether anything at all was changed."""
    return any(run.fate is not Fate.KEPT for paragraph in paragraphs for run in paragraph)


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[Paragraph]:
    """Each new paragraph after the old one that it was made of; the others whole."""
    waiting = list(before) if len(before) * len(after) <= MOST_PARAGRAPHS else []
    yield from ([Run(Fate.OUT, text)] for text in before[: len(before) - len(waiting)])
    for text in after:
        partner = next((old for old in waiting if _alike(old, text)), None)
        if partner is None:
            yield [Run(Fate.IN, text)]
            continue
        while waiting[0] != partner:
            yield [Run(Fate.OUT, waiting.pop(0))]
        yield _runs(waiting.pop(0), text)
    yield from ([Run(Fate.OUT, text)] for text in waiting)


def _runs(old: str, new: str) -> list[Run]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    found: list[Run] = []
    for what, i, j, k, m in _steps(before, after):
        if what == "equal":
            found.append(Run(Fate.KEPT, "".join(after[k:m])))
            continue
        found += [Run(Fate.OUT, "".join(before[i:j]))] if i < j else []
        found += [Run(Fate.IN, "".join(after[k:m]))] if k < m else []
    return _joined(found)


def _joined(runs: Sequence[Run]) -> list[Run]:
    """The runs, where a lone space between two changes belongs to both: whole phrases read better than shreds."""
    found: list[Run] = []
    for run in runs:
        found.append(run)
        if len(found) < 4 or found[-3].fate is not Fate.KEPT or found[-3].text.strip():
            continue
        out, into, space = found[-5:-3], found[-2:], found[-3].text
        if [piece.fate for piece in (*out, *into)] == [Fate.OUT, Fate.IN, Fate.OUT, Fate.IN]:
            found[-5:] = [
                Run(Fate.OUT, out[0].text + space + into[0].text),
                Run(Fate.IN, out[1].text + space + into[1].text),
            ]
    return found


def _alike(old: str, new: str) -> bool:
    before, after = (re.findall(r"\w+", text.lower()) for text in (old, new))
    return SequenceMatcher(None, before, after, autojunk=False).quick_ratio() >= ALIKE


def _steps(before: Sequence[str], after: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if len(before) * len(after) > MOST:
        return [("replace", 0, len(before), 0, len(after))]
    return SequenceMatcher(None, before, after, autojunk=False).get_opcodes()


def _paragraphs(text: str) -> list[str]:
    return [paragraph for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()) if paragraph.strip()]
