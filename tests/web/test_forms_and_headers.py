"""Which forms are taken, and what every answer carries."""

import itertools
from datetime import timedelta

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from tests.service import until
from tests.web.conftest import PASSWORD, Served, Site, token_of
from triage.web.shield import HEADERS, Shield


@pytest.mark.parametrize("token", ["", "0" * 64, "nonsense", "é"])
def test_a_form_without_the_right_token_changes_nothing(site: Site, token: str) -> None:
    ali = site.signed_in("ali")

    answer = ali.client.post("/letters/1/let-go", data={"token": token, "body": "What ali had typed."})

    assert answer.status_code == 403
    assert "What ali had typed." in answer.text
    assert site.letter().slip.stage == "drafted"


def test_the_token_of_one_session_is_no_good_in_another(site: Site) -> None:
    ali, ana = site.signed_in("ali"), site.signed_in("ana")

    answer = ali.client.post("/letters/1/let-go", data={"token": token_of(ana.get("/"))})

    assert answer.status_code == 403


def test_signing_in_needs_the_token_of_ones_own_browser(site: Site) -> None:
    mallorys = token_of(site.stranger().get("/sign-in"))
    victim = site.stranger()
    victim.get("/sign-in")
    fields = {"name": "ali", "password": PASSWORD}

    assert victim.client.post("/sign-in", data=fields | {"token": mallorys}).status_code == 403
    assert site.stranger().client.post("/sign-in", data=fields | {"token": mallorys}).status_code == 403


@pytest.mark.parametrize("origin", ["cross-site", "same-site", "anything"])
def test_a_form_from_another_site_is_refused_even_with_the_token(site: Site, origin: str) -> None:
    ali = site.signed_in("ali")
    fields = {"token": token_of(ali.get("/"))}

    answer = ali.client.post("/letters/1/let-go", data=fields, headers={"Sec-Fetch-Site": origin})

    assert answer.status_code == 403
    assert site.letter().slip.stage == "drafted"
    same = ali.client.post("/letters/1/let-go", data=fields, headers={"Sec-Fetch-Site": "same-origin"})
    assert same.status_code == 303
    assert site.letter().slip.stage == "let_go"


def test_json_and_files_are_not_taken(site: Site) -> None:
    ali = site.signed_in("ali")

    assert ali.client.post("/letters/1/let-go", json={"token": token_of(ali.get("/"))}).status_code == 415
    assert ali.client.post("/letters/1/let-go", files={"body": b"x"}).status_code == 415


def test_a_body_of_more_than_a_megabyte_is_cut_off(site: Site) -> None:
    ali = site.signed_in("ali")
    token = token_of(ali.get("/"))

    def endless() -> itertools.chain[bytes]:
        return itertools.chain([b"body="], itertools.repeat(b"x" * 50_000, 30))

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = ali.client.post("/letters/1/save", content=endless(), headers=headers)

    assert answer.status_code == 413
    large = ali.client.post("/letters/1/save", data={"token": token, "base": "1", "body": "y" * 900_000})
    assert large.status_code == 303


def test_every_answer_carries_the_headers_whatever_its_status(site: Site) -> None:
    ali = site.signed_in("ali")
    fields = {"token": token_of(ali.get("/")), "base": "7", "subject": "s", "body": "b"}
    answers = {
        200: ali.get("/letters/1"),
        303: site.stranger().get("/"),
        403: ali.client.post("/letters/1/save", data={"token": "wrong"}),
        404: ali.get("/letters/99"),
        405: ali.client.put("/letters/1", data=fields),
        409: ali.client.post("/letters/1/save", data=fields),
    }
    with site.desk.db.write("break") as connection:
        connection.exec_driver_sql("ALTER TABLE drafts RENAME TO elsewhere")
    answers[503] = ali.get("/letters/1")

    for status, answer in answers.items():
        assert answer.status_code == status
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (status, name)
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_a_fault_in_the_desk_is_logged_without_the_letter(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    ali = site.signed_in("ali")
    with site.desk.db.write("break") as connection:
        connection.exec_driver_sql("CREATE TRIGGER b BEFORE INSERT ON drafts BEGIN SELECT RAISE(ABORT, 'broken'); END")

    answer = ali.post("/letters/1/save", base="1", subject="Private subject", body="Private words")

    assert answer.status_code == 500
    assert "Private words" in answer.text  # nothing typed is lost
    until(lambda: "page failed kind=IntegrityError" in caplog.text, 5)  # it is written after the answer
    assert "Private" not in caplog.text


def test_even_when_no_page_can_be_made_there_is_an_answer_with_the_headers(caplog: pytest.LogCaptureFixture) -> None:
    letter = "Private words"

    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError(letter)

    with Served(Shield(broken)) as url:
        answer = httpx2.get(url, trust_env=False, timeout=60)

    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert letter not in answer.text + caplog.text


def test_health_is_public_and_plain(site: Site) -> None:
    answer = site.stranger().get("/healthz")

    assert (answer.status_code, answer.text) == (200, "ok")


def test_static_files_are_public_and_asked_about_each_time(site: Site) -> None:
    answer = site.stranger().get("/static/desk.css")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert "://" not in answer.text.replace("http://www.w3.org", "")
    assert site.stranger().get("/static/../app.py").status_code in (303, 404)
    assert site.stranger().get("/static/%2e%2e/app.py").status_code in (303, 404)


def test_somebody_signed_out_while_writing_keeps_the_text(site: Site) -> None:
    ali = site.signed_in("ali")
    token = token_of(ali.get("/letters/1"))
    site.clock.now += timedelta(days=1)

    answer = ali.client.post("/letters/1/save", data={"token": token, "base": "1", "body": "Half an hour's work"})

    assert answer.status_code == 401
    assert "Half an hour&#39;s work" in answer.text
