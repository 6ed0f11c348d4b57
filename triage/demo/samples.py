"""The sample letters, dated so that they have just arrived.

The files in letters/ are whole messages (RFC 5322) with places for dates, all relative to now:

    @@DATE-2h@@      a Date header value, two hours ago
    @@WEEKDAY+2b@@   the name of the day two working days ahead; @@DIA+2b@@ the same in Spanish
    @@DAY-3d@@       "November 20"; @@LONGDAY-3d@@ "November 20, 2026"

The units are m (minutes), h (hours), d (days) and b (working days, Monday to Friday).
"""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).parent / "letters"
# The readers live where the newspaper is printed; "Thursday" is Thursday there.
READERS_ZONE = ZoneInfo("America/New_York")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DIAS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_PLACE = re.compile(rb"@@(DATE|WEEKDAY|DIA|DAY|LONGDAY)([+-]\d+)([mhdb])@@")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def load_letters(now: datetime) -> list[bytes]:
    """Every sample letter as mail servers carry it (CRLF), oldest Date first. `now` is timezone-aware."""
    here = now.astimezone(READERS_ZONE)
    letters = [_fill(path.read_bytes(), here) for path in sorted(FOLDER.glob("*.eml"))]
    return sorted(letters, key=sent_at)


def sent_at(letter: bytes) -> datetime:
    """The time in the Date header of a sample letter."""
    return parsedate_to_datetime(message_from_bytes(letter)["Date"])


def _fill(text: bytes, now: datetime) -> bytes:
    def fill(place: re.Match[bytes]) -> bytes:
        kind, count, unit = (group.decode() for group in place.groups())
        return _write(kind, _moved(now, int(count), unit)).encode()

    # Version control may have changed the line ends.
    return b"\r\n".join(_PLACE.sub(fill, text).splitlines()) + b"\r\n"


def _moved(now: datetime, count: int, unit: str) -> datetime:
    if unit != "b":  # in UTC, where an hour is an hour also on the night the clocks change
        return (now.astimezone(UTC) + count * _UNITS[unit]).astimezone(READERS_ZONE)
    while count:
        now += timedelta(days=1 if count > 0 else -1)
        if now.weekday() < 5:
            count += -1 if count > 0 else 1
    return now


def _write(kind: str, when: datetime) -> str:
    day = f"{MONTHS[when.month - 1]} {when.day}"
    return {
        "DATE": format_datetime(when),
        "WEEKDAY": WEEKDAYS[when.weekday()],
        "DIA": DIAS[when.weekday()],
        "DAY": day,
        "LONGDAY": f"{day}, {when.year}",
    }[kind]
