"""What an approval keeps of each sentence of the machine's draft: kept, changed, taken out."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.cast import ALI, ANA, TestClock, mail, mailbox_with, make_desk
from tests.servers import HangUp, SmtpSink
from tests.servers import Stage as At
from triage.answers import Piece
from triage.desk import Desk, collecting, deciding, learning, reading, sending
from triage.drafting.edits import Edit, edits
from triage.drafting.parts import sentences
from triage.outbox.smtp import SmtpOutbox
from triage.records import Draft
from triage.settings import Server
from triage.stages import Stage
from triage.store import edits as store
from triage.store import letters

GO = Piece(
    template="withdrawing@1", case="scared", block="answer", text="My view is that you should go. It's one hour."
)
STEP = Piece(
    template="withdrawing@1",
    case="scared",
    block="steps",
    text='Say: "I\'m glad to come." Then go in with one true story.',
)
TOLD = Piece(template="withdrawing@1", case="scared", block="acknowledge", text="you have an interview on Thursday")


def became(body: str, *pieces: Piece) -> list[tuple[str, float]]:
    return [(edit.signed, edit.distance) for edit in edits(pieces, body)]


# ------------------------------------------------------------------ one draft, pure


def test_a_sentence_that_was_signed_as_it_was_is_kept_with_no_distance() -> None:
    body = "Hello Rosa,\n\nMy view is that you should go. It's one hour.\n\nCarol\n"
    assert became(body, GO) == [("My view is that you should go.", 0.0), ("It's one hour.", 0.0)]
    assert edits([GO], body)[0] == Edit(
        "withdrawing@1", "scared", "answer", "My view is that you should go.", "My view is that you should go.", 0.0
    )


def test_line_breaks_and_a_capital_at_the_beginning_change_nothing() -> None:
    assert became("You have an interview\non Thursday, and that's that.", TOLD) == [(TOLD.text, 0.0)]
    assert became("My view is\nthat you should\n go. It's one hour.", GO) == became(GO.text, GO)


def test_a_changed_sentence_is_told_with_what_it_became_and_how_far_it_moved() -> None:
    ((first, near), (second, kept)) = became("My view is that you should not go. It's one hour.", GO)
    assert (first, second, kept) == ("My view is that you should not go.", "It's one hour.", 0.0)
    ((_, far), _) = became("I think you should go. It's one hour.", GO)
    assert 0 < near < far <= 0.5


def test_a_sentence_that_was_taken_out_or_written_anew_leaves_nothing() -> None:
    assert became("Entirely other words here, from Carol herself.", GO) == [("", 1.0), ("", 1.0)]
    assert became("", GO) == [("", 1.0), ("", 1.0)]
    assert edits([], "Anything.") == []


def test_a_step_with_words_to_say_is_told_sentence_by_sentence_in_a_numbered_list() -> None:
    body = "This is what I'd do next:\n1. Say: \"I'm glad to come.\" Then go in with one true story.\n2. Rest.\n\nCarol"
    assert became(body, STEP) == [('Say: "I\'m glad to come."', 0.0), ("Then go in with one true story.", 0.0)]
    changed = became(body.replace("Then go in", "Then walk in"), STEP)
    assert changed == [
        ('Say: "I\'m glad to come."', 0.0),
        ("Then walk in with one true story.", pytest.approx(1 / 7, abs=0.001)),
    ]


def test_sentences_are_told_apart_by_their_ends() -> None:
    assert sentences('Go. "Why?" is a fair question! It\'s on Nov. 26, at 3 p.m. today.') == [
        "Go.",
        '"Why?" is a fair question!',
        "It's on Nov. 26, at 3 p.m. today.",
    ]
    assert sentences("One.\n\nTwo\nlines. Three") == ["One.", "Two lines.", "Three"]


# ------------------------------------------------------------------ on the desk


@dataclass
class House:
    """A desk with a draft for rosa's letter, and the server that is to take the reply."""

    desk: Desk
    clock: TestClock
    sink: SmtpSink
    outbox: SmtpOutbox

    @property
    def draft(self) -> Draft:
        draft = letters.dossier(self.desk.db, 1).draft
        assert draft is not None
        return draft

    @property
    def kept(self) -> list[Edit]:
        return store.every(self.desk.db)

    def write(self, old: str, new: str) -> None:
        """Ana puts `new` for a passage of the draft."""
        assert old in self.draft.body
        body = self.draft.body.replace(old, new)
        deciding.revise(self.desk, 1, ANA, subject=self.draft.subject, body=body, base=self.draft.revision)

    def send(self) -> sending.Sent:
        self.clock.forward(minutes=1)
        return sending.send(self.desk, lambda _account: self.outbox)


