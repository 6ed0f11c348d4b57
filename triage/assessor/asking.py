"""Finds what a letter asks: each question, and the case of a topic's template that answers it.

A case that the pipeline was trained on has weights of its own. One that somebody has added since is
known by its example questions alone, which are compared with the letter's sentences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from triage.answers import Ask, Span
from triage.assessor.components import Tuned
from triage.assessor.corpus import HEADS
from triage.assessor.encoder import WIDTH, Encoder
from triage.assessor.features import Floats
from triage.assessor.likeness import unit
from triage.assessor.sentences import Window, sentences, windows

Case = tuple[str, str]
"""topic, name of the case."""
Example = tuple[str, str, str]
"""topic, case, an example question."""

LEAST = 0.35  # the chance of a case from which it is answered; below it the general answer is right as often
ALIKE = 0.8  # the cosine from which a sentence asks what an example of an untrained case asks
SPEAKS = -3.0  # the score of a topic from which a question belongs to it
FEWEST_WORDS = 4  # of a question; "Right?" asks nothing
OTHERS = 4  # cases that a person is offered beside the one that was chosen


@dataclass(frozen=True, slots=True)
class Chooser:
    """The weights of the cases that the pipeline was trained on: WIDTH x cases, with a bias for each."""

    names: Sequence[Case]
    weights: Floats
    bias: Floats

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            names = tuple((str(topic), str(case)) for topic, case in arrays["names"])
            return cls(names, arrays["weights"].astype(np.float32), arrays["bias"])

    def save(self, path: Path) -> None:
        """Write the arrays as .npz, the weights as float16."""
        np.savez_compressed(path, names=np.array(self.names), weights=self.weights.astype(np.float16), bias=self.bias)

    def of(self, topic: str) -> list[int]:
        """The columns of a topic's cases."""
        return [number for number, (of_topic, _) in enumerate(self.names) if of_topic == topic]


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of the templates in use: those of the chooser, and those that are known by examples alone.

    `vectors`: examples of the latter x WIDTH, of length 1, with their `examples` names.
    """

    known: frozenset[Case]
    examples: Sequence[Case]
    vectors: Floats


def study(encoder: Encoder, chooser: Chooser, examples: Sequence[Example]) -> Cases:
    """Read the examples of every case that the chooser has no weights for."""
    trained = frozenset(chooser.names)
    new = [example for example in examples if example[:2] not in trained]
    vectors = [encoder.read(text).mean([(0, len(text))])[0] for _, _, text in new]
    return Cases(
        known=trained & {(topic, case) for topic, case, _ in examples},
        examples=[(topic, case) for topic, case, _ in new],
        vectors=unit(np.array(vectors, dtype=np.float32).reshape(len(new), WIDTH)),
    )


def find_asks(doc: Doc, topics: Sequence[str], tuned: Tuned, chooser: Chooser, cases: Cases) -> list[Ask]:
    """What the letter as a whole asks of each topic, and the other questions of the body, in their order."""
    shift, text = int(doc._.body_start), doc.text
    found = [window for window in sentences(text) if window[0] >= shift]
    pairs = windows(found)
    if not pairs:
        return []
    vectors = doc._.reading.mean(pairs)
    spoken = vectors @ tuned.window + tuned.window_bias
    asks: list[Ask] = []

    def ask(window: Window, topic: str, ranked: Sequence[tuple[str, float]], *, main: bool) -> Ask:
        start, end = window
        span = Span(text=text[start:end], start=start - shift, end=end - shift)
        case, score = ranked[0] if ranked and ranked[0][1] >= LEAST else ("", 0.0)
        others = tuple(name for name, _ in ranked if name != case)[:OTHERS]
        return Ask(span=span, topic=topic, case=case, score=score, main=main, others=others)

    weighed = {}
    for topic in topics:
        columns = [column for column in chooser.of(topic) if chooser.names[column] in cases.known]
        ranked, best = rank(vectors, tuned, chooser, topic, columns)
        weighed[topic] = columns
        added, place, likeness = _by_example(unit(vectors), topic, cases)
        if likeness >= ALIKE:
            ranked, best = [(added, likeness), *ranked], place
        asks.append(ask(pairs[best], topic, ranked, main=True))
    for number in _open_questions(text, found, [a.span for a in asks], shift):
        speakers = [(spoken[number, HEADS.index(topic)], topic) for topic in topics]
        topic = max(speakers)[1] if speakers and max(speakers)[0] > SPEAKS else ""
        asks.append(ask(found[number], topic, _alone(vectors[number], chooser, weighed.get(topic, [])), main=False))
    return sorted(asks, key=lambda a: a.span.start)


def rank(
    vectors: Floats, tuned: Tuned, chooser: Chooser, topic: str, columns: Sequence[int]
) -> tuple[list[tuple[str, float]], int]:
    """The cases in `columns` with their chances, the likeliest first, and the window that speaks for that one.

    vectors: windows x WIDTH. Each window counts as much as it speaks for the topic, and one good one is enough.
    """
    head = HEADS.index(topic)
    voice = log_softmax(vectors @ tuned.window[:, head] + tuned.window_bias[head])
    if not columns:
        return [], int(voice.argmax())
    joined = vectors @ chooser.weights[:, columns] + chooser.bias[columns] + voice[:, None]
    scores = log_sum(joined)
    return _ranked(scores, chooser, columns), int(joined[:, int(scores.argmax())].argmax())


def _alone(vector: Floats, chooser: Chooser, columns: Sequence[int]) -> list[tuple[str, float]]:
    """The cases that one sentence asks for by itself."""
    return _ranked(vector @ chooser.weights[:, columns] + chooser.bias[columns], chooser, columns) if columns else []


def _ranked(scores: Floats, chooser: Chooser, columns: Sequence[int]) -> list[tuple[str, float]]:
    """The cases with their chances, the likeliest first."""
    chances = np.exp(log_softmax(scores))
    return [(chooser.names[columns[number]][1], float(chances[number])) for number in np.argsort(-chances)]


def _by_example(vectors: Floats, topic: str, cases: Cases) -> tuple[str, int, float]:
    """The case whose example is most like a window, the number of that window, and their cosine."""
    rows = [row for row, (of_topic, _) in enumerate(cases.examples) if of_topic == topic]
    if not rows:
        return "", 0, 0.0
    alike: NDArray[np.float32] = vectors @ cases.vectors[rows].T
    window, example = divmod(int(alike.argmax()), len(rows))
    return cases.examples[rows[example]][1], window, float(alike[window, example])


def _open_questions(text: str, found: Sequence[Window], taken: Sequence[Span], shift: int) -> list[int]:
    """The numbers of the sentences with a question mark that no ask in `taken` covers."""
    return [
        number
        for number, (start, end) in enumerate(found)
        if text[start:end].rstrip("\"'”’)").endswith("?")
        and len(text[start:end].split()) >= FEWEST_WORDS
        and not any(start - shift < span.end and span.start < end - shift for span in taken)
    ]


def log_softmax(scores: Floats) -> Floats:
    """Along the first axis."""
    raised = scores - scores.max(axis=0)
    result: Floats = raised - np.log(np.exp(raised).sum(axis=0))
    return result


def log_sum(scores: Floats) -> Floats:
    """The logarithm of the sum of exponentials along the first axis."""
    peak = scores.max(axis=0)
    result: Floats = peak + np.log(np.exp(scores - peak).sum(axis=0))
    return result
