"""Taking templates out to a folder and in from one, checked as a whole before anything changes."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from triage.drafting.book import Book
from triage.drafting.templates import Templates
from triage.errors import ConfigError

KEPT = "earlier"
"""The folder beside the templates that keeps what an import replaced, numbered."""
FACTS = "facts.csv"


def write_out(folder: Path, to: Path, changed: Mapping[str, str] = MappingProxyType({})) -> int:
    """Copy the templates and their facts into `to`, which must be new or empty; return how many files.

    `changed` has the texts that count in place of those of the folder, by topic.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ConfigError(f"{to} is there already and not empty. Next: name a new folder.")
    try:
        to.mkdir(parents=True, exist_ok=True)
        files = [*sorted(folder.glob("*.txt")), folder / FACTS]
        for path in files:
            shutil.copy(path, to / path.name)
        for topic, text in changed.items():
            (to / f"{topic}.txt").write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(f"{to} cannot be written: {error.strerror}. Next: name another folder.") from error
    return len({*(path.name for path in files), *(f"{topic}.txt" for topic in changed)})


def bring_in(source: Path, folder: Path) -> list[str]:
    """Take the .txt files of `source` (a file or a folder) into `folder`; return their names.

    They are checked together with the files that stay; ConfigError leaves everything as it was.
    What is replaced is kept in a numbered folder under `earlier`.
    """
    new = [source] if source.is_file() and source.suffix == ".txt" else sorted(source.glob("*.txt"))
    if not new:
        raise ConfigError(f"There is no template, a .txt file, in {source}. Next: name another file or folder.")
    if not (folder / FACTS).is_file():
        raise ConfigError(
            f"{folder} has no {FACTS}. Next: run `triage templates export` into a new folder and use that."
        )
    with tempfile.TemporaryDirectory() as place:
        trial = Path(place)
        for path in (*folder.glob("*.txt"), folder / FACTS, *new):  # a new file wins over the old one
            shutil.copy(path, trial / path.name)
        try:
            Templates.load(trial, Book.read(trial / FACTS).names)
        except ConfigError as error:
            said = str(error)
            for path in new:
                said = said.replace(str(trial / path.name), str(path))
            raise ConfigError(said.replace(str(trial), str(folder))) from error
    earlier = folder / KEPT
    kept = earlier / str(1 + max((int(p.name) for p in earlier.glob("*") if p.name.isdigit()), default=0))
    kept.mkdir(parents=True)
    for path in new:
        old = folder / path.name
        if old.exists():
            shutil.copy(old, kept / path.name)
        waiting = folder / f".{path.name}"
        shutil.copy(path, waiting)
        waiting.replace(old)
    return [path.name for path in new]
