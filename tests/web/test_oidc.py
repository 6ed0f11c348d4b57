"""Signing in with the organisation's accounts, against a real provider that breaks one rule at a time."""

import base64
import json
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pyotp
import pytest
from joserfc.jwk import ECKey, RSAKey
from playwright.sync_api import Browser

from tests.cast import CAROL, NOON, make_desk
from tests.oidc_provider import (
    SECRET,
    OidcProvider,
    changed,
    no_token,
    unsigned,
    with_an_unknown_key,
    with_another_key,
    with_the_clients_secret,
    with_the_public_key,
)
from tests.web.conftest import PASSWORD, Served, Site, Visitor, hasty, refuse, token_of
from triage import serving
from triage.checking import organisation
from triage.desk import members, second_factor
from triage.desk.second_factor import CHOICE, Needed
from triage.errors import Conflict, TriageError
from triage.outbox.webhook import HttpCaller
from triage.records import Person
from triage.settings import Oidc
from triage.stages import Role
from triage.store import house, identities, people
from triage.web import create_app
from triage.web.staff.provider import Provider
from triage.web.staff.trips import Purpose, Trip

LATE = {"minutes": 11}


class ServedOn(Served):
    """uvicorn on a socket whose port is known before the desk is built."""

    def __init__(self, app: Callable[..., object], listener: socket.socket) -> None:
        super().__init__(app)  # type: ignore[arg-type]
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]}, daemon=True)


@dataclass
class Agency:
    """The desk with an organisation's provider."""

    site: Site
    provider: OidcProvider
    settings: Oidc

    def link(self, name: str, subject: str) -> None:
        person = self.person(name)
        identities.link(self.site.desk.db, person, f"{self.provider.issuer} {subject}", NOON)

    def person(self, name: str) -> Person:
        found = members.member(self.site.desk, name)
        return Person(id=found.id, name=found.name, role=found.role)

    def go(self, visitor: Visitor, start: str = "/sign-in/with") -> str:
        """Press the button and sign in there: the way back, not yet gone."""
        away = visitor.get(start)
        assert away.status_code == 303, away.text
        return sign_in_there(away.headers["location"])

    def sign_in(self, visitor: Visitor, start: str = "/sign-in/with") -> httpx2.Response:
        return come_back(visitor, self.go(visitor, start))


def sign_in_there(address: str) -> str:
    with httpx2.Client(trust_env=False, timeout=60) as client:
        return client.get(address).headers["location"]


def come_back(visitor: Visitor, way: str) -> httpx2.Response:
    url = urlsplit(way)
    return visitor.get(f"{url.path}?{url.query}")


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/").status_code == 200


@pytest.fixture
def agency(site: Site, tmp_path: Path) -> Iterator[Agency]:
    """A desk whose people may also sign in with Agency; ali has linked his account there."""
    secret = tmp_path / "oidc.secret"
    secret.write_text(SECRET)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        OidcProvider(site.clock, f"http://127.0.0.1:{listener.getsockname()[1]}/sign-in/back") as provider,
    ):
        url = provider.back.removesuffix("/sign-in/back")
        desk = replace(site.desk, address=f"{url}/")
        settings = Oidc(issuer=provider.issuer, client_id="triage-desk", client_secret=f"file:{secret}", name="Agency")
        app = create_app(desk, secure_cookies=False, wake=lambda _step: None, caller=HttpCaller(), oidc=settings)
        with ServedOn(app, listener):
            here = replace(site, desk=desk, app=app, url=url, clients=[])
            found = Agency(here, provider, settings)
            found.link("ali", provider.subject)
            yield found
            for client in here.clients:
                client.close()


# ------------------------------------------------------------------ the way in


def test_the_button_is_there_only_where_an_organisation_is_configured(site: Site, agency: Agency) -> None:
    assert "Sign in with Agency" in agency.site.stranger().get("/sign-in").text
    plain = site.stranger()
    assert "Sign in with" not in plain.get("/sign-in").text
    assert plain.get("/sign-in/with").status_code == 404


