"""Whether the sign-in service of the organisation answers."""

from triage import wiring
from triage.settings import Oidc


def service(oidc: Oidc, back: str) -> str:
    """Ask it what it says of itself; `back` is what has to be registered there. Raises TriageError."""
    from triage.web.staff.provider import Provider  # with all of the desk's pages

    oidc.secret()
    Provider(oidc, back=back, clock=wiring.utc_now).service()
    return f"{oidc.issuer} answers; it has to know {back} as the way back to this desk."
