"""The n-th call at a door fails, for n = 1, 2, ... until a walk ends without a fault."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.cast import NOON, mail
from tests.faults.house import Ground, House, Nth
from triage.records import Kind
from triage.stages import Stage
from triage.store import letters

LETTERS = (
    mail(),
    mail("There is no point anymore.", sender="sam@reader.example", message_id="<2@reader.example>"),
    mail("Our weekly digest", sender="list@shop.example", message_id="<3@reader.example>"),
)
PATIENCE = (1, 120, 900)  # seconds between the rounds after the fault: the retries of every step fall into them


@dataclass(frozen=True)
class Door:
    """Where calls fail, and whether what was asked for is done although the answer is lost."""

    name: str
    late: bool
    aim: Callable[[House, Nth], None]
    may_be_unknown: bool = False


def _database(house: House, nth: Nth) -> None:
    house.ground.database.nth = nth


def _mailbox(house: House, nth: Nth) -> None:
    house.mail_fails = nth


def _outbox(house: House, nth: Nth) -> None:
    house.office.nth = nth


DOORS = (
    Door("a statement or a commit fails", False, _database),
    Door("a commit is done and its answer lost", True, _database),
    Door("the inbox does not hear", False, _mailbox),
    Door("the inbox does it and its answer is lost", True, _mailbox),
    Door("the mail server's line dies", False, _outbox, may_be_unknown=True),
)


@dataclass
class Walked:
    """How one walk went."""

    fault: str  # empty: there was none left
    unknown: int


def walk(ground: Ground, door: Door, n: int) -> Walked:
    """Collect, read, tell, approve, send, settle, acknowledge, with the n-th call failing; restart; finish; check."""
    nth, house = Nth(n, late=door.late), House(ground)
    for letter in LETTERS:
        house.box.deliver(letter, NOON)
    door.aim(house, nth)
    house.round()
    house.round()  # the process goes on, with whatever it remembers
    door.aim(house, Nth())
    house.restart()
    for seconds in PATIENCE:
        house.clock.forward(seconds=seconds)
        house.round()
    where = f"{door.name}, call {n}: {nth.failed[:200]}"
    house.check(where=where)
    return Walked(nth.failed, _ended_well(house, door, where))


def _ended_well(house: House, door: Door, where: str) -> int:
    """What this walk has to end with besides the invariants; how many letters are unknown."""
    stages = {slip.subject + slip.sender.email: slip for slip in letters.slips(house.desk.db)}
    rosa, sam, digest = (next(s for key, s in stages.items() if who in key) for who in ("rosa@", "sam@", "list@"))
    unknown = rosa.stage is Stage.UNKNOWN
    assert rosa.stage is Stage.ANSWERED or (unknown and door.may_be_unknown), f"{where}: rosa's letter is {rosa.stage}"
    assert (sam.stage, digest.stage, digest.kind) == (Stage.HELD, Stage.ASIDE, Kind.NEWSLETTER), where
    told = [recipients for _, recipients, _ in house.office.taken if recipients == ["carol@desk.example"]]
    assert told, f"{where}: nobody was told of sam"
    noted = [recipients for mail_from, recipients, _ in house.office.taken if not mail_from]
    assert noted in ([["rosa@reader.example"]], []), f"{where}: notes to {noted}"  # none where it could be a second one
    if not unknown:
        assert len(house.box.sent) == 1, f"{where}: {len(house.box.sent)} copies in Sent"
    assert house.box.flagged == {1, 2, 3}, where
    return unknown


def every(ground: Ground, door: Door, *, step: int = 1, first: int = 1) -> Iterator[Walked]:
    """A walk for each `step`-th call from `first` on, to the end."""
    n = first
    while (walked := walk(ground, door, n)).fault:
        yield walked
        n += step
