"""Held letters are looked after by one person, some replies are read by two, and whoever has to know is told."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from tests.cast import ALI, ANA, CAROL, NOON, TestClock, inbox, mail, mailbox_with, make_desk
from tests.servers import HangUp, SmtpSink
from tests.servers import Stage as At
from triage.cli import triage
from triage.desk import Desk, alerting, caring, choices, collecting, deciding, handing, learning, reading
from triage.desk.second_factor import Needed
from triage.errors import Conflict, NotAllowed
from triage.outbox.smtp import SmtpOutbox
from triage.records import Dossier, Person
from triage.settings import Server
from triage.stages import Role, Stage, Verb
from triage.store import house, letters, people, tables

DANGER = "I see no point anymore. He reads my mail.\n\nRosa"
REPLY = "Dear Rosa, I read your letter. Please call me.\n\nAli"


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def desk(database_url: str, clock: TestClock) -> Iterator[Desk]:
    """A desk where carol, ali and ana may sign in, with a held letter from rosa, number 1."""
    desk = make_desk(database_url, clock=clock)
    for person in (CAROL, ALI, ANA):
        people.add(desk.db, person.name, person.role, "", NOON, email=f"{person.name}@desk.example")
    bring(desk, mail(DANGER, subject="A subject of rosa's"))
    yield desk
    desk.db.close()


def bring(desk: Desk, *messages: bytes, life: int = 1) -> None:
    box = mailbox_with(*messages)
    box.uidvalidity = life
    collecting.collect(desk, box)
    reading.assess(desk)
    reading.draft(desk)


def letter(desk: Desk, letter_id: int = 1) -> Dossier:
    return letters.dossier(desk.db, letter_id)


def write(desk: Desk, person: Person = ALI, letter_id: int = 1, text: str = REPLY) -> int:
    draft = letter(desk, letter_id).draft
    base = draft.revision if draft else 0
    return deciding.revise(desk, letter_id, person, subject="Your letter", body=text, base=base)


def did(desk: Desk, verb: Verb, letter_id: int = 1) -> list[tuple[str, str]]:
    """Who did it, and what stands in the history beside it."""
    return [(row.who, row.why) for row in letter(desk, letter_id).history if row.verb == verb]


# ------------------------------------------------------------------ taking a held letter


def test_nobody_signs_the_reply_to_a_held_letter_that_nobody_has_taken(desk: Desk) -> None:
    write(desk)
    with pytest.raises(Conflict, match="Nobody has taken this letter yet"):
        deciding.approve(desk, 1, ALI)
    assert letter(desk).slip.stage is Stage.DRAFTED

    handing.take(desk, 1, ALI)
    assert (letter(desk).slip.taken_by, letter(desk).slip.assigned_to) == ("ali", "ali")
    assert did(desk, Verb.TAKE) == [("ali", "")]
    assert deciding.approve(desk, 1, ALI).recipient == "rosa@reader.example"


def test_carol_signs_only_after_she_has_taken_the_letter_over_from_ali(desk: Desk) -> None:
    write(desk)
    handing.take(desk, 1, ALI)
    with pytest.raises(Conflict, match="ali has taken this letter"):
        deciding.approve(desk, 1, CAROL)
    with pytest.raises(Conflict, match="ali has taken this letter"):
        handing.take(desk, 1, CAROL)

    handing.take(desk, 1, CAROL, instead_of="ali")
    assert did(desk, Verb.TAKE)[-1] == ("carol", "ali looked after it before")
    with pytest.raises(Conflict, match="carol has taken this letter"):
        deciding.approve(desk, 1, ALI)
    assert deciding.approve(desk, 1, CAROL).approved_by == "carol"


def test_of_two_who_take_a_letter_at_the_same_moment_one_has_it(desk: Desk) -> None:
    outcomes: dict[str, str] = {}
    together = threading.Barrier(2)

    def take(person: Person) -> None:
        together.wait()
        try:
            handing.take(desk, 1, person)
            outcomes[person.name] = "has it"
        except Conflict as conflict:
            outcomes[person.name] = str(conflict)

    threads = [threading.Thread(target=take, args=(person,)) for person in (ALI, CAROL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    taken_by = letter(desk).slip.taken_by
    other = "carol" if taken_by == "ali" else "ali"
    assert outcomes[taken_by] == "has it"
    assert f"{taken_by} has taken this letter" in outcomes[other]
    assert did(desk, Verb.TAKE) == [(taken_by, "")]


def test_a_letter_that_is_taken_over_while_its_reply_is_signed_is_not_sent(desk: Desk) -> None:
    write(desk)
    handing.take(desk, 1, ALI)

    def token() -> str:  # asked for between the look at the letter and the approval
        handing.take(desk, 1, CAROL, instead_of="ali")
        return "token"

    with pytest.raises(Conflict, match="Somebody else changed this letter"):
        deciding.approve(replace(desk, token=token), 1, ALI)
    assert (letter(desk).slip.stage, letter(desk).reply) == (Stage.DRAFTED, None)


def test_taking_it_twice_is_taking_it_once_and_ana_cannot(desk: Desk) -> None:
    handing.take(desk, 1, ALI)
    handing.take(desk, 1, ALI)
    assert len(did(desk, Verb.TAKE)) == 1
    with pytest.raises(NotAllowed):
        handing.take(desk, 1, ANA, instead_of="ali")


def test_only_held_letters_that_wait_are_taken(desk: Desk) -> None:
    bring(desk, mail(message_id="<2@reader.example>"), life=2)
    with pytest.raises(Conflict, match="not held"):
        handing.take(desk, 2, ALI)
    deciding.let_go(desk, 1, ALI, "She has written that it is over.")
    with pytest.raises(Conflict, match="let go"):
        handing.take(desk, 1, ALI)


def test_somebody_in_danger_does_not_stay_unanswered_without_a_reason(desk: Desk) -> None:
    for put_away in (deciding.let_go, deciding.set_aside):
        with pytest.raises(Conflict, match="Somebody may be in danger"):
            put_away(desk, 1, ALI, "  ")
    assert letter(desk).slip.stage is Stage.HELD
    deciding.let_go(desk, 1, ALI, "She has written that it is over.")
    assert letter(desk).slip.stage is Stage.LET_GO


def test_a_held_letter_that_comes_back_has_to_be_taken_anew(desk: Desk, clock: TestClock) -> None:
    handing.take(desk, 1, ALI)
    deciding.let_go(desk, 1, ALI, "She has written that it is over.")
    deciding.bring_back(desk, 1, CAROL)
    assert letter(desk).slip.taken_by == ""


# ------------------------------------------------------------------ handing over


def test_ana_gives_a_letter_to_ali_with_a_note_and_anybody_reads_it(desk: Desk) -> None:
    handing.hand_over(desk, 1, ANA, "ali", "please check\nthe state")
    assert letter(desk).slip.assigned_to == "ali"
    assert caring.panel(desk, letter(desk), CAROL).note == "ana for ali: please check the state"
    assert did(desk, Verb.HAND_OVER) == [("ana", "for ali: please check the state")]

    handing.hand_over(desk, 1, ALI, "", "")
    assert (letter(desk).slip.assigned_to, did(desk, Verb.HAND_OVER)[-1]) == ("", ("ali", "for anybody"))


def test_a_letter_is_given_only_to_somebody_who_can_sign_in(desk: Desk) -> None:
    for nobody in ("mallory", "carol "):
        with desk.db.write("test") as connection:
            connection.execute(sa.update(tables.people).where(tables.people.c.name == "carol").values(active=False))
        with pytest.raises(Conflict, match="can sign in here"):
            handing.hand_over(desk, 1, ALI, nobody)
    assert "carol" not in caring.panel(desk, letter(desk), ALI).colleagues
    assert letter(desk).slip.assigned_to == ""


def test_a_held_letter_stays_with_ali_until_carol_takes_it_or_he_gives_it_to_nobody(desk: Desk) -> None:
    handing.take(desk, 1, ALI)
    handing.hand_over(desk, 1, ALI, "carol", "I am off at five")
    assert (letter(desk).slip.taken_by, letter(desk).slip.assigned_to) == ("ali", "carol")
    handing.hand_over(desk, 1, CAROL, "")
    assert letter(desk).slip.taken_by == "ali", "carol cannot give back what ali looks after"
    handing.hand_over(desk, 1, ALI, "")
    assert letter(desk).slip.taken_by == ""


# ------------------------------------------------------------------ a second reader


@pytest.fixture
def two_readers(desk: Desk) -> Desk:
    """Where replies about unemployment need a second reader; letter 2 is about it."""
    bring(desk, mail(message_id="<2@reader.example>"), life=2)
    choices.set_second_reader(desk, CAROL, topics=["unemployment"], risks=[])
    return desk


def test_a_reply_that_two_have_to_read_waits_for_the_second(two_readers: Desk) -> None:
    with pytest.raises(Conflict, match="Next: hand it over to somebody to read"):
        deciding.approve(two_readers, 2, ALI)
    handing.second_read(two_readers, 2, CAROL)
    assert letter(two_readers, 2).read_twice_by == ("carol",)
    assert deciding.approve(two_readers, 2, ALI).approved_by == "ali"


def test_whoever_signs_cannot_be_the_second_reader(two_readers: Desk) -> None:
    handing.second_read(two_readers, 2, ALI)
    with pytest.raises(Conflict, match="You are the second reader"):
        deciding.approve(two_readers, 2, ALI)
    assert deciding.approve(two_readers, 2, CAROL).approved_by == "carol"


def test_who_wrote_a_reply_may_be_its_second_reader_but_never_both(two_readers: Desk) -> None:
    write(two_readers, ALI, 2)
    handing.second_read(two_readers, 2, ALI)
    with pytest.raises(Conflict, match="second reader"):
        deciding.approve(two_readers, 2, ALI)
    assert caring.locks(two_readers, letter(two_readers, 2), CAROL) == []


def test_the_second_reading_of_an_older_version_does_not_count(two_readers: Desk) -> None:
    handing.second_read(two_readers, 2, CAROL)
    write(two_readers, ALI, 2)
    assert letter(two_readers, 2).read_twice_by == ()
    with pytest.raises(Conflict, match="second reader"):
        deciding.approve(two_readers, 2, ALI)
    with pytest.raises(Conflict, match="newer version"):
        handing.second_read(two_readers, 2, CAROL, 1)
    handing.second_read(two_readers, 2, CAROL, 2)
    deciding.approve(two_readers, 2, ALI)


def test_ana_cannot_be_the_second_reader_and_a_reading_is_written_down_once(two_readers: Desk) -> None:
    with pytest.raises(NotAllowed):
        handing.second_read(two_readers, 2, ANA)
    assert handing.second_read(two_readers, 2, CAROL) == handing.second_read(two_readers, 2, CAROL) == 1
    assert did(two_readers, Verb.SECOND_READ, 2) == [("carol", "")]
    with pytest.raises(Conflict, match="no reply to read"):
        handing.second_read(two_readers, 1, CAROL)


def test_taking_a_topic_off_does_not_do_away_with_the_second_reader(two_readers: Desk) -> None:
    learning.decide_topics(two_readers, 2, [], ALI)
    with pytest.raises(Conflict, match="second reader"):
        deciding.approve(two_readers, 2, ALI)


def test_a_risk_asks_for_a_second_reader_whatever_the_topic(desk: Desk) -> None:
    choices.set_second_reader(desk, CAROL, topics=[], risks=["R3"])
    write(desk)
    handing.take(desk, 1, ALI)
    with pytest.raises(Conflict, match="second reader"):
        deciding.approve(desk, 1, ALI)
    handing.second_read(desk, 1, CAROL)
    deciding.approve(desk, 1, ALI)


# ------------------------------------------------------------------ settings


def test_the_settings_are_an_editors_and_stand_in_the_log_in_plain_words(desk: Desk) -> None:
    for person in (ALI, ANA):
        with pytest.raises(NotAllowed):
            choices.set_alerts(desk, person, people=["ali"], also_r2=False)
    assert choices.now(desk) == choices.Choices()

    choices.set_second_reader(desk, CAROL, topics=["unemployment", "fired_or_laid_off"], risks=["R3"])
    choices.set_alerts(desk, CAROL, people=["carol", "ali"], also_r2=True)
    choices.set_alerts(desk, CAROL, people=["ali", "carol"], also_r2=True)  # the same again
    choices.set_second_factor(desk, CAROL, "signers")
    choices.set_alerts(desk, CAROL, people=[], also_r2=False)

    assert [(row.who, row.what) for row in house.log(desk.db, 4)] == [
        ("carol", "has nobody told at once any more"),
        ("carol", "asks everybody who may sign for a second factor"),
        (
            "carol",
            "has ali and carol told at once of letters where somebody may be in danger or that need one's own words",
        ),
        (
            "carol",
            "asks for a second reader: fired or laid off, unemployment and letters marked “somebody may be in danger”",
        ),
    ]
    now = choices.now(desk)
    assert now.second_reader == choices.SecondReader(("fired_or_laid_off", "unemployment"), ("R3",))
    assert (now.alerts, now.second_factor) == (choices.Alerts(), Needed.SIGNERS)


def test_what_does_not_exist_cannot_be_chosen(desk: Desk) -> None:
    with pytest.raises(Conflict, match="no person 'mallory'"):
        choices.set_alerts(desk, CAROL, people=["ali", "mallory"], also_r2=False)
    with pytest.raises(Conflict, match="no topic 'astrology'"):
        choices.set_second_reader(desk, CAROL, topics=["astrology"], risks=[])
    with pytest.raises(Conflict, match="no choice 'sometimes'"):
        choices.set_second_factor(desk, CAROL, "sometimes")
    assert choices.now(desk) == choices.Choices()


# ------------------------------------------------------------------ alerts


@dataclass
class Post:
    """The desk's way to the mail server, and what has arrived there."""

    desk: Desk
    sink: SmtpSink
    outbox: SmtpOutbox

    def tell(self) -> int:
        return alerting.tell(self.desk, lambda _account: self.outbox)

    @property
    def came(self) -> list[tuple[str, EmailMessage]]:
        """To whom and what, in order."""
        parsed = [(to, message_from_bytes(data, policy=policy.default)) for _, [to], data in self.sink.received]
        return [(to, message) for to, message in parsed if isinstance(message, EmailMessage)]

    @property
    def told(self) -> list[str]:
        return [to for to, _ in self.came]

    @property
    def links(self) -> list[str]:
        """What the first mail leads to."""
        return [line for line in self.came[0][1].get_content().splitlines() if line.startswith("https://")]


