"""How replies sound, as people change it at the desk: every version is kept, like those of templates."""

import logging

from triage import settings, stages
from triage.desk import Desk, words
from triage.drafting import Voice
from triage.drafting.voice import checked, described, from_json, to_json
from triage.errors import ConfigError, Conflict, NotAllowed
from triage.house import Text
from triage.records import Person
from triage.stages import Duty
from triage.store import people
from triage.store import texts as store

log = logging.getLogger(__name__)

LONGEST_NAME = 60  # characters
LONGEST_WHY = 200


def may_look(person: Person) -> bool:
    """Whether a person may look at the voices."""
    return stages.has_duty(person.role, Duty.SEE_TEMPLATES)


def may_change(person: Person, name: str) -> bool:
    """Whether a person may change this voice: an editor every one, an advisor the one that is named like them."""
    return stages.has_duty(person.role, Duty.TEMPLATES) or (may_look(person) and person.name == name)


def names(desk: Desk) -> list[str]:
    """Every voice that there is, in alphabetical order."""
    return sorted(words.voices(desk))


def speaks(desk: Desk, name: str) -> list[str]:
    """Whose replies are in this voice, in words: inboxes of the configuration, and the person of this name."""
    inboxes = [f"the inbox {inbox.name}" for inbox in desk.inboxes.values() if inbox.voice == name]
    return [*inboxes, *([f"drafts that {name} has written anew"] if people.find(desk.db, name) else [])]


def described_now(desk: Desk, name: str) -> settings.Voice:
    """The voice as it counts now; for one that there is not yet, plainly."""
    return described(name, words.voices(desk).get(name, Voice(time_zone=desk.zone.key)))


def history(desk: Desk, name: str) -> list[Text]:
    """Every version that somebody saved, newest first; one without a body is as in the configuration."""
    return store.history(desk.db, store.VOICE, name)


def read(desk: Desk, own: settings.Voice) -> Voice:
    """The voice that is described. Raises Conflict with what to mend."""
    name = own.name
    if not name[:1].isalnum() or not name.isprintable() or "/" in name or len(name) > LONGEST_NAME:
        raise Conflict(f"This is no name for a voice. Next: write up to {LONGEST_NAME} letters and digits.")
    try:
        voice = checked(own, desk.zone.key)
    except ConfigError as error:
        raise Conflict(str(error)) from error
    known = words.templates(desk).by_topic
    for topic in voice.stories:
        if topic not in known:
            raise Conflict(f"There is a story for {topic!r}, which is no topic. Next: use one of {', '.join(known)}.")
    return voice


def save(desk: Desk, person: Person, own: settings.Voice, *, why: str, seen: int) -> bool:
    """Let replies sound like this from now on, in every process; False when they do already.

    `seen` is the id of the version that was changed (0: the one of the configuration, or none). Raises NotAllowed
    and Conflict.
    """
    _permit(person, own.name)
    why = " ".join(why.split())
    if len(why) > LONGEST_WHY:
        raise Conflict(f"The reason has more than {LONGEST_WHY} characters. Next: shorten it.")
    if read(desk, own) == words.voices(desk).get(own.name):
        return False
    what = f"changed the voice {own.name}" + (f": {why}" if why else "")
    _add(desk, person, own.name, to_json(own), why=why, what=what, seen=seen)
    return True


def use_again(desk: Desk, person: Person, name: str, version: int, *, seen: int) -> None:
    """Let an earlier version count again; 0: that of the configuration, or none if it has none."""
    _permit(person, name)
    rows = history(desk, name)
    wanted = next((row for row in rows if row.id == version), None)
    if not rows or (version and wanted is None) or wanted is rows[0]:
        raise Conflict("There is no such earlier version. Next: choose one of the list.")
    if wanted is None or not wanted.body:
        kept = "put the voice {} back as it came" if name in desk.voices else "took the voice {} away"
        _add(desk, person, name, "", why="as it came", what=kept.format(name), seen=seen)
        return
    try:
        from_json(wanted.body, desk.zone.key)
    except ConfigError as error:
        raise Conflict(str(error)) from error
    day = wanted.made_at.astimezone(desk.zone)
    why = f"the version of {day:%B} {day.day}, {day:%H:%M}, by {wanted.person} again"
    _add(desk, person, name, wanted.body, why=why, what=f"changed the voice {name}: {why}", seen=seen)


def _add(desk: Desk, person: Person, name: str, body: str, *, why: str, what: str, seen: int) -> None:
    store.add(
        desk.db,
        kind=store.VOICE,
        name=name,
        body=body,
        who=person.name,
        why=why,
        what=what,
        seen=seen,
        now=desk.clock(),
    )
    log.info("voice saved")


def _permit(person: Person, name: str) -> None:
    if not may_change(person, name):
        raise NotAllowed(
            f"{person.name} may change only the voice {person.name}. Next: ask an editor to change the others."
        )
