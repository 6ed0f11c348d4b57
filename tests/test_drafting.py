"""One draft for everything that a letter raises: the founding letter, and the shape of every other."""

import re
from pathlib import Path

import pytest

from tests.cast import TEMPLATES
from tests.snapshots.rendering import THURSDAY, TOMORROW, render, sheet
from tests.snapshots.wording import ROOM
from triage.drafting import YOUR_WORDS, Voice, measures
from triage.drafting.places import STATES
from triage.records import Draft

FOUNDING = (("withdrawing", "not_qualified"), ("unemployment", "refuse_interview"))
ORDERS = (FOUNDING, FOUNDING[::-1])


def founding(order: tuple[tuple[str, str], ...] = FOUNDING, number: int = 1, **slots: str) -> Draft:
    return render(order, message_id=f"<{number}@reader.example>", slots={"interview_date": THURSDAY} | slots).draft


def outside_quotes(text: str) -> str:
    return re.sub(r'"[^"]*"', "", text)


# ------------------------------------------------------------------ the founding letter


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("order", ORDERS)
def test_the_founding_letter_gets_one_draft_that_answers_both_questions(
    order: tuple[tuple[str, str], ...], number: int
) -> None:
    made = founding(order, number)
    body = made.body
    assert made.templates == ("withdrawing@1", "unemployment@1")
    assert 180 <= measures(body).words <= 300
    assert "My view is that you should go" in body
    assert body.index("My view is") < body.index("is for your state to decide")
    assert (made.gaps, made.blocks) == ((YOUR_WORDS.strip("[]"),), ())
    assert made.making.warnings == ()
    assert [answer.text in body and answer.text != "" for answer in made.making.answers] == [True, True]

    assert not any(re.search(rf"\b{name.removeprefix('the ')}\b", body) for name in STATES.values())
    assert re.findall(r"\d+", body) == ["26", "1", "2", "3", "4"], "no number but the day and those of the steps"

    assert len(re.findall(r"^Hello", body, re.MULTILINE)) == 1
    assert "which state" in body.lower() and "did the agency send you to this job?" in body
    assert outside_quotes(body).count("?") == 1
    limits = [line for line in body.split("\n\n") if re.match(r"This is general information|I'm not a lawyer", line)]
    assert len(limits) == 1
    assert body.endswith("\n\nCarol\n") and body.count("Carol") == 1


def test_the_reader_is_told_to_go_in_the_second_sentence() -> None:
    paragraphs = founding(first_name="Dana").body.split("\n\n")
    assert paragraphs[:2] == ["Hello Dana,", YOUR_WORDS]
    first, second = re.split(r"(?<=\.) (?=My)", paragraphs[2])
    assert first.startswith("You have an interview on Thursday, Nov. 26") and first.endswith(".")
    assert second.startswith("My view is that you should go")


def test_a_claimant_with_a_known_state_is_not_asked_for_it_and_gets_no_rule_of_it() -> None:
    body = founding(state="OH").body
    assert "is for Ohio to decide" in body
    assert "which state" not in body.lower()
    assert "Did the unemployment office send you to this job?" in body
    assert re.findall(r"\d+", body) == ["26", "1", "2", "3", "4"]


def test_whether_the_office_sent_the_reader_changes_the_advice() -> None:
    body = founding(agency_referral="yes").body
    assert "Since the unemployment office sent you, call it before you decline." in body
    assert "Which state is your claim in?" in body
    assert "did the agency send you" not in body


def test_the_columnist_can_switch_her_opinion_off() -> None:
    neutral = Voice(signature="Carol", opinions={"never_decline_interview": False})
    for name in TEMPLATES.of("withdrawing").cases:
        body = render([("withdrawing", name)], voice=neutral).draft.body
        assert "My view" not in body and "you should go" not in body, name


# ------------------------------------------------------------------ the shape


def test_the_whole_story_is_said_back_once_and_later_topics_begin_with_a_bridge() -> None:
    for order in ORDERS:
        made = founding(order)
        pieces = {(p.template.split("@")[0], p.block): p.text for p in made.making.pieces}
        story = f"{pieces['withdrawing', 'acknowledge']}, and {pieces['unemployment', 'acknowledge']}."
        assert story[0].upper() + story[1:] in made.body
        assert f"\n\n{pieces['unemployment', 'bridge']} {pieces['unemployment', 'answer']}" in made.body
        assert ("withdrawing", "bridge") not in pieces, "nothing goes before it"


def test_bridges_have_more_than_one_wording() -> None:
    for topic in ("withdrawing", "unemployment"):
        (bridge,) = TEMPLATES.of(topic).blocks["bridge"]
        assert len(bridge.wordings) > 1
    bodies = {re.sub(r"^.*\n\n", "", founding(number=n).body) for n in range(40)}
    assert len(bodies) > 3


