"""Secrets never stand in the file: a reference says where each is kept."""

import os
from pathlib import Path

from triage.errors import ConfigError


def read_secret(reference: str, what: str) -> str:
    """Resolve "env:NAME" or "file:PATH" to the secret; ConfigError when it is not there."""
    scheme, _, name = reference.partition(":")
    if scheme == "env" and name:
        value = os.environ.get(name)
        if not value:
            raise ConfigError(f"{what} should be in the environment variable {name}, which is not set.")
        return value
    if scheme == "file" and name:
        try:
            return Path(name).expanduser().read_text("utf-8").strip("\r\n")
        except OSError as error:
            raise ConfigError(
                f"{what} should be in the file {name}, which cannot be read: {error.strerror}."
            ) from error
    raise ConfigError(f'{what} has to be a reference: "env:NAME" or "file:PATH", never the password itself.')
