"""What became of a text, word by word, so that a person sees at a glance what somebody changed. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

MOST = 100_000
"""Pairs of words of a paragraph that are compared; of a longer one all of the old is out, all of the new in."""
BUDGET = 400_000
"""Pairs of words of all paragraphs together: whoever writes a text decides how alike its words are, and the time that
comparing them takes grows faster than their number."""
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
    left = BUDGET
    for what, i, j, k, m in _steps(before, after):
        if what == "equal":
            found += [[Run(Fate.KEPT, text)] for text in after[k:m]]
            continue
        for out, into in _pairs(before[i:j], after[k:m]):
            old_words, new_words = _WORD.findall(out), _WORD.findall(into)
            left -= len(old_words) * len(new_words)
            found.append(_runs(old_words, new_words) if left >= 0 else _whole(out, into))
    return found


def differs(paragraphs: Sequence[Paragraph]) -> bool:
    """Whether anything at all was changed."""
    return any(run.fate is not Fate.KEPT for paragraph in paragraphs for run in paragraph)


def _pairs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each new paragraph beside the old one that it was made of, in order; the others beside nothing ("")."""
    waiting = list(before) if len(before) * len(after) <= MOST_PARAGRAPHS else []
    yield from ((text, "") for text in before[: len(before) - len(waiting)])
    for text in after:
        partner = next((old for old in waiting if _alike(old, text)), None)
        if partner is None:
            yield "", text
            continue
        while waiting[0] != partner:
            yield waiting.pop(0), ""
        yield waiting.pop(0), text
    yield from ((text, "") for text in waiting)


def _whole(old: str, new: str) -> list[Run]:
    return [Run(fate, text) for fate, text in ((Fate.OUT, old), (Fate.IN, new)) if text]


def _runs(before: Sequence[str], after: Sequence[str]) -> list[Run]:
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
