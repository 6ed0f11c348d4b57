"""Learning from letters: features, heads, training on a small corpus, and the figures."""

import json
from pathlib import Path

import numpy as np
import pytest
import spacy

from triage.assessor import load, newest_model
from triage.assessor.asking import Chooser
from triage.assessor.components import LetterHeads, Tuned
from triage.assessor.corpus import HEADS, TOPICS, Row, folds, groups, load_rows, targets
from triage.assessor.encoder import WIDTH, Encoder
from triage.assessor.evaluation import evaluate, render
from triage.assessor.features import combine, fit_ngrams, products
from triage.assessor.figures import auroc
from triage.assessor.heads import fit_calibration, fit_heads, quantise, sigmoid
from triage.assessor.optimise import minimise
from triage.assessor.training import HeldOut, assemble, held_out_rows, read_row
from triage.errors import ConfigError

MODELS = Path(__file__).parent.parent / "models"
LETTERS = MODELS / "letters"
ONE_CASE = Chooser((("withdrawing", "not_qualified"),), np.zeros((WIDTH, 1), np.float32), np.zeros(1, np.float32))


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(newest_model(MODELS) / "triage_encoder")


@pytest.fixture(scope="module")
def few(encoder: Encoder) -> tuple[list[Row], HeldOut, Tuned]:
    """Every twentieth letter, read by the encoder that comes with Triage: quick to put a pipeline together from."""
    heads = spacy.load(newest_model(MODELS)).get_pipe("triage_heads")
    assert isinstance(heads, LetterHeads)
    assert heads.model is not None
    tuned = heads.model.tuned
    rows = load_rows(LETTERS)[::20]
    unseen = held_out_rows(rows, seed=1)
    read = [read_row(rows[number], encoder, tuned) for number in unseen]
    held = HeldOut(
        rows=unseen,
        scores=np.array([scores for scores, *_ in read]),
        windows=[(found, window) for _, found, window, _ in read],
        facts=[facts for *_, facts in read],
    )
    return rows, held, tuned


@pytest.fixture(scope="module")
def assembled(
    few: tuple[list[Row], HeldOut, Tuned], encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[str]]:
    out, said = tmp_path_factory.mktemp("models") / "new" / "triage-1", []
    assemble(*few, encoder, out, chooser=ONE_CASE, seed=1, report=said.append)
    return out, said


def test_the_optimiser_finds_the_bottom_of_a_narrow_valley() -> None:
    scale = np.array([1.0, 100.0, 10_000.0])
    goal = np.array([3.0, -2.0, 0.5])
    found = minimise(lambda x: (float(0.5 * (scale * (x - goal) ** 2).sum()), scale * (x - goal)), np.zeros(3))
    assert np.allclose(found, goal, atol=1e-4)


def test_a_window_has_only_what_lies_within_it() -> None:
    text = "Résumé help. The OFFER — it's late, İ think."
    ngrams = fit_ngrams([text, "another letter"], bits=12)
    cut = text.index("The")
    inside = ngrams.row(ngrams.read(text), cut, len(text))
    alone = ngrams.whole(text[cut:])
    assert inside.buckets.tolist() == alone.buckets.tolist()
    assert np.allclose(inside.values, alone.values)
    assert float(inside.values @ inside.values) == pytest.approx(1.0)


def test_an_empty_text_has_an_empty_row() -> None:
    ngrams = fit_ngrams(["one letter"], bits=10)
    assert ngrams.whole("").buckets.tolist() == []
    assert ngrams.whole("?! …").values.tolist() == []


def test_products_are_the_inner_products_of_the_rows() -> None:
    texts = ["my offer is late", "the offer came late", "no words shared 42"]
    ngrams = fit_ngrams(texts, bits=13)
    rows = [ngrams.whole(text) for text in texts]
    dense = np.zeros((3, ngrams.size))
    for line, row in zip(dense, rows, strict=True):
        line[row.buckets] = row.values
    assert np.allclose(products(rows, rows, ngrams.size), dense @ dense.T, atol=1e-6)


def test_heads_learn_and_keep_what_they_learned_in_eight_bits() -> None:
    texts = ["offer salary", "offer deadline", "offer late", "resume page", "resume font", "resume gap"]
    ngrams = fit_ngrams(texts, bits=12)
    rows = [ngrams.whole(text) for text in texts]
    wanted = np.array([[1, 0]] * 3 + [[0, 1]] * 3, dtype=float)
    gram = products(rows, rows, ngrams.size)
    shares, bias = fit_heads(gram, wanted, np.ones_like(wanted), penalty=0.1, positive=1.0)
    heads = quantise(combine(rows, shares, ngrams.size), bias)
    for text, answer in (("my offer", [True, False]), ("a resume", [False, True])):
        assert (heads.logits(ngrams.whole(text)) > 0).tolist() == answer
    exact = gram @ shares + bias
    assert np.allclose([heads.logits(row) for row in rows], exact, atol=0.1)


