"""A compact L-BFGS for smooth convex functions (Nocedal and Wright, Numerical Optimization, algorithm 7.5)."""

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def minimise(
    function: Callable[[Vector], tuple[float, Vector]], start: Vector, *, iterations: int = 200, tolerance: float = 1e-4
) -> Vector:
    """The point where `function`, which returns a value and its gradient, is least.

    Stops when the largest component of the gradient is below `tolerance`, after `iterations`
    steps, or when no step helps any more.
    """
    point = start.copy()
    value, gradient = function(point)
    memory: deque[tuple[Vector, Vector, float]] = deque(maxlen=10)
    for _ in range(iterations):
        if np.abs(gradient).max(initial=0.0) < tolerance:
            break
        direction = -_precondition(gradient, memory)
        slope = float(direction @ gradient)
        step = 1.0 if memory else min(1.0, 1.0 / float(np.abs(gradient).sum()))
        for _halving in range(40):
            candidate = point + step * direction
            new_value, new_gradient = function(candidate)
            if new_value <= value + 1e-4 * step * slope:  # sufficient decrease (Armijo)
                break
            step *= 0.5
        else:
            break
        moved, turned = candidate - point, new_gradient - gradient
        curvature = float(moved @ turned)
        if curvature > 1e-12:
            memory.append((moved, turned, curvature))
        point, value, gradient = candidate, new_value, new_gradient
    return point


def _precondition(gradient: Vector, memory: deque[tuple[Vector, Vector, float]]) -> Vector:
    """The two-loop recursion: the gradient times the remembered inverse Hessian."""
    result = gradient.copy()
    shares = []
    for moved, turned, curvature in reversed(memory):
        share = float(moved @ result) / curvature
        shares.append(share)
        result -= share * turned
    if memory:
        _, turned, curvature = memory[-1]
        result *= curvature / float(turned @ turned)
    for (moved, turned, curvature), share in zip(memory, reversed(shares), strict=True):
        result += moved * (share - float(turned @ result) / curvature)
    return result
