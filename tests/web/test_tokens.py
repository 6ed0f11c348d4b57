"""Personal tokens: who may have which, what they open, and when they are dead."""

import re
from collections.abc import Collection
from datetime import timedelta

import httpx2
import pytest

from tests.cast import CAROL, NOON, TestClock, make_desk
from tests.web.conftest import PASSWORD, Site, Visitor
from triage.desk import tokens
from triage.desk.second_factor import CHOICE, Needed
from triage.errors import Conflict, NotAllowed
from triage.records import Person
from triage.stages import ALLOWED, Role
from triage.store import house, people
from triage.store import tokens as store
from triage.store.database import Database
from triage.store.tables import people as people_table

SHOWN = re.compile(r'id="new-token" value="(triage_[A-Za-z0-9_-]{43})"')
TOKEN = "triage_" + "x" * 43


def ask(site: Site, token: str, path: str = "/api/v1/me") -> httpx2.Response:
    """What the API says to somebody with this token."""
    return httpx2.get(site.url + path, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60)


def made_by(visitor: Visitor, **fields: str) -> httpx2.Response:
    usual = {"name": "the columnist's script", "read": "on", "days": "90", "password": PASSWORD}
    return visitor.post("/me/tokens", **(usual | fields))


def token_of(site: Site, name: str, scopes: Collection[str] = ("read",), days: int | None = None) -> str:
    found = people.find(site.desk.db, name)
    assert found is not None
    return tokens.add(site.desk, found[0], name="script", scopes=scopes, days=days)[1]


def test_ali_makes_a_token_that_is_shown_once_and_opens_the_api(site: Site, ali: Visitor) -> None:
    page = made_by(ali, write="on")

    found = SHOWN.search(page.text)
    assert found is not None
    token = found.group(1)
    assert ask(site, token).json()["scopes"] == ["read", "write"]
    assert token not in ali.get("/me/tokens").text
    assert token.encode() not in site.desk.db.file.read_bytes()  # type: ignore[union-attr]
    assert ("ali", "made the API token “the columnist's script”") in [(r.who, r.what) for r in house.log(site.desk.db)]


def test_a_token_that_was_ended_opens_nothing_from_the_next_request_on(site: Site, ali: Visitor) -> None:
    token = SHOWN.search(made_by(ali).text).group(1)  # type: ignore[union-attr]
    assert ask(site, token).status_code == 200

    ali.post("/me/tokens/1/end")

    assert ask(site, token).status_code == 401
    assert "You have none." in ali.get("/me/tokens").text


def test_nobody_ends_a_token_of_somebody_else_but_an_editor(site: Site, ali: Visitor, ana: Visitor) -> None:
    token = SHOWN.search(made_by(ali).text).group(1)  # type: ignore[union-attr]

    assert ana.post("/me/tokens/1/end").status_code == 409
    assert ask(site, token).status_code == 200
    assert tokens.end(site.desk, CAROL, 1).person == "ali"
    assert ask(site, token).status_code == 401


def test_the_page_refuses_what_is_no_token_and_keeps_what_was_typed(site: Site, ali: Visitor) -> None:
    assert "up to 60 characters" in made_by(ali, name="  ").text
    assert made_by(ali, days="36500000000000000000").status_code == 409
    nothing = ali.post("/me/tokens", name="my own words", days="30", password=PASSWORD)

    assert nothing.status_code == 409
    assert 'value="my own words"' in nothing.text
    assert "good for nothing" in nothing.text
    assert store.every(site.desk.db) == []


def test_an_apprentice_is_not_offered_a_token_that_signs_and_gets_none(site: Site, ana: Visitor) -> None:
    assert 'name="sign"' not in ana.get("/me/tokens").text

    assert made_by(ana, sign="on").status_code == 409
    assert made_by(ana, write="on").status_code == 200


def test_a_token_runs_out(site: Site) -> None:
    token = token_of(site, "ali", days=30)

    site.clock.now = NOON + timedelta(days=30, seconds=-1)
    assert ask(site, token).status_code == 200
    site.clock.now = NOON + timedelta(days=30)
    assert ask(site, token).status_code == 401


def test_the_tokens_of_somebody_who_left_are_dead_and_those_of_a_new_role_follow_it(site: Site) -> None:
    token = token_of(site, "ali", ["read", "sign"])
    with site.desk.db.write("test") as connection:
        connection.execute(people_table.update().where(people_table.c.name == "ali").values(role=Role.APPRENTICE))
    headers = {"Authorization": f"Bearer {token}"}

    refused = httpx2.post(f"{site.url}/api/v1/letters/1/let-go", headers=headers, json={}, trust_env=False, timeout=60)
    assert (refused.status_code, site.letter().slip.stage) == (403, "drafted")
    with site.desk.db.write("test") as connection:
        connection.execute(people_table.update().where(people_table.c.name == "ali").values(active=False))

    assert ask(site, token).status_code == 401


