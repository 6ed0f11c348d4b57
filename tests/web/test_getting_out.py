"""What stays open when somebody is to be out: sessions, programs, links and streams end when they have to."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx2
import pyotp
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from tests.cast import CAROL, NOON
from tests.web.conftest import PASSWORD, Site, Visitor, token_of
from triage import serving
from triage.desk import choices, members, second_factor, tokens
from triage.desk import people as getting_in
from triage.desk.second_factor import Needed
from triage.errors import Conflict
from triage.records import Person
from triage.stages import Role
from triage.store import identities, people
from triage.store import second_factor as factors
from triage.store import tokens as kept_tokens

NEW = "nine blue ladders"
KEY = re.compile(r'name="secret" value="([A-Z2-7]{32})"')
RECOVERY = re.compile(r"<li><code>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</code></li>")
ALIS = "https://agency.example subject-of-ali"


@pytest.fixture
def carol(site: Site, password_hash: str) -> Visitor:
    """An editor, signed in."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON)
    return site.signed_in("carol")


def person(site: Site, name: str) -> Person:
    found = people.find(site.desk.db, name)
    assert found is not None
    return found[0]


def program(site: Site, name: str, *scopes: str) -> str:
    """A token for a program of this person."""
    return tokens.add(site.desk, person(site, name), name="script", scopes=scopes or ("read",), days=None)[1]


def asked(site: Site, token: str) -> httpx2.Response:
    """What the API says to a program."""
    return httpx2.get(
        f"{site.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
    )


def with_factor(site: Site, name: str) -> str:
    """Give somebody a second factor, a minute ago: the key."""
    secret = second_factor.new_secret()
    second_factor.turn_on(site.desk, person(site, name), secret, code_of(site, secret))
    site.clock.forward(minutes=1)
    return secret


def code_of(site: Site, secret: str) -> str:
    return pyotp.TOTP(secret).at(int(site.clock().timestamp()))


def without_password(site: Site, name: str) -> None:
    """Let somebody sign in with the organisation only."""
    with site.desk.db.write("test") as connection:
        connection.exec_driver_sql("UPDATE people SET password_hash = '', identity = ? WHERE name = ?", (ALIS, name))


def send(visitor: Visitor, path: str, page: httpx2.Response, **fields: str) -> httpx2.Response:
    return visitor.client.post(path, data=fields | {"token": token_of(page)})


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/").status_code == 200


# ------------------------------------------------------------------ a second factor that the desk asks for


def test_who_needs_a_second_factor_from_now_on_and_has_none_is_signed_out(
    site: Site, carol: Visitor, ana: Visitor
) -> None:
    secret = with_factor(site, "ali")
    ali = site.stranger()
    ali.sign_in("ali")
    send(ali, "/sign-in/code", ali.get("/sign-in/code"), code=code_of(site, secret))

    carol.post("/settings/second-factor", who="signers")
    assert [is_in(visitor) for visitor in (carol, ali, ana)] == [True, True, True], "ana does not sign"
    carol.post("/settings/second-factor", who="everybody")

    assert [is_in(visitor) for visitor in (carol, ali, ana)] == [True, True, False]
    assert site.stranger().sign_in("carol").headers["location"].startswith("/sign-in/second-factor")


def test_ali_who_signs_but_has_no_factor_is_out_at_once_and_may_set_one_up(
    site: Site, carol: Visitor, ali: Visitor
) -> None:
    carol.post("/settings/second-factor", who="signers")

    late = ali.client.post("/letters/1/decline", data={"token": "0" * 64})
    assert late.headers["location"].startswith("/sign-in")
    assert site.letter().slip.stage == "drafted"
    begun = site.stranger()
    page = begun.get(begun.sign_in("ali").headers["location"])
    choices.set_second_factor(site.desk, person(site, "carol"), "everybody")
    secret = KEY.search(page.text)[1]  # type: ignore[index]
    done = send(begun, "/sign-in/second-factor", page, secret=secret, code=code_of(site, secret))
    assert done.status_code == 200
    assert is_in(begun)


