"""An approval is of what the page showed: nothing goes out when something has come between."""

import re

import pytest

from tests.cast import ALI, ANA, CAROL, mail
from tests.web.conftest import Site, TakingOutbox, Visitor, signable, text_of
from triage.desk import changes, deciding, details, learning
from triage.errors import Conflict
from triage.stages import Stage

SECOND = "I pull out after all. They called me.\n\nRosa"


def newer(number: int = 2) -> bytes:
    """Another letter by rosa in the same correspondence."""
    return mail(
        SECOND,
        subject="One more thing",
        message_id=f"<{number}@reader.example>",
        In_Reply_To="<letter-1@reader.example>",
    )


def shown(visitor: Visitor, letter_id: int = 1) -> dict[str, str]:
    """What the page's form carries besides the text."""
    found = re.search(r'name="seen" value="([^"]*)"', visitor.get(f"/letters/{letter_id}").text)
    assert found is not None
    return {"seen": found.group(1)}


def test_a_newer_letter_stops_the_approval_and_the_text_is_kept(site: Site, ali: Visitor) -> None:
    seen = shown(ali)
    site.bring(newer())

    answer = ali.post("/letters/1/approve", **signable(site) | seen)

    assert answer.status_code == 303
    page = ali.get(answer.headers["location"])
    assert "Nothing was approved." in page.text
    assert "Another letter of this correspondence has come: “One more thing” (letter 2)." in page.text
    assert text_of(page) == signable(site)["body"]
    assert site.letter().slip.stage is Stage.DRAFTED
    assert site.woken == []
    ali.post("/letters/1/approve", **signable(site) | shown(ali))
    assert site.letter().slip.stage is Stage.APPROVED


def test_ali_is_told_what_ana_changed(site: Site, ali: Visitor, ana: Visitor) -> None:
    ali.post("/letters/1/save", **signable(site))
    seen = shown(ali)
    ana.post("/letters/1/topics", topic="resume", **{"also-salary": "yes"})
    ana.post("/letters/1/details", **{"fact-state": "FL"})

    answer = ali.post("/letters/1/approve", **signable(site) | seen)

    page = ali.get(answer.headers["location"]).text
    assert "ana set the topics: resume, salary." in page
    assert "ana said what the letter states: state is FL." in page
    assert site.letter().slip.stage is Stage.DRAFTED


def test_what_ali_saved_himself_does_not_stop_him(site: Site, ali: Visitor) -> None:
    seen = shown(ali)
    ali.post("/letters/1/autosave", base="1", subject="Re: you", body="Half a thought")
    ali.post("/letters/1/autosave", base="2", subject="Re: you", body="Half a thought more")

    ali.post("/letters/1/approve", **signable(site) | seen)

    assert site.letter().slip.stage is Stage.APPROVED


def test_a_newer_text_stops_the_approval_by_its_own_number(site: Site, ali: Visitor, ana: Visitor) -> None:
    form = signable(site) | shown(ali)
    ana.post("/letters/1/save", base="1", subject="Re: you", body="Ana was first.")

    assert ali.post("/letters/1/approve", **form).status_code == 409
    assert site.letter().slip.stage is Stage.DRAFTED


def test_the_machine_at_work_on_the_other_letter_is_no_news(site: Site, ali: Visitor) -> None:
    site.bring(newer())
    ali.post("/letters/2/approve", **signable(site, 2))
    seen = shown(ali)
    site.clock.forward(seconds=16)
    site.send(TakingOutbox())
    assert site.letter(2).slip.stage is Stage.ANSWERED

    ali.post("/letters/1/approve", **signable(site) | seen)

    assert site.letter().slip.stage is Stage.APPROVED


def test_an_answer_to_the_other_letter_is_news(site: Site, ali: Visitor) -> None:
    site.bring(newer())
    seen = shown(ali)
    ali.post("/letters/2/approve", **signable(site, 2))

    answer = ali.post("/letters/1/approve", **signable(site) | seen)

    assert "“One more thing” (letter 2) has got its answer." in ali.get(answer.headers["location"]).text
    ali.post("/letters/2/undo")
    ali.post("/letters/1/approve", **signable(site) | seen)
    assert site.letter().slip.stage is Stage.APPROVED


@pytest.mark.parametrize("seen", ["", "x", "999999999999999999999;", "1;2", ";;", "٣;", "-1;"])
def test_a_nonsense_mark_approves_nothing(site: Site, ali: Visitor, seen: str) -> None:
    answer = ali.post("/letters/1/approve", **signable(site) | {"seen": seen})

    assert "said=changed" in answer.headers["location"]
    assert "Nothing was approved." in ali.get(answer.headers["location"]).text
    assert site.letter().slip.stage is Stage.DRAFTED


def test_what_the_address_says_is_shown_as_text(ali: Visitor) -> None:
    page = ali.get("/letters/1?said=changed&since=<script>alert(1)</script>").text

    assert "<script>alert" not in page


def test_the_desk_itself_refuses(site: Site) -> None:
    revision = deciding.revise(site.desk, 1, ALI, base=1, subject="Re: you", body="Go to the interview.\n\nCarol Reyes")
    seen = changes.seen(site.letter())
    learning.decide_topics(site.desk, 1, ["resume"], ANA)
    details.change(site.desk, 1, [("state", "FL")], CAROL)

    with pytest.raises(Conflict, match=r"ana set the topics: resume\. carol said what the letter states: state is FL"):
        deciding.approve(site.desk, 1, ALI, revision=revision, seen=seen)

    deciding.approve(site.desk, 1, ALI, revision=revision, seen=changes.seen(site.letter()))
    assert site.letter().slip.stage is Stage.APPROVED
