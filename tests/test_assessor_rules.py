"""What the rules of the assessor find: risk, facts, states, urgency, language, sentences."""

import time
from datetime import UTC, datetime

import pytest

from triage.assessor.facts import amount, find_facts
from triage.assessor.language import tell_language
from triage.assessor.risk import find_risks
from triage.assessor.sentences import sentences, windows
from triage.assessor.slots import find_slots
from triage.assessor.states import find_states, state_of
from triage.assessor.tagging import Fact
from triage.assessor.urgency import judge_urgency
from triage.deadlines import resolve

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def level(text: str) -> str:
    return max(["R0", *(risk.level for risk in find_risks(text))])


def facts(body: str, **pointed: str) -> dict[str, str]:
    """What the rules find in `body`, and what is made of the words that the encoder would point at."""
    found = [
        Fact(tag.replace("__", "="), body.index(words), body.index(words) + len(words), 0.9)
        for tag, words in pointed.items()
    ]
    return {slot.name: slot.value for slot in find_slots(body, MONDAY, resolve(body, MONDAY), found)}


@pytest.mark.parametrize(
    "words",
    [
        "everyone would be better off honestly",
        "i dont see the point in any of it anymore",
        "I'm not going to hurt myself, I've thought about it.",
        "He gave me his guitar and said he wouldn't need it.",
        "This is the last letter from me.",
        "He goes through my email at night so please don't write back here.",
        "My husband took my car keys so I can't get to work.",
        "They keep all our passports in the office.",
        "He waits by my car after every shift.",
        "He said he would shoot me if I told HR.",
        "The little boy had a mark all down his arm.",
        "my boss rubs my neck at the register. 17 yrs old if it matters",
    ],
)
def test_quiet_and_loud_danger_is_r3(words: str) -> None:
    assert level(words) == "R3"


@pytest.mark.parametrize(
    "words",
    [
        "This search is killing me.",
        "I'm dying to hear back from them.",
        "I'd kill for that job.",
        "Just shoot me an email.",
        "My boss is going to kill me when I give notice.",
        "There's no point in applying twice, is there?",
        "I don't see the point of a cover letter.",
        "I want to be there at nine.",
        "I can't live on that salary.",
        "They gave me their card and said to call.",
        "That was the last letter I got from HR.",
    ],
)
def test_idioms_do_not_lock(words: str) -> None:
    assert level(words) < "R2"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("We get evicted on the 1st.", "R2"),
        ("I gave them my license and social. What now???", "R2"),
        ("boss wont pay my last check", "R2"),
        ("Is my non-compete any good?", "R1"),
        ("Can I sue?", "R1"),
        ("How long should a resume be?", "R0"),
    ],
)
def test_lesser_risks_have_their_level(words: str, expected: str) -> None:
    assert level(words) == expected


@pytest.mark.parametrize(
    "words",
    ["They took my life savings.", "I am killing myself working two jobs.", "I want to die of embarrassment."],
)
def test_words_that_only_begin_like_danger_lock_nothing_outright(words: str) -> None:
    assert not any(risk.outright for risk in find_risks(words))


def test_what_is_said_outright_locks() -> None:
    assert any(risk.outright for risk in find_risks("Some days I think about killing myself, some days I do not."))


@pytest.mark.parametrize(
    ("words", "value"), [("$123,456.78", "123456.78"), ("52k", "52000"), ("$18.50", "18.5"), ("some", None)]
)
def test_a_sum_keeps_its_cents(words: str, value: str | None) -> None:
    assert amount(words) == value


def test_an_interview_that_has_been_is_not_put_a_year_ahead() -> None:
    body = "I interviewed with Acme on November 3 and heard nothing."
    assert facts(body, interview_date="November 3")["interview_date"] == "2026-11-03"


def test_a_day_pointed_at_in_two_pieces_is_one_fact() -> None:
    found = facts("The hearing is on December 12.", notice_date="December", hearing_date="12")
    assert len(found) == 1


def test_a_reason_quotes_rosas_own_words() -> None:
    reasons = [risk.reason for risk in find_risks("Some days I think everyone would be better off.")]
    assert reasons == ['may be thinking of self-harm: says "everyone would be better off"']


@pytest.mark.parametrize("piece", ["gave my ", "insurance would ", "i ", "a" * 50, "they would be ", "$1,", "\n", '"'])
def test_mallory_cannot_make_the_rules_crawl(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    start = time.process_time()
    find_risks(text)
    find_facts(text, resolve(text, MONDAY))
    # Linear work takes a fraction of a second; a pattern that runs away takes minutes.
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("words", "states"),
    [
        ("I worked in Ohio for years.", ["OH"]),
        ("been doing the weekly thing with TWC since", ["TX"]),
        ("EDD says I owe them.", ["CA"]),
        ("I live near Macon, GA and drive.", ["GA"]),
        ("virginia unemployment cut me off", ["VA"]),
        ("I moved from North Carolina to West Virginia.", ["NC", "WV"]),
        ("My manager Virginia called me.", []),
        ("Dear Georgia, can you help?", []),
        ("Take it OR leave it, ME first.", []),
        ("The Washington Post column", []),
        ("I am in Washington, DC.", ["DC"]),
    ],
)
def test_a_state_is_a_place_and_never_a_first_name(words: str, states: list[str]) -> None:
    assert [mention.state for mention in find_states(words)] == states


