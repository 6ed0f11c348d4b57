"""What open pages are told: changes of letters and who is there, by real streams of a real server."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
import uvicorn

from tests.cast import ALI, NOON, mail, make_desk
from tests.web.conftest import Site, Visitor, signable
from triage.desk import deciding
from triage.outbox.webhook import HttpCaller
from triage.serving import Server
from triage.stages import Stage
from triage.store import letters, moves, news
from triage.store.database import Database
from triage.web import create_app
from triage.web.live import PER_SESSION

SEEN = re.compile(r'data-seen="([0-9]+)"')
SECONDS = 8.0  # the longest that any of these tests waits for one event


class Stream:
    """The events of one open page, as they come."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each event with its name, until the stream ends; a comment is named ":"."""
        name = ""
        for line in self._lines:
            if line.startswith(":"):
                yield ":", {"said": line[1:].strip()}
            elif line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))

    def next(self, wanted: str) -> dict[str, Any]:
        """The next event of this name."""
        return next(data for name, data in self.events() if name == wanted)


@pytest.fixture
def open_streams() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(autouse=True)
def quick(site: Site) -> None:
    """The watcher looks more often than at a real desk."""
    site.app.state.live.look = 0.1


@pytest.fixture
def short_keepalive(site: Site) -> None:
    site.app.state.live.keepalive = 0.5


@contextmanager
def listening(visitor: Visitor, query: str = "", **headers: str) -> Iterator[Stream]:
    with visitor.client.stream("GET", f"/live{query}", timeout=SECONDS, headers=headers) as response:
        stream = Stream(response)
        if response.status_code == 200:
            assert stream.next(":") == {"said": "listening"}
        yield stream


def caught_up(site: Site) -> str:
    return f"?after={news.newest(site.desk.db)}"


def test_a_stranger_is_told_nothing(site: Site) -> None:
    with listening(site.stranger()) as stream:
        assert stream.response.status_code == 303
        assert stream.response.headers["location"].startswith("/sign-in")


def test_ali_hears_what_ana_did_and_nothing_of_what_the_letter_says(site: Site, ali: Visitor, ana: Visitor) -> None:
    with listening(ali, caught_up(site)) as stream:
        ana.post("/letters/1/save", **signable(site))

        assert stream.next("change") == {
            "letter": 1,
            "version": site.letter().slip.version,
            "stage": "drafted",
            "who": "ana",
            "verb": "revise",
            "did": "changed the reply",
            "revision": 2,
        }
        assert stream.response.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in stream.response.headers["content-security-policy"]
        assert stream.response.headers["content-type"].startswith("text/event-stream")


def test_what_another_process_changes_is_told_too(site: Site, ali: Visitor) -> None:
    other = Database(site.desk.db.url)
    with listening(ali, caught_up(site)) as stream:
        with other.write("let-go") as connection:
            moves.move(connection, 1, "let-go", Stage.LET_GO, who="carol", now=NOON)  # type: ignore[arg-type]

        told = stream.next("change")
    other.close()
    assert (told["who"], told["stage"], told["did"]) == ("carol", "let_go", "let it go")


@pytest.mark.usefixtures("short_keepalive")
def test_many_changes_of_one_letter_are_told_once(site: Site, ali: Visitor) -> None:
    with listening(ali) as stream:
        changes = [data for name, data in _until_keepalive(site, stream) if name == "change"]

    assert [(change["letter"], change["verb"]) for change in changes] == [(1, "draft")]  # and not collect, assess


def _until_keepalive(site: Site, stream: Stream) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in stream.events():
        if event == (":", {"said": "ping"}):
            return
        yield event


@pytest.mark.usefixtures("short_keepalive")
def test_a_page_that_was_away_is_told_what_it_missed_and_no_more(site: Site, ali: Visitor) -> None:
    site.bring(mail(message_id="<2@reader.example>"))
    seen = news.newest(site.desk.db)
    deciding.let_go(site.desk, 2, ALI)

    for query, headers in ((f"?after={seen}", {}), ("?after=0", {"Last-Event-ID": str(seen)})):
        with listening(ali, query, **headers) as stream:
            changes = [data for name, data in _until_keepalive(site, stream) if name == "change"]
        assert [(change["letter"], change["verb"]) for change in changes] == [(2, "let-go")]


def test_a_page_shows_a_change_or_asks_for_it_whenever_the_change_comes(site: Site, ali: Visitor) -> None:
    elsewhere = make_desk(site.desk.db.url, clock=site.clock)
    asked = moment = before = 0

    def change(*_: object) -> None:
        nonlocal asked
        asked += 1
        if asked == moment:
            deciding.revise(elsewhere, 1, ALI, subject="Re: Thursday", body=f"Change {moment}.", base=before)

    sa.event.listen(site.desk.db.engine, "checkin", change)  # between one question to the database and the next
    while asked >= moment:
        draft = letters.dossier(elsewhere.db, 1).draft
        assert draft is not None
        before, asked, moment = draft.revision, 0, moment + 1
        page = ali.get("/letters/1").text
        assert f">Change {moment}." in page or int(SEEN.findall(page)[0]) < news.newest(elsewhere.db) or asked < moment
    assert moment > 15
    elsewhere.db.close()


@pytest.mark.usefixtures("short_keepalive")
def test_numbers_that_are_none_do_no_harm(site: Site, ali: Visitor) -> None:
    for query in ("?after=x&letter=y", "?after=-1&letter=-1", f"?after={'9' * 4400}", "?letter=٣"):
        with listening(ali, query) as stream:
            assert stream.next(":") == {"said": "ping"}


