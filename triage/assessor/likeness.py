"""How like two letters are, as the encoder saw them."""

from collections.abc import Sequence

import numpy as np
from spacy.tokens import Doc

from triage.assessor.features import Floats

_KEPT = np.dtype("<f2")


def unit(vectors: Floats) -> Floats:
    """Each row at length 1; rows of zeros stay."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Floats = vectors / np.maximum(length, 1e-9)
    return scaled


def whole_vector(doc: Doc) -> bytes:
    """The mean of all word pieces at length 1, as little-endian float16."""
    reading = doc._.reading
    last = int(reading.ends[-1]) if len(reading.ends) else 0
    kept: bytes = unit(reading.mean([(0, last)]))[0].astype(_KEPT).tobytes()
    return kept


def alike(vector: bytes, others: Sequence[bytes]) -> list[float]:
    """The cosine of `vector` and each of the others; 0 for one of another width."""
    fitting = [number for number, other in enumerate(others) if len(other) == len(vector)]
    found = np.zeros(len(others), np.float32)
    if fitting:
        rows = np.frombuffer(b"".join(others[number] for number in fitting), _KEPT).reshape(len(fitting), -1)
        found[fitting] = rows.astype(np.float32) @ np.frombuffer(vector, _KEPT).astype(np.float32)
    return [float(likeness) for likeness in found]
