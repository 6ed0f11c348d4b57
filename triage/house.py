"""The papers of the house: who works here, how they get in, and what they changed. Like those in `triage.records`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from triage.records import Health
from triage.stages import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person with all that the page of people shows."""

    id: int
    name: str
    role: Role
    active: bool  # may sign in
    expected: bool  # has never come: has neither a password nor an identity
    email: str  # where alerts go; empty: nowhere
    second_factor: bool
    identity: str  # "issuer subject" for those who sign in with their organisation; empty: with a password
    created_at: datetime
    seen_at: datetime | None  # the last use of any session


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A link that lets a person choose a password, once."""

    person: str  # empty: the first editor, who has no name yet
    made_by: str
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser that somebody is signed in with. `key` names it and opens nothing."""

    key: str
    person: str
    created_at: datetime
    seen_at: datetime
    address: str
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A personal token for the API. The token itself is shown once and kept only as a hash."""

    id: int
    person: str
    name: str
    scopes: tuple[str, ...]
    made_at: datetime
    expires_at: datetime | None
    seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One version of a template or a voice as somebody saved it at the desk."""

    id: int
    kind: str  # template | voice
    name: str
    body: str  # empty: as in the file again
    person: str
    why: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One setting of the desk as somebody chose it."""

    name: str
    value: Any  # what JSON can hold
    person: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A program elsewhere that wants to be told what happens to letters."""

    id: int
    url: str
    secret: str = field(repr=False)  # signs what it is told
    events: tuple[str, ...]
    active: bool
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one webhook, and how telling it went."""

    id: int
    webhook_id: int
    event: str
    letter_id: int  # 0: it is about the service
    who: str  # who brought it about
    at: datetime  # when it happened
    sent_at: datetime | None  # when the webhook took it
    tries: int
    next_try_at: datetime
    status: int  # of the last answer; 0: there was none
    error: str
    trouble_id: int = 0  # 0: it is about a letter
    kind: str = ""  # of the trouble
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a provider gives a desk that may read and send an inbox's mail (RFC 6749 section 5.1)."""

    access: str = field(repr=False)
    access_until: datetime
    refresh: str = field(repr=False)  # empty: the one that was used stays good
    until: datetime | None = None  # when somebody has to sign in again; None: the provider did not say


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRow:
    """Something that happened apart from letters."""

    at: datetime
    who: str
    what: str


# ------------------------------------------------------------------ how the service is


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the schedule: when it ran last, and when that went well."""

    name: str
    every_seconds: float
    began_at: datetime
    succeeded_at: datetime | None
    error: str  # the kind of the last error only; empty: it went well


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Letters that have been in one state for too long: how many, and since when the oldest."""

    letters: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the database tells of how the service is; nothing of any letter. The waits are by account."""

    polls: tuple[Health, ...] = ()
    steps: tuple[Step, ...] = ()
    unread: Mapping[str, Waiting] = field(default_factory=dict)  # collected or assessed, and the machine does not go on
    stuck: Mapping[str, Waiting] = field(default_factory=dict)  # could not be read
    not_collected: Mapping[str, Waiting] = field(default_factory=dict)  # the server never handed them over
    unknown: Mapping[str, Waiting] = field(default_factory=dict)  # perhaps sent
    unsent: Mapping[str, Waiting] = field(default_factory=dict)  # approved or being sent, and still here
    hold: str = ""  # why nothing at all is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is wrong with the service, and how telling people of it goes."""

    id: int
    kind: str
    about: str  # an account or a step; empty: the whole desk
    said: str
    since: datetime
    ended_at: datetime | None
    told: int
    told_at: datetime | None
    tries: int
    error: str
