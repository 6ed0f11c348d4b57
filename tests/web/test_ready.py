"""How the service is: for whoever keeps it running, without a sign-in, and for people on the lists and in settings."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace

import httpx2
import pytest
import sqlalchemy as sa

from tests.cast import NOON, mail, make_desk
from tests.test_watching import PLENTY
from tests.web.conftest import Served, Site, Visitor
from tests.web.test_live import listening
from triage.desk import choices, watching
from triage.desk.steps import Recorder
from triage.outbox.webhook import HttpCaller
from triage.stages import Role
from triage.store import collected, people
from triage.store import watching as store
from triage.store.database import Database
from triage.web import create_app, gate, ready
from triage.web.ready import Readiness

WELL = {"database": "ok", "writes": "ok", "migrations": "ok", "steps": "ok", "disk": "ok"}


@pytest.fixture
def roomy(site: Site) -> Site:
    """A site on a disk with room, whose steps have just run."""
    site.desk = replace(site.desk, disk_usage=lambda _: PLENTY)
    Recorder(site.desk)("send", 1.0, 0.0, "")
    return site


@pytest.fixture
def url(roomy: Site) -> Iterator[str]:
    app = create_app(roomy.desk, secure_cookies=False, wake=lambda _: None, caller=HttpCaller())
    with Served(app) as url:
        yield url


def word(readiness: Readiness) -> Mapping[str, str]:
    return asyncio.run(readiness.now())


def test_it_is_ready_while_all_is_well_and_says_so_without_a_sign_in(url: str) -> None:
    answer = httpx2.get(f"{url}/readyz")
    assert answer.status_code == 200
    assert answer.text == "".join(f"{what}: ok\n" for what in WELL)
    assert "set-cookie" not in answer.headers
    assert httpx2.get(f"{url}/healthz").text == "ok"


def test_each_thing_that_is_not_well_is_named_in_a_word(roomy: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = roomy.desk
    assert word(Readiness(desk)) == WELL
    roomy.clock.forward(minutes=11)
    assert word(Readiness(desk)) == WELL | {"steps": "stopped"}
    store.forget_steps(desk.db, [])
    assert word(Readiness(desk)) == WELL | {"steps": "none"}
    Recorder(desk)("send", 1.0, 0.0, "")
    short = replace(desk, disk_usage=lambda _: (10**10, 0, 10**8))
    assert word(Readiness(short)) == WELL | {"disk": "short"}
    monkeypatch.setattr(ready, "is_current", lambda _db: False)
    assert word(Readiness(desk)) == WELL | {"migrations": "missing"}


def test_a_main_step_that_goes_wrong_each_time_makes_it_not_ready(roomy: Site) -> None:
    recorder = Recorder(roomy.desk)
    recorder("mirror", 20.0, 0.0, "")
    before = Readiness(roomy.desk)
    roomy.clock.forward(minutes=10)
    recorder("send", 1.0, 0.0, "")
    recorder("mirror", 20.0, 0.0, "KeyError")
    assert word(before) == WELL, "copies in a folder of drafts are not what the service is there for"
    before = Readiness(roomy.desk)
    roomy.clock.forward(minutes=9)
    recorder("send", 1.0, 0.0, "KeyError")
    assert word(Readiness(roomy.desk)) == WELL
    roomy.clock.forward(minutes=1)
    recorder("send", 1.0, 0.0, "KeyError")
    recorder("mirror", 20.0, 0.0, "KeyError")
    assert word(before) == WELL | {"steps": "failing"}
    assert word(Readiness(roomy.desk)) == WELL, "who has just started is given the time to come round"


def test_a_database_that_does_not_answer_makes_it_not_ready_and_no_page_of_errors(url: str, roomy: Site) -> None:
    file = roomy.desk.db.file
    assert file is not None
    roomy.desk.db.engine.dispose()
    kept = file.read_bytes()
    file.unlink()
    file.mkdir()
    answer = httpx2.get(f"{url}/readyz")
    file.rmdir()
    file.write_bytes(kept)
    assert answer.status_code == 503
    assert answer.text.startswith("database: silent\nwrites: unknown\n")


def test_many_questions_are_one_look(roomy: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    monkeypatch.setattr(ready, "is_current", lambda db: looks.append(db) or True)
    readiness = Readiness(roomy.desk)

    async def ask(times: int) -> None:
        answers = await asyncio.gather(*(readiness.now() for _ in range(times)))
        assert answers == [WELL] * times

    async def all_at_once_and_again() -> None:
        await ask(50)
        await ask(50)
        assert len(looks) == 1
        monkeypatch.setattr(ready, "FRESH_SECONDS", 0.0)
        await ask(1)
        assert len(looks) == 2

    asyncio.run(all_at_once_and_again())


def test_however_many_ask_while_the_database_is_slow_one_thread_waits_and_nobody_for_long(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "PATIENCE_SECONDS", 0.2)
    desk = replace(make_desk(postgres_url), disk_usage=lambda _: PLENTY)
    Recorder(desk)("send", 1.0, 0.0, "")
    readiness, other = Readiness(desk), Database(postgres_url)

    def looking() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "ready"]

    async def ask() -> None:
        with other.write("test") as connection:
            connection.execute(sa.text("LOCK TABLE house_log"))
            for _ in range(2):
                assert await asyncio.gather(*(readiness.now() for _ in range(100))) == [ready.SLOW] * 100
                assert len(looking()) == 1
        await asyncio.to_thread(looking()[0].join)
        assert await readiness.now() == WELL

    asyncio.run(ask())
    other.close()
    desk.db.close()


def test_nothing_else_became_public(url: str) -> None:
    assert set(gate.PUBLIC) == {"/sign-in", "/sign-in/with", "/sign-in/back", "/healthz", "/readyz"}
    assert gate.PUBLIC_FOLDERS == ("/static/", "/welcome/")
    for path in ("/readyz/", "/readyz/x", "/healthz/", "/metrics", "/status", "/readyz%0a"):
        answer = httpx2.get(f"{url}{path}")
        assert answer.status_code in (303, 404), path
        assert "steps" not in answer.text
    assert httpx2.post(f"{url}/readyz").status_code in (403, 405, 415)


# ------------------------------------------------------------------ the desk


def test_an_open_trouble_stands_above_every_list_for_everybody_until_it_is_over(site: Site, ana: Visitor) -> None:
    collected.note_poll(site.desk.db, "advice", now=NOON)
    site.clock.forward(minutes=11)
    watching.look(replace(site.desk, disk_usage=lambda _: PLENTY))
    [said] = watching.standing(site.desk)
    assert said.startswith("No letter comes in from the inbox “advice”: no look into it has worked since Monday")
    for page in ("/", "/lists/answered"):
        assert f'<p class="notice">{said}</p>' in ana.get(page).text
    collected.note_poll(site.desk.db, "advice", now=site.clock())
    watching.look(replace(site.desk, disk_usage=lambda _: PLENTY))
    assert said not in ana.get("/").text


def test_open_lists_are_told_when_an_inbox_was_looked_into_and_when_something_is_wrong(
    site: Site, ali: Visitor
) -> None:
    site.app.state.live.look = 0.05
    collected.note_poll(site.desk.db, "advice", now=NOON)
    with listening(ali) as stream:
        site.bring(mail(message_id="<2@reader.example>"))
        stream.next("change")  # by now the watcher knows what is so
        collected.note_poll(site.desk.db, "advice", now=NOON, error="It is away.", kind="Temporary")
        assert stream.next("service") == {}
        store.begin(site.desk.db, "disk", "", "It fills up.", now=NOON, remind_after=watching.remind_after)
        assert stream.next("service") == {}


@pytest.fixture
def carol(site: Site, password_hash: str) -> Visitor:
    """An editor, signed in."""
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON, email="carol@desk.example")
    return site.signed_in("carol")


def test_carol_names_who_is_told_when_something_is_wrong(site: Site, carol: Visitor, ana: Visitor) -> None:
    assert "Nobody is named. What is wrong stands on the lists" in carol.get("/settings").text
    number, without = (
        next(member.id for member in people.members(site.desk.db) if member.name == name) for name in ("carol", "ana")
    )
    carol.post("/settings/watchers", **{f"watcher-{without}": "on"})
    unreached = "Nobody can be told: ana has no mail address here. What is wrong stands on the lists"
    assert unreached in carol.get("/settings").text
    answer = carol.post("/settings/watchers", **{f"watcher-{number}": "on"})
    assert answer.headers["location"] == "/settings?said=watchers"
    assert choices.now(site.desk).watchers == ("carol",)
    page = carol.get("/settings?said=watchers").text
    assert "It is kept who is told when something is wrong with the service." in page
    assert f'name="watcher-{number}" checked' in page
    assert "carol has carol told when something is wrong with the service" in page, "it stands in the log"
    assert ana.post("/settings/watchers").status_code == 403
    assert choices.now(site.desk).watchers == ("carol",)