@pytest.fixture
def post(desk: Desk, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """ali and carol are named; the mail server is a real one."""
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    server = Server(host="127.0.0.1", port=smtp_sink.port, tls="none", user="advice", password="env:SINK_PASSWORD")
    desk = replace(desk, inboxes={"advice": inbox(smtp=server)}, address="https://desk.example/")
    choices.set_alerts(desk, CAROL, people=["ali", "carol"], also_r2=False)
    outbox = SmtpOutbox(server)
    yield Post(desk, smtp_sink, outbox)
    outbox.stop()


def test_everybody_named_gets_the_letters_address_at_once_and_nothing_that_is_in_it(post: Post) -> None:
    assert post.tell() == 2
    assert post.told == ["ali@desk.example", "carol@desk.example"]
    _, message = post.came[0]
    assert message["Subject"] == "A letter that may be urgent waits at the desk"
    assert (message["Auto-Submitted"], message["To"], message["From"]) == (
        "auto-generated",
        "ali <ali@desk.example>",
        "Triage <advice@desk.example>",
    )
    assert post.links == ["https://desk.example/letters/1"]
    whole = post.sink.received[0][2].lower()
    for secret in (b"rosa", b"point", b"reads my mail", b"subject of"):
        assert secret not in whole
    assert post.tell() == 0, "once is enough"


def test_a_letter_that_is_taken_or_not_held_alerts_nobody(post: Post) -> None:
    bring(post.desk, mail(message_id="<2@reader.example>"), life=2)
    handing.take(post.desk, 1, ALI)
    assert post.tell() == 0
    assert post.sink.received == []


def test_an_alert_that_nobody_has_taken_up_is_repeated_once(post: Post, clock: TestClock) -> None:
    post.tell()
    clock.forward(minutes=29)
    assert post.tell() == 0
    clock.forward(minutes=1)
    assert post.tell() == 2
    assert "still nobody has taken it" in post.came[-1][1].get_content()
    clock.forward(hours=5)
    assert post.tell() == 0


def test_no_alert_is_lost_when_the_desk_dies_between_any_two_steps(
    database_url: str, post: Post, clock: TestClock
) -> None:
    """A process that dies before or after any commit of a round; the next one tells whoever was not told."""

    class Died(BaseException):
        pass

    def dies_at(number: int) -> Desk:
        count = iter(range(1, 1000))

        def checkpoint(name: str, moment: str) -> None:
            if name != "migrate" and next(count) == number:
                raise Died

        return replace(make_desk(database_url, clock=clock, checkpoint=checkpoint), inboxes=post.desk.inboxes)

    deaths = 0
    for number in range(1, 30):
        clock.forward(hours=3)
        handing.take(post.desk, 1, CAROL)
        clock.forward(seconds=1)
        handing.hand_over(post.desk, 1, CAROL, "")  # given back: it waits anew, and everybody is told anew
        post.sink.received.clear()
        dying = dies_at(number)
        try:
            alerting.tell(dying, lambda _account: post.outbox)
        except Died:
            deaths += 1
        finally:
            dying.db.close()
        for _ in range(3):
            clock.forward(minutes=5)
            post.tell()
        assert set(post.told) == {"ali@desk.example", "carol@desk.example"}, number
        assert len(post.told) <= 3, "at most one of them twice"
        if deaths < number:
            break
    assert deaths >= 10, "two claims, two results and the making, before and after each"


def test_a_mail_server_in_trouble_is_tried_again_and_the_desk_says_so(post: Post, clock: TestClock) -> None:
    post.sink.answers[At.DATA] = "451 4.3.0 try later"
    assert post.tell() == 0
    assert alerting.troubles(post.desk) == [
        f"{name} could not be told by mail that letter 1 waits: 4.3.0 try later. "
        "It is tried again until somebody takes the letter."
        for name in ("ali", "carol")
    ]
    post.sink.heal()
    assert post.tell() == 0, "not before a minute is over"
    clock.forward(minutes=1)
    assert post.tell() == 2
    assert alerting.troubles(post.desk) == []


def test_an_alert_that_may_have_arrived_is_sent_again_unlike_a_reply(post: Post, clock: TestClock) -> None:
    post.sink.hang_up = HangUp.AFTER_DOT_KEPT
    assert post.tell() == 0
    post.sink.heal()
    clock.forward(minutes=1)
    assert post.tell() == 2
    assert sorted(post.told) == ["ali@desk.example"] * 2 + ["carol@desk.example"] * 2


def test_whoever_is_named_and_cannot_be_told_is_pointed_out(desk: Desk, tmp_path: Path) -> None:
    people.add(desk.db, "dan", Role.ADVISOR, "", NOON)
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(database=desk.db.url, port=1), "utf-8")
    words = ["settings", "watchers", "--tell", "dan", "--as", "carol"]
    assert "triage user email dan ADDRESS" in CliRunner().invoke(triage, ["--config", str(config), *words]).output
    assert "dan has no mail address" in CliRunner().invoke(triage, ["--config", str(config), "settings"]).output


