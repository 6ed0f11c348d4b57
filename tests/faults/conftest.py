"""The ground of each kind of database, made once for a file of tests."""

from collections.abc import Iterator

import pytest

from tests.faults.house import Ground, House
from triage.mailbox.memory import MemoryMailbox


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """A database that is made as new by each house on it; the test runs on SQLite and again on PostgreSQL."""
    made = Ground(request.getfixturevalue("postgres") if request.param == "postgresql" else None)
    yield made
    made.close()


@pytest.fixture
def house(ground: Ground) -> Iterator[House]:
    """A desk with doors that can fail. After the test every invariant has to hold."""
    made = House(ground)
    yield made
    if isinstance(made.box, MemoryMailbox):  # others are gone by now, and the test checks
        made.check(drained=False)
    made.desk.db.close()
