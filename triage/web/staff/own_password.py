"""Asks somebody who is signed in for the password again, where what they want would outlast the session."""

from starlette.requests import Request

from triage.desk import Desk
from triage.desk.people import Refusal, checked
from triage.records import Person
from triage.store import people
from triage.web.sessions import visiting


def has_password(desk: Desk, person: Person) -> bool:
    """Whether the person has one; who signs in with an organisation may have none."""
    found = people.find(desk.db, person.name)
    return found is not None and found[1] != ""


def wrong_password(desk: Desk, request: Request) -> str:
    """What to say where the form's `password` is not the person's; those who have none are not asked.

    Wrong ones are counted with those at the door.
    """
    person = visiting(request)
    if not has_password(desk, person):
        return ""
    address = request.client.host if request.client else ""
    found = checked(desk, person.name, request.state.form.get("password", ""), address)
    if found is Refusal.WRONG:
        return "That is not your password."
    return found if isinstance(found, Refusal) else ""
