"""The second factor: a code of six digits from an app (RFC 6238), asked for after the password.

A code is good in its own 30 seconds and in those before and after, since clocks differ, and only once. Recovery
codes stand in for a lost telephone, each once. They are kept as plain SHA-256: what makes a password hash slow is
there to protect words that people think up, and 80 random bits cannot be guessed at any speed.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pyotp

from triage.desk import Desk
from triage.desk.people import PER_NAME, WINDOW, Refusal, guarded
from triage.errors import Conflict
from triage.house import Member
from triage.records import Person
from triage.stages import Role, Verb, may
from triage.store import house, people
from triage.store import second_factor as store

STEP = 30  # seconds that a code stands in the app
RECOVERY_CODES = 10
CHOICE = "second_factor"
"""The desk's setting of who has to have one: one of `Needed`."""

_SECRET = re.compile(r"[A-Z2-7]{32}")
_CODE = re.compile(r"[0-9]{6}")
_LOOKALIKES = str.maketrans("018", "OIB")  # base32 has none of these digits (RFC 4648 section 6)


class Needed(StrEnum):
    """Who has to have a second factor."""

    NOBODY = "nobody"
    SIGNERS = "signers"  # advisors and editors
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one person stands with the second factor."""

    on: bool
    needed: bool  # the desk wants it of this person
    codes_left: int  # unused recovery codes


def standing(desk: Desk, person: Person) -> Standing:
    """Whether the person has a second factor, and whether the desk wants one."""
    factor = store.of(desk.db, person.id)
    return Standing(on=bool(factor.secret), needed=needed(desk, person.role), codes_left=factor.codes_left)


def needed(desk: Desk, role: Role) -> bool:
    """Whether everybody with this role has to have a second factor."""
    choice = house.chosen(desk.db).get(CHOICE)
    value = choice.value if choice else Needed.NOBODY
    return value == Needed.EVERYBODY or (value == Needed.SIGNERS and may(role, Verb.APPROVE))


def sign_out_without(desk: Desk, members: Iterable[Member]) -> None:
    """End the sessions of those among them who have to have a second factor and have none."""
    roles = {role for role in Role if needed(desk, role)}
    store.sign_out_without(desk.db, [member.id for member in members if member.role in roles])


def new_secret() -> str:
    """A fresh key for an app: 160 random bits (RFC 4226 section 4) in base32."""
    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Whether this is a key as `new_secret` makes them."""
    return _SECRET.fullmatch(text) is not None


def app_address(secret: str, person: Person, host: str) -> str:
    """What the QR code says to the app; `host` tells this desk from others in its list."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=person.name, issuer_name=f"Triage ({host})")


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, the present one or a neighbour; None for a wrong code."""
    present = int(now.timestamp()) // STEP
    app = pyotp.TOTP(secret, interval=STEP)
    right = [step for step in (present - 1, present, present + 1) if hmac.compare_digest(app.generate_otp(step), code)]
    return max(right, default=None)


def turn_on(desk: Desk, person: Person, secret: str, code: str, *, session: str = "") -> tuple[str, ...]:
    """Keep the key that `code` confirms; the recovery codes, which nobody sees again.

    Every session of the person ends but the one with the hash `session`. The caller has asked for the password.
    Raises Conflict when the code does not fit or a second factor is on already.
    """
    now, digits = desk.clock(), _digits(code)
    step = step_of(secret, digits, now) if digits and is_secret(secret) else None
    if step is None:
        raise Conflict(
            "That code does not fit. Next: type the one that the app shows now; if it never fits, set the "
            "telephone's clock to automatic."
        )
    codes = _new_codes()
    hashes = map(_hashed, codes)
    store.turn_on(desk.db, person, secret=secret, step=step, code_hashes=hashes, but=session, now=now)
    return codes


def turn_off(desk: Desk, person: Person) -> None:
    """Do without. The caller has asked for the password and a code."""
    store.turn_off(desk.db, person, who=person.name, now=desk.clock())


def take_away(desk: Desk, person: Person, by: Person) -> None:
    """Help somebody who lost the telephone and the recovery codes. The caller has asked whether `by` may."""
    store.turn_off(desk.db, person, who=by.name, now=desk.clock())


def renew_codes(desk: Desk, person: Person) -> tuple[str, ...]:
    """Ten new recovery codes; the old ones are worth nothing from now on. The caller has asked who it is."""
    codes = _new_codes()
    store.renew_codes(desk.db, person, map(_hashed, codes), desk.clock())
    return codes


def check(desk: Desk, person: Person, given: str, address: str) -> Refusal | None:
    """Use up a code from the app, or a recovery code; None when it was right. Throttled as passwords are.

    Wrong codes are not counted under the person's own name, whose count a right password clears: somebody who knows
    the password could begin anew as often as they like. Nobody signs in with a name that begins with a space.
    """
    name, now = f" code of {person.id}", desk.clock()
    refused = guarded(desk, name, address, lambda: _spend(desk, person, given, now))
    if refused is Refusal.WRONG and people.failures(desk.db, name, address, now - WINDOW)[0] == PER_NAME:
        store.note_last_try(desk.db, person, PER_NAME, now)
    return refused


def _spend(desk: Desk, person: Person, given: str, now: datetime) -> bool:
    secret = store.of(desk.db, person.id).secret
    if not secret:
        return False
    digits = _digits(given)
    if digits:
        step = step_of(secret, digits, now)
        return step is not None and store.spend_step(desk.db, person, secret, step)
    return store.spend_recovery_code(desk.db, person, _hashed(given), now)


def _digits(code: str) -> str:
    """The six digits, or nothing if it is no code of an app."""
    plain = "".join(code.split())
    return plain if _CODE.fullmatch(plain) else ""


def _new_codes() -> tuple[str, ...]:
    plain = (base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES))
    return tuple("-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in plain)


def _hashed(code: str) -> str:
    plain = re.sub(r"[\s-]", "", code).upper().translate(_LOOKALIKES)
    return hashlib.sha256(plain.encode()).hexdigest()
