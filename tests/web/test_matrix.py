"""Every route, every method, every role: who gets in is written down here once, and nothing else is open.

A route that is added without a line here fails the first test; a route that lets in anybody below its role
fails the second.
"""

import re

import httpx2
import pytest
from starlette.routing import Mount, Route

from tests.cast import NOON
from tests.web.conftest import Site, Visitor
from tests.web.test_in_the_browser import html_mail
from triage.desk import tokens
from triage.stages import Role
from triage.store import people
from triage.web.api import create_api
from triage.web.letters.verbs import DECISIONS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
ANYBODY, APPRENTICE, ADVISOR, EDITOR = None, Role.APPRENTICE, Role.ADVISOR, Role.EDITOR
RANKS = [ANYBODY, APPRENTICE, ADVISOR, EDITOR]
LETTER = "/letters/{letter_id:int}"

LEAST: dict[str, Role | None] = {}
"""The least role for each "METHOD path"; filled below."""


def _let_in(role: Role | None, *routes: str) -> None:
    LEAST.update(dict.fromkeys(routes, role))


_let_in(
    ANYBODY,
    "GET /healthz",
    "GET /readyz",
    "GET /sign-in",
    "POST /sign-in",
    "GET /welcome/{token}",
    "POST /welcome/{token}",
)
_let_in(
    APPRENTICE,
    "GET /",
    "GET /lists/{name}",
    "GET /search",
    "GET /live",
    "GET /me",
    "POST /me/password",
    "POST /me/email",
    "POST /me/sessions",
    "POST /me/sessions/{key}",
    "GET /me/second-factor",
    "POST /me/second-factor/on",
    "POST /me/second-factor/codes",
    "POST /me/second-factor/off",
    "GET /me/tokens",
    "POST /me/tokens",
    "POST /me/tokens/{token_id:int}/end",
    f"GET {LETTER}",
    f"GET {LETTER}/html",
    f"GET {LETTER}/source",
    f"GET {LETTER}/revisions/{{revision:int}}",
    f"POST {LETTER}/revisions/{{revision:int}}",
    f"POST {LETTER}/save",
    f"POST {LETTER}/autosave",
    f"POST {LETTER}/topics",
    f"POST {LETTER}/details",
    f"POST {LETTER}/answer",
    f"POST {LETTER}/draft-anew",
    f"POST {LETTER}/own-line",
    f"POST {LETTER}/caring-note",
    f"POST {LETTER}/place",
    f"POST {LETTER}/hand-over",
    f"POST {LETTER}/stop-here",
    "POST /sign-out",
)
_let_in(
    ADVISOR,
    f"POST {LETTER}/approve",
    f"POST {LETTER}/take",
    f"POST {LETTER}/second-read",
    f"POST {LETTER}/{{verb}}",
    "GET /facts",
    "GET /facts/{where}/{name}",
    "GET /templates",
    "GET /templates/{name}",
    "GET /templates/{name}/versions/{version:int}",
    "GET /voices",
    "GET /voices/{name}",
    "POST /voices/{name}",
    "POST /voices/{name}/preview",
    "POST /voices/{name}/versions",
    "GET /figures",
    "GET /figures/{name}.csv",
    "GET /figures/{name}.svg",
)
_let_in(
    EDITOR,
    "POST /facts",
    "POST /facts/withdraw",
    "POST /facts/again",
    "POST /templates/{name}",
    "POST /templates/{name}/preview",
    "POST /templates/{name}/answer",
    "POST /templates/{name}/versions",
    "GET /learning",
    "POST /learning",
    "GET /people",
    "POST /people",
    "POST /people/{person_id:int}/{what}",
    "GET /sending",
    "POST /sending",
    "GET /settings",
    "POST /settings/alerts",
    "POST /settings/watchers",
    "POST /settings/second-reader",
    "POST /settings/second-factor",
    "GET /webhooks",
    "POST /webhooks",
    "POST /webhooks/{webhook_id:int}/test",
    "POST /webhooks/{webhook_id:int}/pause",
    "POST /webhooks/{webhook_id:int}/go-on",
    "POST /webhooks/{webhook_id:int}/end",
)

HALFWAY = {f"{method} {path}" for method in ("GET", "POST") for path in ("/sign-in/code", "/sign-in/second-factor")} | {
    "GET /sign-in/with",
    "GET /sign-in/back",
}
"""For those who are on their way in: without a first step they lead back to it. They have tests of their own."""
WITH_A_CODE = {"POST /me/second-factor/on"}  # refuses a wrong code in the same way as a wrong person
NOT_READY = {"GET /readyz"}  # says 503 where no schedule runs, as here
ENDLESS = {"GET /live"}  # answers for as long as one listens
EXAMPLES = {
    "name": "withdrawing",
    "token": "none",
    "where": "FL",
    "key": "0" * 16,
    "what": "link",
    "verb": "let-go",
    "person_id": "2",
}
"""What stands in an address where a route has a placeholder; a number is 1."""
ADDRESSES = {
    "GET /lists/{name}": "/lists/answered",
    "GET /facts/{where}/{name}": "/facts/FL/agency",
    "GET /figures/{name}.csv": "/figures/letters.csv",
    "GET /figures/{name}.svg": "/figures/letters.svg",
    f"GET {LETTER}/html": "/letters/2/html",
    "GET /voices/{name}": "/voices/ali",
    "POST /voices/{name}": "/voices/ali",
    "POST /voices/{name}/preview": "/voices/ali/preview",
    "POST /voices/{name}/versions": "/voices/ali/versions",
}


