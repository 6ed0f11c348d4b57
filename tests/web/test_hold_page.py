"""While sending is held, everybody who signs sees it on every page, and an editor ends it."""

from datetime import timedelta

import pytest

from tests.cast import NOON, mail, mailbox_with
from tests.web.conftest import Site, TakingOutbox, Visitor, signable
from triage.desk import collecting, deciding, holding, keeping
from triage.mailbox.memory import MemoryMailbox
from triage.records import Person
from triage.stages import Role, Stage
from triage.store import holds, people, reconciling
from triage.store import letters as store


@pytest.fixture
def carol(site: Site, password_hash: str) -> Visitor:
    """An editor, signed in."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON)
    return site.signed_in("carol")


@pytest.fixture
def held(site: Site) -> Site:
    with site.desk.db.write("hold") as connection:
        holds.open_restored(connection, NOON - timedelta(days=1))
    return site


def test_ali_and_carol_see_it_everywhere_and_ana_is_not_bothered(
    held: Site, ali: Visitor, ana: Visitor, carol: Visitor
) -> None:
    for path in ("/", "/letters/1", "/facts"):
        assert "Nothing is sent at the moment." in ali.get(path).text
    assert "How far it is" not in ali.get("/").text
    assert "How far it is" in carol.get("/").text
    assert "Nothing is sent at the moment." not in ana.get("/").text


def test_carol_lets_mail_go_out_again_once_all_was_compared(held: Site, ali: Visitor, carol: Visitor) -> None:
    assert "have not been compared" in carol.get("/sending").text
    assert carol.post("/sending").status_code == 409
    site, box, outbox = held, MemoryMailbox("advice"), TakingOutbox()
    ali.post("/letters/1/approve", **signable(site))
    site.clock.forward(minutes=1)
    site.send(outbox)
    assert outbox.taken == []
    collecting.poll(site.desk, mailbox_with(mail()))
    holding.reconcile(site.desk, lambda _account: box)
    assert "Let mail go out again" in carol.get("/sending").text
    assert ali.post("/sending").status_code == 403
    assert carol.post("/sending").headers["location"] == "/sending"
    assert "sends as always" in carol.get("/sending").text
    assert "Nothing is sent" not in ali.get("/").text
    site.send(outbox)
    assert [reply.letter_id for reply in outbox.taken] == [1]


def test_the_page_of_a_letter_that_was_answered_after_the_backup_says_how_that_is_known(
    site: Site, ali: Visitor
) -> None:
    (letter,) = reconciling.unanswered(site.desk.db, "advice", ["<letter-1@reader.example>"])
    reconciling.answered_since(site.desk.db, letter, now=NOON, why="The reply is in Sent.")
    assert site.letter().slip.stage is Stage.ANSWERED
    assert "The reply is in Sent." in ali.get("/letters/1").text


def test_the_page_of_a_letter_whose_words_are_gone_says_so(site: Site, ali: Visitor) -> None:
    ali.post("/letters/1/approve", **signable(site))
    site.clock.forward(minutes=1)
    site.send(TakingOutbox())
    site.bring(mail("May I?", message_id="<2@reader.example>", sender="sam@reader.example"))
    deciding.let_go(site.desk, 2, Person(id=2, name="ali", role=Role.ADVISOR))
    site.clock.forward(days=40)
    assert keeping.forget(site.desk, 30) == 2
    ali = site.signed_in("ali")
    for number in (1, 2):
        page = ali.get(f"/letters/{number}")
        assert page.status_code == 200
        assert "was removed 30 days after" in page.text
    assert "reader.example" not in ali.get("/letters/1").text
    assert ali.get("/lists/answered").status_code == 200
    assert "removed" in ali.post("/letters/2/bring-back").text
    assert store.dossier(site.desk.db, 2).slip.stage is Stage.LET_GO
