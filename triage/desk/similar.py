"""The earlier letters most like one, with the replies that were sent: to read, and to take paragraphs from."""

from collections.abc import Sequence
from dataclasses import dataclass

from triage.desk import Desk
from triage.records import Dossier
from triage.store import letters, vectors

SHOWN = 3
LATEST = 1_000
"""So many answered letters are looked through; of more, the latest."""
LIKE = 0.5
"""Likeness (cosine) below which a letter is no help. Chosen by reading pairs."""
TELLING = ("employer",)
"""Facts of another reader's letter that must not slip into this one's reply with a paragraph."""


@dataclass(frozen=True, slots=True)
class Similar:
    """An answered letter and how like it is: the cosine of the two vectors."""

    dossier: Dossier
    likeness: float


def similar(desk: Desk, dossier: Dossier) -> list[Similar]:
    """Up to `SHOWN` answered letters by other readers, the most alike first. Held letters are nobody's example."""
    own = vectors.of_letter(desk.db, dossier.slip.id)
    if own is None or dossier.slip.risk in ("R2", "R3"):
        return []
    model, vector = own
    slip = dossier.slip
    known = vectors.answered(desk.db, model, but=slip.id, not_by=slip.sender.email, latest=LATEST)
    if not known:
        return []
    alike = zip(desk.assessor.alike(vector, [row.vector for row in known]), known, strict=True)
    likeness = {row.letter_id: like for like, row in sorted(alike, reverse=True)[:SHOWN] if like >= LIKE}
    found = letters.exchanges(desk.db, list(likeness))
    return [Similar(other, likeness[other.slip.id]) for other in found if other.draft]


def details(found: Sequence[Similar]) -> list[str]:
    """What similar letters tell of their readers, for the check that none of it is in this reply."""
    return [
        slot.value
        for other in found
        for slot in (other.dossier.assessment.slots if other.dossier.assessment else ())
        if slot.name in TELLING and len(slot.value) > 3
    ]
