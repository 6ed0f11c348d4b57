"""What ana and ali say that a letter states, on its page and below it; the desk's part on both databases."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.cast import ALI, ANA, NOON, TestClock, WordAssessor, mail, mailbox_with, make_desk
from tests.web.conftest import Site, Visitor, signable, text_of
from triage.desk import Desk, collecting, details, reading
from triage.errors import Conflict
from triage.mailbox.memory import MemoryMailbox
from triage.records import Assessment, Dossier, Letter, Slot
from triage.stages import Stage, Verb
from triage.store import letters

LETTER = "I pull out of the interview on Friday. I live in Ohio and my unemployment is running.\n\nRosa"
HELD = "There is no point anymore. I live in Ohio.\n\nRosa"
FRIDAY = "2026-11-27"


class FactAssessor(WordAssessor):
    """Finds the state of Ohio, and that a Friday is the day of the interview and the deadline."""

    def assess(self, letter: Letter) -> Assessment:
        found = super().assess(letter)
        slots: list[Slot] = []
        for name, word, value in (("interview_date", "Friday", FRIDAY), ("state", "Ohio", "OH")):
            start = letter.body.find(word)
            if start >= 0:
                slots.append(Slot(name=name, value=value, text=word, start=start, end=start + len(word)))
        for match in re.finditer(r"Acme \d+", letter.body):
            slots.append(Slot(name="employer", value=match[0], text=match[0], start=match.start(), end=match.end()))
        friday = date.fromisoformat(FRIDAY) if any(slot.name == "interview_date" for slot in slots) else None
        return replace(found, slots=tuple(slots), deadline=friday, deadline_text="Friday" if friday else "")


@pytest.fixture
def assessor() -> WordAssessor:
    return FactAssessor()


def facts(slots: Sequence[Slot]) -> dict[str, str]:
    return {slot.name: slot.value for slot in slots}


def body(dossier: Dossier) -> str:
    assert dossier.draft is not None
    return dossier.draft.body


def later(*messages: bytes) -> MemoryMailbox:
    """A folder of its own, so that the letters in it are new."""
    box = mailbox_with(*messages)
    box.uidvalidity = 77
    return box


# ------------------------------------------------------------------ at the desk, on both databases


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A desk with one letter from rosa, number 1, drafted."""
    made = replace(make_desk(database_url, clock=TestClock()), assessor=FactAssessor())
    collecting.collect(made, mailbox_with(mail(LETTER)))
    reading.assess(made)
    reading.draft(made)
    yield made
    made.db.close()


def test_ana_corrects_the_state_and_the_draft_is_written_anew(desk: Desk) -> None:
    before = letters.dossier(desk.db, 1)

    revision = details.change(desk, 1, [("state", "florida")], ANA)

    after = letters.dossier(desk.db, 1)
    assert after.stated is not None
    assert facts(after.stated.slots) == {"state": "FL", "interview_date": FRIDAY}
    assert (after.stated.person, after.stated.made_at) == ("ana", NOON)
    assert (after.draft and after.draft.revision, after.draft and after.draft.author) == (revision, "triage")
    assert revision == 2
    assert after.assessment == before.assessment
    assert after.slip.version > before.slip.version
    row = next(row for row in after.history if row.verb == Verb.DETAILS)
    assert (row.who, row.why) == ("ana", "state is FL")


def test_a_fact_that_stands_in_the_letter_keeps_its_place_and_a_written_one_has_none(desk: Desk) -> None:
    details.change(desk, 1, [("state", "FL"), ("employer", "Acme Tools")], ANA)

    stated = letters.dossier(desk.db, 1).stated
    assert stated is not None
    places = {slot.name: (slot.start, slot.end, slot.text) for slot in stated.slots}
    start = LETTER.index("Friday")
    assert places == {"state": (0, 0, ""), "employer": (0, 0, ""), "interview_date": (start, start + 6, "Friday")}


def test_saying_that_all_is_right_keeps_the_draft(desk: Desk) -> None:
    assert details.change(desk, 1, [], ALI) == 0

    dossier = letters.dossier(desk.db, 1)
    assert dossier.stated is not None
    assert facts(dossier.stated.slots) == {"interview_date": FRIDAY, "state": "OH"}
    assert dossier.draft is not None
    assert dossier.draft.revision == 1
    assert dossier.history[-1].why == "all of it is right"
    assert details.change(desk, 1, [], ANA) == 0
    assert letters.dossier(desk.db, 1).history == dossier.history


