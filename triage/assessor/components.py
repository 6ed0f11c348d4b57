"""The parts of the spaCy pipeline. Each writes where spaCy keeps such things: sentence starts, cats, spans.

A document is the subject, a blank line, and the body; `doc._.body_start` says where the body begins.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from triage.assessor.corpus import HEADS, TOPICS
from triage.assessor.features import Ngrams
from triage.assessor.heads import Heads, in_company
from triage.assessor.risk import find_risks
from triage.assessor.sentences import Window, sentences, windows

for _name in ("body_start", "risks"):
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=0 if _name == "body_start" else ())

_SOFT = 2.0  # how sharply the best window outweighs the rest when windows are joined


def join_windows(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Windows x heads to one score a head: a soft maximum, which one good window can carry."""
    peak = logits.max(axis=0)
    joined: NDArray[np.float64] = peak + np.log(np.exp(_SOFT * (logits - peak)).sum(axis=0)) / _SOFT
    return joined


@Language.factory("triage_sentences", assigns=["token.is_sent_start"])
class LetterSentences:
    """Marks sentence starts, aware of line breaks, lists and hard-wrapped mail."""

    def __init__(self, nlp: Language, name: str) -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        starts = [start for start, _ in sentences(doc.text)]
        following = 0
        for token in doc:
            token.is_sent_start = token.i == 0
            if following < len(starts) and token.idx + len(token.text) > starts[following]:
                token.is_sent_start = True
                following += 1
        return doc


@dataclass(slots=True)
class Model:
    """All that training finds out.

    `calibration`: heads x (whole letter, windows, bias). `company`: heads x (all heads, own logit, bias).
    """

    ngrams: Ngrams
    whole: Heads
    window: Heads
    calibration: NDArray[np.float64]
    company: NDArray[np.float64]


@Language.factory("triage_heads", assigns=["doc.cats", "doc.spans"])
class LetterHeads:
    """Scores every head; keeps for each topic the window that speaks for it most, in `doc.spans[topic]`."""

    def __init__(self, nlp: Language, name: str) -> None:
        self.name = name
        self.model: Model | None = None

    def __call__(self, doc: Doc) -> Doc:
        if self.model is None:
            raise ValueError("The heads are not trained. Next: run `triage train`, or load a saved pipeline.")
        model = self.model
        text = doc.text
        grams = model.ngrams.read(text)
        whole = model.whole.logits(model.ngrams.row(grams, 0, len(text)))
        found = windows(sentences(text)) or [(0, len(text))]
        rows = [model.ngrams.row(grams, start, end) for start, end in found]
        window = np.array([model.window.logits(row) for row in rows])
        views = np.column_stack((whole, join_windows(window), np.ones(len(HEADS))))
        chances = in_company((views * model.calibration).sum(axis=1), model.company)
        # What a sentence adds to the score of the whole letter counts as evidence too.
        set_verdict(doc, chances, found, window + np.array([model.whole.logits(row) for row in rows]))
        return doc

    def to_disk(self, path: Path, *, exclude: Sequence[str] = ()) -> None:
        """Write the arrays as .npz and the names as JSON. No pickle."""
        assert self.model is not None
        path.mkdir(parents=True, exist_ok=True)
        model = self.model
        np.savez_compressed(
            path / "heads.npz",
            idf=model.ngrams.idf,
            calibration=model.calibration,
            company=model.company,
            **{f"{view}_{part}": getattr(heads, part) for view, heads in _views(model) for part in Heads.__slots__},
        )
        names = {"heads": HEADS, "bits": model.ngrams.bits}
        (path / "heads.json").write_text(json.dumps(names, indent=1) + "\n", "utf-8")

    def from_disk(self, path: Path, *, exclude: Sequence[str] = ()) -> "LetterHeads":
        """Read what `to_disk` wrote; ValueError when it was trained for other heads."""
        names = json.loads((path / "heads.json").read_text("utf-8"))
        if tuple(names["heads"]) != HEADS:
            raise ValueError("This pipeline was trained for other topics. Next: train it again with `triage train`.")
        with np.load(path / "heads.npz", allow_pickle=False) as arrays:
            whole, window = (Heads(*(arrays[f"{view}_{part}"] for part in Heads.__slots__)) for view in _VIEWS)
            ngrams = Ngrams(names["bits"], arrays["idf"])
            self.model = Model(ngrams, whole, window, arrays["calibration"], arrays["company"])
        return self


@Language.factory("triage_risk", assigns=["doc._.risks"])
class LetterRisk:
    """Finds words that a person has to see, in `doc._.risks`."""

    def __init__(self, nlp: Language, name: str) -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        doc._.risks = find_risks(doc.text)
        return doc


_VIEWS = ("whole", "window")


def _views(model: Model) -> list[tuple[str, Heads]]:
    return [("whole", model.whole), ("window", model.window)]


def set_verdict(doc: Doc, chances: NDArray[np.float64], found: list[Window], scores: NDArray[np.float64]) -> None:
    """Write every head's chance into `doc.cats` and each topic's best window of the body into `doc.spans`.

    chances: one per head. found: the windows. scores: windows x heads.
    """
    doc.cats = {name: float(chance) for name, chance in zip(HEADS, chances, strict=True)}
    in_body = [number for number, (start, _) in enumerate(found) if start >= doc._.body_start]
    if not in_body:
        return
    for column, topic in enumerate(TOPICS):
        best = in_body[int(np.argmax(scores[in_body, column]))]
        span = doc.char_span(*found[best], label=topic, alignment_mode="expand")
        doc.spans[topic] = [span] if span is not None else []
