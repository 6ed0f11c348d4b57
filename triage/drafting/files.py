"""Reads one template file into its header, its blocks and its cases, each with the line it begins in.

docs/templates.md describes the format for the people who write in it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from triage.errors import ConfigError

BLOCKS = ("acknowledge", "bridge", "answer", "reasons", "steps", "words", "limit", "question", "signoff")
FRAME_BLOCKS = ("greeting", "again", "carry_on", "ask_first", "other", "steps", "rest", "signoff")
QUESTIONS = ("safety", "deadline", "state", "stage", "preference")
"""What a question may be about, the most pressing first (house style)."""
LIMITS = ("legal", "claim", "general")
"""What a limit may be about, the strictest first."""
KINDS = {"question": QUESTIONS, "limit": LIMITS}
HEADER = ("topic", "name", "version", "reviewed", "event", "required", "optional", "opinions", "note", "names")
CASE = ("asks", "position", "needs", "note")
MAX_FILE = 80_000
"""Characters of one template file."""
MAX_WORDINGS = 1_000
"""All wordings of one template file together: three times as many as the longest has, and read in a second."""
MAX_CASES = 100
LONGEST_VERSION = 40  # characters
LONGEST_FAULT = 200  # characters of what is wrong

_HEADING = re.compile(r"## *(\w+) *(?:: *(\w+) *)?")
_CASE = re.compile(r"# *case *: *([a-z][a-z0-9_]*) *")
_REQUIRED = re.compile(r"\b(\w+) *\(([^()]+)\)")
_OR = re.compile(r"^-- or --[ ]*$", re.MULTILINE)


class TemplateFault(ConfigError):
    """What is wrong with one template, in which line (0: as a whole), and how to mend it."""

    def __init__(self, path: Path, what: str, mend: str, line: int) -> None:
        what = what if len(what) <= LONGEST_FAULT else f"{what[:LONGEST_FAULT]} …"  # it may quote the text
        place = f"{path}, line {line}:" if line else f"{path}"
        super().__init__(f"{place} {what}. Next: {mend}.")
        self.topic = path.stem
        self.what = what
        self.mend = mend
        self.line = line


@dataclass(frozen=True, slots=True)
class BlockText:
    """One block as typed: `line` is that of its first line of text."""

    name: str
    kind: str
    line: int
    text: str

    def wordings(self) -> list[tuple[int, str]]:
        """Each wording with the line it begins in; a line `-- or --` stands between two."""
        starts = [0, *(match.end() for match in _OR.finditer(self.text))]
        ends = [*(match.start() for match in _OR.finditer(self.text)), len(self.text)]
        return [
            (self.line + self.text[:start].count("\n"), self.text[start:end])
            for start, end in zip(starts, ends, strict=True)
        ]


@dataclass(slots=True)
class Section:
    """The header's fields and the blocks of the whole topic, or those of one case (`name`, from `line` on)."""

    name: str
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    blocks: list[BlockText] = field(default_factory=list)

    def listed(self, key: str) -> list[str]:
        """The items of a field that stand between commas or on lines of their own."""
        return [item.strip() for item in re.split(r"[,\n]", self.fields.get(key, "")) if item.strip()]

    def lines(self, key: str) -> list[str]:
        """The items of a field, one a line, each after a "- "."""
        return [
            item for line in self.fields.get(key, "").split("\n") if (item := line.strip().removeprefix("- ").strip())
        ]

    def pairs(self, key: str, sign: str) -> dict[str, str]:
        """The items of a field, each "left SIGN right"."""
        parted = (item.partition(sign) for item in self.lines(key))
        return {left.strip(): right.strip() for left, _, right in parted}


