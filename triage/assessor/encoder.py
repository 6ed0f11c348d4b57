"""The encoder: a text to one vector for each word piece, by a small transformer in ONNX.

The weights began as all-MiniLM-L6-v2 (Apache-2.0) and were tuned on the letters of `models/letters`;
models/tools holds the programs that did so.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from triage.assessor.features import Floats, Ints
from triage.assessor.sentences import Window

WIDTH = 384  # numbers in a vector
_MOST = 3000  # word pieces that are read; of a longer text the first third and the last two thirds
_PIECES = 382  # word pieces read at a time, beside the two marks around them; the training saw no more


@dataclass(frozen=True, slots=True)
class Reading:
    """The word pieces of one text in order: `vectors` (pieces x WIDTH) and where each begins and ends."""

    vectors: Floats
    starts: Ints
    ends: Ints

    def mean(self, spans: list[Window]) -> Floats:
        """Spans x WIDTH: the mean vector of the pieces that touch each span of characters, else zeros."""
        sums = np.concatenate((np.zeros((1, WIDTH), np.float32), np.cumsum(self.vectors, axis=0, dtype=np.float32)))
        first = np.searchsorted(self.ends, [start for start, _ in spans], side="right")
        last = np.searchsorted(self.starts, [end for _, end in spans], side="left")
        last = np.maximum(first, last)
        means: Floats = (sums[last] - sums[first]) / np.maximum(last - first, 1)[:, None].astype(np.float32)
        return means


class Encoder:
    """Loaded from a folder with `encoder.onnx` and `tokenizer.json`; runs on one core."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._tokenizer = load_tokenizer(folder / "tokenizer.json")
            self._session = onnxruntime.InferenceSession(
                str(folder / "encoder.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise what they like for a damaged file
            raise ValueError(f"the encoder in {folder} is damaged ({type(error).__name__})") from error

    def read(self, text: str) -> Reading:
        """Read `text`, a long one in even parts."""
        ids, starts, ends = pieces(self._tokenizer, text)
        if len(ids) > _MOST:
            head = _MOST // 3
            ids, starts, ends = (part[:head] + part[head - _MOST :] for part in (ids, starts, ends))
        parts = [self._run(part) for part in np.array_split(ids, -(-len(ids) // _PIECES)) if len(part)] if ids else []
        vectors = np.concatenate(parts) if parts else np.zeros((0, WIDTH), np.float32)
        return Reading(vectors, np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64))

    def _run(self, ids: NDArray[np.int64]) -> Floats:
        marked = np.concatenate(([CLS], ids, [SEP])).astype(np.int64)[None]
        vectors: Floats = self._session.run(None, {"ids": marked})[0][0, 1:-1]
        return vectors


CLS, SEP, MASK = 101, 102, 103  # the marks of BERT's word list


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of the encoder, without padding or cutting."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def pieces(tokenizer: Tokenizer, text: str) -> tuple[list[int], list[int], list[int]]:
    """The ids of the word pieces of `text`, and where each begins and ends in it."""
    encoding = tokenizer.encode(text, add_special_tokens=False)
    return encoding.ids, [start for start, _ in encoding.offsets], [end for _, end in encoding.offsets]
