"""One's own account: the password, the address for alerts, and the browsers one is signed in with."""

import re
from html import unescape

import pytest

from tests.cast import NOON
from tests.web.conftest import PASSWORD, Site, Visitor
from triage.desk import members
from triage.stages import Role
from triage.store import people
from triage.web.staff.browsers import browser

NEW = "nine blue ladders"
KEY = re.compile(r'action="/me/sessions/([0-9a-f]{16})"')
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (FIREFOX, "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
         "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Edg/141.0",
         "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 "
         "Safari/605.1.15", "Safari on a Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "CriOS/141.0 Mobile/15E148 Safari/604.1", "Chrome on an iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36",
         "Chrome on Android"),
        ("curl/8.14", "Another program"),
        ("<script>alert(1)</script>", "Another program"),
        ("", "Another program"),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_plain_words(header: str, said: str) -> None:
    assert browser(header) == said


def test_ali_sees_who_he_is_and_where_he_is_signed_in(site: Site, ali: Visitor) -> None:
    site.clock.forward(hours=1)
    other = site.stranger()
    other.client.headers["User-Agent"] = FIREFOX
    other.sign_in("ali")

    page = text(ali.get("/me").text)

    assert "ali You are an advisor: you may sign too" in page
    assert "Firefox on Windows Since today at 8:00 AM, last seen today at 8:00 AM, from 127.0.0.1" in page
    assert "Another program (this one) Since today at 7:00 AM" in page


def test_ali_ends_one_other_session_and_keeps_the_rest(site: Site, ali: Visitor) -> None:
    others = [site.signed_in("ali"), site.signed_in("ali")]
    keys = KEY.findall(ali.get("/me").text)
    assert len(keys) == 2

    answer = ali.post(f"/me/sessions/{keys[0]}")

    assert answer.headers["location"] == "/me?done=session"
    assert sorted(other.get("/").status_code for other in others) == [200, 303]
    assert ali.get("/me").status_code == 200
    assert ali.post(f"/me/sessions/{keys[0]}").status_code == 409


def test_ali_signs_out_everywhere_else(site: Site, ali: Visitor, ana: Visitor) -> None:
    others = [site.signed_in("ali"), site.signed_in("ali")]

    ali.post("/me/sessions")

    assert [other.get("/").status_code for other in others] == [303, 303]
    assert [visitor.get("/").status_code for visitor in (ali, ana)] == [200, 200]
    assert "Every other browser is signed out." in text(ali.get("/me?done=others").text)


def test_ali_cannot_end_a_session_of_ana(site: Site, ali: Visitor, ana: Visitor) -> None:
    site.signed_in("ana")
    (key,) = KEY.findall(ana.get("/me").text)

    assert ali.post(f"/me/sessions/{key}").status_code == 409
    assert len(KEY.findall(ana.get("/me").text)) == 1


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(site: Site, ali: Visitor) -> None:
    other = site.signed_in("ali")

    wrong = ali.post("/me/password", old="wrong", new=NEW, again=NEW)
    assert wrong.status_code == 409
    assert "That is not your present password." in wrong.text
    assert other.get("/").status_code == 200

    assert ali.post("/me/password", old=PASSWORD, new=NEW, again=NEW).headers["location"] == "/me?done=password"

    assert ali.get("/me").status_code == 200
    assert other.get("/").status_code == 303
    assert site.stranger().sign_in("ali").status_code == 403
    assert site.stranger().sign_in("ali", NEW).status_code == 303


@pytest.mark.parametrize(
    ("new", "again", "why"),
    [
        ("short", "short", "at least 10 characters"),
        ("qwertyuiop1", "qwertyuiop1", "too easy to guess"),
        (NEW, NEW + "x", "The two new passwords differ"),
    ],
)
def test_a_new_password_that_cannot_be_kept_is_refused(
    site: Site, ali: Visitor, new: str, again: str, why: str
) -> None:
    answer = ali.post("/me/password", old=PASSWORD, new=new, again=again)

    assert answer.status_code == 409
    assert why in answer.text
    assert new not in answer.text
    site.signed_in("ali")


def test_wrong_passwords_here_count_with_those_at_the_door(site: Site, ali: Visitor) -> None:
    for _ in range(5):
        ali.post("/me/password", old="wrong", new=NEW, again=NEW)

    assert "too many wrong tries" in ali.post("/me/password", old=PASSWORD, new=NEW, again=NEW).text
    assert site.stranger().sign_in("ali").status_code == 429


def test_ali_says_where_his_alerts_go(site: Site, ali: Visitor) -> None:
    assert ali.post("/me/email", email="ali@example.org").headers["location"] == "/me?done=email"
    assert members.member(site.desk, "ali").email == "ali@example.org"

    refused = ali.post("/me/email", email="ali@example.org\r\nBcc: all@example.org")
    assert refused.status_code == 409
    assert members.member(site.desk, "ali").email == "ali@example.org"
    ali.post("/me/email", email="")
    assert members.member(site.desk, "ali").email == ""


def test_a_name_that_looks_like_html_is_only_ever_text(site: Site, password_hash: str) -> None:
    people.add(site.desk.db, "<i>eve</i>", Role.EDITOR, password_hash, NOON)  # from before names had a rule
    eve = site.signed_in("<i>eve</i>")

    for page in ("/me", "/people", "/"):
        assert "<i>eve" not in eve.get(page).text
