"""Seven days in a few seconds; `make faults` goes through more of them."""

from tests.faults.house import Ground
from tests.faults.week import Week

SEED = 20261123


def test_after_a_week_of_everything_each_letter_is_answered_or_decided_by_a_person(ground: Ground) -> None:
    week = Week(ground, SEED, minutes=60)
    week.run()
    happened = week.happened
    assert happened["the process died"] and happened["a reply came back"] and happened["a robot answered"], happened
