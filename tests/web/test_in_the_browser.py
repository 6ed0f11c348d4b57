"""The desk as a person sees it, in a headless Chromium."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.cast import mail
from tests.web.conftest import DESK, PASSWORD, TELEPHONE, Served, Site, TakingOutbox, refuse
from triage.stages import Stage
from triage.web.letters.frames import FRAME_HEADERS


class Counter:
    """A server on loopback that counts the requests it gets."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        counted = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                counted.append(self.path)
                self.send_response(204)
                self.end_headers()

            do_POST = do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def counter() -> Iterator[Counter]:
    counter = Counter()
    yield counter
    counter.close()


def hostile(url: str) -> str:
    """HTML mail that tries to reach out in every usual way."""
    return f"""<html><head><link rel=stylesheet href="{url}/css"><link rel=prefetch href="{url}/prefetch">
<meta http-equiv=refresh content="1;url={url}/refresh"><base href="{url}/">
<style>body {{ background: url({url}/background) }} @import "{url}/import";</style></head>
<body onload="fetch('{url}/onload')"><p style="background:url({url}/style)">Dear Carol</p>
<img src="{url}/pixel.gif" width=1 height=1><img srcset="{url}/srcset 2x">
<script>new Image().src = "{url}/script"</script><iframe src="{url}/iframe"></iframe>
<svg><image href="{url}/svg"/></svg><video poster="{url}/poster"></video><object data="{url}/object"></object>
<form action="{url}/form"><input autofocus onfocus="this.form.submit()"></form></body></html>"""


def html_mail(html: str) -> bytes:
    head = mail(message_id="<2@reader.example>").replace(b"text/plain", b"text/html").split(b"\r\n\r\n")[0]
    return head + b"\r\n\r\n" + html.encode()


