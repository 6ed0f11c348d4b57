"""The filters of a list as a form: what can be chosen, what is on, and the address that says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from triage.desk import Desk, learning
from triage.records import Person
from triage.stages import SAID, Stage
from triage.store import caring
from triage.store.filters import NOBODY, Filters
from triage.web import words

ME = "me"
NOT_YET = "nobody"
RISKS = {"R3": "Somebody may be in danger", "R2": "Needs your own words", "R1": "Take care", "R0": "No risk found"}


@dataclass(frozen=True, slots=True)
class Field:
    """One choice of the form. `options` are the value in the address and what it is called."""

    name: str
    label: str
    anything: str
    options: Mapping[str, str]
    value: str


@dataclass(frozen=True, slots=True)
class On:
    """A filter that is on, and the address of the same list without it."""

    label: str
    said: str
    without: str


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the address of a list asks for. What it asks for in vain, such as an unknown topic, is no filter."""

    fields: tuple[Field, ...]
    filters: Filters
    on: tuple[On, ...]
    query: str  # the filters as they stand in an address

    @property
    def mine(self) -> str:
        """The filters as they stand in an address, with the letters of whoever looks at the list."""
        return urlencode({field.name: field.value for field in self.fields if field.value} | {"person": ME})


def narrowed(
    request: Request, desk: Desk, person: Person, path: str, stages: Sequence[Stage], *, asked_for: str = ""
) -> Narrowed:
    """Read the filters of the list at `path` of letters in `stages`, or of what was found by the words `asked_for`."""
    kept = {"q": asked_for} if asked_for else {}
    others = {name: name for name in caring.colleagues(desk.db) if name != person.name}
    offered = (
        ("topic", "Topic", "Every topic", {name: words.topic(name).capitalize() for name in learning.topics(desk)}),
        ("stage", "Stage", "Every stage", {stage.value: SAID[stage].capitalize() for stage in stages}),
        ("inbox", "Inbox", "Every inbox", {name: name for name in desk.inboxes}),
        ("person", "Who sees to it", "Anybody", {ME: "I do", NOT_YET: "Nobody yet", **others}),
        ("risk", "Risk", "Any", RISKS),
    )
    asked = request.query_params
    fields = tuple(
        Field(name, label, anything, options, value if (value := asked.get(name, "")) in options else "")
        for name, label, anything, options in offered
        if len(options) > 1
    )
    chosen = {field.name: field.value for field in fields if field.value}

    def without(name: str) -> str:
        query = urlencode(kept | {other: value for other, value in chosen.items() if other != name})
        return f"{path}?{query}" if query else path

    return Narrowed(
        fields=fields,
        filters=_filters(chosen, person),
        on=tuple(On(f.label, f.options[f.value], without(f.name)) for f in fields if f.value),
        query=urlencode(chosen),
    )


def _filters(chosen: Mapping[str, str], person: Person) -> Filters:
    who = chosen.get("person")
    return Filters(
        topic=chosen.get("topic"),
        stage=Stage(chosen["stage"]) if "stage" in chosen else None,
        account=chosen.get("inbox"),
        person={ME: person.name, NOT_YET: NOBODY}.get(who, who) if who else None,
        risk=chosen.get("risk"),
    )
