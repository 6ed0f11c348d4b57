"""The page of dated facts: advisors look, an editor verifies and corrects."""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import CAROL, NOON
from tests.web.conftest import PASSWORD, Site, Visitor, hasty, token_of
from triage.desk import facts
from triage.drafting.book import Fact
from triage.stages import Role
from triage.store import house, people
from triage.web.house.facts import PLACES

AGENCY = {"name": "agency", "where": "FL", "value": "FloridaCommerce", "source": "floridajobs.org/about"}


@pytest.fixture
def carol(site: Site, password_hash: str) -> Visitor:
    """An editor, signed in."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON)
    return site.signed_in("carol")


def kept(site: Site, reference: str) -> Fact:
    return facts.book(site.desk).facts[reference]


def row(page: str, name: str) -> str:
    """What the page shows of a fact, as text."""
    found = re.search(rf'<li class="row" id="{name}">(.*?)</li>', page, re.DOTALL)
    assert found is not None
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found.group(1))).split())


def order(page: str) -> list[str]:
    return re.findall(r'<li class="row" id="(\w+)">', page)


def test_carol_chooses_a_state_and_sees_its_rows(carol: Visitor) -> None:
    first = carol.get("/facts").text
    assert order(first)[:2] == ["benefits_finder", "job_center"]
    assert first.count("<option") == len(PLACES)

    page = carol.get("/facts?where=FL").text
    assert order(page) == ["agency", "agency_site", "appeal_window", "weekly_contacts", "max_weeks", "waiting_week"]
    assert '<option value="FL" selected>Florida</option>' in page
    assert "0 of 6 verified" in page
    assert (
        "FloridaCommerce Not verified yet: drafts print it "
        "Nobody here has checked it; to be checked by Tuesday, Nov. 23, 2027"
    ) in row(page, "agency")
    assert "Seen" not in page, "nobody has looked at it"
    assert "20 days Not verified yet: no draft prints it" in row(page, "appeal_window")
    assert "Source: theunemployment.org" in row(page, "appeal_window")
    assert "Nobody knows it yet, so drafts do without it" in row(carol.get("/facts?where=WY").text, "agency")


def test_carol_verifies_a_row_and_it_says_by_whom_and_when(site: Site, carol: Visitor) -> None:
    answer = carol.post("/facts", **AGENCY, expires="")

    assert answer.headers["location"] == "/facts?where=FL&verified=agency#agency"
    assert (kept(site, "agency/FL").verified_by, kept(site, "agency/FL").expires) == ("carol", date(2027, 11, 23))
    page = carol.get("/facts?where=FL&verified=agency").text
    assert "1 of 6 verified" in page
    assert "Verified: drafts print it Verified today by carol, good until Tuesday, Nov. 23, 2027" in row(page, "agency")
    assert "It is verified; new drafts print it." in row(page, "agency")
    assert 'value="floridajobs.org/about"' in page


def test_the_page_says_verified_only_of_what_is(carol: Visitor) -> None:
    assert "It is verified" not in carol.get("/facts?where=FL&verified=agency").text


def test_carol_corrects_a_number_with_a_last_day_of_her_own(site: Site, carol: Visitor) -> None:
    form = {"name": "appeal_window", "where": "FL", "value": "21 days from mailing", "source": "floridajobs.org"}

    assert carol.post("/facts", **form, expires="2026-12-31").status_code == 303

    assert kept(site, "appeal_window/FL").value == "21 days from mailing"
    assert kept(site, "appeal_window/FL").expires == date(2026, 12, 31)


def test_expired_rows_come_first_and_are_named_on_every_page(site: Site, carol: Visitor) -> None:
    for name, value in (("max_weeks", "12 weeks"), ("appeal_window", "20 days")):
        facts.verify(site.desk, CAROL, name, "FL", value=value, source="there", expires=date(2026, 11, 23))
    facts.verify(site.desk, CAROL, "agency", "FL", value="FloridaCommerce", source="there")
    assert "To be checked again" not in carol.get("/facts?where=FL").text

    site.clock.forward(days=1)
    carol = site.signed_in("carol")
    page = carol.get("/facts?where=FL").text
    assert order(page)[:3] == ["appeal_window", "max_weeks", "agency"]
    assert "To be checked again: no draft prints it" in row(page, "max_weeks")
    elsewhere = carol.get("/facts?where=GA").text
    assert '<a href="/facts?where=FL#max_weeks">Weeks of benefits, at most, Florida</a>' in elsewhere

    site.clock.forward(days=365)
    page = site.signed_in("carol").get("/facts?where=FL").text
    assert "To be checked again: replies that print it wait" in row(page, "agency")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": " "}, "There is no value."),
        ({"source": ""}, "There is no source."),
        ({"expires": "soon"}, "That is not a day."),
        ({"expires": "2020-01-01"}, "is over."),
        ({"name": "agencies"}, "There is no fact named"),
        ({"name": "appeal_window", "value": "20"}, "is not a number with what it counts"),
    ],
)
def test_what_is_refused_is_said_and_what_carol_typed_stays(
    site: Site, carol: Visitor, changes: dict[str, str], words: str
) -> None:
    answer = carol.post("/facts", **{**AGENCY, "source": "<my own page>", **changes})

    assert answer.status_code == 409
    assert words in answer.text
    assert facts.book(site.desk) == site.desk.facts
    if "name" not in changes and "source" not in changes:
        assert "<details open>" in answer.text
        assert 'value="&lt;my own page&gt;"' in answer.text


def test_ali_may_look_but_not_verify(site: Site, ali: Visitor) -> None:
    page = ali.get("/facts?where=FL")
    assert page.status_code == 200
    assert "An editor verifies and corrects them." in page.text
    assert 'name="value"' not in page.text

    answer = ali.post("/facts", **AGENCY)
    assert answer.status_code == 403
    assert "Next: ask an editor" in answer.text
    assert kept(site, "agency/FL").verified_on is None


def test_ana_is_sent_to_somebody_else(site: Site, ana: Visitor) -> None:
    assert ana.get("/facts").status_code == 403
    assert ana.post("/facts", **AGENCY).status_code == 403
    assert 'href="/facts"' not in ana.get("/").text
    assert kept(site, "agency/FL").verified_on is None


def test_the_way_to_the_facts_stands_on_every_page(ali: Visitor) -> None:
    assert '<a href="/facts">Facts</a>' in ali.get("/").text
    assert '<a href="/facts">Facts</a>' in ali.get("/letters/1").text


def test_signing_in_leads_back_to_the_facts(site: Site) -> None:
    stranger = site.stranger()
    assert stranger.get("/facts").headers["location"] == "/sign-in?next=/facts"
    assert stranger.sign_in("ali", next_page="/facts").headers["location"] == "/facts"


@pytest.mark.parametrize("where", ["XX", "", "<script>"])
def test_there_is_no_page_for_what_is_no_state(carol: Visitor, where: str) -> None:
    assert carol.client.get("/facts", params={"where": where}).status_code == 404
    assert carol.post("/facts", **{**AGENCY, "where": where}).status_code == 409


def test_mallory_cannot_verify_with_a_form_of_her_own(site: Site, carol: Visitor) -> None:
    assert carol.client.post("/facts", data={**AGENCY, "token": "0" * 64}).status_code == 403
    stranger = site.stranger().client.post("/facts", data=AGENCY)
    assert stranger.headers["location"] == "/sign-in"
    other = token_of(site.signed_in("ali").get("/"))
    assert carol.client.post("/facts", data={**AGENCY, "token": other}).status_code == 403
    assert kept(site, "agency/FL").verified_on is None


def test_what_carol_writes_is_shown_as_text(carol: Visitor) -> None:
    carol.post("/facts", **{**AGENCY, "value": "<b>Florida</b> & Co", "source": "<script>alert(1)</script>"})

    page = carol.get("/facts?where=FL").text
    assert "&lt;b&gt;Florida&lt;/b&gt; &amp; Co" in page
    assert "<script>alert" not in page


@pytest.fixture
def page(chromium: Browser, site: Site, carol: Visitor) -> Iterator[Page]:
    """carol's browser, signed in, as wide as a telephone. Any message on its console fails the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=site.url)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: None if hasty(message.text) else trouble.append(message.text))
    page.goto("/facts")
    page.get_by_label("Name").fill("carol")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    yield page
    context.close()
    assert trouble == []


