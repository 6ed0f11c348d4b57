"""What somebody sees whose text was not saved: their own text beside the one that stands there now."""

from starlette.requests import Request
from starlette.responses import Response

from triage.records import Dossier, Draft
from triage.web.letters import comparing
from triage.web.letters.letter import editable
from triage.web.letters.typed import plain
from triage.web.paper import Paper
from triage.web.sessions import visiting


def both(paper: Paper, request: Request, status: int, dossier: Dossier, what: str) -> Response | None:
    """The page with both texts; None where the form brought no other text, or none can be saved any more.

    From there a person's own text is saved as any other, made from the version that the page shows: whoever
    saves in between is not overwritten either.
    """
    form, theirs = getattr(request.state, "form", {}), dossier.draft
    mine = Draft(subject=form.get("subject", ""), body=form.get("body", ""))
    if not mine.body.strip() or not editable(dossier) or (theirs and _same(mine, theirs)):
        return None
    return paper.show(
        request,
        "two_texts.html",
        status,
        what=what,
        slip=dossier.slip,
        mine=mine,
        theirs=theirs,
        others=theirs is not None and theirs.author not in ("triage", visiting(request).name),
        compared=comparing.compare(theirs.body if theirs else "", mine.body),
    )


def _same(mine: Draft, theirs: Draft) -> bool:
    return (plain(mine.subject), plain(mine.body)) == (plain(theirs.subject), plain(theirs.body))
