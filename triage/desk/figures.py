"""The desk seen as a whole: what came, how long readers waited, what people changed, and what became of replies.

Each plot is a small table with a sentence that says what it shows; the pages draw it, and a file of it holds
the same numbers. Few letters of a topic could tell who wrote them, so counts of one topic below `FEW` are
hidden wherever topics are told apart, in the drawing, on the page and in the file alike.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from triage import stages
from triage.desk import Desk
from triage.errors import NotAllowed
from triage.records import Person, Phase
from triage.stages import Duty, Verb
from triage.store import figures as store

PERIODS = (7, 30, 90, 365)  # days
FEW = 5
TOPICS_SHOWN = 12
LONGEST_BY_DAY = 31  # days; longer periods are told by the week


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a plot: what it counts, and a value for each column; None: too few to tell."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A table that can be drawn. `bars`: a line for each row; `columns`: one beside the other in time."""

    name: str  # in addresses and files
    title: str
    told: str  # what it shows, in one sentence
    kind: Literal["bars", "columns"]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    unit: str = ""  # "%" or nothing


def figures(desk: Desk, person: Person, days: int) -> list[Plot]:
    """All plots of the last `days` days, today included. NotAllowed for those who do not see figures."""
    if not stages.has_duty(person.role, Duty.SEE_FIGURES):
        raise NotAllowed("Figures are for advisors and editors. Next: ask one of them.")
    today = desk.clock().astimezone(desk.zone).date()
    first = today - timedelta(days=days - 1)
    since, before = (datetime.combine(day, time(), tzinfo=desk.zone) for day in (first, first - timedelta(days=days)))
    return [
        _letters(desk, first, today, since),
        _topics(desk, since, before),
        _topics_in_time(desk, first, today, since),
        _waits(desk, since),
        _edits(desk, since),
        _corrections(desk, since),
        _sends(desk, since),
    ]


def table(plot: Plot) -> list[list[str]]:
    """The plot's rows under a line of headings; an empty cell where there are too few letters to tell."""
    lines = [[row.label, *("" if number is None else f"{number:g}" for number in row.values)] for row in plot.rows]
    return [[_cell(text) for text in line] for line in ([plot.title, *plot.columns], *lines)]


def _letters(desk: Desk, first: date, today: date, since: datetime) -> Plot:
    bins = _bins(first, today)
    came, left = (
        _by_bin(desk, hours, bins) for hours in (store.collected(desk.db, since), store.answered(desk.db, since))
    )
    total, sent = sum(came.values()), sum(left.values())
    return Plot(
        "letters",
        "Letters and answers",
        f"{_counted(total, 'letter')} came and {_counted(sent, 'answer')} went out.",
        "columns",
        ("letters", "answers"),
        tuple(Row(label, (came[start], left[start])) for start, label in bins.items()),
    )


def _topics(desk: Desk, since: datetime, before: datetime) -> Plot:
    hours = store.topics(desk.db, before)
    now = Counter[str]()
    then = Counter[str]()
    for hour in hours:
        (now if hour.start >= since else then)[hour.topic] += hour.letters
    shown = [topic for topic, count in now.most_common() if count >= FEW][:TOPICS_SHOWN]
    rest = len(now) - len(shown)
    told = "Letters of each topic, and of the same length of time before that."
    if rest:
        told += f" {rest} with fewer letters {'is' if rest == 1 else 'are'} left out."
    return Plot(
        "topics",
        "Topics",
        told,
        "bars",
        ("letters", "before"),
        tuple(Row(_plain(topic), (now[topic], _some(then[topic]))) for topic in shown),
    )