def test_ali_signs_in_with_agency_and_goes_where_he_wanted(agency: Agency) -> None:
    ali = agency.site.stranger()
    page = ali.get("/sign-in?next=/search")
    start = re.search(r'href="(/sign-in/with[^"]*)"', page.text)[1]  # type: ignore[index]

    answer = agency.sign_in(ali, unescape(start))

    assert answer.headers["location"] == "/search"
    assert "ali" in ali.get("/me").text


@pytest.mark.parametrize("posts_secret", [True, False])
def test_either_way_of_giving_the_clients_secret_works(agency: Agency, posts_secret: bool) -> None:
    agency.provider.posts_secret = posts_secret
    assert agency.sign_in(agency.site.stranger()).status_code == 303


def test_a_service_that_signs_with_an_elliptic_curve_is_understood(agency: Agency) -> None:
    agency.provider.key = ECKey.generate_key("P-256", {"kid": "curve"})
    assert agency.sign_in(agency.site.stranger()).status_code == 303


def test_the_desk_asks_for_nothing_but_who_it_is_and_asks_with_pkce(agency: Agency) -> None:
    away = agency.site.stranger().get("/sign-in/with").headers["location"]

    query = {name: values[0] for name, values in parse_qs(urlsplit(away).query).items()}

    assert query["scope"] == "openid"
    assert query["code_challenge_method"] == "S256"
    assert query["response_type"] == "code"
    assert SECRET not in away


def test_no_two_visits_have_a_secret_in_common(agency: Agency) -> None:
    ali, ana = agency.site.stranger(), agency.site.stranger()
    ali.get("/sign-in")

    asked = [parse_qs(urlsplit(who.get("/sign-in/with").headers["location"]).query) for who in (ali, ali, ana)]

    for name in ("state", "nonce", "code_challenge"):
        assert len({query[name][0] for query in asked}) == 3


def test_the_session_is_a_new_one_whatever_cookie_was_planted(agency: Agency) -> None:
    ali = agency.site.with_cookie("chosen-by-mallory")
    given = agency.sign_in(ali).cookies["triage"]
    assert given != "chosen-by-mallory"
    assert not is_in(agency.site.with_cookie("chosen-by-mallory"))


def test_somebody_who_is_signed_in_needs_no_agency(agency: Agency) -> None:
    assert agency.site.signed_in("ali").get("/sign-in/with").headers["location"] == "/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "%2f%2fevil.example",
        "/%2fevil.example",
        "/search//evil.example",
        "/search/../evil",
        "/me?x=//evil.example",
        "/letters/1\r\nX: y",
        "/sign-out",
        "",
    ],
)
def test_mallory_cannot_send_ali_elsewhere_after_signing_in(agency: Agency, elsewhere: str) -> None:
    start = f"/sign-in/with?{urlencode({'next': elsewhere})}"
    assert agency.sign_in(agency.site.stranger(), start).headers["location"] == "/"
    with_password = agency.site.stranger().sign_in("ali", next_page=elsewhere)
    assert with_password.headers["location"] == "/"


@pytest.mark.parametrize("room", ["/search", "/people", "/templates", "/templates/interview", "/voices/carol", "/me"])
def test_every_room_can_be_gone_to_after_signing_in(agency: Agency, room: str) -> None:
    assert agency.sign_in(agency.site.stranger(), f"/sign-in/with?next={room}").headers["location"] == room


# ------------------------------------------------------------------ tokens that do not hold


def hours(number: int) -> int:
    return int(NOON.timestamp()) + 3600 * number


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "mallorys"},
        {"nonce": None},
        {"aud": "another-desk"},
        {"aud": ["triage-desk", "another-desk"]},
        {"aud": None},
        {"azp": "another-desk"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": hours(-1), "iat": hours(-2)},
        {"exp": None},
        {"iat": hours(1), "exp": hours(2)},
        {"nbf": hours(1)},
        {"sub": None},
        {"sub": ""},
        {"sub": "subject-of-ali\n"},
        {"sub": 7},
    ],
    ids=str,
)
def test_a_proof_that_says_something_wrong_opens_nothing(agency: Agency, claims: dict[str, object]) -> None:
    agency.provider.wrongs.claims = claims
    ali = agency.site.stranger()

    answer = agency.sign_in(ali)

    assert answer.status_code == 403
    assert "proof" in answer.text
    assert not is_in(ali)