def routes(site: Site) -> dict[str, str]:
    """Every "METHOD path" that the desk's pages have, with an address that fits it. The API has a table below."""
    found = {}
    for route in site.app.routes:
        if isinstance(route, Mount):
            assert route.path in ("/static", "/api")
            continue
        assert isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}:
            name = f"{method} {route.path}"
            found[name] = ADDRESSES.get(name) or re.sub(r"{(\w+)(:\w+)?}", _example, route.path)
    for verb in DECISIONS:
        found[f"POST {LETTER}/{{verb}} {verb}"] = f"/letters/1/{verb}"
    return found


def _example(placeholder: re.Match[str]) -> str:
    return EXAMPLES.get(placeholder[1], "1")


@pytest.fixture
def staff(site: Site, password_hash: str) -> dict[Role | None, Visitor]:
    people.add(site.desk.db, "carol", Role.EDITOR, password_hash, NOON)
    return {
        ANYBODY: site.stranger(),
        APPRENTICE: site.signed_in("ana"),
        ADVISOR: site.signed_in("ali"),
        EDITOR: site.signed_in("carol"),
    }


def test_every_route_has_its_line(site: Site) -> None:
    named = {" ".join(name.split(" ")[:2]) for name in routes(site)}
    assert named - HALFWAY == set(LEAST)


def turned_away(answer: httpx2.Response, left: bool) -> bool:
    """Whether whoever asked was kept out; somebody who `left` is rightly led to the door."""
    to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    return answer.status_code in (401, 403) or (to_sign_in and not left)


def ask(visitor: Visitor, role: Role | None, name: str, address: str) -> httpx2.Response:
    """Ask for a route as its page would."""
    method = name.partition(" ")[0]
    if method == "POST":
        return visitor.post(address) if role else visitor.client.post(address, data={"token": "none"})
    return visitor.client.request(method, address)


@pytest.mark.parametrize("role", RANKS)
def test_nobody_gets_further_than_the_role_goes(
    site: Site, staff: dict[Role | None, Visitor], role: Role | None
) -> None:
    site.bring(html_mail("<p>May I pull out?</p>"))
    wrong = []
    for name, address in sorted(routes(site).items(), key=lambda item: item[1] == "/sign-out"):
        named = " ".join(name.split(" ")[:2])
        if named in HALFWAY or (named in ENDLESS | WITH_A_CODE and role):
            continue
        least = LEAST[named]
        allowed = RANKS.index(role) >= RANKS.index(least)
        answer = ask(staff[role], role, named, address)
        form_of_a_stranger = least is ANYBODY and named.startswith("POST")
        broken = answer.status_code >= 500 and named not in NOT_READY
        if broken or (
            turned_away(answer, left=bool(role) and named == "POST /sign-out") == allowed and not form_of_a_stranger
        ):
            wrong.append((name, answer.status_code, answer.headers.get("location", "")))
    assert wrong == [], wrong


@pytest.mark.parametrize("role", RANKS)
def test_other_methods_are_refused(site: Site, staff: dict[Role | None, Visitor], role: Role | None) -> None:
    wrong = []
    everything = routes(site)
    for address in sorted(set(everything.values())):
        known = {name.partition(" ")[0] for name, fits in everything.items() if fits == address}
        for method in {*METHODS} - known - {"HEAD", "OPTIONS"}:
            answer = staff[role].client.request(method, address)
            if answer.status_code < 300 or answer.status_code >= 500:
                wrong.append((method, address, answer.status_code))
    assert wrong == [], wrong


@pytest.mark.parametrize("role", RANKS)
def test_the_api_lets_nobody_further_than_the_role_goes(
    site: Site, staff: dict[Role | None, Visitor], role: Role | None
) -> None:
    client = staff[role].client  # with the cookie of its pages, which has to count for nothing here
    if role is not None:
        found = people.find(site.desk.db, {APPRENTICE: "ana", ADVISOR: "ali", EDITOR: "carol"}[role])
        assert found is not None
        scopes = ["read", "write", *(["sign"] if role is not APPRENTICE else [])]
        assert client.get("/api/v1/letters").status_code == 401
        _, token = tokens.add(site.desk, found[0], name="everything", scopes=scopes, days=None)
        client = httpx2.Client(
            base_url=site.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
        )
        site.clients.append(client)
    wrong = []
    for method, path, scope in operations(site):
        least = ADVISOR if scope == "sign" or path == "/v1/figures" else APPRENTICE
        allowed = role is not None and RANKS.index(role) >= RANKS.index(least)
        answer = client.request(method, "/api" + path.replace("{letter_id}", "1"), json={} if method != "GET" else None)
        if answer.status_code >= 500 or (answer.status_code in (401, 403)) == allowed:
            wrong.append((method, path, answer.status_code))
    assert wrong == [], wrong


def operations(site: Site) -> list[tuple[str, str, str]]:
    """Method, path and scope of everything that the API can do."""
    described = create_api(site.desk, lambda _step: None).openapi()
    return [
        (method.upper(), path, next(iter(operation["security"][0]["token"]), ""))
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