def test_steps_are_merged_by_day_and_never_more_than_four(tmp_path: Path) -> None:
    steps = "## steps\n- then | Wait for {0}.\n- today | Start {0}.\n- {0}_date | Do {0}.\n"
    for topic in ("one", "two"):
        templates = sheet(tmp_path, topic, head=f"optional: {topic}_date", more=steps.format(topic))
    made = render([("one", ""), ("two", "")], templates=templates, slots={"two_date": "2026-12-01"}).draft
    numbered = re.findall(r"^(\d)\. (.*)$", made.body, re.MULTILINE)
    assert numbered == [("1", "Start one."), ("2", "Start two."), ("3", "Wait for one."), ("4", "Wait for two.")]

    steps = "## steps\n- {0}_date | Do {0}.\n- today | Start {0}.\n"
    for topic in ("one", "two"):
        templates = sheet(tmp_path, topic, head=f"optional: {topic}_date", more=steps.format(topic))
    dates = {"one_date": "2026-12-02", "two_date": "2026-12-01"}
    made = render([("one", ""), ("two", "")], templates=templates, slots=dates).draft
    assert re.findall(r"^\d\. (.*)$", made.body, re.MULTILINE) == ["Start one.", "Start two.", "Do two.", "Do one."]


def test_a_dated_event_comes_before_what_was_asked_first(tmp_path: Path) -> None:
    both = (("unemployment", ""), ("withdrawing", ""))
    assert render(both, slots={"interview_date": THURSDAY}).draft.templates[0] == "withdrawing@1"
    sooner = {"interview_date": THURSDAY, "hearing_date": "2026-11-25"}
    assert render(both[::-1], slots=sooner).draft.templates[0] == "unemployment@1"
    past = {"interview_date": "2026-11-20"}
    assert render(both, slots=past).draft.templates[0] == "unemployment@1"

    sheet(tmp_path, "notice", head="optional: notice_type\nevent: notice_type")
    own = sheet(tmp_path, "talk", head="optional: talk_date\nevent: talk_date")
    slots = {"talk_date": THURSDAY, "notice_type": "denial"}
    made = render([("talk", ""), ("notice", "")], templates=own, slots=slots).draft
    assert made.templates == ("notice@1", "talk@1"), "a notice without a date may be the more pressing"


def test_four_topics_are_answered_on_two_and_the_rest_are_named() -> None:
    letter = [("resume", ""), ("withdrawing", ""), ("references", ""), ("unemployment", "")]
    made = render(letter, slots={"interview_date": THURSDAY, "hearing_date": "2026-11-25"}).draft
    assert made.templates == ("unemployment@1", "withdrawing@1")
    assert "your resume and your references" in made.body
    assert "second note" in made.body
    assert measures(made.body).words <= 300


def test_three_topics_are_all_answered() -> None:
    for number in range(4):
        letter = (("withdrawing", "not_qualified"), ("cover_letter", ""), ("unemployment", "refuse_interview"))
        made = render(letter, message_id=f"<{number}@x>", slots={"interview_date": THURSDAY}).draft
        assert made.templates == ("withdrawing@1", "cover_letter@1", "unemployment@1")
        assert 220 <= measures(made.body).words <= 350
        assert "second note" not in made.body


@pytest.mark.parametrize("day", [TOMORROW, "2026-11-23"])
def test_what_happens_today_or_tomorrow_gets_a_short_draft_with_the_steps_first(day: str) -> None:
    urgent = render([FOUNDING[0]], slots={"interview_date": day}).draft
    calm = render([FOUNDING[0]], slots={"interview_date": THURSDAY}).draft
    assert 90 <= measures(urgent.body).words <= 150 < measures(calm.body).words
    (reason, *_) = [piece.text for piece in urgent.making.pieces if piece.block == "reasons"]
    assert urgent.body.index("\n1. ") < urgent.body.index(reason)
    assert calm.body.index("\n1. ") > calm.body.index(reason)
    assert measures(founding(interview_date=day).body).words <= 220 * ROOM


def test_a_point_that_an_earlier_topic_made_is_not_repeated(tmp_path: Path) -> None:
    reason = "## reasons\n- Writing everything down today helps your memory later.\n\n"
    sheet(tmp_path, "one", more=reason + "## steps\n- today | Write down the date, the firm and who called.\n")
    own = sheet(tmp_path, "two", more=reason + "## steps\n- today | Write down the date, the company and who called.\n")
    made = render([("one", ""), ("two", "")], templates=own).draft
    assert made.body.count("helps your memory") == 1
    assert made.body.count("Write down the date") == 1
    assert [piece.block for piece in made.making.pieces if piece.template == "two@1"].count("reasons") == 0


def test_a_long_letter_loses_its_last_reasons_first_and_keeps_every_answer(tmp_path: Path) -> None:
    words = ("alpha", "bravo", "charlie", "delta")
    reasons = "## reasons\n" + "".join(f"- {w}{n} {' '.join([w] * 45)}.\n" for n, w in enumerate(words))
    sheet(tmp_path, "one", "The first answer.", more=reasons)
    own = sheet(tmp_path, "two", "The second answer.", more=reasons.replace("0", "5").replace("alpha", "echo"))
    body = render([("one", ""), ("two", "")], templates=own).draft.body
    assert "The first answer." in body and "The second answer." in body
    assert "alpha0" in body and "delta3" not in body
    assert measures(body).words <= 300
