"""The queue in the browser: at a glance, narrowed, searched, in pages, and where one stopped."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from tests.cast import NOON, mail
from tests.test_finding import HOSTILE
from tests.web.conftest import TELEPHONE, Site, TakingOutbox, Visitor, signable
from triage.stages import Stage
from triage.store import tables
from triage.store.places import place

EVIL = "<script>alert(1)</script> <mark>plum</mark> \x02<img src=x>\x03"
ROW = re.compile(r'<a href="/letters/(\d+)" data-row')


def put(site: Site, letter_id: int, **values: Any) -> None:
    """Change columns of a letter, and its place with them."""
    with site.desk.db.write("test") as connection:
        here = tables.letters.c.id == letter_id
        connection.execute(sa.update(tables.letters).where(here).values(**values))
        row = connection.execute(sa.select(tables.letters).where(here)).one()
        at = place(risk=row.risk, urgency=row.urgency, deadline=row.deadline, received_at=row.received_at)
        connection.execute(sa.update(tables.letters).where(here).values(place=at))


def many(site: Site, count: int) -> None:
    """Copies of letter 1, each a minute younger."""
    with site.desk.db.write("test") as connection:
        row = dict(connection.execute(sa.select(tables.letters)).mappings().one())
        for number in range(2, count + 1):
            at = NOON + timedelta(minutes=number)
            new = {"id": number, "digest": str(number), "received_at": at, "message_id": f"<{number}@reader.example>"}
            new["place"] = place(risk="R0", urgency="U1", deadline=None, received_at=at)
            connection.execute(sa.insert(tables.letters).values(row | new))
            topics = [{"letter_id": number, "topic": topic} for topic in row["topics"]]
            connection.execute(sa.insert(tables.letter_topics), topics)


def shown(visitor: Visitor, path: str) -> list[int]:
    """The letters of a list, in their order."""
    page = visitor.get(path)
    assert page.status_code == 200, path
    return [int(number) for number in ROW.findall(page.text)]


def link(visitor: Visitor, path: str, words: str) -> str:
    """Where a link of a page leads."""
    for address, inside in re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>(.*?)</a>', visitor.get(path).text, re.DOTALL):
        if words in " ".join(re.sub(r"<[^>]+>", "", inside).split()):
            return unescape(address)
    raise AssertionError(f"no link {words!r} on {path}")


# ------------------------------------------------------------------ at a glance


def test_a_line_says_who_sees_to_the_letter_and_why_it_waits(site: Site, ali: Visitor) -> None:
    site.bring(
        *(
            mail(f"Letter {number}", subject=f"Letter {number}", message_id=f"<{number}@x.example>")
            for number in range(5)
        )
    )
    put(site, 2, stage=Stage.UNKNOWN, reason="Perhaps it went out. Next: look in the Sent folder.")
    put(site, 3, stage=Stage.HELD, risk="R3", reason="says that there is no point")
    put(site, 4, stage=Stage.HELD, risk="R2", taken_by="ana")
    put(site, 5, assigned_to="ali", urgency="U3")
    put(site, 6, assigned_to="ana")

    page = ali.get("/").text
    rows = {
        int(row.group(1)): row.group(0) for row in re.finditer(r'/letters/(\d+)" data-row.*?</li>', page, re.DOTALL)
    }

    assert list(rows) == [3, 4, 2, 5, 1, 6]
    assert "Perhaps it went out. Next: look in the Sent folder." in rows[2]
    assert "perhaps sent" in rows[2]
    assert "nobody looks after it yet" in rows[3]
    assert "ana looks after it" in rows[4]
    assert "nobody" not in rows[4]
    assert "for you" in rows[5]
    assert "today" in rows[5]
    assert "for ana" in rows[6]
    assert "for " not in rows[1]


def test_the_page_is_drawn_anew_in_its_parts(ali: Visitor) -> None:
    for path in ("/", "/lists/answered", "/search?q=interview"):
        page = ali.get(path).text
        assert 'id="list" data-live' in page
        assert 'id="tabs" data-live' in page


def test_mail_that_was_set_aside_has_no_deadline_and_what_is_to_be_read_stands_first(site: Site, ali: Visitor) -> None:
    kinds = ("newsletter", "out_of_office", "column_feedback", "letter")
    site.bring(*(mail(kind, subject=kind, message_id=f"<{kind}@x.example>") for kind in kinds))
    for number, kind in enumerate(kinds, 2):
        put(site, number, stage=Stage.ASIDE, kind=kind, deadline=date(2026, 11, 29), urgency="U3")

    page = ali.get("/lists/set-aside").text

    assert shown(ali, "/lists/set-aside") == [4, 5, 3, 2]
    assert re.findall(r"<h2>(.*?)</h2>", page[page.index('id="list"') : page.index("<footer")]) == [
        "For you to read",
        "Set aside by hand",
        "Automatic replies and delivery reports",
        "Bulk mail and junk",
    ]
    assert "Nov. 29" not in page and "today" not in page


def test_an_answered_letter_says_when_and_by_whom_and_nothing_is_urgent_any_more(site: Site, ali: Visitor) -> None:
    put(site, 1, urgency="U3", deadline=date(2026, 11, 24))
    assert '<span class="loud">today</span>' in ali.get("/").text
    ali.post("/letters/1/approve", **signable(site))
    site.clock.forward(hours=2)
    site.send(TakingOutbox())

    page = ali.get("/lists/answered").text
    assert "<span>answered today at 9:00 AM, by ali</span>" in page
    assert '<span class="loud">today</span>' not in page and "Nov. 24" not in page
    assert '<span class="loud">today</span>' not in ali.get("/search?q=interview").text


# ------------------------------------------------------------------ filters


def test_filters_are_an_address_and_come_off_one_by_one(site: Site, ali: Visitor) -> None:
    site.bring(
        mail("About my unemployment", subject="Hello", message_id="<2@x.example>"),
        mail("May I pull out?", message_id="<3@x.example>"),
    )
    put(site, 3, assigned_to="ali")

    assert shown(ali, "/?topic=withdrawing") == [1, 3]
    assert shown(ali, "/?topic=withdrawing&person=me") == [3]
    assert shown(ali, "/?person=nobody") == [1, 2]
    assert shown(ali, "/?person=ana") == []
    page = ali.get("/?topic=withdrawing&person=me").text
    assert '<option value="withdrawing" selected>' in page
    assert link(ali, "/?topic=withdrawing&person=me", "Take off the filter Topic: Withdrawing") == "/?person=me"
    assert link(ali, "/?topic=withdrawing&person=me", "Who sees to it: I do") == "/?topic=withdrawing"
    assert link(ali, "/?person=me", "Take off the filter") == "/"
    assert link(ali, "/?topic=withdrawing", "For me") == "/?topic=withdrawing&person=me"


def test_where_nothing_fits_the_page_says_what_to_do(ali: Visitor) -> None:
    page = ali.get("/?risk=R3").text
    assert "No letter here fits this filter. Take it off, or" in page
    assert link(ali, "/?risk=R3", "show all of the list") == "/"
    assert "No letter here fits all of these filters. Take one off" in ali.get("/lists/let-go?risk=R3&person=me").text


@pytest.mark.parametrize("value", ["nonsense", "%00", "%ff", "'", "<b>", "x" * 10_000])
def test_a_filter_that_does_not_exist_is_no_filter(ali: Visitor, value: str) -> None:
    names = ("topic", "inbox", "person", "risk", "after")
    assert shown(ali, "/?" + "&".join(f"{name}={value}" for name in names)) == [1]
    assert shown(ali, "/?stage=nonsense") == [1]


# ------------------------------------------------------------------ pages


def test_a_long_queue_comes_in_pages_of_fifty(site: Site, ali: Visitor) -> None:
    many(site, 120)

    first, path = shown(ali, "/"), link(ali, "/", "Next 50")
    second, path = shown(ali, path), link(ali, path, "Next 50")
    third = shown(ali, path)

    assert first + second + third == list(range(1, 121))
    assert "Next 50" not in ali.get(path).text
    assert link(ali, path, "From the beginning") == "/"
    narrowed = link(ali, "/?topic=withdrawing", "Next 50")
    assert narrowed.startswith("/?topic=withdrawing&after=")
    assert link(ali, narrowed, "From the beginning") == "/?topic=withdrawing"


def test_the_answered_stand_the_newest_first_and_in_pages_too(site: Site, ali: Visitor) -> None:
    many(site, 60)
    with site.desk.db.write("test") as connection:
        connection.execute(sa.update(tables.letters).values(stage=Stage.ANSWERED))

    assert shown(ali, "/lists/answered") == list(range(60, 10, -1))
    assert shown(ali, link(ali, "/lists/answered", "Next 50")) == list(range(10, 0, -1))


# ------------------------------------------------------------------ search


def test_what_is_found_shows_the_words_the_stage_and_the_day(site: Site, ali: Visitor) -> None:
    put(site, 1, stage=Stage.ANSWERED, received_at=NOON - timedelta(days=3))

    page = ali.get("/search?q=accounting").text

    assert "1 letter has this word." in page
    assert "<mark>accounting</mark> experience" in page
    assert "<span>answered</span>" in page
    assert "Friday, Nov. 20" in page
    assert "rosa@reader.example" in page
    assert 'value="accounting"' in page
    assert shown(ali, "/search?q=rosa%40reader.example") == [1]


def test_a_search_keeps_the_filters_and_the_filters_the_search(site: Site, ali: Visitor) -> None:
    site.bring(mail("My interview, and unemployment", subject="Hello", message_id="<2@x.example>"))

    assert sorted(shown(ali, "/search?q=interview")) == [1, 2]
    assert shown(ali, "/search?q=interview&topic=withdrawing") == [1]
    assert link(ali, "/search?q=interview&topic=withdrawing", "Topic: Withdrawing") == "/search?q=interview"
    assert link(ali, "/search?q=interview", "For me") == "/search?q=interview&person=me"
    assert link(ali, "/search?q=interview&person=me", "Search all letters") == "/search?q=interview"
    assert "No letter has this word." in ali.get("/search?q=zebra").text
    assert "Write a word, a name or an address above." in ali.get("/search").text


def test_what_was_found_comes_in_pages(site: Site, ali: Visitor) -> None:
    site.bring(*(mail(f"A plum, {number}", message_id=f"<p{number}@x.example>") for number in range(45)))
    path, found = "/search?q=plum", []
    for _ in range(2):
        found += shown(ali, path)
        path = link(ali, path, "More letters")
    found += shown(ali, path)
    assert sorted(found) == list(range(2, 47))
    assert link(ali, path, "From the beginning") == "/search?q=plum"


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_search_is_a_search(ali: Visitor, words: str) -> None:
    asked = words.encode("utf-8", "surrogatepass")
    page = ali.client.get("/search", params={"q": asked, "after": words[:50].encode("utf-8", "replace")})
    assert page.status_code == 200
    assert "Search letters and replies" in page.text


def test_what_mallory_wrote_is_found_and_never_run(site: Site, ali: Visitor) -> None:
    site.bring(mail(f"{EVIL} plum", subject=EVIL, sender=f'"{EVIL}" <m@evil.example>', message_id="<2@evil.example>"))

    page = ali.client.get("/search", params={"q": f"plum {EVIL}"}).text + ali.get("/search?q=plum").text

    assert "&lt;script&gt;" in page
    assert "&lt;mark&gt;<mark>plum</mark>&lt;/mark&gt;" in page
    for gone in ("<script>alert", "<img", "\x02", "\x03"):
        assert gone not in page


# ------------------------------------------------------------------ where one stopped


def test_ana_stops_and_finds_her_place_the_next_day(site: Site, ana: Visitor, ali: Visitor) -> None:
    many(site, 120)
    site.clock.forward(hours=10, minutes=10)
    page = ana.get("/").text
    assert 'action="/letters/50/stop-here"' in page  # the last one that was seen
    assert "You stopped" not in page

    assert ana.post("/letters/50/stop-here").headers["location"] == "/"
    site.clock.forward(hours=11)
    site.bring(mail(message_id="<new@reader.example>"))
    put(site, 121, received_at=site.clock())

    page = ana.get("/").text
    assert "You stopped yesterday at 5:10 PM. 1 new letter came since." in page
    assert page.index('href="/letters/50"') < page.index("You stopped here (yesterday at 5:10 PM)")
    assert link(ana, "/", "Go on from there") == "#stopped"
    then = link(ana, "/", "Next 50")
    page = ana.get(then).text
    assert page.index("You stopped here") < page.index('href="/letters/51"')
    put(site, 50, stage=Stage.APPROVED)  # what is signed leaves the queue; its place stays
    ana.post("/letters/60/stop-here")
    assert "You stopped here" not in ana.get("/").text
    assert shown(ana, link(ana, "/", "Go on from there").removesuffix("#stopped"))[0] == 61
    put(site, 60, stage=Stage.ANSWERED)
    page = ana.get(then).text
    assert page.index('href="/letters/59"') < page.index("You stopped here") < page.index('href="/letters/61"')
    assert "You stopped" not in ali.get("/").text


def test_one_can_stop_at_the_foot_of_a_letter_too(ana: Visitor) -> None:
    page = ana.get("/letters/1").text
    assert 'action="/letters/1/stop-here"' in page
    assert 'data-key="b"' in page


def test_one_can_only_stop_at_a_letter_and_only_with_a_form_of_the_desk(site: Site, ana: Visitor) -> None:
    assert ana.post("/letters/99/stop-here").status_code == 404
    assert ana.post("/letters/99999999999999999999999/stop-here").status_code == 404
    assert ana.client.post("/letters/1/stop-here", data={"token": "x"}).status_code == 403
    assert site.stranger().client.post("/letters/1/stop-here", data={"x": "1"}).headers["location"] == "/sign-in"
    assert "You stopped" not in ana.get("/").text


# ------------------------------------------------------------------ in the browser


def test_the_keys_lead_to_the_search_and_through_the_letters(site: Site, page: Page) -> None:
    site.bring(mail("Another", subject="Another one", message_id="<2@x.example>"))
    page.goto("/")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Pulling out of the process")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("accounting")
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_have_text("accounting")
    page.get_by_role("group").get_by_text("Filters").click()
    page.get_by_label("Topic").select_option("unemployment")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="Take off the filter Topic: Unemployment")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("accounting")


def test_at_a_telephones_width_nothing_overflows_and_everything_can_be_hit(site: Site, page: Page) -> None:
    many(site, 60)
    put(site, 1, subject="Unterhaltungselektronikfachverkäuferin" * 4, sender_email="r" * 80 + "@reader.example")
    page.set_viewport_size(TELEPHONE)
    for path in ("/?topic=withdrawing&person=nobody", "/search?q=interview", "/?risk=R3"):
        page.goto(path)
        page.locator("summary").first.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"], path
        for control in page.locator("main :is(button, select, input, summary, .on a, .pages a, .mine, .tabs a)").all():
            if control.is_visible():
                box = control.bounding_box()
                assert box is not None
                assert box["height"] >= 44, (path, control.inner_html())
