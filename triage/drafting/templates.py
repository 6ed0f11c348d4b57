"""Reply templates: one readable file per topic, checked when loaded so that drafting cannot fail.

A template has blocks for its topic, and cases: questions that readers of the topic ask, each with
example questions by which it is recognised and blocks of its own.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import jinja2

from triage.drafting.facts import names_given
from triage.drafting.files import FRAME_BLOCKS, MAX_WORDINGS, BlockText, Section, TemplateFile
from triage.drafting.syntax import compile_text
from triage.errors import ConfigError

COMMON = ("first_name", "topic_name", "risk", "attachment")
"""Values that every template has."""
FACT = "fact_"
"""How the names begin that stand for rows of facts.csv."""
SHARED = ("acknowledge", "bridge", "limit", "question", "signoff")
"""The blocks that a case takes from its topic when it has none of its own."""
FEWEST_ASKS = 3
NO_TOPICS = frozenset({"general", "unclear", "thanks", "column_feedback", "caring"})
"""Templates that are not about a topic of a letter."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a file: its kind (questions and limits have one) and its wordings, one or more."""

    kind: str
    wordings: Sequence[jinja2.Template]

    def render(self, values: Mapping[str, str], choice: int = 0) -> str:
        """The block as text, in the wording that `choice` falls on."""
        return self.wordings[choice % len(self.wordings)].render(values).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question that readers of a topic ask; the case named "" is the topic's own, for all others.

    `position`: where the answer takes a side, such as {"interview": "go"}. `needs`: slots without
    which the reply is a short question.
    """

    name: str = ""
    asks: Sequence[str] = ()
    position: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[str] = ()
    blocks: Mapping[str, Sequence[Block]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One file. `required` maps a slot to the words of the gap that stands for it while it is missing."""

    topic: str
    version: str
    event: Sequence[str] = ()  # slots that make the topic a dated event
    required: Mapping[str, str]
    known: frozenset[str]  # every name that its text may use
    cases: Mapping[str, Case]

    @property
    def reference(self) -> str:
        return f"{self.topic}@{self.version}"

    @property
    def blocks(self) -> Mapping[str, Sequence[Block]]:
        """The blocks of the topic itself."""
        return self.cases[""].blocks

    def values(self, facts: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
        """A value for every name the text may use: what is stated, else a gap if required, else nothing."""
        gaps = {slot: f"[[{words}]]" for slot, words in self.required.items()}
        stated = gaps | dict(facts) | dict(more)
        return {name: stated.get(name, "") for name in self.known}


@dataclass(frozen=True, slots=True)
class Templates:
    """All reply templates of a folder."""

    by_topic: Mapping[str, Template]
    names: Mapping[str, str]  # each known topic in the words of a letter
    frame: Template
    files: Mapping[str, TemplateFile]  # what they were made of; also the frame
    facts: frozenset[str]  # the names of the rows that may be cited, without "fact_"

    @classmethod
    def load(cls, folder: Path, facts: frozenset[str] = frozenset()) -> Self:
        """Read and check every .txt file in `folder`; ConfigError names the file and what to mend."""
        paths = sorted(folder.glob("*.txt")) if folder.is_dir() else []
        files = {path.stem: TemplateFile(path) for path in paths}
        for needed in ("frame", "general", "unclear"):
            if needed not in files:
                raise ConfigError(f"There is no reply template {folder / needed}.txt. Next: put it back.")
        return cls._of(files, facts, {})

    def changed(self, texts: Mapping[str, str]) -> Self:
        """The same with other texts for some topics, checked as those of files are. Raises TemplateFault."""
        new = {topic: TemplateFile(Path(f"{topic}.txt"), text) for topic, text in texts.items()}
        files = {**self.files, **new}
        ready = {topic: built for topic, built in self._built().items() if topic not in new}
        if _topics(files) != _topics(self.files):  # every template may ask which other topics are answered
            ready = {}
        return self._of(files, self.facts, ready)

    @classmethod
    def _of(cls, files: Mapping[str, TemplateFile], facts: frozenset[str], ready: Mapping[str, Template]) -> Self:
        topics = _topics(files)
        built = {topic: ready.get(topic) or _build(file, topics, facts) for topic, file in files.items()}
        by_topic = {topic: template for topic, template in built.items() if topic != "frame"}
        return cls(by_topic, _names(files), built["frame"], files, facts)

    def _built(self) -> dict[str, Template]:
        return {**self.by_topic, "frame": self.frame}

    def of(self, topic: str) -> Template:
        """The template for `topic`; the general frame if it has none of its own."""
        return self.by_topic.get(topic, self.by_topic["general"])

    def name(self, topic: str) -> str:
        """The topic in the words of a letter, such as "your resume"."""
        return self.names.get(topic, topic.replace("_", " "))

    def asks(self) -> list[tuple[str, str, str]]:
        """Every example question as (topic, case, text)."""
        return [
            (topic, case.name, ask)
            for topic, template in self.by_topic.items()
            for case in template.cases.values()
            for ask in case.asks
        ]


def _names(files: Mapping[str, TemplateFile]) -> dict[str, str]:
    """Each known topic in the words of a letter."""
    names = files["general"].main.pairs("names", ":")
    names.update({topic: file.header["name"] for topic, file in files.items() if "name" in file.header})
    return names


def _topics(files: Mapping[str, TemplateFile]) -> Set[str]:
    """Every topic that has a name or a file."""
    return {*_names(files), *files}


def _build(file: TemplateFile, topics: Set[str], facts: frozenset[str]) -> Template:
    required = file.required()
    slots = [*required, *file.main.listed("optional")]
    known = {name for slot in (*COMMON, *slots) for name in names_given(slot)}
    known.update(f"opinion_{opinion}" for opinion in file.main.listed("opinions"))
    known.update(f"also_{topic}" for topic in topics)
    known.update(f"{FACT}{name}" for name in facts)
    used: set[str] = set()
    if file.wordings() > MAX_WORDINGS:
        raise file.wrong(f"there are more than {MAX_WORDINGS} wordings", "take some of the blocks out")

    def compiled(section: Section) -> dict[str, list[Block]]:
        blocks: dict[str, list[Block]] = {}
        for block in section.blocks:
            if block.name == "steps" and file.topic != "frame":
                _verify_steps(file, block, slots)
            wordings = [compile_text(text, line, frozenset(known), used, file.wrong) for line, text in block.wordings()]
            blocks.setdefault(block.name, []).append(Block(block.kind, wordings))
        return blocks

    own = compiled(file.main)
    cases = {"": Case(blocks=own)}
    for section in file.cases:
        shared = {name: own[name] for name in SHARED if name in own}
        asks = section.lines("asks")
        if len(asks) < FEWEST_ASKS:
            mend = f"add example questions under 'asks:', at least {FEWEST_ASKS}"
            raise file.wrong(f"the case {section.name!r} can hardly be recognised", mend, section.line)
        position = section.pairs("position", "=")
        if not all(position.values()):
            raise file.wrong("the line 'position' cannot be read", "write it as 'interview=go'", section.line)
        cases[section.name] = Case(
            name=section.name,
            asks=asks,
            position=position,
            needs=section.listed("needs"),
            blocks=shared | compiled(section),
        )
    template = Template(
        topic=file.topic,
        version=file.header["version"],
        event=file.main.listed("event"),
        required=required,
        known=frozenset(known),
        cases=cases,
    )
    _verify(file, template, slots, used)
    return template


def _verify(file: TemplateFile, template: Template, slots: Sequence[str], used: set[str]) -> None:
    for slot in template.required:
        if not used.intersection(names_given(slot)):
            raise file.wrong(f"{slot} is required but never used", f"print {{{{ {slot} }}}} or make it optional")
    for slot in template.event:
        if slot not in slots:
            raise file.wrong(f"the event {slot!r} is not a slot of this file", "add it to 'optional'")
    lines = {section.name: section.line for section in file.cases}
    for case in template.cases.values():
        where, line = (f"the case {case.name!r}", lines[case.name]) if case.name else ("", 0)
        for slot in case.needs:
            if slot not in slots:
                raise file.wrong(f"{where} needs {slot!r}, not a slot of this file", "add it to 'optional'", line)
        for needed in FRAME_BLOCKS if template.topic == "frame" else ("acknowledge", "answer"):
            if needed not in case.blocks:
                raise file.wrong(f"{where} has no block {needed!r}".strip(), f"add '## {needed}' with its text", line)
            for block in case.blocks[needed]:
                for number in range(len(block.wordings)):
                    if not block.render(template.values({}, {}), number):
                        what = f"{where} has an empty {needed!r} when nothing is known".strip()
                        raise file.wrong(what, "add an 'else' with a sentence", line)


def _verify_steps(file: TemplateFile, block: BlockText, slots: Sequence[str]) -> None:
    """Each step begins "- when | what"; around `when` there may be ifs."""
    for number, line in enumerate(block.text.split("\n"), block.line):
        when, _, what = line.removeprefix("- ").partition("|")
        whens = [text for part in re.split(r"\{%[^%]*%\}", when) if (text := part.strip())]
        if line.startswith("- ") and not (what.strip() and whens and {*whens} <= {"today", "then", *slots}):
            raise file.wrong(
                "this step has no time", "write '- today | what to do', then, or the slot of a day", number
            )
