"""Hostile and odd messages, each through the real child: a person gets something to read, and no words are lost."""

import unicodedata
from collections.abc import Iterator

import pytest

from tests.cast import NOON
from tests.letters import EVERY, attacks, forms
from tests.letters.making import Odd
from triage import composing, parsing, screening
from triage.reader.process import ReadingProcess
from triage.reader.wire import LETTER
from triage.records import Letter

OWN = frozenset({"advice@desk.example"})


@pytest.fixture(scope="module")
def reader() -> Iterator[ReadingProcess]:
    """The child within its usual limits: two seconds of processor time and 512 MB."""
    process = ReadingProcess()
    yield process
    process.close()


@pytest.mark.parametrize("name", EVERY)
def test_an_odd_message_becomes_a_letter_that_a_person_can_read(reader: ReadingProcess, name: str) -> None:
    odd = EVERY[name]
    letter = reader.parse(odd.data, NOON, len(odd.data))
    fits(letter, odd)
    assert letter == LETTER.validate_json(LETTER.dump_json(parsing.parse(odd.data, NOON, full_size=len(odd.data))))
    screening.screen(letter, OWN)
    composing.recipients(letter)


@pytest.mark.parametrize("name", attacks.HEAVY)
def test_a_heavy_message_is_read_within_the_limits(reader: ReadingProcess, name: str) -> None:
    odd = attacks.HEAVY[name]()
    fits(reader.parse(odd.data, NOON, len(odd.data)), odd)


def test_there_are_enough_of_them_and_they_stay_small() -> None:
    assert len(EVERY) >= 600
    assert sum(len(odd.data) for odd in EVERY.values()) < 3_000_000


@pytest.mark.parametrize("name", forms.OFFERED)
def test_the_address_in_a_contact_forms_mail_is_offered_and_a_person_chooses(name: str) -> None:
    letter = parsing.parse(forms.OFFERED[name].data, NOON)
    offered = [address.email for address in composing.recipients(letter)]
    assert "rosa@reader.example" in offered
    assert len(offered) > 1
    assert screening.screen(letter, OWN) is None


@pytest.mark.parametrize("name", forms.NOT_OFFERED)
def test_an_address_in_the_text_of_other_mail_is_not(name: str) -> None:
    letter = parsing.parse(forms.NOT_OFFERED[name].data, NOON)
    assert composing.recipients(letter) == (letter.sender,)


def fits(letter: Letter, odd: Odd) -> None:
    """Whether this is the letter that the message is meant to become."""
    broken = [defect for defect in letter.defects if "could not be taken apart" in defect]
    assert bool(broken) is odd.raw, broken
    text = folded(f"{letter.body}\n{letter.quoted}")
    for words in odd.says:
        assert folded(words) in text
    for words in odd.hides:
        assert words not in text
    assert odd.noted in " ".join(letter.defects)
    if odd.subject is not None:
        assert letter.subject == odd.subject
    if odd.sender is not None:
        assert letter.sender.email == odd.sender
    assert letter.body or letter.html or letter.attachments or letter.defects or not letter.subject
    for shown in (letter.subject, letter.body, letter.quoted, letter.html, letter.sender.name, letter.sender.email):
        assert not {unicodedata.category(c) for c in shown if c not in "\n\t\u200c\u200d"} & {"Cc", "Cf", "Cs"}


def folded(text: str) -> str:
    return " ".join(parsing.clean(text).split())
