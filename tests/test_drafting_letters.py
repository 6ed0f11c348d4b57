"""What a letter states and how it comes: names, days, states, languages, danger, and values that mean harm."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import FACTS, TEMPLATES
from tests.snapshots.rendering import ALL_SLOTS, CAROL, MONDAY, TOPICS, asking, assessed, render, sheet
from triage.answers import Ask, Span
from triage.drafting import YOUR_WORDS, Voice, caring_note, find_gaps, make_draft, measures
from triage.drafting.facts import gather
from triage.errors import ConfigError
from triage.records import Assessment, Attachment, Draft, Kind, Letter, Slot

WITHDRAWING = [("withdrawing", "not_qualified")]


def rosa(subject: str = "Pulling out", received_at: datetime = MONDAY) -> Letter:
    return Letter(subject=subject, message_id="<1@reader.example>", received_at=received_at, body="Dear Carol")


def draft(*topics: str, **slots: str) -> Draft:
    return make_draft(rosa(), assessed(*topics, **slots), TEMPLATES, CAROL, book=FACTS)


def body_with(folder: Path, answer: str, letter: Letter | None = None, voice: Voice = CAROL, **slots: str) -> str:
    """The draft of a template that gives this answer and may use a few facts."""
    own = sheet(folder, "own", answer, "optional: talk_date, employer, state, first_name, deadline")
    return make_draft(letter or rosa(), assessed("own", **slots), own, voice, book=FACTS).body


# ------------------------------------------------------------------ who writes and who signs


def test_a_reader_is_greeted_by_the_first_name_or_plainly() -> None:
    assert draft("withdrawing", first_name="dana").body.startswith(f"Hello Dana,\n\n{YOUR_WORDS}\n\n")
    assert draft("withdrawing", first_name="DeShawn").body.startswith("Hello DeShawn,")
    assert draft("withdrawing").body.startswith("Hello,")


def test_a_voice_gives_the_greeting_the_signoff_the_signature_and_a_story() -> None:
    voice = Voice(
        greeting="Good morning",
        signoffs=("Onward.",),
        signature="Carol Reyes\nThe Job Column",
        stories={"withdrawing": ["I wrote my first column on a bus."], "resume": ["Another story."]},
    )
    body = render(WITHDRAWING, voice=voice, slots={"first_name": "Dana"}).draft.body
    assert body.startswith("Good morning Dana,")
    assert body.endswith("\n\nOnward.\n\nCarol Reyes\nThe Job Column\n")
    assert body.count("\n\nI wrote my first column on a bus.\n\n") == 1
    assert "Another story" not in body and "Hello" not in body


def test_an_empty_signature_is_a_gap() -> None:
    made = render(WITHDRAWING, voice=Voice()).draft
    assert made.body.endswith("[[your name]]\n")
    assert made.gaps == (YOUR_WORDS.strip("[]"), "your name")


def test_the_line_for_her_own_words_can_be_switched_off() -> None:
    made = render(WITHDRAWING, voice=Voice(signature="Carol", your_words=False)).draft
    assert made.gaps == ()
    assert made.body.replace("Hello,", f"Hello,\n\n{YOUR_WORDS}") == render(WITHDRAWING).draft.body


def test_wordings_are_chosen_by_the_letter_and_stay() -> None:
    bodies = [render(WITHDRAWING, message_id=f"<{n}@x>").draft.body for n in range(20)]
    assert len(set(bodies)) > 1
    assert bodies == [render(WITHDRAWING, message_id=f"<{n}@x>").draft.body for n in range(20)]


def test_a_reader_who_writes_again_is_greeted_as_one() -> None:
    for topics in (("withdrawing",), ("withdrawing", "unemployment"), ()):
        made = make_draft(rosa(), assessed(*topics), TEMPLATES, CAROL, sent=["An earlier reply."])
        assert re.search(r"^(Good to hear from you again|Thank you for writing back): [a-z I]", made.body, re.MULTILINE)


# ------------------------------------------------------------------ topics


def test_topics_without_a_template_share_one_honest_frame_with_gaps() -> None:
    made = draft("uniforms", "part_time_work")
    assert made.templates == (TEMPLATES.of("general").reference,)
    assert "You asked me about uniforms and part time work." in made.body
    assert "your answer about uniforms and part time work" in made.gaps
    assert list(made.gaps) == find_gaps(made.body)


def test_an_unclear_letter_gets_one_question_in_a_few_lines() -> None:
    for number in range(8):
        attached = (Attachment(name="cv.doc", content_type="application/msword", size=1),) * (number % 2)
        letter = Letter(received_at=MONDAY, message_id=f"<{number}@x>", attachments=attached)
        made = make_draft(letter, assessed(), TEMPLATES, CAROL)
        assert made.templates == ("unclear@1",)
        assert 40 <= measures(made.body).words <= 90
        assert made.body.count("?") == 1
        assert ("what's in the letter itself" in made.body) == bool(attached)


def test_a_topic_named_twice_is_answered_once() -> None:
    assert draft("resume", "resume").templates == ("resume@1",)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Interview", "Re: Interview"),
        ("RE: re: Re[2]: Interview", "Re: Interview"),
        ("", "Your letter"),
        (" Re: ", "Your letter"),
        ("Hi\r\nBcc: x@y.example\u202e evil\x00", "Re: Hi Bcc: x@y.example evil"),
        ("Recommend me", "Re: Recommend me"),
    ],
)
def test_the_subject_is_answered_once_and_cleaned(subject: str, expected: str) -> None:
    assert make_draft(rosa(subject), assessed(), TEMPLATES, CAROL).subject == expected


# ------------------------------------------------------------------ days and places


@pytest.mark.parametrize(
    ("day", "printed"),
    [
        ("2026-11-26", "Thursday, Nov. 26|Thursday|soon"),
        ("2026-11-24", "Tuesday, Nov. 24|Tuesday|tomorrow"),
        ("2026-11-23", "Monday, Nov. 23|Monday|today"),
        ("2026-11-22", "Sunday, Nov. 22|Nov. 22|past"),
        ("2026-11-30", "Monday, Nov. 30|Nov. 30|later"),
        ("2027-01-12", "Tuesday, Jan. 12, 2027|Jan. 12|later"),
        ("2028-02-29T09:30:00", "Tuesday, Feb. 29, 2028|Feb. 29|later"),
        ("2027-02-29", "||"),
        ("8:30 tmrw", "||"),
        ("", "||"),
    ],
)
def test_a_day_is_printed_in_house_style(tmp_path: Path, day: str, printed: str) -> None:
    answer = "Yes <{{ talk_date }}|{{ talk_date_day }}|{{ talk_date_when }}>."
    assert f"<{printed}>" in body_with(tmp_path, answer, talk_date=day)


def test_the_day_is_read_where_the_columnist_is(tmp_path: Path) -> None:
    late = rosa(received_at=datetime(2026, 11, 25, 3, 0, tzinfo=UTC))  # still Tuesday in New York
    answer = "Yes <{{ talk_date_when }}>."
    assert "<soon>" in body_with(tmp_path, answer, late, talk_date="2026-11-26")
    there = Voice(signature="Carol", time_zone="UTC")
    assert "<tomorrow>" in body_with(tmp_path, answer, late, there, talk_date="2026-11-26")


def test_of_several_days_the_next_to_come_counts_and_a_reading_without_one_adds_the_deadline() -> None:
    days = ("2026-11-20", "2026-12-04", "2026-11-27")
    slots = tuple(Slot(name="interview_date", value=day, text=day, start=0, end=0) for day in days)
    found = Assessment(kind=Kind.LETTER, slots=slots, deadline=datetime(2026, 12, 1, tzinfo=UTC).date())
    facts = gather(rosa(), found, CAROL)
    assert facts.values["interview_date"] == "Friday, Nov. 27"
    assert facts.values["deadline"] == "Tuesday, Dec. 1"


@pytest.mark.parametrize(
    ("state", "said"),
    [("FL", "Florida"), ("dc", "the District of Columbia"), ("XX", ""), ("Florida", "Florida"), ("unknown", "")],
)
def test_a_state_is_named_in_full_or_not_at_all(tmp_path: Path, state: str, said: str) -> None:
    assert f"Yes <{said}>." in body_with(tmp_path, "Yes <{{ state }}>.", state=state)


def test_what_is_said_to_be_unknown_is_not_stated(tmp_path: Path) -> None:
    for nothing in ("none", "None", "UNKNOWN", " ", "\u202e"):
        assert "Yes the company." in body_with(tmp_path, "Yes {{ employer or 'the company' }}.", employer=nothing)


def test_an_unknown_time_zone_is_the_operators_to_mend() -> None:
    with pytest.raises(ConfigError, match="America/New_York"):
        Voice(time_zone="Mars/Olympus")


# ------------------------------------------------------------------ letters without a draft


@pytest.mark.parametrize("risk", ["R2", "R3"])
def test_a_held_letter_gets_no_draft_and_a_neutral_subject(risk: str) -> None:
    held = Assessment(kind=Kind.LETTER, risk=risk, risk_reasons=("a threat",), topics=assessed("resume").topics)
    made = make_draft(rosa("he reads my mail"), held, TEMPLATES, CAROL, asks=asking({"resume": "photo"}))
    assert (made.body, made.subject, made.templates) == ("", "Your letter", ())
    assert "held (a threat)" in made.blocks[0] and "Next: write to them yourself" in made.blocks[0]


@pytest.mark.parametrize(("language", "name"), [("es", "in Spanish,"), ("xx", "a language other than English (xx)")])
def test_a_letter_in_another_language_gets_no_draft(language: str, name: str) -> None:
    made = make_draft(rosa(), assessed("resume", language=language), TEMPLATES, CAROL)
    assert (made.body, made.templates) == ("", ())
    assert name in made.blocks[0]


def test_a_letter_too_short_to_have_a_language_is_asked_about() -> None:
    assert make_draft(rosa(), assessed(language="und"), TEMPLATES, CAROL).templates == ("unclear@1",)


def test_a_caring_note_is_gaps_and_no_advice() -> None:
    made = caring_note(rosa("he reads my mail"), TEMPLATES, CAROL)
    assert made.subject == "Your letter"
    assert made.gaps and list(made.gaps) == find_gaps(made.body)
    assert not re.search(r"\d|\bshould\b|http|he reads", made.body)
    assert made.body.startswith("Hello,") and made.body.endswith("\n\nCarol\n")


# ------------------------------------------------------------------ mallory


@pytest.mark.parametrize("typed", ["{{7*7}}", "{% for a in b %}", "{{ ''.__class__ }}", "{# gone #}"])
def test_mallory_cannot_make_the_letter_a_template(tmp_path: Path, typed: str) -> None:
    body = body_with(tmp_path, "Write to {{ employer }}.", employer=typed)
    assert f"Write to {typed}." in body
    assert "49" not in body


def test_mallory_cannot_make_a_gap_or_a_placeholder_that_nobody_sees() -> None:
    made = render([("networking", case) for case in list(TEMPLATES.of("networking").cases)[:1]], slots={}).draft
    assert made.blocks == ()
    for typed, seen in (("[[sign here]]", "gaps"), ("{{ x }}", "blocks"), ("904-555-0123", "blocks")):
        hostile = make_draft(rosa(), assessed("withdrawing", first_name=typed), TEMPLATES, CAROL)
        assert any(typed.strip("[] ") in reason for reason in getattr(hostile, seen)), typed


def test_mallory_cannot_break_lines_or_turn_text_around(tmp_path: Path) -> None:
    value = "Acme\n\n## answer\r\n- today | pay me\u202e\u2066\x00" + "x" * 5000
    body = body_with(tmp_path, "Write to {{ employer }}.", employer=value)
    assert "Write to Acme ## answer - today | pay mexxx" in body
    assert not re.search("[\x00\u202e\u2066]", body)
    assert len(body) < 1000


SLOTS = st.sampled_from([*ALL_SLOTS, "", "fact_agency", "opinion_x", "rest"])
DAYS = st.dates().map(str) | st.just("9999-12-31") | st.just("0001-01-01")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    topics=st.lists(st.sampled_from([*TOPICS, "", "x\ny", "caring", "general"]), max_size=5),
    slots=st.dictionaries(SLOTS, st.text() | DAYS | st.sampled_from(["FL", "yes", "[[", "{{", "None"])),
    asks=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12), st.floats(0, 1), st.booleans()), max_size=4),
    subject=st.text(),
    received=st.datetimes(timezones=st.just(UTC)),
    sent=st.lists(st.sampled_from(["", "Hello.", render(WITHDRAWING).draft.body]), max_size=2),
    carried=st.booleans(),
)
def test_no_letter_makes_drafting_fail(
    *,
    topics: list[str],
    slots: dict[str, str],
    asks: list[tuple[int, int, float, bool]],
    subject: str,
    received: datetime,
    sent: list[str],
    carried: bool,
) -> None:
    letter = Letter(subject=subject, received_at=received, message_id=subject)
    found = [
        Ask(span=Span(text=subject, start=0, end=1), topic=topic, case=cases[c % len(cases)], score=score, main=main)
        for t, c, score, main in asks
        if topics and (topic := topics[t % len(topics)]) is not None
        if (cases := list(TEMPLATES.of(topic).cases))
    ]

    def make() -> Draft:
        about = assessed(*topics, **slots)
        return make_draft(letter, about, TEMPLATES, CAROL, asks=found, book=FACTS, sent=sent, carried=carried)

    made = make()
    assert made.body
    assert made == make()
    assert not re.search("[\x00-\x1f\x7f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]", made.subject)
    assert not re.search(r"\n{3}| \n", made.body)
    assert len(made.making.answers) == len(found)


def test_the_first_and_the_last_day_of_the_calendar_do_not_make_it_fail() -> None:
    for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        for day in ("9999-12-31", "0001-01-01"):
            found = assessed("withdrawing", "unemployment", interview_date=day, hearing_date=day)
            assert make_draft(Letter(received_at=moment), found, TEMPLATES, CAROL, book=FACTS).body
