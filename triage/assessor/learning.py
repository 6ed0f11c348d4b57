"""Learning from what people decide: a thin layer on top of the pipeline as it came, which never changes.

The layer shifts the score of each topic, by a linear function of how the letter reads. It is fitted
on the letters that people decided, beside a sample of the letters the pipeline was made from, on
which it is to change nothing (learning without forgetting: Li and Hoiem, 2016). Taking the layer away
undoes it.
"""

import io
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc

from triage.assessor.corpus import TOPICS
from triage.assessor.encoder import WIDTH
from triage.assessor.features import Floats, Ngrams
from triage.assessor.figures import f1
from triage.assessor.heads import Matrix, logit, sigmoid
from triage.assessor.optimise import minimise
from triage.assessor.verdict import MOST_TOPICS
from triage.errors import TriageError
from triage.lessons import Learned, Lesson
from triage.settings import FEWEST_LESSONS

SKETCH = 512  # numbers that stand for all n-grams (feature hashing: Weinberger et al., 2009)
SIZE = WIDTH + SKETCH
PENALTY = 1.0  # draws towards what the pipeline says by itself
HELD_BACK = 4  # one lesson in so many is kept for the comparison, and one letter of the rehearsal
REHEARSED = 0.3  # how much a letter of the rehearsal counts beside a lesson
FORGIVEN = 0.02  # of the rehearsal's F1: one standard error of 300 letters