def test_ali_reads_edits_approves_calls_back_and_approves_again(site: Site, page: Page) -> None:
    page.get_by_role("link", name="Pulling out of the process").click()
    expect(page.locator(".letter .body")).to_contain_text("Would it be all right to pull out")
    text = page.get_by_label("Reply", exact=True)
    text.fill("Dear Rosa,\n\nGo, and tell me how it went.\n\nCarol Reyes")
    page.get_by_role("button", name="Approve and send to rosa@reader.example").click()

    expect(page.get_by_role("heading", name="Will be sent to rosa@reader.example in")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(text).to_have_value("Dear Rosa,\n\nGo, and tell me how it went.\n\nCarol Reyes")
    page.wait_for_load_state()
    text.press("Control+Enter")
    expect(page.get_by_role("heading", name="Will be sent to rosa@reader.example in")).to_be_visible()
    site.clock.forward(seconds=16)
    outbox = TakingOutbox()
    site.send(outbox)

    expect(page.get_by_role("heading", name="Answered")).to_be_visible(timeout=15_000)
    assert len(outbox.taken) == 1
    assert b"Go, and tell me how it went." in outbox.taken[0].message


def test_ali_corrects_the_topics_and_loses_nothing_that_he_typed(site: Site, page: Page) -> None:
    page.goto("/letters/1")
    page.get_by_text("Correct the topics").click()
    page.get_by_label("The main topic").select_option(label="resume")
    page.get_by_role("checkbox", name="unemployment").uncheck()
    page.get_by_label("cover letter").check()
    page.get_by_role("button", name="Set the topics").click()

    expect(page.locator(".legend")).to_have_text(re.compile(r"Topics set by ali:\s+resume\s+cover letter"))
    expect(page.locator(".suggested")).to_have_text("Triage had read: withdrawing · unemployment")
    expect(page.get_by_label("Reply", exact=True)).to_have_value(re.compile("resume"))

    page.get_by_label("Reply", exact=True).fill("Half a thought")
    page.get_by_text("Correct the topics").click()
    page.get_by_label("The main topic").select_option(label="salary")
    page.get_by_role("button", name="Set the topics").click()

    expect(page.locator(".notice.done")).to_have_text(re.compile("The topics are set. The reply stays as you wrote it"))
    expect(page.get_by_label("Reply", exact=True)).to_have_value("Half a thought")
    assert site.letter().slip.topics == ("salary", "cover_letter")


def test_enter_in_the_subject_saves_and_never_sets_topics(site: Site, page: Page) -> None:
    page.goto("/letters/1")
    page.get_by_label("Subject").fill("About Thursday")
    page.get_by_label("Subject").press("Enter")

    expect(page.locator(".notice.done")).to_have_text("Saved.")
    assert site.letter().decision is None


@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_the_topics_fit_on_the_screen(page: Page, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    page.goto("/letters/1")
    page.get_by_text("Correct the topics").click()

    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for control in page.locator(".correct select, .correct .pick").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 43.5, control.inner_text()


def test_the_page_follows_by_itself_when_the_countdown_is_over(site: Site, page: Page) -> None:
    page.goto("/letters/1")
    page.get_by_label("Reply", exact=True).fill("Go.\n\nCarol Reyes")
    page.get_by_role("button", name="Approve and send").click()
    expect(page.locator("[data-seconds]")).to_be_visible()
    site.clock.forward(seconds=13)
    page.reload()
    site.clock.forward(seconds=3)
    site.send(TakingOutbox())

    expect(page.get_by_role("heading", name="Answered")).to_be_visible(timeout=15_000)


def test_the_approve_button_waits_for_the_gaps(page: Page) -> None:
    page.goto("/letters/1")
    text, approve = page.get_by_label("Reply", exact=True), page.locator("[data-approve]")

    text.fill("You live in [[the state]]. You left on [[the day]].")
    expect(approve).to_be_disabled()
    expect(page.locator("[data-gaps] li")).to_have_count(2)
    page.get_by_role("button", name="Fill in: the day").click()
    page.keyboard.type("Friday")
    expect(text).to_have_value("You live in [[the state]]. You left on Friday.")
    text.fill("You live in Ohio. You left on Friday.")
    expect(approve).to_be_enabled()
    expect(page.locator("[data-missing]")).to_be_hidden()
    page.locator("button", has_text="Save").first.click()
    expect(page.locator(".notice.done")).to_have_text("Saved.")


def test_leaving_with_unsaved_text_is_asked_about(chromium: Browser, site: Site) -> None:
    with chromium.new_context(base_url=site.url) as context:
        session = site.signed_in("ali").client.cookies["triage"]
        context.add_cookies([{"name": "triage", "value": session, "url": site.url}])
        page = context.new_page()
        asked: list[str] = []
        page.on("dialog", lambda dialog: refuse(dialog, asked))
        page.goto("/letters/1")
        page.get_by_label("Reply", exact=True).press_sequentially("x")
        page.get_by_role("navigation", name="Through").get_by_role("link", name="Letters").click(no_wait_after=True)
        expect(page.get_by_label("Reply", exact=True)).to_be_visible()

        assert asked == ["beforeunload"]
        assert page.url.endswith("/letters/1")


def test_everything_works_without_scripts(chromium: Browser, site: Site) -> None:
    with chromium.new_context(base_url=site.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/letters/1")
        page.get_by_label("Name").fill("ali")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Reply", exact=True).fill("Go.\n\nCarol Reyes")
        page.get_by_role("button", name="Approve and send").click()
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("Decline, let go or set aside").click()
        page.get_by_label("Why?").fill("no need")
        page.get_by_role("button", name="Let go").click()

        expect(page.get_by_role("button", name="Bring back")).to_be_visible()
    assert site.letter().slip.stage is Stage.LET_GO


def test_html_mail_reaches_nobody(site: Site, page: Page, counter: Counter) -> None:
    site.bring(html_mail(hostile(counter.url)))

    page.goto("/letters/2?formatted=1")
    expect(page.frame_locator("iframe.formatted").get_by_text("Dear Carol")).to_be_visible()
    page.wait_for_timeout(2_000)

    assert counter.requests == []
    with urlopen(f"{counter.url}/proof"):
        assert counter.requests == ["/proof"]


@pytest.mark.parametrize(
    ("attribute", "headers", "held"),
    [("", {}, False), ("sandbox", {}, False), ("", FRAME_HEADERS, True), ("sandbox", FRAME_HEADERS, True)],
    ids=["open", "sandbox-only", "policy-only", "both"],
)
def test_the_frames_policy_holds_even_if_the_cleaning_fails(
    chromium: Browser, counter: Counter, attribute: str, headers: dict[str, str], held: bool
) -> None:
    with Served(_framed(hostile(counter.url), attribute, headers)) as url, chromium.new_context() as context:
        page = context.new_page()
        page.goto(url, wait_until="commit")
        page.wait_for_timeout(2_000)

    assert bool(counter.requests) is not held, sorted(counter.requests)


def _framed(html: str, attribute: str, headers: dict[str, str]) -> ASGIApp:
    """A page with a frame, and in it the mail just as it came."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        page = HTMLResponse(f'<iframe {attribute} src="/mail"></iframe>')
        mail = HTMLResponse(html, headers=headers)
        await (mail if scope["path"] == "/mail" else page)(scope, receive, send)

    return app


def test_stored_scripts_do_not_run(site: Site, page: Page) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    site.bring(mail(f"{evil} pull", subject=evil, sender=f'"{evil}" <m@evil.example>', message_id="<2@evil.example>"))

    for path in ("/", "/letters/2", "/letters/2/source"):
        page.goto(path)
        page.wait_for_timeout(200)
        assert page.locator("img").count() == 0


@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
def test_no_page_scrolls_sideways(site: Site, page: Page, size: ViewportSize) -> None:
    long = "x" * 300
    site.bring(
        mail(f"pull {long}", subject=long, sender=f'"{long}" <{"y" * 60}@{"z" * 60}.example>', message_id="<2@x>"),
        mail("There is no point anymore", message_id="<3@reader.example>", Reply_To="rosa@elsewhere.example"),
    )
    page.set_viewport_size(size)

    for path in ("/", "/lists/answered", "/letters/1", "/letters/2", "/letters/3"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_what_can_be_pressed_is_large_enough_for_a_thumb(page: Page) -> None:
    page.set_viewport_size(TELEPHONE)
    for path in ("/", "/letters/1"):
        page.goto(path)
        for control in page.locator("button:visible, input:visible, summary:visible, .tabs a").all():
            box = control.bounding_box()
            assert box is not None
            assert box["height"] >= 43.5, control.inner_text()
