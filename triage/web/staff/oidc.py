"""Signing in with the accounts of an organisation, and linking them with the people of the desk.

Nobody is let in by a name or an address that the service claims: only by a subject that was linked before, by
somebody who gave the password here, or who had a link from an editor.
"""

import hashlib
import hmac
import logging
import secrets
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from triage.desk import Desk
from triage.desk.people import Refusal, checked, hash_of, opened
from triage.errors import ConfigError, Conflict, Temporary, TriageError
from triage.records import Person
from triage.store import identities, people
from triage.web.paper import Paper
from triage.web.sessions import Sessions, visiting
from triage.web.staff import trips
from triage.web.staff.id_tokens import Identity
from triage.web.staff.provider import Provider
from triage.web.staff.sign_in import let_in, safe
from triage.web.staff.trips import Purpose, Trip

log = logging.getLogger(__name__)

BY_PASSWORD = "Sign in with your password, or begin again."  # noqa: S105 -- words for the page
STRANGE = "This way back belongs to no sign-in that this browser began, or it took longer than ten minutes."
HOW_TO_LINK = (
    "Sign in with your password and press Link on the page of your account. If you have no password, ask an editor "
    "for a link."
)
SERVICES_TROUBLE = ("server_error", "temporarily_unavailable")
PERSONS_TURN = ("login_required", "interaction_required", "consent_required", "account_selection_required")


def add_routes(app: FastAPI, desk: Desk, paper: Paper, sessions: Sessions, provider: Provider) -> None:
    """GET /sign-in/with and /sign-in/back, POST /me/identity and /me/identity/off."""
    door = _Door(desk, paper, sessions, provider)
    app.get("/sign-in/with")(door.begin)
    app.get("/sign-in/back")(door.back)
    app.post("/me/identity")(door.link)
    app.post("/me/identity/off")(door.unlink)