@dataclass(frozen=True, slots=True)
class Layer:
    """weights: SIZE x topics, bias: topics."""

    weights: Floats
    bias: Floats

    def shifted(self, chances: Matrix, features: Floats) -> Matrix:
        """The chances of the topics (rows x topics) with what was learned."""
        return sigmoid(logit(chances) + features @ self.weights + self.bias)

    def pack(self, model: str) -> bytes:
        """The layer as bytes, without pickle, with the name of the pipeline that it belongs to."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            made_for=np.array(json.dumps([model, *TOPICS])),
            weights=self.weights.astype(np.float16),
            bias=self.bias,
        )
        return buffer.getvalue()


def unpack(data: bytes, model: str) -> Layer:
    """The layer that `Layer.pack` wrote; ValueError when it belongs to another pipeline."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        if json.loads(str(arrays["made_for"])) != [model, *TOPICS] or arrays["weights"].shape != (SIZE, len(TOPICS)):
            raise ValueError("learned by another pipeline")
        return Layer(arrays["weights"].astype(np.float32), arrays["bias"])


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Letters that the pipeline was made from: features (rows x SIZE), held-out chances and targets (rows x topics)."""

    features: Floats
    chances: Matrix
    targets: Matrix

    def save(self, path: Path) -> None:
        """Write the three arrays as .npz."""
        np.savez_compressed(
            path,
            features=self.features.astype(np.float16),
            chances=self.chances.astype(np.float32),
            targets=self.targets.astype(np.float16),
        )


def load_rehearsal(path: Path) -> Rehearsal:
    """Read what `Rehearsal.save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Rehearsal(
            arrays["features"].astype(np.float32),
            arrays["chances"].astype(np.float64),
            arrays["targets"].astype(np.float64),
        )


def features_of(doc: Doc, ngrams: Ngrams) -> Floats:
    """How a read document looks to the layer: its mean vector and a sketch of its n-grams, each of length 1."""
    reading = doc._.reading
    mean = reading.vectors.mean(axis=0) if len(reading.vectors) else np.zeros(WIDTH, np.float32)
    row = ngrams.whole(doc.text)
    mixed = (row.buckets.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    sign = np.where(mixed & np.uint64(1), 1.0, -1.0)
    sketch = np.bincount((mixed >> np.uint64(1)).astype(np.int64) % SKETCH, row.values * sign, SKETCH)
    return np.concatenate([part / (np.linalg.norm(part) or 1.0) for part in (mean, sketch)]).astype(np.float32)


def learn(
    lessons: Sequence[Lesson],
    *,
    read: Callable[[str, str], tuple[Matrix, Floats]],
    rehearsal: Rehearsal,
    thresholds: tuple[float, float],
    model: str,
    current: Layer | None,
) -> Learned:
    """Fit a layer on all lessons; it is better when one fitted without a quarter of them reads that quarter no worse.

    read: subject and body to the chances of the topics and the features, without any layer.
    thresholds: for the first topic and for further ones. current: the layer in use, which is what
    "before" means. Raises TriageError for too few lessons.
    """
    if len(lessons) < FEWEST_LESSONS:
        raise TriageError(f"{len(lessons)} decided letters are too few to learn from; it takes {FEWEST_LESSONS}.")
    rows = _Rows()
    ranked = sorted(range(len(lessons)), key=lambda n: (zlib.crc32(lessons[n].body.encode("utf-8", "replace")), n))
    kept_back = set(ranked[::HELD_BACK])
    for number, lesson in enumerate(lessons):
        wanted = np.array([topic in lesson.topics for topic in TOPICS], dtype=np.float64)
        kept = number in kept_back
        rows.add(*read(lesson.subject, lesson.body), wanted, np.ones(len(TOPICS)), kept=kept, whole=True)
        for topic, start, end in lesson.evidence:
            alone = np.array([name == topic for name in TOPICS], dtype=np.float64)
            rows.add(*read("", lesson.body[start:end]), alone, alone, kept=kept, whole=False)
    old = np.arange(len(rehearsal.targets)) % HELD_BACK == 0
    trial = _fit(rows.chosen(kept=False), _part(rehearsal, ~old))
    chances, features, wanted = rows.held_back()
    rest = _part(rehearsal, old)
    (before, was), (after, remains) = (
        (
            _score(layer.shifted(chances, features) if layer else chances, wanted, thresholds),
            _score(layer.shifted(rest.chances, rest.features) if layer else rest.chances, rest.targets, thresholds),
        )
        for layer in (current, trial)
    )
    better = after >= before and remains >= was - FORGIVEN
    told = "\n".join(
        [
            f"Learned from {len(lessons)} decided letters, {len(wanted)} of them kept back to compare.",
            f"On those kept back: F1 {before:.3f} before, {after:.3f} after.",
            f"On the letters it was made from: F1 {was:.3f} before, {remains:.3f} after.",
            "Not worse: it can be used." if better else "Worse: it is kept, but not used.",
        ]
    )
    layer = _fit(rows.chosen(), rehearsal)
    return Learned(
        data=layer.pack(model),
        model=model,
        lessons=len(lessons),
        before=before,
        after=after,
        better=better,
        told=told,
    )


@dataclass(frozen=True, slots=True)
class _Sample:
    features: Floats
    chances: Matrix
    targets: Matrix
    weights: Matrix


class _Rows:
    """Lessons as rows, some of them kept back; clicked evidence is a row of its own, for its topic alone."""

    def __init__(self) -> None:
        self._chances: list[Matrix] = []
        self._features: list[Floats] = []
        self._targets: list[Matrix] = []
        self._weights: list[Matrix] = []
        self._kept: list[bool] = []
        self._whole: list[bool] = []

    def add(
        self, chances: Matrix, features: Floats, targets: Matrix, weights: Matrix, *, kept: bool, whole: bool
    ) -> None:
        self._chances.append(chances)
        self._features.append(features)
        self._targets.append(targets)
        self._weights.append(weights)
        self._kept.append(kept)
        self._whole.append(whole)

    def chosen(self, *, kept: bool | None = None) -> _Sample:
        take = [n for n, held in enumerate(self._kept) if kept is None or held == kept]
        return _Sample(
            np.array([self._features[n] for n in take]).reshape(-1, SIZE),
            np.array([self._chances[n] for n in take]).reshape(-1, len(TOPICS)),
            np.array([self._targets[n] for n in take]).reshape(-1, len(TOPICS)),
            np.array([self._weights[n] for n in take]).reshape(-1, len(TOPICS)),
        )

    def held_back(self) -> tuple[Matrix, Floats, Matrix]:
        take = [n for n, held in enumerate(self._kept) if held and self._whole[n]]
        return (
            np.array([self._chances[n] for n in take]).reshape(-1, len(TOPICS)),
            np.array([self._features[n] for n in take]).reshape(-1, SIZE),
            np.array([self._targets[n] for n in take]).reshape(-1, len(TOPICS)),
        )


def _part(rehearsal: Rehearsal, chosen: NDArray[np.bool_]) -> Rehearsal:
    return Rehearsal(rehearsal.features[chosen], rehearsal.chances[chosen], rehearsal.targets[chosen])


def _fit(sample: _Sample, rehearsal: Rehearsal) -> Layer:
    features = np.vstack((sample.features, rehearsal.features)).astype(np.float64)
    base = logit(np.vstack((sample.chances, rehearsal.chances)))
    # On the rehearsal the pipeline's own chances are the goal: what needs no change is to stay.
    targets = np.vstack((sample.targets, rehearsal.chances))
    weights = np.vstack((sample.weights, np.full(rehearsal.targets.shape, REHEARSED)))

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        point = flat.reshape(SIZE + 1, len(TOPICS))
        logits = base + features @ point[:-1] + point[-1]
        value = float((weights * (np.logaddexp(0.0, logits) - targets * logits)).sum())
        residual = weights * (sigmoid(logits) - targets)
        slope = np.vstack((features.T @ residual, residual.sum(axis=0)))
        return value + 0.5 * PENALTY * float((point * point).sum()), (slope + PENALTY * point).ravel()

    fitted = minimise(loss, np.zeros((SIZE + 1) * len(TOPICS))).reshape(SIZE + 1, len(TOPICS))
    return Layer(fitted[:-1].astype(np.float32), fitted[-1].astype(np.float32))


def _score(chances: Matrix, targets: Matrix, thresholds: tuple[float, float]) -> float:
    """Micro-F1 of the topics that would be shown; 1.0 for no rows."""
    if not len(chances):
        return 1.0
    order = np.argsort(np.argsort(-chances, axis=1), axis=1)
    first, further = thresholds
    shown = (chances >= np.where(order == 0, first, further)) & (order < MOST_TOPICS)
    shown &= chances.max(axis=1, keepdims=True) >= first
    gold = targets >= 0.5
    return f1(int((shown & gold).sum()), int((shown & ~gold).sum()), int((gold & ~shown).sum())) or 0.0
