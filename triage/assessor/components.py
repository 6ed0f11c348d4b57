"""The parts of the spaCy pipeline. Each writes where spaCy keeps such things: sentence starts, cats, spans.

A document is the subject, a blank line, and the body; `doc._.body_start` says where the body begins.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from triage.assessor.corpus import HEADS, TAGS, TOPICS
from triage.assessor.encoder import Encoder, Reading
from triage.assessor.features import Floats, Ngrams
from triage.assessor.heads import Heads, in_company, settled
from triage.assessor.risk import cues_of, find_risks
from triage.assessor.sentences import Window, sentences, windows
from triage.assessor.tagging import Fact, find_tags

for _name, _default in (("body_start", 0), ("risks", ()), ("facts", ()), ("reading", None)):
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=_default)

SPOKEN = (*TOPICS, "R2", "R3")
"""The heads whose best window is kept, as evidence or as the reason of a risk."""


@Language.factory("triage_sentences", assigns=["token.is_sent_start"])
class LetterSentences:
    """Marks sentence starts, aware of line breaks, lists and hard-wrapped mail."""

    def __init__(self, nlp: Language, name: str) -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        starts = [start for start, _ in sentences(doc.text)]
        ends = np.array([token.idx + len(token) for token in doc], dtype=np.int64)
        marks: Any = np.full(len(doc), -1, dtype=np.int64)
        marks[np.searchsorted(ends, starts, side="right")] = 1
        marks[:1] = 1
        # At once: set token by token, spaCy would look through the whole document for each.
        return doc.from_array(["SENT_START"], marks.astype(np.uint64)[:, None]) if len(doc) else doc


@Language.factory("triage_encoder", assigns=["doc._.reading"])
class LetterEncoder:
    """Reads the letter once, in `doc._.reading`: a vector for each word piece."""

    def __init__(self, nlp: Language, name: str) -> None:
        self.name = name
        self.encoder: Encoder | None = None

    def __call__(self, doc: Doc) -> Doc:
        if self.encoder is None:
            raise ValueError("The encoder is not loaded. Next: load a saved pipeline.")
        doc._.reading = self.encoder.read(doc.text)
        return doc

    def to_disk(self, path: Path, *, exclude: Sequence[str] = ()) -> None:
        """Copy the files of the encoder."""
        assert self.encoder is not None
        shutil.copytree(self.encoder.folder, path, dirs_exist_ok=True)

    def from_disk(self, path: Path, *, exclude: Sequence[str] = ()) -> "LetterEncoder":
        """Load the files that `to_disk` copied."""
        self.encoder = Encoder(path)
        return self


@dataclass(frozen=True, slots=True)
class Tuned:
    """The heads that were tuned together with the encoder: WIDTH x heads and WIDTH x (1 + tags), with biases.

    `mix`: for each head the share of the whole letter, 0 to 1; the rest is the share of the windows.
    """

    whole: Floats
    whole_bias: Floats
    window: Floats
    window_bias: Floats
    mix: Floats
    tag: Floats
    tag_bias: Floats

    def scores(self, reading: Reading, found: list[Window]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Every head's score, and every window's (windows x heads)."""
        whole = reading.mean([(0, int(reading.ends[-1]) if len(reading.ends) else 0)])[0] @ self.whole + self.whole_bias
        window = reading.mean(found) @ self.window + self.window_bias
        peak = window.max(axis=0)
        joined = peak + np.log(np.exp(window - peak).sum(axis=0))
        scores = self.mix * whole + (1.0 - self.mix) * joined
        return scores.astype(np.float64), window.astype(np.float64)

    def tags(self, reading: Reading) -> Floats:
        """Pieces x (1 + tags): the chance that a word piece belongs to nothing, or to a fact."""
        scores = reading.vectors @ self.tag + self.tag_bias
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances: Floats = raised / raised.sum(axis=1, keepdims=True)
        return chances


