"""The desk with doors that fail where a test says, and a server behind each of them that goes on being there."""

import itertools
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from tests.cast import ALI, CAROL, NOON, TestClock, make_desk
from tests.faults import invariants
from tests.faults.invariants import Taken
from tests.servers import Postgres
from tests.servers.memory import fastest_folder
from tests.test_watching import PLENTY
from triage.desk import (
    Adopted,
    Desk,
    LastWords,
    acknowledging,
    alerting,
    choices,
    collecting,
    deciding,
    reading,
    sending,
)
from triage.errors import Temporary, TriageError
from triage.mailbox.memory import MemoryMailbox
from triage.ports import Lost, Mail, Mailbox, Refused
from triage.records import RawMessage, Receipt
from triage.stages import Role, Stage
from triage.store import letters, people
from triage.store.database import Database
from triage.store.tables import metadata

WORDS = "Your letter has arrived. Somebody reads every one."


class Nth:
    """Counts calls, and says of the n-th that it fails. `late`: what was asked is done, and only the answer is lost."""

    def __init__(self, at: int = 0, *, late: bool = False) -> None:
        self.at, self.late = at, late
        self.seen = 0
        self.failed = ""  # the name of the call that failed

    def __call__(self, name: str) -> bool:
        self.seen += 1
        if self.seen == self.at:
            self.failed = name
            return True
        return False