@pytest.mark.parametrize(
    "token",
    [
        unsigned,
        with_the_public_key,
        with_the_clients_secret,
        with_another_key,
        with_an_unknown_key,
        changed,
        no_token,
    ],
)
def test_a_proof_with_a_wrong_signature_opens_nothing(
    agency: Agency, token: Callable[[OidcProvider, dict[str, object]], str]
) -> None:
    agency.link("ana", "subject-of-carol")
    agency.provider.wrongs.token = token
    ali = agency.site.stranger()

    answer = agency.sign_in(ali)

    assert answer.status_code == 403
    assert not is_in(ali)


def test_a_clock_half_a_minute_off_does_not_keep_ali_out(agency: Agency) -> None:
    agency.provider.wrongs.claims = {"iat": int(NOON.timestamp()) + 30, "exp": int(NOON.timestamp()) - 30}
    assert agency.sign_in(agency.site.stranger()).status_code == 303


# ------------------------------------------------------------------ the way back


def test_a_way_back_that_mallory_began_does_not_sign_ali_in_as_her(agency: Agency) -> None:
    mallorys = agency.go(agency.site.stranger())
    ali = agency.site.stranger()
    ali.get("/sign-in")

    answer = come_back(ali, mallorys)

    assert answer.status_code == 403
    assert "belongs to no sign-in that this browser began" in answer.text
    assert "token" not in agency.provider.asked
    assert not is_in(ali)


def test_alis_code_is_worth_nothing_in_mallorys_browser(agency: Agency) -> None:
    code = parse_qs(urlsplit(agency.go(agency.site.stranger())).query)["code"][0]
    mallory = agency.site.stranger()
    way = agency.go(mallory)

    answer = come_back(mallory, re.sub(r"code=[^&]+", f"code={code}", way))

    assert answer.status_code == 403
    assert not is_in(mallory)


@pytest.mark.parametrize("how", ["no state", "another state", "sealed by nobody", "sealed with nothing"])
def test_a_state_that_does_not_fit_opens_nothing(agency: Agency, how: str) -> None:
    ali = agency.site.stranger()
    way = agency.go(ali)
    state = parse_qs(urlsplit(way).query)["state"][0]
    packed = state.partition(".")[0]
    other = base64.urlsafe_b64encode(
        json.dumps(json.loads(base64.urlsafe_b64decode(packed)) | {"next_page": "/me"}).encode()
    ).decode()
    given = {
        "no state": "",
        "another state": "mallorys",
        "sealed by nobody": f"{other}.{state.partition('.')[2]}",
        "sealed with nothing": f"{packed}.",
    }[how]

    answer = come_back(ali, way.replace(urlencode({"state": state}), urlencode({"state": given})))

    assert answer.status_code == 403
    assert not is_in(ali)


def test_a_way_back_works_once(agency: Agency) -> None:
    ali = agency.site.stranger()
    way = agency.go(ali)
    key = ali.client.cookies["triage-before"]
    agency.provider.wrongs.reuses_codes = True
    assert come_back(ali, way).status_code == 303
    ali.post("/sign-out")

    assert come_back(ali, way).status_code == 403

    agency.provider.wrongs.reuses_codes = False
    mallory = agency.site.stranger()
    mallory.client.cookies.set("triage-before", key, domain="127.0.0.1", path="/")
    come_back(mallory, way)
    assert come_back(mallory, way).status_code == 403
    assert not is_in(ali)


def test_a_way_back_works_for_ten_minutes(agency: Agency) -> None:
    ali = agency.site.stranger()
    way = agency.go(ali)
    agency.site.clock.forward(**LATE)

    assert "longer than ten minutes" in come_back(ali, way).text
    assert not is_in(ali)


