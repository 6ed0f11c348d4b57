"""The page of people: carol adds, changes, signs out and lets go; nobody else gets as far."""

import re
from html import unescape

import pytest
from playwright.sync_api import Browser, expect

from tests.cast import CAROL, NOON
from tests.web.conftest import DESK, PASSWORD, TELEPHONE, Site, Visitor, hasty, token_of
from triage.desk import members
from triage.house import Member
from triage.stages import Role
from triage.store import people

LINK = re.compile(r'<input id="link" value="[^"]*/welcome/([\w-]{43})"')


@pytest.fixture
def carol(site: Site, password_hash: str) -> Visitor:
    """An editor, signed in."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON)
    return site.signed_in("carol")


def member(site: Site, name: str) -> Member:
    return members.member(site.desk, name)


def at(site: Site, name: str, what: str) -> str:
    return f"/people/{member(site, name).id}/{what}"


def text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_carol_sees_everybody_with_what_each_may_do_and_when_each_was_seen(site: Site, carol: Visitor) -> None:
    site.signed_in("ali")
    site.clock.forward(hours=2)

    page = text(carol.get("/people").text)

    assert "ali Advisor Last seen today at 7:00 AM · second factor off" in page
    assert "ana Apprentice Never seen here" in page
    assert "carol (you) Editor" in page


def test_carol_adds_dave_and_his_link_is_shown_once(site: Site, carol: Visitor) -> None:
    answer = carol.post("/people", name="dave", role="advisor", email="dave@example.org")

    link = LINK.search(answer.text)
    assert answer.status_code == 200
    assert link is not None
    assert answer.headers["cache-control"] == "no-store"
    assert link.group(1) not in carol.get("/people").text
    assert "dave Advisor has not used the link yet" in text(carol.get("/people").text)
    assert site.stranger().get(f"/welcome/{link.group(1)}").status_code == 200


def test_what_carol_did_stands_on_the_page_in_plain_words(site: Site, carol: Visitor) -> None:
    site.clock.forward(hours=7, minutes=5)

    answer = carol.post(at(site, "ali", "role"), role="editor")

    assert answer.status_code == 303
    page = text(carol.get(answer.headers["location"]).text)
    assert "ali is an editor now" in page
    assert "carol made ali an editor, today at 2:05 PM" in page


def test_a_new_role_counts_at_the_next_click(site: Site, carol: Visitor, ana: Visitor) -> None:
    assert ana.post("/letters/1/decline").status_code == 403
    assert ana.get("/people").status_code == 403

    carol.post(at(site, "ana", "role"), role="editor")
    assert ana.get("/people").status_code == 200

    carol.post(at(site, "ana", "role"), role="apprentice")
    assert ana.get("/people").status_code == 403
    assert ana.post("/people", name="mallory", role="editor").status_code == 403

    carol.post(at(site, "ana", "role"), role="advisor")
    assert ana.post("/letters/1/decline").status_code == 303


def test_a_session_that_carol_ends_is_refused_at_the_next_click(site: Site, carol: Visitor, ali: Visitor) -> None:
    form = ali.get("/letters/1")

    carol.post(at(site, "ali", "sign-out"))

    assert ali.get("/").headers["location"].startswith("/sign-in")
    late = ali.client.post("/letters/1/let-go", data={"token": token_of(form)})
    assert late.headers["location"] == "/sign-in"
    assert site.letter().slip.stage == "drafted"
    site.signed_in("ali")  # he may come in again


def test_ali_who_has_left_is_out_and_can_come_back(site: Site, carol: Visitor, ali: Visitor) -> None:
    assert carol.post(at(site, "ali", "leave")).status_code == 303

    assert ali.get("/").headers["location"].startswith("/sign-in")
    assert site.stranger().sign_in("ali").status_code == 403
    page = text(carol.get("/people").text)
    assert "Have left ali Was an advisor" in page
    assert carol.post("/people", name="ali", role="advisor").status_code == 409

    carol.post(at(site, "ali", "back"))
    site.signed_in("ali")


def test_the_last_editor_stays_and_the_page_says_why(site: Site, carol: Visitor) -> None:
    for what in ("role", "leave"):
        answer = carol.post(at(site, "carol", what), role="advisor", sure="yes")
        assert answer.status_code == 409
        assert "carol is the last editor" in text(answer.text)
    assert member(site, "carol").role is Role.EDITOR


def test_carol_gives_up_her_duties_only_when_she_says_that_she_is_sure(site: Site, carol: Visitor) -> None:
    members.set_role(site.desk, CAROL, "ali", Role.EDITOR)

    refused = carol.post(at(site, "carol", "role"), role="advisor")
    assert refused.status_code == 409
    assert "say that you are sure" in refused.text
    assert member(site, "carol").role is Role.EDITOR

    assert carol.post(at(site, "carol", "role"), role="advisor", sure="yes").headers["location"] == "/"
    assert carol.get("/people").status_code == 403


def test_a_new_link_lets_ali_in_again_and_the_old_password_out(site: Site, carol: Visitor) -> None:
    token = LINK.search(carol.post(at(site, "ali", "link")).text)
    assert token is not None
    ali = site.stranger()
    fields = {"password": "nine blue ladders", "again": "nine blue ladders"}

    page = ali.get(f"/welcome/{token.group(1)}")
    answer = ali.client.post(f"/welcome/{token.group(1)}", data=fields | {"token": token_of(page)})

    assert answer.headers["location"] == "/"
    assert site.stranger().sign_in("ali").status_code == 403
    assert site.stranger().sign_in("ali", "nine blue ladders").status_code == 303


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", 'x" autofocus onfocus="x', "ali\r\nSet-Cookie: a=b", "a\u202eb"]
)
def test_a_hostile_name_is_refused_and_shown_as_text(site: Site, carol: Visitor, name: str) -> None:
    answer = carol.post("/people", name=name, role="advisor")

    assert answer.status_code == 409
    assert "A name is made of letters" in text(answer.text)
    assert "<script>alert" not in answer.text
    assert 'onfocus="x' not in answer.text
    assert "a=b" not in answer.headers.get("set-cookie", "")
    assert len(people.members(site.desk.db)) == 3


@pytest.mark.parametrize("path", ["/people/1/role", "/people/1/nothing", "/people/99/role", "/people/99/link"])
def test_ali_cannot_even_try_a_change(site: Site, ali: Visitor, path: str) -> None:
    before = people.members(site.desk.db)

    assert ali.post(path, role="editor").status_code == 403
    assert ali.get("/people").status_code == 403
    assert [(m.name, m.role) for m in people.members(site.desk.db)] == [(m.name, m.role) for m in before]


def test_a_change_that_does_not_exist_is_not_found(carol: Visitor) -> None:
    assert carol.post("/people/1/nothing").status_code == 404
    assert carol.post("/people/99/role", role="editor").status_code == 404
    assert carol.post("/people/1/role", role="emperor").status_code == 409


def test_a_form_without_its_token_changes_nobody(site: Site, carol: Visitor) -> None:
    answer = carol.client.post(at(site, "ali", "role"), data={"role": "editor"})

    assert answer.status_code == 403
    assert member(site, "ali").role is Role.ADVISOR


@pytest.mark.parametrize("viewport", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_carol_adds_somebody_with_the_keyboard_and_nothing_overflows(
    chromium: Browser, site: Site, carol: Visitor, viewport: dict[str, int]
) -> None:
    context = chromium.new_context(viewport=viewport, base_url=site.url)  # type: ignore[arg-type]
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: None if hasty(message.text) else trouble.append(message.text))
    page.goto("/sign-in?next=/people")
    page.get_by_label("Name").fill("carol")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("Mary-Jane O'Neill-Featherstonehaugh")
    page.get_by_label("Apprentice").check()
    page.keyboard.press("Enter")

    expect(page.get_by_label("The link for Mary-Jane O'Neill-Featherstonehaugh")).to_have_value(re.compile("/welcome/"))
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert trouble == []
    context.close()
