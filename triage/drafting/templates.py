"""Reply templates: one readable file per topic, checked when loaded so that drafting cannot fail.

docs/templates.md describes the format for the people who write in it. Under the hood each block is a
Jinja2 template in a sandbox, cut down to text, names, comparisons and ifs. It sees text values only.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from triage.drafting.checks import phone_numbers
from triage.drafting.facts import names_given
from triage.errors import ConfigError

BLOCKS = ("acknowledge", "bridge", "answer", "reasons", "steps", "words", "limit", "question", "signoff")
FRAME_BLOCKS = ("greeting", "again", "steps", "rest", "signoff")
QUESTIONS = ("safety", "deadline", "state", "stage", "preference")
"""What a question may be about, the most pressing first (house style)."""
LIMITS = ("legal", "claim", "general")
"""What a limit may be about, the strictest first."""
KINDS = {"question": QUESTIONS, "limit": LIMITS}
HEADER = ("topic", "name", "version", "reviewed", "event", "required", "optional", "opinions", "note", "names")
COMMON = ("first_name", "topic_name", "risk", "attachment")
"""Values that every template has."""
FILTERS = ("capitalize", "lower", "upper")
MAX_FILE = 40_000
"""Characters of one template file."""

_NODES = (
    *(nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.Filter),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
)
_HEADING = re.compile(r"## *(\w+) *(?:: *(\w+) *)?")
_OR = re.compile(r"^-- or --[ ]*$", re.MULTILINE)
_REQUIRED = re.compile(r"(\w+) *\(([^()]+)\)")


def _sandbox() -> ImmutableSandboxedEnvironment:
    env = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.globals.clear()
    env.tests.clear()
    env.filters = {name: env.filters[name] for name in FILTERS}
    return env


_ENV = _sandbox()


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a file: its kind (questions and limits have one) and its wordings, one or more."""

    kind: str
    wordings: Sequence[jinja2.Template]

    def render(self, values: Mapping[str, str], choice: int = 0) -> str:
        """The block as text, in the wording that `choice` falls on."""
        return self.wordings[choice % len(self.wordings)].render(values).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One file. `required` maps a slot to the words of the gap that stands for it while it is missing."""

    topic: str
    version: str
    event: Sequence[str]  # slots that make the topic a dated event
    required: Mapping[str, str]
    known: frozenset[str]  # every name that its text may use
    blocks: Mapping[str, Sequence[Block]]

    @property
    def reference(self) -> str:
        return f"{self.topic}@{self.version}"

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

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read and check every .txt file in `folder`; ConfigError names the file and what to mend."""
        paths = sorted(folder.glob("*.txt")) if folder.is_dir() else []
        files = {path.stem: _File(path) for path in paths}
        for needed in ("frame", "general", "unclear"):
            if needed not in files:
                raise ConfigError(f"There is no reply template {folder / needed}.txt. Next: put it back.")
        names = files["general"].names()
        names.update({topic: f.header["name"] for topic, f in files.items() if "name" in f.header})
        built = {topic: f.build(names) for topic, f in files.items()}
        return cls({t: built[t] for t in built if t != "frame"}, names, built["frame"])

    def of(self, topic: str) -> Template:
        """The template for `topic`; the general frame if it has none of its own."""
        return self.by_topic.get(topic, self.by_topic["general"])

    def name(self, topic: str) -> str:
        """The topic in the words of a letter, such as "your resume"."""
        return self.names.get(topic, topic.replace("_", " "))


