"""From a letter to a draft: the templates, the draft that joins them, and the checks on the final text."""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.drafting import Templates, Voice, blocks_for, find_gaps, make_draft
from triage.errors import ConfigError
from triage.records import Assessment, Attachment, Draft, Kind, Letter, Slot, TopicScore

FOLDER = Path(__file__).parent.parent / "templates"
TEMPLATES = Templates.load(FOLDER)
CAROL = Voice(signature="Carol")
MONDAY = datetime(2011, 5, 23, 14, 0, tzinfo=UTC)
FOUNDING = {"interview_date": "2011-05-26", "on_unemployment": "yes", "requirement": "accounting experience"}


def assessed(*topics: str, risk: str = "R0", language: str = "en", **slots: str) -> Assessment:
    return Assessment(
        kind=Kind.LETTER,
        topics=[TopicScore(topic=topic, score=0.9) for topic in topics],
        slots=[Slot(name=name, value=value, text=value, start=0, end=0) for name, value in slots.items()],
        risk=risk,
        language=language,
    )


def rosa(subject: str = "Pulling out", message_id: str = "<1@reader.example>") -> Letter:
    return Letter(subject=subject, message_id=message_id, received_at=MONDAY, body="Dear Carol")


def draft(*topics: str, voice: Voice = CAROL, again: bool = False, risk: str = "R0", **slots: str) -> Draft:
    return make_draft(rosa(), assessed(*topics, risk=risk, **slots), TEMPLATES, voice, earlier_sent=again)


def words(text: str) -> int:
    return len(text.split())


def assert_reads_well(body: str) -> None:
    assert body.endswith("\n") and not body.endswith("\n\n")
    assert not re.search(r"None|\{\{|\{%|\n{3}| [.,;:?!]|  |\.\.|\. ?\.|\(\)|\"\"|, ,| \n", body), body
    for paragraph in body.strip().split("\n\n")[1:-1]:
        for line in paragraph.split("\n"):
            assert re.search(r"[.?!:][\"”]?$|\]\]$", line), line
            assert re.match(r"[A-Z]|\d\. [A-Z\[]|\[\[", line), line
    assert "!" not in body
    for word in ("unfortunately", "utilize", "reach out", "journey", "simply", "obviously", "just "):
        assert word not in body.lower()


# ------------------------------------------------------------------ the founding letter

FOUNDING_DRAFT = """\
Hello Dana,

You're thinking of pulling out of your interview on Thursday, May 26, and you want to know what saying no could do to \
your unemployment claim. My view is that you should go, unless you know something bad about how they treat people.

They picked you, so let them judge whether accounting experience matters: you can't tell from an ad how much of the \
job it is. The worst that can happen is that they don't call, and pulling out makes that certain.

Then there's your claim. Whether saying no would cost you benefits is for your state to decide, and I can't tell you \
how it would rule. It can matter who sent you there, how long you've been claiming and how well the job fits your \
training. Going is usually safer for a claim, because it shows you're looking.

Here's the order I'd take things in:
1. Write to the company: "Thank you for asking me in. How much of the job calls for accounting experience? I'm happy \
to come either way."
2. Before you turn anything down, call the state unemployment office and ask: "This job calls for accounting \
experience, which I don't have. If I say no to the interview, is that a refusal I have to report?"
3. Go in on Thursday with one true story of similar work, and be plain about what you'd have to learn.
4. Answer the weekly questions truthfully, and keep a note of the date, the company and what was said.

This is general information, so check with the office that handles your claim before you act.

Which state is your claim in, and did the agency send you to this job?

I'll be thinking of you on Thursday. Let me know what they said.

Carol
"""


def test_the_founding_letter_gets_one_draft_that_answers_both_questions() -> None:
    made = make_draft(
        rosa(message_id="<1@x>"),
        assessed("withdrawing", "unemployment", first_name="Dana", **FOUNDING),
        TEMPLATES,
        CAROL,
    )
    assert made.body == FOUNDING_DRAFT
    assert 180 <= words(made.body) <= 300
    assert made.subject == "Re: Pulling out"
    assert made.templates == ("withdrawing@1", "unemployment@1")
    assert made.gaps == made.blocks == ()


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("topics", [("withdrawing", "unemployment"), ("unemployment", "withdrawing")])
def test_the_founding_draft_keeps_its_promises_in_every_wording_and_order(number: int, topics: tuple[str, ...]) -> None:
    for slots in (FOUNDING, {"interview_date": "2011-05-26"}):
        body = make_draft(rosa(message_id=f"<{number}@x>"), assessed(*topics, **slots), TEMPLATES, CAROL).body
        assert 180 <= words(body) <= 300
        assert "My view is that you should go" in body
        assert "for your state to decide" in body
        assert body.count("Which state is your claim in, and did the agency send you to this job?") == 1
        assert body.index("My view") < body.index("your state to decide")
        assert_reads_well(body)


