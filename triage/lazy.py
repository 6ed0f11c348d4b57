"""Loads the pipeline when the first letter is to be read, so that what reads none starts at once."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from triage.answers import Ask
from triage.drafting import Templates
from triage.lessons import Learned, Lesson
from triage.ports import Assessor, Teacher
from triage.records import Assessment, Letter

if TYPE_CHECKING:
    from triage import assessor


class Pipeline(Assessor, Teacher, Protocol):
    """What reads letters also learns."""


class LazyAssessor:
    """Loads the pipeline when the first letter is to be read, so that other commands start at once.

    `templates` gives those whose cases it is to find; when they change, it studies the new ones.
    """

    def __init__(self, folder: Callable[[], Path], templates: Callable[[], Templates]) -> None:
        self._folder = folder
        self._templates = templates
        self._loaded: assessor.PipelineAssessor | None = None
        self._studied: Templates | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._get().name

    def assess(self, letter: Letter) -> Assessment:
        return self._get().assess(letter)

    def asks(self, letter: Letter, topics: Sequence[str]) -> tuple[Ask, ...]:
        pipeline, templates = self._get(), self._templates()
        with self._lock:
            if templates is not self._studied:
                pipeline.study(templates.asks())
                self._studied = templates
        return pipeline.asks(letter, topics)

    def alike(self, vector: bytes, others: Sequence[bytes]) -> list[float]:
        from triage.assessor import likeness  # no pipeline is needed for it

        return likeness.alike(vector, others)

    def adopt(self, data: bytes | None, version: int) -> None:
        self._get().adopt(data, version)

    def learn(self, lessons: Sequence[Lesson]) -> Learned:
        return self._get().learn(lessons)

    def _get(self) -> "assessor.PipelineAssessor":
        with self._lock:
            if self._loaded is None:
                from triage import assessor

                self._loaded = assessor.load(self._folder())
            return self._loaded
