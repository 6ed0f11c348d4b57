"""Dates as readers write them ("this Thursday", "the 14th", "12/3") against the day a letter was written.

Pure: the letter's own date is an argument and no clock is read. American order (month/day). A date
that names less than a day is resolved to its first day and says so in `precision`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from triage.holidays import HOLIDAYS

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBERS = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen twenty".split(),
        1,
    )
} | {"a": 1, "an": 1, "a couple of": 2, "a few": 3}

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_WEEKDAY = (
    r"(?P<weekday>mon(?:day)?|tues?(?:day)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)"
)
_YEAR = r"(?P<year>20\d\d|'\d\d)"
_COUNT = r"(?P<count>\d{1,3}|a couple of|a few|an?|" + "|".join(list(_NUMBERS)[:14]) + ")"
_UNIT = r"(?P<unit>day|week|month|year)s?"

# A verb or an adverb before the date that puts it behind the writer, within the same sentence.
_PAST = re.compile(
    r"\b(?:was|were|had|got|went|quit|fired|laid|let go|ended|started|closed|lost|applied|interviewed|filed|sent"
    r"|told|said"
    r"|received|came|left|worked|gave|signed|accepted|since|ago|last|denied|dated|mailed|postmarked|called|walked"
    r"|did|met"
    r"|submitted|resigned|stopped|heard|wrote|died|passed|began|moved|graduated)\b",
    re.IGNORECASE,
)
_FUTURE = re.compile(
    r"\b(?:will|'ll|is|are|am|by|until|till|before|due|going to|have an?|have my|scheduled|set for|expires?|ends"
    r"|starts?"
    r"|deadline|next|coming|this|tomorrow|want me|need an?|needs an?|supposed|should i|have to|has to|wants?"
    r"|hearing)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date in a text: `text` is text[start:end]; `precision` is "day", "week", "month" or "year"."""

    text: str
    start: int
    end: int
    value: date
    precision: str


@dataclass(frozen=True, slots=True)
class _Form:
    words: re.Pattern[str]
    read: Callable[[re.Match[str], date, bool], tuple[date, str] | None]  # match, written on, lies behind


def resolve(text: str, written_on: datetime) -> list[DateMention]:
    """Every date in `text`, in order, none overlapping; impossible ones (February 30) are left out.

    A date without a year, or a weekday, is the nearest one before or after `written_on`: the verbs
    of its sentence decide which, and without any it lies ahead. `written_on` counts in its own zone.
    """
    today = written_on.date()
    found: list[DateMention] = []
    taken = [False] * (len(text) + 1)
    for form in _FORMS:
        for match in form.words.finditer(text):
            start, end = match.span()
            if any(taken[start:end]) or _is_a_word(text, match):
                continue
            if not (value := form.read(match, today, _behind(text, start, end))):
                continue
            taken[start:end] = [True] * (end - start)
            found.append(DateMention(text[start:end], start, end, *value))
    return sorted(found, key=lambda mention: mention.start)


def read_date(
    text: str, start: int, end: int, written_on: datetime, *, behind: bool, mentions: Sequence[DateMention]
) -> date | None:
    """The day that text[start:end] names, when it is known whether it lies `behind` the letter; None if it names none.

    `mentions`: what `resolve` found in `text`, which has the words around for context.
    """
    known = [m for m in mentions if m.start < end and start < m.end and m.precision == "day"]
    today = written_on.date()
    # A bare "Friday" or "14th" beside the words that tell what happens on it can be read the right way round.
    words = text[start:end].strip()
    bare = re.fullmatch(r"(?:the )?(\d{1,2}(?:st|nd|rd|th))", words, re.IGNORECASE)
    loose = bare or re.fullmatch(_WEEKDAY, words, re.IGNORECASE)
    again = resolve(f"{'was' if behind else 'by'} {'the ' + bare[1] if bare else words}.", written_on)
    fresh = [m.value for m in again if m.precision == "day"]
    if not known or not fresh:
        return fresh[0] if fresh else known[0].value if known else None
    if loose:
        return known[0].value if (known[0].value <= today) == behind else fresh[0]
    # "November 3", written in the middle of November, is two weeks ago and not in a year, whatever it is the day of.
    return min(known[0].value, fresh[0], key=lambda day: abs(day - today))