def test_of_two_states_the_one_with_the_claim_counts() -> None:
    assert facts("I moved from Ohio to Texas. I filed my claim in Ohio.")["state"] == "OH"
    assert "state" not in facts("I might move from Ohio to Texas.")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("How long is a resume?\n\nThanks,\nRosa", "Rosa"),
        ("How long is a resume?\n\n- Dale", "Dale"),
        ("How long is a resume?\n\nSincerely,\nRosa Diaz", "Rosa"),
        ("How long is a resume?\n\nThanks, Rosa", "Rosa"),
        ("How long is a resume?\n\nTorn in Wisconsin", None),
        ("How long is a resume?\n\nThanks", None),
        ("Rosa", None),
        ("I wrote to Rosa.", None),
    ],
)
def test_a_first_name_comes_from_the_signature_only(body: str, name: str | None) -> None:
    assert facts(body).get("first_name") == name


def test_a_date_that_the_encoder_points_at_is_read_the_right_way_round() -> None:
    found = facts(
        "My last day was the 13th. I was denied; the notice is dated November 20. The appeal is due December 4 "
        "and the hearing: 12/15. Also I have an interview Thursday.",
        last_day_worked="13th",
        notice_date="November 20",
        appeal_deadline="December 4",
        hearing_date="12/15",
        interview_date="Thursday",
    )
    assert found["last_day_worked"] == "2026-11-13"
    assert found["notice_date"] == "2026-11-20"
    assert found["appeal_deadline"] == "2026-12-04"
    assert found["hearing_date"] == "2026-12-15"
    assert found["interview_date"] == "2026-11-26"


@pytest.mark.parametrize(
    ("words", "value"), [("Thanksgiving", "2026-11-26"), ("Nov. 27", "2026-11-27"), ("sometime", None)]
)
def test_words_that_name_no_day_give_no_date(words: str, value: str | None) -> None:
    assert facts(f"They made me an offer, good until {words}.", offer_deadline=words).get("offer_deadline") == value


def test_what_the_encoder_points_at_becomes_a_value() -> None:
    found = facts(
        "I was let go from the Acme Tools, Calif., where I drove “Forklifts” at 22 and collected for two months.",
        employer="Acme Tools,",
        state="Calif.",
        job_title="“Forklifts”",
        money="22",
        weeks_claimed="two months",
        separation_type__laid_off="let go",
    )
    assert found == {
        "employer": "Acme Tools",
        "state": "CA",
        "job_title": "forklifts",
        "money": "22",
        "weeks_claimed": "9",
        "separation_type": "laid_off",
    }


def test_the_rules_read_what_has_a_fixed_shape() -> None:
    found = facts("They cut me to $18.50 in Ohio; the letter is dated Nov. 10.\n\nThanks,\nRosa")
    assert found == {"money": "18.5", "state": "OH", "notice_date": "2026-11-10", "first_name": "Rosa"}


def test_a_day_is_one_thing_only_and_what_is_surest_stands() -> None:
    found = facts("They mailed it, dated Nov. 10.", last_day_worked="Nov. 10")
    assert found == {"notice_date": "2026-11-10"}


@pytest.mark.parametrize(
    ("words", "code"), [("Ohio", "OH"), ("N.Y.", "NY"), ("washington state", "WA"), ("Wisc.", "WI"), ("Bavaria", None)]
)
def test_a_state_by_any_of_its_names(words: str, code: str | None) -> None:
    assert state_of(words) == code


@pytest.mark.parametrize(
    ("body", "topic", "expected"),
    [
        ("My interview is tomorrow at 10.", "interview", "U3"),
        ("They want an answer on the offer by Wednesday.", "offer", "U3"),
        ("My interview is on Friday.", "interview", "U2"),
        ("My interview is on December 18.", "interview", "U1"),
        ("I got a letter that I am denied.", "unemployment", "U3"),
        ("I was denied a raise in 2019.", "salary", "U1"),
        ("I am writing this today.", "resume", "U1"),
        ("They want me there this afternoon.", "interview", "U3"),
    ],
)
def test_urgency_follows_the_date_and_the_notice(body: str, topic: str, expected: str) -> None:
    assert judge_urgency(body, MONDAY, resolve(body, MONDAY), [topic], "R0")[0] == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("How do I explain a gap on my resume?", "en"),
        ("Hola, me despidieron la semana pasada y no sé si puedo pedir el desempleo. ¿Qué debo hacer ahora?", "es"),
        ("Bonjour, j'ai un entretien jeudi et je voudrais savoir comment expliquer mon absence de deux ans.", "fr"),
        ("Меня уволили на прошлой неделе, и я не знаю, что делать дальше.", "ru"),
        ("Gracias", "en"),
        ("I am in unemployment and the office ask me to apply, is very far. I can say no?", "en"),
        ("", "und"),
        ("904-555-0123 ??", "und"),
    ],
)
def test_a_letter_is_english_unless_it_clearly_is_not(text: str, code: str) -> None:
    assert tell_language(text) == code


def test_sentences_follow_mail_and_not_only_full_stops() -> None:
    text = "Dear Columnist,\n\nI start Nov. 27 at Smith Inc. in Ohio. What now?\n- one\n- two\nThanks\nRosa"
    assert [text[a:b] for a, b in sentences(text)] == [
        "Dear Columnist,",
        "I start Nov. 27 at Smith Inc. in Ohio.",
        "What now?",
        "- one",
        "- two",
        "Thanks",
        "Rosa",
    ]


def test_a_line_that_the_mail_program_broke_is_one_sentence() -> None:
    text = "This is a long line that a mail program has wrapped at about seventy\ncharacters and it goes on here."
    assert len(sentences(text)) == 1


def test_windows_are_sentences_and_neighbours() -> None:
    assert windows([(0, 3), (4, 8)]) == [(0, 3), (4, 8), (0, 8)]