class _Door:
    """The desk's side of the visits."""

    def __init__(self, desk: Desk, paper: Paper, sessions: Sessions, provider: Provider) -> None:
        self._desk = desk
        self._paper = paper
        self._sessions = sessions
        self._provider = provider

    def begin(self, request: Request) -> Response:
        """Send the browser to the service."""
        if self._here(request):
            return RedirectResponse("/", status_code=303)
        key, purpose = request.state.visitor.key or secrets.token_urlsafe(32), Purpose.SIGN_IN
        invitation = request.query_params.get("invitation", "")
        if invitation:
            # Only from the page of the link: from elsewhere, mallory could have ali take the place meant for her.
            if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
                return RedirectResponse(f"/welcome/{quote(invitation, safe='')}", status_code=303)
            opened(self._desk, invitation)
            key, purpose = _key_with(invitation), Purpose.WELCOME
        try:
            where = self._way_there(key, purpose, safe(request.query_params.get("next", "/")))
        except TriageError as error:
            return self._trouble(request, error)
        response = RedirectResponse(where, status_code=303)
        self._sessions.prepare(response, key)
        return response

    def back(self, request: Request) -> Response:
        """Somebody comes back from the service."""
        key, answer = request.state.visitor.key, request.query_params
        trip = trips.read(answer.get("state", ""), key, self._desk.clock())
        if trip is None:
            return self._paper.refuse(request, 403, STRANGE, BY_PASSWORD)
        try:
            self._provider.check_sender(answer.get("iss"))
            if "error" in answer:
                return self._paper.refuse(request, 403, *_in_words(answer["error"], self._provider.name))
            code, nonce, verifier = answer.get("code", ""), trip.nonce(key), trip.verifier(key)
            identity = self._provider.redeem(code, nonce=nonce, verifier=verifier)
        except TriageError as error:
            return self._trouble(request, error)
        if trip.purpose is Purpose.LINK:
            return self._linked(request, key, identity)
        return self._enter(request, trip, key, identity)

    def link(self, request: Request) -> Response:
        """Begin to link an account with the person who is signed in, who gives the password for it."""
        person = visiting(request)
        address = request.client.host if request.client else ""
        found = checked(self._desk, person.name, request.state.form.get("password", ""), address)
        if isinstance(found, Refusal):
            raise Conflict("That is not your password. Next: try again." if found is Refusal.WRONG else found)
        key = _key_with(self._proof(person))
        try:
            where = self._way_there(key, Purpose.LINK, "/me")
        except TriageError as error:
            return self._trouble(request, error)
        # A link and not a redirect: a form of the desk may lead nowhere else (form-action in the shield).
        response = self._paper.show(request, "link.html", where=where)
        self._sessions.prepare(response, key)
        return response

    def unlink(self, request: Request) -> Response:
        """Take the link off."""
        identities.unlink(self._desk.db, visiting(request), self._desk.clock())
        return RedirectResponse("/me?done=unlinked", status_code=303)

    def _enter(self, request: Request, trip: Trip, key: str, identity: Identity) -> Response:
        person: Person | None
        if trip.purpose is Purpose.WELCOME:
            person = identities.claim(self._desk.db, hash_of(_carried(key)), identity.name, self._desk.clock())
        else:
            person = identities.whose(self._desk.db, identity.name)
        if person is None:
            what = f"{self._provider.name} knows you, but nobody at this desk has linked that account."
            return self._paper.refuse(request, 403, what, HOW_TO_LINK)
        log.info("signed in with the organisation person=%d", person.id)
        return let_in(request, self._desk, self._sessions, person, trip.next_page, strong=identity.strong)

    def _linked(self, request: Request, key: str, identity: Identity) -> Response:
        person = self._here(request)
        if person is None or not hmac.compare_digest(_carried(key), self._proof(person)):
            return self._paper.refuse(request, 403, STRANGE, "Sign in with your password, then press Link again.")
        identities.link(self._desk.db, person, identity.name, self._desk.clock())
        log.info("linked person=%d", person.id)
        response = RedirectResponse("/me?done=linked", status_code=303)
        self._sessions.forget_before(response)
        return response

    def _here(self, request: Request) -> Person | None:
        """Who is signed in already; the pages of sign-in are outside the gate."""
        return self._sessions.person(request.cookies.get(self._sessions.cookie, ""))

    def _way_there(self, key: str, purpose: Purpose, next_page: str) -> str:
        begun, salt = int(self._desk.clock().timestamp()), secrets.token_urlsafe(16)
        trip = Trip(purpose=purpose, next_page=next_page, begun=begun, salt=salt)
        return self._provider.way_there(state=trip.state(key), nonce=trip.nonce(key), verifier=trip.verifier(key))

    def _proof(self, person: Person) -> str:
        """What only somebody has who gave the password: the hash that it is made with never leaves the desk."""
        found = people.find(self._desk.db, person.name)
        kept = found[1] if found else ""
        return hmac.new(kept.encode(), f"link {person.id}".encode(), hashlib.sha256).hexdigest()

    def _trouble(self, request: Request, error: TriageError) -> Response:
        log.warning("sign-in service kind=%s", type(error).__name__)
        if isinstance(error, Temporary):
            return self._paper.refuse(request, 503, str(error), f"Wait a moment. {BY_PASSWORD}")
        if isinstance(error, ConfigError):
            return self._paper.refuse(request, 502, str(error), "Until then sign in with your password.")
        then = f"{BY_PASSWORD} If it happens again, tell the person who runs this machine."
        return self._paper.refuse(request, 403, str(error), then)


def _key_with(carried: str) -> str:
    """A fresh key for this browser that brings something along, past the service and back."""
    return f"{secrets.token_urlsafe(32)}.{carried}"


def _carried(key: str) -> str:
    return key.partition(".")[2]


def _in_words(error: str, name: str) -> tuple[str, str]:
    """What happened, and who acts next, for an error code (RFC 6749 section 4.1.2.1, Core section 3.1.2.6).

    What the service wrote beside it is not shown: anybody could have put it into the address.
    """
    if error == "access_denied":
        return (
            f"{name} did not let you in: you said no there, or you are not on its list for this desk.",
            f"Try again, or ask those who look after accounts at {name}. Your password works here as before.",
        )
    if error in SERVICES_TROUBLE:
        return f"{name} has trouble of its own at this moment.", "Wait a moment and try again, or use your password."
    if error in PERSONS_TURN:
        return f"{name} wants you to sign in there first.", "Open its own page, sign in, then begin again here."
    return (
        f"{name} does not accept how this desk asks.",
        "The person who runs this machine has to look at [oidc] in the configuration. Use your password until then.",
    )
