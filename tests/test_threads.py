"""A question back and the reader's answer to it: the thread carries on, and nothing is said or asked twice."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from tests.cast import ALI, TEMPLATES, TestClock, WordAssessor, mail, make_desk
from tests.servers import SmtpSink
from triage.desk import Desk, collecting, deciding, learning, reading, sending
from triage.drafting.parts import sentences
from triage.mailbox.memory import MemoryMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.records import Assessment, Dossier, Draft, Letter, Slot
from triage.settings import Server
from triage.store import letters

FIRST = (
    "I have an interview this Thursday and I'd like to pull out. They want accounting, not_qualified? "
    "And what does it do to my unemployment, refuse_interview?\n\nRosa"
)
ANSWER = "It's Ohio, and the agency sent me.\n\nRosa"
FACTS = {
    "Ohio": ("state", "OH"),
    "Thursday": ("interview_date", "2026-11-26"),
    "agency sent": ("agency_referral", "yes"),
}


class FactReader(WordAssessor):
    """Reads a few facts as well, and danger by its letters."""

    def assess(self, letter: Letter) -> Assessment:
        found = super().assess(letter)
        slots = [Slot(name="first_name", value="Rosa", text="Rosa", start=0, end=0)] if "\nRosa" in letter.body else []
        slots += [
            Slot(name=name, value=value, text=words, start=0, end=0)
            for words, (name, value) in FACTS.items()
            if words in letter.body
        ]
        risk = next((risk for risk in ("R2", "R3") if risk in letter.body), found.risk)
        return replace(found, slots=tuple(slots), risk=risk)


@dataclass
class House:
    """A desk, the inbox that it reads, and the way to the server that takes its replies."""

    desk: Desk
    clock: TestClock
    inbox: MemoryMailbox
    outbox: SmtpOutbox

    def write(
        self, body: str, *, to: Dossier | None = None, sender: str = "Rosa Diaz <rosa@reader.example>"
    ) -> Dossier:
        """A letter comes, as an answer `to` an earlier one where that was answered, and is read and drafted."""
        self.clock.forward(hours=1)
        number = len(letters.slips(self.desk.db)) + 1
        refers = {}
        if to is not None:
            assert to.letter is not None
            earlier = [to.letter.message_id, *([to.reply.reply.message_id] if to.reply else [])]
            refers = {"In_Reply_To": earlier[-1], "References": " ".join(earlier)}
        subject = "Re: Dear Carol" if refers else "Dear Carol"  # names no topic
        name = f"<letter-{number}@reader.example>"
        data = mail(body, sender=sender, subject=subject, message_id=name, **refers)
        self.inbox.deliver(data, self.clock.now)
        collecting.collect(self.desk, self.inbox)
        reading.assess(self.desk)
        reading.draft(self.desk)
        return self.dossier(number)

    def dossier(self, number: int) -> Dossier:
        return letters.dossier(self.desk.db, number)

    def answer(self, number: int) -> Dossier:
        """Ali signs the draft as it is, and it goes out."""
        deciding.approve(self.desk, number, ALI)
        self.clock.forward(seconds=20)
        assert sending.send(self.desk, lambda _account: self.outbox).sent == 1
        return self.dossier(number)


@pytest.fixture
def house(database_url: str, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("SINK_PASSWORD", "secret")
    clock = TestClock()
    desk = replace(make_desk(database_url, clock=clock), assessor=FactReader())
    server = Server(host="127.0.0.1", port=smtp_sink.port, tls="none", user="advice", password="env:SINK_PASSWORD")
    outbox = SmtpOutbox(server)
    yield House(desk, clock, MemoryMailbox("advice"), outbox)
    outbox.stop()
    desk.db.close()


def draft_of(dossier: Dossier) -> Draft:
    assert dossier.draft is not None
    return dossier.draft


def advice(draft: Draft) -> set[str]:
    """The sentences of a draft that tell rosa something: not the greeting, bridges, the limit or the sign-off."""
    pieces = [piece.text for piece in draft.making.pieces if piece.block in ("answer", "reasons", "steps", "words")]
    return {sentence for piece in pieces for sentence in sentences(piece)}


def repeated(dossier: Dossier, *sent: Dossier) -> list[str]:
    """The advice in a draft that an earlier reply has given in the same words."""
    bodies = [" ".join(draft_of(earlier).body.split()) for earlier in sent]
    return [sentence for sentence in advice(draft_of(dossier)) if any(sentence in body for body in bodies)]


def carrying_on() -> list[str]:
    (block,) = TEMPLATES.frame.blocks["carry_on"]
    values = TEMPLATES.frame.values({"state": "Ohio"}, {})
    return [" ".join(block.render(values, number).split()) for number in range(len(block.wordings))]


def test_rosas_answer_joins_the_thread_and_fills_what_was_asked(house: House) -> None:
    first = house.write(FIRST)
    assert "Which state is your claim in, and did the agency send you to this job?" in draft_of(first).body
    sent = house.answer(1)

    second = house.write(ANSWER, to=sent)

    assert second.thread[0].id == 1 and second.assessment is not None
    assert second.assessment.topics == (), "her few words name no topic of their own"
    draft = draft_of(second)
    assert draft.templates == ("unemployment@1",), "of the interview nothing new is known"
    assert draft.body.startswith("Hello Rosa,\n\n")
    assert any(f"\n\n{line}" in draft.body for line in carrying_on())
    assert "Since the unemployment office sent you" in draft.body
    assert "Which state" not in draft.body and "did the agency send you" not in draft.body
    assert draft.blocks == ()


def test_nothing_that_was_sent_is_said_again(house: House) -> None:
    sent = house.answer(house.write(FIRST).slip.id)
    second = house.write(ANSWER, to=sent)
    assert repeated(second, sent) == []
    third = house.write("And if they call me on Thursday?", to=house.answer(2))
    assert repeated(third, sent, second) == []


def test_a_question_is_not_asked_twice_when_the_answer_leaves_it_open(house: House) -> None:
    sent = house.answer(house.write(FIRST).slip.id)
    asked = [piece.text for piece in draft_of(sent).making.pieces if piece.block == "question"]
    second = house.write("Thank you. I don't know what to tell you.", to=sent)
    assert asked and asked[0] not in draft_of(second).body


def test_where_nothing_is_left_to_say_a_person_is_asked_what_has_changed(house: House) -> None:
    sent = house.answer(house.write(FIRST).slip.id)
    second = house.write("Thank you. I don't know what to tell you.", to=sent)
    draft = draft_of(second)
    assert draft.body.startswith("Hello Rosa,")
    assert draft.gaps == ("what their answer changes",)
    assert advice(draft) == {"[[what their answer changes]]"}


def test_an_answer_that_tells_nothing_new_is_not_thanked_for_what_was_missing(house: House) -> None:
    sent = house.answer(house.write(FIRST).slip.id)
    second = house.write("Thank you. I don't know what to tell you.", to=sent)
    assert not any(line.replace(" Knowing it's Ohio helps.", "") in draft_of(second).body for line in carrying_on())


def test_an_answer_with_a_question_of_its_own_is_answered_on_that(house: House) -> None:
    sent = house.answer(house.write(FIRST).slip.id)
    second = house.write("It's Ohio. But how do I pull out of it, how_to_word_it?", to=sent)
    draft = draft_of(second)
    assert {(piece.template, piece.case) for piece in draft.making.pieces} == {("withdrawing@1", "how_to_word_it")}
    assert re.search(r"\n\n(Good to hear from you again|Thank you for writing back): you", draft.body)
    assert not any(line in draft.body for line in carrying_on())


def test_a_new_topic_in_the_thread_is_not_taken_for_an_answer(house: House) -> None:
    sent = house.answer(house.write("Should I pull out of the interview, not_qualified?\n\nRosa").slip.id)
    second = house.write("It's Ohio. And my unemployment?", to=sent)
    assert draft_of(second).templates == ("unemployment@1",)


def test_what_ali_decided_of_the_first_letter_holds_for_the_answer(house: House) -> None:
    first = house.write(FIRST)
    learning.decide_topics(house.desk, first.slip.id, ["unemployment"], ALI, cases={"unemployment": "refuse_offer"})
    sent = house.answer(1)
    second = house.write("It's Ohio.", to=sent)
    assert {(piece.template, piece.case) for piece in draft_of(second).making.pieces} == {
        ("unemployment@1", "refuse_offer")
    }


def test_a_reply_that_was_not_sent_is_nothing_that_rosa_has_read(house: House) -> None:
    first = house.write(FIRST)
    second = house.write(FIRST, to=first)
    assert draft_of(second).body.startswith("Hello Rosa,\n\nYou have an interview")
    assert repeated(second, first) != []


def test_somebody_elses_letter_never_joins_the_thread(house: House) -> None:
    sent = house.answer(house.write(FIRST).slip.id)
    assert sent.letter is not None
    other = house.write(ANSWER, to=replace(sent, reply=None), sender="Mallory <mallory@reader.example>")
    assert other.thread == ()
    assert "Ohio" not in draft_of(other).body and "writing back" not in draft_of(other).body


def test_two_cases_of_one_topic_of_which_one_was_answered_leave_the_other(house: House) -> None:
    """The first answer is left out as a whole; what was told is still said back."""
    sent = house.answer(house.write("May I pull out, not_qualified?\n\nRosa").slip.id)
    both = "I still don't know if I should pull out, not_qualified? And if I do, how_to_word_it?"
    second = house.write(both, to=sent)
    draft = draft_of(second)
    assert ("withdrawing@1", "how_to_word_it") in {(p.template, p.case) for p in draft.making.pieces}
    assert repeated(second, sent) == []
    assert draft.blocks == ()


def test_replies_of_a_long_thread_are_all_remembered(house: House) -> None:
    thread = [house.answer(house.write(FIRST).slip.id)]
    for name in ("bad_signs", "scared", "other_job"):
        thread.append(house.answer(house.write(f"And should I pull out then, {name}?", to=thread[-1]).slip.id))
    last = house.write("And once more, not_qualified? And scared?", to=thread[-1])
    for number, dossier in enumerate([*thread, last]):
        assert repeated(dossier, *thread[:number]) == []
    assert draft_of(last).gaps == ("what their answer changes",)
