"""A page saves by itself while somebody writes: versions close to each other are shown as one change. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from triage.records import AuditRow
from triage.stages import Verb
from triage.store.revisions import Mark
from triage.web import words

SITTING = timedelta(minutes=10)

Line = tuple[datetime, str, str, str]
"""A line of the history: when, who, did what, and why."""


def versions(marks: Sequence[Mark]) -> list[Mark]:
    """The last version of each sitting, the newest first. `marks` are the oldest first."""
    found: list[Mark] = []
    for mark in marks:
        if found and found[-1].author == mark.author and mark.made_at - found[-1].made_at < SITTING:
            found.pop()
        found.append(mark)
    return found[::-1]


def history(rows: Sequence[AuditRow]) -> list[Line]:
    """The lines of a letter's history; the changes of the text of one sitting are one line."""
    found: list[Line] = []
    first = last = None  # change of the text in this sitting
    for row in rows:
        who, did, why = words.history(row)
        if first is not None and last is not None and _goes_on(last, row):
            found.pop()
            did = f"{words.HISTORY[Verb.REVISE]} (versions {first.revision} to {row.revision})"
        else:
            first = row
        last = row
        found.append((row.at, who, did, why))
    return found


def _goes_on(before: AuditRow, row: AuditRow) -> bool:
    return before.verb == row.verb == Verb.REVISE and before.who == row.who and row.at - before.at < SITTING
