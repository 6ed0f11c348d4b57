"""The desk in the browser, really served on loopback, with letters that went the real way to it."""

import asyncio
import itertools
import os
import re
import shutil
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html import unescape

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, ViewportSize, sync_playwright
from starlette.types import ASGIApp

from tests.cast import NOON, TestClock, WordAssessor, mail, mailbox_with, make_desk
from triage import passwords
from triage.desk import Desk, collecting, reading, sending
from triage.outbox.webhook import HttpCaller
from triage.ports import Outbox
from triage.records import Dossier, Receipt, Reply
from triage.stages import Role
from triage.store import letters, people
from triage.web import create_app

PASSWORD = "a good password"
DESK: ViewportSize = {"width": 1280, "height": 900}
TELEPHONE: ViewportSize = {"width": 390, "height": 844}
FORM_TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')
TEXT_BOX = re.compile(r"<textarea[^>]*>\n(.*?)</textarea>", re.DOTALL)
CHROMIUM = "/usr/bin/chromium"
HASTE = (  # what a console says of tests that are faster than people
    "Autofocus processing was blocked",  # somebody types before the browser has put the cursor there
    'EventSource\'s response has a MIME type ("text/html")',  # somebody signs out while a page begins to listen
)
CHROMIUM_ARGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
UNUSED = ssl.create_default_context()  # all is plain http here, and to make one for each client takes its time
_folders = itertools.count(1000)


@dataclass
class Site:
    """A desk and where it is served."""

    desk: Desk
    clock: TestClock
    app: FastAPI
    url: str
    woken: list[str]
    clients: list[httpx2.Client] = field(default_factory=list)

    def bring(self, *messages: bytes) -> None:
        """Let letters arrive, be read and be drafted."""
        box = mailbox_with(*messages)
        box.uidvalidity = next(_folders)
        collecting.collect(self.desk, box)
        reading.assess(self.desk)
        reading.draft(self.desk)

    def letter(self, letter_id: int = 1) -> Dossier:
        return letters.dossier(self.desk.db, letter_id)

    def send(self, outbox: Outbox) -> None:
        sending.send(self.desk, lambda _account: outbox)

    def stranger(self) -> "Visitor":
        """A browser that nobody has signed in with."""
        client = httpx2.Client(base_url=self.url, trust_env=False, timeout=60, verify=UNUSED)
        self.clients.append(client)
        return Visitor(client)

    def with_cookie(self, token: str) -> "Visitor":
        """A browser that brings this cookie along."""
        visitor = self.stranger()
        visitor.client.cookies.set("triage", token, domain="127.0.0.1", path="/")
        return visitor

    def signed_in(self, name: str) -> "Visitor":
        visitor = self.stranger()
        assert visitor.sign_in(name).headers["location"] == "/"
        return visitor