def test_a_claimant_with_a_known_state_is_not_asked_for_it_and_gets_no_rule_of_it() -> None:
    body = draft("withdrawing", "unemployment", state="OH", **FOUNDING).body
    assert "is for Ohio to decide" in body
    assert "Which state" not in body
    assert "Did the unemployment office send you to this job?" in body
    assert "careeronestop" not in body


@pytest.mark.parametrize(
    ("referral", "said"),
    [("yes", "It matters that the unemployment office sent you"), ("no", "You found this one yourself")],
)
def test_whether_the_office_sent_the_reader_changes_the_advice(referral: str, said: str) -> None:
    body = draft("withdrawing", "unemployment", agency_referral=referral, **FOUNDING).body
    assert said in body
    assert "Which state is your claim in?" in body
    assert "send you to this job" not in body


# ------------------------------------------------------------------ the shape


def test_there_is_one_greeting_one_limit_one_question_and_one_signature() -> None:
    body = draft("withdrawing", "unemployment", risk="R1", first_name="dana", **FOUNDING).body
    assert body.startswith("Hello Dana,\n\n")
    assert body.count("Hello") == 1
    limits = re.findall(r"I'm not a lawyer|It isn't legal advice|This is general information", body)
    assert limits == ["I'm not a lawyer"]
    outside_quotes = re.sub(r'"[^"]*"', "", body)
    assert outside_quotes.count("?") == 1
    assert body.endswith("\n\nCarol\n")


def test_steps_are_merged_by_day_and_never_more_than_four() -> None:
    body = draft("withdrawing", "unemployment", **FOUNDING).body
    numbers = re.findall(r"^(\d)\. ", body, re.MULTILINE)
    assert numbers == ["1", "2", "3", "4"]
    assert body.index("Write to the company") < body.index("Before you turn anything down") < body.index("Go in on")
    assert body.index("Go in on Thursday") < body.index("Answer the weekly questions")


def test_a_dated_event_comes_before_what_was_asked_first() -> None:
    made = draft("unemployment", "withdrawing", interview_date="2011-05-26")
    assert made.templates[0] == "withdrawing@1"
    made = draft("withdrawing", "unemployment", interview_date="2011-05-26", appeal_deadline="2011-05-25")
    assert made.templates[0] == "unemployment@1"


def test_a_denial_without_a_date_comes_first() -> None:
    made = draft("withdrawing", "unemployment", interview_date="2011-05-26", notice_type="denial")
    assert made.templates[0] == "unemployment@1"
    assert "What does the notice give as the last day to appeal, and which state is it from?" in made.body
    assert made.body.index("Send the unemployment office this") < made.body.index("Go in on Thursday")


def test_four_topics_are_answered_on_two_and_the_rest_are_named() -> None:
    made = draft(
        "resume", "withdrawing", "references", "unemployment", interview_date="2011-05-26", notice_type="denied"
    )
    assert made.templates == ("unemployment@1", "withdrawing@1")
    assert "your resume and your references" in made.body
    assert "second note" in made.body
    assert words(made.body) <= 300
    assert_reads_well(made.body)


def test_three_topics_are_all_answered() -> None:
    made = draft("withdrawing", "unemployment", "cover_letter", **FOUNDING)
    assert made.templates == ("withdrawing@1", "unemployment@1", "general@2")
    assert 220 <= words(made.body) <= 350
    assert_reads_well(made.body)


def test_topics_without_a_template_share_one_honest_frame_with_gaps() -> None:
    made = draft("resume", "references")
    assert made.templates == ("general@2",)
    assert "You asked me about your resume and your references." in made.body
    assert made.gaps == tuple(find_gaps(made.body))
    assert any("your answer about your resume and your references" in gap for gap in made.gaps)
    assert_reads_well(made.body)


