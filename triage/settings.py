"""Settings, read once from one TOML file. Secrets are references, never the secret itself.

Every setting has a line in config.example.toml; a test compares the two. Anything wrong raises
ConfigError with the place in the file and what to write instead.
"""

import dataclasses
import os
import tomllib
import types
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from triage.errors import ConfigError

DEFAULT_PATH = Path("config.toml")
TLS = ("implicit", "starttls", "none")
AFTER_COLLECT = ("leave", "flag", "move")
ADMIT = ("known",)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
FEWEST_LESSONS = 8  # decided letters below which nothing can be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How to reach one mail server. `password` is a reference: "env:NAME" or "file:PATH"."""

    host: str
    port: int
    tls: str = "implicit"
    user: str = ""
    password: str = ""
    ca_file: str = ""  # a PEM file, for a server with a private certificate

    def secret(self) -> str:
        """The password itself, read from where the reference points."""
        return read_secret(self.password, f"the password of {self.user or 'nobody'} at {self.host}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """One advice inbox: where letters are collected and from where replies are sent."""

    name: str
    address: str
    imap: Server
    smtp: Server
    folder: str = "INBOX"
    since: datetime | None = None
    poll_seconds: int = 120
    after_collect: str = "leave"
    move_to: str = ""
    sent_folder: str = ""  # empty: the folder that the server marks as \Sent
    max_message_mb: int = 25
    from_name: str = ""
    signature: str = ""
    voice: str = ""  # the [[voice]] that drafts of this inbox are written in
    own_addresses: tuple[str, ...] = ()
    quote_letter: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk in the browser and what holds for every inbox."""

    database: str = "sqlite:///triage.db"
    host: str = "127.0.0.1"
    port: int = 8025
    secure_cookies: bool = False  # true when the desk is reached over https
    undo_seconds: int = 15
    time_zone: str = "America/New_York"
    model: str = ""  # a pipeline folder; empty: the newest one in models/
    templates: str = ""  # a folder of reply templates; empty: the ones that come with Triage
    log_file: str = ""
    public_url: str = ""  # where people open the desk, for links in mail; empty: on this machine

    @property
    def url(self) -> str:
        """Where the desk is opened on this machine."""
        return f"http://{self.host}:{self.port}/"

    @property
    def address(self) -> str:
        """Where people open the desk; it ends with a slash."""
        return f"{self.public_url.rstrip('/')}/" if self.public_url else self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """Whether and when the desk learns by itself from what people decide."""

    enabled: bool = True
    after: int = 25  # letters with a new decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How the replies of one inbox or one person sound. A person's voice has the name that they sign in with."""

    name: str
    greeting: str = "Hello"
    signoffs: tuple[str, ...] = ()
    signature: str = ""  # empty: that of the inbox
    opinions_off: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()  # words that this voice never uses
    stories: str = ""  # a file with stories of one's own
    your_words: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """Sign-in with the accounts of the organisation (OpenID Connect); without an issuer there is none."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""  # a reference, as for mail
    name: str = "your organisation"  # what the button says after "Sign in with"
    admit: str = "known"  # only people whom an editor added

    def secret(self) -> str:
        """The client's secret itself, read from where the reference points."""
        return read_secret(self.client_secret, "[oidc] client_secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    desk: Desk = field(default_factory=Desk)
    learning: Learning = field(default_factory=Learning)
    oidc: Oidc = field(default_factory=Oidc)
    inbox: tuple[Inbox, ...] = ()
    voice: tuple[Voice, ...] = ()
    path: Path = DEFAULT_PATH


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
    unknown = set(table) - {"desk", "learning", "oidc", "inbox", "voice"}
    if unknown:
        raise ConfigError(
            f"{path}: there is no section named {sorted(unknown)[0]!r}. "
            "Known: [desk], [learning], [oidc], [[inbox]], [[voice]]."
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
        oidc=_build(Oidc, table.get("oidc", {}), f"{path}: [oidc]"),
        inbox=tuple(_build(Inbox, box, f"{path}: [[inbox]] {n}") for n, box in enumerate(inboxes, 1)),
        voice=tuple(_build(Voice, voice, f"{path}: [[voice]] {n}") for n, voice in enumerate(voices, 1)),
        path=path,
    )
    _verify(settings)
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


def _verify(settings: Settings) -> None:
    _verify_voices(settings)
    _verify_oidc(settings.oidc, f"{settings.path}: [oidc]")
    names = [box.name for box in settings.inbox]
    for box in settings.inbox:
        where = f"{settings.path}: inbox {box.name!r}"
        if names.count(box.name) > 1:
            raise ConfigError(f"{where}: two inboxes have this name. Next: rename one.")
        if box.address.count("@") != 1 or any(c.isspace() for c in box.address):
            raise ConfigError(f"{where}: address has to be one mail address.")
        if box.after_collect not in AFTER_COLLECT:
            raise ConfigError(f"{where}: after_collect has to be one of {', '.join(AFTER_COLLECT)}.")
        if (box.after_collect == "move") != bool(box.move_to):
            raise ConfigError(f'{where}: after_collect = "move" and move_to belong together.')
        if box.poll_seconds < 1 or box.max_message_mb < 1:
            raise ConfigError(f"{where}: poll_seconds and max_message_mb have to be at least 1.")
        for label, server in (("imap", box.imap), ("smtp", box.smtp)):
            _verify_tls(server, f"{where}: {label}.tls")
    ports = [settings.desk.port, *(server.port for box in settings.inbox for server in (box.imap, box.smtp))]
    if not all(1 <= port <= 65_535 for port in ports):
        raise ConfigError(f"{settings.path}: a port has to be a number from 1 to 65535.")
    if settings.desk.public_url and not settings.desk.public_url.startswith(("https://", "http://")):
        raise ConfigError(f"{settings.path}: [desk] public_url has to begin with https:// or http://.")
    if settings.desk.undo_seconds < 0:
        raise ConfigError(f"{settings.path}: [desk] undo_seconds cannot be negative.")
    if settings.learning.after < FEWEST_LESSONS:
        raise ConfigError(f"{settings.path}: [learning] after has to be at least {FEWEST_LESSONS}.")


def _verify_tls(server: Server, where: str) -> None:
    if server.tls not in TLS:
        raise ConfigError(f"{where} has to be one of {', '.join(TLS)}.")
    if server.tls == "none" and server.host not in LOOPBACK:
        raise ConfigError(
            f'{where} = "none" would send the password in the clear; it is allowed only for a server on this machine.'
        )


def _verify_voices(settings: Settings) -> None:
    names = [voice.name for voice in settings.voice]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{settings.path}: two voices have the name {name!r}. Next: rename one.")
    for box in settings.inbox:
        if box.voice and box.voice not in names:
            raise ConfigError(
                f"{settings.path}: inbox {box.name!r}: there is no [[voice]] named {box.voice!r}. "
                "Next: add it, or correct the name."
            )


def _verify_oidc(oidc: Oidc, where: str) -> None:
    if oidc.admit not in ADMIT:
        raise ConfigError(f"{where} admit has to be {' or '.join(map(repr, ADMIT))}.")
    missing = [name for name in ("issuer", "client_id", "client_secret") if not getattr(oidc, name)]
    if len(missing) == 3:
        return
    if missing:
        raise ConfigError(f"{where}: {', '.join(missing)} is missing. Next: add it, or take the whole section out.")
    if not is_safe_address(oidc.issuer) or "?" in oidc.issuer or "#" in oidc.issuer:
        raise ConfigError(f"{where} issuer has to be an https:// address without ? and # (http:// on this machine).")
    if not oidc.client_secret.startswith(("env:", "file:")):
        raise ConfigError(f'{where} client_secret has to be a reference: "env:NAME" or "file:PATH", never the secret.')
    if not oidc.name.strip():
        raise ConfigError(f"{where} name cannot be empty. Next: write what people call the place, such as Agency.")


def is_safe_address(address: str) -> bool:
    """Whether what is sent to this address stays between two: https, or http on this machine."""
    try:
        url = urlsplit(address)
    except ValueError:
        return False
    if not url.hostname or url.username is not None or url.password is not None:
        return False
    return url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)


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
