"""Errors that say who acts next.

    TriageError
    ├── Temporary      the schedule tries again by itself
    ├── Permanent      a person at the desk has to look
    │   └── NotLetIn       a sign-in was refused: asked again soon, the provider may lock the account
    ├── ConfigError    the operator mends the configuration (exit code 2, never a traceback)
    └── Conflict       whoever clicked: the letter has changed, look at its current state
        └── NotAllowed     this person may not do that

Every message is written for the person named, in plain words, and ends with what to do.
"""


class TriageError(Exception):
    """The root: `str(error)` is fit to be shown to a person."""


class Temporary(TriageError):
    """It may work later; the schedule tries again."""


class Permanent(TriageError):
    """Trying again will not help; a person has to look."""


class NotLetIn(Permanent):
    """A mail server, or the service that gives out its tokens, refused the sign-in in clear words."""


class ConfigError(TriageError):
    """The configuration or the installation is wrong; the operator has to mend it."""


class Conflict(TriageError):
    """The letter is no longer in the state that the request was made for."""


class NotAllowed(Conflict):
    """The person's role does not permit the verb."""