def test_an_alert_is_tried_again_although_the_clock_was_set_back_by_hours(post: Post, clock: TestClock) -> None:
    post.sink.answers[At.DATA] = "451 4.3.0 try later"
    post.tell()
    post.sink.heal()
    clock.now -= timedelta(hours=5)
    assert post.tell() == 2


def test_trouble_ends_when_somebody_takes_the_letter(post: Post, clock: TestClock) -> None:
    post.sink.answers[At.RCPT] = "550 5.1.1 no such person"
    post.tell()
    assert len(alerting.troubles(post.desk)) == 2
    handing.take(post.desk, 1, ALI)
    assert alerting.troubles(post.desk) == []
    post.sink.heal()
    clock.forward(hours=2)
    assert post.tell() == 0


def test_somebody_named_without_an_address_is_a_trouble_and_the_others_are_told(post: Post) -> None:
    people.set_email(post.desk.db, "ali", "", by="carol", now=NOON)
    assert post.tell() == 1
    assert post.told == ["carol@desk.example"]
    assert "there is no mail address for ali here" in alerting.troubles(post.desk)[0]


def test_who_is_named_later_is_told_of_what_waits_already(post: Post, clock: TestClock) -> None:
    choices.set_alerts(post.desk, CAROL, people=[], also_r2=False)
    assert post.tell() == 0
    choices.set_alerts(post.desk, CAROL, people=["ana"], also_r2=False)
    clock.forward(hours=1)
    assert post.tell() == 1
    assert post.told == ["ana@desk.example"]


