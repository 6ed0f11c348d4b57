"""Reading and replying to files, and measuring the pipeline: no configuration, no database."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from triage import parsing, screening, wiring
from triage.drafting import Voice, make_draft
from triage.errors import ConfigError
from triage.lazy import LazyAssessor
from triage.ports import Assessor, Reader
from triage.reader.process import ReadingProcess
from triage.records import Address, Assessment, Draft, Kind, Letter

_FILES = click.argument("files", nargs=-1, required=True, metavar="FILE...")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.command()
@_FILES
@_JSON
@click.option("--model", type=click.Path(path_type=Path), help="Another pipeline folder.")
def read(files: tuple[str, ...], as_json: bool, model: Path | None) -> None:
    """Read letters: .eml, .txt, .jsonl of {"id","subject","body"}, or - for standard input."""
    assessor = _assessor(model)
    for name, letter in letters_in(files):
        found = _assess(assessor, letter)
        click.echo(json.dumps(_reading(name, found), ensure_ascii=False) if as_json else _told(name, found))


@click.command()
@_FILES
@_JSON
@click.option("--model", type=click.Path(path_type=Path), help="Another pipeline folder.")
def reply(files: tuple[str, ...], as_json: bool, model: Path | None) -> None:
    """Read letters and compose a reply to each; nothing is sent."""
    templates, book = wiring.load_templates(wiring.templates_folder(None))
    assessor = LazyAssessor(lambda: model or wiring.model_folder(None), lambda: templates)
    for name, letter in letters_in(files):
        found = _assess(assessor, letter)
        asks = assessor.asks(letter, [score.topic for score in found.topics])
        draft = make_draft(letter, found, templates, Voice(), asks=asks, book=book)
        if found.kind is not Kind.LETTER and not found.held:
            draft = Draft(subject="", body="", blocks=(f"This is no letter ({found.kind}); it gets no reply.",))
        if as_json:
            click.echo(json.dumps(_reply(name, found, draft), ensure_ascii=False))
        else:
            click.echo("\n".join([f"== {name}", draft.subject, "", draft.body, *(f"! {b}" for b in draft.blocks), ""]))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@_JSON
@click.option("--model", type=click.Path(path_type=Path), help="Another pipeline folder.")
def evaluate(file: Path, as_json: bool, model: Path | None) -> None:
    """Measure the pipeline on labelled letters (.jsonl)."""
    from triage import assessor
    from triage.assessor import evaluation

    rows = [row for _, row in _rows(file.name, _bytes(str(file)))]
    figures = evaluation.evaluate(assessor.load(model or wiring.model_folder(None)), rows)
    click.echo(json.dumps(figures, ensure_ascii=False) if as_json else evaluation.render(figures))


def _assessor(model: Path | None) -> Assessor:
    from triage import assessor

    return assessor.load(model or wiring.model_folder(None))


def _assess(assessor: Assessor, letter: Letter) -> Assessment:
    screened = screening.screen(letter, ())
    return Assessment(kind=screened.kind, model=assessor.name) if screened else assessor.assess(letter)


def letters_in(files: tuple[str, ...]) -> Iterator[tuple[str, Letter]]:
    """Each letter in the files with a name for it."""
    with closing(ReadingProcess()) as reader:  # started when a message is first to be taken apart
        yield from _letters(files, reader)


def _letters(files: tuple[str, ...], reader: Reader) -> Iterator[tuple[str, Letter]]:
    now = datetime.now(UTC)
    for name in files:
        data = _bytes(name)
        if name.endswith(".jsonl") or (name == "-" and data.lstrip().startswith(b"{")):
            for row_id, row in _rows(name, data):
                yield row_id, Letter(subject=str(row.get("subject", "")), body=str(row["body"]), received_at=now)
        elif name.endswith(".eml") or (name == "-" and b":" in data.split(b"\n", 1)[0]):
            yield name, reader.parse(data, now, len(data))
        else:
            text = parsing.clean(data.decode("utf-8", "replace"))
            yield name, Letter(body=text.strip(), sender=Address("", ""), received_at=now)


def _bytes(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror}.") from error


def _rows(name: str, data: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            row["body"]
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f'{name}, line {number}: not a JSON object with a "body". Next: mend that line.'
            ) from error
        yield str(row.get("id", number)), row


def _reading(name: str, found: Assessment) -> dict[str, Any]:
    return {
        "id": name,
        "kind": found.kind,
        "topics": [
            {
                "topic": t.topic,
                "score": round(t.score, 3),
                "sure": t.sure,
                "evidence": [span.text for span in t.evidence],
            }
            for t in found.topics
        ],
        "suggested": list(found.suggested),
        "slots": {slot.name: slot.value for slot in reversed(found.slots)},
        "facts": [
            {"name": s.name, "value": s.value, "text": s.text, "start": s.start, "end": s.end} for s in found.slots
        ],
        "urgency": found.urgency,
        "deadline": found.deadline.isoformat() if found.deadline else None,
        "risk": found.risk,
        "language": found.language,
        "model": found.model,
    }


def _reply(name: str, found: Assessment, draft: Draft) -> dict[str, Any]:
    return {
        "id": name,
        "subject": draft.subject,
        "body": draft.body,
        "templates": list(draft.templates),
        "gaps": list(draft.gaps),
        "blocks": list(draft.blocks),
        "held": found.held,
        "topics": [t.topic for t in found.topics],
    }


def _told(name: str, found: Assessment) -> str:
    lines = [f"{name}: {found.kind}, {found.urgency}, {found.risk}"]
    for topic in found.topics:
        lines.append(
            f"  {topic.topic} ({topic.score:.2f})" if topic.sure else f"  perhaps {topic.topic} ({topic.score:.2f})"
        )
        lines += [f"    “{' '.join(span.text.split())}”" for span in topic.evidence]
    if found.language != "en":
        lines.append(f"  language: {found.language}")
    if found.suggested and not found.topics:
        lines.append(f"  not sure; perhaps {', '.join(found.suggested)}")
    lines += [f"  {slot.name}: {slot.value}" for slot in found.slots]
    lines += [f"  {reason}" for reason in found.risk_reasons]
    return "\n".join(lines)


COMMANDS = (read, reply, evaluate)
