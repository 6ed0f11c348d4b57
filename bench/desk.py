"""How fast the desk in the browser is with 100,000 letters: `python -m bench.desk`.

A served desk in a process of its own, asked over HTTP by one browser. "Server" is the time from the request's arrival
until the answer begins, "CPU" how much of it the desk's own process worked, "in all" what the browser waits for the
whole page. Where other programs share the machine, "CPU" tells most.
"""

import argparse
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx2
import uvicorn
from playwright.sync_api import sync_playwright
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench.archive import fill
from tests.servers import Postgres
from triage import passwords, settings, web, wiring
from triage.settings import Inbox, Server
from triage.stages import Role
from triage.store import people
from triage.store.database import Database
from triage.store.migrating import migrate

LETTERS = Path(__file__).parent.parent / "models" / "letters"
PASSWORD = "a good password"
TIME, CPU = "x-server-ms", "x-server-cpu-ms"
WORDS = (
    *("interview", "unemployment", "my manager", '"two weeks"', "resume gap", "severance package", "applied twice"),
    *("references", "the", "salary offer negotiate", '"cover letter"', "laid off warehouse", "nurse", "Doverlin"),
)
TOPICS = ("interview", "unemployment", "scams", "references", "salary", "workplace", "new_grad")
MOST_KILOBYTES = 200
MOST_MS = 50


class Timed:
    """Tells in a header how long the desk took."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, worked = time.perf_counter(), time.process_time()

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                spent = {TIME: time.perf_counter() - began, CPU: time.process_time() - worked}
                told = ((name.encode(), f"{seconds * 1000:.2f}".encode()) for name, seconds in spent.items())
                message["headers"] = [*message["headers"], *told]
            await send(message)

        await self.app(scope, receive, told)


def main() -> None:
    """Fill both databases, serve each, and print what the pages take."""
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__)
    parser.add_argument("--letters", type=int, default=100_000, help="how many letters there are (100000)")
    parser.add_argument("--waiting", type=int, default=3_000, help="how many of them wait for a person (3000)")
    parser.add_argument("--times", type=int, default=100, help="how often each kind of page is asked for (100)")
    parser.add_argument("--kept", help="the URL of a database that is filled already; it is left as it is")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        _serve(options.serve)
    elif options.kept:
        _measure(options.kept, options.times)
    else:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            _fill_and_measure(f"sqlite:///{folder}/triage.db", options)
        with Postgres(durable=True) as postgres:
            _fill_and_measure(postgres.new_database(), options)


def _fill_and_measure(url: str, options: argparse.Namespace) -> None:
    db = Database(url)
    migrate(db)
    began = time.perf_counter()
    fill(db, options.letters, options.waiting, LETTERS, datetime.now(UTC))
    people.add(db, "carol", Role.EDITOR, passwords.hash_password(PASSWORD), datetime.now(UTC))
    print(f"{db.engine.dialect.name}: {options.letters:,} letters written in {time.perf_counter() - began:.0f} s")
    db.close()
    _measure(url, options.times)


def _measure(url: str, times: int) -> None:
    with _served(url) as address, httpx2.Client(base_url=address, trust_env=False, timeout=60) as browser:
        _sign_in(browser)
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}; each page {times} times")
        print(f"{'ms: median, 95 %':28} {'server':>14} {'CPU':>14} {'in all':>14}     kB")
        slow = [name for name, ask in _pages(browser).items() if _page(browser, name, ask, times) > MOST_MS]
        print(f"95 of 100 take the server longer than {MOST_MS} ms: {', '.join(slow) or 'nowhere'}")
        _first_view(address, browser)


def _page(browser: httpx2.Client, name: str, ask: Callable[[], str], times: int) -> float:
    """Ask for a kind of page so often, print what it took, and return the server's 95th percentile in ms."""
    spent: dict[str, list[float]] = {TIME: [], CPU: [], "in all": []}
    size = 0
    browser.get(ask())
    for _ in range(times):
        path, began = ask(), time.perf_counter()
        answer = browser.get(path).raise_for_status()
        spent["in all"].append((time.perf_counter() - began) * 1000)
        for own in (TIME, CPU):
            spent[own].append(float(answer.headers[own]))
        size = max(size, len(answer.content))
    late = {kind: sorted(values)[int(0.95 * times)] for kind, values in spent.items()}
    figures = (f"{statistics.median(values):7.1f}{late[kind]:7.1f}" for kind, values in spent.items())
    print(f"{name:28} {' '.join(figures)} {size / 1000:6.0f}", flush=True)
    return late[TIME]