def test_letters_that_wait_together_come_in_one_mail(post: Post) -> None:
    bring(post.desk, mail(DANGER, message_id="<2@reader.example>"), life=2)
    assert post.tell() == 2
    _, message = post.came[0]
    assert message["Subject"] == "2 letters that may be urgent wait at the desk"
    assert post.links == ["https://desk.example/letters/1", "https://desk.example/letters/2"]


def test_a_letter_that_is_brought_back_to_be_held_alerts_anew(post: Post, clock: TestClock) -> None:
    post.tell()
    clock.forward(minutes=5)
    deciding.let_go(post.desk, 1, ALI, "She has written that it is over.")
    clock.forward(minutes=5)
    deciding.bring_back(post.desk, 1, ALI)
    assert post.tell() == 2


def test_a_letter_that_needs_ones_own_words_alerts_only_where_that_is_chosen(post: Post) -> None:
    with post.desk.db.write("test") as connection:
        connection.execute(sa.update(tables.letters).values(risk="R2"))
    assert post.tell() == 0
    choices.set_alerts(post.desk, CAROL, people=["ali"], also_r2=True)
    assert post.tell() == 1


def test_two_processes_tell_everybody_once(database_url: str, post: Post) -> None:
    others = [replace(make_desk(database_url), inboxes=post.desk.inboxes) for _ in range(2)]
    outboxes = [SmtpOutbox(post.desk.inboxes["advice"].smtp) for _ in others]
    together = threading.Barrier(2)

    def tell(number: int) -> None:
        together.wait()
        alerting.tell(others[number], lambda _account: outboxes[number])

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for outbox, other in zip(outboxes, others, strict=True):
        outbox.stop()
        other.db.close()
    assert sorted(post.told) == ["ali@desk.example", "carol@desk.example"]