def test_a_topic_nobody_named_is_still_said_in_words() -> None:
    assert "about part time work" in draft("part_time_work").body


def test_an_empty_signature_is_a_gap() -> None:
    made = draft("withdrawing", voice=Voice())
    assert made.body.endswith("[[your name]]\n")
    assert made.gaps == ("your name",)


def test_a_reader_who_writes_again_is_greeted_as_one() -> None:
    for topics in (("withdrawing",), ("withdrawing", "unemployment"), ()):
        body = draft(*topics, again=True).body
        assert re.search(r"^(Good to hear from you again|Thank you for writing back): ", body, re.MULTILINE)
        assert_reads_well(body)


def test_wordings_are_chosen_by_the_letter_and_stay() -> None:
    def body(number: int) -> str:
        return make_draft(rosa(message_id=f"<{number}@x>"), assessed(), TEMPLATES, CAROL).body

    assert len({body(number) for number in range(40)}) > 1
    assert [body(number) for number in range(9)] == [body(number) for number in range(9)]


def test_a_point_that_an_earlier_topic_made_is_not_repeated(tmp_path: Path) -> None:
    copy_templates(tmp_path)
    for topic in ("one", "two"):
        (tmp_path / f"{topic}.txt").write_text(
            f"topic: {topic}\nname: {topic}\nversion: 1\n\n## acknowledge\nyou asked {topic}\n\n## answer\nYes.\n\n"
            "## reasons\n- Writing everything down today helps your memory later.\n\n"
            f"## steps\n- today | Write down the date, the {'firm' if topic == 'one' else 'company'} and who called.\n"
        )
    body = make_draft(rosa(), assessed("one", "two"), Templates.load(tmp_path), CAROL).body
    assert body.count("helps your memory") == 1
    assert body.count("Write down the date") == 1


# ------------------------------------------------------------------ branches


def test_an_interview_tomorrow_is_short_and_puts_the_steps_first() -> None:
    for slots in ({"interview_date": "2011-05-24"}, {"interview_date": "2011-05-23", "employer": "Pellworth"}):
        body = draft("withdrawing", **slots).body
        assert 90 <= words(body) <= 150
        assert body.index("1. Call ") < body.index("They picked you")
        assert_reads_well(body)


def test_the_day_is_read_where_the_columnist_is() -> None:
    late = Letter(received_at=datetime(2011, 5, 25, 3, 0, tzinfo=UTC), subject="x")  # still Tuesday in New York
    slots = assessed("withdrawing", interview_date="2011-05-26")
    assert "1. Write to" in make_draft(late, slots, TEMPLATES, Voice(signature="Carol")).body
    assert "1. Call" in make_draft(late, slots, TEMPLATES, Voice(signature="Carol", time_zone="UTC")).body


def test_the_columnist_can_switch_her_opinion_off() -> None:
    body = draft("withdrawing", voice=Voice(signature="Carol", opinions={"never_decline_interview": False})).body
    assert "My view" not in body
    assert "It makes sense to go" in body
    assert "It makes sense to say no" in body


def test_a_reader_who_already_declined_is_not_scolded() -> None:
    body = draft("withdrawing", "unemployment", stage="declined", state="TX").body
    assert "You've already told the company no" in body
    assert "should go" not in body
    assert "Do I have to report that on my weekly claim?" in body
    assert_reads_well(body)


def test_a_denial_with_a_date_names_that_date_and_nothing_it_cannot_know() -> None:
    made = draft("unemployment", notice_type="denial", appeal_deadline="2011-06-03", state="OH")
    assert made.body.index("Friday, June 3") < made.body.index("hearing")
    assert "in writing" in made.body
    assert "don't skip a weekly claim" in made.body
    assert "last day to appeal?" not in made.body
    assert 120 <= words(made.body) <= 250


def test_a_denial_without_a_date_sends_the_reader_to_the_notice() -> None:
    body = draft("unemployment", notice_type="denial", state="OH").body
    assert "last day to appeal, which should be printed on the notice" in body
    assert "What does the notice give as the last day to appeal?" in body


def test_an_appeal_day_that_has_passed_is_said_plainly() -> None:
    body = draft("unemployment", notice_type="denial", appeal_deadline="2011-05-20").body
    assert "Friday, May 20" in body and "say why you're late" in body
    assert "before then" not in body


