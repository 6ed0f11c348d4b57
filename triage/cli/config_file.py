"""The configuration that `triage init` writes: its text, and how a file comes to be that only its owner may read."""

import json
import os
import tempfile
from datetime import datetime
from pathlib import Path

from triage.errors import ConfigError
from triage.settings import Desk, Inbox, OAuth, Server


def text(inbox: Inbox, database: str, time_zone: str, since: datetime | None, key: str = Desk().key) -> str:
    """The configuration with one inbox; what is left out keeps its default."""
    counts = f"since = {since.isoformat()}" if since else "# since = 2026-11-01T00:00:00Z"
    return f"""\
# Made by `triage init`. docs/setup.md explains it, and config.example.toml has every setting there is.
# There is no password in this file, only where each one is kept.

[desk]
database = {_quoted(database)}
{_key(inbox, key)}time_zone = {_quoted(time_zone)}  # for deadlines and for what the desk shows

[[inbox]]
name = {_quoted(inbox.name)}  # keep it: what was collected is known by this name
address = {_quoted(inbox.address)}
from_name = {_quoted(inbox.from_name)}  # stands beside the address in every reply
signature = {_quoted(inbox.signature)}  # stands under every reply
{counts}  # older letters are left alone

{_oauth(inbox.oauth)}[inbox.imap]  # letters are collected here
{_server(inbox.imap)}
[inbox.smtp]  # replies are sent through this server
{_server(inbox.smtp)}"""


def save(path: Path, content: str) -> None:
    """Write a file with mode 0600, whole or not at all. Raises ConfigError."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink()
            raise
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}. Next: name another file.") from error


def _key(inbox: Inbox, key: str) -> str:
    return f"key = {_quoted(key)}  # encrypts what `triage login` keeps\n" if inbox.oauth.client_id else ""


def _oauth(oauth: OAuth) -> str:
    if not oauth.client_id:
        return ""
    lines = [
        "[inbox.oauth]  # in place of a password; `triage login` signs in once",
        f"provider = {_quoted(oauth.provider)}",
        f"client_id = {_quoted(oauth.client_id)}",
        *([f"client_secret = {_quoted(oauth.client_secret)}"] if oauth.client_secret else []),
        *([f"tenant = {_quoted(oauth.tenant)}"] if oauth.provider == "microsoft" else []),
    ]
    return "".join(f"{line}\n" for line in [*lines, ""])


def _server(server: Server) -> str:
    lines = [
        f"host = {_quoted(server.host)}",
        f"port = {server.port}",
        f"tls = {_quoted(server.tls)}",
        f"user = {_quoted(server.user)}",
        *([f"password = {_quoted(server.password)}"] if server.password else []),
        *([f"ca_file = {_quoted(server.ca_file)}"] if server.ca_file else []),
    ]
    return "".join(f"{line}\n" for line in lines)


def _quoted(value: str) -> str:
    """A TOML basic string; its escapes are those of JSON, and U+007F has to be escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
