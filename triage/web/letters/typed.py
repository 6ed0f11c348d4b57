"""The text that comes with a form: whatever the button, what was typed is saved first, so that nothing can lose it."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from triage.desk import Desk, deciding
from triage.records import Dossier, Person
from triage.web.letters.letter import NEUTRAL_SUBJECT


def save(desk: Desk, dossier: Dossier, person: Person, form: Mapping[str, str]) -> int:
    """Save the text of the form; the number of its revision, or 0 when there is no text."""
    subject, body = form.get("subject", ""), form.get("body", "")
    if not body.strip() and dossier.draft is None:
        return 0
    base = form.get("base", "")
    number = int(base) if base.isascii() and base.isdigit() and len(base) < 10 else 0
    return deciding.revise(desk, dossier.slip.id, person, subject=subject, body=body, base=number)


def keep(desk: Desk, dossier: Dossier, person: Person, form: Mapping[str, str]) -> bool:
    """Save the text of the form if it differs from the latest revision; whether it does."""
    if "body" not in form:
        return False
    draft = dossier.draft
    shown = (draft.subject, draft.body) if draft else (NEUTRAL_SUBJECT, "")
    if tuple(map(plain, (form.get("subject", ""), form["body"]))) == tuple(map(plain, shown)):
        return False
    save(desk, dossier, person, form)
    return True


def to_letter(letter_id: int, said: str = "", **more: str) -> Response:
    """Back to the letter's page, which says what was done."""
    query = urlencode({"said": said, **more}) if said else ""
    # On a phone the reply stands below the letter: what has become of it has to be in sight.
    return RedirectResponse(f"/letters/{letter_id}" + (f"?{query}" if query else "") + "#reply", status_code=303)


def plain(text: str) -> str:
    """A text of a form as it is saved."""
    return text.replace("\r\n", "\n").strip()