def test_ana_who_may_sign_from_now_on_is_asked_for_a_second_factor_first(
    site: Site, carol: Visitor, ana: Visitor
) -> None:
    choices.set_second_factor(site.desk, person(site, "carol"), "signers")
    members.set_role(site.desk, CAROL, "ana", Role.APPRENTICE)
    assert is_in(ana)

    members.set_role(site.desk, CAROL, "ana", Role.ADVISOR)

    assert not is_in(ana)
    assert is_in(carol), "who asked for it is not signed out because of somebody else's role"


def test_a_program_signs_no_more_while_its_person_lacks_the_second_factor(site: Site, carol: Visitor) -> None:
    token = program(site, "ali", "read", "sign")
    choices.set_second_factor(site.desk, person(site, "carol"), Needed.SIGNERS)

    assert asked(site, token).json()["scopes"] == ["read"]
    headers = {"Authorization": f"Bearer {token}"}
    refused = httpx2.post(f"{site.url}/api/v1/letters/1/let-go", headers=headers, json={}, trust_env=False, timeout=60)
    assert (refused.status_code, site.letter().slip.stage) == (403, "drafted")

    with_factor(site, "ali")
    assert asked(site, token).json()["scopes"] == ["read", "sign"]


# ------------------------------------------------------------------ programs


def test_a_new_password_ends_the_programs_and_the_open_links(site: Site, carol: Visitor, ali: Visitor) -> None:
    token, anas = program(site, "ali"), program(site, "ana")
    link = members.link(site.desk, CAROL, "ali").rpartition("/")[2]
    assert "Your programs' tokens end too." in ali.get("/me").text

    ali.post("/me/password", old=PASSWORD, new=NEW, again=NEW)

    assert (asked(site, token).status_code, asked(site, anas).status_code) == (401, 200)
    with pytest.raises(Conflict, match="too old"):
        getting_in.opened(site.desk, link)
    assert site.stranger().get(f"/welcome/{link}").status_code == 410


def test_an_editor_who_signs_ali_out_everywhere_signs_his_programs_out(site: Site, carol: Visitor) -> None:
    token, anas = program(site, "ali"), program(site, "ana")
    assert "ends the tokens of ali's programs too" in " ".join(carol.get("/people").text.split()).replace("&#39;", "'")

    carol.post(f"/people/{person(site, 'ali').id}/sign-out")

    assert (asked(site, token).status_code, asked(site, anas).status_code) == (401, 200)


def test_ali_who_signs_out_his_other_browsers_keeps_his_programs(site: Site, ali: Visitor) -> None:
    token = program(site, "ali")
    ali.post("/me/sessions")
    assert asked(site, token).status_code == 200


def test_a_password_chosen_by_link_ends_the_programs(site: Site, carol: Visitor) -> None:
    token = program(site, "ali")
    link = members.link(site.desk, CAROL, "ali").rpartition("/")[2]
    assert asked(site, token).status_code == 200, "until the link is used"

    getting_in.welcome(site.desk, link, NEW, name="", address="192.0.2.1")

    assert asked(site, token).status_code == 401


def test_mallory_at_alis_open_desk_makes_no_token_without_his_password(site: Site, ali: Visitor) -> None:
    fields = {"name": "mine", "read": "on", "days": ""}
    assert 'type="password"' in ali.get("/me/tokens").text

    tries = [ali.post("/me/tokens", **fields, password=guess) for guess in ("", "b", "c", "d", "e")]
    late = ali.post("/me/tokens", **fields, password=PASSWORD)

    assert [answer.status_code for answer in (*tries, late)] == [409] * 6
    assert "That is not your password." in tries[0].text and 'value="mine"' in tries[0].text
    assert "too many wrong tries" in late.text
    assert kept_tokens.every(site.desk.db) == []
    site.clock.forward(minutes=16)
    assert ali.post("/me/tokens", **fields, password=PASSWORD).status_code == 200


def test_ali_without_a_password_is_not_asked_for_one(site: Site, ali: Visitor) -> None:
    without_password(site, "ali")
    assert 'type="password"' not in ali.get("/me/tokens").text
    assert ali.post("/me/tokens", name="mine", read="on", days="").status_code == 200


# ------------------------------------------------------------------ turning the second factor on


