"""The second factor: what it keeps out, and how people live with it."""

import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import httpx2
import pyotp
import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Page, expect

from tests.cast import ALI, NOON, make_desk
from tests.web.conftest import PASSWORD, Site, Visitor, token_of
from triage.desk import second_factor
from triage.desk.second_factor import CHOICE, Needed
from triage.store import house, people
from triage.store import second_factor as store
from triage.web.gate import WAITING

KEY = re.compile(r'name="secret" value="([A-Z2-7]{32})"')
RECOVERY = re.compile(r"<li><code>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</code></li>")


def code_of(site: Site, secret: str, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return pyotp.TOTP(secret).at(int(site.clock().timestamp()) + 30 * steps)


def send(visitor: Visitor, path: str, page: httpx2.Response, **fields: str) -> httpx2.Response:
    return visitor.client.post(path, data=fields | {"token": token_of(page)})


def turn_on(site: Site, visitor: Visitor) -> tuple[str, list[str]]:
    """Turn the second factor on at the desk: the key, and the recovery codes."""
    page = visitor.get("/me/second-factor")
    secret = KEY.search(page.text)[1]  # type: ignore[index]
    done = send(visitor, "/me/second-factor/on", page, secret=secret, password=PASSWORD, code=code_of(site, secret))
    assert done.status_code == 200, done.text
    return secret, RECOVERY.findall(done.text)


def give_password(site: Site, name: str = "ali", next_page: str = "/") -> Visitor:
    """Somebody who has given the right password and now has to give a code."""
    visitor = site.stranger()
    assert visitor.sign_in(name, next_page=next_page).headers["location"].startswith("/sign-in/code")
    return visitor


def give_code(visitor: Visitor, code: str, **fields: str) -> httpx2.Response:
    return send(visitor, "/sign-in/code", visitor.get("/sign-in/code"), **{"code": code} | fields)


def ask_of(site: Site, who: Needed) -> None:
    house.choose(site.desk.db, CHOICE, who, who="carol", what="asks for a second factor", now=site.clock())


@pytest.fixture
def app(site: Site, ali: Visitor) -> str:
    """The key in the app on ali's telephone, a minute after he turned his second factor on."""
    secret, _ = turn_on(site, ali)
    site.clock.forward(minutes=1)
    return secret


# ------------------------------------------------------------------ turning it on


def test_nothing_counts_before_a_code_confirms_it(site: Site, ali: Visitor) -> None:
    page = ali.get("/me/second-factor")
    secret = KEY.search(page.text)[1]  # type: ignore[index]

    wrong = send(ali, "/me/second-factor/on", page, secret=secret, password=PASSWORD, code="000000")

    assert wrong.status_code == 403
    assert secret in wrong.text  # the app need not be shown another one
    site.signed_in("ali")


def test_the_page_shows_the_same_key_to_cameras_fingers_and_this_telephone(ali: Visitor) -> None:
    page = ali.get("/me/second-factor").text
    secret = KEY.search(page)[1]  # type: ignore[index]

    app = pyotp.parse_uri(unescape(re.search(r'href="(otpauth:[^"]+)"', page)[1]))  # type: ignore[index]

    assert app.secret == secret
    assert (app.issuer, app.name) == ("Triage (127.0.0.1)", "ali")
    assert " ".join(re.findall("....", secret)) in page
    assert 'src="data:image/svg+xml' in page


def test_mallory_cannot_choose_a_key_that_is_easily_guessed(site: Site, ali: Visitor) -> None:
    for secret in ("", "A" * 8, "A" * 31 + "1", "a" * 32):
        page = ali.get("/me/second-factor")
        assert (
            send(ali, "/me/second-factor/on", page, secret=secret, password=PASSWORD, code="000000").status_code == 403
        )
    site.signed_in("ali")


def test_the_code_that_confirmed_it_does_not_sign_in(site: Site, ali: Visitor) -> None:
    secret, _ = turn_on(site, ali)

    assert give_code(give_password(site), code_of(site, secret)).status_code == 403


def test_the_key_is_never_shown_again_and_never_logged(
    site: Site, ali: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        secret, codes = turn_on(site, ali)
        pages = [ali.get("/me/second-factor").text, ali.get("/").text]
        give_code(give_password(site), "123456")

    assert not any(secret in page or secret[:4] + " " + secret[4:8] in page for page in pages)
    assert not any(said in caplog.text for said in (secret, *codes, "123456"))


def test_turning_it_on_twice_is_refused(site: Site, ali: Visitor, app: str) -> None:
    page = ali.get("/me/second-factor")
    other = pyotp.random_base32()

    answer = send(ali, "/me/second-factor/on", page, secret=other, password=PASSWORD, code=code_of(site, other))

    assert answer.status_code == 409
    assert store.of(site.desk.db, 1).secret == app


# ------------------------------------------------------------------ signing in with it


def test_ali_signs_in_with_password_and_code_and_goes_where_he_wanted(site: Site, app: str) -> None:
    ali = give_password(site, next_page="/letters/1")
    page = ali.get("/sign-in/code?next=/letters/1")
    assert 'name="next" value="/letters/1"' in page.text

    answer = give_code(ali, code_of(site, app), next="/letters/1")

    assert answer.headers["location"] == "/letters/1"
    assert ali.get("/letters/1").status_code == 200


def test_a_code_may_be_typed_with_a_gap(site: Site, app: str) -> None:
    code = code_of(site, app)
    assert give_code(give_password(site), f" {code[:3]} {code[3:]} ").status_code == 303


def test_until_the_code_is_given_the_session_opens_nothing_more_than_a_stranger_has(site: Site, app: str) -> None:
    mallory, stranger = give_password(site), site.stranger()
    token = token_of(mallory.get("/sign-in/code"))
    walked = 0
    for route in site.app.routes:
        if not isinstance(route, APIRoute) or route.path in WAITING:
            continue
        path = re.sub(r"\{[^}]+\}", "1", route.path)
        for method in route.methods or ():
            walked += 1
            fields = {"token": token} if method == "POST" else None
            hers, nobodys = (who.client.request(method, path, data=fields) for who in (mallory, stranger))
            assert (hers.status_code, hers.headers.get("location")) == (
                nobodys.status_code,
                nobodys.headers.get("location"),
            ), (method, path)
    assert walked > 10


def test_somebody_with_only_the_password_cannot_put_another_telephone_in_its_place(site: Site, app: str) -> None:
    mallory = give_password(site)
    assert mallory.get("/sign-in/second-factor").headers["location"].startswith("/sign-in/code")
    other = pyotp.random_base32()

    page = mallory.get("/sign-in/code")
    answer = send(mallory, "/sign-in/second-factor", page, secret=other, code=code_of(site, other))

    assert answer.status_code == 409
    assert store.of(site.desk.db, 1).secret == app
    assert mallory.get("/").status_code == 303


@pytest.mark.parametrize(("steps", "status"), [(-2, 403), (-1, 303), (0, 303), (1, 303), (2, 403)])
def test_a_clock_may_be_half_a_minute_off_and_no_more(site: Site, app: str, steps: int, status: int) -> None:
    assert give_code(give_password(site), code_of(site, app, steps)).status_code == status


def test_a_code_that_was_used_is_worth_nothing_and_neither_is_an_older_one(site: Site, app: str) -> None:
    now = code_of(site, app)
    assert give_code(give_password(site), now).status_code == 303

    assert give_code(give_password(site), now).status_code == 403
    assert give_code(give_password(site), code_of(site, app, -1)).status_code == 403
    assert give_code(give_password(site), code_of(site, app, 1)).status_code == 303


def test_the_session_has_a_new_token_once_the_code_is_given(site: Site, app: str) -> None:
    ali = give_password(site)
    before = ali.client.cookies["triage"]

    after = give_code(ali, code_of(site, app)).cookies["triage"]

    assert after != before
    assert site.with_cookie(before).get("/").status_code == 303
    assert site.with_cookie(after).get("/").status_code == 200


def test_a_session_waits_ten_minutes_for_its_code(site: Site, app: str) -> None:
    ali = give_password(site)
    site.clock.forward(minutes=9)
    assert ali.get("/sign-in/code").status_code == 200
    site.clock.forward(minutes=2)
    assert ali.get("/sign-in/code").headers["location"].startswith("/sign-in?")


def test_mallory_cannot_send_ali_elsewhere_after_the_code(site: Site, app: str) -> None:
    ali = give_password(site)
    assert "evil" not in ali.get("/sign-in/code?next=//evil.example").text
    assert give_code(ali, code_of(site, app), next="//evil.example").headers["location"] == "/"


def test_a_code_counts_only_from_the_page_that_asked_for_it(site: Site, app: str) -> None:
    ali = give_password(site)
    code = code_of(site, app)

    assert ali.client.post("/sign-in/code", data={"code": code, "token": "0" * 64}).status_code == 403
    assert ali.get("/").status_code == 303
    assert give_code(ali, code).status_code == 303


# ------------------------------------------------------------------ guessing


def test_after_five_wrong_codes_the_right_one_is_refused_and_the_password_does_not_begin_anew(
    site: Site, app: str
) -> None:
    for _ in range(5):
        assert give_code(give_password(site), "000000").status_code == 403

    assert give_code(give_password(site), code_of(site, app)).status_code == 429
    site.clock.forward(minutes=16)
    assert give_code(give_password(site), code_of(site, app)).status_code == 303


def test_the_house_hears_once_of_somebody_who_knows_the_password_and_guesses_codes(site: Site, app: str) -> None:
    for _ in range(7):
        give_code(give_password(site), "000000")

    said = [row.what for row in house.log(site.desk.db) if row.who == "ali" and "wrong codes" in row.what]
    assert said == ["gave the right password, then 5 wrong codes"]


def test_recovery_codes_are_guessed_no_faster_than_codes(site: Site, ali: Visitor) -> None:
    _, codes = turn_on(site, ali)
    visitor = give_password(site)
    for _ in range(5):
        assert give_code(visitor, "", recovery="AAAA-AAAA-AAAA-AAAA").status_code == 403
    assert give_code(visitor, "", recovery=codes[0]).status_code == 429


def at_once(number: int, work: Callable[[], bool]) -> list[bool]:
    start = threading.Barrier(number)

    def run(_: int) -> bool:
        start.wait()
        return work()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def test_of_two_who_bring_the_same_code_at_the_same_moment_one_gets_in(database_url: str) -> None:
    desk = make_desk(database_url)
    people.add(desk.db, "carol", ALI.role, "hash", NOON)
    people.add(desk.db, "ali", ALI.role, "hash", NOON)
    secret = second_factor.new_secret()
    codes = second_factor.turn_on(desk, ALI, secret, pyotp.TOTP(secret).at(NOON))
    step = int(NOON.timestamp()) // 30 + 1
    code_hash = second_factor._hashed(codes[0])

    won = at_once(8, lambda: store.spend_step(desk.db, ALI, secret, step))
    helped = at_once(8, lambda: store.spend_recovery_code(desk.db, ALI, code_hash, NOON))

    desk.db.close()
    assert (sum(won), sum(helped)) == (1, 1)


# ------------------------------------------------------------------ recovery codes


def test_ten_recovery_codes_each_sign_in_once(site: Site, ali: Visitor) -> None:
    _, codes = turn_on(site, ali)
    assert len(set(codes)) == 10

    for code in codes:
        assert give_code(give_password(site), "", recovery=code).status_code == 303
    assert give_code(give_password(site), "", recovery=codes[0]).status_code == 403
    assert "no recovery codes left" in ali.get("/me/second-factor").text


def test_a_recovery_code_may_be_typed_as_people_type(site: Site, ali: Visitor) -> None:
    _, codes = turn_on(site, ali)
    typed = codes[0].lower().replace("-", " ").replace("o", "0").replace("i", "1").replace("b", "8")
    assert give_code(give_password(site), "", recovery=f"  {typed} ").status_code == 303


def test_the_database_holds_no_recovery_code_that_could_be_used(site: Site, ali: Visitor) -> None:
    _, codes = turn_on(site, ali)

    with site.desk.db.read() as connection:
        kept = [row[0] for row in connection.exec_driver_sql("SELECT code_hash FROM recovery_codes")]

    assert len(kept) == 10
    assert not {code.replace("-", "") for code in codes} & {hashed.upper() for hashed in kept}


def test_anas_recovery_codes_do_not_sign_ali_in(site: Site, app: str, ana: Visitor) -> None:
    _, codes = turn_on(site, ana)
    assert give_code(give_password(site, "ali"), "", recovery=codes[0]).status_code == 403


def test_new_recovery_codes_take_the_password_and_end_the_old_ones(site: Site, ali: Visitor) -> None:
    _, old = turn_on(site, ali)
    path, page = "/me/second-factor/codes", ali.get("/me/second-factor")
    assert send(ali, path, page, password="wrong").status_code == 403

    new = RECOVERY.findall(send(ali, path, page, password=PASSWORD).text)

    assert len(set(new) - set(old)) == 10
    assert give_code(give_password(site), "", recovery=old[0]).status_code == 403
    assert give_code(give_password(site), "", recovery=new[0]).status_code == 303


# ------------------------------------------------------------------ turning it off


def test_turning_it_off_takes_the_password_and_a_code(site: Site, ali: Visitor, app: str) -> None:
    path, page = "/me/second-factor/off", ali.get("/me/second-factor")
    assert send(ali, path, page, password="wrong", code=code_of(site, app)).status_code == 403
    assert send(ali, path, page, password=PASSWORD, code="000000").status_code == 403
    give_password(site)  # still on

    assert send(ali, path, page, password=PASSWORD, code=code_of(site, app)).status_code == 303

    site.signed_in("ali")
    with site.desk.db.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM recovery_codes").scalar() == 0
    said = [row.what for row in house.log(site.desk.db)]
    assert said.index("turned the second factor off") < said.index("turned the second factor on")


def test_mallory_at_alis_open_desk_cannot_guess_the_password_without_end(site: Site, ali: Visitor, app: str) -> None:
    path, page = "/me/second-factor/off", ali.get("/me/second-factor")
    for _ in range(5):
        send(ali, path, page, password="wrong", code="000000")

    answer = send(ali, path, page, password=PASSWORD, code=code_of(site, app))

    assert "too many wrong tries" in answer.text
    assert store.of(site.desk.db, 1).secret == app


# ------------------------------------------------------------------ when the desk asks for it


@pytest.mark.parametrize(
    ("who", "asked"), [(Needed.NOBODY, set()), (Needed.SIGNERS, {"ali"}), (Needed.EVERYBODY, {"ali", "ana"})]
)
def test_those_who_have_to_have_one_are_sent_to_set_it_up(site: Site, who: Needed, asked: set[str]) -> None:
    ask_of(site, who)

    sent = {
        name
        for name in ("ali", "ana")
        if site.stranger().sign_in(name).headers["location"].startswith("/sign-in/second-factor")
    }

    assert sent == asked


def test_nothing_else_is_open_until_it_is_set_up(site: Site) -> None:
    ask_of(site, Needed.SIGNERS)
    ali = site.stranger()
    where = ali.sign_in("ali", next_page="/letters/1").headers["location"]
    for path in ("/", "/letters/1", "/me", "/me/second-factor"):
        assert ali.get(path).headers["location"].startswith("/sign-in")
    page = ali.get(where)
    secret = KEY.search(page.text)[1]  # type: ignore[index]
    assert "This desk asks you" in page.text

    fields = {"secret": secret, "next": "/letters/1"}
    assert send(ali, "/sign-in/second-factor", page, code="000000", **fields).status_code == 403
    assert ali.get("/").status_code == 303
    done = send(ali, "/sign-in/second-factor", page, code=code_of(site, secret), **fields)

    assert len(RECOVERY.findall(done.text)) == 10
    assert 'href="/letters/1"' in done.text
    assert ali.get("/letters/1").status_code == 200


def test_who_turns_it_off_where_it_is_asked_for_sets_up_the_next_one_at_once(
    site: Site, ali: Visitor, app: str
) -> None:
    ask_of(site, Needed.EVERYBODY)
    page = ali.get("/me/second-factor")

    answer = send(ali, "/me/second-factor/off", page, password=PASSWORD, code=code_of(site, app))

    assert answer.headers["location"].startswith("/sign-in/second-factor")
    assert ali.get("/").headers["location"].startswith("/sign-in")
    assert KEY.search(ali.get("/sign-in/second-factor").text)


# ------------------------------------------------------------------ in the browser


def test_ali_turns_it_on_and_signs_in_with_it_in_his_browser(site: Site, page: Page) -> None:
    page.goto("/me/second-factor")
    picture = page.get_by_alt_text("QR code")
    assert picture.evaluate("image => image.naturalWidth") > 100
    secret = page.locator("input[name=secret]").input_value()
    page.get_by_label("Code").fill(code_of(site, secret))
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("button", name="Sign out").click()
    site.clock.forward(minutes=1)

    page.get_by_label("Name").fill("ali")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code", exact=True).fill(code_of(site, secret))
    page.get_by_role("button", name="Go on").click()

    page.get_by_role("link", name="Pulling out of the process").wait_for()