def count_of(words: str) -> int | None:
    """ "7", "seven", "about a couple of": a small number as written, or None."""
    digits = re.search(r"\d{1,3}", words)
    if digits:
        return int(digits[0])
    found = [number for word, number in _NUMBERS.items() if re.search(rf"\b{word}\b", words, re.IGNORECASE)]
    return max(found, default=None)


def _is_a_word(text: str, match: re.Match[str]) -> bool:
    """Whether "sat", "sun", "wed" or "may 3" in small letters, or "2/3 of", is more likely no date."""
    before = text[: match.start()][-10:]
    if re.search(r"\b(?:a|an|every|each|most|black|good|cyber) $", before, re.IGNORECASE):  # "on a Monday"
        return True
    first = match[0].split(" ")[0]
    if first not in ("sat", "sun", "wed", "mon", "may"):
        return "/" in match[0] and text[match.end() : match.end() + 4] == " of "
    return not re.search(r"\b(?:on|by|before|until|till|is|for|since|this|next|last|,) ?$", before)


def _behind(text: str, start: int, end: int) -> bool:
    """Whether the words around a date put it in the past: the cue nearest before it, else the rest of its clause."""
    before = re.split(r"[.!?;\n]\s", text[max(0, start - 80) : start])[-1]
    cues = [(match.start(), True) for match in _PAST.finditer(before)]
    cues += [(match.start(), False) for match in _FUTURE.finditer(before)]
    if cues:
        return max(cues)[1]
    after = re.split(r"[.!?;\n]", text[end : end + 40])[0]
    past, ahead = _PAST.search(after), _FUTURE.search(after)
    return past is not None and (ahead is None or past.start() < ahead.start())


