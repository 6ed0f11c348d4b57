"""A held letter never gets a routine draft, whichever way one might be had; its note is a person's own."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from tests.cast import ALI, ANA, CAROL, ROOT, TestClock, make_desk
from tests.snapshots.rendering import MONDAY, asking, assessed
from tests.test_threads import ANSWER, FIRST, FactReader, House, draft_of
from triage.cli import triage
from triage.desk import Desk, deciding, handing, learning, reading, similar, writing
from triage.drafting import Voice, find_gaps, make_draft
from triage.drafting.library import write_out
from triage.errors import Conflict
from triage.mailbox.memory import MemoryMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.records import Kind, Letter
from triage.settings import Server
from triage.stages import Stage
from triage.store import tables

RISKS = ("R2", "R3")
HELD = {risk: f"{FIRST}\n\nPlease keep this to yourself, {risk}." for risk in RISKS}


class AsideReader(FactReader):
    """Takes every letter for a newsletter besides."""

    def assess(self, letter: Letter) -> object:  # type: ignore[override]
        return replace(super().assess(letter), kind=Kind.NEWSLETTER)


@pytest.fixture
def house(sqlite_url: str) -> Iterator[House]:
    """A desk whose replies are not sent: whatever would be drafted can be seen before."""
    clock = TestClock()
    desk = replace(make_desk(sqlite_url, clock=clock), assessor=FactReader())
    outbox = SmtpOutbox(Server(host="127.0.0.1", port=1, tls="none"))
    yield House(desk, clock, MemoryMailbox("advice"), outbox)
    outbox.stop()
    desk.db.close()


def rows(desk: Desk) -> list[tuple[str, str]]:
    """Author and text of every revision that was ever kept."""
    with desk.db.read() as connection:
        query = sa.select(tables.drafts.c.author, tables.drafts.c.body).order_by(tables.drafts.c.id)
        return [(row.author, row.body) for row in connection.execute(query)]


# ------------------------------------------------------------------ every way to a draft


def assess_and_draft(house: House) -> None:
    reading.assess(house.desk)
    reading.draft(house.desk)


def set_aside_and_back(house: House) -> None:
    for put_away in (deciding.set_aside, deciding.let_go):
        put_away(house.desk, 1, ALI, "She has written that it is over.")  # R3 is not put away without a reason
        assert deciding.bring_back(house.desk, 1, ALI) is Stage.HELD
        reading.draft(house.desk)


def decide(house: House) -> None:
    cases = {"withdrawing": "not_qualified"}
    assert learning.decide_topics(house.desk, 1, ["withdrawing"], CAROL, cases=cases) == 0
    reading.draft(house.desk)


def decide_while_it_is_put_away(house: House) -> None:
    deciding.let_go(house.desk, 1, ALI, "She has written that it is over.")
    assert learning.decide_topics(house.desk, 1, ["withdrawing"], CAROL) == 0
    deciding.bring_back(house.desk, 1, ALI)
    reading.draft(house.desk)


def write_it_by_hand(house: House) -> None:
    dossier = house.dossier(1)
    for person in (None, CAROL):
        draft = writing.write(house.desk, dossier, person)
        assert (draft.body, draft.subject, draft.templates) == ("", "Your letter", ())
        assert "held" in draft.blocks[0]


def decide_after_the_note_was_turned_down(house: House) -> None:
    deciding.begin_caring_note(house.desk, 1, CAROL)
    deciding.decline(house.desk, 1, ALI)
    assert learning.decide_topics(house.desk, 1, ["withdrawing"], CAROL) == 0
    reading.draft(house.desk)


def empty_the_note_and_decide(house: House) -> None:
    revision = deciding.begin_caring_note(house.desk, 1, CAROL)
    deciding.revise(house.desk, 1, CAROL, subject="Your letter", body="", base=revision)
    assert learning.decide_topics(house.desk, 1, ["withdrawing"], CAROL) == 0
    reading.draft(house.desk)


def answer_in_its_thread(house: House) -> None:
    second = house.write(ANSWER, to=house.dossier(1))
    assert (draft_of(second).body, draft_of(second).subject) == ("", "Your letter")
    assert "An earlier letter of this thread was held" in draft_of(second).blocks[0]
    learning.decide_topics(house.desk, 2, ["withdrawing"], CAROL, cases={"withdrawing": "not_qualified"})


def a_long_time_later_in_its_thread(house: House) -> None:
    for _ in range(writing.THREAD_READ + 2):
        house.write(ANSWER, to=house.dossier(1))


ROUTES = (
    assess_and_draft,
    set_aside_and_back,
    decide,
    decide_while_it_is_put_away,
    write_it_by_hand,
    decide_after_the_note_was_turned_down,
    empty_the_note_and_decide,
    answer_in_its_thread,
    a_long_time_later_in_its_thread,
)


@pytest.mark.parametrize("risk", RISKS)
@pytest.mark.parametrize("route", ROUTES)
def test_no_way_leads_to_a_draft_of_a_held_letter(house: House, route: Callable[[House], None], risk: str) -> None:
    held = house.write(HELD[risk])
    assert (held.slip.stage, held.draft, held.slip.risk) == (Stage.HELD, None, risk)

    route(house)

    assert [body for author, body in rows(house.desk) if author == "triage" and body] == []
    assert house.dossier(1).machine_draft is None


@pytest.mark.parametrize("risk", RISKS)
def test_a_held_letter_that_looks_like_bulk_mail_comes_back_as_held(house: House, risk: str) -> None:
    house.desk = replace(house.desk, assessor=AsideReader())
    letter = house.write(HELD[risk])
    assert letter.slip.stage is Stage.ASIDE
    assert deciding.bring_back(house.desk, 1, ALI) is Stage.HELD
    reading.draft(house.desk)
    assert rows(house.desk) == []


@pytest.mark.parametrize("risk", RISKS)
def test_a_held_answer_to_a_question_is_held(house: House, risk: str) -> None:
    first = house.write(FIRST)
    second = house.write(f"It's Ohio, {risk}.", to=first)
    assert (second.slip.stage, second.draft) == (Stage.HELD, None)


@pytest.mark.parametrize("risk", RISKS)
def test_the_drafting_itself_refuses_whoever_asks(house: House, risk: str) -> None:
    letter = Letter(received_at=MONDAY, subject="He reads my mail", body="x", message_id="<1@x>")
    for carried in (False, True):
        made = make_draft(
            letter,
            assessed("withdrawing", risk=risk, state="OH"),
            house.desk.templates,
            Voice(signature="Carol", stories={"withdrawing": ["A story."]}),
            asks=asking({"withdrawing": "not_qualified"}),
            book=house.desk.facts,
            sent=["An earlier reply."],
            carried=carried,
        )
        assert (made.body, made.subject, made.making.pieces) == ("", "Your letter", ())


@pytest.mark.parametrize("risk", RISKS)
def test_a_held_letter_is_no_example_and_has_none(house: House, risk: str) -> None:
    house.write(HELD[risk])
    house.write(HELD[risk].replace("Rosa", "Ana"), sender="Ana <ana@reader.example>")
    assert similar.similar(house.desk, house.dossier(2)) == []


LETTERS = {
    "R2": (
        "My manager fired me the day after I told her I'm pregnant, for my tone. They want me to sign a paper by "
        "Friday that says I won't bring any claims, and it pays three weeks. Should I sign it?"
    ),
    "R3": (
        "I got the last no today. I don't want to be alive any more. I have the pills here and I've written the note "
        "to my sister. Should I withdraw from the interview on Thursday?"
    ),
}


def test_the_command_line_drafts_nothing_for_a_held_letter_in_any_format(tmp_path: Path) -> None:
    """With the pipeline that comes with Triage; `reply` and `templates preview` take files."""
    files = []
    for risk, body in LETTERS.items():
        text, message, lines = (tmp_path / f"{risk}{ending}" for ending in (".txt", ".eml", ".jsonl"))
        text.write_text(body)
        message.write_text(f"From: Rosa <rosa@reader.example>\nSubject: Thursday\n\n{body}\n")
        lines.write_text(json.dumps({"id": risk, "subject": "Thursday", "body": body}) + "\n")
        files += [str(text), str(message), str(lines)]

    done = CliRunner().invoke(triage, ["reply", "--json", *files])
    replies = [json.loads(line) for line in done.output.splitlines()]
    assert [(reply["held"], reply["body"], reply["subject"]) for reply in replies] == [(True, "", "Your letter")] * 6

    write_out(ROOT / "templates", tmp_path / "few")
    for path in (tmp_path / "few").glob("*.txt"):  # the examples of all cases take seconds to read
        if path.stem not in ("frame", "general", "unclear"):
            path.unlink()
    for file in files:
        shown = CliRunner().invoke(triage, ["templates", "preview", file, "--folder", str(tmp_path / "few")])
        assert "No routine draft is made for this letter" in shown.output
        assert "Hello" not in shown.output and "your answer about" not in shown.output


# ------------------------------------------------------------------ a person's own note


@pytest.mark.parametrize("risk", RISKS)
def test_the_caring_note_is_carols_text_and_cannot_go_out_with_its_gaps(house: House, risk: str) -> None:
    house.write(HELD[risk])
    assert deciding.begin_caring_note(house.desk, 1, CAROL) == 1

    note = draft_of(house.dossier(1))
    assert (note.author, house.dossier(1).machine_draft) == ("carol", None)
    assert note.gaps and list(note.gaps) == find_gaps(note.body)
    assert note.subject == "Your letter"
    handing.take(house.desk, 1, ALI)  # a held letter is signed by the one who looks after it
    with pytest.raises(Conflict, match="gap to fill"):
        deciding.approve(house.desk, 1, ALI)
    assert house.dossier(1).slip.stage is Stage.DRAFTED

    whole = re.sub(r"\[\[.*?\]\]", "being afraid of Thursday", note.body)
    deciding.revise(house.desk, 1, CAROL, subject=note.subject, body=whole, base=1)
    reply = deciding.approve(house.desk, 1, ALI)
    assert b"accounting" not in reply.message, "a held letter is not quoted"


def test_a_caring_note_is_begun_once_by_whoever_may_write_and_for_held_letters_only(house: House) -> None:
    house.write(HELD["R3"])
    house.write(FIRST)
    assert deciding.begin_caring_note(house.desk, 1, ANA) == 1
    with pytest.raises(Conflict, match="text in the reply already"):
        deciding.begin_caring_note(house.desk, 1, CAROL)
    with pytest.raises(Conflict, match="not held"):
        deciding.begin_caring_note(house.desk, 2, CAROL)


def test_a_caring_note_teaches_nothing_about_topics_or_templates(house: House) -> None:
    house.write(HELD["R2"])
    revision = deciding.begin_caring_note(house.desk, 1, CAROL)
    deciding.revise(house.desk, 1, CAROL, subject="Your letter", body="I've read it all.\n\nCarol", base=revision)
    handing.take(house.desk, 1, ALI)
    deciding.approve(house.desk, 1, ALI)
    assert house.dossier(1).decision is None
    with house.desk.db.read() as connection:
        assert connection.execute(sa.select(tables.edits)).all() == []