def test_the_letter_is_sorted_by_the_day_that_a_person_states(desk: Desk) -> None:
    assert letters.dossier(desk.db, 1).slip.deadline == date(2026, 11, 27)

    details.change(desk, 1, [("interview_date", "2026-11-25")], ANA)
    assert letters.dossier(desk.db, 1).slip.deadline == date(2026, 11, 25)
    collecting.collect(desk, later(mail("I pull out on Friday.", message_id="<2@reader.example>")))
    reading.assess(desk)
    reading.draft(desk)
    assert [slip.id for slip in letters.slips(desk.db, (Stage.DRAFTED,))] == [1, 2]
    details.change(desk, 1, [("interview_date", "")], ANA)

    assert letters.dossier(desk.db, 1).slip.deadline is None
    assert [slip.id for slip in letters.slips(desk.db, (Stage.DRAFTED,))] == [2, 1]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("state", "Atlantis", "is no state"),
        ("interview_date", "Friday", "is not a day for interview date"),
        ("interview_date", "0001-01-01", "is not a day"),
        ("on_unemployment", "maybe", "On unemployment is yes or no"),
        ("weeks_claimed", "six", "number of weeks"),
        ("money", "a lot", "not a sum of money"),
        ("employer", "x" * 121, "longer than 120"),
        ("shoe_size", "9", "no fact named"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused(desk: Desk, name: str, value: str, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        details.change(desk, 1, [(name, value)], ANA)

    assert letters.dossier(desk.db, 1).stated is None


def test_two_states_at_once_are_refused(desk: Desk) -> None:
    with pytest.raises(Conflict, match="two values for state"):
        details.change(desk, 1, [("state", "FL"), ("state", "GA")], ANA)


@pytest.mark.parametrize(
    ("value", "kept"), [("$52,000", "52000"), ("3412.50", "3412.5"), ("1,234,567", "1234567"), ("18", "18")]
)
def test_sums_are_kept_as_digits(desk: Desk, value: str, kept: str) -> None:
    details.change(desk, 1, [("money", value)], ANA)

    stated = letters.dossier(desk.db, 1).stated
    assert stated is not None
    assert facts(stated.slots)["money"] == kept


def test_two_who_state_at_once_are_told(desk: Desk) -> None:
    shown = details.mark(letters.dossier(desk.db, 1))
    details.state(desk, 1, [("state", "FL")], ALI, before=shown)

    with pytest.raises(Conflict, match="ali has just said something else"):
        details.state(desk, 1, [("state", "GA")], ANA, before=shown)

    stated = letters.dossier(desk.db, 1).stated
    assert stated is not None
    assert facts(stated.slots) == {"state": "FL"}


def test_a_held_letter_has_its_facts_stated_and_no_draft(desk: Desk) -> None:
    collecting.collect(desk, later(mail(HELD, message_id="<2@reader.example>")))
    reading.assess(desk)

    assert details.change(desk, 2, [("state", "FL")], ANA) == 0

    held = letters.dossier(desk.db, 2)
    assert (held.slip.stage, held.draft) == (Stage.HELD, None)
    assert held.stated is not None


# ------------------------------------------------------------------ on the page


@pytest.fixture
def site(site: Site) -> Site:
    """A desk with rosa's letter about Friday, number 2."""
    site.bring(mail(LETTER, message_id="<2@reader.example>"))
    return site


def form_of(page: str) -> dict[str, str]:
    """What the fields of the facts hold, as a browser would send them."""
    fields = dict(re.findall(r'<input type="(?:date|text)"[^>]* name="(fact-[^"]+)"[^>]* value="([^"]*)"', page))
    for name, options in re.findall(r'<select id="[^"]+" name="(fact-[^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen.group(1) if chosen else ""
    before = re.search(r'name="facts-before" value="([^"]*)"', page)
    assert before is not None
    return fields | {"facts-before": before.group(1)}


def test_the_form_has_what_was_found_and_what_the_templates_could_use(site: Site, ana: Visitor) -> None:
    page = ana.get("/letters/2").text

    form = form_of(page)
    assert (form["fact-state"], form["fact-interview_date"], form["fact-first_name"]) == ("OH", FRIDAY, "")
    assert "fact-weeks_claimed" in form  # unemployment asks for it
    assert "fact-closing_date" not in form
    assert "<dd>Ohio</dd>" in page
    assert ">All of this is right<" in page


def test_one_press_says_that_all_is_right(site: Site, ana: Visitor) -> None:
    form = form_of(ana.get("/letters/2").text)

    answer = ana.post("/letters/2/details", **form)

    assert answer.headers["location"] == "/letters/2?said=details#reply"
    page = ana.get("/letters/2").text
    assert "Confirmed by ana" in page
    assert ">All of this is right<" not in page
    assert "ana</strong> said what it states: all of it is right" in page


def test_each_fact_leads_to_the_field_that_corrects_it(site: Site, page: Page) -> None:
    page.goto("/letters/2")
    field = page.locator("#facts").get_by_label("state", exact=True)
    expect(field).to_be_hidden()

    page.get_by_role("link", name=re.compile("Correct.*state")).click()

    expect(field).to_be_focused()
    field.select_option("GA")
    page.get_by_role("button", name="Keep these").click()
    expect(page.locator(".stated")).to_contain_text("Georgia")
    assert facts(details.known(site.letter(2))) == {"interview_date": FRIDAY, "state": "GA"}


def test_ana_corrects_adds_and_takes_out(site: Site, ana: Visitor) -> None:
    form = form_of(ana.get("/letters/2").text)
    changed = {"fact-state": "GA", "fact-interview_date": "", "fact-first_name": "Rosa"}

    answer = ana.post("/letters/2/details", **form | changed)

    assert answer.headers["location"] == "/letters/2?said=details-draft#reply"
    stated = site.letter(2).stated
    assert stated is not None
    assert facts(stated.slots) == {"first_name": "Rosa", "state": "GA"}
    page = ana.get("/letters/2")
    assert "first name is Rosa; state is GA; interview date is not 2026-11-27" in page.text
    assert "Rosa," in text_of(page)


def test_text_that_was_typed_is_saved_and_stays(site: Site, ana: Visitor) -> None:
    form = form_of(ana.get("/letters/2").text) | signable(site, 2)

    answer = ana.post("/letters/2/details", **form | {"fact-state": "GA"})

    assert answer.headers["location"] == "/letters/2?said=details#reply"
    assert text_of(ana.get("/letters/2")) == signable(site, 2)["body"]


def test_a_stale_page_states_nothing_and_keeps_what_was_typed(site: Site, ana: Visitor, ali: Visitor) -> None:
    form = form_of(ana.get("/letters/2").text)
    ali.post("/letters/2/details", **form | {"fact-state": "FL"})

    answer = ana.post("/letters/2/details", **form | {"fact-state": "GA"})

    assert answer.status_code == 409
    assert "ali has just said something else" in answer.text
    stated = site.letter(2).stated
    assert stated is not None
    assert facts(stated.slots)["state"] == "FL"


def test_what_mallory_states_is_shown_as_text(site: Site, ana: Visitor) -> None:
    form = form_of(ana.get("/letters/2").text)

    ana.post("/letters/2/details", **form | {"fact-first_name": "<b>{{ 7 * 7 }}</b>"})

    page = ana.get("/letters/2").text
    assert "&lt;b&gt;{{ 7 * 7 }}&lt;/b&gt;" in page
    assert "<b>{{" not in page
    assert "49" not in body(site.letter(2))


def test_a_name_that_a_person_stated_may_stand_in_the_greeting(site: Site, ali: Visitor) -> None:
    text = {"subject": "Re: you", "body": "Hello Terrence,\n\nGo.\n\nCarol Reyes"}
    refused = ali.post("/letters/2/approve", base="1", **text)
    assert refused.headers["location"].endswith("said=not-yet#reply")

    ali.post("/letters/2/details", **form_of(ali.get("/letters/2").text) | {"fact-first_name": "Terrence"})
    ali.post("/letters/2/approve", base="2", **text)

    assert site.letter(2).slip.stage is Stage.APPROVED


def test_mail_that_is_no_letter_has_no_facts_to_correct(site: Site, ali: Visitor) -> None:
    site.bring(mail("The weekly digest from Ohio", message_id="<3@list.example>"))

    assert "facts-before" not in ali.get("/letters/3").text


def test_mallory_cannot_state_so_much_that_the_reply_is_stuck(site: Site, ali: Visitor) -> None:
    site.bring(mail("pull " + ", ".join(f"Acme {n}" for n in range(200)), message_id="<3@evil.example>"))
    page = ali.get("/letters/3").text
    form = form_of(page)
    assert len([name for name in form if name.startswith("fact-employer")]) == details.MOST
    topics = {f"also-{topic}": "yes" for topic in re.findall(r'name="also-(\w+)"', page)}

    answer = ali.post("/letters/3/approve", **signable(site, 3), **form, **topics)

    assert answer.headers["location"] == "/letters/3#reply"
    assert site.letter(3).slip.stage is Stage.APPROVED
