"""What Triage knows of mail providers: their servers, what they want for a password, and who gives out tokens. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from triage.settings import OAuth

APP_PASSWORD = "The password you use in the browser does not work here: make an app password."  # noqa: S105
REGISTER_FIRST = (
    "Microsoft is switching off signing in with a password alone for mail programs; it wants OAuth. Register this desk "
    "first: at https://entra.microsoft.com under App registrations make one, allow public client flows, and copy its "
    "Application (client) ID. docs/setup.md goes through it."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens; `tls` is "implicit" or "starttls"."""

    host: str
    port: int
    tls: str = "implicit"


@dataclass(frozen=True, slots=True)
class Provider:
    """A mail provider. `advice` says in plain words what has to be done there first."""

    key: str
    name: str
    domains: tuple[str, ...]
    imap: Place
    smtp: Place
    advice: str
    passwords_work: bool = True
    oauth: str = ""  # the key in AUTHORITIES of who gives out its tokens
    tenant: str = "common"


PROVIDERS = (
    Provider(
        "gmail",
        "Gmail or Google Workspace",
        ("gmail.com", "googlemail.com"),
        Place("imap.gmail.com", 993),
        Place("smtp.gmail.com", 465),
        f"{APP_PASSWORD} Turn on 2-Step Verification in the Google account, then open "
        "https://myaccount.google.com/apppasswords (in Google Workspace the administrator has to permit it).",
        oauth="google",
    ),
    Provider(
        "outlook",
        "Outlook.com, Hotmail or Live",
        ("outlook.com", "hotmail.com", "hotmail.co.uk", "live.com", "msn.com"),
        Place("outlook.office365.com", 993),
        Place("smtp-mail.outlook.com", 587, "starttls"),
        REGISTER_FIRST,
        passwords_work=False,
        oauth="microsoft",
        tenant="consumers",
    ),
    Provider(
        "microsoft365",
        "Microsoft 365",
        ("onmicrosoft.com",),
        Place("outlook.office365.com", 993),
        Place("smtp.office365.com", 587, "starttls"),
        REGISTER_FIRST,
        passwords_work=False,
        oauth="microsoft",
    ),
    Provider(
        "yahoo",
        "Yahoo",
        ("yahoo.com", "yahoo.co.uk", "yahoo.ca", "yahoo.de", "yahoo.fr", "ymail.com", "rocketmail.com"),
        Place("imap.mail.yahoo.com", 993),
        Place("smtp.mail.yahoo.com", 465),
        f"{APP_PASSWORD} In the Yahoo account open Security, then app passwords.",
    ),
    Provider(
        "icloud",
        "iCloud",
        ("icloud.com", "me.com", "mac.com"),
        Place("imap.mail.me.com", 993),
        Place("smtp.mail.me.com", 587, "starttls"),
        f"{APP_PASSWORD} At https://account.apple.com open Sign-In and Security, then App-Specific Passwords. "
        "If signing in fails, write only the part before the @ into imap.user.",
    ),
    Provider(
        "fastmail",
        "Fastmail",
        ("fastmail.com", "fastmail.fm", "fastmail.net", "messagingengine.com"),
        Place("imap.fastmail.com", 993),
        Place("smtp.fastmail.com", 465),
        f"{APP_PASSWORD} In Fastmail open Settings, Privacy & Security, then app passwords.",
    ),
    Provider(
        "zoho",
        "Zoho with an address of Zoho",
        ("zoho.com", "zohomail.com"),
        Place("imap.zoho.com", 993),
        Place("smtp.zoho.com", 465),
        "Turn on IMAP access in Zoho Mail under Settings, Mail Accounts. With two-factor sign-in make an app "
        "password under Security. Accounts kept in Europe or India use the servers of zoho.eu or zoho.in.",
    ),
    Provider(
        "zoho-pro",
        "Zoho with your own domain",
        (),
        Place("imappro.zoho.com", 993),
        Place("smtppro.zoho.com", 465),
        "Turn on IMAP access in Zoho Mail under Settings, Mail Accounts. With two-factor sign-in make an app "
        "password under Security. Accounts kept in Europe or India use the servers of zoho.eu or zoho.in.",
    ),
    Provider(
        "gmx",
        "GMX (gmx.net)",
        ("gmx.net", "gmx.de", "gmx.at", "gmx.ch"),
        Place("imap.gmx.net", 993),
        Place("mail.gmx.net", 465),
        "Turn on POP3 and IMAP in GMX under E-Mail, Settings: it is off at first. With two-factor sign-in make an "
        "app password under Security.",
    ),
    Provider(
        "gmx.com",
        "GMX (gmx.com)",
        ("gmx.com", "gmx.us", "gmx.co.uk"),
        Place("imap.gmx.com", 993),
        Place("mail.gmx.com", 465),
        "Turn on POP3 and IMAP in GMX under Settings: it is off at first. With two-factor sign-in make an app "
        "password under Security.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where tokens come from. Empty addresses: the provider does not have that way."""

    authorize: str  # a browser on this machine comes back by itself (RFC 8252)
    device: str  # a code is typed into a browser anywhere (RFC 8628)
    token: str
    scopes: tuple[str, ...]
    more: Mapping[str, str] = field(default_factory=dict)  # what else the way there has to say


# Google gives no mail to the device flow (developers.google.com/identity/protocols/oauth2/limited-input-device), and
# a refresh token only when asked for offline access and consent. Microsoft: learn.microsoft.com/exchange/
# client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth.
AUTHORITIES = {
    "google": Endpoints(
        authorize="https://accounts.google.com/o/oauth2/v2/auth",
        device="",
        token="https://oauth2.googleapis.com/token",  # noqa: S106 -- an address
        scopes=("https://mail.google.com/",),
        more={"access_type": "offline", "prompt": "consent"},
    ),
    "microsoft": Endpoints(
        authorize="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        device="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode",
        token="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106
        scopes=(
            "https://outlook.office.com/IMAP.AccessAsUser.All",
            "https://outlook.office.com/SMTP.Send",
            "offline_access",
        ),
    ),
}


def endpoints(oauth: OAuth) -> Endpoints:
    """Where the tokens of an inbox come from: what the settings say, and the provider's own for what they leave out."""
    known = AUTHORITIES.get(oauth.provider, Endpoints(authorize="", device="", token="", scopes=()))

    def filled(address: str) -> str:
        return address.replace("{tenant}", oauth.tenant)

    return Endpoints(
        authorize=oauth.authorize_url or filled(known.authorize),
        device=oauth.device_url or filled(known.device),
        token=oauth.token_url or filled(known.token),
        scopes=oauth.scopes or known.scopes,
        more=known.more,
    )


OWN = "own"
"""The key of a provider that is not in the table."""


def by_address(address: str) -> Provider | None:
    """The provider that gives out addresses of this domain; None for every other domain."""
    domain = address.rpartition("@")[2].lower()
    return next((p for p in PROVIDERS if any(domain == d or domain.endswith("." + d) for d in p.domains)), None)


def by_key(key: str) -> Provider | None:
    """The provider with this key; None for OWN."""
    return next((p for p in PROVIDERS if p.key == key), None)


def guess(address: str) -> Provider:
    """Where the servers of an own domain often are. Nothing is asked of anybody, so it may be wrong."""
    domain = address.rpartition("@")[2].lower()
    return Provider(
        OWN,
        domain,
        (domain,),
        Place(f"imap.{domain}", 993),
        Place(f"smtp.{domain}", 465),
        f"Whoever runs the mail of {domain} can tell you the names of its servers (imap.{domain} or mail.{domain} "
        "are usual), and whether it wants an app password.",
    )