def test_turning_the_second_factor_on_takes_the_password_and_ends_the_other_sessions(site: Site, ali: Visitor) -> None:
    mallory = site.signed_in("ali")
    path, page = "/me/second-factor/on", mallory.get("/me/second-factor")
    secret = KEY.search(page.text)[1]  # type: ignore[index]
    fields = {"secret": secret, "code": code_of(site, secret)}

    refused = send(mallory, path, page, **fields, password="a guess")
    assert refused.status_code == 403
    assert "That is not your password." in refused.text and secret in refused.text
    assert factors.of(site.desk.db, person(site, "ali").id).secret == ""

    assert send(ali, path, ali.get("/me/second-factor"), **fields, password=PASSWORD).status_code == 200
    assert (is_in(ali), is_in(mallory)) == (True, False)


def test_without_a_password_new_recovery_codes_take_a_code(site: Site) -> None:
    secret = with_factor(site, "ali")
    ali = site.stranger()
    ali.sign_in("ali")
    send(ali, "/sign-in/code", ali.get("/sign-in/code"), code=code_of(site, secret))
    without_password(site, "ali")
    site.clock.forward(minutes=1)
    path, page = "/me/second-factor/codes", ali.get("/me/second-factor")

    for wrong in ("", "000000"):
        refused = send(ali, path, page, code=wrong)
        assert (refused.status_code, RECOVERY.findall(refused.text)) == (403, [])
    assert len(RECOVERY.findall(send(ali, path, page, code=code_of(site, secret)).text)) == 10


# ------------------------------------------------------------------ the live stream


def test_the_stream_ends_within_seconds_of_signing_out(site: Site, ali: Visitor) -> None:
    with ali.client.stream("GET", "/live?letter=1", timeout=10) as stream:  # less than to the next sign of life
        lines = stream.iter_lines()
        while next(lines) != "event: presence":  # comes with the first look, which looks at the sessions too
            continue
        site.with_cookie(ali.client.cookies["triage"]).post("/sign-out")
        assert "event: signed-out" in list(lines)


# ------------------------------------------------------------------ from where a request comes


def test_nobody_but_a_web_server_on_this_machine_says_from_where_a_request_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"][0])

    config: uvicorn.Config = serving.configured(app)
    config.load()
    for peer in ("127.0.0.1", "::1", "198.51.100.9"):
        headers = [(b"x-forwarded-for", b"203.0.113.5")]
        scope = {"type": "http", "client": (peer, 5), "headers": headers, "scheme": "http"}
        with ThreadPoolExecutor() as apart:  # a browser of another test may have left a loop in this thread
            apart.submit(asyncio.run, config.loaded_app(scope, None, None)).result()

    assert seen == ["203.0.113.5", "203.0.113.5", "198.51.100.9"]


# ------------------------------------------------------------------ the organisation's account


def linked(site: Site, name: str) -> None:
    identities.link(site.desk.db, person(site, name), ALIS, NOON)


def test_who_left_and_comes_back_is_linked_with_no_account_elsewhere(site: Site, carol: Visitor) -> None:
    linked(site, "ali")

    members.leave(site.desk, CAROL, "ali")
    members.come_back(site.desk, CAROL, "ali")

    assert identities.whose(site.desk.db, ALIS) is None
    linked(site, "ana")  # the account is free for whoever has it now


def test_carol_takes_the_organisations_account_off_ali(site: Site, carol: Visitor, ali: Visitor) -> None:
    where = f"/people/{person(site, 'ali').id}/unlink"
    assert where not in carol.get("/people").text
    linked(site, "ali")
    assert where in carol.get("/people").text

    assert ali.post(where).status_code == 403
    assert carol.post(where).status_code == 303

    assert identities.whose(site.desk.db, ALIS) is None
    assert not is_in(ali)
    assert "took the link with the organisation&#39;s account off ali" in carol.get("/people").text


def test_the_last_editor_keeps_the_only_way_in(site: Site, carol: Visitor) -> None:
    without_password(site, "carol")

    with pytest.raises(Conflict, match="last editor"):
        members.unlink(site.desk, replace(CAROL, name="dora"), "carol")

    assert identities.whose(site.desk.db, ALIS) == person(site, "carol")
