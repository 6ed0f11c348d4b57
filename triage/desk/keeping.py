"""forget: after the days that are set, what a finished letter said and who wrote it is removed.

The promise is one sentence: so many days after a letter was finished (answered, set aside or let go), nobody can read
it here any more. Its number, its topics, its times and the names of those who worked on it stay for the figures.
"""

import logging
from datetime import timedelta

from triage.desk import Desk
from triage.store import erasing

log = logging.getLogger(__name__)

WHOLE = 500_000_000  # bytes; writing a bigger file anew each day would keep people waiting for too long
REASON = "What this letter said was removed {days} days after it was finished, as the configuration says."


def forget(desk: Desk, days: int) -> int:
    """Forget the letters that were finished more than `days` ago; how many. 0 days: nothing is ever forgotten."""
    if not days:
        return 0
    now = desk.clock()
    done = erasing.forget(desk.db, now - timedelta(days=days), reason=REASON.format(days=days), now=now)
    if not erasing.is_scrubbed(desk.db):  # also what could not be done the last time
        erasing.scrub(desk.db, now, at_most=WHOLE)
    if done:
        log.info("forgot letters=%d", done)
    return done
