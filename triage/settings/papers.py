"""What can be set, with what holds when it is left out."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from triage.settings.secrets import read_secret

DEFAULT_PATH = Path("config.toml")


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
class OAuth:
    """Signing in to the servers of one inbox with tokens in place of a password; without a client_id there is none."""

    provider: str = ""  # google | microsoft; empty: what stands in the addresses below
    client_id: str = ""
    client_secret: str = ""  # a reference, as for passwords; empty: the provider gave none
    tenant: str = "common"
    testing: bool = False
    authorize_url: str = ""
    device_url: str = ""
    token_url: str = ""
    scopes: tuple[str, ...] = ()

    def secret(self) -> str:
        """The client's secret itself; empty where there is none."""
        return read_secret(self.client_secret, "oauth.client_secret") if self.client_secret else ""


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
    idle: bool = True  # let the server tell of new letters in between
    after_collect: str = "leave"
    move_to: str = ""
    sent_folder: str = ""  # empty: the folder that the server marks as \Sent
    max_message_mb: int = 25
    from_name: str = ""
    identities: tuple[str, ...] = ()  # others that replies may come from, each as "Name <address>"
    signature: str = ""
    voice: str = ""  # the [[voice]] that drafts of this inbox are written in
    own_addresses: tuple[str, ...] = ()
    keep_drafts: bool = False  # also in the Drafts folder, for those who answer from their mail program
    drafts_folder: str = ""  # empty: the folder that the server marks as \Drafts
    acknowledgement: str = ""  # sent at once to whoever writes; empty: nothing is
    most_per_hour: int = 0  # mails that go out; 0: no limit
    quote_letter: bool = True
    oauth: OAuth = field(default_factory=OAuth)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk in the browser and what holds for every inbox."""

    database: str = "sqlite:///triage.db"
    key: str = "file:triage.key"  # a reference; what is secret in the database is encrypted with it
    host: str = "127.0.0.1"
    port: int = 8025
    secure_cookies: bool = False  # true when the desk is reached over https
    undo_seconds: int = 15
    time_zone: str = "America/New_York"
    model: str = ""  # a pipeline folder; empty: the newest one in models/
    templates: str = ""  # a folder of reply templates; empty: the ones that come with Triage
    log_file: str = ""
    log_format: str = "text"  # or json
    metrics_port: int = 0  # on this machine; 0: none
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
class Keeping:
    """How long what letters say is kept, and where backups are put."""

    days: int = 0  # after a letter was finished; 0: for ever
    backups: str = ""  # a folder; empty: none is known


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
    keeping: Keeping = field(default_factory=Keeping)
    oidc: Oidc = field(default_factory=Oidc)
    inbox: tuple[Inbox, ...] = ()
    voice: tuple[Voice, ...] = ()
    path: Path = DEFAULT_PATH
