"""How soon a letter needs a person (levels U1 to U3 of the labelling guide)."""

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from triage.deadlines import DateMention

# These wait for nobody, dated or not. A notice without a date counts as U3 until the date is known.
_AT_ONCE = re.compile(
    r"\b(?:appeal(?:s|ed|ing)?|hearing|denied|denial|determination|disqualif\w+|overpa(?:id|yment)\w*"
    r"|(?:pulled|rescinded|took back|withdrew|revoked) (?:my|the|their) offer|offer (?:was|got|has been) (?:pulled"
    r"|rescinded|revoked)"
    r"|take (?:my letter|it|that) (?:down|off)|asap|right away|urgent(?:ly)?|by tomorrow|by tonight|midnight"
    r"|end of (?:the )?day)\b",
    re.IGNORECASE,
)
_SOON = re.compile(
    r"\b(?:certif(?:y|ication)\b|benefits? (?:run|runs|ran|end|ends|running) out|last check|this week|next week"
    r"|in (?:a few|three|four|five|3|4|5) days|weeks? of benefits left|rent is due)\b",
    re.IGNORECASE,
)
_DUE_BEFORE = re.compile(
    r"\b(?:by|until|due|before|expires?|closes?|ends?|is|sign|answer|decide|have to|need to|back on|wants?"
    r"|yes or no)\b",
    re.IGNORECASE,
)
_AT_AN_HOUR = re.compile(r" (?:at|by) \d")
_DATED = frozenset({"unemployment", "background_check", "offer"})
_TWO_DAYS = timedelta(days=2)
_WEEK = timedelta(days=7)


def judge_urgency(
    body: str, written_on: datetime, dates: Sequence[DateMention], topics: Collection[str], risk: str
) -> tuple[str, date | None, str]:
    """The level, and the nearest date ahead with the words that gave it (None and "" when there is none)."""
    today = written_on.date()
    ahead = [mention for mention in dates if mention.value >= today and mention.precision == "day"]
    # "I am writing today" and "today's market" give no deadline; "tomorrow" does.
    ahead = [mention for mention in ahead if mention.value > today or _due_today(body, mention)]
    nearest = min(ahead, key=lambda mention: mention.value, default=None)
    level = "U1"
    if nearest and nearest.value - today <= _WEEK:
        level = "U3" if nearest.value - today <= _TWO_DAYS else "U2"
    if _SOON.search(body):
        level = max(level, "U2")
    if risk == "R3" or (topics and next(iter(topics)) == "wellbeing"):
        level = "U3"
    if _AT_ONCE.search(body) and _DATED & set(topics):
        level = "U3"
    if risk == "R2" and "scams" in topics:
        level = "U3"
    return level, nearest.value if nearest else None, nearest.text if nearest else ""


def _due_today(body: str, mention: DateMention) -> bool:
    if mention.text.lower() in ("tonight", "tonite", "this afternoon", "this evening"):
        return True
    before = body[max(0, mention.start - 40) : mention.start]
    return _DUE_BEFORE.search(before) is not None or _AT_AN_HOUR.match(body, mention.end) is not None
