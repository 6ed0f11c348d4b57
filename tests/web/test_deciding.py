"""What ali and ana may do with a letter, and what happens when two of them are at it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.cast import mail
from tests.web.conftest import Site, TakingOutbox, Visitor, signable, text_of, token_of
from triage.stages import Stage
from triage.store import tables

HELD = "There is no point anymore.\n\nRosa"


def replies(site: Site) -> int:
    with site.desk.db.read() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(tables.replies)) or 0)


def test_saving_makes_a_revision(site: Site, ali: Visitor) -> None:
    answer = ali.post("/letters/1/save", base="1", subject="Re: you", body="Dear Rosa,\r\n\r\nGo.")

    assert answer.headers["location"] == "/letters/1?said=saved#reply"
    draft = site.letter().draft
    assert draft is not None
    assert (draft.revision, draft.author, draft.body) == (2, "ali", "Dear Rosa,\n\nGo.")
    page = ali.get("/letters/1?said=saved")
    assert "Saved." in page.text
    assert "What Triage had drafted" in page.text


def test_ana_may_save_but_not_approve(site: Site, ana: Visitor) -> None:
    page = ana.get("/letters/1").text
    assert "data-approve" not in page
    assert "/let-go" not in page
    assert ana.post("/letters/1/save", **signable(site)).status_code == 303

    answer = ana.post("/letters/1/approve", **signable(site))

    assert answer.status_code == 403
    assert "ask somebody who is at least an advisor" in answer.text
    assert "Go to the interview." in answer.text
    assert site.letter().slip.stage is Stage.DRAFTED
    assert replies(site) == 0


@pytest.mark.parametrize("verb", ["decline", "let-go", "set-aside"])
def test_ana_may_not_decide(site: Site, ana: Visitor, verb: str) -> None:
    assert ana.post(f"/letters/1/{verb}").status_code == 403
    assert site.letter().slip.stage is Stage.DRAFTED


@pytest.mark.parametrize(
    ("verb", "stage", "place"),
    [("let-go", Stage.LET_GO, "let-go"), ("set-aside", Stage.ASIDE, "set-aside"), ("decline", Stage.DECLINED, "")],
)
def test_ali_decides_and_says_why(site: Site, ali: Visitor, verb: str, stage: Stage, place: str) -> None:
    assert ali.post(f"/letters/1/{verb}", why="She wrote twice").status_code == 303

    assert site.letter().slip.stage is stage
    assert "She wrote twice" in ali.get("/letters/1").text
    assert "She wrote twice" in ali.get(f"/lists/{place}" if place else "/").text


def test_text_that_was_typed_is_saved_with_whatever_decision(site: Site, ali: Visitor) -> None:
    ali.post("/letters/1/let-go", base="1", subject="Re: you", body="Half a thought", why="no")

    draft = site.letter().draft
    assert draft is not None
    assert (draft.body, site.letter().slip.stage) == ("Half a thought", Stage.LET_GO)


def test_an_untouched_text_makes_no_revision_when_a_letter_is_let_go(site: Site, ali: Visitor) -> None:
    page = ali.get("/letters/1")
    subject = site.letter().slip.subject

    ali.post("/letters/1/let-go", base="1", subject=f"Re: {subject}", body=text_of(page).replace("\n", "\r\n"))

    draft = site.letter().draft
    assert draft is not None
    assert draft.revision == 1


def test_bringing_back_a_letter_returns_its_draft_and_wakes_the_reading(site: Site, ali: Visitor) -> None:
    ali.post("/letters/1/let-go")

    assert "Bring back" in ali.get("/letters/1").text
    ali.post("/letters/1/bring-back", why="On second thought")

    assert site.letter().slip.stage is Stage.DRAFTED
    assert site.woken == ["read"]


def test_approving_saves_the_changed_text_and_sends_exactly_that(site: Site, ali: Visitor) -> None:
    answer = ali.post("/letters/1/approve", **signable(site))

    assert answer.headers["location"] == "/letters/1#reply"
    assert site.woken == ["send"]
    page = ali.get("/letters/1").text
    assert "Will be sent to rosa@<wbr>reader.example in" in page
    assert ">Undo<" in page
    outbox = TakingOutbox()
    site.clock.forward(seconds=16)
    site.send(outbox)
    assert b"Go to the interview." in outbox.taken[0].message
    answered = ali.get("/letters/1").text
    assert "2.0.0 Ok: queued as 4F2A" in answered
    assert "not in the Sent folder yet" in answered
    assert "Go to the interview." in answered


def test_a_text_with_a_gap_is_saved_and_not_approved(site: Site, ali: Visitor) -> None:
    fields = signable(site) | {"body": "Your state is [[the state]]."}

    answer = ali.post("/letters/1/approve", **fields)

    assert answer.headers["location"] == "/letters/1?said=not-yet#reply"
    page = ali.get("/letters/1?said=not-yet")
    assert "Your text is saved, but the reply cannot go out yet." in page.text
    assert "Fill in <b>the state</b>" in page.text
    assert text_of(page) == "Your state is [[the state]]."
    assert site.letter().slip.stage is Stage.DRAFTED
    assert replies(site) == 0


def test_a_promise_is_listed_above_the_text(site: Site, ali: Visitor) -> None:
    ali.post("/letters/1/approve", **signable(site) | {"body": "Stay home. You will not lose your benefits."})

    assert "This promises an outcome that nobody can promise" in ali.get("/letters/1").text
    assert replies(site) == 0


def test_undo_calls_the_reply_back(site: Site, ali: Visitor) -> None:
    ali.post("/letters/1/approve", **signable(site))

    assert ali.post("/letters/1/undo").status_code == 303

    assert site.letter().slip.stage is Stage.DRAFTED
    assert text_of(ali.get("/letters/1")) == signable(site)["body"]


def test_approving_twice_makes_one_reply_and_the_second_is_told(site: Site, ali: Visitor) -> None:
    form = signable(site)
    ali.post("/letters/1/approve", **form)

    second = ali.post("/letters/1/approve", **form)

    assert second.status_code == 409
    assert "approved and about to be sent" in second.text
    assert 'href="/letters/1"' in second.text
    assert "Go to the interview." in second.text
    assert replies(site) == 1


def test_two_advisors_approving_at_once_make_one_reply(site: Site, ali: Visitor) -> None:
    form = signable(site)
    visitors = [ali, site.signed_in("ali"), site.signed_in("ali")]
    tokens = [token_of(visitor.get("/letters/1")) for visitor in visitors]
    start = threading.Barrier(len(visitors))

    def approve(number: int) -> int:
        start.wait()
        answer = visitors[number].client.post("/letters/1/approve", data=form | {"token": tokens[number]})
        return answer.status_code

    with ThreadPoolExecutor(len(visitors)) as pool:
        answers = sorted(pool.map(approve, range(len(visitors))))

    assert answers == [303, 409, 409]
    assert replies(site) == 1


def test_a_stale_page_cannot_overwrite_a_newer_text_and_keeps_what_was_typed(
    site: Site, ali: Visitor, ana: Visitor
) -> None:
    ana.post("/letters/1/save", base="1", subject="Re: you", body="Ana was first.")

    for verb in ("save", "approve", "let-go"):
        answer = ali.post(f"/letters/1/{verb}", base="1", subject="Re: <you>", body="Ali's <long> answer")
        assert answer.status_code == 409
        assert "has a newer version (2)" in answer.text
        assert "Ali&#39;s &lt;long&gt; answer" in answer.text
        assert 'href="/letters/1"' in answer.text

    draft = site.letter().draft
    assert draft is not None
    assert (draft.body, site.letter().slip.stage) == ("Ana was first.", Stage.DRAFTED)


@pytest.mark.parametrize("base", ["", "x", "-1", "1e3", "٣", "99999999999999999999"])
def test_a_form_with_a_nonsense_revision_changes_nothing(site: Site, ali: Visitor, base: str) -> None:
    assert ali.post("/letters/1/save", base=base, subject="s", body="b").status_code == 409


def test_a_person_answers_a_held_letter(site: Site, ali: Visitor) -> None:
    site.bring(mail(HELD, message_id="<2@reader.example>"))

    assert (
        ali.post("/letters/2/approve", base="0", subject="Your letter", body="  ")
        .headers["location"]
        .endswith("no-text#reply")
    )
    assert site.letter(2).slip.stage is Stage.HELD
    ali.post("/letters/2/take")  # a held letter is signed by the one who looks after it
    ali.post("/letters/2/approve", base="0", subject="Your letter", body="I read what you wrote. Call me.\n\nCarol")

    assert site.letter(2).slip.stage is Stage.APPROVED


def test_a_reply_to_elsewhere_is_a_choice_that_has_to_be_made(site: Site, ali: Visitor) -> None:
    site.bring(mail(message_id="<2@reader.example>", Reply_To="Rosa <rosa@elsewhere.example>"))
    page = ali.get("/letters/2").text
    assert 'type="radio" name="recipient" value="rosa@reader.example" required' in page
    assert 'type="radio" name="recipient" value="rosa@elsewhere.example" required' in page

    without = ali.post("/letters/2/approve", **signable(site, 2))
    assert without.status_code == 409
    assert "choose who gets the reply" in without.text
    other = ali.post("/letters/2/approve", **signable(site, 2), recipient="mallory@evil.example")
    assert other.status_code == 409
    ali.post("/letters/2/approve", **signable(site, 2), recipient="rosa@elsewhere.example")

    reply = site.letter(2).reply
    assert reply is not None
    assert reply.reply.recipient == "rosa@elsewhere.example"


def test_an_unknown_reply_asks_a_person_and_takes_either_answer(site: Site, ali: Visitor, ana: Visitor) -> None:
    outbox = TakingOutbox(loses=True)
    ali.post("/letters/1/approve", **signable(site))
    site.clock.forward(seconds=16)
    site.send(outbox)
    page = ali.get("/letters/1").text
    assert "This reply may have been sent" in page
    assert ">It was sent<" in page
    assert ">Send again<" in page
    assert ">Send again<" not in ana.get("/letters/1").text
    assert "Needs you at once" in ali.get("/").text

    ali.post("/letters/1/send-again", why="Nothing came")
    assert site.letter().slip.stage is Stage.APPROVED
    site.clock.forward(seconds=16)
    site.send(outbox)
    ali.post("/letters/1/confirm-sent", why="She called")

    assert site.letter().slip.stage is Stage.ANSWERED
    assert site.woken == ["send", "send", "settle"]
    assert "She called" in ali.get("/letters/1").text
