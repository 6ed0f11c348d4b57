"""Who may sign a reply besides the rule of roles: held letters that a person has to take, and second readers. Pure
but for one look at the settings.

A held letter (risk R2 or R3) is looked after by one person, and only that person signs its reply. Where the desk
asks for a second reader, two different people who may sign have read exactly what goes out: the one who approves it
and one who said so before. The author may be either of the two, never both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from triage import stages
from triage.desk import Desk, alerting, choices
from triage.desk.choices import Choices
from triage.errors import Conflict
from triage.records import AuditRow, Dossier, Person
from triage.stages import Duty, Stage, Verb
from triage.store import caring as store
from triage.store import draft_copies
from triage.store.draft_copies import Lies

IN_THE_WAY = {
    Lies.EDITED: "Somebody is writing this reply in the mail program. Next: send it from there, or delete that draft "
    "and wait a minute.",
    Lies.EARLIER: "An earlier draft of the desk for this letter lies in the Drafts folder of the mail program. "
    "Next: send it from there if somebody has worked on it, or delete it there and wait a minute.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What the letter page says of who looks after it, who sees to it next, and who has read the reply."""

    waits: bool  # the letter waits for a person
    held: bool
    taken_by: str
    taken_at: datetime | None
    may_take: bool  # also take over, where somebody else looks after it
    nobody_told: bool  # it is held, nobody can be told of it, and this person could change that
    without_address: Sequence[str]  # who is named all the same, where nobody can be told for want of an address
    assigned_to: str
    note: str  # "ana for ali: please check the state"; empty: it was not handed over
    colleagues: Sequence[str]  # whom it can be given to
    wants_second: bool
    read_by: Sequence[str]  # who gave the latest revision its second reading
    may_read: bool  # this person may say now that it is good


def locks(desk: Desk, dossier: Dossier, person: Person, chosen: Choices | None = None) -> list[str]:
    """Every reason, in plain words, why this person may not approve this reply now.

    `chosen` are the settings where they are known already.
    """
    found = []
    inbox = desk.inboxes.get(dossier.slip.account)
    if inbox and inbox.keep_drafts and (lies := draft_copies.in_the_way(desk.db, dossier.slip.id)):
        found.append(IN_THE_WAY[lies])
    taken_by = dossier.slip.taken_by
    if held(dossier) and not taken_by:
        found.append("Nobody has taken this letter yet. Next: take it, then sign the reply.")
    elif held(dossier) and taken_by != person.name:
        found.append(f"{taken_by} has taken this letter. Next: leave the reply to {taken_by}, or take the letter over.")
    wanted = (chosen or choices.now(desk)).second_reader.wanted(dossier)
    if wanted and not set(dossier.read_twice_by) - {person.name}:
        found.append(
            "You are the second reader of this reply, so somebody else signs it. Next: hand it over."
            if person.name in dossier.read_twice_by
            else "This reply needs a second reader besides its signer. Next: hand it over to somebody to read."
        )
    return found


def needs_reason(dossier: Dossier, why: str) -> None:
    """Raise Conflict when a letter of somebody who may be in danger would stay unanswered without a word why."""
    if dossier.slip.risk == "R3" and not why.strip():
        raise Conflict(
            "Somebody may be in danger, so this letter does not stay unanswered without a reason. "
            "Next: write why, then do it again."
        )


def panel(desk: Desk, dossier: Dossier, person: Person, chosen: Choices | None = None) -> Panel:
    """What stands on the page of a letter for this person."""
    chosen = chosen or choices.now(desk)
    slip = dossier.slip
    waits, is_held = slip.stage in stages.FOR_PEOPLE, held(dossier)
    wants_second = chosen.second_reader.wanted(dossier)
    reads = stages.may(person.role, Verb.SECOND_READ) and person.name not in dossier.read_twice_by
    asks = waits and is_held and stages.has_duty(person.role, Duty.SETTINGS)
    reach = alerting.reach(desk, chosen.alerts.people) if asks and slip.risk in chosen.alerts.risks else None
    taken = _last(dossier, Verb.TAKE)
    return Panel(
        waits=waits,
        held=is_held,
        taken_by=slip.taken_by,
        taken_at=taken.at if slip.taken_by and taken else None,
        may_take=waits and is_held and slip.taken_by != person.name and stages.may(person.role, Verb.TAKE),
        nobody_told=asks and not (reach and reach.told),
        without_address=reach.without if reach else (),
        assigned_to=slip.assigned_to,
        note=_note(dossier),
        colleagues=store.colleagues(desk.db) if waits else (),
        wants_second=wants_second,
        read_by=dossier.read_twice_by,
        may_read=wants_second and reads and slip.stage is Stage.DRAFTED and dossier.draft is not None,
    )


def held(dossier: Dossier) -> bool:
    """Whether the letter was held for a person, with no draft made."""
    return dossier.assessment is not None and dossier.assessment.held


def _last(dossier: Dossier, *verbs: Verb) -> AuditRow | None:
    """The newest row of the history with one of these verbs."""
    return next((row for row in reversed(dossier.history) if row.verb in verbs), None)


def _note(dossier: Dossier) -> str:
    """What was said when the letter was handed over last, unless somebody has taken it since."""
    row = _last(dossier, Verb.HAND_OVER, Verb.TAKE)
    return f"{row.who} {row.why}" if row is not None and row.verb == Verb.HAND_OVER else ""
