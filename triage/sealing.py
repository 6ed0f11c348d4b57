"""Encrypts what is secret in the database with the key of the desk (Fernet: AES-128-CBC with HMAC-SHA256). Pure."""

from cryptography.fernet import Fernet, InvalidToken

from triage.errors import ConfigError

ANOTHER_KEY = (
    "What the desk signs in with was encrypted with another key than the one that [desk] key points to. Next: put the "
    "old key back, or sign in again with `triage login`."
)


def new_key() -> str:
    """256 random bits, as text."""
    return Fernet.generate_key().decode()


def seal(text: str, key: str) -> bytes:
    """What only somebody with the key can read, and nobody can change unnoticed. Raises ConfigError for a bad key."""
    return _box(key).encrypt(text.encode())


def unseal(sealed: bytes, key: str) -> str:
    """The text again. Raises ConfigError when the key is not the one that it was sealed with."""
    try:
        return _box(key).decrypt(sealed).decode()
    except InvalidToken as error:
        raise ConfigError(ANOTHER_KEY) from error


def _box(key: str) -> Fernet:
    try:
        return Fernet(key.strip())
    except ValueError as error:
        raise ConfigError(
            "[desk] key does not point to a key: 44 letters and digits as `triage login` makes them. Next: put the old "
            "key back; or remove the file and sign in again with `triage login`, which makes a new one."
        ) from error