def test_calibrated_chances_come_true() -> None:
    chance = np.random.default_rng(5)
    scores = chance.normal(size=(4000, 1)) * 3
    truth = (chance.random(4000) < sigmoid(0.5 * scores[:, 0] - 1.0)).astype(float)
    weight, bias = fit_calibration(scores, truth)
    assert weight == pytest.approx(0.5, abs=0.06)
    assert bias == pytest.approx(-1.0, abs=0.15)


def test_near_duplicates_share_a_fold() -> None:
    gram = np.eye(6)
    gram[0, 3] = gram[3, 0] = gram[3, 5] = gram[5, 3] = 0.8
    group = groups(gram)
    assert group[0] == group[3] == group[5]
    assert len(set(group)) == 4
    ids = ["a", "b", "c", "d", "e", "f"]
    fold = folds(group, ids, 3, seed=2)
    assert fold[0] == fold[3] == fold[5]
    assert folds(group[:3], ids[:3], 3, seed=2).tolist() == fold[:3].tolist()


def test_where_two_readers_differ_the_target_lies_between() -> None:
    row = {"kind": "letter", "topics": ["offer", "salary"], "risk": None, "urgency": None,
           "second": {"kind": "letter", "topics": ["offer"], "risk": "R2", "urgency": "U1"}}  # fmt: skip
    (wanted,) = targets([row])
    assert wanted[HEADS.index("offer")] == 1.0
    assert wanted[HEADS.index("salary")] == 0.5
    assert wanted[HEADS.index("R1")] == wanted[HEADS.index("R2")] == 1.0
    assert wanted[HEADS.index("R3")] == 0.0


def test_every_row_of_the_corpus_is_whole() -> None:
    rows = load_rows(LETTERS)
    assert len({row["id"] for row in rows}) == len(rows) > 1700
    for row in rows:
        assert bool(row["topics"]) == (row["kind"] == "letter"), row["id"]
        assert set(row["topics"]) <= set(TOPICS), row["id"]
        assert all(words in row["body"] for words in row.get("evidence", {}).values()), row["id"]
        assert all(words in row["body"] for words in row.get("risk_words", ())), row["id"]
        for _, words, *_ in row.get("facts", ()):
            assert words in row["body"] or words in row["subject"], row["id"]


def test_an_assembled_pipeline_is_measured_and_reads_letters(assembled: tuple[Path, list[str]]) -> None:
    out, said = assembled
    figures = evaluate(load(out), load_rows(LETTERS)[1::40])
    assert figures["primary@3"] > 0.5  # chance is 3 of 23
    low, high = figures["intervals"]["primary@3"]
    assert low <= figures["primary@3"] <= high
    assert any("micro-F1" in line for line in said)
    assert "F1 of each topic" in render(figures)


def test_the_same_letters_and_seed_give_the_same_pipeline(
    few: tuple[list[Row], HeldOut, Tuned], encoder: Encoder, assembled: tuple[Path, list[str]], tmp_path: Path
) -> None:
    out, _ = assembled
    assemble(*few, encoder, tmp_path / "again", chooser=ONE_CASE, seed=1, report=lambda line: None)
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(out)).read_bytes(), path.name


def test_the_manifest_names_the_corpus_and_the_figures(assembled: tuple[Path, list[str]]) -> None:
    meta = json.loads((assembled[0] / "meta.json").read_text("utf-8"))["triage"]
    assert len(meta["corpus_sha256"]) == 64
    assert meta["seed"] == 1
    assert 0.0 < meta["held_out"]["micro-F1"] < 1.0


def test_a_pipeline_for_other_topics_is_refused(assembled: tuple[Path, list[str]], tmp_path: Path) -> None:
    out, _ = assembled
    for path in out.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(out)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    names = tmp_path / "triage_heads" / "heads.json"
    names.write_text(names.read_text("utf-8").replace('"offer"', '"weather"'), "utf-8")
    with pytest.raises(ConfigError, match="other topics"):
        load(tmp_path)


def test_auroc_counts_pairs() -> None:
    assert auroc(np.array([0.9, 0.4]), np.array([0.1, 0.4])) == pytest.approx(0.875)
    assert auroc(np.array([]), np.array([0.1])) is None
