"""The reply templates: lint, list, preview, export, import."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from triage import wiring
from triage.answers import Ask, Span
from triage.cli.context import Context, pass_context
from triage.cli.reading import letters_in
from triage.desk import Words, words
from triage.desk import facts as desk_facts
from triage.desk import templates as desk_templates
from triage.drafting import Templates, Voice, make_draft, measures
from triage.drafting.book import Book
from triage.drafting.edits import habits
from triage.drafting.library import bring_in, write_out
from triage.errors import ConfigError
from triage.lazy import LazyAssessor
from triage.records import Assessment, Draft, Kind, Letter, TopicScore
from triage.settings import DEFAULT_PATH, Settings
from triage.store import edits

_FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path), help="Another folder of templates than the configured one."
)


@click.group()
def templates() -> None:
    """Look at the reply templates, try them, and take them in and out."""


@templates.command()
@_FOLDER
@pass_context
def lint(context: Context, folder: Path | None) -> None:
    """Check every file; says which line is wrong and what to mend."""
    current, _ = _current(context, folder)
    for (kind, name), why in current.broken.items():
        raise ConfigError(f"The {kind} {name} as it was saved at the desk cannot be used, so the file's is. {why}")
    found = current.templates
    cases = sum(len(template.cases) - 1 for template in found.by_topic.values())
    click.echo(f"{len(found.by_topic)} templates with {cases} cases are in order.", err=True)


@templates.command(name="list")
@_FOLDER
@pass_context
def list_(context: Context, folder: Path | None) -> None:
    """List the templates with their cases."""
    for topic, template in sorted(_current(context, folder)[0].templates.by_topic.items()):
        click.echo(f"{template.reference:<28} {', '.join(name for name in template.cases if name) or 'no cases'}")
        assert topic == template.topic


@templates.command()
@click.argument("file", required=False)
@click.option("--topic", help="Show every case of this topic as a letter, without any facts.")
@_FOLDER
@pass_context
def preview(context: Context, file: str | None, topic: str | None, folder: Path | None) -> None:
    """Show the draft for a letter (FILE: .eml, .txt or .jsonl), or every case of a topic."""
    if bool(file) == bool(topic):
        raise click.UsageError("Name a file with a letter, or a topic with --topic.")
    current, book = _current(context, folder)
    found = current.templates
    if topic:
        if topic not in found.by_topic:
            known = ", ".join(sorted(found.by_topic))
            raise ConfigError(f"There is no template for {topic!r}. Next: use one of {known}.")
        for case in found.by_topic[topic].cases:
            _show(f"{topic}/{case or 'in general'}", _of_case(found, book, topic, case))
        return
    reader = LazyAssessor(lambda: wiring.model_folder(_settings(context)), lambda: found)
    for name, letter in letters_in((file or "",)):
        assessment = reader.assess(letter)
        asks = reader.asks(letter, [score.topic for score in assessment.topics])
        told = ", ".join(f"{ask.topic}/{ask.case or 'in general'} ({ask.score:.2f})" for ask in asks if ask.topic)
        draft = make_draft(letter, assessment, found, Voice(), asks=asks, book=book)
        _show(f"{name}: {told or 'no question recognised'}", draft)


@templates.command()
@click.argument("to", type=click.Path(path_type=Path))
@_FOLDER
@pass_context
def export(context: Context, to: Path, folder: Path | None) -> None:
    """Copy the templates, with what was changed at the desk, into the folder TO, to edit them there or keep them."""
    source = _folder(context, folder)
    files, saved = wiring.load_templates(source)[0].files, _current(context, folder)[0].templates.files
    changed = {t: file.text for t, file in saved.items() if t not in files or file.text != files[t].text}
    written = write_out(source, to, changed)
    click.echo(f"{written} files are in {to}. Next: set `templates` in [desk] to that folder to use them.", err=True)


@templates.command(name="import")
@click.argument("source", type=click.Path(path_type=Path))
@_FOLDER
@pass_context
def import_(context: Context, source: Path, folder: Path | None) -> None:
    """Take templates from a file or folder into the configured folder; nothing changes if one is wrong."""
    to = _folder(context, folder)
    if to.resolve() == wiring.templates_folder(None).resolve():
        raise ConfigError(
            "The templates that came with Triage are not changed, or the next version would overwrite your words. "
            'Next: run `triage templates export my-templates`, and set templates = "my-templates" under [desk].'
        )
    taken = bring_in(source, to)
    click.echo(f"{', '.join(taken)}: taken in. What they replace is kept in {to / 'earlier'}.", err=True)


@templates.command()
@click.argument("topic", metavar="NAME")
@pass_context
def history(context: Context, topic: str) -> None:
    """Show who changed a template at the desk, when and why, the newest first."""
    with context.service() as service:
        zone, found = service.desk.zone, desk_templates.versions(service.desk, topic)
    for version in found:
        row = version.row
        told = f"{row.made_at.astimezone(zone):%Y-%m-%d %H:%M}  {row.person}  {row.why}" if row else "as it came"
        click.echo(told if version.text else f"{told} (no text)")


@templates.command()
@click.option("--topic", help="Only this topic's template.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_context
def report(context: Context, topic: str | None, as_json: bool) -> None:
    """Show which sentences of the drafts people keep replacing before they sign, the most replaced first."""
    with context.service() as service:
        found = [habit for habit in habits(edits.every(service.desk.db)) if topic in (None, habit.template)]
    if as_json:
        for habit in found:
            click.echo(json.dumps(asdict(habit), ensure_ascii=False))
        return
    changed = [habit for habit in found if habit.kept < habit.drafted]
    if not changed:
        click.echo("Nothing that was drafted has been changed yet." if found else "No reply was signed yet.", err=True)
    for habit in changed:
        place = f"{habit.template}/{habit.case or 'in general'}, {habit.block}"
        click.echo(f"{place}: {habit.drafted} sentences, {habit.kept} kept, {habit.taken_out} taken out")
        for drafted, signed in habit.examples:
            click.echo(f"    - {drafted}\n    + {signed or '(taken out)'}")


def _settings(context: Context) -> Settings | None:
    """The configuration if there is one; templates can be tried without."""
    return context.settings() if context.config or DEFAULT_PATH.exists() else None


def _folder(context: Context, folder: Path | None) -> Path:
    return folder or wiring.templates_folder(_settings(context))


def _current(context: Context, folder: Path | None) -> tuple[Words, Book]:
    """The templates of another folder if it is named, else as drafts are made of them, with the facts they may cite."""
    configured = _settings(context)
    if folder or configured is None or not wiring.has_database(configured):
        found, book = wiring.load_templates(_folder(context, folder))
        return Words(found, {}), book
    with context.service() as service:
        return words.words(service.desk), desk_facts.book(service.desk)


def _of_case(found: Templates, book: Book, topic: str, case: str) -> Draft:
    """The draft for a letter that raises this case and states no fact."""
    letter = Letter(received_at=datetime(2026, 11, 23, 15, tzinfo=UTC), message_id=f"<{topic}.{case}@preview.example>")
    assessment = Assessment(kind=Kind.LETTER, topics=(TopicScore(topic=topic, score=1.0),))
    ask = Ask(span=Span(text="", start=0, end=0), topic=topic, case=case, score=1.0, main=True)
    return make_draft(letter, assessment, found, Voice(signature="Carol"), asks=[ask], book=book)


def _show(title: str, draft: Draft) -> None:
    told = measures(draft.body)
    click.echo(f"== {title}  ({told.words} words, longest sentence {told.longest_sentence}, grade {told.grade:.0f})")
    click.echo(f"\n{draft.body}")
    for reason in (*draft.blocks, *draft.making.warnings):
        click.echo(f"! {reason}")


COMMANDS = (templates,)
