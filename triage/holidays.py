"""American holidays by the names that readers use for them, each as a function of the year. Pure."""

from collections.abc import Callable
from datetime import date, timedelta


def _nth(year: int, month: int, weekday: int, count: int) -> date:
    """The `count`th such weekday of a month; -1 is the last."""
    if count < 0:
        end = date(year + month // 12, month % 12 + 1, 1) - timedelta(1)
        return end - timedelta((end.weekday() - weekday) % 7)
    start = date(year, month, 1)
    return start + timedelta((weekday - start.weekday()) % 7 + 7 * (count - 1))


HOLIDAYS: dict[str, Callable[[int], date]] = {
    "thanksgiving": lambda year: _nth(year, 11, 3, 4),
    "christmas eve": lambda year: date(year, 12, 24),
    "christmas": lambda year: date(year, 12, 25),
    "new year's eve": lambda year: date(year, 12, 31),
    "new year's": lambda year: date(year, 1, 1),
    "halloween": lambda year: date(year, 10, 31),
    "labor day": lambda year: _nth(year, 9, 0, 1),
    "memorial day": lambda year: _nth(year, 5, 0, -1),
    "veterans day": lambda year: date(year, 11, 11),
    "fourth of july": lambda year: date(year, 7, 4),
}