def test_where_a_second_factor_is_required_only_who_has_one_makes_a_token_that_signs(site: Site) -> None:
    house.choose(site.desk.db, CHOICE, Needed.SIGNERS, who="carol", what="asks signers", now=NOON)

    with pytest.raises(NotAllowed, match="turn your second factor on"):
        token_of(site, "ali", ["sign"])
    assert ask(site, token_of(site, "ali", ["read", "write"])).status_code == 200
    with site.desk.db.write("test") as connection:
        on = people_table.update().where(people_table.c.name == "ali").values(totp_secret="A" * 32)
        connection.execute(on)
    assert ask(site, token_of(site, "ali", ["sign"])).json()["scopes"] == ["sign"]


@pytest.mark.parametrize(
    "header",
    ["Bearer", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN} more", f"Bearer {TOKEN}", "Bearer triage_é" * 2],
)
def test_whatever_is_no_good_token_opens_nothing_and_says_how_to_ask(site: Site, header: str) -> None:
    answer = httpx2.get(
        f"{site.url}/api/v1/letters", headers={"Authorization": header.encode()}, trust_env=False, timeout=60
    )

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="Triage"')
    assert answer.json()["title"] == "Unauthorized"
    assert "Next:" in answer.json()["detail"]


def test_two_headers_are_none(site: Site) -> None:
    good = ("Authorization", f"Bearer {token_of(site, 'ali')}")

    assert httpx2.get(f"{site.url}/api/v1/me", headers=[good], trust_env=False, timeout=60).status_code == 200
    assert httpx2.get(f"{site.url}/api/v1/me", headers=[good, good], trust_env=False, timeout=60).status_code == 401


def test_wrong_tokens_are_slowed_down_and_good_ones_and_sign_ins_are_not_locked_out(site: Site) -> None:
    good = token_of(site, "ali")
    tries = [ask(site, TOKEN) for _ in range(tokens.FAILURES + 2)]

    assert [answer.status_code for answer in tries] == [401] * tokens.FAILURES + [429] * 2
    assert int(tries[-1].headers["retry-after"]) == 900
    assert ask(site, good).status_code == 200
    site.signed_in("ali")
    site.clock.forward(minutes=16)
    assert ask(site, TOKEN).status_code == 401


def test_every_verb_of_a_person_has_one_scope() -> None:
    assert set(tokens.SCOPE_OF) == set(ALLOWED)


def test_the_last_use_is_kept_to_the_minute(database_url: str) -> None:
    clock = TestClock()
    desk = make_desk(database_url, clock=clock)
    ali = _person(desk.db, "ali", Role.ADVISOR)
    kept, token = tokens.add(desk, ali, name="script", scopes=["sign", "read"], days=7)
    assert (kept.scopes, kept.seen_at, kept.expires_at) == (("read", "sign"), None, NOON + timedelta(days=7))

    uses = []
    for seconds in (0, 59, 1, 30):
        clock.forward(seconds=seconds)
        found = tokens.holder(desk, token, "192.0.2.1")
        assert isinstance(found, tuple)
        assert found[0] == ali
        uses.append(store.every(desk.db, ali.id)[0].seen_at)

    assert uses == [NOON, NOON, NOON + timedelta(minutes=1), NOON + timedelta(minutes=1)]
    assert tokens.holder(desk, token[:-1] + "!", "192.0.2.1") is tokens.Unknown.WRONG
    store.end(desk.db, kept.id, who="ali", now=clock())
    assert tokens.holder(desk, token, "192.0.2.1") is tokens.Unknown.WRONG
    with pytest.raises(Conflict):
        store.end(desk.db, kept.id, who="ali", now=clock())
    desk.db.close()


def test_nobody_heaps_up_tokens(sqlite_url: str) -> None:
    desk = make_desk(sqlite_url)
    ana = _person(desk.db, "ana", Role.APPRENTICE)
    for _ in range(tokens.MOST):
        tokens.add(desk, ana, name="script", scopes=["read"], days=None)

    with pytest.raises(Conflict, match="end one"):
        tokens.add(desk, ana, name="script", scopes=["read"], days=None)
    desk.db.close()


def _person(db: Database, name: str, role: Role) -> Person:
    people.add(db, name, role, "", NOON)
    found = people.find(db, name)
    assert found is not None
    return found[0]