def _pages(browser: httpx2.Client) -> dict[str, Callable[[], str]]:
    """For each kind of page, what gives the address of one."""
    chance = random.Random(1)
    waiting = [*_letters(browser, "/"), *_letters(browser, "/?person=nobody"), *_letters(browser, "/?stage=drafted")]
    readers = re.findall(r"[\w.]+@reader\.example", browser.get("/search?q=job").text)
    done = _letters(browser, "/lists/answered")
    return {
        "queue": lambda: "/",
        "queue, the page after": lambda: _after(browser, "/"),
        "queue, a topic": lambda: f"/?topic={chance.choice(TOPICS)}",
        "queue, mine, at risk": lambda: "/?person=me&risk=R1",
        "answered": lambda: "/lists/answered",
        "answered, the page after": lambda: _after(browser, "/lists/answered"),
        "answered, a topic, mine": lambda: f"/lists/answered?person=me&topic={chance.choice(TOPICS)}",
        "answered, nothing fits": lambda: "/lists/answered?risk=R3",
        "search": lambda: f"/search?q={quote(chance.choice(WORDS))}",
        "search, held ones": lambda: f"/search?stage=held&q={quote(chance.choice(WORDS))}",
        "search, a reader's address": lambda: f"/search?q={chance.choice(readers)}",
        "letter that waits": lambda: chance.choice(waiting),
        "letter that is answered": lambda: chance.choice(done),
    }


def _letters(browser: httpx2.Client, path: str) -> list[str]:
    return re.findall(r'href="(/letters/\d+)"', browser.get(path).text)


def _after(browser: httpx2.Client, path: str) -> str:
    found = re.search(r'rel="next" href="([^"]+)"', browser.get(path).text)
    assert found is not None
    return found[1].replace("&amp;", "&")


def _sign_in(browser: httpx2.Client) -> None:
    token = re.search(r'name="token" value="([0-9a-f]+)"', browser.get("/sign-in").text)
    assert token is not None
    form = {"name": "carol", "password": PASSWORD, "next": "/", "token": token[1]}
    browser.post("/sign-in", data=form)
    browser.get("/").raise_for_status()


def _first_view(address: str, browser: httpx2.Client) -> None:
    """What a browser that was never here loads for the queue, and whether it asks anybody else."""
    loaded: dict[str, int] = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = chromium.new_context(base_url=address)
        context.add_cookies([{"name": c.name, "value": c.value or "", "url": address} for c in browser.cookies.jar])
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on(
            "response",
            lambda r: loaded.update({r.url: 0 if "event-stream" in r.headers["content-type"] else len(r.body())}),
        )
        page.goto("/", wait_until="load")
        page.wait_for_timeout(500)
        chromium.close()
    size = sum(loaded.values()) / 1000
    outside = [url for url in asked if not url.startswith(address)]
    print(
        f"first view of the queue: {len(loaded)} files, {size:.0f} kB uncompressed "
        f"({'within' if size < MOST_KILOBYTES else 'OVER'} {MOST_KILOBYTES} kB); "
        f"{len(outside) or 'no'} requests to anybody else\n"
    )


@contextmanager
def _served(url: str) -> Iterator[str]:
    """The desk on this database, in a process of its own."""
    command = [sys.executable, "-m", "bench.desk", "--serve", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _serve(url: str) -> None:
    nowhere = Server(host="127.0.0.1", port=1, tls="none")
    boxes = tuple(
        Inbox(name=name, address=f"{name}@desk.example", imap=nowhere, smtp=nowhere) for name in ("advice", "work")
    )
    service = wiring.build(settings.Settings(desk=settings.Desk(database=url), inbox=boxes))
    app = web.create_app(service.desk, secure_cookies=False, wake=lambda _step: None, caller=service.caller)
    config = uvicorn.Config(Timed(app), log_config=None, access_log=False, lifespan="off")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as `triage serve` does
    print("http://{}:{}".format(*listener.getsockname()), flush=True)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        service.close()


if __name__ == "__main__":
    main()
