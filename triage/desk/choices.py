"""How the desk is set up by the people who look after its settings: who reads twice, who is told, who needs a factor.

Whoever changes one says so in the log of the house, in the same transaction.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triage import stages
from triage.desk import Desk
from triage.desk.second_factor import CHOICE, Needed, sign_out_without
from triage.desk.words import templates
from triage.drafting.templates import NO_TOPICS
from triage.errors import Conflict, NotAllowed
from triage.house import Choice
from triage.records import Dossier, Person
from triage.stages import Duty
from triage.store import caring, house, people

log = logging.getLogger(__name__)

SECOND_READER, ALERTS, WATCHERS = "second_reader", "alerts", "watchers"
RISKS = {"R1": "take care", "R2": "needs your own words", "R3": "somebody may be in danger"}
"""The risks of letters in plain words, as their pages say them."""
FACTORS = {Needed.NOBODY: "nobody", Needed.SIGNERS: "everybody who may sign", Needed.EVERYBODY: "everybody"}
"""Who has to sign in with a second factor, each with its words."""


@dataclass(frozen=True, slots=True)
class SecondReader:
    """Which replies somebody besides the one who approves has to read: those to letters with one of these."""

    topics: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()

    def wanted(self, dossier: Dossier) -> bool:
        """Whether the reply to this letter needs a second reader.

        What the machine read counts beside what people say: taking a topic off does not do away with the reader.
        """
        read = dossier.assessment.topics if dossier.assessment else ()
        topics = {*dossier.slip.topics, *(score.topic for score in read)}
        return dossier.slip.risk in self.risks or not topics.isdisjoint(self.topics)


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who is told at once by mail when a letter is held: of R3 always, of R2 where it is chosen."""

    people: tuple[str, ...] = ()
    also_r2: bool = False

    @property
    def risks(self) -> tuple[str, ...]:
        return ("R3", "R2") if self.also_r2 else ("R3",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Every setting of the desk as it is now."""

    second_reader: SecondReader = field(default_factory=SecondReader)
    alerts: Alerts = field(default_factory=Alerts)
    watchers: tuple[str, ...] = ()  # who is told when something is wrong with the service
    second_factor: Needed = Needed.NOBODY
    made: Mapping[str, Choice] = field(default_factory=dict)  # who chose what and when, where somebody ever did


def now(desk: Desk) -> Choices:
    """The settings, in one query."""
    made = house.chosen(desk.db)
    reader, alerts, watchers = (_value(made, name) for name in (SECOND_READER, ALERTS, WATCHERS))
    return Choices(
        second_reader=SecondReader(tuple(reader.get("topics", ())), tuple(reader.get("risks", ()))),
        alerts=Alerts(tuple(alerts.get("people", ())), bool(alerts.get("also_r2"))),
        watchers=tuple(watchers.get("people", ())),
        second_factor=Needed(made[CHOICE].value) if CHOICE in made else Needed.NOBODY,
        made=made,
    )


def known_topics(desk: Desk) -> tuple[str, ...]:
    """Every topic that can be chosen, in alphabetical order."""
    return tuple(sorted({*templates(desk).names, *templates(desk).by_topic} - NO_TOPICS))


def set_second_reader(desk: Desk, person: Person, *, topics: Collection[str], risks: Collection[str]) -> None:
    """Say to which letters a reply needs two readers. Raises NotAllowed, and Conflict for what does not exist."""
    _permit(person)
    _check(topics, known_topics(desk), "topic")
    _check(risks, RISKS, "risk")
    value = {"topics": sorted(topics), "risks": sorted(risks)}
    about = [topic.replace("_", " ") for topic in value["topics"]]
    about += [f"letters marked “{RISKS[risk]}”" for risk in value["risks"]]
    what = f"asks for a second reader: {listed(about)}" if about else "asks for no second reader any more"
    _choose(desk, SECOND_READER, value, person, what)


def set_alerts(desk: Desk, person: Person, *, people: Collection[str], also_r2: bool) -> None:
    """Name those who are told at once. Raises NotAllowed, and Conflict for somebody who cannot sign in."""
    _permit(person)
    _check(people, caring.colleagues(desk.db), "person")
    value = {"people": sorted(people), "also_r2": also_r2}
    of = "of letters where somebody may be in danger" + (" or that need one's own words" if also_r2 else "")
    what = f"has {listed(sorted(people))} told at once {of}" if people else "has nobody told at once any more"
    _choose(desk, ALERTS, value, person, what)


def set_watchers(desk: Desk, person: Person, people: Collection[str]) -> None:
    """Name those who are told of troubles of the service. Raises NotAllowed, and Conflict as `set_alerts`."""
    _permit(person)
    _check(people, caring.colleagues(desk.db), "person")
    named = f"has {listed(sorted(people))} told" if people else "has nobody told any more"
    what = f"{named} when something is wrong with the service"
    _choose(desk, WATCHERS, {"people": sorted(people)}, person, what)


def set_second_factor(desk: Desk, person: Person, who: str) -> None:
    """Say who has to sign in with a second factor: one of FACTORS. Raises NotAllowed and Conflict.

    Whoever has to and has none is signed out at once, so that it holds for what is already open. Only `person`, who
    may be in the middle of something here, keeps her sessions; of her it is asked at the next sign-in.
    """
    _permit(person)
    _check((who,), FACTORS, "choice")
    _choose(desk, CHOICE, who, person, f"asks {FACTORS[Needed(who)]} for a second factor")
    sign_out_without(desk, [member for member in people.members(desk.db) if member.id != person.id])


def _choose(desk: Desk, name: str, value: Any, person: Person, what: str) -> None:
    """Keep a setting, unless it is so already."""
    made = house.chosen(desk.db)
    if name in made and made[name].value == value:
        return
    house.choose(desk.db, name, value, who=person.name, what=what, now=desk.clock())
    log.info("chosen setting=%s", name)


def _permit(person: Person) -> None:
    if not stages.has_duty(person.role, Duty.SETTINGS):
        raise NotAllowed(
            f"Settings are an editor's; {person.name} is an {person.role}. Next: ask an editor to change it."
        )


def _check(given: Collection[str], known: Collection[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise Conflict(f"There is no {what} {name!r} to choose. Next: choose one of {', '.join(known)}.")


def _value(made: Mapping[str, Choice], name: str) -> Mapping[str, Any]:
    return made[name].value if name in made else {}


def listed(names: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