# ------------------------------------------------------------------ the command line

CONFIG = """
[desk]
database = "{database}"
public_url = "https://desk.example"

[[inbox]]
name = "advice"
address = "advice@desk.example"

[inbox.imap]
host = "127.0.0.1"
port = 1
tls = "none"

[inbox.smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
user = "advice"
password = "env:SINK_PASSWORD"
"""


def test_the_command_line_takes_hands_over_reads_sets_and_tells(database_url: str, post: Post, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(database=database_url, port=post.sink.port), "utf-8")

    def run(*words: str) -> str:
        result = CliRunner().invoke(triage, ["--config", str(config), *words])
        return result.output + (str(result.exception) if result.exception else "")

    run("once")
    assert post.links == ["https://desk.example/letters/1"]
    run("settings", "alerts", "--tell", "carol", "--as", "carol")
    run("settings", "second-reader", "--risk", "R3", "--as", "carol")
    run("settings", "second-factor", "everybody", "--as", "carol")
    assert "an editor" in run("settings", "second-factor", "nobody", "--as", "ali")
    assert run("settings") == "alerts: carol, of R3\nwatchers: nobody\nsecond-reader: R3\nsecond-factor: everybody\n"

    write(post.desk)
    run("take", "1", "--as", "ali")
    assert "ali has taken this letter" in run("take", "1", "--as", "carol")
    run("take", "1", "--as", "carol", "--over")
    run("second-read", "1", "--as", "ali")
    run("hand-over", "1", "--as", "ana", "--to", "ali", "--note", "please look")
    slip = letter(post.desk).slip
    assert (slip.taken_by, slip.assigned_to, letter(post.desk).read_twice_by) == ("carol", "ali", ("ali",))
    assert "Approved" in run("approve", "1", "--as", "carol")
