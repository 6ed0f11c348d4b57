"""Linear heads over any rows: one logistic head for each name, fitted together, then calibrated.

With fewer rows than buckets it is cheaper to fit in the space of the rows: by the representer
theorem the best weights are a combination of the rows, so only their inner products are needed
(Schölkopf, Herbrich and Smola, 2001). The same products serve every fold of a cross-validation.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.assessor.corpus import TOPICS
from triage.assessor.features import Row
from triage.assessor.optimise import minimise

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heads:
    """Fitted heads: `weights` (buckets x heads) in 8 bits, each head with its own step and bias."""

    weights: NDArray[np.int8]
    steps: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, row: Row) -> Matrix:
        """One score per head, positive for yes."""
        total = row.values @ self.weights[row.buckets].astype(np.float32)
        return (total * self.steps + self.bias).astype(np.float64)


def quantise(weights: NDArray[np.float32], bias: Matrix) -> Heads:
    """Round each head's weights to 255 even steps."""
    steps = np.maximum(np.abs(weights).max(axis=0, initial=0.0), 1e-12) / 127.0
    rounded = np.rint(weights / steps).astype(np.int8)
    return Heads(rounded, steps.astype(np.float32), bias.astype(np.float32))


def fit_heads(
    gram: Matrix, targets: Matrix, weights: Matrix, *, penalty: float, positive: float
) -> tuple[Matrix, Matrix]:
    """Fit logistic heads on rows known by their inner products.

    gram: rows x rows. targets: rows x heads, 0 to 1 (two readers who differ give 0.5).
    weights: rows x heads, how much each label counts; 0 leaves it out. positive: how much more a
    yes counts than a no. Returns the share of each row in each head (rows x heads) and the bias
    of each head, so that the logits of other rows are `products @ shares + bias`.
    """
    rows, heads = targets.shape
    root = np.linalg.cholesky(gram + 1e-6 * np.eye(rows))
    scale = weights * (1.0 + (positive - 1.0) * targets)

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        parameters = flat.reshape(rows + 1, heads)
        inner, bias = parameters[:-1], parameters[-1]
        logits = root @ inner + bias
        value = float((scale * (np.logaddexp(0.0, logits) - targets * logits)).sum())
        residual = scale * (sigmoid(logits) - targets)
        gradient = np.vstack((root.T @ residual + penalty * inner, residual.sum(axis=0)))
        return value + 0.5 * penalty * float((inner * inner).sum()), gradient.ravel()

    fitted = minimise(loss, np.zeros((rows + 1) * heads)).reshape(rows + 1, heads)
    return np.linalg.solve(root.T, fitted[:-1]), fitted[-1]


def fit_calibration(scores: Matrix, targets: NDArray[np.float64], *, pull: float = 1.0) -> NDArray[np.float64]:
    """Platt scaling of one head with any number of scores: weights for `scores` and, last, the bias.

    scores: rows x views, held out from the fit that gave them. `pull` draws the weights towards
    their mean, so that a head with few examples leans on all its views.
    """
    spread = scores.std(axis=0) + 1e-9

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = (scores / spread) @ point[:-1] + point[-1]
        off = point[:-1] - point[:-1].mean()
        value = float((np.logaddexp(0.0, logits) - targets * logits).sum()) + 0.5 * pull * float(off @ off)
        residual = sigmoid(logits) - targets
        slope = (scores / spread).T @ residual + pull * off
        return value, np.append(slope, residual.sum())

    fitted = minimise(loss, np.zeros(scores.shape[1] + 1))
    return np.append(fitted[:-1] / spread, fitted[-1])


def fit_company(logits: Matrix, cues: Matrix, targets: Matrix, *, penalty: float) -> Matrix:
    """How the other heads bear on each one: an interview to be cancelled is rarely asked about for itself.

    logits, targets: rows x heads; the logits calibrated and held out from the fits that gave them.
    cues: rows x anything, what else is known of a letter. Returns heads x (heads + cues + 2): for each
    head the weights of all chances and cues, of its own logit, and the bias (stacked generalisation:
    Wolpert, 1992). `penalty` draws towards leaving the logits alone.
    """
    known = np.hstack((sigmoid(logits), cues))
    heads, width = logits.shape[1], known.shape[1]

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        point = flat.reshape(heads, width + 2)
        mixed = known @ point[:, :width].T + logits * point[:, width] + point[:, width + 1]
        off = point - alone
        residual = sigmoid(mixed) - targets
        slope = np.column_stack((residual.T @ known, (residual * logits).sum(axis=0), residual.sum(axis=0)))
        value = float((np.logaddexp(0.0, mixed) - targets * mixed).sum()) + 0.5 * penalty * float((off * off).sum())
        return value, (slope + penalty * off).ravel()

    alone = np.zeros((heads, width + 2))
    alone[:, width] = 1.0
    return minimise(loss, alone.ravel()).reshape(heads, width + 2)


def in_company(logits: Matrix, cues: Matrix, company: Matrix) -> Matrix:
    """The chances (rows x heads) when every head knows of the others and of the cues (rows x cues)."""
    known = np.hstack((sigmoid(logits), cues))
    return sigmoid(known @ company[:, :-2].T + logits * company[:, -2] + company[:, -1])


def settled(chances: Matrix, first: Matrix) -> Matrix:
    """The chances (rows x heads) with that of each row's best topic corrected by `first` (slope, bias).

    Labels that two readers shared make every head shy, and the first of 23 shy heads is too shy.
    """
    rows, best = np.arange(len(chances)), chances[:, : len(TOPICS)].argmax(axis=1)
    corrected = chances.copy()
    corrected[rows, best] = np.maximum(sigmoid(first[0] * logit(chances[rows, best]) + first[1]), chances[rows, best])
    return corrected


def logit(chances: Matrix) -> Matrix:
    """The inverse of `sigmoid`, bounded."""
    safe = np.clip(chances, 1e-4, 1.0 - 1e-4)
    return np.asarray(np.log(safe / (1.0 - safe)))


def sigmoid(logits: Matrix) -> Matrix:
    """1 / (1 + exp(-x)) without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * logits))
