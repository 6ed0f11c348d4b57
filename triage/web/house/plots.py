"""Draws a plot as SVG: plain shapes with classes, so that a page colours them for light and dark, and fixed colours
for a file that stands alone. Pure."""

from dataclasses import dataclass

from triage.desk.figures import Plot

WIDTH = 640
INK, RULE = "#241f19", "#ddd2be"
COLOURS = ("#8a2b1c", "#6f7f8c", "#57713f", "#8a6d1c", "#5a4a7f", "#1c6f6a")
LABELS = 210  # px for the names of bars
BAR = 26
TALL = 150  # px of one strip of columns


@dataclass(frozen=True, slots=True)
class Mark:
    """One shape: a bar with its place and size, and the words that a pointer finds there."""

    x: float
    y: float
    width: float
    height: float
    series: int  # from 0
    title: str


@dataclass(frozen=True, slots=True)
class Word:
    """A text at a place; `anchor` as in SVG."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the template turns into SVG."""

    width: int
    height: float
    marks: tuple[Mark, ...]
    words: tuple[Word, ...]
    lines: tuple[float, ...]  # y of each ground line


def draw(plot: Plot) -> Drawing:
    """The shapes of a plot; bars for its rows, or a strip of columns for each of its columns."""
    return _bars(plot) if plot.kind == "bars" else _strips(plot)


def value(plot: Plot, number: float | None) -> str:
    """A number as the page says it."""
    if number is None:
        return "few"
    return f"{number:g} {plot.unit}" if plot.unit else f"{number:,g}"


def _bars(plot: Plot) -> Drawing:
    most = max((number or 0 for row in plot.rows for number in row.values), default=0) or 1
    room = WIDTH - LABELS - 70
    marks, words, y = [], [], 4.0
    for row in plot.rows:
        high = (BAR - 6) / len(row.values)
        words.append(Word(LABELS - 10, y + BAR / 2 + 1, row.label, "end"))
        for series, number in enumerate(row.values):
            width = room * (number or 0) / most
            top = y + series * high
            title = f"{row.label}, {plot.columns[series]}: {value(plot, number)}"
            marks.append(Mark(LABELS, top, max(width, 1), high - 1, series, title))
            if len(row.values) == 1:
                words.append(Word(LABELS + max(width, 1) + 8, y + BAR / 2 + 1, value(plot, number)))
        y += BAR
    return Drawing(WIDTH, y + 4, tuple(marks), tuple(words), ())


def _strips(plot: Plot) -> Drawing:
    """One strip below the other, each on its own ground line, so that no colour has to be told apart."""
    high = TALL if len(plot.columns) < 3 else TALL / 2
    marks, words, lines, y = [], [], [], 0.0
    wide = WIDTH / max(1, len(plot.rows))
    for series, name in enumerate(plot.columns):
        most = max((row.values[series] or 0 for row in plot.rows), default=0)
        if not most:
            words.append(Word(0, y + 14, f"{name}: none"))
            y += 28
            continue
        words.append(Word(0, y + 14, f"{name}, at most {value(plot, most)}"))
        ground = y + high + 20
        lines.append(ground)
        for n, row in enumerate(plot.rows):
            number = row.values[series]
            if not number:
                continue
            tall = high * number / most
            title = f"{row.label}, {name}: {value(plot, number)}"
            marks.append(Mark(n * wide + 1, ground - tall, max(wide - 2, 1), tall, series, title))
        y = ground + 16
    if plot.rows and plot.columns:
        y += 4
        words.append(Word(0, y, plot.rows[0].label))
        words.append(Word(WIDTH, y, plot.rows[-1].label, "end"))
    return Drawing(WIDTH, y + 8, tuple(marks), tuple(words), tuple(lines))
