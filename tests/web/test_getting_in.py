"""Who gets in, who does not, and what every answer carries."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount

from tests.web.conftest import PASSWORD, Served, Site, token_of
from triage.outbox.webhook import HttpCaller
from triage.store import people
from triage.web import create_app


def test_nobody_yet_is_told_who_acts_next(empty_site: Site) -> None:
    page = empty_site.stranger().get("/sign-in").text

    assert "Nobody can sign in yet: the person who started Triage has the link on the terminal." in page
    assert "triage user link NAME" in page


def test_once_there_is_somebody_the_page_does_not_say_how_to_add_people(site: Site) -> None:
    assert "triage user link" not in site.stranger().get("/sign-in").text


def test_a_stranger_is_sent_to_sign_in_from_every_route_but_the_public_ones(site: Site) -> None:
    stranger = site.stranger()
    open_routes = []
    walked = 0
    for route in site.app.routes:
        if isinstance(route, Mount):
            assert route.path in ("/static", "/api")  # each route of the API is walked in test_api
            continue
        assert isinstance(route, APIRoute)
        path = route.path.replace("{letter_id:int}", "1").replace("{name}", "answered").replace("{verb}", "let-go")
        for method in sorted(route.methods or ()):
            walked += 1
            answer = stranger.client.request(method, path, data={"a": "b"} if method == "POST" else None)
            if answer.status_code == 303 and answer.headers["location"].startswith("/sign-in"):
                continue
            open_routes.append((method, path, answer.status_code))

    assert walked > 10
    assert sorted(open_routes) == [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 503),  # no schedule runs here
        ("GET", "/sign-in", 200),
        ("GET", "/welcome/{token}", 410),  # no such link
        ("POST", "/sign-in", 403),
        ("POST", "/welcome/{token}", 403),
    ]
    assert site.letter().slip.stage == "drafted"


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/nowhere", "/sign-in/", "/healthz/x", "/staticx"]
)
def test_a_stranger_learns_nothing_about_other_paths(site: Site, path: str) -> None:
    assert site.stranger().get(path).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_the_machine_description_is_off_for_everybody(site: Site, path: str) -> None:
    assert site.signed_in("ali").get(path).status_code == 404


def test_a_forged_host_header_opens_no_door(site: Site) -> None:
    answer = site.stranger().client.get("/letters/1", headers={"Host": "evil.example/static/x?"})

    assert answer.status_code in (303, 400)
    assert "Rosa" not in answer.text


def test_ali_signs_in_and_goes_where_he_wanted(site: Site) -> None:
    ali = site.stranger()
    first = ali.get("/letters/1")
    assert first.headers["location"] == "/sign-in?next=/letters/1"

    assert ali.sign_in("ali", next_page="/letters/1").headers["location"] == "/letters/1"
    assert "Pulling out of the process" in ali.get("/letters/1").text


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "/\\evil.example", "https://evil.example", "/letters/1/../x", ""]
)
def test_mallory_cannot_send_ali_elsewhere_after_signing_in(site: Site, elsewhere: str) -> None:
    assert site.stranger().sign_in("ali", next_page=elsewhere).headers["location"] == "/"


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(site: Site) -> None:
    wrong_password = site.stranger().sign_in("ali", "wrong")
    wrong_name = site.stranger().sign_in("nobody", "wrong")

    assert wrong_password.status_code == wrong_name.status_code == 403
    assert "do not fit together" in wrong_password.text
    assert "do not fit together" in wrong_name.text


def test_a_planted_cookie_is_not_the_session_after_signing_in(site: Site) -> None:
    planted = "chosen-by-mallory"
    ali = site.with_cookie(planted)

    given = ali.sign_in("ali").cookies["triage"]

    assert given != planted
    assert len(given) >= 43  # 256 bits
    assert site.with_cookie(given).get("/").status_code == 200
    assert site.with_cookie(planted).get("/").status_code == 303


def test_signing_in_ends_the_session_that_the_browser_had(site: Site) -> None:
    old = site.signed_in("ali").client.cookies["triage"]
    browser = site.stranger()
    token = token_of(browser.get("/sign-in"))
    browser.client.cookies.set("triage", old, domain="127.0.0.1", path="/")

    answer = browser.client.post("/sign-in", data={"name": "ana", "password": PASSWORD, "token": token})

    assert answer.status_code == 303
    assert site.with_cookie(old).get("/").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    header = site.stranger().sign_in("ali").headers.get_list("set-cookie")[0]

    assert "HttpOnly" in header
    assert "SameSite=lax" in header
    assert "Path=/" in header
    assert "Domain" not in header


def test_over_https_the_cookies_are_secure_and_bound_to_the_host(site: Site) -> None:
    app = create_app(site.desk, secure_cookies=True, wake=lambda _step: None, caller=HttpCaller())
    with Served(app) as url, httpx2.Client(base_url=url, trust_env=False, timeout=60) as client:
        page = client.get("/sign-in")
        before = page.headers["set-cookie"].partition(";")[0]
        fields = {"name": "ali", "password": PASSWORD, "token": token_of(page)}
        answer = client.post("/sign-in", data=fields, headers={"Cookie": before})

    assert before.startswith("__Host-triage-before=")
    session = answer.headers.get_list("set-cookie")[0]
    assert session.startswith("__Host-triage=")
    for part in ("Secure", "HttpOnly", "Path=/"):
        assert part in session
    assert "Domain" not in session


def test_the_database_holds_no_token_that_could_be_used(site: Site) -> None:
    ali = site.signed_in("ali")
    token = ali.client.cookies["triage"]

    with site.desk.db.read() as connection:
        kept = [row[0] for row in connection.exec_driver_sql("SELECT token_hash FROM sessions")]

    assert len(kept) == 1
    assert token not in kept[0]


def test_after_signing_out_the_old_cookie_is_worth_nothing(site: Site) -> None:
    ali = site.signed_in("ali")
    token = ali.client.cookies["triage"]

    assert ali.post("/sign-out").headers["location"] == "/sign-in"

    assert site.with_cookie(token).get("/").status_code == 303


def test_a_session_ends_after_twelve_idle_hours_and_not_before(site: Site) -> None:
    ali = site.signed_in("ali")
    site.clock.forward(hours=11)
    assert ali.get("/").status_code == 200
    site.clock.forward(hours=11)
    assert ali.get("/").status_code == 200
    site.clock.forward(hours=12)
    assert ali.get("/").status_code == 303


def test_a_session_ends_after_seven_days_however_busy(site: Site) -> None:
    ali = site.signed_in("ali")
    for _ in range(15):
        site.clock.forward(hours=11)
        assert ali.get("/").status_code == 200
    site.clock.forward(hours=4)
    assert ali.get("/").status_code == 303


def test_the_sixth_wrong_password_for_a_name_is_refused_until_the_window_is_over(site: Site) -> None:
    for _ in range(5):
        assert site.stranger().sign_in("ali", "wrong").status_code == 403

    assert site.stranger().sign_in("ali").status_code == 429  # even the right one
    site.signed_in("ana")  # nobody else is locked out
    site.clock.forward(minutes=16)
    site.signed_in("ali")


def test_guesses_at_the_same_moment_are_all_counted(site: Site) -> None:
    visitors = [site.stranger() for _ in range(12)]
    tokens = [token_of(visitor.get("/sign-in")) for visitor in visitors]
    start = threading.Barrier(len(visitors))

    def guess(number: int) -> int:
        start.wait()
        fields = {"name": "ali", "password": "wrong", "token": tokens[number]}
        return visitors[number].client.post("/sign-in", data=fields).status_code

    with ThreadPoolExecutor(len(visitors)) as pool:
        answers = list(pool.map(guess, range(len(visitors))))

    assert sorted(answers) == [403] * 5 + [429] * 7


def test_one_address_may_fail_thirty_times_whatever_the_names(site: Site) -> None:
    for number in range(30):
        people.note_failure(site.desk.db, f"name{number}", "127.0.0.1", site.clock())

    assert site.stranger().sign_in("ali").status_code == 429
    site.clock.forward(minutes=16)
    assert site.stranger().sign_in("ali").status_code == 303


def test_a_good_sign_in_forgets_the_failures_before_it(site: Site) -> None:
    for _round in range(2):
        for _ in range(4):
            assert site.stranger().sign_in("ali", "wrong").status_code == 403
        site.signed_in("ali")
