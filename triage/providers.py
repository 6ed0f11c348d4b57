"""What `triage init` knows of mail providers: their servers, and what they want for a password. Pure."""

from dataclasses import dataclass

APP_PASSWORD = "The password you use in the browser does not work here: make an app password."  # noqa: S105
NO_SIGN_IN_YET = (
    "Microsoft is switching off signing in with a password alone for mail programs. It wants OAuth, "
    "which Triage cannot do yet. Unless your administrator still permits passwords for IMAP and SMTP, this inbox "
    "will not work: forward its letters to an inbox at another provider and set that one up."
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


PROVIDERS = (
    Provider(
        "gmail",
        "Gmail or Google Workspace",
        ("gmail.com", "googlemail.com"),
        Place("imap.gmail.com", 993),
        Place("smtp.gmail.com", 465),
        f"{APP_PASSWORD} Turn on 2-Step Verification in the Google account, then open "
        "https://myaccount.google.com/apppasswords (in Google Workspace the administrator has to permit it).",
    ),
    Provider(
        "outlook",
        "Outlook.com, Hotmail or Live",
        ("outlook.com", "hotmail.com", "hotmail.co.uk", "live.com", "msn.com"),
        Place("outlook.office365.com", 993),
        Place("smtp-mail.outlook.com", 587, "starttls"),
        NO_SIGN_IN_YET,
        passwords_work=False,
    ),
    Provider(
        "microsoft365",
        "Microsoft 365",
        ("onmicrosoft.com",),
        Place("outlook.office365.com", 993),
        Place("smtp.office365.com", 587, "starttls"),
        NO_SIGN_IN_YET,
        passwords_work=False,
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
