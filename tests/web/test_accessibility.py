"""Every page, looked at by axe in light and dark and measured at the width of a telephone."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.cast import ALI, NOON, mail
from tests.web.conftest import DESK, PASSWORD, TELEPHONE, Site, TakingOutbox
from triage.desk import deciding
from triage.stages import Role, Stage
from triage.store import letters, people

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BODIES = {
    "drafted": "May I pull out of the interview? And would it hurt my unemployment?",
    "held": "There is no point anymore.",
    "aside": "The digest of the week",
    "stuck": "This will explode.",
    "declined": "May I pull out on Thursday?",
    "approved": "May I pull out on Friday?",
    "answered": "May I pull out on Saturday?",
    "unknown": "May I pull out on Sunday?",
    "let_go": "May I pull out on Monday?",
}
"""A letter for each stage, by the words that bring it there; they are numbered from 2."""
NUMBERS = {stage: number for number, stage in enumerate(BODIES, 2)}
PAGES = {
    "/": ["/"],
    "/lists/{name}": [f"/lists/{name}" for name in ("on-its-way", "answered", "set-aside", "let-go")],
    "/search": ["/search?q=pull", "/search?q=nothing-like-it"],
    "/letters/{letter_id:int}": [
        *(f"/letters/{number}" for number in NUMBERS.values()),
        f"/letters/{NUMBERS['drafted']}?formatted=1",
        "/letters/999",
    ],
    "/letters/{letter_id:int}/revisions/{revision:int}": [f"/letters/{NUMBERS['declined']}/revisions/1"],
    "/figures": ["/figures"],
    "/learning": ["/learning"],
    "/templates": ["/templates"],
    "/templates/{name}": ["/templates/withdrawing"],
    "/templates/{name}/versions/{version:int}": ["/templates/withdrawing/versions/0"],
    "/voices": ["/voices"],
    "/voices/{name}": ["/voices/plain"],
    "/facts": ["/facts?where=FL"],
    "/facts/{where}/{name}": ["/facts/FL/agency"],
    "/people": ["/people"],
    "/settings": ["/settings"],
    "/sending": ["/sending"],
    "/webhooks": ["/webhooks"],
    "/me": ["/me"],
    "/me/second-factor": ["/me/second-factor"],
    "/me/tokens": ["/me/tokens"],
}
NO_PAGES = re.compile(
    r"/(api|static|live|healthz|readyz|sign-in/(with|back))|.*/(html|source)|.*\.(csv|svg)|/letters/\{letter_id:int\}/attachments"
)
BEFORE_SIGNING_IN = {"/sign-in", "/sign-in/code", "/sign-in/second-factor", "/welcome/{token}"}


@pytest.fixture
def full_site(site: Site, password_hash: str) -> Site:
    """The desk with carol, an editor, and a letter in every stage."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON)
    desk = site.desk
    for stage, body in BODIES.items():
        site.bring(mail(body, subject=f"A letter that is {stage}", message_id=f"<{stage}@x.example>"))
    deciding.decline(desk, NUMBERS["declined"], ALI, "too stiff")
    deciding.let_go(desk, NUMBERS["let_go"], ALI, "answered in the column")
    for stage, loses in (("answered", False), ("unknown", True)):
        deciding.approve(desk, NUMBERS[stage], ALI)
        site.clock.forward(seconds=20)
        site.send(TakingOutbox(loses=loses))
    deciding.approve(desk, NUMBERS["approved"], ALI)
    for stage, number in NUMBERS.items():
        assert letters.dossier(desk.db, number).slip.stage == Stage(stage)
    return site


def test_every_page_is_looked_at(site: Site) -> None:
    pages = {
        route.path for route in site.app.routes if "GET" in getattr(route, "methods", ()) and hasattr(route, "path")
    }
    known = {*PAGES, *BEFORE_SIGNING_IN}
    assert {path for path in pages - known if not NO_PAGES.fullmatch(path) and not NO_PAGES.match(path)} == set()
    assert known - pages == set()


@pytest.fixture
def reader(chromium: Browser, full_site: Site) -> Iterator[Page]:
    """carol's browser, signed in."""
    context = chromium.new_context(viewport=DESK, base_url=full_site.url)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Name").fill("carol")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(full_site.url + "/")
    yield page
    context.close()


def unfold(page: Page) -> None:
    """Open everything that is folded."""
    page.evaluate("document.querySelectorAll('main details').forEach((fold) => { fold.open = true; })")


def faults(page: Page) -> list[str]:
    """What axe finds on the page, one line for each place."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(reader: Page, scheme: Literal["light", "dark"]) -> None:
    reader.emulate_media(color_scheme=scheme)
    trouble = {}
    for address in (address for addresses in PAGES.values() for address in addresses):
        reader.goto(address)
        unfold(reader)
        if found := faults(reader):
            trouble[address] = found
    reader.goto("/")
    reader.keyboard.press("?")
    if found := faults(reader):
        trouble["keys"] = found
    assert trouble == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_before_signing_in(
    chromium: Browser, full_site: Site, scheme: Literal["light", "dark"]
) -> None:
    context = chromium.new_context(viewport=DESK, base_url=full_site.url, color_scheme=scheme)
    page = context.new_page()
    trouble = {}
    for address in ("/sign-in", "/sign-in?next=/letters/2", "/welcome/not-a-link"):
        page.goto(address)
        if found := faults(page):
            trouble[address] = found
    context.close()
    assert trouble == {}


def test_nothing_runs_out_of_a_telephone(reader: Page) -> None:
    reader.set_viewport_size(TELEPHONE)
    wide = {}
    for address in (address for addresses in PAGES.values() for address in addresses):
        reader.goto(address)
        unfold(reader)
        width = reader.evaluate("document.scrollingElement.scrollWidth")
        if width > TELEPHONE["width"]:
            wide[address] = width
    assert wide == {}
