"""What commands share: the configuration, read when first needed, and the service built from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from triage import logs, settings, wiring
from triage.errors import Conflict
from triage.records import Person
from triage.store import people


class Context:
    """The command line's `ctx.obj`."""

    def __init__(self, config: Path | None) -> None:
        self.config = config

    def settings(self) -> settings.Settings:
        return settings.load(self.config)

    @contextmanager
    def service(self) -> Iterator[wiring.Service]:
        """The service, closed at the end."""
        configured = self.settings()
        logs.log_to(configured.desk.log_file, configured.desk.log_format)
        service = wiring.build(configured)
        try:
            yield service
        finally:
            service.close()


def person(service: wiring.Service, name: str) -> Person:
    """Who acts. Raises Conflict when nobody has this name."""
    found = people.find(service.desk.db, name)
    if found is None:
        raise Conflict(f"There is nobody named {name} here. Next: `triage user add {name} --role advisor`.")
    return found[0]


acting = click.option("--as", "name", required=True, help="Who acts: a person who was added with `triage user add`.")
letter_number = click.argument("letter_id", type=int, metavar="ID")
pass_context = click.make_pass_decorator(Context)
