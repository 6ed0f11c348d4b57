"""The text is saved while it is written; every version is kept, can be looked at, and brought back."""

import re

import pytest

from tests.cast import mail
from tests.web.conftest import Site, Visitor, signable, text_of
from triage.records import Draft
from triage.stages import Stage
from triage.store import revisions
from triage.web.letters import comparing
from triage.web.letters.comparing import Fate, Run

HELD = "There is no point anymore.\n\nRosa"


def draft(site: Site, letter_id: int = 1) -> Draft:
    found = site.letter(letter_id).draft
    assert found is not None
    return found


def test_what_ana_types_is_saved_and_she_is_told(site: Site, ana: Visitor) -> None:
    answer = ana.post("/letters/1/autosave", base="1", subject="Re: you", body="You live in [[the state]].")

    assert answer.status_code == 200
    measures = "4 words, the longest sentence 3, reading grade 0"
    said = {"revision": 2, "gaps": ["the state"], "reasons": [], "saved": "7:00 AM", "measures": measures}
    assert answer.json() == said
    assert (draft(site).body, draft(site).author) == ("You live in [[the state]].", "ana")


def test_the_reasons_come_with_the_answer(ana: Visitor) -> None:
    text = "Stay home. You will not lose your benefits."

    answer = ana.post("/letters/1/autosave", base="1", subject="Re: you", body=text)

    assert "promises an outcome" in " ".join(answer.json()["reasons"])


def test_the_same_text_is_not_saved_again(site: Site, ana: Visitor) -> None:
    form = {"subject": "Re: you", "body": "Half a thought"}
    ana.post("/letters/1/autosave", base="1", **form)

    answer = ana.post("/letters/1/autosave", base="2", subject="Re: you", body="Half a thought\r\n")

    assert answer.json()["revision"] == 2
    assert draft(site).revision == 2


def test_every_version_is_kept_and_one_sitting_is_one_line(site: Site, ana: Visitor, ali: Visitor) -> None:
    for number, text in enumerate(("One", "One two", "One two three"), 1):
        ana.post("/letters/1/autosave", base=str(number), subject="Re: you", body=text)
        site.clock.forward(minutes=3)
    ali.post("/letters/1/autosave", base="4", subject="Re: you", body="Four")
    site.clock.forward(minutes=11)
    ali.post("/letters/1/autosave", base="5", subject="Re: you", body="Five")

    kept = [revisions.one(site.desk.db, 1, mark.number).body for mark in revisions.every(site.desk.db, 1)]
    assert kept[1:] == ["One", "One two", "One two three", "Four", "Five"]
    page = ana.get("/letters/1").text
    assert "ana</strong> changed the reply (versions 2 to 4)" in page
    assert "ali</strong> changed the reply (version 5)" in page
    assert re.findall(r'href="/letters/1/revisions/(\d)">Version', page) == ["6", "5", "4", "1"]


def test_nothing_of_another_person_is_overwritten(site: Site, ana: Visitor, ali: Visitor) -> None:
    ana.post("/letters/1/autosave", base="1", subject="Re: you", body="Ana was first.")

    answer = ali.post("/letters/1/autosave", base="1", subject="Re: you", body="Ali's answer")

    assert answer.status_code == 409
    assert (answer.json()["revision"], answer.json()["by"]) == (2, "ana")
    assert "newer version (2)" in answer.json()["what"]
    assert draft(site).body == "Ana was first."


def test_a_page_in_another_window_does_not_overwrite_either(site: Site, ana: Visitor) -> None:
    ana.post("/letters/1/autosave", base="1", subject="Re: you", body="Here")
    ana.post("/letters/1/autosave", base="2", subject="Re: you", body="Here it goes on")

    assert ana.post("/letters/1/autosave", base="2", subject="Re: you", body="There").status_code == 409
    assert draft(site).body == "Here it goes on"


def test_a_reply_that_is_on_its_way_takes_no_text(site: Site, ali: Visitor) -> None:
    ali.post("/letters/1/approve", **signable(site))
    revision = str(draft(site).revision)

    answer = ali.post("/letters/1/autosave", base=revision, subject="Re: you", body="Too late")

    assert answer.status_code == 409
    assert "approved and about to be sent" in answer.json()["what"]
    assert site.letter().slip.stage is Stage.APPROVED


def test_an_untouched_page_of_a_held_letter_saves_nothing(site: Site, ana: Visitor) -> None:
    site.bring(mail(HELD, message_id="<2@reader.example>"))

    assert ana.post("/letters/2/autosave", base="0", subject="Your letter", body="").json()["revision"] == 0
    assert site.letter(2).slip.stage is Stage.HELD
    ana.post("/letters/2/autosave", base="0", subject="Your letter", body="I read what you wrote.")

    assert draft(site, 2).body == "I read what you wrote."


def test_mallory_saves_nothing(site: Site, ana: Visitor) -> None:
    stranger = site.stranger().client.post("/letters/1/autosave", data={"base": "1", "subject": "", "body": "x"})
    forged = ana.client.post("/letters/1/autosave", data={"base": "1", "body": "x", "token": "0" * 64})

    assert (stranger.status_code, forged.status_code) == (401, 403)
    assert draft(site).revision == 1


# ------------------------------------------------------------------ earlier versions