@dataclass(frozen=True, slots=True)
class Model:
    """All that training finds out beside the encoder.

    `calibration`: heads x (n-grams, tuned, bias). `company`: heads x (all heads, cues of risk, own logit, bias).
    `first`: slope and bias for the best topic. `sure`: for each tag, the chance from which a fact is taken.
    """

    ngrams: Ngrams
    whole: Heads
    tuned: Tuned
    calibration: NDArray[np.float64]
    company: NDArray[np.float64]
    first: NDArray[np.float64]
    sure: Floats


@Language.factory("triage_heads", assigns=["doc.cats", "doc.spans", "doc._.facts"])
class LetterHeads:
    """Scores every head, keeps for each topic the window that speaks for it most, and finds the facts."""

    def __init__(self, nlp: Language, name: str) -> None:
        self.name = name
        self.model: Model | None = None

    def __call__(self, doc: Doc) -> Doc:
        if self.model is None:
            raise ValueError("The heads are not trained. Next: load a saved pipeline.")
        model, text = self.model, doc.text
        found = windows(sentences(text)) or [(0, len(text))]
        tuned, window = model.tuned.scores(doc._.reading, found)
        views = np.column_stack((model.whole.logits(model.ngrams.whole(text)), tuned, np.ones(len(HEADS))))
        logits = (views * model.calibration).sum(axis=1)
        together = in_company(logits[None], np.array([cues_of(doc._.risks)]), model.company)
        chances = settled(together, model.first)[0]
        facts = find_tags(doc._.reading, model.tuned.tags(doc._.reading), text, model.sure)
        set_verdict(doc, chances, found, window, facts)
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
            first=model.first,
            sure=model.sure,
            **{f"whole_{part}": getattr(model.whole, part) for part in Heads.__slots__},
            **{f"tuned_{part}": getattr(model.tuned, part) for part in Tuned.__slots__},
        )
        names = {"heads": HEADS, "tags": TAGS, "bits": model.ngrams.bits}
        (path / "heads.json").write_text(json.dumps(names, indent=1) + "\n", "utf-8")

    def from_disk(self, path: Path, *, exclude: Sequence[str] = ()) -> "LetterHeads":
        """Read what `to_disk` wrote; ValueError when it was trained for other heads."""
        names = json.loads((path / "heads.json").read_text("utf-8"))
        if tuple(names["heads"]) != HEADS or tuple(names["tags"]) != TAGS:
            raise ValueError("This pipeline was trained for other topics. Next: use the one that came with Triage.")
        with np.load(path / "heads.npz", allow_pickle=False) as arrays:
            self.model = Model(
                Ngrams(names["bits"], arrays["idf"]),
                Heads(*(arrays[f"whole_{part}"] for part in Heads.__slots__)),
                Tuned(*(arrays[f"tuned_{part}"] for part in Tuned.__slots__)),
                arrays["calibration"],
                arrays["company"],
                arrays["first"],
                arrays["sure"],
            )
        return self


@Language.factory("triage_risk", assigns=["doc._.risks"])
class LetterRisk:
    """Finds words that may tell of danger or trouble, in `doc._.risks`; the heads weigh them."""

    def __init__(self, nlp: Language, name: str) -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        doc._.risks = find_risks(doc.text)
        return doc


def set_verdict(
    doc: Doc,
    chances: NDArray[np.float64],
    found: list[Window],
    scores: NDArray[np.float64],
    facts: Sequence[Fact],
) -> None:
    """Write every head's chance into `doc.cats`, the best windows of the body into `doc.spans`, and the facts.

    chances: one per head. found: the windows. scores: windows x heads.
    """
    doc.cats = {name: float(chance) for name, chance in zip(HEADS, chances, strict=True)}
    doc._.facts = tuple(facts)
    in_body = [number for number, (start, _) in enumerate(found) if start >= doc._.body_start]
    if not in_body:
        return
    for head in SPOKEN:
        best = in_body[int(np.argmax(scores[in_body, HEADS.index(head)]))]
        span = doc.char_span(*found[best], label=head, alignment_mode="expand")
        doc.spans[head] = [span] if span is not None else []
