"""Settings are an editor's: who is told, which replies two read, who needs a second factor, and what was changed."""

import pytest
from playwright.sync_api import expect

from tests.cast import CAROL, NOON, mail
from tests.web.conftest import TELEPHONE, Seats, Site, Visitor
from triage.desk import alerting, choices
from triage.desk.second_factor import Needed
from triage.ports import Refused
from triage.stages import Role
from triage.store import people


@pytest.fixture
def carol(site: Site, password_hash: str) -> Visitor:
    """An editor, signed in."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON, email="carol@desk.example")
    return site.signed_in("carol")


def number_of(site: Site, name: str) -> int:
    return next(member.id for member in people.members(site.desk.db) if member.name == name)


def test_carol_names_who_is_told_at_once(site: Site, carol: Visitor) -> None:
    page = carol.get("/settings").text
    assert "Nobody is named. A letter from somebody in danger waits until somebody looks at the desk." in page
    named = {f"person-{number_of(site, 'carol')}": "on", "also-r2": "on"}
    assert carol.post("/settings/alerts", **named).headers["location"] == "/settings?said=alerts"

    assert choices.now(site.desk).alerts == choices.Alerts(("carol",), also_r2=True)
    page = carol.get("/settings?said=alerts").text
    assert "It is kept who is told at once." in page and "Nobody is named. A letter" not in page
    assert "carol has carol told at once" in page, "it stands in the log"
    assert "As carol chose today at 7:00 AM." in page


def test_a_name_without_an_address_reaches_nobody_and_the_page_goes_on_saying_so(site: Site, carol: Visitor) -> None:
    ali, carols = (number_of(site, name) for name in ("ali", "carol"))
    carol.post("/settings/alerts", **{f"person-{ali}": "on"})
    page = carol.get("/settings").text
    assert "Nobody can be told: ali has no mail address here. A letter from somebody in danger waits" in page

    carol.post("/settings/alerts", **{f"person-{ali}": "on", f"person-{carols}": "on"})
    page = carol.get("/settings").text
    assert "ali has no mail address here, and gets no mail." in page and "Nobody can be told" not in page

    carol.post("/settings/alerts", **{f"person-{ali}": "on", f"email-{ali}": "ali@desk.example"})
    assert choices.now(site.desk).alerts.people == ("ali",)
    page = carol.get("/settings").text
    assert "ali@desk.example" in page and "no mail address here, and" not in page and "Nobody can be told" not in page


def test_an_address_that_cannot_be_one_keeps_nothing_and_loses_nothing_that_was_ticked(
    site: Site, carol: Visitor
) -> None:
    ali = number_of(site, "ali")
    answer = carol.post("/settings/alerts", **{f"person-{ali}": "on", f"email-{ali}": "at home", "also-r2": "on"})

    assert answer.status_code == 409 and "That is not a mail address." in answer.text
    assert f'name="person-{ali}" checked' in answer.text and 'name="also-r2" checked' in answer.text
    assert 'value="at home"' in answer.text
    assert choices.now(site.desk).alerts == choices.Alerts()


def test_the_address_is_asked_for_beside_the_name_as_soon_as_it_is_ticked(
    site: Site, carol: Visitor, seat: Seats
) -> None:
    page = seat("carol", size=TELEPHONE)
    page.goto("/settings")
    field = page.get_by_label("Where mail reaches ali")
    expect(field).to_be_hidden()
    page.get_by_label("ali has no mail address here yet").first.check()
    field.fill("ali@desk.example")
    page.get_by_role("button", name="Keep this").first.click()
    expect(page.get_by_label("ali ali@desk.example")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_carol_asks_for_a_second_reader(site: Site, carol: Visitor) -> None:
    carol.post("/settings/second-reader", **{"topic-unemployment": "on", "risk-R3": "on", "topic-astrology": "on"})
    assert choices.now(site.desk).second_reader == choices.SecondReader(("unemployment",), ("R3",))
    page = carol.get("/settings").text
    assert 'name="topic-unemployment" checked' in page and 'name="topic-resume" checked' not in page
    carol.post("/settings/second-reader")
    assert choices.now(site.desk).second_reader == choices.SecondReader()


def test_carol_asks_for_a_second_factor(site: Site, carol: Visitor) -> None:
    assert carol.post("/settings/second-factor", who="sometimes").status_code == 409
    assert choices.now(site.desk).second_factor is Needed.NOBODY
    carol.post("/settings/second-factor", who="everybody")
    assert choices.now(site.desk).second_factor is Needed.EVERYBODY


@pytest.mark.parametrize("what", ["alerts", "second-reader", "second-factor"])
@pytest.mark.parametrize("name", ["ali", "ana"])
def test_nobody_else_sees_or_changes_settings(site: Site, name: str, what: str) -> None:
    visitor = site.signed_in(name)
    assert visitor.get("/settings").status_code == 403
    assert 'href="/settings"' not in visitor.get("/").text
    everything = {"also-r2": "on", "risk-R3": "on", "who": "everybody"}
    assert visitor.post(f"/settings/{what}", **everything).status_code == 403
    assert choices.now(site.desk) == choices.Choices()


def test_what_the_configuration_says_is_shown_without_its_secrets(site: Site, carol: Visitor) -> None:
    page = carol.get("/settings").text
    for shown in ("advice@desk.example", "every 120 seconds", "15 seconds after it is approved", "America/New_York"):
        assert shown in page
    assert "env:" not in page and "file:" not in page


def test_an_alert_that_cannot_be_sent_stands_on_the_settings_and_under_the_queue(
    site: Site, carol: Visitor, ana: Visitor
) -> None:
    site.bring(mail("There is no point anymore.", message_id="<2@reader.example>"))
    choices.set_alerts(site.desk, CAROL, people=["carol"], also_r2=False)
    told = "carol could not be told by mail that letter 2 waits: the mail server is closed."
    assert told not in carol.get("/settings").text

    class Closed:
        def send(self, mail: object, begin_data: object) -> None:
            raise Refused("the mail server is closed", permanent=False)

    alerting.tell(site.desk, lambda _account: Closed())  # type: ignore[arg-type,return-value]
    assert told in carol.get("/settings").text
    assert told in ana.get("/").text


def test_the_settings_page_is_used_on_a_telephone(site: Site, carol: Visitor, seat: Seats) -> None:
    page = seat("carol", size=TELEPHONE)
    page.goto("/settings")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.get_by_label("carol carol@desk.example").check()
    page.get_by_role("button", name="Keep this").first.click()
    expect(page.get_by_role("status").first).to_have_text("It is kept who is told at once.")
    expect(page.get_by_label("carol carol@desk.example")).to_be_checked()
