"""What the pages say: times, urgency, risk, stages and history in the words of the desk. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from triage import composing, quoting
from triage.drafting.measures import Measures
from triage.drafting.places import STATES
from triage.errors import Permanent
from triage.records import AuditRow, Health, Slip, Slot
from triage.stages import Stage, Verb

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")

URGENCY = {"U3": "today", "U2": "this week"}
"""When a person should see it. U1 is the ordinary case and is not said."""

RISK = {"R3": "somebody may be in danger", "R2": "needs your own words", "R1": "take care"}

HISTORY: dict[str, str] = {
    Verb.COLLECT: "collected the letter",
    Verb.ASSESS: "read it",
    Verb.DRAFT: "wrote a draft",
    Verb.TOPICS: "set the topics",
    Verb.REVISE: "changed the reply",
    Verb.APPROVE: "approved the reply",
    Verb.UNDO: "called the reply back",
    Verb.DECLINE: "declined the draft",
    Verb.LET_GO: "let it go",
    Verb.SET_ASIDE: "set it aside",
    Verb.BRING_BACK: "brought it back",
    Verb.SEND: "sent the reply",
    Verb.RECOVER: "looked after a stop",
    Verb.CONFIRM_SENT: "confirmed that it was sent",
    Verb.SEND_AGAIN: "sent it again",
    Verb.DETAILS: "said what it states",
    Verb.TAKE: "took the letter",
    Verb.HAND_OVER: "handed the letter over",
    Verb.SECOND_READ: "read the reply and finds it good",
    Verb.BOUNCE: "heard what became of the reply",
}
_SENDING: dict[str, str] = {
    Stage.SENDING: "began to send the reply",
    Stage.APPROVED: "could not send it yet",
    Stage.FAILED: "had the reply refused",
    Stage.UNKNOWN: "lost the line while sending",
    Stage.ANSWERED: "sent the reply",
}


_SIGNATURES = ("sent from ", "get outlook for ", "enviado desde ")
"""How the lines begin that mail programs add."""


def age(then: datetime, now: datetime) -> str:
    """How long ago, in one unit: "just now", "5 min ago", "2 h ago", "3 days ago"."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 24 * 60:
        return f"{minutes // 60} h ago"
    days = minutes // (24 * 60)
    return "1 day ago" if days == 1 else f"{days} days ago"