def test_carol_verifies_on_her_telephone(site: Site, page: Page) -> None:
    page.get_by_label("Facts for").select_option("Florida")
    page.get_by_role("button", name="Show").click()
    fact = page.locator("#agency_site")
    fact.get_by_text("Verify or correct it").click()
    fact.get_by_label("The page where you found it today").fill("floridajobs.org")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    fact.get_by_role("button", name="I have checked this").click()

    expect(fact.get_by_role("status")).to_be_in_viewport()
    expect(fact).to_contain_text("Verified today by carol")
    assert kept(site, "agency_site/FL").source == "floridajobs.org"


# ------------------------------------------------------------------ withdrawn and brought back


def test_carol_withdraws_a_fact_and_drafts_do_without_it(site: Site, carol: Visitor) -> None:
    assert "agency" in facts.book(site.desk).printable("FL", NOON.date())
    answer = carol.post("/facts/withdraw", name="agency", where="FL", why="renamed, and nobody says to what")

    assert answer.headers["location"] == "/facts?where=FL&withdrawn=agency#agency"
    assert "agency" not in facts.book(site.desk).printable("FL", NOON.date())
    shown = row(carol.get("/facts?where=FL&withdrawn=agency").text, "agency")
    assert "Nobody knows it any more, so drafts do without it Withdrawn today by carol" in shown
    assert "Why: renamed, and nobody says to what" in shown
    assert "It is withdrawn; new drafts do without it." in shown
    assert "0 of 6 verified" in carol.get("/facts?where=FL").text