class _File:
    """A template file while it is being read: the header's fields, and the blocks with their first lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self.wrong(f"cannot be read as UTF-8 text ({error})", "save it again as plain text") from error
        if len(text) > MAX_FILE:
            raise self.wrong(f"has more than {MAX_FILE} characters", "shorten it")
        self.header: dict[str, str] = {}
        self.blocks: list[tuple[str, str, int, str]] = []  # name, kind, line of its heading, text
        self._read(text.splitlines())
        if self.header.get("topic") != path.stem:
            raise self.wrong("does not begin with its topic", f"write 'topic: {path.stem}' in its first line")
        if not self.header.get("version"):
            raise self.wrong("has no version", "add a line such as 'version: 1'")

    def wrong(self, what: str, mend: str, line: int = 0) -> ConfigError:
        place = f"{self.path}, line {line}:" if line else f"{self.path}"
        return ConfigError(f"{place} {what}. Next: {mend}.")

    def _read(self, lines: Sequence[str]) -> None:
        starts = [number for number, line in enumerate(lines) if line.startswith("##")]
        key = ""
        for number, line in enumerate(lines[: starts[0] if starts else None], 1):
            if not line.strip():
                continue
            if line[0].isspace() and key:
                self.header[key] += "\n" + line.strip()
                continue
            key, colon, value = line.partition(":")
            if not colon or key not in HEADER:
                raise self.wrong(f"{line.strip()!r} is not a header line", f"use one of {', '.join(HEADER)}", number)
            self.header[key] = f"{self.header[key]}\n{value.strip()}" if key in self.header else value.strip()
        allowed = FRAME_BLOCKS if self.path.stem == "frame" else BLOCKS
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            match = _HEADING.fullmatch(lines[start])
            name, kind = match.groups(default="") if match else ("", "")
            if name not in allowed:
                raise self.wrong(f"there is no block {lines[start]!r}", f"use one of {', '.join(allowed)}", start + 1)
            if kind not in KINDS.get(name, ("",)):
                kinds = KINDS.get(name)
                mend = f"write '## {name}: ' and one of {', '.join(kinds)}" if kinds else f"write '## {name}'"
                raise self.wrong("this heading has the wrong kind", mend, start + 1)
            if (name, kind) in [block[:2] for block in self.blocks]:
                raise self.wrong(f"{lines[start]!r} is there twice", "join the two", start + 1)
            self.blocks.append((name, kind, start + 1, "\n".join(lines[start + 1 : end]) + "\n"))

    def listed(self, key: str) -> list[str]:
        return [item.strip() for item in re.split(r"[,\n]", self.header.get(key, "")) if item.strip()]

    def names(self) -> dict[str, str]:
        """The lines under `names:`, each "topic: its name in a letter"."""
        pairs = (line.partition(":") for line in self.header.get("names", "").splitlines() if line)
        return {topic.strip(): name.strip() for topic, _, name in pairs}

    def build(self, topics: Mapping[str, str]) -> Template:
        required = dict(_REQUIRED.findall(self.header.get("required", "")))
        if _REQUIRED.sub("", self.header.get("required", "")).strip(", \n"):
            mend = "write each as 'slot (what is missing, in plain words)', with a comma between two"
            raise self.wrong("the line 'required' cannot be read", mend)
        slots = [*required, *self.listed("optional")]
        known = {name for slot in (*COMMON, *slots) for name in names_given(slot)}
        known.update(f"opinion_{opinion}" for opinion in self.listed("opinions"))
        known.update(f"also_{topic}" for topic in topics)
        used: set[str] = set()
        blocks: dict[str, list[Block]] = {}
        for name, kind, line, text in self.blocks:
            wordings = []
            for match_start, wording in _wordings(text):
                first = line + 1 + text[:match_start].count("\n")
                wordings.append(self._compile(wording, first, frozenset(known), used))
            blocks.setdefault(name, []).append(Block(kind, wordings))
        template = Template(
            topic=self.path.stem,
            version=self.header["version"],
            event=self.listed("event"),
            required=required,
            known=frozenset(known),
            blocks=blocks,
        )
        self._verify(template, slots, used)
        return template

    def _verify(self, template: Template, slots: Sequence[str], used: set[str]) -> None:
        for slot in template.required:
            if not used.intersection(names_given(slot)):
                raise self.wrong(f"{slot} is required but never used", f"print {{{{ {slot} }}}} or make it optional")
        for slot in template.event:
            if slot not in slots:
                raise self.wrong(f"the event {slot!r} is not a slot of this file", "add it to 'optional'")
        for needed in FRAME_BLOCKS if template.topic == "frame" else ("acknowledge", "answer"):
            if needed not in template.blocks:
                raise self.wrong(f"has no block {needed!r}", f"add '## {needed}' with its text")
            if not template.blocks[needed][0].render(template.values({}, {})):
                raise self.wrong(
                    f"the block {needed!r} is empty when nothing is known", "add an 'else' with a sentence"
                )

    def _compile(self, text: str, line: int, known: frozenset[str], used: set[str]) -> jinja2.Template:
        if phone_numbers(text):
            raise self.wrong("a phone number is typed here", "take it out; numbers age", line)
        try:
            tree = _ENV.parse(text)
            for node in _walk(tree):
                self._allow(node, line + (node.lineno or 1) - 1, known, used)
            return _ENV.from_string(tree)
        except jinja2.TemplateSyntaxError as error:
            mend = "compare it with the examples in docs/templates.md"
            raise self.wrong(f"cannot be understood ({error.message})", mend, line + error.lineno - 1) from error
        except (SyntaxError, RecursionError) as error:
            raise self.wrong("has too many ifs inside one another", "use elif, or fewer of them", line) from error

    def _allow(self, node: nodes.Node, line: int, known: frozenset[str], used: set[str]) -> None:
        if not isinstance(node, _NODES):
            mend = "use only names, comparisons (== and !=), and, or, not, and if ... elif ... else ... endif"
            raise self.wrong(f"{type(node).__name__.lower()!r} is not allowed in a template", mend, line)
        if isinstance(node, nodes.Name):
            if node.name not in known:
                mend = "correct the spelling, or add it to 'optional' in the header"
                raise self.wrong(f"{node.name!r} is not a slot of this file", mend, line)
            used.add(node.name)
        if isinstance(node, nodes.Filter) and (node.name not in FILTERS or node.args or node.kwargs):
            raise self.wrong(f"the filter {node.name!r} is not allowed", f"use one of {', '.join(FILTERS)}", line)
        if isinstance(node, nodes.Operand) and node.op not in ("eq", "ne"):
            raise self.wrong("only == and != are allowed between two values", "write the if in another way", line)
        if isinstance(node, nodes.Const) and not isinstance(node.value, str):
            raise self.wrong(f"{node.value!r} is not a text", 'put it in quotes, such as "yes"', line)


def _walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    """Every node under the root, the first of the file first."""
    for child in tree.iter_child_nodes():
        yield child
        yield from _walk(child)


def _wordings(text: str) -> Iterator[tuple[int, str]]:
    """Each wording of a block with the offset at which it starts."""
    start = 0
    for match in _OR.finditer(text):
        yield start, text[start : match.start()]
        start = match.end()
    yield start, text[start:]
