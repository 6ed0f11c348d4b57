"""The page of a held letter says who looks after it; a letter is handed over there, and a reply read by a second."""

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.cast import CAROL, NOON, mail
from tests.web.conftest import TELEPHONE, Seats, Site, Visitor, signable, token_of
from triage.desk import choices
from triage.stages import Role, Stage
from triage.store import people

HELD = "There is no point anymore.\n\nRosa"
TAKE = "I take this letter"
READ = "I have read it and find it good"
TEXT = {"subject": "Your letter", "body": "I read what you wrote. Call me.\n\nCarol"}


@pytest.fixture
def held(site: Site, password_hash: str) -> Site:
    """A desk with carol too, and a held letter, number 2."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON, email="carol@desk.example")
    site.bring(mail(HELD, message_id="<2@reader.example>"))
    return site


@pytest.fixture
def carol(held: Site) -> Visitor:
    """An editor, signed in."""
    return held.signed_in("carol")


def where(answer: httpx2.Response) -> str:
    return answer.headers["location"]


def test_ali_takes_a_held_letter_and_then_signs_its_reply(held: Site, ali: Visitor) -> None:
    page = ali.get("/letters/2").text
    assert "Nobody has taken this letter yet." in page and TAKE in page

    refused = ali.post("/letters/2/approve", base="0", **TEXT)
    assert where(refused).endswith("said=not-yet#reply")
    page = ali.get(where(refused)).text
    assert "Nobody has taken this letter yet. Next: take it, then sign the reply." in page

    assert where(ali.post("/letters/2/take", **{"instead-of": ""})) == "/letters/2?said=take#reply"
    page = ali.get("/letters/2").text
    assert "You look after this letter</strong>, since today at 7:00 AM" in page
    assert TAKE not in page and "Next: take it" not in page
    assert "<strong>ali</strong> took the letter" in page
    ali.post("/letters/2/approve", **{**TEXT, "base": "1"})
    assert held.letter(2).slip.stage is Stage.APPROVED


def test_what_was_typed_is_saved_when_somebody_takes_the_letter(held: Site, ali: Visitor) -> None:
    ali.post("/letters/2/take", base="0", **TEXT)
    draft = held.letter(2).draft
    assert draft is not None and draft.body == TEXT["body"]
    assert held.letter(2).slip.taken_by == "ali"


def test_a_page_that_did_not_know_of_ali_takes_nothing_from_him(held: Site, ali: Visitor, carol: Visitor) -> None:
    ali.post("/letters/2/take")
    late = carol.post("/letters/2/take", **{"instead-of": ""})
    assert late.status_code == 409 and "ali has taken this letter" in late.text

    page = carol.get("/letters/2").text
    assert "ali looks after this letter" in page and "Take it over from ali" in page
    carol.post("/letters/2/take", **{"instead-of": "ali"})
    assert held.letter(2).slip.taken_by == "carol"


def test_ana_writes_and_is_told_who_takes_the_letter(held: Site, ana: Visitor) -> None:
    page = ana.get("/letters/2").text
    assert "An advisor or an editor takes it." in page and TAKE not in page
    assert ana.post("/letters/2/take").status_code == 403
    assert where(ana.post("/letters/2/caring-note", base="0")).endswith("said=caring-note#reply")


def test_carol_is_told_on_the_page_that_nobody_is_named_and_ali_is_not(
    held: Site, ali: Visitor, carol: Visitor
) -> None:
    assert "Nobody is named to be told at once" in carol.get("/letters/2").text
    assert "Nobody is named to be told at once" not in ali.get("/letters/2").text
    choices.set_alerts(held.desk, CAROL, people=["ali"], also_r2=False)  # who has no address
    assert "Nobody can be told at once of such letters: ali has no mail address here." in carol.get("/letters/2").text
    choices.set_alerts(held.desk, CAROL, people=["carol"], also_r2=False)
    page = carol.get("/letters/2").text
    assert "Nobody is named to be told at once" not in page and "Nobody can be told" not in page


def test_a_letter_of_somebody_in_danger_is_let_go_with_a_reason_only(held: Site, ali: Visitor) -> None:
    assert "somebody may be in danger" in ali.get("/letters/2").text
    assert where(ali.post("/letters/2/let-go", why=" ")) == "/letters/2?said=why#reply"
    assert held.letter(2).slip.stage is Stage.HELD
    ali.post("/letters/2/let-go", why="She has written that it is over.")
    assert held.letter(2).slip.stage is Stage.LET_GO


def test_ana_hands_a_letter_to_ali_and_the_note_stands_on_top(site: Site, ana: Visitor, ali: Visitor) -> None:
    text = signable(site)
    answer = ana.post("/letters/1/hand-over", **text, to="ali", note="please check the state <b>")
    assert where(answer) == "/letters/1?said=hand-over#reply"
    page = ali.get("/letters/1").text
    assert page.index("ana for ali: please check the state &lt;b&gt;") < page.index("<h1>")
    assert "it is with you" in page and "it is with ali" in ana.get("/letters/1").text
    draft = site.letter().draft
    assert draft is not None and draft.body == text["body"], "what was typed is saved"

    ali.post("/letters/1/hand-over", to="", note="")
    assert "it is with nobody yet" in ali.get("/letters/1").text


def test_carol_hands_a_held_letter_to_ali_and_goes_on(held: Site, ali: Visitor, carol: Visitor) -> None:
    answer = carol.post("/letters/2/hand-over", to="ali", note="she knows you")
    page = carol.get(where(answer)).text
    assert "Handed to ali; it waits for ali to take it." in page and "Your note: <q>she knows you</q>" in page
    assert "Next letter: Rosa Diaz</a>" in page
    assert "It waits for ali to take it." in page and "Nobody has taken this letter yet." not in page
    assert "No mail goes out about it: nobody is named to be told at once of such letters. Tell ali yourself." in page
    assert "It waits for you to take it." in ali.get("/letters/2").text

    ali.post("/letters/2/take")
    assert "Handed to ali; it" not in carol.get("/letters/2?said=hand-over").text
    assert "It waits for anybody now." in ali.get(where(ali.post("/letters/2/hand-over", to=""))).text


def test_the_banner_of_a_held_letter_takes_it(held: Site, seat: Seats) -> None:
    page = seat("ali")
    page.goto("/letters/2")
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("You look after this letter now.")).to_be_visible()
    assert held.letter(2).slip.taken_by == "ali"


def test_nobody_is_handed_a_letter_who_cannot_sign_in(site: Site, ali: Visitor) -> None:
    assert ali.post("/letters/1/hand-over", to="mallory").status_code == 409
    assert ali.post("/letters/99/hand-over", to="ali").status_code == 404
    assert site.letter().slip.assigned_to == ""


def test_a_second_reader_reads_and_another_signs(held: Site, ali: Visitor, carol: Visitor) -> None:
    assert READ not in ali.get("/letters/1").text
    choices.set_second_reader(held.desk, CAROL, topics=["withdrawing"], risks=[])
    text = signable(held)
    assert where(ali.post("/letters/1/approve", **text)).endswith("said=not-yet#reply")
    page = ali.get("/letters/1").text
    assert "Next: hand it over to somebody to read." in page and READ in page

    shown = {**text, "base": "2"}
    assert where(carol.post("/letters/1/second-read", **shown)) == "/letters/1?said=second-read#reply"
    assert READ not in carol.get("/letters/1").text
    assert "carol has read this version and finds it good" in ali.get("/letters/1").text
    ali.post("/letters/1/approve", **shown)
    assert held.letter().slip.stage is Stage.APPROVED
    assert "<strong>carol</strong> read the reply and finds it good" in ali.get("/letters/1").text


def test_what_carol_did_not_see_she_has_not_read(held: Site, ali: Visitor, carol: Visitor) -> None:
    choices.set_second_reader(held.desk, CAROL, topics=["withdrawing"], risks=[])
    before = signable(held)
    ali.post("/letters/1/save", **before)
    late = carol.post("/letters/1/second-read", **{**before, "body": "Stay away.\n\nCarol Reyes"})
    assert late.status_code == 409 and "newer version" in late.text
    assert held.letter().read_twice_by == ()

    changed = {**before, "base": "2", "body": "Go to it, Rosa.\n\nCarol Reyes"}
    carol.post("/letters/1/second-read", **changed)
    assert (held.letter().draft.revision, held.letter().read_twice_by) == (3, ("carol",))  # type: ignore[union-attr]


def test_mallory_takes_nothing_with_a_form_of_her_own(held: Site, ali: Visitor) -> None:
    stranger = held.stranger()
    for verb in ("take", "hand-over", "second-read"):
        assert where(stranger.client.post(f"/letters/2/{verb}", data={"token": token_of(stranger.get("/sign-in"))}))
        assert ali.client.post(f"/letters/2/{verb}", data={"to": "ali"}).status_code == 403
    assert (held.letter(2).slip.taken_by, held.letter(2).slip.assigned_to) == ("", "")


def test_a_held_letter_is_taken_and_handed_over_in_the_browser_on_a_telephone(held: Site, seat: Seats) -> None:
    page: Page = seat("ali", size=TELEPHONE)
    page.goto("/letters/2")
    page.get_by_label("Reply", exact=True).fill("I have read your letter.")
    page.get_by_role("button", name=TAKE).click()
    expect(page.get_by_text("You look after this letter,")).to_be_visible()
    expect(page.get_by_label("Reply", exact=True)).to_have_value("I have read your letter.")

    page.get_by_text("Hand it over").first.click()
    page.get_by_label("To", exact=True).select_option("carol")
    page.get_by_label("A note").fill("I am off at five")
    page.get_by_role("button", name="Hand it over").click()
    expect(page.get_by_text("ali for carol: I am off at five")).to_be_visible()
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0
