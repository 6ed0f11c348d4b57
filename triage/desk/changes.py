"""What has happened to a letter since somebody's page showed it: an approval is of what was seen, nothing newer."""

from collections.abc import Mapping, Sequence

from triage.records import AuditRow, Dossier, Slip
from triage.stages import Stage, Verb

_NUMBERED = (Verb.REVISE, Verb.SECOND_READ)
"""What revisions of the text tell by their own numbers."""

_DID: Mapping[str, str] = {
    Verb.TOPICS: "set the topics",
    Verb.DETAILS: "said what the letter states",
    Verb.HAND_OVER: "handed the letter over",
    Verb.TAKE: "took the letter",
    Verb.DRAFT: "wrote the draft anew",
    Verb.APPROVE: "approved a reply",
    Verb.UNDO: "called a reply back",
    Verb.DECLINE: "declined the draft",
    Verb.LET_GO: "let the letter go",
    Verb.SET_ASIDE: "set the letter aside",
    Verb.BRING_BACK: "brought the letter back",
}

_OPEN, _GOING, _UNKNOWN, _GONE = "o", "a", "u", "x"
_GROUPS: Mapping[Stage, str] = {
    Stage.APPROVED: _GOING,
    Stage.SENDING: _GOING,
    Stage.ANSWERED: _GOING,
    Stage.UNKNOWN: _UNKNOWN,
    Stage.ASIDE: _GONE,
    Stage.LET_GO: _GONE,
}
"""How far another letter of the thread is: what the machine does by itself in between is no news."""

_NOW: Mapping[str, str] = {
    _OPEN: "waits for an answer again",
    _GOING: "has got its answer",
    _UNKNOWN: "has perhaps got its answer",
    _GONE: "gets no answer",
}


def seen(dossier: Dossier) -> str:
    """What a page shows of a letter and its thread, as a short text for its form; `since` reads it.

    The revisions of the reply are not in it: they have numbers of their own. The moment at which the letter came is,
    because SQLite gives the number of a letter that was erased to the next one.
    """
    thread = ",".join(f"{other.id}{_group(other)}" for other in dossier.thread)
    return f"{len(_rows(dossier))};{thread};{dossier.slip.received_at.timestamp():.0f}"


def since(dossier: Dossier, shown: str) -> list[str]:
    """What happened since a page with `shown` was made, and by whom, in plain words; empty when nothing did."""
    if shown == seen(dossier):
        return []
    count, others, came = (*shown.split(";", 2), "", "")[:3]
    if came != seen(dossier).rpartition(";")[2]:
        return ["The page was an old one."]
    rows = _rows(dossier)
    known = {other[:-1]: other[-1:] for other in others.split(",")}
    new = rows[int(count) :] if count.isascii() and count.isdigit() and len(count) < len("1000000") else rows[-1:]
    return [*_said(new), *_correspondence(dossier.thread, known)] or ["The page was an old one."]


def _said(rows: Sequence[AuditRow]) -> list[str]:
    found = []
    for row in rows:
        who = "Triage" if row.who == "triage" else row.who
        why = f": {row.why}" if row.why else ""
        found.append(f"{who} {_DID.get(row.verb, 'changed the letter')}{why}.")
    return found


def _correspondence(thread: Sequence[Slip], known: Mapping[str, str]) -> list[str]:
    found = []
    for other in thread:
        named = f"“{other.subject}” (letter {other.id})" if other.subject else f"letter {other.id}"
        before, now = known.get(str(other.id), ""), _group(other)
        if not before:
            found.append(f"Another letter of this correspondence has come: {named}.")
        elif before != now:
            found.append(f"In this correspondence {named} {_NOW[now]}.")
    return found


def _rows(dossier: Dossier) -> list[AuditRow]:
    return [row for row in dossier.history if row.verb not in _NUMBERED]


def _group(slip: Slip) -> str:
    return _GROUPS.get(slip.stage, _OPEN)