@dataclass
class Visitor:
    """Somebody with a browser."""

    client: httpx2.Client

    def get(self, path: str) -> httpx2.Response:
        return self.client.get(path)

    def sign_in(self, name: str, password: str = PASSWORD, next_page: str = "/") -> httpx2.Response:
        fields = {"name": name, "password": password, "next": next_page}
        return self.client.post("/sign-in", data=fields | {"token": token_of(self.get("/sign-in"))})

    def post(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form with the token that this visitor's pages carry."""
        return self.client.post(path, data=fields | {"token": token_of(self.get("/"))})


class TakingOutbox:
    """Takes every reply, or loses the line after the body where `loses` is set."""

    def __init__(self, *, loses: bool = False) -> None:
        self.loses = loses
        self.taken: list[Reply] = []

    def send(self, reply: Reply, begin_data: Callable[[], None]) -> Receipt:
        begin_data()
        self.taken.append(reply)
        if self.loses:
            raise ConnectionError("the line went dead")
        return Receipt(code=250, text="2.0.0 Ok: queued as 4F2A")

    def close(self) -> None:
        """Nothing is held open."""


def token_of(page: httpx2.Response) -> str:
    """The token in the forms of a page."""
    found = FORM_TOKEN.search(page.text)
    assert found is not None, f"no form on {page.url}"
    return found.group(1)


def text_of(page: httpx2.Response) -> str:
    """What stands in the page's text box."""
    found = TEXT_BOX.search(page.text)
    assert found is not None
    return unescape(found.group(1))


def signable(site: Site, letter_id: int = 1) -> dict[str, str]:
    """A form with a text that nothing stands in the way of."""
    draft = site.letter(letter_id).draft
    base = str(draft.revision) if draft else "0"
    return {"base": base, "subject": "Re: Thursday", "body": "Go to the interview.\n\nCarol Reyes"}


@pytest.fixture
def voice() -> str:
    """The voice that drafts are written in; empty: the one that leaves a line for the person's own words."""
    return "plain"


@pytest.fixture
def assessor() -> WordAssessor:
    """Who reads the letters."""
    return WordAssessor()


@pytest.fixture(scope="session")
def caller() -> HttpCaller:
    """Calls the webhooks."""
    return HttpCaller()


@pytest.fixture
def empty_site(sqlite_url: str, voice: str, assessor: WordAssessor, caller: HttpCaller) -> Iterator[Site]:
    """A desk without people and letters, served on loopback."""
    clock = TestClock()
    desk = replace(make_desk(sqlite_url, clock=clock, voice=voice), assessor=assessor)
    woken: list[str] = []
    app = create_app(desk, secure_cookies=False, wake=woken.append, caller=caller)
    with Served(app) as url:
        site = Site(desk, clock, app, url, woken)
        yield site
        for client in site.clients:
            client.close()
    desk.db.close()


@pytest.fixture(scope="session")
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def site(empty_site: Site, password_hash: str) -> Site:
    """A desk with ali and ana and one letter from rosa, number 1, drafted."""
    for name, role in (("ali", Role.ADVISOR), ("ana", Role.APPRENTICE)):
        people.add(empty_site.desk.db, name, role, password_hash, NOON)
    empty_site.bring(mail())
    return empty_site


@pytest.fixture
def ali(site: Site) -> Visitor:
    """An advisor, signed in."""
    return site.signed_in("ali")


@pytest.fixture
def ana(site: Site) -> Visitor:
    """An apprentice, signed in."""
    return site.signed_in("ana")


class Attentive(uvicorn.Server):
    """Stops when it is told to; uvicorn looks ten times a second."""

    async def main_loop(self) -> None:
        while not self.should_exit:
            await asyncio.sleep(0.005)


class Served:
    """uvicorn in a thread, on any free port."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, log_config=None, access_log=False, ws="none", lifespan="off"
        )
        self.server = Attentive(config)
        self.thread = threading.Thread(target=self.server.run, name="desk", daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive(), "the desk did not start"
            time.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; without one the test is skipped, or fails where CI is set and nothing may be skipped.

    One for each file of tests: while Playwright is open, nothing else in its thread can run an event loop.
    """
    if shutil.which(CHROMIUM) is None:
        missing = "Chromium is not installed. Next: apt-get install --no-install-recommends chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    args = [*CHROMIUM_ARGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    """ali's browser, signed in. Any message on its console and any dialog fails the test."""
    context = chromium.new_context(viewport=DESK, base_url=site.url)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: None if hasty(message.text) else trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: refuse(dialog, trouble))
    page.goto("/")
    page.get_by_label("Name").fill("ali")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    yield page
    context.close()
    assert trouble == []


class Seats:
    """Browsers of people who are signed in. Anything on a console and any dialog is trouble, unless it is foretold."""

    def __init__(self, chromium: Browser, site: Site) -> None:
        self._chromium, self._site = chromium, site
        self._contexts: list[BrowserContext] = []
        self.trouble: list[str] = []

    def __call__(self, name: str, *, size: ViewportSize = DESK, touch: bool = False, foretold: str = "\0") -> Page:
        """A page of somebody's own browser. What its console says with `foretold` in it is no trouble."""
        context = self._chromium.new_context(viewport=size, base_url=self._site.url, has_touch=touch)
        self._contexts.append(context)
        if name:
            session = self._site.signed_in(name).client.cookies["triage"]
            context.add_cookies([{"name": "triage", "value": session, "url": self._site.url}])
        page = context.new_page()
        page.on("console", lambda message: self._heard(message.text, foretold))
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        return page

    def _heard(self, text: str, foretold: str) -> None:
        if foretold not in text and not hasty(text):
            self.trouble.append(text)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def seat(chromium: Browser, site: Site) -> Iterator[Seats]:
    """Seats people at the desk, each with a browser of their own: `seat("ana")`."""
    seats = Seats(chromium, site)
    yield seats
    seats.close()
    assert seats.trouble == []


def hasty(text: str) -> bool:
    """Whether a console says only that the test was faster than a person."""
    return any(said in text for said in HASTE)


def refuse(dialog: Dialog, seen: list[str]) -> None:
    """Dismiss a dialog and note what kind it was."""
    seen.append(dialog.type)
    dialog.dismiss()