def _topics_in_time(desk: Desk, first: date, today: date, since: datetime) -> Plot:
    bins = _bins(first, today)
    by_topic: dict[str, list[store.Hour]] = defaultdict(list)
    for hour in store.topics(desk.db, since):
        by_topic[hour.topic].append(hour)
    totals = Counter({topic: sum(hour.letters for hour in hours) for topic, hours in by_topic.items()})
    shown = [topic for topic, count in totals.most_common(TOPICS_SHOWN // 2) if count >= FEW]
    counted = {topic: _by_bin(desk, by_topic[topic], bins) for topic in shown}
    return Plot(
        "topics-in-time",
        "The largest topics in time",
        f"Days or weeks with fewer than {FEW} letters of a topic are not told.",
        "columns",
        tuple(map(_plain, shown)),
        tuple(Row(label, tuple(_some(counted[topic][start]) for topic in shown)) for start, label in bins.items()),
    )


WAITS = (
    ("within a day", timedelta(days=1)),
    ("within three days", timedelta(days=3)),
    ("within a week", timedelta(days=7)),
    ("within a month", timedelta(days=31)),
    ("later", timedelta.max),
)


def _waits(desk: Desk, since: datetime) -> Plot:
    found = [answered - came for came, answered in store.waits(desk.db, since)]
    counts = Counter(next(label for label, longest in WAITS if wait <= longest) for wait in found)
    half = statistics.median(wait.total_seconds() for wait in found) if found else 0
    told = f"Half of the answers went out within {_long(half)}." if found else "No letter was answered."
    rows = tuple(Row(label, (counts[label],)) for label, _ in WAITS) if found else ()
    return Plot("waits", "Time to answer", told, "bars", ("answers",), rows)


def _edits(desk: Desk, since: datetime) -> Plot:
    drafted, kept = Counter[str](), Counter[str]()
    for template, sentences, same in store.sentences(desk.db, since):
        drafted[template.partition("@")[0]] += sentences
        kept[template.partition("@")[0]] += same
    shares = {name: 100 * (1 - kept[name] / count) for name, count in drafted.items() if count >= FEW}
    all_of_it = 100 * kept.total() / drafted.total() if drafted else 0
    return Plot(
        "edits",
        "What people change in drafts",
        f"{all_of_it:.0f} % of the drafted sentences were signed as they were." if drafted else "No draft was signed.",
        "bars",
        ("changed or taken out",),
        _largest((_plain(name), round(share)) for name, share in shares.items()),
        "%",
    )


def _corrections(desk: Desk, since: datetime) -> Plot:
    missed, wrong = Counter[str](), Counter[str]()
    found = store.corrections(desk.db, since)
    for letter in found:
        missed.update(set(letter.said) - set(letter.read))
        wrong.update(set(letter.read) - set(letter.said))
    order = sorted({*missed, *wrong}, key=lambda topic: -missed[topic] - wrong[topic])
    return Plot(
        "corrections",
        "Topics that people corrected",
        f"The topics of {_counted(len(found), 'letter')} were set by a person.",
        "bars",
        ("was missing", "was wrong"),
        tuple(
            Row(_plain(topic), (_some(missed[topic]), _some(wrong[topic])))
            for topic in order[:TOPICS_SHOWN]
            if missed[topic] + wrong[topic] >= FEW
        ),
    )


def _sends(desk: Desk, since: datetime) -> Plot:
    ended = store.sends(desk.db, since)
    decided = store.decided_by_people(desk.db, since, (Verb.UNDO, Verb.CONFIRM_SENT, Verb.SEND_AGAIN))
    rows = (
        Row("taken by the mail server", (ended[Phase.SENT],)),
        Row("called back by a person", (decided[Verb.UNDO],)),
        Row("put off and tried again", (ended[Phase.POSTPONED],)),
        Row("refused for good", (ended[Phase.REFUSED],)),
        Row("fate still unknown", (ended[Phase.UNKNOWN],)),
        Row("a person said that it was sent", (decided[Verb.CONFIRM_SENT],)),
        Row("sent again by a person", (decided[Verb.SEND_AGAIN],)),
    )
    unknown = ended[Phase.UNKNOWN]
    told = (
        f"The fate of {_counted(unknown, 'try', 'tries')} is unknown."
        if unknown
        else "The fate of every reply is known."
    )
    return Plot("sends", "What became of replies", told, "bars", ("times",), rows)


# ------------------------------------------------------------------ shaping


def _bins(first: date, today: date) -> Mapping[date, str]:
    """The days of a short period, or the weeks of a long one, each by its first day and with its label."""
    if (today - first).days < LONGEST_BY_DAY:
        days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
        return {day: day.isoformat() for day in days}
    monday = first - timedelta(days=first.weekday())
    weeks = [monday + timedelta(days=7 * n) for n in range((today - monday).days // 7 + 1)]
    return {week: f"week of {week.isoformat()}" for week in weeks}


def _by_bin(desk: Desk, hours: Iterable[store.Hour], bins: Mapping[date, str]) -> Counter[date]:
    weekly = not any(day.weekday() for day in bins) and len(bins) > 1
    start: Callable[[date], date] = (lambda day: day - timedelta(days=day.weekday())) if weekly else (lambda day: day)
    counts = Counter[date]()
    for hour in hours:
        counts[start(hour.start.astimezone(desk.zone).date())] += hour.letters
    return counts


def _largest(shares: Iterable[tuple[str, float]]) -> tuple[Row, ...]:
    ordered: Sequence[tuple[str, float]] = sorted(shares, key=lambda pair: -pair[1])
    return tuple(Row(label, (share,)) for label, share in ordered[:TOPICS_SHOWN])


def _cell(text: str) -> str:
    """The text, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _some(count: int) -> int | None:
    """The count, unless it is so small that it could tell who is meant."""
    return None if 0 < count < FEW else count


def _plain(topic: str) -> str:
    return topic.replace("_", " ")


def _counted(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def _long(seconds: float) -> str:
    """ "40 minutes", "5 hours", "3 days"."""
    minutes = seconds / 60
    if minutes < 90:
        return _counted(max(1, round(minutes)), "minute")
    if minutes < 48 * 60:
        return _counted(round(minutes / 60), "hour")
    return _counted(round(minutes / 60 / 24), "day")
