"""What has to hold between settings, whoever wrote them. Each rule says what to write instead."""

from email.utils import parseaddr
from urllib.parse import urlsplit

from triage.errors import ConfigError
from triage.settings.papers import Inbox, OAuth, Oidc, Server, Settings

TLS = ("implicit", "starttls", "none")
AFTER_COLLECT = ("leave", "flag", "move")
ADMIT = ("known",)
LOG_FORMATS = ("text", "json")
OAUTH_PROVIDERS = ("google", "microsoft")
LONGEST_UNDO = 1_800  # seconds; a moment to send at that lies further ahead was set by a clock that was wrong
LOOPBACK = ("127.0.0.1", "localhost", "::1")
FEWEST_LESSONS = 8  # decided letters below which nothing can be compared


def verify(settings: Settings) -> None:
    _verify_desk(settings)
    _verify_voices(settings)
    _verify_oidc(settings.oidc, f"{settings.path}: [oidc]")
    names = [box.name for box in settings.inbox]
    for box in settings.inbox:
        where = f"{settings.path}: inbox {box.name!r}"
        if names.count(box.name) > 1:
            raise ConfigError(f"{where}: two inboxes have this name. Next: rename one.")
        _verify_inbox(box, where)
    ports = [settings.desk.port, *(server.port for box in settings.inbox for server in (box.imap, box.smtp))]
    if not all(1 <= port <= 65_535 for port in ports):
        raise ConfigError(f"{settings.path}: a port has to be a number from 1 to 65535.")
    if settings.keeping.days < 0:
        raise ConfigError(
            f"{settings.path}: [keeping] days cannot be negative. Next: write 0 to keep letters for ever."
        )
    if settings.learning.after < FEWEST_LESSONS:
        raise ConfigError(f"{settings.path}: [learning] after has to be at least {FEWEST_LESSONS}.")


def _verify_inbox(box: Inbox, where: str) -> None:
    if box.address.count("@") != 1 or any(c.isspace() for c in box.address):
        raise ConfigError(f"{where}: address has to be one mail address.")
    for identity in box.identities:
        _, address = parseaddr(identity)
        if address.count("@") != 1 or not identity.rstrip().endswith((address, f"<{address}>")):
            raise ConfigError(f'{where}: write each of identities as "Carol Reyes <carol@example.org>".')
    if box.after_collect not in AFTER_COLLECT:
        raise ConfigError(f"{where}: after_collect has to be one of {', '.join(AFTER_COLLECT)}.")
    if (box.after_collect == "move") != bool(box.move_to):
        raise ConfigError(f'{where}: after_collect = "move" and move_to belong together.')
    if box.poll_seconds < 1 or box.max_message_mb < 1:
        raise ConfigError(f"{where}: poll_seconds and max_message_mb have to be at least 1.")
    if box.most_per_hour < 0:
        raise ConfigError(f"{where}: most_per_hour cannot be negative; 0 sets no limit.")
    for label, server in (("imap", box.imap), ("smtp", box.smtp)):
        _verify_tls(server, f"{where}: {label}.tls")
    _verify_oauth(box, f"{where}: oauth")


def _verify_desk(settings: Settings) -> None:
    if settings.desk.log_format not in LOG_FORMATS:
        raise ConfigError(f"{settings.path}: [desk] log_format has to be one of {', '.join(LOG_FORMATS)}.")
    if settings.desk.metrics_port and not 1 <= settings.desk.metrics_port <= 65_535:
        raise ConfigError(f"{settings.path}: [desk] metrics_port has to be 0 or a number from 1 to 65535.")
    if settings.desk.public_url and not settings.desk.public_url.startswith(("https://", "http://")):
        raise ConfigError(f"{settings.path}: [desk] public_url has to begin with https:// or http://.")
    if not 0 <= settings.desk.undo_seconds <= LONGEST_UNDO:
        raise ConfigError(f"{settings.path}: [desk] undo_seconds has to be from 0 to {LONGEST_UNDO}, half an hour.")


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


def _verify_oauth(box: Inbox, where: str) -> None:
    oauth = box.oauth
    if not oauth.client_id:
        if oauth != OAuth():
            raise ConfigError(f"{where}: client_id is missing. Next: add it, or take the whole section out.")
        return
    if oauth.provider and oauth.provider not in OAUTH_PROVIDERS:
        raise ConfigError(f"{where}.provider has to be {' or '.join(map(repr, OAUTH_PROVIDERS))}, or empty.")
    if not oauth.provider and not (oauth.token_url and oauth.scopes and (oauth.authorize_url or oauth.device_url)):
        raise ConfigError(f"{where}: without a provider it needs token_url, scopes, and authorize_url or device_url.")
    for name in ("authorize_url", "device_url", "token_url"):
        address = getattr(oauth, name)
        if address and not is_safe_address(address):
            raise ConfigError(f"{where}.{name} has to be an https:// address (http:// on this machine).")
    if oauth.client_secret and not oauth.client_secret.startswith(("env:", "file:")):
        raise ConfigError(f'{where}.client_secret has to be a reference: "env:NAME" or "file:PATH".')
    if not oauth.tenant or not all(c.isalnum() or c in ".-" for c in oauth.tenant):
        raise ConfigError(f"{where}.tenant has to be the tenant's domain or number, or common.")
    if not box.imap.user or not box.smtp.user:
        raise ConfigError(f"{where} needs imap.user and smtp.user, most often both the whole address.")


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
