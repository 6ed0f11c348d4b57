"""Passwords: which ones are good enough, and how they are kept.

They are kept as argon2id hashes (19 MiB, two passes, the least that OWASP advises). A new one may not be among the
commonest or made of them: zxcvbn brings 30,000 leaked passwords, names and words, and knows keyboard rows, dates and
repetitions (ASVS 5.0, 6.2.4 and 6.2.11 ask for such a list; it stays on this machine).
"""

import re
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from triage.errors import ConfigError

MIN_LENGTH = 10
MAX_LENGTH = 200
LEAST_GUESSES = 10**8  # zxcvbn's third of four grades; with the cost of argon2id a guesser needs weeks for one password
WORDS_OF_THE_DESK = ("triage", "advice", "desk", "letter", "letters", "reader", "readers", "columnist", "advisor")

_HASH = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
_JUDGED = 36  # characters; zxcvbn's time grows with the square of the length


def weakness(plain: str, name: str) -> str:
    """Why `plain` cannot be the password of the person called `name`, in a sentence; empty when it can."""
    if len(plain) < MIN_LENGTH:
        return f"A password needs at least {MIN_LENGTH} characters."
    if len(plain) > MAX_LENGTH:
        return f"A password can have up to {MAX_LENGTH} characters."
    from zxcvbn import zxcvbn  # its lists are read when the first password is chosen

    words = [*WORDS_OF_THE_DESK, name, *re.findall(r"\w{3,}", name)]
    if zxcvbn(plain[:_JUDGED], user_inputs=words)["guesses"] < LEAST_GUESSES:
        return "This password is too easy to guess: it is a common one, or made of one, or of the name."
    return ""


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
