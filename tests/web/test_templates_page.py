"""The page of templates: an editor changes what replies are made of, and sees first what comes of it."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import CAROL, NOON, TEMPLATES, mail
from tests.web.conftest import DESK, PASSWORD, TELEPHONE, Site, Visitor, text_of, token_of
from triage.desk import templates, words
from triage.stages import Role
from triage.store import house, people, texts

OLD = "unless you know something bad about how they treat\npeople."
NEW = "unless somebody there was unkind to you."
BODY = TEMPLATES.files["withdrawing"].text
CHANGED = BODY.replace(OLD, NEW)


@pytest.fixture
def carol(site: Site, password_hash: str) -> Visitor:
    """An editor, signed in."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON)
    return site.signed_in("carol")


def plain(page: str) -> str:
    """The text of a page, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def save(site: Site, answer: str, why: str) -> None:
    newest = templates.versions(site.desk, "withdrawing")[0]
    body = templates.text(site.desk, "withdrawing")
    before, _, rest = body.partition("## bridge\n")
    templates.save(
        site.desk, CAROL, "withdrawing", f"{before}## bridge\n{answer}\n-- or --\n{rest}", why=why, seen=newest.id
    )


def test_the_list_shows_every_template_with_its_answers_and_who_changed_it(site: Site, carol: Visitor) -> None:
    save(site, "One.", "shorter close")
    page = plain(carol.get("/templates").text)
    assert "Withdrawing 17 prepared answers, version 2" in page
    assert "Changed by carol, today at 7:00 AM: shorter close" in page
    assert "What every reply shares One text, version 2" in page
    assert carol.get("/templates").text.count("data-row") == len(TEMPLATES.files)


def test_carol_saves_a_text_and_new_drafts_are_made_of_it(site: Site, carol: Visitor) -> None:
    page = carol.get("/templates/withdrawing")
    assert text_of(page) == BODY
    answer = carol.post("/templates/withdrawing", body=CHANGED.replace("\n", "\r\n"), why="kinder", seen="0")

    assert answer.headers["location"] == "/templates/withdrawing?said=saved"
    assert "Saved. New drafts are made of it." in carol.get(answer.headers["location"]).text
    site.bring(mail("May I pull out? They moved it again.", message_id="<second@reader.example>"))
    draft = site.letter(2).draft
    assert draft is not None
    assert NEW in draft.body
    newest = house.log(site.desk.db)[0]
    assert (newest.who, newest.what) == ("carol", "changed the template withdrawing: kinder")
    first = site.letter(1).draft
    assert first is not None
    assert NEW not in first.body


def test_a_fault_is_named_with_its_line_and_the_text_stays_in_the_box(site: Site, carol: Visitor) -> None:
    wrong = BODY.replace("## bridge", "## brigde", 1)
    answer = carol.post("/templates/withdrawing", body=wrong, why="mine", seen="0")
    line = wrong.splitlines().index("## brigde") + 1

    assert answer.status_code == 409
    assert f'<a href="#text" data-line="{line}">Line {line}</a>: there is no block' in unescape(answer.text)
    assert "Next: use one of acknowledge, bridge" in plain(answer.text)
    assert text_of(answer) == wrong
    assert 'value="mine"' in answer.text
    assert texts.latest(site.desk.db) == []


def test_a_reason_is_asked_for(carol: Visitor) -> None:
    answer = carol.post("/templates/withdrawing", body=CHANGED, why=" ", seen="0")
    assert answer.status_code == 409
    assert "There is no reason." in answer.text
    assert text_of(answer) == CHANGED


def test_the_page_says_when_nothing_was_changed(carol: Visitor) -> None:
    answer = carol.post("/templates/withdrawing", body=BODY, why="none", seen="0")
    assert "Nothing had changed" in carol.get(answer.headers["location"]).text


def test_whoever_saves_second_keeps_the_text_and_is_told(site: Site, carol: Visitor) -> None:
    save(site, "One.", "first")
    answer = carol.post("/templates/withdrawing", body=CHANGED, why="second", seen="0")
    assert answer.status_code == 409
    assert "carol has saved another version since you opened the page" in answer.text
    assert text_of(answer) == CHANGED
    again = carol.post("/templates/withdrawing", body=CHANGED, why="second", seen="0")
    assert again.status_code == 409  # pressing twice overwrites nothing either


def test_carol_previews_her_text_on_a_letter_before_she_saves(site: Site, carol: Visitor) -> None:
    answer = carol.post("/templates/withdrawing/preview", body=CHANGED, letter="1", case="-", seen="0")

    assert answer.status_code == 200
    tried = answer.text.split('<div class="tried"')[1]
    assert NEW in unescape(tried)
    assert "Re: Pulling out of the process" in tried
    assert text_of(answer) == CHANGED
    assert texts.latest(site.desk.db) == []
    assert words.templates(site.desk) is TEMPLATES


def test_the_preview_shows_the_answer_that_was_changed(carol: Visitor) -> None:
    heading = "# case: already_declined\n"
    before, _, after = BODY.partition(heading)
    changed = before + heading + after.replace("## answer\n", "## answer\nOf all things, no.\n", 1)

    page = carol.post("/templates/withdrawing/preview", body=changed, letter="1", case="", seen="0").text

    tried = plain(page.split('<div class="tried"')[1].split("</section>")[0])
    assert "With the answer that you changed: already declined" in tried
    assert "Of all things, no." in tried
    both = changed.replace(OLD, NEW)
    page = carol.post("/templates/withdrawing/preview", body=both, letter="1", case="", seen="0").text
    assert "You changed 2 answers. This is the first; the others are in general. already declined" in plain(page)
    chosen = carol.post("/templates/withdrawing/preview", body=changed, letter="1", case="-", seen="0").text
    assert "that you changed" not in chosen
    untouched = carol.post("/templates/withdrawing/preview", body=BODY, letter="1", case="", seen="0").text
    assert "that you changed" not in untouched


def test_carol_previews_on_a_letter_of_her_own(carol: Visitor) -> None:
    answer = carol.post("/templates/withdrawing/preview", body=CHANGED, letter="", typed="May I? June", seen="0")
    assert NEW in unescape(answer.text.split('<div class="tried"')[1])
    assert "May I? June</textarea>" in answer.text
    empty = carol.post("/templates/withdrawing/preview", body=CHANGED, letter="", typed=" ", seen="0")
    assert (empty.status_code, "There is no letter." in empty.text) == (409, True)


def test_the_letters_offered_are_of_the_topic_and_none_is_held(site: Site, carol: Visitor) -> None:
    site.bring(
        mail("There is no point anymore. May I pull out?", subject="held", message_id="<a@reader.example>"),
        mail("When is unemployment paid?", subject="benefits", message_id="<b@reader.example>"),
    )
    offered = re.findall(r'<option value="(\d+)"', carol.get("/templates/withdrawing").text)
    assert offered == ["1"]
    assert set(re.findall(r'<option value="(\d+)"', carol.get("/templates/frame").text)) == {"1", "3"}
    answer = carol.post("/templates/withdrawing/preview", body=CHANGED, letter="2", seen="0")
    assert (answer.status_code, "is held for a person" in answer.text) == (409, True)
    assert '<div class="tried"' not in answer.text


def test_a_prepared_answer_is_put_into_the_text_and_saved_with_it(site: Site, carol: Visitor) -> None:
    asks = "May I bring my dog?\r\nis a dog ok\r\nWould a dog be held against me?"
    fields = {"answer-name": "The dog", "answer-asks": asks, "answer-text": "Leave the dog at home.", "seen": "0"}
    answer = carol.post("/templates/interview/answer", body=templates.text(site.desk, "interview"), **fields)

    assert "It counts once you save." in answer.text
    body = text_of(answer)
    assert "# case: the_dog\nasks:\n- May I bring my dog?\n" in body
    assert texts.latest(site.desk.db) == []
    carol.post("/templates/interview", body=body, why="dogs", seen="0")
    assert "<b>the dog</b>" in carol.get("/templates/interview").text
    tried = carol.post("/templates/interview/preview", body=body, typed="Hello", case="the_dog", seen="0")
    assert "Leave the dog at home." in tried.text.split('<div class="tried"')[1]


def test_what_is_missing_from_an_answer_is_said_and_what_was_typed_stays(carol: Visitor) -> None:
    fields = {"answer-name": "dog", "answer-asks": "only one", "answer-text": "Yes <b>.", "seen": "0"}
    answer = carol.post("/templates/interview/answer", body=BODY, **fields)
    assert answer.status_code == 409
    assert "too few questions" in answer.text
    assert "Yes &lt;b&gt;." in answer.text


def test_versions_are_compared_word_by_word_and_brought_back(site: Site, carol: Visitor) -> None:
    carol.post("/templates/withdrawing", body=CHANGED, why="kinder", seen="0")
    first = templates.versions(site.desk, "withdrawing")[0].id
    page = carol.get(f"/templates/withdrawing/versions/{first}").text
    assert "<del>" in page
    assert "<ins>" in page
    assert "kinder" in page
    assert "# case: agency_sent" not in page  # what was not changed is not shown

    answer = carol.post("/templates/withdrawing/versions", version="0", seen=str(first))
    assert answer.headers["location"] == "/templates/withdrawing?said=again"
    assert text_of(carol.get("/templates/withdrawing")) == BODY
    newest = templates.versions(site.desk, "withdrawing")[0].id
    carol.post("/templates/withdrawing/versions", version=str(first), seen=str(newest))
    assert NEW in text_of(carol.get("/templates/withdrawing"))
    assert carol.get("/templates/withdrawing/versions/999").status_code == 404
    assert "as it came with Triage" in carol.get("/templates/withdrawing/versions/0").text


def test_a_text_that_can_no_longer_be_used_is_shown_as_such(site: Site, carol: Visitor) -> None:
    texts.add(
        site.desk.db, kind="template", name="withdrawing", body="old", who="carol", why="x", what="", seen=0, now=NOON
    )
    assert "can no longer be used" in carol.get("/templates").text
    page = carol.get("/templates/withdrawing")
    assert "can no longer be used" in page.text
    assert text_of(page) == BODY


def test_ali_looks_and_does_not_change(site: Site, carol: Visitor, ali: Visitor) -> None:
    page = ali.get("/templates/withdrawing").text
    assert "An editor changes it." in page
    assert "<textarea" not in page
    for path in ("", "/preview", "/answer", "/versions"):
        answer = ali.post(f"/templates/withdrawing{path}", body=CHANGED, why="mine", seen="0", version="0")
        assert answer.status_code == 403
    assert texts.latest(site.desk.db) == []


def test_ana_is_sent_to_somebody_else(ana: Visitor) -> None:
    for path in ("/templates", "/templates/withdrawing", "/templates/withdrawing/versions/0", "/voices"):
        assert ana.get(path).status_code == 403
    assert 'href="/templates"' not in ana.get("/").text


def test_mallory_cannot_save_with_a_form_of_her_own(site: Site, carol: Visitor, ali: Visitor) -> None:
    fields = {"body": CHANGED, "why": "mine", "seen": "0"}
    assert carol.client.post("/templates/withdrawing", data={**fields, "token": "0" * 64}).status_code == 403
    other = token_of(ali.get("/"))
    assert carol.client.post("/templates/withdrawing", data={**fields, "token": other}).status_code == 403
    assert texts.latest(site.desk.db) == []


@pytest.mark.parametrize("name", ["cooking", "%2e%2e%2fconfig", "Withdrawing"])
def test_there_is_no_page_for_what_is_no_topic(carol: Visitor, name: str) -> None:
    assert carol.get(f"/templates/{name}").status_code == 404


# ------------------------------------------------------------------ in the browser


@pytest.fixture(params=[DESK, TELEPHONE], ids=["desk", "telephone"])
def page(request: pytest.FixtureRequest, chromium: Browser, site: Site, carol: Visitor) -> Iterator[Page]:
    """carol's browser, signed in, at two widths. Any message on its console but a refusal's fails the test."""
    context = chromium.new_context(viewport=request.param, base_url=site.url)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text) if "409" not in message.text else None)
    page.goto("/templates")
    page.get_by_label("Name").fill("carol")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    yield page
    context.close()
    assert trouble == []


def test_carol_finds_an_answer_changes_it_previews_and_saves(site: Site, page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.get_by_role("link", name="Withdrawing").click()
    page.wait_for_url("**/templates/withdrawing")  # with its scripts
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="Edit: already declined").click()
    box = page.get_by_role("textbox", name="The text")
    expect(box).to_be_focused()
    chosen = "(box) => box.value.slice(box.selectionStart, box.selectionEnd)"
    assert box.evaluate(chosen) == "# case: already_declined"
    assert box.evaluate("(box) => box.scrollTop") > 1000

    box.fill(CHANGED)
    page.get_by_role("button", name="Preview").click()
    tried = page.locator(".tried")
    expect(tried).to_contain_text(NEW)
    expect(tried).to_be_in_viewport()
    page.get_by_label("What did you change?").fill("kinder")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert NEW in templates.text(site.desk, "withdrawing")


def test_the_box_stays_where_it_was_after_a_preview(page: Page) -> None:
    page.goto("/templates/withdrawing")
    page.get_by_role("link", name="Edit: already declined").click()
    box = page.get_by_role("textbox", name="The text")
    expect(box).to_be_focused()
    shown = box.evaluate("(box) => box.scrollTop")
    page.keyboard.type("# case: declined_already")
    before = box.evaluate("(box) => [box.scrollTop, box.selectionStart]")
    assert before[0] == shown  # the line was in sight, or typing would have scrolled to it

    page.get_by_role("button", name="Preview").click()

    expect(page.locator(".tried")).to_contain_text("With the answer that you changed: declined already")
    expect(box).to_have_js_property("scrollTop", before[0])
    expect(box).to_have_js_property("selectionStart", before[1])
    page.goto("/templates/withdrawing")
    assert box.evaluate("(box) => box.scrollTop") == 0


def test_a_fault_leads_to_its_line(page: Page) -> None:
    page.goto("/templates/withdrawing")
    box = page.get_by_role("textbox", name="The text")
    box.fill(BODY.replace("# case: scared", "# kase: scared"))
    page.get_by_label("What did you change?").fill("mine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.wait_for_load_state()  # with its scripts
    page.get_by_role("alert").get_by_role("link").click()
    expect(box).to_be_focused()
    assert box.evaluate("(box) => box.value.slice(box.selectionStart, box.selectionEnd)") == "# kase: scared"


def test_single_keys_save_and_preview(site: Site, page: Page) -> None:
    page.goto("/templates/withdrawing")
    page.get_by_role("textbox", name="The text").fill(CHANGED)
    page.get_by_label("What did you change?").fill("kinder")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator(".tried")).to_contain_text(NEW)
    page.wait_for_load_state("load")  # the keys work once the page's scripts have run
    page.keyboard.press("w")
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert NEW in templates.text(site.desk, "withdrawing")
