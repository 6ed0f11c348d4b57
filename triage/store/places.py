"""Where a letter stands in the queue, as one text that sorts by itself. Pure."""

from datetime import UTC, date, datetime

_RISK = {"R3": "0", "R2": "1"}
_URGENCY = {"U3": "0", "U2": "1"}
_NO_DAY = "99999999"


def place(*, risk: str, urgency: str, deadline: date | None, received_at: datetime) -> str:
    """Danger first, then urgency, then the reader's own deadline, then age.

    Digits only, so that every database and collation sorts it alike.
    """
    day = deadline.strftime("%Y%m%d").rjust(8, "0") if deadline else _NO_DAY
    at = received_at.astimezone(UTC).strftime("%Y%m%d%H%M%S").rjust(14, "0")
    return f"{_RISK.get(risk, '2')}{_URGENCY.get(urgency, '2')}{day}{at}"