def test_two_at_the_same_letter_hear_of_each_other(site: Site, ali: Visitor, ana: Visitor) -> None:
    with listening(ali, f"{caught_up(site)}&letter=1") as his:
        assert his.next("presence") == {"letter": 1, "people": [{"name": "ali", "writing": False}]}
        with listening(ana, f"{caught_up(site)}&letter=1") as hers:
            both = {"letter": 1, "people": [{"name": name, "writing": False} for name in ("ali", "ana")]}
            assert his.next("presence") == both
            assert hers.next("presence") == both
            with listening(ali, f"{caught_up(site)}&letter=1") as his_other_window:
                assert his_other_window.next("presence") == both
        _wait_for(his, {"ali": False})


def test_who_saves_is_writing_for_a_while(site: Site, ali: Visitor, ana: Visitor) -> None:
    site.app.state.live.writing = 0.5
    with listening(ali, "?letter=1") as his, listening(ana, "?letter=1"):
        _wait_for(his, {"ali": False, "ana": False})
        ana.post("/letters/1/save", **signable(site))
        _wait_for(his, {"ali": False, "ana": True})
        _wait_for(his, {"ali": False, "ana": False})


def _wait_for(stream: Stream, wanted: dict[str, bool]) -> None:
    while {person["name"]: person["writing"] for person in stream.next("presence")["people"]} != wanted:
        continue


def test_who_reads_another_letter_is_not_there(site: Site, ali: Visitor, ana: Visitor) -> None:
    with listening(ali, f"{caught_up(site)}&letter=1") as his, listening(ana, "?letter=2"), listening(ana):
        assert his.next("presence")["people"] == [{"name": "ali", "writing": False}]
        ana.post("/letters/1/save", **signable(site))
        assert his.next("change")["who"] == "ana"


def test_the_stream_ends_with_the_session(site: Site, ali: Visitor, ana: Visitor) -> None:
    site.app.state.live.recheck = 0.2
    with listening(ali) as his, listening(ana, caught_up(site)) as hers:
        copy = site.with_cookie(ali.client.cookies["triage"])
        copy.post("/sign-out")
        names = [name for name, _ in his.events()]  # to the end of the stream
        deciding.let_go(site.desk, 1, ALI)

        assert names[-1] == "signed-out"
        assert hers.next("change")["verb"] == "let-go"


def test_to_listen_is_no_use_of_a_session(site: Site, ali: Visitor) -> None:
    site.app.state.live.recheck = 0.1
    with listening(ali) as stream:
        for _ in range(13):
            site.clock.forward(hours=1)
            time.sleep(0.05)
        assert "signed-out" in [name for name, _ in stream.events()]
    with listening(ali, "", **{"Sec-Fetch-Mode": "cors"}) as stream:
        assert stream.response.status_code == 303


def test_what_a_page_asks_by_itself_is_no_use_of_a_session_either(site: Site, ali: Visitor, ana: Visitor) -> None:
    for _ in range(7):
        site.clock.forward(hours=1)
        assert ali.client.get("/", headers={"Sec-Fetch-Mode": "cors"}).status_code == 200
        assert ana.client.get("/", headers={"Sec-Fetch-Mode": "navigate"}).status_code == 200
    site.clock.forward(hours=6)

    assert (ali.get("/").status_code, ana.get("/").status_code) == (303, 200)


def test_one_session_keeps_only_a_few_pages_listening(
    site: Site, ali: Visitor, ana: Visitor, open_streams: ExitStack
) -> None:
    other = open_streams.enter_context(listening(ana, caught_up(site)))
    first, second, *_ = [open_streams.enter_context(listening(ali, caught_up(site))) for _ in range(PER_SESSION)]
    newest = open_streams.enter_context(listening(ali, caught_up(site)))

    assert [name for name, _ in first.events()] == ["enough"]
    deciding.let_go(site.desk, 1, ALI)
    for stream in (other, second, newest):
        assert stream.next("change")["verb"] == "let-go"


def test_a_listener_costs_no_thread_and_no_connection(site: Site, open_streams: ExitStack) -> None:
    visitors = [site.signed_in("ali") for _ in range(10)]
    first = open_streams.enter_context(listening(visitors[0]))
    assert first.next("change")
    threads = threading.active_count()
    streams = [open_streams.enter_context(listening(visitor, caught_up(site))) for visitor in visitors for _ in "123"]

    deciding.let_go(site.desk, 1, ALI)
    assert all(stream.next("change")["verb"] == "let-go" for stream in streams)
    assert threading.active_count() <= threads + 8  # workers of the server, who are few whatever all 31 ask at once
    assert site.desk.db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_nobody_watches_when_nobody_listens(site: Site, ali: Visitor) -> None:
    hub = site.app.state.live
    with listening(ali) as stream:
        stream.next("change")
        assert hub._watcher is not None
    end = time.monotonic() + SECONDS
    while hub._watcher is not None:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_the_server_stops_at_once_though_pages_listen(site: Site, told: bool) -> None:
    app = create_app(site.desk, secure_cookies=False, wake=lambda _step: None, caller=HttpCaller())
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_config=None, ws="none", lifespan="off", timeout_graceful_shutdown=3
    )
    server = Server(config, end_streams=app.state.live.close if told else lambda: None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    cookies = {"triage": site.signed_in("ali").client.cookies["triage"]}
    with (
        httpx2.Client(base_url=url, cookies=cookies, trust_env=False, timeout=60) as client,
        listening(Visitor(client)) as stream,
    ):
        began = time.monotonic()
        server.should_exit = True
        ends = [name for name, _ in stream.events()] if told else []
        thread.join(timeout=10)
        took = time.monotonic() - began

    assert not thread.is_alive()
    assert (took < 2.0) is told, took  # without being told it waits for as long as it may
    assert "signed-out" not in ends
