"""Every route, every method, every role: who gets in is written down here once, and nothing else is open.

A route that is added without a line here fails the first test; a route that lets in anybody below its role
fails the second.
"""

import re

import httpx
import pytest
from starlette.routing import Mount, Route

from tests.cast import NOON
from tests.web.conftest import Site, Visitor
from triage.stages import Role
from triage.store import people

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
ANYBODY, APPRENTICE, ADVISOR, EDITOR = None, Role.APPRENTICE, Role.ADVISOR, Role.EDITOR
RANKS = [ANYBODY, APPRENTICE, ADVISOR, EDITOR]
LETTER = "/letters/{letter_id:int}"

LEAST: dict[str, Role | None] = {}
"""The least role for each "METHOD path"; filled below."""


def _let_in(role: Role | None, *routes: str) -> None:
    LEAST.update(dict.fromkeys(routes, role))


_let_in(ANYBODY, "GET /healthz", "GET /sign-in", "POST /sign-in")
_let_in(
    APPRENTICE,
    "GET /",
    "GET /lists/{name}",
    f"GET {LETTER}",
    f"GET {LETTER}/html",
    f"GET {LETTER}/source",
    f"POST {LETTER}/save",
    f"POST {LETTER}/topics",
    f"POST {LETTER}/answer",
    f"POST {LETTER}/own-line",
    f"POST {LETTER}/caring-note",
    "POST /sign-out",
)
_let_in(
    ADVISOR,
    f"POST {LETTER}/approve",
    f"POST {LETTER}/{{verb}}",
    "GET /facts",
    "GET /figures",
    "GET /figures/{name}.csv",
    "GET /figures/{name}.svg",
)
_let_in(EDITOR, "POST /facts", "GET /learning", "POST /learning")


def routes(site: Site) -> dict[str, str]:
    """Every "METHOD path" that the desk has, with an address that fits it."""
    found = {}
    for route in site.app.routes:
        if isinstance(route, Mount):
            assert route.path == "/static"
            continue
        assert isinstance(route, Route) or hasattr(route, "methods")
        for method in route.methods - {"HEAD"}:  # type: ignore[attr-defined]
            address = re.sub(r"\{(\w+)(:\w+)?\}", lambda match: EXAMPLES.get(match[1], "1"), route.path)  # type: ignore[attr-defined]
            found[f"{method} {route.path}"] = address  # type: ignore[attr-defined]
    return found


EXAMPLES = {"name": "answered", "verb": "let-go", "token": "none"}


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
    assert set(routes(site)) == set(LEAST)


def turned_away(answer: httpx.Response, path: str) -> bool:
    """Whether whoever asked was kept out."""
    to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    return answer.status_code in (401, 403) or (to_sign_in and path != "/sign-out")


@pytest.mark.parametrize("role", RANKS)
def test_nobody_gets_further_than_the_role_goes(
    site: Site, staff: dict[Role | None, Visitor], role: Role | None
) -> None:
    wrong = []
    everything = routes(site)
    for name, address in sorted(everything.items(), key=lambda item: item[1] == "/sign-out"):
        method, _, path = name.partition(" ")
        least = LEAST[name]
        allowed = RANKS.index(role) >= RANKS.index(least)
        visitor = staff[role]
        answer = visitor.post(address) if method == "POST" and role else visitor.client.request(method, address)
        out = turned_away(answer, path)
        if answer.status_code >= 500 or (out == allowed and not (least is ANYBODY and method == "POST")):
            wrong.append((name, answer.status_code, answer.headers.get("location", "")))
    assert wrong == []


@pytest.mark.parametrize("role", RANKS)
def test_other_methods_are_refused(site: Site, staff: dict[Role | None, Visitor], role: Role | None) -> None:
    wrong = []
    everything = routes(site)
    for address in sorted(set(everything.values())):
        known = {name.partition(" ")[0] for name, fits in everything.items() if fits == address}
        for method in METHODS:
            if method in known or (method in ("HEAD", "OPTIONS") and role is None):
                continue
            answer = staff[role].client.request(method, address)
            if answer.status_code < 300 or answer.status_code >= 500:
                wrong.append((method, address, answer.status_code))
    assert wrong == []