def test_an_answer_in_the_name_of_another_service_is_refused_before_a_code_is_given_away(agency: Agency) -> None:
    """Mix-up (RFC 9207 section 1): the code of one provider must not be carried to another."""
    with OidcProvider(agency.site.clock, agency.provider.back) as other:
        agency.provider.wrongs.back = {"iss": other.issuer}
        ali = agency.site.stranger()

        answer = agency.sign_in(ali)

        assert "another sign-in service" in answer.text
        assert "token" not in agency.provider.asked + other.asked
        assert not is_in(ali)


def test_a_proof_of_another_service_is_refused_although_it_is_a_good_one_there(agency: Agency) -> None:
    with OidcProvider(agency.site.clock, agency.provider.back) as other:
        agency.provider.wrongs.token = lambda _, claims: other.id_token(str(claims["nonce"]))
        ali = agency.site.stranger()

        assert agency.sign_in(ali).status_code == 403
        assert not is_in(ali)


def test_a_service_that_promised_its_name_has_to_send_it(agency: Agency) -> None:
    agency.provider.wrongs.back = {"iss": None}
    ali = agency.site.stranger()
    assert "left out its own name" in agency.sign_in(ali).text
    assert not is_in(ali)


def test_a_service_that_does_not_name_itself_on_the_way_back_works_too(agency: Agency) -> None:
    agency.provider.names_itself = False
    assert agency.sign_in(agency.site.stranger()).status_code == 303


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "you said no there, or you are not on its list"),
        ("temporarily_unavailable", "has trouble of its own"),
        ("login_required", "sign in there first"),
        ("invalid_scope", "The person who runs this machine"),
        ("<script>alert(1)</script>", "The person who runs this machine"),
    ],
)
def test_what_the_service_says_no_with_is_said_in_plain_words(agency: Agency, error: str, words: str) -> None:
    agency.provider.wrongs.error = error
    ali = agency.site.stranger()

    answer = agency.sign_in(ali)

    assert answer.status_code == 403
    assert words in answer.text
    assert "mallory" not in answer.text
    assert "<script>" not in answer.text
    assert not is_in(ali)


def test_an_error_that_belongs_to_no_sign_in_of_this_browser_is_not_repeated(agency: Agency) -> None:
    answer = agency.site.stranger().get("/sign-in/back?error=access_denied&state=mallorys")
    assert "belongs to no sign-in" in answer.text


# ------------------------------------------------------------------ who is known


@pytest.mark.parametrize("claims", [{}, {"email": "ali@agency.example", "email_verified": True}, {"name": "ali"}])
def test_a_subject_that_nobody_linked_is_nobody_whatever_it_is_called(
    agency: Agency, claims: dict[str, object]
) -> None:
    agency.provider.subject = "subject-of-mallory"
    agency.provider.wrongs.claims = {"preferred_username": "ali", **claims}
    mallory = agency.site.stranger()

    answer = agency.sign_in(mallory)

    assert answer.status_code == 403
    assert "nobody at this desk has linked that account" in answer.text
    assert not is_in(mallory)


def test_who_has_left_does_not_come_in_with_agency(agency: Agency) -> None:
    members.leave(agency.site.desk, members.OPERATOR, "ali")
    ali = agency.site.stranger()
    assert agency.sign_in(ali).status_code == 403
    assert not is_in(ali)


def begin_link(visitor: Visitor, password: str = PASSWORD) -> httpx2.Response:
    return visitor.client.post("/me/identity", data={"password": password, "token": token_of(visitor.get("/me"))})


def way_there(page: httpx2.Response) -> str:
    return unescape(re.search(r'href="(http://localhost[^"]+)"', page.text)[1])  # type: ignore[index]


def test_ana_links_her_account_once_and_signs_in_with_it(agency: Agency) -> None:
    agency.provider.subject = "subject-of-ana"
    ana = agency.site.signed_in("ana")

    linked = come_back(ana, sign_in_there(way_there(begin_link(ana))))

    assert linked.headers["location"] == "/me?done=linked"
    assert "signs you in here" in ana.get("/me?done=linked").text
    again = agency.site.stranger()
    assert agency.sign_in(again).status_code == 303
    assert "ana" in again.get("/me").text
    assert "linked an account of the organisation" in [row.what for row in house.log(agency.site.desk.db)]


