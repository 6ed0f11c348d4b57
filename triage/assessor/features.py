"""What the heads see of a text: hashed n-grams, weighted by how rare they are.

Nothing here knows a topic. A feature space maps a text to rows of numbers, `heads` maps rows to
scores, and either can be replaced without the other.
"""

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_WORD = re.compile(r"\w+(?:'\w+)?")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})
_MIX = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio in 64 bits, the usual multiplicative hash (Knuth, vol. 3, 6.4)
_SPACE = 32


@dataclass(frozen=True, slots=True)
class Row:
    """A sparse vector: ascending buckets and their values, of length 1 as a whole (or empty)."""

    buckets: Ints
    values: Floats


@dataclass(frozen=True, slots=True)
class Grams:
    """Every n-gram of one text with its place, so that a window is a cut and never a second reading."""

    buckets: Ints
    starts: Ints
    ends: Ints  # exclusive, in characters of the text


@dataclass(frozen=True, slots=True)
class Ngrams:
    """Words and pairs of words beside runs of 3 to 5 characters within a word, each kind in 2**bits buckets."""

    bits: int
    idf: Floats  # one weight for each of the 2 * 2**bits buckets

    @property
    def size(self) -> int:
        """How many buckets there are."""
        return 2 << self.bits

    def read(self, text: str) -> Grams:
        """Find the n-grams of `text`. Offsets count characters of `text` as given."""
        return _read(text, self.bits)

    def row(self, grams: Grams, start: int, end: int) -> Row:
        """The row of the characters from `start` to `end`; n-grams that stick out do not count."""
        inside = (grams.starts >= start) & (grams.ends <= end)
        buckets, counts = np.unique(grams.buckets[inside], return_counts=True)
        values = (1.0 + np.log(counts)).astype(np.float32) * self.idf[buckets]
        split = int(np.searchsorted(buckets, 1 << self.bits))
        # The two kinds have equal say, however many more runs of characters than words there are.
        for part in (values[:split], values[split:]):
            part /= np.sqrt(2.0 * float(part @ part)) or 1.0
        return Row(buckets, values)

    def whole(self, text: str) -> Row:
        """The row of the whole text."""
        return self.row(self.read(text), 0, len(text))


def fit_ngrams(texts: Iterable[str], bits: int) -> Ngrams:
    """Weigh each bucket by the share of `texts` that have it (smoothed inverse document frequency)."""
    seen = np.zeros(2 << bits, dtype=np.int64)
    total = 0
    for text in texts:
        seen[np.unique(_read(text, bits).buckets)] += 1
        total += 1
    return Ngrams(bits, (np.log((1.0 + total) / (1.0 + seen)) + 1.0).astype(np.float32))


def products(left: Sequence[Row], right: Sequence[Row], size: int) -> NDArray[np.float64]:
    """The inner product of every row of `left` with every row of `right`, both in `size` buckets."""
    result = np.zeros((len(left), len(right)), dtype=np.float32)
    step = 4096
    for low in range(0, size, step):
        here = _dense(left, low, step)
        result += here @ (here if right is left else _dense(right, low, step)).T
    return result.astype(np.float64)


def combine(rows: Sequence[Row], weights: NDArray[np.float64], size: int) -> Floats:
    """Sum the rows, each times its line of `weights` (rows x heads): a matrix of size x heads."""
    result = np.zeros((size, weights.shape[1]), dtype=np.float32)
    for row, line in zip(rows, weights.astype(np.float32), strict=True):
        result[row.buckets] += row.values[:, None] * line
    return result


def _dense(rows: Sequence[Row], low: int, step: int) -> Floats:
    block = np.zeros((len(rows), step), dtype=np.float32)
    for number, row in enumerate(rows):
        first, last = np.searchsorted(row.buckets, (low, low + step))
        block[number, row.buckets[first:last] - low] = row.values[first:last]
    return block


def _read(text: str, bits: int) -> Grams:
    # Lower case must keep every offset; "İ" is the letter that would grow.
    lowered = text.lower() if len(text.lower()) == len(text) else "".join(c.lower()[:1] for c in text)
    lowered = re.sub(r"\d", "0", lowered.translate(_QUOTES))
    words = list(_WORD.finditer(lowered))
    word_hash = np.array([zlib.crc32(word[0].encode("utf-8", "surrogatepass")) for word in words], dtype=np.uint64)
    starts = np.array([word.start() for word in words], dtype=np.int64)
    ends = np.array([word.end() for word in words], dtype=np.int64)
    pairs = word_hash[:-1] * _MIX ^ word_hash[1:]
    blocks = [(_bucket(word_hash, bits, 0), starts, ends), (_bucket(pairs, bits, 0), starts[:-1], ends[1:])]

    letters = np.full(len(lowered) + 2, _SPACE, dtype=np.uint64)  # a space before and after the text
    for word in words:
        letters[word.start() + 1 : word.end() + 1] = [ord(c) for c in word[0]]
    space = letters == _SPACE
    breaks = np.concatenate(([0], np.cumsum(space)))
    for length in (3, 4, 5):
        count = len(letters) - length + 1
        if count <= 0:
            continue
        run = np.full(count, length, dtype=np.uint64)
        for offset in range(length):
            run = run * _MIX ^ letters[offset : offset + count]
        places = np.arange(count)
        within = breaks[places + length - 1] == breaks[places + 1]  # a space may only stand at either end
        places = places[within]
        first = np.maximum(places - 1 + space[places], 0)
        last = places + length - 1 - space[places + length - 1]
        blocks.append((_bucket(run[within], bits, 1), first, last))
    return Grams(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


def _bucket(hashes: NDArray[np.uint64], bits: int, kind: int) -> Ints:
    high = (hashes * _MIX) >> np.uint64(64 - bits)
    return high.astype(np.int64) + (kind << bits)
