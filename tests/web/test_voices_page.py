"""The page of voices: how replies sound, heard before it is saved."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import NOON, mail
from tests.web.conftest import PASSWORD, Site, Visitor, hasty
from triage.desk import learning, voices, words
from triage.drafting import YOUR_WORDS
from triage.records import Person
from triage.stages import Role
from triage.store import house, people, texts

FIELDS = {
    "greeting": "Dear",
    "signoffs": "Onward.\r\n\r\n",
    "signature": "Carol\r\nThe column",
    "banned": "journey",
    "stories": "offer: I said yes once.\r\n",
    "holds-never_decline_interview": "on",
    "why": "warmer",
    "seen": "0",
}


@pytest.fixture
def carol(site: Site, password_hash: str) -> Visitor:
    """An editor, signed in."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON)
    return site.signed_in("carol")


def test_the_page_says_whose_voice_it_is_and_where_that_is_set(carol: Visitor) -> None:
    page = carol.get("/voices").text
    assert "For the inbox advice" in page
    assert "advice speaks in the voice plain." in page
    assert "config.toml" in page
    assert carol.get("/voices/plain").status_code == 200


def test_carol_changes_a_voice_and_new_drafts_sound_like_it(site: Site, carol: Visitor) -> None:
    answer = carol.post("/voices/plain", **FIELDS)

    assert answer.headers["location"] == "/voices/plain?said=saved"
    page = carol.get(answer.headers["location"]).text
    assert "Saved. New drafts sound like this." in page
    assert 'value="Dear"' in page
    site.bring(mail("May I pull out?", message_id="<second@reader.example>"))
    draft = site.letter(2).draft
    assert draft is not None
    assert draft.body.startswith("Dear")
    assert draft.body.endswith("\n\nOnward.\n\nCarol\nThe column\n")
    assert YOUR_WORDS not in draft.body
    assert house.log(site.desk.db)[0].what == "changed the voice plain: warmer"


def test_opinions_and_the_own_line_are_switched_by_their_boxes(site: Site, carol: Visitor) -> None:
    off = {name: value for name, value in FIELDS.items() if not name.startswith("holds")}
    carol.post("/voices/plain", **off, **{"your-words": "on"})
    voice = words.voices(site.desk)["plain"]
    assert (voice.opinions["never_decline_interview"], voice.your_words) == (False, True)
    page = carol.get("/voices/plain").text
    assert 'name="holds-never_decline_interview">' in page
    assert 'name="your-words" checked>' in page


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"greeting": ""}, "The greeting is not one plain line"),
        ({"signature": "[[name]]"}, "Double brackets"),
        ({"stories": "cooking: <b>I burned it</b>"}, "which is no topic"),
        ({"stories": "no topic"}, "Stories, line 1"),
        ({"why": "x" * 201}, "The reason has more than"),
    ],
)
def test_what_is_refused_is_said_and_what_was_typed_stays(
    site: Site, carol: Visitor, changes: dict[str, str], what: str
) -> None:
    for path in ("/voices/plain", "/voices/plain/preview"):
        answer = carol.post(path, **{**FIELDS, "typed": "Hello", **changes})
        if path.endswith("/preview") and "why" in changes:
            continue
        assert answer.status_code == 409
        assert what in answer.text
        assert "Onward." in answer.text
        assert "<b>I burned it" not in answer.text
    assert texts.latest(site.desk.db) == []


def test_a_voice_is_heard_on_a_letter_before_it_is_saved(site: Site, carol: Visitor) -> None:
    site.bring(mail("There is no point anymore.", subject="held", message_id="<held@reader.example>"))
    answer = carol.post("/voices/plain/preview", **FIELDS, letter="1")
    tried = answer.text.split('<div class="tried"')[1]
    assert "Dear" in tried
    assert "Carol\nThe column" in tried
    assert words.voices(site.desk)["plain"].greeting == "Hello"
    assert '<option value="2"' not in answer.text
    assert carol.post("/voices/plain/preview", **FIELDS, letter="2").status_code == 409
    assert texts.latest(site.desk.db) == []