def test_linking_takes_the_password(agency: Agency) -> None:
    """Somebody at ana's open desk must not make a way in that lasts."""
    ana = agency.site.signed_in("ana")
    assert begin_link(ana, "wrong").status_code == 409
    agency.provider.subject = "subject-of-mallory"

    # Who has the browser can seal a state with any purpose; what the password gives is still missing.
    key = "a key of mallorys"
    trip = Trip(purpose=Purpose.LINK, next_page="/me", begun=int(NOON.timestamp()), salt="salt")
    asks = Provider(agency.settings, back=agency.provider.back, clock=agency.site.clock)
    way = asks.way_there(state=trip.state(key), nonce=trip.nonce(key), verifier=trip.verifier(key))
    ana.client.cookies.set("triage-before", key, domain="127.0.0.1", path="/")

    answer = come_back(ana, sign_in_there(way))

    assert answer.status_code == 403
    assert "press Link again" in answer.text
    assert identities.of(agency.site.desk.db, agency.person("ana").id) == ""


def test_what_ana_began_to_link_is_not_linked_with_ali(agency: Agency) -> None:
    ana = agency.site.signed_in("ana")
    agency.provider.subject = "subject-of-ana"
    way = sign_in_there(way_there(begin_link(ana)))
    ali = agency.site.signed_in("ali")
    ana.client.cookies.set("triage", ali.client.cookies["triage"], domain="127.0.0.1", path="/")

    assert come_back(ana, way).status_code == 403


def test_an_account_is_linked_with_one_person_only(agency: Agency) -> None:
    ana = agency.site.signed_in("ana")

    answer = come_back(ana, sign_in_there(way_there(begin_link(ana))))  # it is ali's

    assert answer.status_code == 409
    assert identities.of(agency.site.desk.db, agency.person("ana").id) == ""


def test_of_two_who_link_the_same_account_at_the_same_moment_one_does(database_url: str) -> None:
    desk = make_desk(database_url)
    names = [f"person{number}" for number in range(6)]
    for name in names:
        people.add(desk.db, name, Role.ADVISOR, "hash", NOON)
    start = threading.Barrier(len(names))

    def link(name: str) -> bool:
        found = people.find(desk.db, name)
        assert found is not None
        start.wait()
        try:
            identities.link(desk.db, found[0], "https://agency.example subject", NOON)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(len(names)) as pool:
        done = list(pool.map(link, names))

    assert sum(done) == 1
    desk.db.close()


def test_the_link_can_be_taken_off_by_who_has_a_password(agency: Agency) -> None:
    ali = agency.site.signed_in("ali")
    assert ali.post("/me/identity/off").headers["location"] == "/me?done=unlinked"
    assert agency.sign_in(agency.site.stranger()).status_code == 403
    assert is_in(agency.site.signed_in("ali"))


# ------------------------------------------------------------------ an editor's link


@pytest.fixture
def invitation(agency: Agency) -> str:
    """The path of the link that carol gave to dora, who is new."""
    agency.provider.subject = "subject-of-dora"
    return urlsplit(members.add(agency.site.desk, CAROL, "dora", Role.ADVISOR)).path


def test_dora_comes_in_with_carols_link_and_her_account_and_needs_no_password(agency: Agency, invitation: str) -> None:
    dora = agency.site.stranger()
    start = re.search(r'href="(/sign-in/with\?invitation[^"]*)"', dora.get(invitation).text)[1]  # type: ignore[index]

    assert agency.sign_in(dora, unescape(start)).headers["location"] == "/"
    assert "dora" in dora.get("/me").text

    again = agency.site.stranger()
    assert agency.sign_in(again).status_code == 303
    assert again.get("/me").status_code == 200
    assert agency.site.stranger().get(invitation).status_code == 410
    assert again.post("/me/identity/off").status_code == 409  # she would lock herself out


def test_carols_link_links_one_account_and_no_second_one(agency: Agency, invitation: str) -> None:
    start = f"/sign-in/with?invitation={invitation.rpartition('/')[2]}"
    dora, mallory = agency.site.stranger(), agency.site.stranger()
    hers, mallorys = agency.go(dora, start), agency.go(mallory, start)
    assert come_back(dora, hers).status_code == 303
    agency.provider.subject = "subject-of-mallory"

    assert come_back(mallory, mallorys).status_code == 409
    assert not is_in(mallory)