@pytest.fixture
def house(database_url: str, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    clock = TestClock()
    desk = make_desk(database_url, clock=clock)
    collecting.collect(desk, mailbox_with(mail()))
    reading.assess(desk)
    reading.draft(desk)
    server = Server(host="127.0.0.1", port=smtp_sink.port, tls="none", user="advice", password="env:SINK_PASSWORD")
    outbox = SmtpOutbox(server)
    yield House(desk, clock, smtp_sink, outbox)
    outbox.stop()
    desk.db.close()


def answers(house: House) -> list[str]:
    """The first sentence of each answer in the machine's draft."""
    return [sentences(piece.text)[0] for piece in house.draft.making.pieces if piece.block == "answer"]


def test_a_draft_that_ali_signs_unchanged_is_kept_whole(house: House) -> None:
    pieces = house.draft.making.pieces
    deciding.approve(house.desk, 1, ALI)
    drafted = [sentence for piece in pieces for sentence in sentences(piece.text)]
    assert [edit.drafted for edit in house.kept] == drafted
    assert {(edit.signed == edit.drafted, edit.distance) for edit in house.kept} == {(True, 0.0)}
    assert {(edit.template, edit.case) for edit in house.kept} == {("withdrawing@1", ""), ("unemployment@1", "")}


def test_what_ana_changed_and_took_out_is_kept_beside_what_stayed(house: House) -> None:
    first, second = answers(house)
    house.write(first, "")
    house.write(second, second.replace("Put the question to", "Ask"))
    deciding.approve(house.desk, 1, ALI)

    told = {edit.drafted: edit for edit in house.kept}
    assert (told[first].signed, told[first].distance) == ("", 1.0)
    assert told[second].signed.startswith("Ask") and 0 < told[second].distance < 0.5
    assert {told[sentence].distance for sentence in told if sentence not in (first, second)} == {0.0}
    assert len(told) == len(house.kept)


def test_an_approval_that_was_undone_counts_for_nothing_until_the_next(house: House) -> None:
    first, _ = answers(house)
    deciding.approve(house.desk, 1, ALI)
    deciding.undo(house.desk, 1, ALI)
    assert house.kept == []

    house.write(first, "I'd go, Rosa.")
    deciding.approve(house.desk, 1, ALI)
    told = [edit for edit in house.kept if edit.drafted == first]
    assert [(edit.signed == first) for edit in told] == [False]


def test_a_reply_that_is_sent_twice_counts_once(house: House) -> None:
    deciding.approve(house.desk, 1, ALI)
    once = house.kept
    house.sink.hang_up = HangUp.AFTER_DOT_LOST
    house.send()
    assert letters.dossier(house.desk.db, 1).slip.stage is Stage.UNKNOWN
    assert house.kept == once

    house.sink.heal()
    deciding.send_again(house.desk, 1, ALI, "rosa says it never came")
    assert house.send().sent == 1
    assert house.kept == once != []


def test_a_reply_that_was_refused_and_written_anew_counts_as_it_went_out(house: House) -> None:
    first, _ = answers(house)
    deciding.approve(house.desk, 1, ALI)
    house.sink.answers[At.RCPT] = "550 5.1.1 no such reader"
    house.send()
    house.sink.heal()
    house.write(first, "")
    deciding.approve(house.desk, 1, ALI)
    assert [edit.signed for edit in house.kept if edit.drafted == first] == [""]
    assert house.send().sent == 1


def test_the_draft_that_counts_is_the_last_one_that_the_machine_wrote(house: House) -> None:
    learning.decide_topics(house.desk, 1, ["withdrawing"], ANA, cases={"withdrawing": "scared"})
    deciding.approve(house.desk, 1, ALI)
    assert {(edit.template, edit.case) for edit in house.kept} == {("withdrawing@1", "scared")}


def test_words_that_ali_wrote_alone_keep_what_was_not_used(house: House) -> None:
    deciding.revise(house.desk, 1, ANA, subject="Re: x", body="Go, Rosa.\n\nCarol", base=1)
    deciding.approve(house.desk, 1, ALI)
    assert {edit.distance for edit in house.kept} == {1.0}
    assert letters.dossier(house.desk.db, 1).decision is None
