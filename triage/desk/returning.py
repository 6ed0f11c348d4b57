"""What comes back to replies: a mail system's report is tied to its letter, and an answer proves that one went out."""

import logging

from triage import reports
from triage.desk import Desk
from triage.records import Kind, Letter
from triage.store import returned
from triage.store.returned import Sent

log = logging.getLogger(__name__)


def take_in(desk: Desk, letter_id: int, letter: Letter, raw: bytes, kind: Kind) -> Sent | None:
    """Record what this message says of a reply that was sent; the reply that it is a report about, if it is one.

    May be repeated: a message counts once.
    """
    now = desk.clock()
    if kind is not Kind.BOUNCE:
        returned.proven(desk.db, (*letter.in_reply_to, *letter.references), now)
        return None
    if not reports.is_one(letter):
        return None
    report, tokens = reports.read(letter), reports.tokens(raw)
    sent = returned.tie(desk.db, letter_id, report, ids=reports.ids(letter, raw), tokens=tokens, now=now)
    if sent is not None:
        log.info("report letter=%d about=%d action=%s", letter_id, sent.letter_id, report.action)
    return sent