def _nearest_year(month: int, day: int, today: date, behind: bool) -> date | None:
    years = (today.year, today.year - 1) if behind else (today.year, today.year + 1)
    for year in years:
        value = _date(year, month, day)
        if value and (value <= today if behind else value >= today):
            return value
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _plus_months(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    return date(start.year + years, month + 1, 1)


def _month_day(match: re.Match[str], today: date, behind: bool) -> tuple[date, str] | None:
    month, day = _MONTHS.index(match["month"][:3].lower()) + 1, int(match["day"])
    year = match["year"]
    value = _date(2000 + int(year[-2:]), month, day) if year else _nearest_year(month, day, today, behind)
    return (value, "day") if value else None


def _slashes(match: re.Match[str], today: date, behind: bool) -> tuple[date, str] | None:
    month, day = int(match["month"]), int(match["day"])
    year = match["year"]
    value = _date(2000 + int(year[-2:]), month, day) if year else _nearest_year(month, day, today, behind)
    return (value, "day") if value else None


def _iso(match: re.Match[str], today: date, behind: bool) -> tuple[date, str] | None:
    value = _date(int(match["year"]), int(match["month"]), int(match["day"]))
    return (value, "day") if value else None


def _the_day(match: re.Match[str], today: date, behind: bool) -> tuple[date, str] | None:
    day, month = int(match["day"]), date(today.year, today.month, 1)
    for _ in range(3):  # a month without a 31st is skipped
        value = _date(month.year, month.month, day)
        if value and (value <= today if behind else value >= today):
            return value, "day"
        month = _plus_months(month, -1 if behind else 1)
    return None


def _weekday(match: re.Match[str], today: date, behind: bool) -> tuple[date, str]:
    wanted = _DAYS.index(match["weekday"][:3].lower())
    which = (match["which"] or "").lower()
    ahead = (wanted - today.weekday()) % 7
    if "last" in which or "past" in which or (behind and not which):
        return today - timedelta((today.weekday() - wanted) % 7 or 7), "day"
    if "next" in which:  # of next week, Monday to Sunday; on a Monday, "next Friday" is eleven days off
        return today + timedelta(7 - today.weekday() + wanted), "day"
    if "week" in which:  # a week from Friday
        return today + timedelta((ahead or 7) + 7), "day"
    # A reader who means the very day writes "today".
    return today + timedelta(ahead or 7), "day"


def _near(match: re.Match[str], today: date, behind: bool) -> tuple[date, str]:
    word = match[0].lower()
    if "day after" in word:
        return today + timedelta(2), "day"
    if "day before" in word:
        return today - timedelta(2), "day"
    if "tom" in word or "tmr" in word:
        return today + timedelta(1), "day"
    if word.startswith(("yesterday", "last")):
        return today - timedelta(1), "day"
    return today, "day"


def _ahead(match: re.Match[str], today: date, behind: bool) -> tuple[date, str] | None:
    # "I got a call in two days" tells how long it took.
    return None if behind else _counted(match, today, 1)


def _ago(match: re.Match[str], today: date, behind: bool) -> tuple[date, str] | None:
    return _counted(match, today, -1)


def _counted(match: re.Match[str], today: date, sign: int) -> tuple[date, str] | None:
    count, unit = match["count"].lower(), match["unit"].lower()
    number = sign * (int(count) if count.isdigit() else _NUMBERS[count])
    try:
        if unit in ("month", "year"):
            return _plus_months(today, number * (12 if unit == "year" else 1)), unit
        return today + timedelta(number * (7 if unit == "week" else 1)), "day"
    except (ValueError, OverflowError):  # before the year 1 or after 9999
        return None


def _week_or_month(match: re.Match[str], today: date, behind: bool) -> tuple[date, str]:
    step = {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
    unit = match["unit"].lower()
    if unit == "week":
        return today - timedelta(today.weekday()) + timedelta(7 * step), "week"
    if unit == "month":
        return _plus_months(today, step), "month"
    return date(today.year + step, 1, 1), "year"


def _end_of_month(match: re.Match[str], today: date, behind: bool) -> tuple[date, str]:
    return _plus_months(today, 1) - timedelta(1), "day"


def _month_alone(match: re.Match[str], today: date, behind: bool) -> tuple[date, str] | None:
    month = _MONTHS.index(match["month"][:3].lower()) + 1
    if match["year"]:
        return date(2000 + int(match["year"][-2:]), month, 1), "month"
    this = date(today.year, month, 1)
    if behind:
        return (this if this <= today else date(today.year - 1, month, 1)), "month"
    return (this if month >= today.month else date(today.year + 1, month, 1)), "month"


_HOLIDAY = "|".join(HOLIDAYS).replace("'", "['’]")


def _holiday(match: re.Match[str], today: date, behind: bool) -> tuple[date, str]:
    of_year = HOLIDAYS[match["holiday"].lower().replace("’", "'")]
    day = of_year(today.year)
    if behind and day > today:
        day = of_year(today.year - 1)
    elif not behind and day < today:
        day = of_year(today.year + 1)
    step = {"day after": 1, "day before": -1}.get((match["side"] or "").lower(), 0)
    return day + timedelta(step), "day"


def _form(words: str, read: Callable[[re.Match[str], date, bool], tuple[date, str] | None]) -> _Form:
    return _Form(re.compile(rf"(?<![\w/$#-])(?:{words})(?![\w/-])", re.IGNORECASE), read)


_FORMS = (
    _form(r"(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)", _iso),
    _form(rf"(?:{_WEEKDAY},? )?(?:the )?{_MONTH} ?{_DAY}(?:,? {_YEAR})?", _month_day),
    _form(rf"(?:the )?{_DAY} (?:of )?{_MONTH}(?:,? {_YEAR})?", _month_day),
    _form(r"(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])(?:/(?P<year>20\d\d|\d\d))?", _slashes),
    _form(r"the day after tomorrow|day after tomorrow|the day before yesterday|day before yesterday", _near),
    _form(r"tomorrow|tommorow|tomorow|tmrw?|tmr|today|tonight|tonite|this (?:morning|afternoon|evening)", _near),
    _form(r"yesterday|last night", _near),
    _form(
        rf"(?:(?:the )?(?P<side>day after|day before) )?(?P<holiday>{_HOLIDAY})",
        _holiday,
    ),
    _form(
        rf"(?P<which>this coming|this past|this|next|last|past|coming|a week from|week from)? ?{_WEEKDAY}",
        _weekday,
    ),
    _form(rf"in {_COUNT} (?:business |working )?{_UNIT}", _ahead),
    _form(rf"{_COUNT} (?:business |working )?{_UNIT} from (?:now|today)", _ahead),
    _form(rf"{_COUNT} {_UNIT} ago", _ago),
    _form(r"(?:the )?end of (?:the|this) month", _end_of_month),
    _form(r"(?P<which>this|next|last) (?P<unit>week|month|year)", _week_or_month),
    _form(
        r"the (?P<day>3[01]|[12]\d|[1-9])(?:st|nd|rd|th)(?! (?:grade|floor|time|year|of|shift|street|century|page))",
        _the_day,
    ),
    _form(
        rf"(?:in|since|until|till|by|before|after|last|next|early|late|mid|of|from)[ -]{_MONTH}(?: {_YEAR})?",
        _month_alone,
    ),
)
