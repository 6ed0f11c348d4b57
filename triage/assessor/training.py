"""Putting a pipeline together: letters and a tuned encoder in, a saved spaCy pipeline out.

The encoder and its own heads are tuned by models/tools, which also reads a third of the letters with an
encoder that did not learn from them (`HeldOut`). Here the n-grams join, everything is calibrated on
those readings, thresholds are chosen, and the whole is measured. The same input gives the same pipeline.
"""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokenizer import Tokenizer

from triage.assessor.asking import Chooser
from triage.assessor.components import LetterEncoder, LetterHeads, Model, Tuned, set_verdict
from triage.assessor.corpus import (
    ASIDE,
    HEADS,
    SPANS,
    TAGS,
    TOPICS,
    Row,
    corpus_hash,
    folds,
    full_text,
    gold_facts,
    groups,
    targets,
)
from triage.assessor.encoder import Encoder
from triage.assessor.evaluation import answer_of, letter_of, measured, render
from triage.assessor.features import Ngrams, combine, fit_ngrams, products
from triage.assessor.features import Row as Features
from triage.assessor.heads import (
    Heads,
    Matrix,
    fit_calibration,
    fit_company,
    fit_heads,
    in_company,
    logit,
    quantise,
    settled,
)
from triage.assessor.learning import Rehearsal, features_of
from triage.assessor.pipeline import CASES, REHEARSAL, conclude
from triage.assessor.risk import cues_of, find_risks
from triage.assessor.sentences import Window, sentences, windows
from triage.assessor.tagging import Fact, find_tags

VERSION = "3"
PARTS = 3  # of the letters; one is held out
BITS = 15
PENALTY = 0.1
COMPANY = 3.0
POSITIVE = 4.0  # a yes counts as much as four noes: most heads say yes to one letter in twenty
# The share of letters that may be raised by mistake by each of these heads alone. Risk pays more for recall.
FALSE_ALARMS = {ASIDE: 0.01, "R1": 0.15, "R2": 0.05, "R3": 0.03}
SHOWN_FROM = 0.3  # the chance below which a first topic is suggested and not shown
REHEARSED = 1200  # letters
SURE = {"U2": 0.5, "U3": 0.6}  # the dates do most of the work; the heads add what has no date
WRONG = 0.035  # of the topics that are shown as sure
SHY = 0.5  # a wrong fact is struck out by a person and a missing one is asked for: precision counts twice as much


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The letters of one part, as read by an encoder that was tuned without them.

    rows: their numbers. scores: rows x heads. windows: of each row its windows (start, end) and their scores (windows x
    heads). facts: of each row every run of words that leans towards a fact, however weakly.
    """

    rows: NDArray[np.int64]
    scores: Matrix
    windows: Sequence[tuple[list[Window], Matrix]]
    facts: Sequence[Sequence[Fact]]


def read_row(row: Row, encoder: Encoder, tuned: Tuned) -> tuple[Matrix, list[Window], Matrix, list[Fact]]:
    """One line of `HeldOut`: scores, windows, window scores, and every fact however weak."""
    text, _ = full_text(row["subject"], row["body"])
    found = windows(sentences(text)) or [(0, len(text))]
    reading = encoder.read(text)
    scores, window = tuned.scores(reading, found)
    return scores, found, window, find_tags(reading, tuned.tags(reading), text, np.zeros(len(TAGS), np.float32))


def held_out_rows(rows: Sequence[Row], seed: int) -> NDArray[np.int64]:
    """The numbers of the letters that are held out; near-duplicates are so together."""
    texts = [full_text(row["subject"], row["body"])[0] for row in rows]
    ngrams = fit_ngrams(texts, BITS)
    features = [ngrams.whole(text) for text in texts]
    part = folds(groups(products(features, features, ngrams.size)), [row["id"] for row in rows], PARTS, seed)
    return np.flatnonzero(part == 0)


def assemble(
    rows: Sequence[Row],
    held: HeldOut,
    tuned: Tuned,
    encoder: Encoder,
    out: Path,
    *,
    chooser: Chooser,
    seed: int,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Fit what stands on top of the encoder, save the pipeline in `out`, and return its meta.json.

    `report` receives the figures on the held-out letters, for the person who waits.
    """
    wanted = targets(rows)
    texts = [full_text(row["subject"], row["body"])[0] for row in rows]
    ngrams = fit_ngrams(texts, BITS)
    features = [ngrams.whole(text) for text in texts]
    gram = products(features, features, ngrams.size)
    heads = _fit_ngrams(ngrams, features, gram, wanted, np.setdiff1d(np.arange(len(rows)), held.rows))
    scores = np.stack(([heads.logits(features[number]) for number in held.rows], held.scores), axis=2)
    unseen, wanted_there = [rows[number] for number in held.rows], wanted[held.rows]
    risks = [find_risks(texts[number]) for number in held.rows]
    cues = np.array([cues_of(found) for found in risks])
    fold = folds(groups(gram[np.ix_(held.rows, held.rows)]), [row["id"] for row in unseen], PARTS, seed + 1)
    chances = _judged(scores, cues, wanted_there, fold)
    thresholds = choose_thresholds(unseen, chances, wanted_there)
    sure = choose_sure(unseen, held.facts)
    answers = []
    plain = blank()
    for number, row in enumerate(unseen):
        doc = plain.make_doc(texts[held.rows[number]])
        doc._.body_start = full_text(row["subject"], "")[1]
        doc._.risks = risks[number]
        facts = [fact for fact in held.facts[number] if fact.chance >= sure[TAGS.index(fact.tag)]]
        set_verdict(doc, chances[number], *held.windows[number], facts)
        answers.append(answer_of(*conclude(letter_of(row), doc, thresholds, "")))
    result = measured(unseen, answers)
    report(render(result))
    calibration = _calibrate(scores, wanted_there)
    logits = _logits(scores, calibration)
    company = fit_company(logits, cues, wanted_there, penalty=COMPANY)
    first = _first(in_company(logits, cues, company), wanted_there)
    heads = _fit_ngrams(ngrams, features, gram, wanted, np.arange(len(rows)))
    details = {
        "thresholds": thresholds,
        "corpus_sha256": corpus_hash(rows),
        "letters": len(rows),
        "seed": seed,
        "held_out": result,
    }
    meta = save(Model(ngrams, heads, tuned, calibration, company, first, sure), encoder, details, out)
    chooser.save(out / CASES)
    _rehearsal(unseen, chances, wanted_there, out, seed).save(out / REHEARSAL)
    return meta


