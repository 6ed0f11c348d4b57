"""The command line: one command for each verb. Errors are plain words on standard error.

Exit code 0: done. 1: something failed, and it says what. 2: the configuration or the call is wrong.
"""

import sys
from pathlib import Path

import click

from triage import __version__
from triage.cli import (
    caring,
    details,
    drafts,
    facts,
    figures,
    keeping,
    learning,
    machine,
    people,
    programs,
    reading,
    setup,
    signing_in,
    status,
    templates,
    user,
)
from triage.cli.context import Context
from triage.errors import ConfigError, TriageError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config", type=click.Path(path_type=Path), help="The configuration (default: TRIAGE_CONFIG, ./config.toml)."
)
@click.version_option(__version__, prog_name="triage")
@click.pass_context
def triage(ctx: click.Context, config: Path | None) -> None:
    """An advice desk for reader mail."""
    ctx.obj = Context(config)


for module in (
    setup,
    signing_in,
    machine,
    status,
    people,
    user,
    caring,
    drafts,
    details,
    learning,
    facts,
    figures,
    templates,
    programs,
    keeping,
    reading,
):
    for command in module.COMMANDS:
        triage.add_command(command)


def main() -> None:
    """Run a command; never a traceback for what a person can mend."""
    try:
        triage(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ConfigError as error:
        click.echo(f"triage: {error}", err=True)
        sys.exit(2)
    except TriageError as error:
        click.echo(f"triage: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
