"""The encoder, what it points at, and how its words become spans."""

from pathlib import Path

import numpy as np
import pytest

from triage.assessor import newest_model
from triage.assessor.corpus import TAGS
from triage.assessor.encoder import WIDTH, Encoder, Reading
from triage.assessor.tagging import find_tags

MODELS = Path(__file__).parent.parent / "models"
NEVER, ALWAYS = np.full(len(TAGS), 1.01, np.float32), np.zeros(len(TAGS), np.float32)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(newest_model(MODELS) / "triage_encoder")


def test_every_word_piece_has_a_vector_and_a_place(encoder: Encoder) -> None:
    text = "Résumé — İzmir’s 2nd job, isn't it?"
    reading = encoder.read(text)
    assert reading.vectors.shape == (len(reading.starts), WIDTH)
    assert text[reading.starts[0] : reading.ends[-1]] == text
    assert (reading.starts < reading.ends).all()


@pytest.mark.parametrize("text", ["", " \n\n ", "\x00", "🙂" * 50])
def test_a_text_without_words_is_read(encoder: Encoder, text: str) -> None:
    assert encoder.read(text).mean([(0, len(text))]).shape == (1, WIDTH)


def test_a_long_text_is_read_in_parts_to_its_end(encoder: Encoder) -> None:
    text = "I was let go in May. " * 300
    reading = encoder.read(text)
    assert len(reading.vectors) > 1000
    assert reading.ends[-1] == len(text.rstrip())


def test_the_mean_of_a_span_is_over_the_pieces_that_touch_it() -> None:
    vectors = np.arange(3 * WIDTH, dtype=np.float32).reshape(3, WIDTH)
    reading = Reading(vectors, np.array([0, 3, 9]), np.array([3, 8, 12]))
    both, last, none = reading.mean([(0, 4), (9, 12), (8, 9)])
    assert np.allclose(both, vectors[:2].mean(axis=0))
    assert np.allclose(last, vectors[2])
    assert not none.any()


def test_pieces_of_one_word_and_neighbours_with_one_tag_become_one_fact() -> None:
    text = "I work at Polar-Bend Storage now"
    starts, ends = np.array([0, 2, 7, 10, 15, 16, 21, 29]), np.array([1, 6, 9, 15, 16, 20, 28, 32])
    chances = np.full((8, 1 + len(TAGS)), 0.001, np.float32)
    chances[:, 0] = 0.95
    employer = 1 + TAGS.index("employer")
    for piece, chance in ((3, 0.4), (4, 0.5), (6, 0.9)):
        chances[piece, employer], chances[piece, 0] = chance, 1 - chance
    chances[5, employer], chances[5, 0] = 0.3, 0.7
    reading = Reading(np.zeros((8, WIDTH), np.float32), starts, ends)
    (fact,) = find_tags(reading, chances, text, ALWAYS)
    assert (fact.tag, text[fact.start : fact.end]) == ("employer", "Polar-Bend Storage")
    assert fact.chance == pytest.approx(0.9)
    assert find_tags(reading, chances, text, NEVER) == []