def test_an_earlier_version_can_be_read_and_brought_back(site: Site, ana: Visitor) -> None:
    first = draft(site).body
    ana.post("/letters/1/save", base="1", subject="Re: you", body="All of it is new.")

    page = ana.get("/letters/1/revisions/1").text
    assert "Written by Triage" in page
    assert "<ins>All of it is new.</ins>" in page
    assert "Bring this version back" in page
    answer = ana.post("/letters/1/revisions/1", base="2")

    assert answer.headers["location"] == "/letters/1?said=revision#reply"
    assert (draft(site).revision, draft(site).body, draft(site).author) == (3, first.strip(), "ana")
    assert text_of(ana.get("/letters/1")) == first.strip()


def test_bringing_back_overwrites_nothing_newer(site: Site, ana: Visitor, ali: Visitor) -> None:
    ana.post("/letters/1/save", base="1", subject="Re: you", body="Ana's")
    ali.post("/letters/1/save", base="2", subject="Re: you", body="Ali's")

    assert ana.post("/letters/1/revisions/1", base="2").status_code == 409
    assert draft(site).body == "Ali's"


@pytest.mark.parametrize("number", ["2", "0", "99999999999999999999"])
def test_a_version_that_never_was_is_a_plain_page(ana: Visitor, number: str) -> None:
    assert ana.get(f"/letters/1/revisions/{number}").status_code == 404
    assert ana.post(f"/letters/1/revisions/{number}", base="1").status_code == 404


def test_the_latest_version_offers_nothing_to_bring_back(ana: Visitor) -> None:
    page = ana.get("/letters/1/revisions/1").text

    assert "Version 1, the latest" in page
    assert "Bring this version back" not in page


def test_the_page_shows_what_was_changed_in_the_machines_draft(site: Site, ana: Visitor) -> None:
    assert "What has changed in Triage’s draft" not in ana.get("/letters/1").text
    changed = draft(site).body.replace("Carol Reyes", "Carol R. Reyes & <b>")

    ana.post("/letters/1/save", base="1", subject="Re: you", body=changed)

    page = ana.get("/letters/1").text
    assert "What has changed in Triage’s draft" in page
    assert "<ins>R. </ins>" in page
    assert "<ins> &amp; &lt;b&gt;</ins>" in page


# ------------------------------------------------------------------ the comparison


def told(old: str, new: str) -> list[list[tuple[str, str]]]:
    return [[(run.fate.value, run.text) for run in paragraph] for paragraph in comparing.compare(old, new)]


def test_a_changed_word_is_out_and_in() -> None:
    assert told("Go on Thursday.\n\nCarol", "Go on Friday.\n\nCarol") == [
        [("span", "Go on "), ("del", "Thursday"), ("ins", "Friday"), ("span", ".")],
        [("span", "Carol")],
    ]


def test_words_changed_one_after_the_other_are_one_phrase() -> None:
    assert told("Ask the old firm now, please, today", "Ask the new boss now, please, today")[0][1:3] == [
        ("del", "old firm"),
        ("ins", "new boss"),
    ]


def test_paragraphs_come_and_go_whole() -> None:
    assert told("Dear Rosa,\n\nOne thing.\n\nCarol", "Dear Rosa,\n\nCarol\n\nPS: write.") == [
        [("span", "Dear Rosa,")],
        [("del", "One thing.")],
        [("span", "Carol")],
        [("ins", "PS: write.")],
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a b c\n\nd e f", "a c\n\nd x f\n\ng"),
        ("", "all new"),
        ("all gone", ""),
        ("one\n\ntwo", "two\n\none"),
        ("a\n\n" * 3_000, "b\n\n" * 3_000),
        ("a " * 3_000, "b " * 3_000),
    ],
)
def test_both_texts_can_be_read_from_the_comparison(old: str, new: str) -> None:
    paragraphs = comparing.compare(old, new)

    def text(*fates: Fate) -> list[str]:
        kept = ["".join(run.text for run in paragraph if run.fate in fates) for paragraph in paragraphs]
        return [paragraph for paragraph in kept if paragraph]

    def plain(whole: str) -> list[str]:
        return [paragraph for paragraph in whole.strip().split("\n\n") if paragraph]

    assert text(Fate.KEPT, Fate.IN) == plain(new)
    assert text(Fate.KEPT, Fate.OUT) == plain(old)
    assert comparing.differs(paragraphs)


def test_the_same_text_does_not_differ() -> None:
    assert comparing.compare("One.\n\nTwo.", "One.\r\n\r\nTwo.\n") == [
        [Run(Fate.KEPT, "One.")],
        [Run(Fate.KEPT, "Two.")],
    ]
    assert not comparing.differs(comparing.compare("One.", "One."))


def test_texts_made_to_be_hard_to_compare_are_shown_whole() -> None:
    old = "\n\n".join(" ".join(f"p{n}w{word}" for word in range(300)) for n in range(20))
    paragraphs = comparing.compare(old, old.upper())  # alike but for every word: it took minutes
    runs = [run for paragraph in paragraphs for run in paragraph]
    assert any(run.fate is comparing.Fate.OUT and run.text.startswith("p19w0") for run in runs)
    assert any(run.fate is comparing.Fate.IN and run.text.startswith("P19W0") for run in runs)
