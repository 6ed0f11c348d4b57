"""Which prepared answers a draft is made of, what it says of itself, and what it does where two disagree."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cast import FACTS, TEMPLATES
from tests.snapshots.rendering import ALL_SLOTS, CAROL, MONDAY, asking, assessed, case, every_pair, render, sheet
from triage.answers import Ask, Span
from triage.drafting import YOUR_WORDS, Templates, find_gaps, make_draft, measures
from triage.records import Draft, Letter


def asks(*found: tuple[str, float]) -> list[Ask]:
    """Questions of one topic, the first the main one, with how sure they are."""
    return [
        Ask(span=Span(text=f"{name}?", start=n, end=n + 1), topic="own", case=name, score=score, main=n == 0)
        for n, (name, score) in enumerate(found)
    ]


def of_asks(templates: Templates, found: list[Ask], *topics: str, **slots: str) -> Draft:
    letter = Letter(received_at=MONDAY, message_id="<1@x>")
    return make_draft(letter, assessed(*topics or ("own",), **slots), templates, CAROL, asks=found, book=FACTS)


@pytest.fixture
def own(tmp_path: Path) -> Templates:
    three = "".join(case(name, f"This answers {name}.") for name in ("first", "second", "third"))
    sheet(tmp_path, "other", "Something else.")
    return sheet(tmp_path, "own", "In general, it depends.", more=three)


def test_a_letter_about_one_topic_has_its_two_surest_questions_answered(own: Templates) -> None:
    made = of_asks(own, asks(("first", 0.9), ("second", 0.65), ("third", 0.8)))
    assert "This answers first." in made.body and "This answers third." in made.body
    assert "second" not in made.body
    assert made.body.count("You asked about own.") == 1
    assert re.search(
        r"\n\n(You asked me something else, too|Then there's your other question)\. This answers", made.body
    )
    assert [answer.text for answer in made.making.answers] == ["This answers first.", "", "This answers third."]
    assert made.making.warnings == ("Nothing here answers this: “second?”",)


def test_an_unsure_second_question_is_named_but_not_answered(own: Templates) -> None:
    made = of_asks(own, asks(("first", 0.9), ("second", 0.59)))
    assert "second" not in made.body
    assert made.making.warnings == ("Nothing here answers this: “second?”",)


def test_beside_another_topic_each_has_one_case(own: Templates) -> None:
    made = of_asks(own, asks(("first", 0.9), ("second", 0.9)), "own", "other")
    assert "This answers first." in made.body and "Something else." in made.body
    assert "second" not in made.body


def test_a_letter_that_fits_no_case_gets_the_general_answer_and_a_warning(own: Templates) -> None:
    made = of_asks(own, [])
    assert "In general, it depends." in made.body
    assert made.making.warnings == ("No prepared answer fits this letter, so this is general advice on “own”.",)
    assert of_asks(own, [], "other").making.warnings == ()


def test_a_question_that_nobody_recognised_is_answered_by_its_topic_or_warned_of(own: Templates) -> None:
    known = Ask(span=Span(text="What of it?", start=0, end=11), topic="own")
    unknown = Ask(span=Span(text="And the cat?", start=12, end=24))
    made = of_asks(own, [*asks(("first", 0.9)), known, unknown])
    assert [(a.question.text, a.text) for a in made.making.answers] == [
        ("first?", "This answers first."),
        ("What of it?", "This answers first."),
        ("And the cat?", ""),
    ]
    assert made.making.warnings == ("Nothing here answers this: “And the cat?”",)


def test_a_case_that_its_template_no_longer_has_is_answered_in_general(own: Templates) -> None:
    made = of_asks(own, asks(("gone", 0.9)))
    assert "In general, it depends." in made.body
    assert made.making.answers[0].text == ""


def test_a_case_that_needs_a_fact_is_a_short_question_until_it_is_stated(tmp_path: Path) -> None:
    more = "## reasons\n- It is so.\n\n## steps\n- today | Do it.\n\n## words\nSay so.\n\n"
    more += "## question: state\nWhich state?\n"
    needing = case("first", "In {{ state }} it is so.", head="needs: state", more=more)
    own = sheet(tmp_path, "own", head="optional: state", more=needing)
    missing = of_asks(own, asks(("first", 0.9)))
    assert re.search(r"there's one thing I have to know first|let me ask before I answer", missing.body)
    assert "Which state?" in missing.body
    assert not re.search(r"It is so|Do it|Say so|In  ", missing.body)
    assert measures(missing.body).words < 60
    stated = of_asks(own, asks(("first", 0.9)), state="OH")
    assert "In Ohio it is so." in stated.body and "Do it." in stated.body


# ------------------------------------------------------------------ two sides


def test_two_answers_that_disagree_are_both_shown_with_a_gap_and_a_warning(tmp_path: Path) -> None:
    sheet(tmp_path, "one", more=case("go", "Go.", head="position: interview=go"))
    sheet(tmp_path, "two", more=case("skip", "Stay home.", head="position: interview=skip"))
    own = sheet(tmp_path, "three", more=case("sign", "Sign.", head="position: sign=go"))
    made = render([("one", "go"), ("two", "skip")], templates=own).draft
    assert made.body.index("Go.") < made.body.index("[[the next paragraph takes another side") < made.body.index("Stay")
    assert any("takes another side" in gap for gap in made.gaps)
    assert made.making.warnings == ("Two parts of this draft take different sides. Next: keep the one you hold with.",)

    for agreeing in ((("one", "go"), ("three", "sign")), (("one", "go"), ("two", ""))):
        assert "another side" not in render(agreeing, templates=own).draft.body


def test_the_house_knows_where_its_own_answers_disagree() -> None:
    sides: dict[str, dict[str, tuple[str, str]]] = {}
    for topic, template in TEMPLATES.by_topic.items():
        for name, found in template.cases.items():
            for matter, side in found.position.items():
                sides.setdefault(matter, {}).setdefault(side, (topic, name))
    assert len(sides["interview"]) > 1
    for matter in sides.values():
        for one, other in pairwise(matter.values()):
            if one[0] != other[0]:
                assert "another side" in render([one, other]).draft.body


# ------------------------------------------------------------------ what a draft is made of


@pytest.mark.parametrize("order", [0, 1])
def test_the_pieces_of_a_draft_are_all_of_it_but_what_the_frame_adds(order: int) -> None:
    frame = {b.render(dict.fromkeys(TEMPLATES.frame.known, ""), k).replace("\n", " ")
             for blocks in TEMPLATES.frame.blocks.values() for b in blocks for k in range(len(b.wordings))}  # fmt: skip
    for pair in list(every_pair())[::7]:
        made = render(pair[::-1] if order else pair, slots=ALL_SLOTS).draft
        rest = " ".join(made.body.split())
        for piece in sorted((piece.text for piece in made.making.pieces), key=len, reverse=True):
            told = piece if piece in rest else piece[0].upper() + piece[1:]
            assert told in rest, piece
            rest = rest.replace(told, " ", 1)
        for known in ("Hello Dana,", YOUR_WORDS, "Carol", *sorted(frame, key=len, reverse=True)):
            rest = rest.replace(known, " ")
        rest = re.sub(r"\[\[the next paragraph .*?\]\]", " ", rest)
        assert re.sub(r"[\s,.]|\band\b|\b\d\.", "", rest) == "", (pair, rest)


def test_the_facts_that_are_printed_are_cited(tmp_path: Path) -> None:
    own = sheet(tmp_path, "own", "Ask {{ fact_agency or 'the office' }} or the {{ fact_eeoc }}.")
    made = of_asks(own, [], state="FL")
    assert f"Ask {FACTS.facts['agency/FL'].value} or the" in made.body
    assert made.making.facts == ("eeoc/US", "agency/FL")
    assert of_asks(own, []).making.facts == ("eeoc/US",)


def test_a_fact_that_has_run_out_blocks_the_draft(tmp_path: Path) -> None:
    own = sheet(tmp_path, "own", "Ask {{ fact_agency or 'the office' }}.")
    letter = Letter(received_at=MONDAY.replace(year=2030), message_id="<1@x>")
    made = make_draft(letter, assessed("own", state="FL"), own, CAROL, asks=asking({"own": ""}), book=FACTS)
    (block,) = made.blocks
    assert "had to be checked again by November 23, 2027" in block


def test_gaps_of_a_draft_are_those_in_its_text() -> None:
    made = render([("general", "")]).draft
    assert list(made.gaps) == find_gaps(made.body)
