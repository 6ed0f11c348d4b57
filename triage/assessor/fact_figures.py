"""How many of the facts that people marked in letters were found, and how many found ones are right. Pure.

Two forms of marking are understood. Rows with "facts" have every fact as [name, words] or [name,
words, value], to be met by overlapping words. Rows with "slots" of {"text", "value"} have values, to
be met exactly; facts under "slots_may" are never wrong to find and never required.
"""

from typing import TYPE_CHECKING, Any

from triage.assessor.corpus import ANSWERS, SPANS, Row

if TYPE_CHECKING:
    from triage.assessor.figures import Pairs
    from triage.records import Slot

NAMES = (*SPANS, *dict.fromkeys(answer.partition("=")[0] for answer in ANSWERS))
_WORDS = frozenset({"first_name", "employer", "job_title"})  # compared as words; the others by value

Mark = tuple[str, str, str | None]  # name, words, value


def fact_figures(pairs: "Pairs") -> dict[str, float | None]:
    """ "fact NAME: precision" and "fact NAME: recall" over the rows whose facts were marked."""
    counts = {name: [0, 0, 0] for name in NAMES}  # right, wrong, missed
    for row, answer in pairs:
        required, tolerated = _marks(row)
        if required is None:
            continue
        for name in NAMES:
            wanted = [mark for mark in required if mark[0] == name]
            found = [slot for slot in answer.slots if slot.name == name]
            met = [any(_meets(slot, mark) for slot in found) for mark in wanted]
            # A fact said twice in other words is found once.
            missed = [mark for mark, hit in zip(wanted, met, strict=True) if not hit]
            fine = [*wanted, *(mark for mark in tolerated if mark[0] == name)]
            right = sum(any(_meets(slot, mark) for mark in fine) for slot in found)
            counts[name][0] += right
            counts[name][1] += len(found) - right
            counts[name][2] += len(missed)
    result: dict[str, float | None] = {}
    for name, (right, wrong, missed_count) in counts.items():
        if right + wrong + missed_count:
            result[f"fact {name}: precision"] = right / (right + wrong) if right + wrong else None
            result[f"fact {name}: recall"] = right / (right + missed_count) if right + missed_count else None
    return result


def _marks(row: Row) -> tuple[list[Mark] | None, list[Mark]]:
    if "facts" in row:
        marks = [(name, words, value[0] if value else None) for name, words, *value in row["facts"]]
        answers = {name for name, _, value in marks if value}
        # Of several words for the same answer, one is enough.
        single = [mark for mark in marks if not mark[2]]
        single += [next(mark for mark in marks if mark[0] == name and mark[2]) for name in sorted(answers)]
        return single, marks
    given = row.get("slots")
    if not given or not all(isinstance(_each(value)[0], dict) for value in given.values()):
        return None, []  # nobody marked them all
    return _valued(given), _valued(row.get("slots_may") or {})


def _valued(given: dict[str, Any]) -> list[Mark]:
    return [(name, mark["text"], mark["value"]) for name, value in given.items() for mark in _each(value)]


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _meets(slot: "Slot", mark: Mark) -> bool:
    name, words, value = mark
    if value is None or name in _WORDS:
        return _alike(slot.text, words)
    if name == "money":
        return abs(float(slot.value) - float(value)) < 0.005
    return slot.value == value


def _alike(one: str, other: str) -> bool:
    """Equal, or one holds the other and is at most twice as long."""
    short, long = sorted((" ".join(one.lower().split()), " ".join(other.lower().split())), key=len)
    return short in long and 2 * len(short) >= len(long)
