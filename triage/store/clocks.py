"""Moments that were written down by a clock which may have been set back since."""

from datetime import datetime, timedelta

import sqlalchemy as sa


def has_come(column: sa.ColumnElement[datetime], now: datetime, *, longest: timedelta) -> sa.ColumnElement[bool]:
    """Whether a moment to go on at is not ahead, or lies further ahead than the `longest` wait that there is."""
    return sa.or_(column <= now, column > now + longest)
