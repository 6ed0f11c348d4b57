"""Training: rows of letters in, a saved spaCy pipeline out. The same rows and seed give the same pipeline."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from numpy.typing import NDArray

from triage.assessor.components import LetterHeads, Model, join_windows, set_verdict
from triage.assessor.corpus import (
    ASIDE,
    HEADS,
    TOPICS,
    Row,
    corpus_hash,
    folds,
    full_text,
    gold_evidence,
    groups,
    load_rows,
    targets,
)
from triage.assessor.evaluation import answer_of, figures, letter_of, render
from triage.assessor.features import Ngrams, combine, fit_ngrams, products
from triage.assessor.features import Row as Features
from triage.assessor.heads import Heads, Matrix, fit_calibration, fit_company, fit_heads, in_company, quantise
from triage.assessor.pipeline import conclude
from triage.assessor.risk import find_risks
from triage.assessor.sentences import Window, sentences, windows

VERSION = "1"
FOLDS = 5
BITS = 15
PENALTY = {"whole": 0.1, "window": 0.2}
COMPANY = 3.0
POSITIVE = 4.0  # a yes counts as much as four noes: most heads say yes to one letter in twenty
# The share of letters that may be raised by mistake by each of these heads alone. Risk pays more for recall.
FALSE_ALARMS = {ASIDE: 0.01, "R1": 0.15, "R2": 0.01, "R3": 0.005}
BETA = 0.7  # an advisor strikes a wrong topic's paragraph, and adds a missing topic with one key
SURE = {"U2": 0.5, "U3": 0.6}  # the dates do most of the work; the heads add what has no date


class _Lesson:
    """The rows of one view of the letters: features, targets, weights, and the letter each belongs to."""

    def __init__(self) -> None:
        self.features: list[Features] = []
        self.targets: list[Matrix] = []
        self.weights: list[Matrix] = []
        self.letter: list[int] = []

    def add(self, features: Features, target: Matrix, weight: Matrix, letter: int) -> None:
        self.features.append(features)
        self.targets.append(target)
        self.weights.append(weight)
        self.letter.append(letter)

    def fit(self, gram: Matrix, chosen: NDArray[np.int64], size: int, penalty: float) -> Heads:
        shares, bias = fit_heads(
            gram[np.ix_(chosen, chosen)],
            np.array(self.targets)[chosen],
            np.array(self.weights)[chosen],
            penalty=penalty,
            positive=POSITIVE,
        )
        return quantise(combine([self.features[number] for number in chosen], shares, size), bias)


def train(letters_dir: Path, out: Path, *, seed: int, report: Callable[[str], None]) -> dict[str, Any]:
    """Train on every .jsonl file of `letters_dir` and save the pipeline in `out`.

    `report` receives lines for the person who waits. Returns the pipeline's meta.json, with the
    figures of a 5-fold cross-validation in which near-duplicates stay together.
    """
    rows = load_rows(letters_dir)
    wanted = targets(rows)
    texts = [full_text(row["subject"], row["body"])[0] for row in rows]
    ngrams = fit_ngrams(texts, BITS)
    report(f"Read {len(rows)} letters. Comparing them with each other ...")
    found = [_cut(ngrams, text) for text in texts]
    lessons = {"whole": _Lesson(), "window": _Lesson()}
    for number, text in enumerate(texts):
        lessons["whole"].add(ngrams.whole(text), wanted[number], np.ones(len(HEADS)), number)
    _teach_windows(lessons["window"], lessons["whole"], rows, found, seed=seed)
    grams = {view: products(lesson.features, lesson.features, ngrams.size) for view, lesson in lessons.items()}
    fold = folds(groups(grams["whole"]), FOLDS, seed)

    def fit(kept: NDArray[np.bool_]) -> dict[str, Heads]:
        return {
            view: lesson.fit(grams[view], np.flatnonzero(kept[lesson.letter]), ngrams.size, PENALTY[view])
            for view, lesson in lessons.items()
        }

    scores = np.zeros((len(rows), len(HEADS), 2))  # the whole letter, its windows joined
    evidence: list[Matrix] = [np.zeros(0)] * len(rows)
    for turn in range(FOLDS):
        report(f"Cross-validation, part {turn + 1} of {FOLDS} ...")
        heads = fit(fold != turn)
        for number in np.flatnonzero(fold == turn).tolist():
            whole = heads["whole"].logits(lessons["whole"].features[number])
            window = np.array([heads["window"].logits(row) for row in found[number][1]])
            scores[number] = np.column_stack((whole, join_windows(window)))
            evidence[number] = window + np.array([heads["whole"].logits(row) for row in found[number][1]])
    chances = _judged(scores, wanted, fold)
    thresholds = choose_thresholds(rows, chances, wanted)
    answers = []
    plain = spacy.blank("en")
    for number, row in enumerate(rows):
        doc = plain.make_doc(texts[number])
        doc._.body_start = full_text(row["subject"], "")[1]
        doc._.risks = find_risks(texts[number])
        set_verdict(doc, chances[number], found[number][0], evidence[number])
        answers.append(answer_of(*conclude(letter_of(row), doc, thresholds, "")))
    result = figures(rows, answers)
    report(render(result))
    report("Training on all letters ...")
    heads = fit(np.ones(len(rows), dtype=bool))
    calibration = _calibrate(scores, wanted)
    company = fit_company(_logits(scores, calibration), wanted, penalty=COMPANY)
    model = Model(ngrams, heads["whole"], heads["window"], calibration, company)
    details = {
        "thresholds": thresholds,
        "corpus_sha256": corpus_hash(rows),
        "letters": len(rows),
        "seed": seed,
        "cross_validated": result,
    }
    return save(model, details, out)


def save(model: Model, details: dict[str, Any], out: Path) -> dict[str, Any]:
    """Build the pipeline around `model` and write it to `out`, in place of what was there; returns its meta.json."""
    nlp = spacy.blank("en")
    nlp.add_pipe("triage_sentences")
    component = nlp.add_pipe("triage_heads")
    assert isinstance(component, LetterHeads)
    component.model = model
    nlp.add_pipe("triage_risk")
    nlp.meta |= {
        "name": "triage",
        "version": VERSION,
        "description": "Reads letters to an advice desk: topics, kind, risk.",
        "triage": details,
    }
    # Whole or not at all: a half-written folder must never be taken for the newest pipeline.
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    nlp.to_disk(part)
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)
    return dict(nlp.meta)


def choose_thresholds(rows: Sequence[Row], chances: Matrix, wanted: Matrix) -> dict[str, float]:
    """From cross-validated chances: for topics the best F-measure, elsewhere a bound on false alarms."""
    letters = np.array([row["kind"] == "letter" for row in rows])
    topics = chances[letters, : len(TOPICS)]
    gold = wanted[letters, : len(TOPICS)] >= 0.5
    first = np.arange(len(TOPICS)) == topics.argmax(axis=1)[:, None]

    def worth(least: float, further: float) -> float:
        """F-measure of the topics shown, in which a wrong one costs more than a missed one."""
        shown = topics >= np.where(first, least, further)
        right = (shown & gold).sum()
        return float((1 + BETA**2) * right / (shown.sum() + BETA**2 * gold.sum()))

    steps = np.arange(0.1, 0.6, 0.02)
    least, further = max(((one, two) for one in steps for two in steps), key=lambda pair: worth(*pair))
    found = {"topic": float(least), "further": float(further), **SURE}
    for name, share in FALSE_ALARMS.items():
        head = HEADS.index(name)
        found[name] = float(np.quantile(chances[letters & (wanted[:, head] == 0.0), head], 1.0 - share))
    return {name: round(value, 3) for name, value in found.items()}


def _cut(ngrams: Ngrams, text: str) -> tuple[list[Window], list[Features]]:
    grams = ngrams.read(text)
    found = windows(sentences(text)) or [(0, len(text))]
    return found, [ngrams.row(grams, start, end) for start, end in found]


def _teach_windows(
    lesson: _Lesson,
    letters: _Lesson,
    rows: Sequence[Row],
    found: Sequence[tuple[list[Window], list[Features]]],
    *,
    seed: int,
) -> None:
    """Whole letters, the windows that hold marked evidence, and one sentence of each letter that holds none."""
    chance = np.random.default_rng(seed)
    for number, row in enumerate(rows):
        wanted = letters.targets[number]
        lesson.add(letters.features[number], wanted, np.ones(len(HEADS)), number)
        body_start = full_text(row["subject"], "")[1]
        marked = {topic: (a + body_start, b + body_start) for topic, (a, b) in gold_evidence(row).items()}
        if not marked:
            continue
        cuts, features = found[number]
        for topic, place in marked.items():
            best = max(range(len(cuts)), key=lambda cut: (_overlap(cuts[cut], place), cuts[cut][0] - cuts[cut][1]))
            target = np.where([name == topic for name in HEADS], np.maximum(wanted, 0.5), 0.0)
            # The letter's other topics may or may not be in this window; nobody said.
            known = (wanted == 0.0) | (target > 0.0)
            lesson.add(features[best], target, 0.7 * known, number)
        free = [cut for cut in range(len(cuts)) if not any(_overlap(cuts[cut], place) for place in marked.values())]
        if free:
            cut = int(chance.choice(free))
            lesson.add(features[cut], np.zeros(len(HEADS)), np.where(wanted > 0.0, 0.2, 0.7), number)


def _overlap(one: Window, other: Window) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _judged(scores: Matrix, wanted: Matrix, fold: NDArray[np.int64]) -> Matrix:
    """The chances that each fold would get from a calibration and a company fitted on the other folds."""
    chances = np.zeros(wanted.shape)
    for turn in np.unique(fold):
        rest = fold != turn
        calibration = _calibrate(scores[rest], wanted[rest])
        company = fit_company(_logits(scores[rest], calibration), wanted[rest], penalty=COMPANY)
        chances[~rest] = in_company(_logits(scores[~rest], calibration), company)
    return chances


def _calibrate(scores: Matrix, wanted: Matrix) -> Matrix:
    return np.array([fit_calibration(scores[:, head], wanted[:, head]) for head in range(len(HEADS))])


def _logits(scores: Matrix, calibration: Matrix) -> Matrix:
    """Rows x heads from rows x heads x views."""
    return np.asarray(np.einsum("rhv,hv->rh", scores, calibration[:, :-1]) + calibration[:, -1])
