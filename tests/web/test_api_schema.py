"""The API's description is whole, and whatever it permits or forbids is never answered with a fault of the server."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.cast import NOON, ROOT, mail
from tests.web.conftest import Site
from triage.desk import telling, tokens
from triage.stages import Role
from triage.store import people

EXAMPLES = 8  # of each operation, good and bad
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
STRANGE = (
    "\0",
    "\ud800",
    "x" * 3_000,
    "'); DROP TABLE letters; --",
    "[[gap]]",
    "\r\nBcc: mallory@evil.example",
    "é" * 50,
)
NUMBERS = (0, -1, 2**31, 2**53, 2**63, 2**64, 10**300)


@pytest.fixture
def described(site: Site) -> Any:
    return site.signed_in("ali").get("/api/openapi.json").json()


def operations(described: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_says_what_it_does_what_it_needs_and_how_it_fails(described: Any) -> None:
    names = set()

    for name, operation in operations(described):
        assert operation["summary"], name
        assert operation["description"].endswith("."), name
        assert operation["tags"], name
        names.add(operation["operationId"])
        scopes = operation["security"][0]["token"]
        assert scopes in (["read"], ["write"], ["sign"]) or name == "GET /v1/me", name
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert good == ["200"], name
        for status, answer in operation["responses"].items():
            assert answer["description"], (name, status)
            if status != "200":
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (name, status)
        assert {"401", "403", "422", "429", "503"} <= set(operation["responses"]), name
        assert "WWW-Authenticate" in operation["responses"]["401"]["headers"], name
        assert "Retry-After" in operation["responses"]["503"]["headers"], name
        if "{letter_id}" in name:
            assert "404" in operation["responses"], name
        if not name.startswith("GET"):
            assert {"400", "409", "413", "415"} <= set(operation["responses"]), name
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (name, parameter["name"])
    assert len(names) == len(list(operations(described))) >= 20

    scheme = described["components"]["securitySchemes"]["token"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for name, schema in described["components"]["schemas"].items():
        assert schema.get("description"), name
    assert described["servers"] == [{"url": "/api"}]
    used = set(re.findall(r"#/components/schemas/(\w+)", str(described)))
    assert used == set(described["components"]["schemas"])


def test_the_guide_names_every_address_every_event_and_every_scope(described: Any) -> None:
    guide = (ROOT / "docs" / "api.md").read_text("utf-8")

    for path in described["paths"]:
        assert f"`/{path.rsplit('/', 1)[-1].replace('{letter_id}', 'letters/7')}" in guide or (
            f"`{path.removeprefix('/v1').format(letter_id=7)}" in guide
        ), path
    for name in (*telling.EVENTS, telling.TEST, *tokens.Scope):
        assert f"`{name}`" in guide, name


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_that_can_be_made_up_is_answered_with_a_fault(
    site: Site, described: Any, mode: GenerationMode
) -> None:
    _fill(site)
    headers = {"Authorization": f"Bearer {_token(site)}"}
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=f"{site.url}/api")
    statuses: Counter[int] = Counter()
    for result in schema.get_all_operations():

        @given(case=result.ok().as_strategy(generation_mode=mode), letter_id=st.integers(1, 6))
        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Case, letter_id: int) -> None:
            if mode is GenerationMode.POSITIVE and "letter_id" in case.path_parameters:
                case.path_parameters["letter_id"] = letter_id  # one that is there
            statuses[case.call_and_validate(headers=headers, checks=CHECKS).status_code] += 1

        ask()

    if mode is GenerationMode.POSITIVE:
        assert statuses[200] > 40, statuses
    else:
        assert statuses[422] > 20, statuses


def test_no_strange_value_in_any_field_is_answered_with_a_fault(site: Site, described: Any) -> None:
    _send_strange_values(site, described)


class TestOnPostgresql:
    """PostgreSQL refuses values that SQLite takes, and takes no NUL at all."""

    @pytest.fixture
    def sqlite_url(self, postgres_url: str) -> str:
        return postgres_url

    def test_no_strange_value_in_any_field_is_answered_with_a_fault(self, site: Site, described: Any) -> None:
        assert not site.desk.db.is_sqlite
        _send_strange_values(site, described)


def _send_strange_values(site: Site, described: Any) -> None:
    """Each field of each operation gets each strange value."""
    _fill(site)
    headers = {"Authorization": f"Bearer {_token(site)}", "Content-Type": "application/json"}
    schemas = described["components"]["schemas"]
    statuses: Counter[int] = Counter()
    with httpx2.Client(base_url=f"{site.url}/api", headers=headers, trust_env=False, timeout=60) as client:
        for name, operation in operations(described):
            method, path = name.split(" ")
            url = path.format(letter_id=1)
            for parameter in operation.get("parameters", ()):
                for value in (*STRANGE, *NUMBERS) if parameter["in"] == "query" else ():
                    query = {parameter["name"]: str(value).encode("utf-8", "surrogatepass")}
                    statuses[client.request(method, url, params=query).status_code] += 1
            if "requestBody" not in operation:
                continue
            body = schemas[operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]]
            plain = {field: _sample(body["properties"][field]) for field in body.get("required", ())}
            for field in body["properties"]:
                for value in (*STRANGE, *NUMBERS, [], {}, None, ["\ud800"], {"\ud800": "\0"}, [[[]]], [None]):
                    content = json.dumps(plain | {field: value}).encode()
                    statuses[client.request(method, url, content=content).status_code] += 1

    assert max(statuses) < 500, statuses
    assert sum(statuses.values()) > 300
    assert site.letter().letter is not None


def _sample(schema: Any) -> Any:
    """A value of the kind that the schema asks for."""
    return {"string": "x", "integer": 1, "array": [], "object": {}}[schema["type"]]


def _fill(site: Site) -> None:
    held = mail("There is no point anymore.", message_id="<held@reader.example>")
    site.bring(held, *(mail(f"Pull {n}?", message_id=f"<{n}@reader.example>") for n in range(5)))


def _token(site: Site) -> str:
    people.add(site.desk.db, "carol", Role.EDITOR, "", NOON)
    found = people.find(site.desk.db, "carol")
    assert found is not None
    return tokens.add(site.desk, found[0], name="script", scopes=list(tokens.Scope), days=None)[1]