def test_carols_link_is_not_told_to_the_service(agency: Agency, invitation: str) -> None:
    token = invitation.rpartition("/")[2]
    away = agency.site.stranger().get(f"/sign-in/with?invitation={token}").headers["location"]
    state = parse_qs(urlsplit(away).query)["state"][0]
    assert token not in away
    assert token.encode() not in base64.urlsafe_b64decode(state.partition(".")[0])


def test_another_site_cannot_have_ali_use_mallorys_link(agency: Agency, invitation: str) -> None:
    start = f"/sign-in/with?invitation={invitation.rpartition('/')[2]}"
    answer = agency.site.stranger().client.get(start, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["location"] == invitation


def test_a_link_that_does_not_work_begins_nothing(agency: Agency) -> None:
    assert agency.site.stranger().get("/sign-in/with?invitation=mallorys").status_code == 409


# ------------------------------------------------------------------ with the second factor


def with_second_factor(agency: Agency) -> str:
    secret = second_factor.new_secret()
    code = pyotp.TOTP(secret).at(int(agency.site.clock().timestamp()))
    second_factor.turn_on(agency.site.desk, agency.person("ali"), secret, code)
    return secret


@pytest.mark.parametrize(
    ("amr", "asked"),
    [(None, True), (["pwd"], True), (["pwd", "mfa"], False), (["otp"], False), (["hwk"], False), ("mfa", True)],
)
def test_the_desks_own_code_is_asked_unless_agency_asked_for_one(agency: Agency, amr: list[str], asked: bool) -> None:
    with_second_factor(agency)
    agency.provider.amr = amr
    ali = agency.site.stranger()

    answer = agency.sign_in(ali, "/sign-in/with?next=/me")

    assert answer.headers["location"] == ("/sign-in/code?next=%2Fme" if asked else "/me")
    assert is_in(ali) is not asked


def test_where_the_desk_wants_a_second_factor_agency_alone_is_not_enough(agency: Agency) -> None:
    house.choose(agency.site.desk.db, CHOICE, Needed.SIGNERS, who="carol", what="asks", now=NOON)
    ali = agency.site.stranger()
    assert agency.sign_in(ali).headers["location"].startswith("/sign-in/second-factor")
    assert not is_in(ali)
    agency.provider.amr = ["mfa"]
    assert agency.sign_in(agency.site.stranger()).headers["location"] == "/"


# ------------------------------------------------------------------ a service in trouble


def stop(provider: OidcProvider) -> None:
    provider.wrongs.status, provider.wrongs.text = 503, b"out of order"


def test_when_agency_is_down_the_page_says_so_and_the_password_still_works(agency: Agency) -> None:
    stop(agency.provider)

    answer = agency.site.stranger().get("/sign-in/with")

    assert answer.status_code == 503
    assert "Agency answers with an error" in answer.text
    assert "Sign in with your password" in answer.text
    assert is_in(agency.site.signed_in("ali"))


def test_a_service_that_is_down_is_not_asked_by_everybody_and_is_asked_again_soon(agency: Agency) -> None:
    stop(agency.provider)
    for _ in range(3):
        assert agency.site.stranger().get("/sign-in/with").status_code == 503
    assert agency.provider.asked == ["openid-configuration"]
    agency.provider.wrongs.status, agency.provider.wrongs.text = 0, None
    agency.site.clock.forward(seconds=31)

    assert agency.sign_in(agency.site.stranger()).status_code == 303


@pytest.mark.parametrize("text", [b"<html>", b"[]", b"{" * 1_100_000, b"[" * 100_000])
def test_nonsense_in_place_of_an_answer_is_said_to_be_trouble(agency: Agency, text: bytes) -> None:
    agency.provider.wrongs.text = text
    assert agency.site.stranger().get("/sign-in/with").status_code == 503


def test_what_the_service_says_of_itself_is_asked_once_an_hour(agency: Agency) -> None:
    for _ in range(3):
        agency.sign_in(agency.site.stranger())
    assert agency.provider.asked.count("openid-configuration") == 1
    agency.site.clock.forward(minutes=61)
    agency.sign_in(agency.site.stranger())
    assert agency.provider.asked.count("openid-configuration") == 2


def test_a_new_key_within_the_hour_is_fetched_but_not_at_everybodys_word(agency: Agency) -> None:
    assert agency.sign_in(agency.site.stranger()).status_code == 303
    agency.provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    assert agency.sign_in(agency.site.stranger()).status_code == 403  # asked less than a minute ago
    assert agency.provider.asked.count("keys") == 1
    agency.site.clock.forward(minutes=2)

    assert agency.sign_in(agency.site.stranger()).status_code == 303


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
    ids=str,
)
def test_a_service_that_describes_itself_wrongly_is_not_used(agency: Agency, said: dict[str, object]) -> None:
    agency.provider.wrongs.said = said
    assert agency.site.stranger().get("/sign-in/with").status_code == 403
    assert agency.provider.asked == ["openid-configuration"]


