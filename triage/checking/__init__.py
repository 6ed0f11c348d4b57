"""Looks whether the installation works: `triage check`.

Each check is one function: it returns words for what is well, or raises with words for what is not.
Nothing is changed anywhere: no letter is fetched, none is sent, and no table is made. Only a token that has run out is
renewed and kept, as signing in does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from triage.checking import desk, inboxes, organisation, signing_in
from triage.errors import ConfigError, Temporary, TriageError
from triage.parsing import one_line
from triage.settings import Settings

AGAIN = " It is tried again by itself."
"""How errors of the schedule end; somebody who sets things up does not wait for it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check, as one plain line."""

    what: str
    words: str
    well: bool

    def __str__(self) -> str:
        return f"{'ok' if self.well else 'FAILED':<8}{self.what}: {self.words}"


def check(settings: Settings) -> Iterator[Finding]:
    """Every check, one after the other, each as soon as it is known. Never raises an Exception.

    What cannot be well because an earlier check has failed is left out: it would say the same twice,
    and a provider may lock an account after several wrong passwords.
    """
    url = settings.desk.database
    yield _find("config", partial(desk.config, settings))
    database = _find("database", partial(desk.database, url))
    yield database
    if database.well:
        yield _find("database place", partial(desk.place, url))
        yield _find("people", partial(desk.people, url))
        if desk.held(url):
            yield _find("sending", partial(desk.hold, url))
    yield _find("templates", partial(desk.templates, settings))
    yield _find("model", partial(desk.model, settings))
    if settings.oidc.issuer:
        back = f"{settings.desk.address}sign-in/back"
        yield _find("sign-in service", partial(organisation.service, settings.oidc, back))
    for inbox in settings.inbox:
        if inbox.oauth.client_id and not database.well:
            continue
        with signing_in.opened(settings, inbox) as sign_in:
            if sign_in is not None:
                signed_in = _find(f"{inbox.name}, sign-in", partial(signing_in.token, settings, inbox, sign_in))
                yield signed_in
                if not signed_in.well:
                    continue
            collecting = _find(f"{inbox.name}, collecting", partial(inboxes.collecting, inbox, sign_in))
            yield collecting
            if collecting.well:
                yield _find(f"{inbox.name}, sent copies", partial(inboxes.sent_copies, inbox, sign_in))
            yield _find(f"{inbox.name}, sending", partial(inboxes.sending, inbox, sign_in))


def summary(findings: list[Finding]) -> str:
    """The last line."""
    failed = sum(not finding.well for finding in findings)
    return f"{failed} of {len(findings)} checks failed." if failed else "All is well."


def _find(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look(), True)
    except Exception as error:
        return Finding(what, in_words(error), False)


def in_words(error: Exception) -> str:
    """One line on what is wrong and what to do, for somebody who is setting things up."""
    if not isinstance(error, TriageError):
        return one_line(f"{type(error).__name__}: {error}")[:600] + " Next: mend this and run `triage check` again."
    text = one_line(str(error))[:600]
    if isinstance(error, Temporary) and text.endswith(AGAIN):
        text = text.removesuffix(AGAIN) + " Next: check the server's name, port and tls, or wait, and try again."
    elif isinstance(error, ConfigError) and "Next:" not in text:  # a secret that is not where it should be
        text += " Next: put it there, or correct the reference."
    return text