def _rehearsal(rows: Sequence[Row], chances: Matrix, wanted: Matrix, pipeline: Path, seed: int) -> Rehearsal:
    """Letters drawn at random for `learning`, as the saved pipeline reads them; their chances are the held-out ones."""
    nlp = spacy.load(pipeline)
    heads = nlp.get_pipe("triage_heads")
    assert isinstance(heads, LetterHeads)
    assert heads.model is not None
    letters = [number for number, row in enumerate(rows) if row["kind"] == "letter"]
    drawn = np.random.default_rng(seed).permutation(letters)[:REHEARSED]
    texts = [full_text(rows[number]["subject"], rows[number]["body"])[0] for number in drawn]
    features = np.array([features_of(nlp(text), heads.model.ngrams) for text in texts])
    return Rehearsal(features, chances[drawn, : len(TOPICS)], wanted[drawn, : len(TOPICS)])


def blank() -> Language:
    """An empty English pipeline that splits words at every mark: linear in the text, unlike spaCy's own rules."""
    nlp = spacy.blank("en")
    nlp.tokenizer = Tokenizer(nlp.vocab, infix_finditer=re.compile(r"[^\w]").finditer)
    return nlp


def save(model: Model, encoder: Encoder, details: dict[str, Any], out: Path) -> dict[str, Any]:
    """Build the pipeline around `model` and write it to `out`, in place of what was there; returns its meta.json."""
    nlp = blank()
    nlp.add_pipe("triage_sentences")
    reader = nlp.add_pipe("triage_encoder")
    assert isinstance(reader, LetterEncoder)
    reader.encoder = encoder
    nlp.add_pipe("triage_risk")
    component = nlp.add_pipe("triage_heads")
    assert isinstance(component, LetterHeads)
    component.model = model
    nlp.meta |= {
        "name": "triage",
        "version": VERSION,
        "description": "Reads letters to an advice desk: topics, kind, risk, facts.",
        "license": "The encoder began as all-MiniLM-L6-v2, Apache-2.0; see NOTICE beside the pipelines.",
        "triage": details,
    }
    # Whole or not at all: a half-written folder must never be taken for the newest pipeline.
    out.parent.mkdir(parents=True, exist_ok=True)
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
        """F-measure of the topics shown."""
        shown = topics >= np.where(first, least, further)
        right = (shown & gold).sum()
        return float(2 * right / (shown.sum() + gold.sum()))

    steps = np.arange(0.1, 0.6, 0.02)
    pairs = [(least, further) for least in steps if least >= SHOWN_FROM for further in steps]
    least, further = max(pairs, key=lambda pair: worth(*pair))
    found = {"topic": float(least), "further": float(further), "sure": _sure_from(topics, gold), **SURE}
    for name, share in FALSE_ALARMS.items():
        head = HEADS.index(name)
        found[name] = float(np.quantile(chances[letters & (wanted[:, head] == 0.0), head], 1.0 - share))
    return {name: round(value, 3) for name, value in found.items()}


