"""Earlier letters like the one on the page, with the replies that their readers had."""

import hashlib
import re
from dataclasses import replace

import pytest

from tests.cast import WordAssessor, mail
from tests.web.conftest import Site, TakingOutbox, Visitor, signable
from triage.records import Assessment, Letter
from triage.stages import Stage

OTHERS = "Similar letters"
EVIL = "<script>alert(1)</script>"


class SeeingAssessor(WordAssessor):
    """Letters with the same topics look alike to it."""

    name = "seeing"

    def assess(self, letter: Letter) -> Assessment:
        found = super().assess(letter)
        seen = " ".join(score.topic for score in found.topics)
        return replace(found, model=self.name, vector=hashlib.sha256(seen.encode()).digest())


@pytest.fixture
def assessor() -> WordAssessor:
    return SeeingAssessor()


@pytest.fixture
def answered(site: Site) -> Site:
    """A desk where ali has answered rosa's letter, and ben's, number 2, waits."""
    ali = site.signed_in("ali")
    ali.post("/letters/1/approve", **signable(site))
    site.clock.forward(seconds=16)
    site.send(TakingOutbox())
    assert site.letter().slip.stage is Stage.ANSWERED
    site.bring(like("Should I pull out? Would it hurt my unemployment?"))
    return site


def like(body: str, number: int = 2, sender: str = "Ben <ben@reader.example>") -> bytes:
    return mail(body, subject="Second thoughts", sender=sender, message_id=f"<{number}@reader.example>")


def folded(page: str) -> list[str]:
    """What is folded away under each similar letter."""
    section = re.search(r"<h2>Similar letters</h2>(.*?)</section>", page, re.DOTALL)
    return re.findall(r"<details>(.*?)</details>", section.group(1), re.DOTALL) if section else []


def test_a_similar_letter_is_folded_away_with_what_was_sent(answered: Site, ali: Visitor) -> None:
    (other,) = folded(ali.get("/letters/2").text)

    assert "Pulling out of the process" in other
    assert "withdrawing · unemployment" in other
    assert "Would it be all right to pull out of the interview?" in other
    assert "Go to the interview." in other
    assert 'href="/letters/1"' in other
    assert "rosa" not in other.lower().replace("\n\nrosa</div>", "")  # who wrote it is on its own page


def test_ana_sees_them_too(answered: Site, ana: Visitor) -> None:
    assert len(folded(ana.get("/letters/2").text)) == 1


def test_there_are_none_where_nothing_like_it_was_answered(answered: Site, ali: Visitor) -> None:
    answered.bring(like("Will my unemployment end?", 3))

    assert OTHERS not in ali.get("/letters/3").text
    assert OTHERS not in ali.get("/letters/1").text  # nothing is being written there


def test_at_most_three_are_shown(answered: Site, ali: Visitor) -> None:
    for number in range(3, 7):
        answered.bring(like("May I pull out, with unemployment?", number, f"R{number} <r{number}@reader.example>"))
        ali.post(f"/letters/{number}/approve", **signable(answered, number))
    answered.clock.forward(seconds=16)
    answered.send(TakingOutbox())

    assert len(folded(ali.get("/letters/2").text)) == 3


def test_a_held_letter_has_none(answered: Site, ali: Visitor) -> None:
    answered.bring(like("There is no point anymore. Should I pull out? Would it hurt my unemployment?", 3))

    assert answered.letter(3).slip.stage is Stage.HELD
    assert OTHERS not in ali.get("/letters/3").text


def test_what_mallory_wrote_earlier_is_shown_as_text(answered: Site, ali: Visitor) -> None:
    answered.bring(like(f"{EVIL} pull out, unemployment</div>{EVIL}", 3, "M <mallory@evil.example>"))
    ali.post("/letters/3/approve", **signable(answered, 3))
    answered.clock.forward(seconds=16)
    answered.send(TakingOutbox())

    page = ali.get("/letters/2").text

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
