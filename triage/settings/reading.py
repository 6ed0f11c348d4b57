"""Reads the settings from a TOML file, with errors that name the place in it."""

import dataclasses
import os
import tomllib
import types
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from triage.errors import ConfigError
from triage.settings.papers import DEFAULT_PATH, Desk, Inbox, Keeping, Learning, Oidc, Settings, Voice
from triage.settings.rules import verify


def load(path: Path | None = None) -> Settings:
    """Read the settings from `path`, TRIAGE_CONFIG, or ./config.toml."""
    path = path or Path(os.environ.get("TRIAGE_CONFIG") or DEFAULT_PATH)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"There is no readable configuration at {path} ({error.strerror}). "
            "Next: run `triage init` to make one, or name it with --config."
        ) from error
    try:
        table = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}. Next: mend that line.") from error
    return _settings(table, path)


def read_voice(table: Any, where: str) -> Voice:
    """One [[voice]] that was kept elsewhere, under the rules of the file. Raises ConfigError."""
    voice: Voice = _build(Voice, table, where)
    return voice


def _settings(table: dict[str, Any], path: Path) -> Settings:
    unknown = set(table) - {"desk", "learning", "keeping", "oidc", "inbox", "voice"}
    if unknown:
        raise ConfigError(
            f"{path}: there is no section named {sorted(unknown)[0]!r}. "
            "Known: [desk], [learning], [keeping], [oidc], [[inbox]], [[voice]]."
        )
    inboxes = table.get("inbox", [])
    if not isinstance(inboxes, list) or not inboxes:
        raise ConfigError(f"{path}: no inbox is configured. Next: add an [[inbox]] section, or run `triage init`.")
    voices = table.get("voice", [])
    if not isinstance(voices, list):
        raise ConfigError(f"{path}: write [[voice]] in two pairs of brackets, since there may be several.")
    settings = Settings(
        desk=_build(Desk, table.get("desk", {}), f"{path}: [desk]"),
        learning=_build(Learning, table.get("learning", {}), f"{path}: [learning]"),
        keeping=_build(Keeping, table.get("keeping", {}), f"{path}: [keeping]"),
        oidc=_build(Oidc, table.get("oidc", {}), f"{path}: [oidc]"),
        inbox=tuple(_build(Inbox, box, f"{path}: [[inbox]] {n}") for n, box in enumerate(inboxes, 1)),
        voice=tuple(_build(Voice, voice, f"{path}: [[voice]] {n}") for n, voice in enumerate(voices, 1)),
        path=path,
    )
    verify(settings)
    return settings


def _build(cls: type[Any], table: Any, where: str) -> Any:
    """Make the dataclass `cls` from a TOML table, with errors that name the line's place."""
    if not isinstance(table, dict):
        raise ConfigError(f"{where} has to be a section.")
    hints = get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}
    for key in table:
        if key not in fields:
            raise ConfigError(f"{where}: there is no setting named {key!r}. Known: {', '.join(fields)}.")
    values = {}
    for name, spec in fields.items():
        if name in table:
            values[name] = _value(hints[name], table[name], f"{where} {name}")
        elif spec.default is dataclasses.MISSING and spec.default_factory is dataclasses.MISSING:
            raise ConfigError(f"{where}: the setting {name!r} is missing.")
    return cls(**values)


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _build(hint, value, where)
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{where} has to be a list of texts.")
        return tuple(value)
    if isinstance(hint, types.UnionType):  # datetime | None
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if hint is datetime:
        if not isinstance(value, datetime):
            raise ConfigError(f"{where} has to be a date and time, such as 2026-11-23T00:00:00Z.")
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, bool) != (hint is bool) or not isinstance(value, hint):
        kind = {str: "a text in quotes", int: "a whole number", bool: "true or false"}[hint]
        raise ConfigError(f"{where} has to be {kind}.")
    return value