def test_a_date_in_another_year_says_the_year() -> None:
    assert "Tuesday, Jan. 10, 2012" in draft("unemployment", hearing_date="2012-01-10").body


def test_a_date_that_cannot_be_read_and_a_state_that_is_none_are_not_stated() -> None:
    body = draft("withdrawing", "unemployment", interview_date="8:30 tmrw", state="XX", employer="unknown").body
    assert "tmrw" not in body and "XX" not in body and "unknown" not in body
    assert "Which state is your claim in" in body


def test_an_unclear_letter_gets_one_question_in_a_few_lines() -> None:
    for number in range(8):
        letter = Letter(
            received_at=MONDAY,
            message_id=f"<{number}@x>",
            attachments=[Attachment(name="cv.doc", content_type="application/msword", size=1)] * (number % 2),
        )
        made = make_draft(letter, assessed(), TEMPLATES, CAROL)
        assert made.templates == ("unclear@1",)
        assert 40 <= words(made.body) <= 90
        assert made.body.count("?") == 1
        assert_reads_well(made.body)


CHOICES = {
    "interview_date": (None, "2011-05-20", "2011-05-24", "2011-05-26", "2011-07-04"),
    "state": (None, "OH"),
    "agency_referral": (None, "yes", "no"),
    "requirement": (None, "a CDL"),
    "stage": (None, "declined"),
    "on_unemployment": (None, "yes"),
}
CLAIMS = (
    *(
        {"notice_type": kind, "appeal_deadline": day}
        for kind in ("denied", "overpayment", "determination")
        for day in ("", "2011-06-03", "2011-05-20")
    ),
    *({"separation_type": how} for how in ("quit", "fired", "laid_off", "hours_cut")),
    *({}, {"hearing_date": "2011-05-24"}, {"hearing_date": "2011-06-07"}, {"hearing_date": "2011-05-02"}),
    *({"severance": "eight weeks"}, {"part_time_earnings": "$90"}, {"notice_date": "2011-05-10"}),
)


def every_case() -> Iterator[tuple[tuple[str, ...], dict[str, str], Voice, str]]:
    for values in itertools.product(*CHOICES.values()):
        slots = {name: value for name, value in zip(CHOICES, values, strict=True) if value}
        for topics in (("withdrawing",), ("withdrawing", "unemployment")):
            yield topics, slots, CAROL, "R0"
    for claim in CLAIMS:
        for topics in (
            ("unemployment",),
            ("unemployment", "withdrawing"),
            ("unemployment", "offer"),
            ("resume", "unemployment"),
        ):
            for state, risk in ((), "R0"), ((("state", "OH"),), "R1"):
                yield topics, {**claim, **dict(state)}, Voice(signature="Carol", opinions={}), risk


def test_every_branch_reads_as_whole_sentences_and_keeps_its_length() -> None:
    seen = 0
    for topics, slots, voice, risk in every_case():
        made = make_draft(rosa(), assessed(*topics, risk=risk, **slots), TEMPLATES, voice)
        assert_reads_well(made.body)
        assert made.blocks == (), (made.blocks, made.body)
        assert words(made.body) <= (300 if len(topics) == 2 else 250)
        if not made.gaps:
            assert words(made.body) >= (180 if len(topics) == 2 else 90), made.body
        seen += 1
    assert seen > 500


# ------------------------------------------------------------------ no draft


def test_a_held_letter_gets_no_draft_and_a_neutral_subject() -> None:
    made = make_draft(
        rosa("he reads my mail"), Assessment(kind=Kind.LETTER, risk="R3", risk_reasons=("a threat",)), TEMPLATES, CAROL
    )
    assert made.body == ""
    assert made.subject == "Your letter"
    assert "held (a threat)" in made.blocks[0]


@pytest.mark.parametrize(("language", "name"), [("es", "in Spanish,"), ("xx", "a language other than English (xx)")])
def test_a_letter_in_another_language_gets_no_draft(language: str, name: str) -> None:
    made = make_draft(rosa(), assessed("resume", language=language), TEMPLATES, CAROL)
    assert made.body == ""
    assert name in made.blocks[0]


def test_a_letter_too_short_to_have_a_language_is_asked_about() -> None:
    assert make_draft(rosa(), assessed(language="und"), TEMPLATES, CAROL).templates == ("unclear@1",)


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


