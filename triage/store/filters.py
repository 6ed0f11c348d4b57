"""Which letters a list shows: topic, stage, inbox, who sees to them, and risk."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from triage.stages import Stage
from triage.store.tables import letter_topics, letters

NOBODY = ""
"""For `Filters.person`: letters that nobody sees to or has taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list is narrowed to; None is no filter."""

    topic: str | None = None
    stage: Stage | None = None
    account: str | None = None
    person: str | None = None  # sees to it or has taken it
    risk: str | None = None

    def where(self) -> tuple[ColumnElement[bool], ...]:
        """The same as conditions on `letters`."""
        found: list[ColumnElement[bool]] = []
        if self.topic is not None:
            found.append(
                sa.exists().where(letter_topics.c.letter_id == letters.c.id, letter_topics.c.topic == self.topic)
            )
        if self.stage is not None:
            found.append(letters.c.stage == self.stage)
        if self.account is not None:
            found.append(letters.c.account == self.account)
        if self.person == NOBODY:
            found += [letters.c.assigned_to == "", letters.c.taken_by == ""]
        elif self.person is not None:
            found.append(sa.or_(letters.c.assigned_to == self.person, letters.c.taken_by == self.person))
        if self.risk is not None:
            found.append(letters.c.risk == self.risk)
        return tuple(found)


EVERYTHING = Filters()
