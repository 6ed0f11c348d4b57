"""The page behind a link: the first editor, newcomers, and what mallory could try with it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from tests.cast import CAROL
from tests.web.conftest import Site, Visitor, hasty, token_of
from triage.desk import members
from triage.desk.people import first_link
from triage.stages import Role
from triage.store import people

GOOD = "seven green kettles"


def invited(site: Site, name: str = "dave") -> str:
    """The address, on this desk, of a new person's link."""
    return path(members.add(site.desk, CAROL, name, Role.ADVISOR))


def path(link: str | None) -> str:
    assert link is not None
    return "/welcome/" + link.rpartition("/welcome/")[2]


def choose(visitor: Visitor, where: str, password: str = GOOD, **fields: str) -> httpx2.Response:
    page = visitor.get(where)
    given = {"password": password, "again": password, **fields, "token": token_of(page)}
    return visitor.client.post(where, data=given)


def test_dave_opens_his_link_chooses_a_password_and_is_at_the_desk(site: Site) -> None:
    where, dave = invited(site), site.stranger()

    page = dave.get(where)
    assert page.status_code == 200
    assert "Welcome, dave" in page.text
    answer = choose(dave, where)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert dave.get("/letters/1").status_code == 200
    site.stranger().sign_in("dave", GOOD)


def test_a_mail_scanner_that_opens_the_link_first_does_not_use_it_up(site: Site) -> None:
    where = invited(site)
    for _ in range(3):
        assert site.stranger().get(where).status_code == 200
        assert site.stranger().client.head(where).status_code in (200, 405)

    assert choose(site.stranger(), where).status_code == 303


def test_a_used_link_and_an_old_one_say_so_and_whom_to_ask(site: Site) -> None:
    used, old = invited(site), invited(site, "erin")
    choose(site.stranger(), used)
    site.clock.forward(days=3)

    for where, why in ((used, "has been used"), (old, "too old"), ("/welcome/unknown", "not a link that works")):
        answer = site.stranger().get(where)
        assert answer.status_code == 410
        assert why in answer.text
        assert "for a new one" in answer.text
    assert "ask carol" in site.stranger().get(used).text
    assert "erin" not in site.stranger().get(old).text


def test_of_two_browsers_that_use_a_link_at_the_same_moment_one_gets_in(site: Site) -> None:
    where = invited(site)
    visitors = [site.stranger() for _ in range(2)]
    tokens = [token_of(visitor.get(where)) for visitor in visitors]
    start = threading.Barrier(2)

    def send(number: int) -> httpx2.Response:
        start.wait()
        password = f"{GOOD} {number}"
        fields = {"password": password, "again": password, "token": tokens[number]}
        return visitors[number].client.post(where, data=fields)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, range(2)))

    assert sorted(answer.status_code for answer in answers) == [303, 410]
    assert [visitor.get("/").status_code for visitor in visitors] == [
        200 if answer.status_code == 303 else 303 for answer in answers
    ]


def test_a_planted_cookie_is_not_the_session_after_a_link_was_used(site: Site) -> None:
    where, planted = invited(site), "chosen-by-mallory"
    dave = site.with_cookie(planted)

    given = choose(dave, where).cookies["triage"]

    assert given != planted
    assert site.with_cookie(given).get("/").status_code == 200
    assert site.with_cookie(planted).get("/").status_code == 303


def test_using_a_link_ends_the_session_that_the_browser_had(site: Site, ali: Visitor) -> None:
    where, old = invited(site), ali.client.cookies["triage"]

    assert choose(ali, where).status_code == 303

    assert site.with_cookie(old).get("/").headers["location"].startswith("/sign-in")


def test_mallory_cannot_have_another_browser_use_his_link(site: Site) -> None:
    where = invited(site)
    token = token_of(site.stranger().get(where))  # of mallory's own browser
    fields = {"password": GOOD, "again": GOOD, "token": token}

    assert site.stranger().client.post(where, data=fields).status_code == 403
    other = site.stranger()
    other.get(where)
    assert other.client.post(where, data=fields).status_code == 403
    assert members.member(site.desk, "dave").expected


@pytest.mark.parametrize(
    ("password", "again", "why"),
    [
        ("short", "short", "at least 10 characters"),
        ("password1234", "password1234", "too easy to guess"),
        (GOOD, GOOD + "x", "The two passwords differ"),
    ],
)
def test_a_password_that_cannot_be_kept_leaves_the_link_as_it_was(
    site: Site, password: str, again: str, why: str
) -> None:
    where, dave = invited(site), site.stranger()

    answer = choose(dave, where, password, again=again)

    assert answer.status_code == 409
    assert why in answer.text
    assert password not in answer.text
    assert choose(dave, where).status_code == 303


def test_the_link_gives_nothing_away_to_other_sites(site: Site) -> None:
    answer = site.stranger().get(invited(site))

    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "https://" not in answer.text


def test_a_link_does_not_go_around_the_second_factor(site: Site) -> None:
    with site.desk.db.write("test") as connection:
        connection.exec_driver_sql(f"UPDATE people SET totp_secret = '{'A' * 32}' WHERE name = 'ali'")
    where, ali = path(members.link(site.desk, CAROL, "ali")), site.stranger()

    answer = choose(ali, where)

    assert answer.headers["location"].startswith("/sign-in/code")
    assert ali.get("/").headers["location"].startswith("/sign-in")


def test_the_first_editor_says_her_name_and_the_door_closes_behind_her(empty_site: Site) -> None:
    where, carol = path(first_link(empty_site.desk)), empty_site.stranger()
    assert "You are the first at this desk" in carol.get(where).text

    refused = choose(carol, where, name="<b>carol</b>")
    assert refused.status_code == 409
    assert "&lt;b&gt;carol" in refused.text
    assert choose(carol, where, name="carol").headers["location"] == "/"

    assert carol.get("/people").status_code == 200
    assert empty_site.stranger().get(where).status_code == 410
    assert "Nobody can sign in yet" not in empty_site.stranger().get("/sign-in").text
    assert [member.name for member in people.members(empty_site.desk.db)] == ["carol"]


def test_carol_comes_to_a_new_desk_in_a_browser(chromium: Browser, empty_site: Site) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=empty_site.url)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: None if hasty(message.text) else trouble.append(message.text))
    page.goto(path(first_link(empty_site.desk)))
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type("carol")
    page.get_by_label("Password", exact=False).first.fill(GOOD)
    page.get_by_label("The same password again").fill(GOOD)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="People")).to_be_visible()
    assert trouble == []
    context.close()
