"""From a saved spaCy pipeline and a letter to an assessment."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import shorten
from typing import Any
from zipfile import BadZipFile

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from triage.answers import Ask, Span
from triage.assessor.asking import Cases, Chooser, Example, find_asks, study
from triage.assessor.components import LetterEncoder, LetterHeads
from triage.assessor.corpus import TOPICS, full_text
from triage.assessor.features import Floats
from triage.assessor.language import tell_language
from triage.assessor.learning import Layer, features_of, learn, load_rehearsal, unpack
from triage.assessor.likeness import alike, whole_vector
from triage.assessor.risk import Risk
from triage.assessor.slots import find_slots
from triage.assessor.tagging import Fact
from triage.assessor.urgency import judge_urgency
from triage.assessor.verdict import Verdict, judge
from triage.deadlines import resolve
from triage.errors import ConfigError
from triage.lessons import Learned, Lesson
from triage.records import Assessment, Kind, Letter, TopicScore

REHEARSAL, CASES = "rehearsal.npz", "cases.npz"  # beside the parts of the pipeline
LONGEST = 20_000  # characters that are read; the rest of a message is for people
_FOLDER = re.compile(r"triage-(\d+)")
_READS_LIKE = {
    "R1": "reads like letters that need care",
    "R2": "reads like letters that were held for a person",
    "R3": "reads like letters from people in danger",
}
_QUOTED = 160  # characters of the letter in a reason

log = logging.getLogger(__name__)


class PipelineAssessor:
    """Reads letters with one loaded pipeline (implements `triage.ports.Assessor` and `triage.ports.Teacher`)."""

    def __init__(self, nlp: Language, rehearsal: Path, chooser: Chooser) -> None:
        heads, reader = nlp.get_pipe("triage_heads"), nlp.get_pipe("triage_encoder")
        assert isinstance(heads, LetterHeads)
        assert isinstance(reader, LetterEncoder)
        assert heads.model is not None
        assert reader.encoder is not None
        self._nlp = nlp
        self._ngrams = heads.model.ngrams
        self._rehearsal = rehearsal
        self._thresholds: Mapping[str, float] = nlp.meta["triage"]["thresholds"]
        self._base = f"{nlp.meta['name']}-{nlp.meta['version']}"
        self._adopted: tuple[Layer | None, str] = (None, self._base)  # one value, so that both change at once
        self._encoder = reader.encoder
        self._tuned = heads.model.tuned
        self._chooser = chooser
        self._cases: Cases | None = None

    @property
    def name(self) -> str:
        """The pipeline and the version of what was learned, as in "triage-2+7"."""
        return self._adopted[1]

    def assess(self, letter: Letter) -> Assessment:
        """Read one letter; whatever goes wrong, the letter reaches a person with the reason."""
        try:
            return self.read(letter)[0]
        except Exception as error:
            log.error("assess failed kind=%s", type(error).__name__)
            return Assessment(
                kind=Kind.LETTER,
                risk="R2",
                risk_reasons=("the machine could not read this letter, so nobody has looked for danger in it yet",),
                urgency="U3",
                language="und",
                model=self.name,
            )

    def read(self, letter: Letter) -> tuple[Assessment, Verdict, Mapping[str, float]]:
        """The assessment, the verdict of the heads behind it, and the chance of every head."""
        doc = self._read(letter.subject, letter.body)
        layer, name = self._adopted
        if layer:
            shifted = layer.shifted(_topic_chances(doc)[None], features_of(doc, self._ngrams)[None])[0]
            doc.cats |= dict(zip(TOPICS, shifted.tolist(), strict=True))
        quoted = self._read("", letter.quoted) if letter.quoted.strip() else None
        assessment, verdict, chances = conclude(letter, doc, self._thresholds, name, quoted=quoted)
        return replace(assessment, vector=whole_vector(doc)), verdict, chances

    def study(self, examples: Sequence[Example]) -> None:
        """Learn which cases the templates have; those that the pipeline was not trained on, by their examples."""
        self._cases = study(self._encoder, self._chooser, examples)

    def asks(self, letter: Letter, topics: Sequence[str]) -> tuple[Ask, ...]:
        """What the letter asks about these topics, in the order of its sentences. Before `study`: nothing."""
        if self._cases is None:
            return ()
        doc = self._read(letter.subject, letter.body)
        known = [topic for topic in topics if topic in TOPICS]
        return tuple(find_asks(doc, known, self._tuned, self._chooser, self._cases))

    def alike(self, vector: bytes, others: Sequence[bytes]) -> list[float]:
        """The likeness of one letter and each of the others."""
        return alike(vector, others)

    def adopt(self, data: bytes | None, version: int) -> None:
        """Read from now on with what was learned; None goes back to the pipeline as it came."""
        try:
            layer = unpack(data, self._base) if data is not None else None
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
            log.error("what was learned does not fit this pipeline version=%d kind=%s", version, type(error).__name__)
            layer = None
        self._adopted = (layer, f"{self._base}+{version}" if layer else self._base)

    def learn(self, lessons: Sequence[Lesson]) -> Learned:
        """Fit a layer on what people decided; nothing changes until it is adopted. Raises TriageError for too few."""

        def read(subject: str, body: str) -> tuple[NDArray[np.float64], Floats]:
            doc = self._read(subject, body)
            return _topic_chances(doc), features_of(doc, self._ngrams)

        return learn(
            lessons,
            read=read,
            rehearsal=load_rehearsal(self._rehearsal),
            thresholds=(self._thresholds["topic"], self._thresholds["further"]),
            model=self._base,
            current=self._adopted[0],
        )

    def _read(self, subject: str, body: str) -> Doc:
        text, body_start = full_text(subject[:LONGEST], body)
        doc = self._nlp.make_doc(text[:LONGEST])
        doc._.body_start = body_start
        return self._nlp(doc)


def _topic_chances(doc: Doc) -> NDArray[np.float64]:
    return np.array([doc.cats[topic] for topic in TOPICS])


def conclude(
    letter: Letter, doc: Doc, thresholds: Mapping[str, float], name: str, *, quoted: Doc | None = None
) -> tuple[Assessment, Verdict, Mapping[str, float]]:
    """Put together what the components found in `doc`, and in the `quoted` part, and what the rules find."""
    verdict = judge(doc.cats, thresholds, sum(token.is_alpha for token in doc))
    body = letter.body[:LONGEST]
    written_on = letter.sent_at or letter.received_at
    dates = resolve(body, written_on)
    risk, reasons = _risk(verdict.risk, doc)
    if quoted is not None:
        # Only danger counts there: the rest of it was answered, or is not the reader's.
        beneath, why = _risk("R3" if quoted.cats["R3"] >= thresholds["R3"] else "R0", quoted)
        risk, reasons = max(risk, beneath), (*reasons, *(f"in the quoted part: {reason}" for reason in why))
    language = tell_language(f"{letter.subject}\n{body}")
    foreign = language not in ("en", "und")
    kind = verdict.kind
    if foreign or risk == "R3":
        kind = Kind.LETTER  # the heads learned from English; and somebody in danger is never set aside
    urgency, deadline, deadline_text = judge_urgency(body, written_on, dates, verdict.topics, risk)
    assessment = Assessment(
        kind=kind,
        topics=tuple(
            TopicScore(
                topic=topic,
                score=doc.cats[topic],
                evidence=_evidence(doc, topic),
                sure=doc.cats[topic] >= thresholds["sure"],
            )
            for topic in ([] if foreign else verdict.topics)
        ),
        suggested=tuple(verdict.suggested) if kind is Kind.LETTER and not foreign else (),
        slots=tuple(find_slots(body, written_on, dates, _in_body(doc))),
        urgency=max(urgency, verdict.urgency) if kind is Kind.LETTER else "U1",
        deadline=deadline,
        deadline_text=deadline_text,
        risk=risk,
        risk_reasons=reasons,
        language=language,
        model=name,
    )
    return assessment, verdict, doc.cats


def load(path: Path) -> PipelineAssessor:
    """Load the pipeline in the folder `path`; ConfigError when there is none or it does not fit."""
    try:
        return PipelineAssessor(spacy.load(path), path / REHEARSAL, Chooser.load(path / CASES))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"There is no usable pipeline at {path}: {error}. "
            "Next: name another with `model`, or leave that empty for the one that came with Triage."
        ) from error


def newest_model(models_dir: Path) -> Path:
    """The folder triage-N with the highest N in `models_dir`; ConfigError when there is none."""
    found = [
        (int(match[1]), path)
        for path in (models_dir.iterdir() if models_dir.is_dir() else ())
        if (match := _FOLDER.fullmatch(path.name)) and (path / "meta.json").is_file()
    ]
    if not found:
        raise ConfigError(f"There is no pipeline in {models_dir}. Next: install Triage again, with its models folder.")
    return max(found)[1]


def _evidence(doc: Doc, topic: str) -> tuple[Span, ...]:
    start_of_body = int(doc._.body_start)
    spans: Sequence[Any] = doc.spans.get(topic, ())
    return tuple(
        Span(text=span.text, start=span.start_char - start_of_body, end=span.end_char - start_of_body) for span in spans
    )


def _in_body(doc: Doc) -> list[Fact]:
    """The facts that the encoder pointed at, with offsets in the body."""
    shift = int(doc._.body_start)
    return [
        replace(fact, start=fact.start - shift, end=fact.end - shift) for fact in doc._.facts if fact.start >= shift
    ]


def _risk(read_as: str, doc: Doc) -> tuple[str, tuple[str, ...]]:
    """How `doc` reads, or R3 for what it says outright, and the reasons with the letter's own words."""
    found: Sequence[Risk] = doc._.risks
    level = "R3" if any(risk.outright for risk in found) else read_as
    fitting = [risk for risk in found if risk.level <= level]
    reasons = [risk.reason for risk in sorted(fitting, key=lambda risk: risk.level, reverse=True)]
    if level != "R0" and not any(risk.level == level for risk in fitting):
        spans: Sequence[Any] = doc.spans.get(level, ())
        words = [shorten(span.text, _QUOTED, placeholder=" …") for span in spans]
        reasons.insert(0, _READS_LIKE[level] + "".join(f': says "{quoted}"' for quoted in words))
    return level, tuple(dict.fromkeys(reasons))
