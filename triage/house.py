"""The papers of the house: who works here, how they get in, and what they changed. Like those in `triage.records`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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
    letter_id: int
    who: str  # who brought it about
    at: datetime  # when it happened
    sent_at: datetime | None  # when the webhook took it
    tries: int
    next_try_at: datetime
    status: int  # of the last answer; 0: there was none
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRow:
    """Something that happened apart from letters."""

    at: datetime
    who: str
    what: str
