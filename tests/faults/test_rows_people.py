"""Rows of the fault matrix about people at the desk in the browser."""

from collections.abc import Iterator

import pytest

from tests.cast import CAROL, NOON, mail
from tests.faults.house import House
from tests.web.conftest import PASSWORD, Served, Site, text_of, token_of
from triage import passwords
from triage.desk import members
from triage.outbox.webhook import HttpCaller
from triage.stages import Role, Stage
from triage.store import people
from triage.web import create_app


@pytest.fixture
def site(house: House) -> Iterator[Site]:
    """The house's desk with one drafted letter, served."""
    people.add(house.desk.db, "bob", Role.ADVISOR, passwords.hash_password(PASSWORD), NOON)
    house.box.deliver(mail(), NOON)
    house.collect()
    house.read()
    app = create_app(house.desk, secure_cookies=False, wake=lambda _: None, caller=HttpCaller())
    with Served(app) as url:
        made = Site(house.desk, house.clock, app, url, [])
        yield made
        for client in made.clients:
            client.close()


def test_ali_who_lost_his_role_between_the_page_and_the_click_keeps_his_text(site: Site) -> None:
    ali = site.signed_in("bob")
    token = token_of(ali.get("/letters/1"))
    members.set_role(site.desk, CAROL, "bob", Role.APPRENTICE)
    typed = {"base": "1", "subject": "Re: Thursday", "body": "Half an hour's work.", "token": token}

    answer = ali.client.post("/letters/1/approve", data=typed)

    assert answer.status_code in (401, 403)
    assert text_of(answer) == typed["body"] or "Half an hour&#39;s work." in answer.text
    assert site.letter().slip.stage is Stage.DRAFTED
    assert site.letter().draft.body != typed["body"]  # type: ignore[union-attr]
