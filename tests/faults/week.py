"""Seven days of simulated time: everything goes wrong now and then, and people work office hours.

Each half hour, or hour, is one round: the world does something, the desk takes every step, and whoever is at the desk
looks through what waits. Two quiet days follow, in which everything has to come to its end. One seed is one week.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from itertools import pairwise
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from tests.cast import ALI, FOUNDING, NOON, mail
from tests.faults.house import FailingMailbox, Ground, House, Nth, PostOffice
from tests.faults.invariants import FINAL, copies
from triage import stages
from triage.desk import acknowledging as notes
from triage.desk import collecting, deciding, handing, reading, sending, warning
from triage.errors import NotLetIn, Temporary, TriageError
from triage.mailbox.memory import MemoryMailbox
from triage.ports import Mail, Refused
from triage.records import Receipt, Slip
from triage.stages import Stage
from triage.store import letters
from triage.store.tables import troubles

DAYS, QUIET_DAYS = 7, 2
DAY = timedelta(days=1)
NEW_YORK = ZoneInfo("America/New_York")
AT_ONCE = 6  # letters that somebody at the desk gets through in a round


class Died(BaseException):
    """The process is gone; nothing that it would have done next happens."""


class Chance(Nth):
    """Calls fail by chance."""

    def __init__(self, chance: random.Random, share: float) -> None:
        super().__init__()
        self.chance, self.share = chance, share

    def __call__(self, name: str) -> bool:
        return self.chance.random() < self.share


@dataclass
class Trouble:
    """Something that lasts: until when, and what it is called."""

    kind: str = ""
    until: datetime = NOON


class Provider(FailingMailbox):
    """The inbox, which its server refuses or does not answer for while there is trouble."""

    def __init__(self, box: MemoryMailbox, nth: Nth, trouble: Trouble) -> None:
        super().__init__(box, nth)
        self.trouble = trouble

    def select(self) -> int:
        if self.trouble.kind == "the inbox is away":
            raise Temporary("The server cannot be reached.")
        if self.trouble.kind == "the sign-in has ended":
            raise NotLetIn("Sign in again.")
        return self._box.select()


@dataclass
class Office(PostOffice):
    """The mail server, which also knows when it took what."""

    trouble: Trouble = field(default_factory=Trouble)
    now: Callable[[], datetime] = datetime.now
    times: list[datetime] = field(default_factory=list)

    def send(self, mail: Mail, begin_data: Callable[[], None]) -> Receipt:
        if self.trouble.kind == "the mail server is away":
            raise Refused("no connection", permanent=False, whole_account=True)
        try:
            return super().send(mail, begin_data)
        finally:
            self.times += [self.now()] * (len(self.taken) - len(self.times))


class Box(MemoryMailbox):
    """An inbox whose Sent folder is searched without taking each message apart."""

    def has_sent(self, message_id: str, token: str = "") -> bool:
        line = f"\r\nMessage-ID: {message_id}\r\n".encode()
        return any(line in message for message in self.sent)


TROUBLES = ("the inbox is away", "the sign-in has ended", "the mail server is away", "the disk is full")


class Week:
    """The world around one desk."""

    def __init__(self, ground: Ground, seed: int, *, minutes: int = 30) -> None:
        """`minutes` is how long a round is."""
        self.seed, self.chance, self.minutes = seed, random.Random(seed), minutes
        self.trouble = Trouble()
        box = Box("advice", after_collect="flag")
        self.house = House(ground, box=box, office=Office(trouble=self.trouble))
        office = self.house.office
        assert isinstance(office, Office)
        self.office, self.clock = office, self.house.clock
        office.now, office.nth = self.clock, Chance(self.chance, 0.02)
        self.house.mail_fails = Chance(self.chance, 0.02)
        self.began = self.clock()
        self.coming: list[tuple[datetime, bytes]] = []
        self.written = self.read_up_to = 0
        self.happened: Counter[str] = Counter()
        self.watch = self._watching()

    # ------------------------------------------------------------------ time

    def run(self) -> None:
        """The week and what comes after it; AssertionError unless all ends well."""
        while self.clock() < self.began + DAYS * DAY:
            self._world()
            self._readers()
            self._round()
            self.clock.forward(minutes=self.minutes)
        self._calm()
        while self.clock() < self.began + (DAYS + QUIET_DAYS) * DAY:
            self._readers()
            self._round(always=True)
            self.clock.forward(minutes=self.minutes)
        self._ended_well()

    def _round(self, *, always: bool = False) -> None:
        desk, provider = self.house.desk, Provider(self.house.box, self.house.mail_fails, self.trouble)
        at_work = always or self._office_hours()
        steps: tuple[Callable[[], object], ...] = (
            lambda: collecting.poll(desk, provider, asked=False),
            lambda: reading.assess(desk),
            lambda: reading.draft(desk),
            self.house.tell,
            lambda: self._people(AT_ONCE if at_work else 0),
            lambda: sending.send(desk, lambda _account: self.office).busy or notes.send(desk, lambda _: self.office),
            lambda: sending.settle(desk, lambda _account: provider),
            self.watch,
        )
        for step in steps:
            try:
                step()
            except TriageError:
                continue
            except Died:
                self.happened["the process died"] += 1
                self._restart()
                return

    def _office_hours(self) -> bool:
        here = self.clock().astimezone(NEW_YORK)
        return here.weekday() < 5 and 9 <= here.hour < 17

    # ------------------------------------------------------------------ what happens

    def _world(self) -> None:
        now, chance = self.clock(), self.chance
        if self.trouble.kind and now >= self.trouble.until:
            self._end_trouble()
        if not self.trouble.kind and chance.random() < 0.02:
            self.trouble.kind, hours = chance.choice(TROUBLES), chance.choice((1, 3, 10))
            self.trouble.until = now + timedelta(hours=hours)
            self.happened[self.trouble.kind] += 1
        self.house.ground.database.full = self.trouble.kind == "the disk is full"
        if chance.random() < 0.01:
            self.happened["the folder is made anew"] += 1
            box = self.house.box
            box.uidvalidity += 1
            there = list(box.messages.values())
            chance.shuffle(there)
            box.messages = dict(enumerate(there, 1))
        if chance.random() < 0.02:
            self.happened["a restart"] += 1
            self._restart()
        if chance.random() < 0.05:
            self._die_soon()
        for _ in range(chance.choice((0, 0, 0, 0, 0, 1, 1))):
            self._write()

    def _end_trouble(self) -> None:
        self.trouble.kind = ""
        self.house.ground.database.full = False

    def _calm(self) -> None:
        self._end_trouble()
        self.house.desk.db._checkpoint = lambda _name, _moment: None
        self.office.nth = self.house.mail_fails = Nth()

    def _die_soon(self) -> None:
        """The process will die at one of its next commits, before or after it."""
        left = self.chance.randrange(1, 30)

        def checkpoint(_name: str, _moment: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Died

        self.house.desk.db._checkpoint = checkpoint

    def _restart(self) -> None:
        self.house.desk.db._checkpoint = lambda _name, _moment: None
        self.house.restart()
        self.watch = self._watching()

    def _watching(self) -> warning.Watch:
        return warning.Watch(self.house.desk, lambda _account: self.office, self.clock())

    def _write(self) -> None:
        """Somebody writes for the first time."""
        self.written += 1
        n, who = self.written, self.chance.random()
        shares = ((0.6, "rosa"), (0.7, "gone"), (0.8, "away"), (0.85, "robot"), (1, ""))
        kind = next(kind for share, kind in shares if who <= share)
        sender, body = f"{kind or 'rosa'}{n}@reader.example", f"{FOUNDING}\n\nLetter {n}"
        if not kind:
            sender, body = self.chance.choice(
                (
                    (f"sam{n}@reader.example", f"There is no point anymore. {n}"),
                    (f"news{n}@shop.example", f"Our weekly digest {n}"),
                    (f"odd{n}@reader.example", f"This will explode: {n}"),
                    (f"twice{n}@reader.example", f"{FOUNDING} {n}"),
                )
            )
        letter = mail(body, sender=sender, message_id=f"<{n}@reader.example>", subject=f"Question {n}")
        self._arrive(letter)
        if sender.startswith("twice"):  # once more, and once with another text under the same Message-ID
            self._arrive(letter)
            self._arrive(letter.replace(b"interview", b"appointment"))

    def _arrive(self, *messages: bytes) -> None:
        for message in messages:
            self.house.box.deliver(message, self.clock())

    def _readers(self) -> None:
        """What the desk's mail sets off in those who get it."""
        for mail_from, (recipient, *_), data in self.office.taken[self.read_up_to :]:
            message = message_from_bytes(data, policy=policy.default)
            self._answer(recipient, str(message["Message-ID"]), message["X-Triage-Reply"], is_note=not mail_from)
        self.read_up_to = len(self.office.taken)
        now = self.clock()
        self._arrive(*(message for at, message in self.coming if at <= now))
        self.coming = [(at, message) for at, message in self.coming if at > now]

    def _answer(self, recipient: str, message_id: str, token: str | None, *, is_note: bool) -> None:
        if recipient.endswith("@desk.example"):
            return
        now, serial = self.clock(), len(self.office.taken) * 100 + self.read_up_to + len(self.coming)
        new_id = f"<answer-{serial}-{recipient}>"
        if recipient.startswith("robot"):  # answers whatever comes, at once, and looks like a person
            self.happened["a robot answered"] += 1
            answer = mail(f"Thank you! {serial}", sender=recipient, message_id=new_id, subject=f"Hi {serial}")
            self.coming.append((now, answer))
        elif is_note:
            return
        elif recipient.startswith("gone"):
            self.happened["a reply came back"] += 1
            self.coming.append((now, returned(recipient, message_id, str(token))))
        elif recipient.startswith("away"):
            answer = mail("I am away.", sender=recipient, message_id=new_id, Auto_Submitted="auto-replied")
            self.coming.append((now, answer))
        elif self.chance.random() < 0.3:
            self.happened["a reader wrote again"] += 1
            later = now + timedelta(hours=self.chance.randrange(1, 30))
            body = f"May I pull out by telephone? {serial}"
            self.coming.append((later, mail(body, sender=recipient, message_id=new_id, In_Reply_To=message_id)))

    # ------------------------------------------------------------------ people

    def _people(self, most: int) -> None:
        """Ali looks through what waits, the most pressing first."""
        for slip in letters.slips(self.house.desk.db, stages.FOR_PEOPLE, limit=most) if most else ():
            try:
                self._decide(slip)
            except TriageError:
                continue

    def _decide(self, slip: Slip) -> None:
        desk = self.house.desk
        robot = slip.sender.email.startswith("robot") and slip.subject.startswith("Hi")
        if slip.stage is Stage.STUCK or robot or (slip.stage is Stage.FAILED and slip.sender.email.startswith("gone")):
            deciding.let_go(desk, slip.id, ALI, "answered elsewhere")
        elif slip.stage is Stage.UNKNOWN:
            reply = letters.dossier(desk.db, slip.id).reply
            assert reply is not None
            came = copies(self.office.taken)[reply.reply.message_id]
            (deciding.confirm_sent if came else deciding.send_again)(desk, slip.id, ALI, "asked")
        else:
            self._sign(slip)

    def _sign(self, slip: Slip) -> None:
        desk = self.house.desk
        dossier = letters.dossier(desk.db, slip.id)
        if dossier.assessment is not None and dossier.assessment.held and not slip.taken_by:
            handing.take(desk, slip.id, ALI)
        if slip.stage is not Stage.DRAFTED or (dossier.draft and (dossier.draft.gaps or dossier.draft.blocks)):
            base = dossier.draft.revision if dossier.draft else 0
            deciding.revise(desk, slip.id, ALI, subject="Re: your letter", body="Go there.\n\nCarol Reyes", base=base)
        deciding.approve(desk, slip.id, ALI)
        if self.chance.random() < 0.05:
            deciding.undo(desk, slip.id, ALI)

    # ------------------------------------------------------------------ the end

    def _ended_well(self) -> None:
        where = f"week of seed {self.seed}"
        self.house.check(where=where)
        open_still = [slip for slip in letters.slips(self.house.desk.db, limit=10_000) if slip.stage not in FINAL]
        assert not open_still, f"{where}: {[(slip.id, slip.stage, slip.reason) for slip in open_still]}"
        noted = defaultdict(list)
        for (mail_from, recipients, _), at in zip(self.office.taken, self.office.times, strict=True):
            if not mail_from:
                noted[recipients[0]].append(at)
        early = [who for who, times in noted.items() for a, b in pairwise(sorted(times)) if b - a < DAY]
        assert not early, f"{where}: more than one note a day to {early}"
        with self.house.desk.db.read() as connection:
            opened = Counter(connection.scalars(sa.select(troubles.c.kind)))
            still = connection.scalars(sa.select(troubles.c.said).where(troubles.c.ended_at.is_(None))).all()
        assert not still, f"{where}: still said to be wrong: {still}"
        self.happened.update({f"trouble {kind}": number for kind, number in opened.items()})


def returned(recipient: str, message_id: str, token: str) -> bytes:
    """A mail system's report that a reply could not be delivered (RFC 3464)."""
    text = f"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.reader.example>
To: advice@desk.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn-{token}@mx.reader.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.reader.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such reader
--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
X-Triage-Reply: {token}
--b--
"""
    return text.replace("\n", "\r\n").encode()