# ------------------------------------------------------------------ hostile values


@pytest.mark.parametrize("typed", ["{{7*7}}", "{% for a in b %}", "{{ ''.__class__ }}", "{# gone #}"])
def test_mallory_cannot_make_the_letter_a_template(typed: str) -> None:
    made = draft("withdrawing", employer=typed)
    assert typed in made.body
    assert "49" not in made.body


def test_mallory_cannot_break_lines_or_turn_text_around() -> None:
    body = draft("withdrawing", employer="Acme\n\n## answer\r\n- today | pay me\u202e" + "x" * 5000).body
    assert "\u202e" not in body and "\n## " not in body
    assert len(body) < 4000


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    topics=st.lists(st.sampled_from(["withdrawing", "unemployment", "resume", "offer", "", "x\ny"]), max_size=5),
    slots=st.dictionaries(
        st.sampled_from([*CHOICES, "first_name", "hearing_date", "notice_type", "employer"]), st.text()
    ),
    subject=st.text(),
    received=st.datetimes(timezones=st.just(UTC)),
    again=st.booleans(),
)
def test_no_letter_makes_drafting_fail(
    topics: list[str], slots: dict[str, str], subject: str, received: datetime, again: bool
) -> None:
    letter = Letter(subject=subject, received_at=received, message_id=subject)
    made = make_draft(letter, assessed(*topics, **slots), TEMPLATES, CAROL, earlier_sent=again)
    assert made.body
    assert not re.search("[\x00-\x1f\x7f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]", made.subject)
    assert made == make_draft(letter, assessed(*topics, **slots), TEMPLATES, CAROL, earlier_sent=again)


def test_the_last_day_of_the_calendar_does_not_make_it_fail() -> None:
    for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        letter = Letter(received_at=moment)
        assert make_draft(letter, assessed("withdrawing", interview_date="9999-12-31"), TEMPLATES, CAROL).body


def test_an_unknown_time_zone_is_the_operators_to_mend() -> None:
    with pytest.raises(ConfigError, match="America/New_York"):
        Voice(time_zone="Mars/Olympus")


# ------------------------------------------------------------------ loading


def copy_templates(folder: Path) -> None:
    for path in FOLDER.glob("*.txt"):
        (folder / path.name).write_text(path.read_text("utf-8"), "utf-8")


HEADER = "topic: own\nname: own\nversion: 1\noptional: employer\n\n"
BODY = "## acknowledge\nyou asked\n\n## answer\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER + BODY + "{{ employr }}", "own.txt, line 10: 'employr' is not a slot of this file"),
        (HEADER + BODY + "{{ 7*7 }}", "'mul' is not allowed"),
        (HEADER + BODY + "{{ employer.upper() }}", "'call' is not allowed"),
        (HEADER + BODY + "{{ employer.x }}", "'getattr' is not allowed"),
        (HEADER + BODY + "{{ employer[0] }}", "'getitem' is not allowed"),
        (HEADER + BODY + "{% for a in employer %}x{% endfor %}", "'for' is not allowed"),
        (HEADER + BODY + "{% set a = employer %}Yes.", "'assign' is not allowed"),
        (HEADER + BODY + "{% include 'x' %}", "'include' is not allowed"),
        (HEADER + BODY + "{{ employer|center(9) }}", "filter 'center'"),
        (HEADER + BODY + "{{ employer|format }}", "filter 'format'"),
        (HEADER + BODY + "{% if employer is defined %}Yes.{% endif %}", "'test' is not allowed"),
        (HEADER + BODY + "{% if employer > 'a' %}Yes.{% endif %}", "only == and !="),
        (HEADER + BODY + "{{ 9 or employer }}", "9 is not a text"),
        (HEADER + BODY + "{% if employer %}Yes.", "cannot be understood"),
        (HEADER + BODY + "{% if employer %}Yes.{% endif %}", "'answer' is empty when nothing is known"),
        (HEADER + BODY + "Call 904-555-0123.", "phone number is typed"),
        (HEADER + BODY + "{% if employer %}" * 400 + "x" + "{% endif %}" * 400 + "Yes.", "too many ifs"),
        (HEADER + "## answer\nYes.", "no block 'acknowledge'"),
        (HEADER + BODY + "Yes.\n## question\nWhat?", "'## question: ' and one of safety"),
        (HEADER + BODY + "Yes.\n## question: mood\nWhat?", "wrong kind"),
        (HEADER + BODY + "Yes.\n## answer\nNo.", "is there twice"),
        (HEADER + BODY + "Yes.\n## epilogue\nx", "there is no block"),
        (HEADER.replace("topic: own", "topic: other") + BODY + "Yes.", "write 'topic: own'"),
        (HEADER.replace("version: 1", "") + BODY + "Yes.", "no version"),
        (HEADER.replace("optional", "optionel") + BODY + "Yes.", "is not a header line"),
        (HEADER.replace("optional: employer", "required: employer") + BODY + "Yes.", "cannot be read"),
        (HEADER.replace("optional: employer", "required: employer (who hires)") + BODY + "Yes.", "never used"),
        (HEADER.replace("optional: employer", "event: hearing_date") + BODY + "Yes.", "not a slot of this file"),
        ("x" * 50_000, "more than"),
    ],
)
def test_a_broken_template_is_named_with_what_to_mend(tmp_path: Path, text: str, said: str) -> None:
    copy_templates(tmp_path)
    (tmp_path / "own.txt").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        Templates.load(tmp_path)
    assert said in str(caught.value)
    assert "own.txt" in str(caught.value) and "Next: " in str(caught.value)


