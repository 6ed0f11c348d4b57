"""What stands around a letter on its page: letters like it, and those of the same reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy

from triage.desk import Desk
from triage.desk.similar import Similar
from triage.records import Dossier, Letter, Reply, Slip
from triage.stages import Stage
from triage.store import finding, letters

THREAD_SHOWN = 10
SAME_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """The text of a frozen reply, read back from its own bytes."""

    subject: str
    text: str
    quotation: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another letter, and what was sent to answer it; None when nothing was."""

    slip: Slip
    letter: Letter | None
    sent: Sent | None


def read_back(reply: Reply, draft: str) -> Sent:
    """What the reader gets, from the frozen bytes; the quotation below the reply apart."""
    message = message_from_bytes(reply.message, policy=policy.default)
    text = str(message.get_content()).replace("\r\n", "\n")
    own = draft.rstrip()
    if own and text.startswith(own):
        return Sent(str(message["Subject"]), own, text[len(own) :].strip("\n"))
    return Sent(str(message["Subject"]), text.strip("\n"), "")


def examples(found: Sequence[Similar]) -> list[Other]:
    """The letters most like this one, with their replies."""
    return [_other(other.dossier) for other in found if other.dossier.reply and other.dossier.draft]


def correspondence(desk: Desk, dossier: Dossier) -> list[Other]:
    """The other letters of the thread, the latest of them, oldest first."""
    found = letters.exchanges(desk.db, [other.id for other in dossier.thread[-THREAD_SHOWN:]])
    return [_other(other, answered=other.slip.stage is Stage.ANSWERED) for other in found]


def from_the_same(desk: Desk, dossier: Dossier) -> Sequence[Slip]:
    """Other letters from this letter's address, the newest first; those of its thread are shown with it."""
    known = {other.id for other in dossier.thread}
    email = dossier.slip.sender.email
    found = finding.by_sender(desk.db, email, but=dossier.slip.id, limit=SAME_SHOWN + len(known))
    return [slip for slip in found if slip.id not in known][:SAME_SHOWN]


def _other(dossier: Dossier, *, answered: bool = True) -> Other:
    reply = dossier.reply if answered else None
    text = dossier.draft.body if dossier.draft else ""
    return Other(dossier.slip, dossier.letter, read_back(reply.reply, text) if reply else None)