def test_ali_makes_a_voice_of_his_own_and_no_other(site: Site, ali: Visitor) -> None:
    assert "Make my own voice" in ali.get("/voices").text
    assert "A new voice" not in ali.get("/voices").text
    assert "<fieldset disabled>" in ali.get("/voices/plain").text
    assert ali.get("/voices/carol").status_code == 404
    for path in ("/voices/plain", "/voices/plain/preview", "/voices/plain/versions"):
        assert ali.post(path, **FIELDS, letter="1", version="0").status_code == 403

    assert ali.post("/voices/ali", **{**FIELDS, "signature": "Ali, advisor"}).status_code == 303
    learning.decide_topics(site.desk, 1, ["resume"], Person(id=1, name="ali", role=Role.ADVISOR))
    draft = site.letter(1).draft
    assert draft is not None
    assert draft.body.endswith("Ali, advisor\n")
    assert "For drafts that ali has written anew" in ali.get("/voices/ali").text


def test_ana_is_sent_to_somebody_else(site: Site, ana: Visitor) -> None:
    assert ana.get("/voices").status_code == 403
    assert ana.get("/voices/ana").status_code == 403
    for path in ("/voices/ana", "/voices/ana/preview", "/voices/ana/versions"):
        assert ana.post(path, **FIELDS).status_code == 403
    assert texts.latest(site.desk.db) == []


def test_a_voice_goes_back_and_a_new_one_goes_away(site: Site, carol: Visitor) -> None:
    carol.post("/voices/plain", **FIELDS)
    seen = str(voices.history(site.desk, "plain")[0].id)
    assert "As it came" in carol.get("/voices/plain").text
    carol.post("/voices/plain/versions", version="0", seen=seen)
    assert words.voices(site.desk)["plain"] == site.desk.voices["plain"]
    back = str(voices.history(site.desk, "plain")[0].id)
    assert carol.post("/voices/plain/versions", version=seen, seen=back).status_code == 303
    assert words.voices(site.desk)["plain"].greeting == "Dear"

    assert carol.get("/voices?name=+Ann+%26+Bo").headers["location"] == "/voices/Ann%20%26%20Bo"
    carol.post("/voices/Ann%20%26%20Bo", **FIELDS)
    assert '<a href="/voices/Ann%20%26%20Bo"' in carol.get("/voices").text
    newest = str(voices.history(site.desk, "Ann & Bo")[0].id)
    answer = carol.post("/voices/Ann%20%26%20Bo/versions", version="0", seen=newest)
    assert answer.headers["location"] == "/voices"
    assert voices.names(site.desk) == ["plain"]


def test_whoever_saves_second_is_told(carol: Visitor) -> None:
    carol.post("/voices/plain", **FIELDS)
    answer = carol.post("/voices/plain", **{**FIELDS, "greeting": "Hi"})
    assert answer.status_code == 409
    assert "carol has saved another version" in answer.text
    assert 'value="Hi"' in answer.text


@pytest.fixture
def page(chromium: Browser, site: Site, carol: Visitor) -> Iterator[Page]:
    """carol's browser, signed in, as wide as a telephone. Any message on its console fails the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=site.url)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: None if hasty(message.text) else trouble.append(message.text))
    page.goto("/voices")
    page.get_by_label("Name").fill("carol")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    yield page
    context.close()
    assert trouble == []


def test_greeting_and_close_are_heard_while_they_are_typed(page: Page) -> None:
    page.get_by_role("link", name="plain").click()
    sound = page.locator(".sound")
    expect(sound).to_contain_text("Hello Rosa,")
    page.get_by_label("Greeting").fill("Good evening")
    page.get_by_label("Last lines").fill("Onward.\nUpward.")
    page.get_by_label("Signature").fill("Carol Reyes")
    expect(sound).to_contain_text("Good evening Rosa,")
    expect(sound).to_contain_text("Onward.")
    expect(sound).to_contain_text("Carol Reyes")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".tried")).to_contain_text("Good evening")
    expect(page.locator(".tried")).to_be_in_viewport()
