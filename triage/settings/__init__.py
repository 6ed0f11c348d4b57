"""Settings, read once from one TOML file. Secrets are references, never the secret itself.

Every setting has a line in config.example.toml; a test compares the two. Anything wrong raises
ConfigError with the place in the file and what to write instead.
"""

from triage.settings.papers import DEFAULT_PATH, Desk, Inbox, Keeping, Learning, OAuth, Oidc, Server, Settings, Voice
from triage.settings.reading import load, read_voice
from triage.settings.rules import FEWEST_LESSONS, LOOPBACK, TLS, is_safe_address
from triage.settings.secrets import read_secret

__all__ = [
    "DEFAULT_PATH",
    "FEWEST_LESSONS",
    "LOOPBACK",
    "TLS",
    "Desk",
    "Inbox",
    "Keeping",
    "Learning",
    "OAuth",
    "Oidc",
    "Server",
    "Settings",
    "Voice",
    "is_safe_address",
    "load",
    "read_secret",
    "read_voice",
]