def test_the_clients_secret_does_not_follow_a_redirect(agency: Agency) -> None:
    with OidcProvider(agency.site.clock, agency.provider.back) as other:
        agency.provider.wrongs.token_redirect = f"{other.issuer}/token"
        assert agency.sign_in(agency.site.stranger()).status_code in (403, 503)
        assert other.asked == []


def test_a_wrong_secret_is_the_operators_to_mend(agency: Agency) -> None:
    Path(agency.settings.client_secret.removeprefix("file:")).write_text("another one")
    answer = agency.sign_in(agency.site.stranger())
    assert answer.status_code == 502
    assert "client_secret under [oidc]" in answer.text


def test_no_token_and_no_code_is_kept_or_logged(agency: Agency, caplog: pytest.LogCaptureFixture) -> None:
    ali = agency.site.stranger()
    with caplog.at_level(logging.DEBUG, logger="triage"):
        way = agency.go(ali)
        come_back(ali, way)
    secrets = [*agency.provider.tokens, *parse_qs(urlsplit(way).query)["code"], "an access token", SECRET]
    file = agency.site.desk.db.file
    assert file is not None
    assert agency.provider.tokens
    # The tests' own server and client log addresses where another test has set the root logger to INFO.
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("triage"))
    assert "signed in with the organisation" in logged
    assert not serving.configured(agency.site.app).access_log  # its lines would hold the code
    for secret in secrets:
        assert secret not in logged
        assert secret.encode() not in file.read_bytes()


# ------------------------------------------------------------------ triage check


def test_the_check_says_that_the_service_is_well(agency: Agency) -> None:
    words = organisation.service(agency.settings, agency.provider.back)
    assert agency.provider.issuer in words
    assert agency.provider.back in words


def test_the_check_says_what_is_wrong_with_the_service(agency: Agency) -> None:
    agency.provider.wrongs.said = {"issuer": "https://evil.example"}
    with pytest.raises(TriageError, match=r"calls itself 'https://evil.example'.*Next: write into \[oidc\] issuer"):
        organisation.service(agency.settings, agency.provider.back)


# ------------------------------------------------------------------ in the browser


def test_ana_links_and_signs_in_with_agency_in_her_browser(agency: Agency, chromium: Browser) -> None:
    """The provider is another site to the browser, so cookies and the content policy are what they will be."""
    agency.provider.subject = "subject-of-ana"
    context = chromium.new_context(base_url=agency.site.url)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: None if hasty(message.text) else trouble.append(message.text))
    page.on("dialog", lambda dialog: refuse(dialog, trouble))
    page.goto("/me")
    page.get_by_label("Name").fill("ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Link").click()
    page.get_by_role("link", name="Go on to Agency").click()
    page.get_by_text("signs you in here from now on").wait_for()
    page.get_by_role("button", name="Sign out", exact=True).click()

    page.get_by_role("link", name="Sign in with Agency").click()

    page.get_by_role("link", name="ana").wait_for()
    assert urlsplit(page.url).path == "/"
    context.close()
    assert trouble == []
