"""Every prepared answer as a letter: compared with how it was, and held against what is true of every draft.

To write the snapshots anew, after reading what has changed: UPDATE_SNAPSHOTS=1 make test
"""

import difflib
import itertools
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.cast import TEMPLATES
from tests.snapshots.rendering import (
    CAROL,
    MONDAY,
    RENDERED,
    STATES,
    TOPICS,
    Rendering,
    every_case,
    every_pair,
    render,
    turns,
)
from tests.snapshots.wording import faults
from triage.drafting import Voice, caring_note
from triage.records import Letter

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("UPDATE_SNAPSHOTS") == "1"
PAIRS = "pairs of topics"
SHOWN = 60  # lines of a difference

_SENTENCE = re.compile(r"(?<=[.?!]) (?=\S)|(?<=[.?!][\"”]) (?=[^a-z])")


def told(rendering: Rendering) -> str:
    """A draft one sentence a line, so that a difference shows little more than what has changed."""
    return f"=== {rendering}, {rendering.state}\n\n{_SENTENCE.sub(chr(10), rendering.draft.body)}"


def of_topic(topic: str) -> Iterator[Rendering]:
    """The first case in every state, and the others with all that can be known and with nothing."""
    first, *others = TEMPLATES.by_topic[topic].cases
    for state in STATES:
        yield render([(topic, first)], state)
    for case, state in itertools.product(others, ("all slots", "none")):
        yield render([(topic, case)], state)


def snapshots() -> dict[str, str]:
    """Each file's text by its name."""
    found = {topic: "\n\n".join(map(told, of_topic(topic))) for topic in RENDERED}
    found[PAIRS] = "\n\n".join(told(render(pair)) for pair in every_pair())
    found["caring"] = caring_note(Letter(received_at=MONDAY, message_id="<1@x>"), TEMPLATES, CAROL).body
    return found


@pytest.mark.parametrize("name", [*RENDERED, PAIRS, "caring"])
def test_the_letters_are_as_they_were_when_somebody_last_read_them(name: str, now: dict[str, str]) -> None:
    path = FOLDER / f"{name}.txt"
    if UPDATE:
        path.write_text(now[name], "utf-8")
    before = path.read_text("utf-8") if path.exists() else ""
    if before != now[name]:
        lines = difflib.unified_diff(before.splitlines(), now[name].splitlines(), "as it was", "now", lineterm="", n=2)
        shown = list(itertools.islice(lines, SHOWN + 1))
        more = ["..."] if len(shown) > SHOWN else []
        pytest.fail("\n".join([f"{path.name} reads otherwise.", *shown[:SHOWN], *more]), pytrace=False)


def test_there_is_no_snapshot_of_a_template_that_is_gone(now: dict[str, str]) -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(now)


@pytest.fixture(scope="module")
def now() -> dict[str, str]:
    return snapshots()


# ------------------------------------------------------------------ what is true of every draft


def assert_sound(renderings: Iterable[Rendering], least: int) -> None:
    """Fail with all faults of all drafts, the most frequent first; there have to be `least` drafts."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    drafts = list(renderings)
    for rendering in drafts:
        for fault in faults(rendering):
            found[str(rendering), fault].append(rendering.state)
    worst = sorted(found.items(), key=lambda item: -len(item[1]))
    lines = [f"{who} | {', '.join(dict.fromkeys(states))} | {fault}" for (who, fault), states in worst]
    if lines:
        pytest.fail("\n".join([f"{len(lines)} faults in {len(drafts)} drafts", *lines]), pytrace=False)
    assert len(drafts) >= least


def test_every_prepared_answer_reads_well_in_every_state() -> None:
    ids = ("<1@reader.example>", "<2@reader.example>")
    assert_sound((render([case], s, i) for case, s, i in itertools.product(every_case(), STATES, ids)), 4000)


def test_every_branch_reads_well_whatever_else_is_stated() -> None:
    neutral = Voice(signature="Carol", opinions={"never_decline_interview": False})

    def branches() -> Iterator[Rendering]:
        for case in every_case():
            yield render([case], risk="R1")
            yield render([case], voice=neutral)
            yield render([case], "all slots", voice=neutral)
            for slots in turns(*case):
                yield render([case], ", ".join(f"{name} {value}" for name, value in slots.items()), slots=slots)

    assert_sound(branches(), 2000)


def test_any_two_topics_read_well_together_in_both_orders() -> None:
    assert_sound((render(order) for pair in every_pair() for order in (pair, pair[::-1])), 400)


def test_any_two_cases_read_well_together() -> None:
    chance = random.Random(20261123)
    cases = [case for case in every_case() if case[0] in TOPICS]
    pairs = [pair for pair in (chance.sample(cases, 2) for _ in range(800)) if pair[0][0] != pair[1][0]]
    assert_sound((render(pair, chance.choice(STATES)) for pair in pairs), 700)


def test_any_three_topics_read_well_together() -> None:
    chance = random.Random(20261124)
    cases = [case for case in every_case() if case[0] in TOPICS]
    threes = [three for three in (chance.sample(cases, 3) for _ in range(300)) if len(dict(three)) == 3]
    assert_sound((render(three, chance.choice(STATES)) for three in threes), 200)