class TemplateFile:
    """One file, read but not yet compiled. Raises TemplateFault.

    `text` is what it is to say, where that is not what stands in the file.
    """

    def __init__(self, path: Path, text: str | None = None) -> None:
        self.path = path
        try:
            self.text = path.read_text("utf-8-sig") if text is None else text  # some editors put a mark in front
        except (OSError, UnicodeDecodeError) as error:
            raise self.wrong(f"cannot be read as UTF-8 text ({error})", "save it again as plain text") from error
        if len(self.text) > MAX_FILE:
            raise self.wrong(f"has more than {MAX_FILE} characters", "shorten it")
        self.topic = path.stem
        self.main = Section("", 1)
        self.cases: list[Section] = []
        self._read(self.text.splitlines())
        if self.main.fields.get("topic") != path.stem:
            raise self.wrong("does not begin with its topic", f"write 'topic: {path.stem}' in its first line")
        if not self.main.fields.get("version"):
            raise self.wrong("has no version", "add a line such as 'version: 1'")
        if len(self.main.fields["version"]) > LONGEST_VERSION:  # every draft keeps it
            raise self.wrong("has a long version", "write a line such as 'version: 1'")

    @property
    def header(self) -> Mapping[str, str]:
        return self.main.fields

    def wrong(self, what: str, mend: str, line: int = 0) -> TemplateFault:
        return TemplateFault(self.path, what, mend, line)

    def wordings(self) -> int:
        """How many wordings all its blocks have together."""
        return sum(len(block.wordings()) for section in (self.main, *self.cases) for block in section.blocks)

    def required(self) -> dict[str, str]:
        """The slots that a reply cannot do without, each with the words of its gap."""
        line = self.header.get("required", "")
        if _REQUIRED.sub("", line).strip(", \n"):
            mend = "write each as 'slot (what is missing, in plain words)', with a comma between two"
            raise self.wrong("the line 'required' cannot be read", mend)
        return dict(_REQUIRED.findall(line))

    def _read(self, lines: Sequence[str]) -> None:
        section, key, number = self.main, "", 0
        while number < len(lines):
            line = lines[number]
            number += 1
            if match := _CASE.fullmatch(line.rstrip()):
                section, key = self._case(match[1], number), ""
            elif line.startswith("##"):
                end = next((n for n in range(number, len(lines)) if lines[n].startswith("#")), len(lines))
                self._block(section, line, number, "\n".join(lines[number:end]) + "\n")
                number = end
            elif line.startswith("#"):
                raise self.wrong(f"{line.strip()!r} begins nothing", "write '# case: name' or '## block'", number)
            elif line.strip():
                key = self._field(section, line, key, number)

    def _case(self, name: str, line: int) -> Section:
        if self.topic == "frame":
            raise self.wrong("the frame has no cases", "put the case in the file of its topic", line)
        if name in [case.name for case in self.cases]:
            raise self.wrong(f"the case {name!r} is there twice", "join the two", line)
        if len(self.cases) == MAX_CASES:
            raise self.wrong(f"there are more than {MAX_CASES} cases", "join some of them", line)
        self.cases.append(Section(name, line))
        return self.cases[-1]

    def _field(self, section: Section, line: str, key: str, number: int) -> str:
        """Read a line of a header; return the field that it belongs to."""
        fields = section.fields
        if key and (line[0].isspace() or line.startswith("- ")):
            fields[key] += "\n" + line.strip()
            return key
        allowed = HEADER if section is self.main else CASE
        key, colon, value = line.partition(":")
        if not colon or key not in allowed:
            raise self.wrong(f"{line.strip()!r} is not a header line", f"use one of {', '.join(allowed)}", number)
        if key in fields and key != "note":
            raise self.wrong(f"{key!r} is there twice", "join the two", number)
        fields[key] = f"{fields[key]}\n{value.strip()}" if key in fields else value.strip()
        return key

    def _block(self, section: Section, heading: str, line: int, text: str) -> None:
        allowed = FRAME_BLOCKS if self.topic == "frame" else BLOCKS
        match = _HEADING.fullmatch(heading)
        name, kind = match.groups(default="") if match else ("", "")
        if name not in allowed:
            raise self.wrong(f"there is no block {heading!r}", f"use one of {', '.join(allowed)}", line)
        if kind not in KINDS.get(name, ("",)):
            kinds = KINDS.get(name)
            mend = f"write '## {name}: ' and one of {', '.join(kinds)}" if kinds else f"write '## {name}'"
            raise self.wrong("this heading has the wrong kind", mend, line)
        if (name, kind) in [(block.name, block.kind) for block in section.blocks]:
            raise self.wrong(f"{heading!r} is there twice", "join the two", line)
        section.blocks.append(BlockText(name, kind, line + 1, text))


def with_case(text: str, name: str, asks: Sequence[str], answer: str) -> str:
    """The text of a template with one more case at its end, as somebody who knows the format would type it."""
    questions = "\n".join(f"- {ask}" for ask in asks)
    return f"{text.rstrip()}\n\n# case: {name}\nasks:\n{questions}\n\n## answer\n{answer.strip()}\n"