def _sure_from(topics: Matrix, gold: NDArray[np.bool_]) -> float:
    """The lowest chance from which at most WRONG of the topics are wrong."""
    order = np.argsort(-topics, axis=None)
    wrong = np.cumsum(~gold.ravel()[order]) / np.arange(1, order.size + 1)
    good = np.flatnonzero(wrong <= WRONG)
    return float(topics.ravel()[order[good[-1]]]) if len(good) else 1.0


def choose_sure(rows: Sequence[Row], facts: Sequence[Sequence[Fact]]) -> NDArray[np.float32]:
    """For each tag the chance from which the found facts have the best F-measure (with SHY); above 1 where none are.

    A found fact is right when it shares half of its words with a marked one of the same tag.
    """
    found: dict[str, list[tuple[float, bool]]] = {tag: [] for tag in TAGS}
    there = dict.fromkeys(TAGS, 0)
    for row, guesses in zip(rows, facts, strict=True):
        if "facts" not in row:
            continue
        shift = full_text(row["subject"], "")[1]
        marked = [(tag, low + shift, high + shift) for tag, low, high in gold_facts(row)]
        for tag, _, _ in marked:
            there[tag] += 1
        for fact in guesses:
            place = (fact.start, fact.end)
            right = any(tag == fact.tag and _shares_half((low, high), place) for tag, low, high in marked)
            # Of the facts that are an answer, not words, it is the letter that must say so somewhere.
            right = right or (fact.tag not in SPANS and any(tag == fact.tag for tag, _, _ in marked))
            found[fact.tag].append((fact.chance, right))
    sure = []
    for tag in TAGS:
        ranked = sorted(found[tag], reverse=True)
        hits = np.cumsum([hit for _, hit in ranked])
        worth = (1 + SHY**2) * hits / (np.arange(1, len(ranked) + 1) + SHY**2 * there[tag])
        sure.append(ranked[int(np.argmax(worth))][0] if ranked and worth.max() > 0 else 1.01)
    return np.array(sure, dtype=np.float32)


def _shares_half(one: Window, other: Window) -> bool:
    common = min(one[1], other[1]) - max(one[0], other[0])
    return 2 * common >= min(one[1] - one[0], other[1] - other[0])


def _fit_ngrams(
    ngrams: Ngrams, features: Sequence[Features], gram: Matrix, wanted: Matrix, chosen: NDArray[np.int64]
) -> Heads:
    shares, bias = fit_heads(
        gram[np.ix_(chosen, chosen)],
        wanted[chosen],
        np.ones((len(chosen), len(HEADS))),
        penalty=PENALTY,
        positive=POSITIVE,
    )
    return quantise(combine([features[number] for number in chosen], shares, ngrams.size), bias)


def _judged(scores: Matrix, cues: Matrix, wanted: Matrix, fold: NDArray[np.int64]) -> Matrix:
    """The chances that each fold would get from a calibration and a company fitted on the other folds."""
    chances = np.zeros(wanted.shape)
    for turn in np.unique(fold):
        rest = fold != turn
        calibration = _calibrate(scores[rest], wanted[rest])
        logits = _logits(scores, calibration)
        company = fit_company(logits[rest], cues[rest], wanted[rest], penalty=COMPANY)
        together = in_company(logits, cues, company)
        chances[~rest] = settled(together[~rest], _first(together[rest], wanted[rest]))
    return chances


def _first(chances: Matrix, wanted: Matrix) -> Matrix:
    """Slope and bias that make the chance of a letter's first topic come true (see `heads.settled`)."""
    asked = wanted[:, : len(TOPICS)].max(axis=1) > 0.0
    topics = chances[asked, : len(TOPICS)]
    right = wanted[asked, topics.argmax(axis=1)] >= 0.5
    return fit_calibration(logit(topics.max(axis=1))[:, None], right.astype(np.float64))


def _calibrate(scores: Matrix, wanted: Matrix) -> Matrix:
    return np.array([fit_calibration(scores[:, head], wanted[:, head]) for head in range(len(HEADS))])


def _logits(scores: Matrix, calibration: Matrix) -> Matrix:
    """Rows x heads from rows x heads x views."""
    return np.asarray(np.einsum("rhv,hv->rh", scores, calibration[:, :-1]) + calibration[:, -1])
