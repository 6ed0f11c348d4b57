"""What letters are about, said by a person, and what the desk learns from it: topics, train."""

import click

from triage.cli.context import Context, acting, letter_number, pass_context, person
from triage.desk import learning
from triage.errors import Permanent
from triage.lessons import Version
from triage.store import learning as store
from triage.store import letters
from triage.wiring import Service

_AS_IT_CAME = "The desk reads with the pipeline as it came."


@click.command()
@letter_number
@click.argument("chosen", nargs=-1, metavar="[TOPIC]...")
@click.option("--because", "words", default="", metavar="WORDS", help="Words of the letter that show the main topic.")
@acting
@pass_context
def topics(context: Context, letter_id: int, chosen: tuple[str, ...], words: str, name: str) -> None:
    """Say what a letter is about, the main topic first; without a topic: none of those that there are.

    TOPIC/CASE says which of the prepared answers fits, as in withdrawing/not_qualified.
    """
    pairs = [topic.partition("/") for topic in chosen]
    chosen = tuple(topic for topic, _, _ in pairs)
    cases = {topic: case for topic, slash, case in pairs if slash}
    with context.service() as service:
        evidence = learning.evidence_for(letters.dossier(service.desk.db, letter_id), chosen, words)
        revision = learning.decide_topics(service.desk, letter_id, chosen, person(service, name), evidence, cases=cases)
    drafted = f" The draft was written anew (revision {revision})." if revision else ""
    click.echo(f"Letter {letter_id} is about {', '.join(chosen) or 'none of the topics'}.{drafted}", err=True)


@click.command()
@click.option("--list", "listing", is_flag=True, help="Show the versions that there are; learn nothing.")
@click.option("--use", "number", type=click.IntRange(min=0), help="Go to this version; 0: the pipeline as it came.")
@pass_context
def train(context: Context, listing: bool, number: int | None) -> None:
    """Learn now from all topics that were set and all drafts that were approved."""
    with context.service() as service:
        if number is not None:
            learning.use(service.desk, number)
            click.echo(f"The desk reads with version {number}." if number else _AS_IT_CAME, err=True)
        elif not listing:
            _learn(service)
        if listing:
            _list(service)


def _learn(service: Service) -> None:
    version = service.learn(least=0)
    if version is not None:
        click.echo(version.told)
        click.echo(f"Version {version.number} is {'used from now on' if version.in_use else 'kept, but not used'}.")
    elif learning.lessons(service.desk):
        raise Permanent("Learning failed, and nothing has changed. Next: look into the log for the reason.")
    else:
        click.echo(
            "There is nothing to learn from yet. Next: approve drafts, or correct the topics of letters.", err=True
        )


def _list(service: Service) -> None:
    found = store.versions(service.desk.db)
    for version in found:
        made_at = version.made_at.astimezone(service.desk.zone)
        click.echo(
            f"{version.number:>4}  {made_at:%Y-%m-%d %H:%M}  {version.lessons:>5} lessons  "
            f"{version.before:.3f} before, {version.after:.3f} after  {version.model}{_mark(version)}"
        )
    if not any(version.in_use for version in found):
        click.echo(_AS_IT_CAME, err=True)


def _mark(version: Version) -> str:
    return "  in use" if version.in_use else ""


COMMANDS = (topics, train)