def moment(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A time on the desk's clock: "today at 2:05 PM", "Thursday, Nov. 19 at 9:30 AM"."""
    here = local(at, zone)
    return f"{day(here.date(), local(now, zone).date())} at {clock(here)}"


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """`at` on the desk's clock; as it is where the calendar ends (a letter may claim the year 1)."""
    try:
        return at.astimezone(zone)
    except (OverflowError, ValueError):
        return at


def clock(at: datetime) -> str:
    """ "2:05 PM"."""
    return f"{at.hour % 12 or 12}:{at.minute:02} {'AM' if at.hour < 12 else 'PM'}"


def day(that: date, today: date) -> str:
    """A day with its weekday; "today", "tomorrow" and "yesterday" by name; the year when it is another."""
    near = {timedelta(0): "today", timedelta(1): "tomorrow", timedelta(-1): "yesterday"}.get(that - today)
    return near or weekday(that, today)


def weekday(that: date, today: date) -> str:
    """ "Thursday, Nov. 26", with the year when it is another."""
    year = "" if that.year == today.year else f", {that.year}"
    return f"{WEEKDAYS[that.weekday()]}, {MONTHS[that.month - 1]} {that.day}{year}"


def deadline(that: date, today: date) -> str:
    """A reader's own deadline: "by tomorrow (Tuesday, Nov. 24)", "it was Monday, Nov. 16"."""
    if that < today:
        return f"it was {weekday(that, today)}"
    named = day(that, today)
    full = weekday(that, today)
    return f"by {full}" if named == full else f"by {named} ({full})"


def topics(names: Sequence[str]) -> str:
    """ "withdrawing · fired or laid off"."""
    return " · ".join(topic(name) for name in names)


def topic(name: str) -> str:
    return name.replace("_", " ")


def case(name: str) -> str:
    """A case of a template, such as "not qualified"; the one without a name is the general answer."""
    return name.replace("_", " ") or "in general"


def measured(found: Measures) -> str:
    """ "212 words, the longest sentence 24, reading grade 6"."""
    count = "1 word" if found.words == 1 else f"{found.words} words"
    if not found.longest_sentence:
        return count
    return f"{count}, the longest sentence {found.longest_sentence}, reading grade {found.grade:.0f}"


def fact(slot: Slot, today: date) -> tuple[str, str]:
    """A stated fact as its name and what the letter says of it."""
    name = fact_name(slot.name)
    try:
        value = weekday(date.fromisoformat(slot.value), today)
    except ValueError:
        value = STATES.get(slot.value, slot.value) if slot.name == "state" else fact_name(slot.value)
    plain = slot.text.strip()
    if slot.name == "money" and plain:
        return name, plain
    if not plain or plain.lower() == value.lower():
        return name, value
    if value.lower() in ("yes", "true"):
        return name, f"“{plain}”"
    return name, f"{value} (“{plain}”)"


def fact_name(name: str) -> str:
    """ "interview date", "on unemployment"."""
    return name.replace("_", " ")


def folded(text: str) -> str:
    """What the part of a letter is that is folded away below it: earlier mail, or only a signature."""
    first, _, rest = text.strip().partition("\n")
    signed = first.rstrip() == "--" or first.lower().startswith(_SIGNATURES)
    # Earlier mail below the signature is found as it is below any text.
    return "Signature" if signed and not quoting.fold(f"-\n{rest}")[1] else "Earlier mail quoted below it"


def size(octets: int) -> str:
    """A file's size for people: "820 bytes", "12 kB", "3.4 MB"."""
    if octets < 1_000:
        return f"{octets} bytes"
    if octets < 1_000_000:
        return f"{octets / 1_000:.0f} kB"
    return f"{octets / 1_000_000:.1f} MB"


def reader(slip: Slip) -> str:
    """Who wrote: the name, or the address, or that there is neither."""
    return slip.sender.name or slip.sender.email or "(nobody named)"


def in_ascii(address: str) -> str:
    """The address as the mail system writes it, when that differs: look-alike letters show up there."""
    try:
        plain = composing.envelope(address)
    except Permanent:
        return ""
    return plain if plain.lower() != address.lower() else ""


def urgent(slip: Slip) -> bool:
    """Whether a letter needs a person at once, whatever else waits."""
    return slip.stage in (Stage.UNKNOWN, Stage.FAILED, Stage.STUCK, Stage.HELD) or slip.risk in ("R2", "R3")


def history(row: AuditRow) -> tuple[str, str, str]:
    """A line of a letter's history: who, did what, and why."""
    who = "Triage" if row.who == "triage" else row.who
    did = HISTORY.get(row.verb, row.verb)
    if row.verb == Verb.SEND:
        did = _SENDING.get(row.after, did)
    if row.verb == Verb.ASSESS and row.after == Stage.STUCK:
        did = "could not read it"
    if row.verb == Verb.ASSESS and row.after == Stage.HELD:
        did = "held it for a person"
    if row.verb == Verb.ASSESS and row.after == Stage.ASIDE:
        did = "set it aside"
    if row.revision and row.verb in (Verb.DRAFT, Verb.REVISE, Verb.APPROVE):
        did += f" (version {row.revision})"
    return who, did, row.why


def polling(account: str, health: Health | None, now: datetime) -> str:
    """How the last look into an inbox went."""
    if health is None or health.polled_at is None:
        return f"{account}: not looked at yet."
    if not health.error:
        return f"{account}: last looked {age(health.polled_at, now)}."
    last = f"The last good look was {age(health.succeeded_at, now)}." if health.succeeded_at else "It never worked yet."
    return f"{account}: {health.error} {last}"
