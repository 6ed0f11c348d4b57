"""Passwords as argon2id hashes (19 MiB, two passes, the least that OWASP advises)."""

from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from triage.errors import ConfigError

MIN_LENGTH = 10

_HASH = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))


def hash_password(plain: str) -> str:
    """The hash to keep. Raises ConfigError for a password that is too short."""
    if len(plain) < MIN_LENGTH:
        raise ConfigError(f"A password needs at least {MIN_LENGTH} characters. Next: choose a longer one.")
    return _HASH.hash(plain)


def verify(plain: str, kept: str) -> bool:
    """Whether the password fits the hash."""
    try:
        return _HASH.verify(plain, kept)
    except UnknownHashError:
        return False


def waste_time() -> None:
    """Take as long as `verify` does, so that unknown names cannot be told from wrong passwords."""
    verify("", _nobody())


@cache
def _nobody() -> str:
    return _HASH.hash("nobody has this password")