class FailingMailbox:
    """A mailbox over a line that goes dead at one call: before the server heard it, or before it was answered."""

    def __init__(self, box: Mailbox, nth: Nth) -> None:
        self._box, self._nth = box, nth
        self.account, self.folder = box.account, box.folder

    def fetch(self, uids: Sequence[int], max_bytes: int) -> Iterator[RawMessage]:
        fails = self._nth("fetch")
        if fails and not self._nth.late:
            raise Temporary("The connection was lost.")
        messages = list(self._box.fetch(uids, max_bytes))
        yield from messages[: len(messages) // 2] if fails else messages
        if fails:
            raise Temporary("The connection was lost.")

    def close(self) -> None:
        self._box.close()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        asked = getattr(self._box, name)

        def call(*values: Any, **named: Any) -> Any:
            fails = self._nth(name)
            if fails and not self._nth.late:
                raise Temporary("The connection was lost.")
            answer = asked(*values, **named)
            if fails:
                raise Temporary("The connection was lost.")
            return answer

        return call


@dataclass
class PostOffice:
    """A mail server as the desk's outbox sees it, command by command; `taken` is what it has kept."""

    nth: Nth = field(default_factory=Nth)
    taken: list[Taken] = field(default_factory=list)

    def send(self, mail: Mail, begin_data: Callable[[], None]) -> Receipt:
        for command in ("connect", "MAIL", "RCPT", "DATA"):
            if self.nth(command):
                raise Refused(f"{command} was not answered", permanent=False, whole_account=command == "connect")
        begin_data()
        if self.nth("body"):
            raise Lost("The connection was lost.")
        self.taken.append((mail.mail_from, [mail.recipient], mail.message))
        if self.nth("answer"):
            raise Lost("The connection was lost.")
        return Receipt(code=250, text="2.0.0 Ok: queued as 4F2A")

    def close(self) -> None:
        """Nothing is held open."""


class FailingDatabase:
    """Lets the n-th statement or commit of a database fail as its driver would; put into an engine once.

    On PostgreSQL the connection is really closed. `nth.late` commits, and loses the answer to that.
    """

    def __init__(self, db: Database) -> None:
        self.nth = Nth()
        self.full = False  # it takes no more rows
        self._db = db
        for event in ("do_execute", "do_executemany"):
            sa.event.listen(db.engine, event, self._execute)
        sa.event.listen(db.engine, "do_execute_no_params", lambda cursor, said, context: self._execute(cursor, said))
        self._commit = db.engine.dialect.do_commit
        db.engine.dialect.do_commit = self._commit_or_fail  # type: ignore[method-assign]

    def _execute(self, cursor: Any, statement: str, *_: Any) -> None:
        if self.full and statement.startswith(("INSERT", "UPDATE")):
            raise _full(self._db)
        if not self.nth.late and self.nth(statement):
            self._fail(cursor.connection)

    def _commit_or_fail(self, connection: Any) -> None:
        fails = self.nth("commit")
        if fails and not self.nth.late:
            self._fail(connection)
        self._commit(connection)
        if fails:
            self._fail(connection)
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    def _fail(self, connection: Any) -> None:
        if self._db.is_sqlite:
            raise sqlite3.OperationalError("disk I/O error")
        getattr(connection, "dbapi_connection", connection).close()


def _full(db: Database) -> Exception:
    if not db.is_sqlite:
        return psycopg.errors.DiskFull("could not extend file: No space left on device")
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


class Ground:
    """A database with its people and settings that can be made as new: carol is told of letters from people in danger.

    One engine for all walks on it: what costs most is putting SQL together for the first time.
    """

    def __init__(self, postgres: Postgres | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="triage-faults-", dir=fastest_folder())
        self._file, self._model = Path(self._folder.name, "triage.db"), Path(self._folder.name, "model.db")
        self._postgres = postgres
        self.url = postgres.new_database() if postgres else f"sqlite:///{self._file}"
        self.desk = make_desk(self.url, acknowledgement=WORDS, after_collect="flag")
        people.add(self.desk.db, "carol", Role.EDITOR, "", NOON, email="carol@desk.example")
        people.add(self.desk.db, "ali", Role.ADVISOR, "", NOON)
        choices.set_alerts(self.desk, CAROL, people=["carol"], also_r2=False)
        choices.set_watchers(self.desk, CAROL, ["carol"])
        with self.desk.db.read() as connection:
            found = {table: connection.execute(sa.select(table)).mappings().all() for table in metadata.sorted_tables}
        self._rows = {table: list(map(dict, rows)) for table, rows in found.items() if rows}
        self.desk.db.close()
        if not postgres:
            shutil.copy(self._file, self._model)
        self.database = FailingDatabase(self.desk.db)

    def renew(self) -> None:
        """Leave nothing of what was done on it."""
        self.desk.db.close()
        self.database.nth, self.database.full = Nth(), False
        if self._postgres is None:
            shutil.copy(self._model, self._file)
            return
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        with self.desk.db.engine.begin() as connection:
            connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
            for table, rows in self._rows.items():
                connection.execute(sa.insert(table), rows)
                if "id" in table.c:
                    last = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
                    connection.exec_driver_sql(last)

    def close(self) -> None:
        self.desk.db.close()
        if self._postgres:
            self._postgres.drop_database(self.url)
        self._folder.cleanup()


@dataclass
class House:
    """A desk on its ground, which can be restarted, with its inbox and the mail server that takes its mail."""

    ground: Ground
    clock: TestClock = field(default_factory=TestClock)
    box: Any = field(default_factory=lambda: MemoryMailbox("advice", after_collect="flag"))  # a Mailbox
    office: Any = field(default_factory=PostOffice)  # an Outbox that says what it has `taken`
    mail_fails: Nth = field(default_factory=Nth)
    _starts: int = 0

    def __post_init__(self) -> None:
        self.ground.renew()
        self.start()

    def start(self) -> None:
        """Open the desk as a new process would: it remembers nothing but the database."""
        self._starts += 1
        numbers, start = itertools.count(1), self._starts
        self.desk: Desk = replace(
            self.ground.desk,
            clock=self.clock,
            token=lambda: f"start{start}x{next(numbers)}",
            disk_usage=lambda _: PLENTY,
            adopted=Adopted(),
            last_words=LastWords(),
        )

    def restart(self) -> None:
        """End, and with that give up the sender's lock, and start again."""
        self.desk.db.close()
        self.start()

    @property
    def mailbox(self) -> FailingMailbox:
        return FailingMailbox(self.box, self.mail_fails)

    def collect(self) -> None:
        collecting.poll(self.desk, self.mailbox)

    def read(self) -> None:
        reading.assess(self.desk)
        reading.draft(self.desk)

    def approve(self) -> None:
        """Ali signs whatever waits for a signature."""
        for slip in letters.slips(self.desk.db, [Stage.DRAFTED]):
            deciding.approve(self.desk, slip.id, ALI)

    def send(self) -> None:
        sent = sending.send(self.desk, lambda _account: self.office, ignore_undo=True)
        if not sent.busy:
            acknowledging.send(self.desk, lambda _account: self.office)

    def settle(self) -> None:
        sending.settle(self.desk, lambda _account: self.mailbox)

    def tell(self) -> None:
        alerting.tell(self.desk, lambda _account: self.office)

    def round(self) -> None:
        """Every step once, as the schedule does it: one that fails leaves the others alone and is tried again."""
        steps = (self.collect, self.read, self.tell, self.send, self.approve, self.send, self.settle)
        for step in steps:  # notes go out before anybody signs
            try:
                step()
            except TriageError:
                continue

    def stage(self, letter_id: int = 1) -> Stage:
        return letters.dossier(self.desk.db, letter_id).slip.stage

    def check(self, *, drained: bool = True, where: str = "") -> None:
        """Every invariant, and that nobody got the same note twice."""
        inbox = invariants.on_server(self.box)
        invariants.check(self.desk.db, inbox, self.office.taken, drained=drained, where=where)
        twice = [number for number in invariants.notes(self.office.taken).values() if number > 1]
        assert not twice, f"{where}: a note went out twice"