def test_a_reason_is_asked_for_and_stays(site: Site, carol: Visitor) -> None:
    answer = carol.post("/facts/withdraw", name="agency", where="FL", why=" ")
    assert answer.status_code == 409
    assert "There is no reason." in answer.text
    assert "<details open>\n        <summary>Nobody knows it any more</summary>" in answer.text
    assert facts.book(site.desk) == site.desk.facts


def test_the_history_of_a_fact_is_shown_and_any_entry_counts_again(site: Site, carol: Visitor) -> None:
    assert "/facts/FL/agency" not in carol.get("/facts?where=FL").text
    carol.post("/facts", **AGENCY)
    carol.post("/facts", **{**AGENCY, "value": "Florida Commerce"})
    carol.post("/facts/withdraw", name="agency", where="FL", why="renamed")
    assert 'href="/facts/FL/agency"' in carol.get("/facts?where=FL").text

    page = carol.get("/facts/FL/agency").text
    assert page.index("nobody knows it") < page.index("Florida Commerce") < page.index("<b>FloridaCommerce</b>")
    first = facts.history(site.desk, "agency", "FL")[2].id
    answer = carol.post("/facts/again", name="agency", where="FL", entry=str(first))
    assert answer.headers["location"] == "/facts?where=FL&back=agency#agency"
    assert (kept(site, "agency/FL").value, kept(site, "agency/FL").verified_by) == ("FloridaCommerce", "carol")
    carol.post("/facts/again", name="agency", where="FL", entry="0")
    assert kept(site, "agency/FL") == site.desk.facts.facts["agency/FL"]
    assert [entry.what for entry in house.log(site.desk.db, 5)] == [
        "put back the fact agency/FL, as the file has it",
        "put back the fact agency/FL: FloridaCommerce",
        "withdrew the fact agency/FL: renamed",
        "verified the fact agency/FL: Florida Commerce",
        "verified the fact agency/FL: FloridaCommerce",
    ]
    for entry in ("0", "", "x", "999"):
        assert carol.post("/facts/again", name="agency", where="FL", entry=entry).status_code == 409


def test_only_an_editor_withdraws_and_brings_back(site: Site, carol: Visitor, ali: Visitor, ana: Visitor) -> None:
    carol.post("/facts", **AGENCY)
    for visitor in (ali, ana):
        assert visitor.post("/facts/withdraw", name="agency", where="FL", why="mine").status_code == 403
        assert visitor.post("/facts/again", name="agency", where="FL", entry="0").status_code == 403
    assert ali.get("/facts/FL/agency").status_code == 200
    assert ana.get("/facts/FL/agency").status_code == 403
    assert carol.get("/facts/FL/nothing").status_code == 404
    assert kept(site, "agency/FL").verified_by == "carol"
