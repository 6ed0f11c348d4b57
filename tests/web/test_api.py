"""The desk for programs: the same verbs and guards as the pages, and answers that say what next."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.cast import FOUNDING, NOON, mail
from tests.web.conftest import Site, TakingOutbox
from triage.desk import tokens
from triage.desk.tokens import Scope
from triage.stages import Role
from triage.store import people
from triage.web.api import create_api

EVERYTHING = tuple(Scope)
HELD = mail("There is no point anymore.", message_id="<held@reader.example>", subject="Tired")


@dataclass
class Program:
    """Something that works with the desk in a person's name."""

    client: httpx2.Client

    def get(self, path: str, **query: Any) -> httpx2.Response:
        return self.client.get(path, params=query)

    def post(self, path: str, **body: Any) -> httpx2.Response:
        return self.client.post(path, json=body)

    def letter(self, letter_id: int = 1) -> Any:
        answer = self.get(f"/letters/{letter_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()


Maker = Callable[..., Program]


@pytest.fixture
def program(site: Site) -> Iterator[Maker]:
    """Makes a program with a token of this person; everything the role permits unless scopes are named."""
    clients: list[httpx2.Client] = []

    def make(name: str, *scopes: Scope) -> Program:
        found = people.find(site.desk.db, name)
        assert found is not None
        wanted = scopes or tokens.offered(found[0])
        _, token = tokens.add(site.desk, found[0], name="script", scopes=wanted, days=None)
        headers = {"Authorization": f"Bearer {token}"}
        clients.append(httpx2.Client(base_url=f"{site.url}/api/v1", headers=headers, trust_env=False, timeout=60))
        return Program(clients[-1])

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def ali(program: Maker) -> Program:
    return program("ali")


@pytest.fixture
def ana(program: Maker) -> Program:
    return program("ana")


def refused(answer: httpx2.Response, status: int) -> str:
    """The detail of the problem that the answer has to be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["title"]
    assert "Next: " in problem["detail"] or status in (404, 409), problem
    return str(problem["detail"])


def text(site: Site, letter_id: int = 1) -> dict[str, Any]:
    """A text that nothing stands in the way of."""
    draft = site.letter(letter_id).draft
    return {"base": draft.revision if draft else 0, "subject": "Re: Thursday", "body": "Go there.\n\nCarol Reyes"}


# ------------------------------------------------------------------ who gets in


def test_the_cookie_of_somebody_signed_in_opens_nothing_here(site: Site) -> None:
    ali = site.signed_in("ali")

    assert "needs a token" in refused(ali.get("/api/v1/letters"), 401)
    refused(ali.client.post("/api/v1/letters/1/let-go", json={}), 401)
    assert site.letter().slip.stage == "drafted"


def test_no_route_of_the_api_lets_a_stranger_in(site: Site) -> None:
    walked = 0
    for path, operations in (create_api(site.desk, print).openapi()["paths"] | {"/v1/nowhere": {"get": None}}).items():
        for method in operations:
            walked += 1
            answer = httpx2.request(method, f"{site.url}/api{path.format(letter_id=1)}", trust_env=False)
            refused(answer, 401)
            assert answer.headers["www-authenticate"] == 'Bearer realm="Triage"'
    assert walked > 20
    assert site.letter().slip.stage == "drafted"


def test_the_description_is_there_for_people_and_tokens_and_nobody_else(site: Site, program: Maker) -> None:
    token = program("ana", Scope.WRITE).client.headers["authorization"]
    url = f"{site.url}/api/openapi.json"

    assert site.signed_in("ana").get("/api/openapi.json").json()["openapi"].startswith("3.1")
    assert httpx2.get(url, headers={"Authorization": token}, trust_env=False, timeout=60).status_code == 200
    assert httpx2.get(url, trust_env=False, timeout=60).status_code == 401
    assert httpx2.post(url, headers={"Authorization": token}, json={}, trust_env=False, timeout=60).status_code == 405


def test_a_token_is_good_for_its_scopes_alone(program: Maker) -> None:
    needs = dict.fromkeys(("/letters", "/letters/1", "/letters/1/source", "/figures", "/health"), Scope.READ)
    needs |= {f"/letters/1/{verb}": Scope.WRITE for verb in ("draft", "topics", "details", "hand-over")}
    signed = ("approve", "undo", "decline", "let-go", "set-aside", "bring-back", "confirm-sent", "send-again")
    needs |= {f"/letters/1/{verb}": Scope.SIGN for verb in (*signed, "take", "second-read")}
    just = {scope: program("ali", scope) for scope in EVERYTHING}
    but = {scope: program("ali", *(other for other in EVERYTHING if other is not scope)) for scope in EVERYTHING}

    for path, least in needs.items():
        method = "GET" if least is Scope.READ else "PUT" if path.endswith("draft") else "POST"
        answer = but[least].client.request(method, path, json=None if method == "GET" else {})
        assert f"“{least}”" in refused(answer, 403), path
        assert f'error="insufficient_scope", scope="{least}"' in answer.headers["www-authenticate"]
        assert just[least].client.request(method, path).status_code != 403, path
    assert just[Scope.SIGN].get("/me").json()["scopes"] == [Scope.SIGN]


def test_ana_may_write_with_any_token_and_never_sign(site: Site, program: Maker, ana: Program) -> None:
    revision = ana.client.put("/letters/1/draft", json=text(site)).json()["revision"]

    assert revision == 2
    assert "scope" in refused(ana.post("/letters/1/approve", revision=revision), 403)
    assert ana.get("/me").json() == {
        "name": "ana",
        "role": "apprentice",
        "scopes": ["read", "write"],
        "expires_at": None,
    }
    refused(ana.get("/figures"), 403)


# ------------------------------------------------------------------ looking


def test_a_letter_with_everything_that_its_page_shows(site: Site, ali: Program) -> None:
    letter = ali.letter()

    assert (letter["id"], letter["stage"], letter["inbox"]) == (1, "drafted", "advice")
    assert letter["sender"] == {"name": "Rosa Diaz", "email": "rosa@reader.example"}
    assert letter["text"]["body"] == FOUNDING
    assert letter["topics"] == ["withdrawing", "unemployment"]
    topic = letter["reading"]["topics"][0]
    span = topic["evidence"][0]
    assert FOUNDING[span["start"] : span["end"]] == span["text"] == "pull"
    assert letter["draft"]["revision"] == 1
    assert letter["draft"]["author"] == "triage"
    assert letter["draft"]["coverage"][0]["question"].startswith("Would it be all right")
    assert [row["verb"] for row in letter["history"]] == ["collect", "assess", "draft"]
    assert letter["recipients"] == [{"name": "Rosa Diaz", "email": "rosa@reader.example"}]
    assert letter["reply"] is None


def test_what_stands_in_the_way_of_a_reply_is_told_before_anybody_approves_it(site: Site, ali: Program) -> None:
    gap = text(site) | {"body": "Ask [[the agency of your state]].\n\nCarol Reyes"}

    blocks = ali.client.put("/letters/1/draft", json=gap).json()["blocks"]

    assert any("the agency of your state" in block for block in blocks)
    assert ali.letter()["draft"]["blocks"] == blocks
    assert "cannot go out yet" in refused(ali.post("/letters/1/approve", revision=2), 409)


def test_the_source_comes_as_it_came(site: Site, ali: Program) -> None:
    answer = ali.get("/letters/1/source")

    assert answer.content == mail()
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"] == 'attachment; filename="letter-1.eml"'
    assert answer.headers["content-security-policy"].startswith("sandbox;")


def test_the_list_goes_on_where_it_ended_whatever_comes_in_between(site: Site, ali: Program) -> None:
    site.bring(*(mail(f"Pull {n}?", message_id=f"<{n}@reader.example>") for n in range(6)))

    seen: list[int] = []
    page = ali.get("/letters", limit=3).json()
    while True:
        seen += [letter["id"] for letter in page["letters"]]
        if page["next"] is None:
            break
        site.bring(mail(f"Pull {len(seen)} more?", message_id=f"<more{len(seen)}@reader.example>"))
        page = ali.get("/letters", limit=3, cursor=page["next"]).json()

    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_the_list_can_be_narrowed(site: Site, ali: Program) -> None:
    site.bring(HELD, mail("Will my unemployment end?", subject="When?", message_id="<3@reader.example>"))

    def ids(**query: Any) -> list[int]:
        return [letter["id"] for letter in ali.get("/letters", **query).json()["letters"]]

    assert ids() == [3, 2, 1]
    assert ids(stage="held") == [2]
    assert ids(topic="withdrawing") == [1]
    assert ids(topic="unemployment", stage="drafted") == [3, 1]
    assert ids(risk="R3") == [2]
    assert ids(assigned="") == [3, 2, 1]
    assert ali.post("/letters/3/hand-over", to="ana").json()["assigned_to"] == "ana"
    assert ids(assigned="ana") == [3]
    assert ids(q="accounting") == [1]
    assert ids(q="accounting", stage="held") == []
    assert ids(q='"in no letter"') == []
    for query in ({"stage": "open"}, {"risk": "R9"}, {"limit": 0}, {"cursor": "x"}, {"sort": "up"}, {"q": "a\0b"}):
        refused(ali.get("/letters", **query), 422)


def test_what_was_found_comes_page_by_page_too(site: Site, ali: Program) -> None:
    site.bring(*(mail(f"Pull out {n}?", message_id=f"<{n}@reader.example>") for n in range(4)))

    seen: list[int] = []
    query: dict[str, Any] = {"q": "pull", "limit": 2}
    while True:
        page = ali.get("/letters", **query).json()
        seen += [letter["id"] for letter in page["letters"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]

    assert sorted(seen) == [1, 2, 3, 4, 5]


def test_figures_and_how_the_desk_is_doing(site: Site, ali: Program) -> None:
    figures = ali.get("/figures", days=7).json()
    doing = ali.get("/health").json()

    assert "letters" in [figure["name"] for figure in figures]
    assert all(len(row["values"]) == len(figure["columns"]) for figure in figures for row in figure["rows"])
    assert doing["inboxes"][0]["inbox"] == "advice"
    assert doing["letters"]["drafted"] == 1
    refused(ali.get("/figures", days=366), 422)


def test_there_is_no_letter_with_a_strange_number(site: Site, ali: Program) -> None:
    large = (str(2**53), str(2**63), str(2**64), "9" * 900)
    for letter_id in (*large, "0", "99", "-1", "1.0", "x", "%00", "1%0A", "%0A1"):
        for answer in (
            ali.get(f"/letters/{letter_id}"),
            ali.get(f"/letters/{letter_id}/source"),
            ali.post(f"/letters/{letter_id}/let-go"),
            ali.post(f"/letters/{letter_id}/approve", revision=1),
            ali.client.put(f"/letters/{letter_id}/draft", json=text(site)),
        ):
            refused(answer, 404)


def test_an_address_that_is_longer_than_any_is_refused_before_it_is_read(site: Site, ali: Program) -> None:
    assert ali.get("/letters/" + "9" * 5_000).status_code == 414
    assert site.signed_in("ali").get("/letters/" + "9" * 5_000).status_code == 414


# ------------------------------------------------------------------ deciding


def test_a_reply_from_writing_to_the_readers_mailbox(site: Site, ali: Program) -> None:
    draft = ali.client.put("/letters/1/draft", json=text(site)).json()
    seen = ali.letter()["seen"]

    approved = ali.post("/letters/1/approve", revision=draft["revision"], seen=seen).json()

    assert (approved["stage"], approved["reply"]["recipient"]) == ("approved", "rosa@reader.example")
    assert approved["reply"]["approved_by"] == "ali"
    assert site.woken == ["send"]
    site.clock.forward(minutes=1)
    outbox = TakingOutbox()
    site.send(outbox)
    assert b"Go there." in outbox.taken[0].message
    assert ali.letter()["stage"] == "answered"
    assert ali.letter()["reply"]["attempts"][0]["phase"] == "sent"


def test_nothing_newer_than_what_was_read_is_approved(site: Site, ali: Program, ana: Program) -> None:
    before = ali.letter()
    ana.client.put("/letters/1/draft", json=text(site))

    assert "newer version" in refused(ali.post("/letters/1/approve", revision=1), 409)
    ana.post("/letters/1/topics", topics=["unemployment"])
    stale = ali.post("/letters/1/approve", revision=2, seen=before["seen"])
    assert "ana set the topics" in refused(stale, 409)
    refused(ali.post("/letters/1/approve"), 422)
    assert site.letter().slip.stage == "drafted"


def test_nobody_writes_over_somebody_elses_newer_text(site: Site, ali: Program, ana: Program) -> None:
    mine, hers = text(site), text(site)
    assert ana.client.put("/letters/1/draft", json=hers).status_code == 200

    assert "newer version" in refused(ali.client.put("/letters/1/draft", json=mine | {"body": "Other words."}), 409)


def test_every_decision_that_a_page_offers(site: Site, ali: Program) -> None:
    def stage(verb: str, **body: Any) -> str:
        answer = ali.post(f"/letters/1/{verb}", **body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["stage"])

    assert stage("let-go", why="She wrote again.") == "let_go"
    assert ali.letter()["history"][-1]["why"] == "She wrote again."
    assert stage("bring-back") == "drafted"
    assert stage("set-aside") == "aside"
    assert stage("bring-back") == "drafted"
    assert stage("decline") == "declined"
    ali.client.put("/letters/1/draft", json=text(site))
    assert stage("approve", revision=2) == "approved"
    assert stage("undo") == "drafted"
    assert stage("approve", revision=2) == "approved"
    site.clock.forward(minutes=1)
    site.send(TakingOutbox(loses=True))
    assert ali.letter()["stage"] == "unknown"
    assert stage("send-again") == "approved"
    site.clock.forward(minutes=1)
    site.send(TakingOutbox(loses=True))
    assert stage("confirm-sent", why="It was in Sent.") == "answered"
    assert site.woken == ["read", "read", "send", "send", "send", "send", "settle"]


def test_a_decision_that_comes_too_late_says_where_the_letter_is(site: Site, ali: Program) -> None:
    ali.post("/letters/1/let-go")

    assert "This letter is let go" in refused(ali.post("/letters/1/decline"), 409)


def test_a_decision_needs_no_body(site: Site, ali: Program) -> None:
    assert ali.client.post("/letters/1/let-go").status_code == 200


def test_topics_and_details_are_set_and_the_draft_follows(site: Site, ali: Program) -> None:
    letter = ali.post("/letters/1/topics", topics=["unemployment"], because="my eligibility for unemployment").json()
    assert letter["topics"] == ["unemployment"]
    assert letter["reading"]["topics_set_by"] == "ali"
    assert letter["reading"]["topics"][0]["evidence"][0]["text"] == "my eligibility for unemployment"
    assert letter["draft"]["revision"] == 2

    letter = ali.post("/letters/1/details", details=[{"name": "state", "value": "fl"}]).json()
    assert ("state", "FL") in [(detail["name"], detail["value"]) for detail in letter["reading"]["details"]]
    assert letter["reading"]["details_stated_by"] == "ali"
    assert letter["draft"]["revision"] == 3
    assert "no state" in refused(ali.post("/letters/1/details", details=[{"name": "state", "value": "Bliss"}]), 409)
    assert "no topic named" in refused(ali.post("/letters/1/topics", topics=["astrology"]), 409)
    assert "not in the letter" in refused(ali.post("/letters/1/topics", topics=["offer"], because="what?"), 409)


def test_a_held_letter_gets_no_draft_of_the_machine_by_any_way(site: Site, ali: Program) -> None:
    site.bring(HELD)
    assert ali.letter(2)["draft"] is None
    ali.post("/letters/2/topics", topics=["withdrawing", "unemployment"])
    ali.post("/letters/2/details", details=[{"name": "state", "value": "FL"}])
    for verb in ("let-go", "set-aside"):
        assert "without a reason" in refused(ali.post(f"/letters/2/{verb}"), 409)
        ali.post(f"/letters/2/{verb}", why="A friend has gone there.")
        ali.post("/letters/2/topics", topics=["unemployment"])
        ali.post("/letters/2/bring-back")
    site.bring()

    letter = ali.letter(2)
    assert (letter["stage"], letter["draft"], letter["reading"]["held"]) == ("held", None, True)
    assert site.letter(2).machine_draft is None


def test_a_held_letter_is_signed_by_the_one_who_took_it(site: Site, ali: Program, program: Maker) -> None:
    site.bring(HELD)
    ali.client.put("/letters/2/draft", json=text(site, 2))
    assert any("taken this letter" in block for block in ali.letter(2)["draft"]["blocks"])
    assert "Nobody has taken" in refused(ali.post("/letters/2/approve", revision=1), 409)

    assert ali.post("/letters/2/take").json()["taken_by"] == "ali"

    assert ali.letter(2)["draft"]["blocks"] == []
    assert ali.post("/letters/2/approve", revision=1).json()["stage"] == "approved"
    refused(ali.post("/letters/1/take"), 409)


def test_a_second_reader_reads_here_too(site: Site, ali: Program, program: Maker) -> None:
    people.add(site.desk.db, "carol", Role.EDITOR, "", NOON)
    carol = program("carol")
    ali.client.put("/letters/1/draft", json=text(site))

    assert carol.post("/letters/1/second-read", revision=2).json()["read_twice_by"] == ["carol"]
    refused(carol.post("/letters/1/second-read", revision=1), 409)


# ------------------------------------------------------------------ what is sent


def test_only_json_is_taken(site: Site, ali: Program) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""):
        answer = ali.client.post("/letters/1/let-go", content=b"{}", headers={"Content-Type": kind})
        refused(answer, 415)
    assert site.letter().slip.stage == "drafted"
    good = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert ali.client.post("/letters/1/let-go", content=b"{}", headers=good).status_code == 200


def test_more_than_a_megabyte_is_cut_off_however_it_comes(site: Site, ali: Program) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"base":1,"subject":"s","body":"'
        for _ in range(30):
            yield b"x" * 50_000

    headers = {"Content-Type": "application/json"}
    refused(ali.client.put("/letters/1/draft", content=endless(), headers=headers), 413)
    refused(ali.client.put("/letters/1/draft", json=text(site) | {"body": "x" * 1_000_000}), 413)
    assert ali.client.put("/letters/1/draft", json=text(site) | {"body": "x" * 900_000}).status_code == 200


def test_what_is_no_json_is_refused(site: Site, ali: Program) -> None:
    number, control = b'{"why":' + b"9" * 5_000 + b"}", b'{"why": "\x00"}'
    for content in (b"{", b"\xff\xfe", b"[" * 200_000, b"[" * 200_000 + b"]" * 200_000, number, control):
        headers = {"Content-Type": "application/json"}
        refused(ali.client.post("/letters/1/let-go", content=content, headers=headers), 400)
    assert site.letter().slip.stage == "drafted"


def test_what_is_not_as_described_is_refused_with_its_place(site: Site, ali: Program) -> None:
    strange = [{"why": why} for why in (7, None, "x" * 1_001, "\0", "\ud800")]
    for body in (*strange, {"reason": "unknown"}, {"\ud800": "x"}, ["why"], "why", 7, True, 1e308, None):
        content, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        answer = ali.client.post("/letters/1/let-go", content=content, headers=headers)
        refused(answer, 422)
        assert answer.json()["faults"][0]["at"].startswith("body")
        assert answer.json()["faults"][0]["what"]
    assert site.letter().slip.stage == "drafted"


def test_no_number_is_too_strange_to_be_refused(site: Site, ali: Program) -> None:
    for number in (-1, 2**31, 2**63, 2**64, 10**400, 1.5, "1", True, None):
        refused(ali.client.put("/letters/1/draft", json=text(site) | {"base": number}), 422)
        refused(ali.post("/letters/1/approve", revision=number), 422)


def test_a_refusal_repeats_nothing_of_what_was_sent(site: Site, ali: Program) -> None:
    answer = ali.client.put("/letters/1/draft", json=text(site) | {"body": ["Private words"]})

    refused(answer, 422)
    assert "Private" not in answer.text


def test_what_the_api_cannot_do_there_is_said(site: Site, ali: Program) -> None:
    refused(ali.get("/nowhere"), 404)
    refused(ali.client.get("/letters/"), 404)
    answer = ali.client.delete("/letters/1")
    refused(answer, 405)
    assert answer.headers["allow"] == "GET"


def test_when_the_database_does_not_answer_programs_are_told_when_to_come_back(site: Site, ali: Program) -> None:
    with site.desk.db.write("break") as connection:
        connection.exec_driver_sql("ALTER TABLE drafts RENAME TO elsewhere")

    answer = ali.get("/letters/1")
    assert "database" in refused_for_now(answer)
    with site.desk.db.write("break") as connection:
        connection.exec_driver_sql("ALTER TABLE tokens RENAME TO elsewhere_too")
    assert "database" in refused_for_now(ali.get("/letters/1"))


def refused_for_now(answer: httpx2.Response) -> str:
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["detail"])