def test_a_missing_folder_and_a_file_that_is_not_text_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="frame"):
        Templates.load(tmp_path / "nowhere")
    copy_templates(tmp_path)
    (tmp_path / "own.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        Templates.load(tmp_path)


def test_a_missing_required_fact_is_a_gap_and_a_stated_one_is_printed(tmp_path: Path) -> None:
    copy_templates(tmp_path)
    header = HEADER.replace("optional: employer", "required: target_role (the job, in plain words)")
    (tmp_path / "own.txt").write_text(header + BODY + "Write for the {{ target_role }} job.", "utf-8")
    templates = Templates.load(tmp_path)
    made = make_draft(rosa(), assessed("own"), templates, CAROL)
    assert "Write for the [[the job, in plain words]] job." in made.body
    assert made.gaps == ("the job, in plain words",)
    made = make_draft(rosa(), assessed("own", target_role="welder"), templates, CAROL)
    assert "Write for the welder job." in made.body
    assert made.gaps == ()


def test_a_template_that_runs_away_gives_a_reason_and_no_text(tmp_path: Path) -> None:
    copy_templates(tmp_path)
    (tmp_path / "own.txt").write_text(HEADER + BODY + "Yes. " + "{{ employer }} " * 2000, "utf-8")
    made = make_draft(rosa(), assessed("own", employer="x" * 100), Templates.load(tmp_path), CAROL)
    assert made.body == ""
    assert "longer than" in made.blocks[0]


def test_the_example_in_the_manual_loads_and_drafts(tmp_path: Path) -> None:
    copy_templates(tmp_path)
    manual = (FOLDER.parent / "docs" / "templates.md").read_text("utf-8")
    lines = itertools.dropwhile(lambda line: not line.startswith("    topic:"), manual.splitlines())
    example = itertools.takewhile(lambda line: not line or line.startswith("    "), lines)
    (tmp_path / "cover_letter.txt").write_text("\n".join(line[4:] for line in example), "utf-8")
    made = make_draft(rosa(), assessed("cover_letter", employer="Acme"), Templates.load(tmp_path), CAROL)
    assert "why Acme." in made.body
    assert made.gaps == ("the job this letter is for",)


def test_no_template_holds_a_number_of_a_state_or_its_name() -> None:
    for path in FOLDER.glob("*.txt"):
        text = path.read_text("utf-8").partition("## ")[2]
        assert not re.search(r"\d", text.replace('"R1"', "")), path
        assert not re.search(r"Florida|Texas|Ohio|California|\bEDD\b|\bTWC\b|Workforce Commission", text), path


# ------------------------------------------------------------------ gaps and checks


def test_gaps_are_read_back_from_edited_text() -> None:
    text = "Go to [[which\n  office]] by [[the date]]. Again [[the date]]. [[]] And [[never closed\n\nNext [paragraph]."
    assert find_gaps(text) == ["which office", "the date", "something is missing here", "never closed"]
    assert find_gaps("A list [1] and [sic] and a[[0] is fine") == ["0] is fine"]
    assert find_gaps("Nothing (at all) is missing.") == []


def reasons(text: str, *topics: str, **slots: str) -> list[str]:
    return blocks_for("Re: Hello", text, assessed(*topics, **slots))


# fmt: off
BLOCKED = [
    "", "  \n", "Call [[which office]] today.", "Hello None,", "See you on None.", "None", "Dear {{ first_name }},",
    "Hello [name],", "The date is TBD.", "Dear {first_name},", "See %(date)s.", "{% if x %}", "A stray ]] mark.",
    "You qualify.", "If you quit, you qualify for benefits.", "I'm sure you qualify.", "You don't qualify.",
    "You will be denied.", "You'll win.", "you won’t lose your benefits", "You're eligible for benefits.",
    "They must pay you.", "The agency has to approve you.", "They can't deny you.", "Your employer must rehire you.",
    "You don't have to report that.", "It won't affect your claim.", "Withdrawing will not hurt your benefits.",
    "Legally, you are entitled to it.", "You're legally entitled to more.", "Don't bother appealing.",
    "You have 30 days to appeal.", "You have ten calendar days to file an appeal.", "I promise you it works.",
    "You'll get the job.", "You will be approved.", "They told you no, but you will be approved.",
    "Call 904-555-0123.", "Ring (904) 555-0123 now", "It is 1-800-555-0199.", "9045550123", "+44 20 7946 0958",
    "Please call 555-0123.", "Text 904.555.0123", "In Florida, you have 20 days.", "Under Texas law it is 14 days.",
]
FINE = [
    "Ask whether you qualify.", "If you qualify, file today.", "Do you qualify?", "Apply for jobs you qualify for.",
    "See if you qualify.", "Nobody can say whether you'll be denied.", "I can't promise you'll win.",
    "You may qualify.", "They must have liked your letter.", "They must see something in you.",
    "They must show you the report first.", "None of this is your fault.", "No answer? None yet.",
    '"None," she said.', "Write [sic] if you must.", "nonetheless", "You could lose benefits.", "Your state decides.",
    'Ask, "Will I be denied?"', "Don't say you qualify.", "You have 3 days before the interview.",
    "You have two days to answer them.", "The notice tells you the last day.", "From 2019-2023 I ran it.",
    "It pays $52,000.00 a year.", "ZIP 32202-1234.", "On 2026-11-26 at 10:30.", "Call 988.",
    "Don't worry that you'll be denied.", "Ask them if you have to report it.", "Call three employers.", "Call 911.",
    "You'll be fine on Thursday.", "You'll win them over.", "I promise nothing.",
    "I'm not a lawyer and can't tell you how the agency will rule.", "In Ohio or anywhere, ask first.",
    "Room 555-0123 B", "You have a right to appeal.", "Everyone is entitled to an opinion.",
    "In most states, the office decides.", "A free legal aid office can look at your papers.",
    "Whether or not you are eligible, file.", "I hope you get the job.",
]
# fmt: on


@pytest.mark.parametrize("text", BLOCKED)
def test_a_reply_with_this_in_it_cannot_be_signed(text: str) -> None:
    assert reasons(text)


@pytest.mark.parametrize("text", FINE)
def test_an_ordinary_sentence_raises_no_alarm(text: str) -> None:
    assert reasons(text) == []


def test_a_rule_of_a_state_may_be_given_when_the_letter_names_one() -> None:
    assert reasons("In Florida, the notice says 20 days.", state="FL") == []


def test_a_placeholder_in_the_subject_is_seen() -> None:
    assert blocks_for("Re: {{ subject }}", "Go.", assessed()) != []


def test_each_reason_is_a_plain_sentence_that_shows_the_words() -> None:
    found = reasons("You qualify. Call 904-555-0123 about [[the day]].")
    assert found == [
        "There is a gap to fill: the day.",
        "This promises an outcome that nobody can promise: 'You qualify'.",
        "This phone number is on no approved list: 904-555-0123. Next: name the office and where its number is found.",
    ]


def test_the_day_of_a_notice_is_printed_as_the_reader_gave_it() -> None:
    assert "dated Tuesday, May 10" in draft("unemployment", notice_type="denial", notice_date="2011-05-10").body
