"""Calendar invitations (iCalendar, RFC 5545) as the plain lines that a person reads: what, when, where and who asks."""

import re
from collections.abc import Iterator
from datetime import date, datetime

MAX_LINES = 2_000
MAX_EVENTS = 5

_HEADINGS = {
    "CANCEL": "Cancelled invitation",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time is proposed",
    "PUBLISH": "Calendar entry",
}
_ESCAPED = re.compile(r"\\([\\;,nN])")
_BLANKS = re.compile(r"[ \t]+")


def events(text: str) -> Iterator[tuple[str, str]]:
    """Each event, at most MAX_EVENTS: its lines, and the description beside them, which may be empty."""
    heading = "Invitation"
    event: dict[str, tuple[str, str]] | None = None
    inner = 0  # depth inside parts of an event, such as a reminder, which has a description of its own
    told = 0
    for line in _unfolded(text):
        name, parameters, value = _property(line)
        if name == "METHOD":
            heading = _HEADINGS.get(value.upper(), heading)
        elif name == "BEGIN" and value.upper() == "VEVENT":
            event, inner = {}, 0
        elif event is None:
            continue
        elif name == "END" and value.upper() == "VEVENT":
            yield "\n".join(_lines(heading, event)), _plain(event.get("DESCRIPTION", ("", ""))[1])
            told, event = told + 1, None
            if told == MAX_EVENTS:
                return
        elif name in ("BEGIN", "END"):
            inner += 1 if name == "BEGIN" else -1
        elif not inner:
            event.setdefault(name, (parameters, value))


def _lines(heading: str, event: dict[str, tuple[str, str]]) -> Iterator[str]:
    yield f"{heading}: {_one_line(event.get('SUMMARY', ('', '(no title)'))[1])}"
    start = _moment(*event["DTSTART"]) if "DTSTART" in event else ""
    end = _moment(*event["DTEND"]) if "DTEND" in event else ""
    if start:
        yield f"When: {start}{f' to {end}' if end and end != start else ''}"
    if "RRULE" in event:
        yield f"Repeats: {event['RRULE'][1]}"
    if "LOCATION" in event and event["LOCATION"][1].strip():
        yield f"Where: {_one_line(event['LOCATION'][1])}"
    if "ORGANIZER" in event:
        parameters, value = event["ORGANIZER"]
        name = _parameter(parameters, "CN")
        address = re.sub(r"^mailto:", "", value.strip(), flags=re.IGNORECASE)
        yield f"Organizer: {f'{name} <{address}>' if name else address}"


def _unfolded(text: str) -> list[str]:
    """The lines with their continuations joined (RFC 5545 section 3.1)."""
    joined: list[list[str]] = []
    for line in text.splitlines()[:MAX_LINES]:
        if line[:1] in (" ", "\t") and joined:
            joined[-1].append(line[1:])
        elif line.strip():
            joined.append([line])
    return ["".join(pieces) for pieces in joined]


def _property(line: str) -> tuple[str, str, str]:
    """Name, parameters and value; a colon in a quoted parameter does not end it."""
    quoted = False
    for place, character in enumerate(line[:2_000]):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            name, _, parameters = line[:place].partition(";")
            return name.strip().upper(), parameters, line[place + 1 :]
    return "", "", ""


def _moment(parameters: str, value: str) -> str:
    """ "Thursday, 26 November 2026, 09:00 (America/New_York)"; as written where it is no date."""
    value = value.strip()
    try:
        if len(value) == 8:
            return f"{date.fromisoformat(value):%A, %-d %B %Y}"
        at = datetime.fromisoformat(value.removesuffix("Z"))
    except ValueError:
        return value[:100]
    zone = "UTC" if value.endswith("Z") else _parameter(parameters, "TZID")
    return f"{at:%A, %-d %B %Y, %H:%M}{f' ({zone})' if zone else ''}"


def _parameter(parameters: str, name: str) -> str:
    found = re.search(rf'(?:^|;){name}=("[^"]*"|[^;:]*)', parameters, re.IGNORECASE)
    return _one_line(found[1].strip('"'))[:200] if found else ""


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda escape: "\n" if escape[1] in "nN" else escape[1], value).strip()


def _one_line(value: str) -> str:
    return _BLANKS.sub(" ", _plain(value).replace("\n", ", "))[:500]
