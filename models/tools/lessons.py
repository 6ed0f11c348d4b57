"""From rows of letters to what the network sees: ids, windows, and what each piece and window ought to say."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from triage.assessor.corpus import HEADS, TAGS, Row, full_text, gold_evidence, gold_facts
from triage.assessor.encoder import CLS, MASK, SEP, pieces
from triage.assessor.sentences import Window, sentences, windows

LONGEST = 384  # word pieces; of a longer letter the first third and the last two thirds, where the question is
UNKNOWN = -100  # pieces of letters whose facts nobody marked


@dataclass(frozen=True, slots=True)
class Lesson:
    """One letter. spans: pieces (first, last + 1) of each window. witness: head to the windows that hold its words."""

    ids: list[int]
    spans: list[Window]
    witness: dict[int, list[int]]
    tags: list[int]
    cases: dict[int, int]  # head of a topic to the case that the letter needs of it


def prepare(row: Row, tokenizer: Tokenizer, cases: dict[int, int]) -> Lesson:
    """Cut one letter into pieces and windows, and find its marked words among them."""
    text, body_start = full_text(row["subject"], row["body"])
    ids, starts, ends = pieces(tokenizer, text)
    if len(ids) > LONGEST - 2:
        head, tail = LONGEST // 3, LONGEST - 2 - LONGEST // 3
        ids, starts, ends = (part[:head] + part[-tail:] for part in (ids, starts, ends))
    ids, starts, ends = [CLS, *ids, SEP], [0, *starts, 0], [0, *ends, 0]
    spans, cuts = [], []
    for low, high in windows(sentences(text)):
        inside = [n for n in range(1, len(ids) - 1) if starts[n] < high and ends[n] > low]
        if inside:
            spans.append((inside[0], inside[-1] + 1))
            cuts.append((low, high))
    if not spans:
        spans, cuts = [(0, len(ids))], [(0, len(text))]
    witness = {}
    for head, (low, high) in gold_evidence(row).items():
        hits = [n for n, (a, b) in enumerate(cuts) if a < high + body_start and b > low + body_start]
        if hits:
            witness[HEADS.index(head)] = hits
    tags = [UNKNOWN] * len(ids)
    if "facts" in row:
        tags = [0] * len(ids)
        for tag, low, high in gold_facts(row):
            for n in range(1, len(ids) - 1):
                if starts[n] < high + body_start and ends[n] > low + body_start:
                    tags[n] = 1 + TAGS.index(tag)
    return Lesson(ids, spans, witness, tags, cases)


def example(text: str, tokenizer: Tokenizer, head: int, case: int) -> Lesson:
    """A lesson of one question: which case of a topic it asks for, and nothing else."""
    ids = [CLS, *pieces(tokenizer, text)[0][: LONGEST - 2], SEP]
    return Lesson(ids, [(1, len(ids) - 1)], {}, [UNKNOWN] * len(ids), {head: case})


def batches(lessons: Sequence[Lesson], size: int, chance: np.random.Generator) -> Iterator[list[int]]:
    """Numbers of lessons in random batches of about the same length."""
    order = chance.permutation(len(lessons))
    found: list[list[int]] = []
    for low in range(0, len(order), size * 16):
        part = sorted(order[low : low + size * 16].tolist(), key=lambda n: len(lessons[n].ids))
        found += [part[n : n + size] for n in range(0, len(part), size)]
    for number in chance.permutation(len(found)):
        yield found[number]


def collate(lessons: Sequence[Lesson], hide: float = 0.0) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Ids, mask, means, real windows and tags of one batch, padded. `hide`: the share of pieces to mask."""
    length = max(len(lesson.ids) for lesson in lessons)
    most = 1 + max(len(lesson.spans) for lesson in lessons)
    ids, mask = (torch.zeros(len(lessons), length, dtype=torch.long) for _ in range(2))
    tags = torch.full((len(lessons), length), UNKNOWN)
    means, real = torch.zeros(len(lessons), most, length), torch.zeros(len(lessons), most, dtype=torch.bool)
    for n, lesson in enumerate(lessons):
        count = len(lesson.ids)
        ids[n, :count], mask[n, :count] = torch.tensor(lesson.ids), 1
        tags[n, :count] = torch.tensor(lesson.tags)
        for k, (low, high) in enumerate([(1, count - 1), *lesson.spans]):
            means[n, k, low:high], real[n, k] = 1 / max(high - low, 1), True
    if hide:
        ids = torch.where((torch.rand(ids.shape) < hide) & (ids != CLS) & (ids != SEP) & mask.bool(), MASK, ids)
    return ids, mask, means, real, tags


def steps(lessons: int, size: int, epochs: int) -> int:
    """How many batches there will be."""
    whole, rest = divmod(lessons, size * 16)
    return epochs * (whole * 16 + math.ceil(rest / size))
