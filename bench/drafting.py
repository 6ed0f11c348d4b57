"""How fast replies are composed, on one core: `python -m bench.drafting`. The pipeline is not needed for it."""

import itertools
import os
import statistics
import time
from datetime import UTC, datetime

from triage import wiring
from triage.answers import Ask, Span
from triage.drafting import Voice, make_draft
from triage.records import Assessment, Kind, Letter, Slot, TopicScore

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
FACTS = {"state": "OH", "employer": "Kroger", "interview_date": "2026-11-26", "first_name": "Rosa"}


def main() -> None:
    """Load the templates, then compose a reply to every case alone and to every pair of topics."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    began = time.perf_counter()
    templates, book = wiring.load_templates(wiring.templates_folder(None))
    loaded = time.perf_counter() - began
    slots = tuple(Slot(name=name, value=value, text=value, start=0, end=0) for name, value in FACTS.items())
    voice, nowhere = Voice(signature="Carol"), Span(text="", start=0, end=0)

    def compose(*cases: tuple[str, str]) -> float:
        letter = Letter(received_at=NOW, message_id=f"<{cases}@bench.example>")
        topics = tuple(TopicScore(topic=topic, score=0.9) for topic, _ in cases)
        asks = [Ask(span=nowhere, topic=topic, case=case, score=0.9, main=True) for topic, case in cases]
        start = time.perf_counter()
        make_draft(
            letter, Assessment(kind=Kind.LETTER, topics=topics, slots=slots), templates, voice, asks=asks, book=book
        )
        return time.perf_counter() - start

    every = [(topic, case) for topic, template in templates.by_topic.items() for case in template.cases]
    compose(every[0])
    print(f"load {loaded:.2f} s; load average {os.getloadavg()[0]:.2f}")
    for name, groups in (
        ("one case", [(case,) for case in every]),
        ("two topics", [pair for pair in itertools.pairwise(every) if pair[0][0] != pair[1][0]]),
        ("three topics", list(zip(every, every[40:], every[90:], strict=False))),
    ):
        times = sorted(compose(*group) for group in groups)
        print(
            f"{len(times)} drafts of {name}: median {statistics.median(times) * 1000:.1f} ms, "
            f"95 % within {times[int(0.95 * len(times))] * 1000:.1f} ms, slowest {times[-1] * 1000:.1f} ms"
        )


if __name__ == "__main__":
    main()
