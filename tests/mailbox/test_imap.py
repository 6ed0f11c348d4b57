"""What only an IMAP server has: flags, folders with names, marks and moves."""

import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from imapclient import IMAPClient  # type: ignore[import-untyped]

from tests.conftest import MailboxUser
from tests.mailbox.cast import ENOUGH, MONDAY, advice_inbox, fetch_all, kill_imap_children, letter, reply
from tests.mailbox.conftest import Open
from tests.mailbox.mallory import Mallory
from tests.servers import Dovecot
from triage.errors import Permanent, Temporary
from triage.mailbox import connection

# ------------------------------------------------------------------ reading without a trace


@pytest.mark.parametrize("after_collect", ["leave", "flag"])
def test_reading_a_letter_never_marks_it_as_read(
    open_box: Open, deliver: Callable[..., None], carol: IMAPClient, after_collect: str
) -> None:
    deliver(letter("hello"), letter("huge", b"x" * 5_000))
    box = open_box(after_collect=after_collect)
    assert len(list(box.fetch(list(box.sizes(0, None)), 1_000))) == 2
    carol.select_folder("INBOX", readonly=True)
    assert carol.search("SEEN") == []


def test_a_huge_letter_is_cut_by_the_server_and_not_after_the_download(
    open_box: Open, deliver: Callable[..., None], dovecot: Dovecot
) -> None:
    deliver(letter("huge", b"x" * 500_000))
    passed: list[int] = []

    def count(said: bytes) -> bytes:
        passed.append(len(said))
        return said

    with Mallory(dovecot.port, count) as mallory:
        box = open_box(imap_port=mallory.port)
        (message,) = box.fetch(list(box.sizes(0, None)), 2_000)
        box.close()
    assert len(message.data) == 2_000
    assert message.full_size > 500_000
    assert sum(passed) < 10_000


def test_every_letter_is_found_when_one_search_cannot_cover_the_folder(
    open_box: Open, deliver: Callable[..., None], carol: IMAPClient
) -> None:
    deliver(*(letter(str(number)) for number in range(10)))
    carol.select_folder("INBOX")
    carol.delete_messages([2, 3, 7])
    carol.expunge()
    box = open_box(search_window=3)
    assert list(box.sizes(0, None)) == [1, 4, 5, 6, 8, 9, 10]
    assert list(box.sizes(5, None)) == [6, 8, 9, 10]
    for subject in ("meanwhile", "meanwhile", "meanwhile"):
        carol.append("INBOX", letter(subject), msg_time=MONDAY)
    box.exists([1])  # after any command the server shows what is new
    assert list(box.sizes(8, MONDAY)) == [9, 10, 11, 12, 13]


def test_times_are_right_in_summer_and_in_winter(
    open_box: Open, dovecot: Dovecot, mailbox_user: MailboxUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)]
    for received_at in times:
        dovecot.deliver(mailbox_user.name, letter(str(received_at)), received_at=received_at)
    box = open_box()
    uids = list(box.sizes(0, None))
    with monkeypatch.context() as desk:
        desk.setenv("TZ", "Europe/Berlin")
        time.tzset()
        try:
            assert [message.received_at for message in box.fetch(uids, ENOUGH)] == times
        finally:
            desk.undo()
            time.tzset()


def test_no_letter_reaches_the_debug_log(
    open_box: Open, deliver: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    deliver(letter("hello", b"a very private matter\r\n"))
    caplog.set_level(logging.DEBUG)
    assert len(fetch_all(open_box())) == 1
    assert "private matter" not in caplog.text


def test_imapclient_still_has_the_switch_that_keeps_letters_out_of_its_log(
    dovecot: Dovecot, mailbox_user: MailboxUser, tmp_path: Path
) -> None:
    # connect() tolerates that this private attribute is gone; here a new imapclient without it is noticed.
    client = connection.connect(advice_inbox(dovecot, mailbox_user, tmp_path).imap)
    try:
        assert client._imap.debug == 0
    finally:
        client.logout()


def test_a_folder_name_with_quotes_and_umlauts_is_found(
    open_box: Open, deliver: Callable[..., None], carol: IMAPClient
) -> None:
    name = 'Léser "Briefe" & Fragen \\ 日本'
    carol.create_folder(name)
    carol.append(name, letter("hello"))
    assert fetch_all(open_box(folder=name)) == [letter("hello")]


# ------------------------------------------------------------------ a folder made anew


def test_a_folder_made_anew_is_noticed_after_reconnecting(
    open_box: Open, deliver: Callable[..., None], carol: IMAPClient, dovecot: Dovecot
) -> None:
    deliver(letter("old"), folder="Advice")
    box = open_box(folder="Advice")
    before = box.select()
    (uid,) = box.sizes(0, None)
    carol.delete_folder("Advice")
    carol.create_folder("Advice")
    carol.append("Advice", letter("new, with the UID of the old one"))
    kill_imap_children(dovecot)
    with pytest.raises(Temporary, match="connection was lost"):
        list(box.fetch([uid], ENOUGH))
    with pytest.raises(Temporary, match="made anew"):
        list(box.fetch([uid], ENOUGH))
    with pytest.raises(Temporary, match="made anew"):
        box.sizes(0, None)
    box.close()
    assert box.select() != before
    assert fetch_all(box) == [letter("new, with the UID of the old one")]


def test_a_missing_folder_needs_a_person(open_box: Open) -> None:
    with pytest.raises(Permanent, match="check the setting folder"):
        open_box(folder="Nowhere").select()


# ------------------------------------------------------------------ after collecting


def test_collected_letters_are_flagged_and_stay(
    open_box: Open, deliver: Callable[..., None], carol: IMAPClient
) -> None:
    deliver(letter("collected"), letter("not yet"))
    box = open_box(after_collect="flag")
    first, second = box.sizes(0, None)
    box.mark_collected([first, first + 90])
    box.mark_collected([first])
    carol.select_folder("INBOX", readonly=True)
    assert carol.get_flags([first, second]) == {first: (b"$Triaged",), second: ()}


def test_a_server_without_keywords_is_told_of_once(
    open_box: Open, deliver: Callable[..., None], dovecot: Dovecot, caplog: pytest.LogCaptureFixture
) -> None:
    deliver(letter("hello"))
    with Mallory(dovecot.port, lambda said: said.replace(rb" \*)", b")")) as mallory:
        box = open_box(imap_port=mallory.port, after_collect="flag")
        uids = list(box.sizes(0, None))
        box.mark_collected(uids)
        box.mark_collected(uids)
        box.close()
        assert b"STORE" not in mallory.heard
    assert [record.getMessage() for record in caplog.records if record.name.startswith("triage")] == [
        "the server keeps no keywords, so letters are not flagged account=advice"
    ]


@pytest.mark.parametrize("without", [b"", b" MOVE"])
def test_collected_letters_are_moved_and_nothing_else_is_touched(
    open_box: Open, deliver: Callable[..., None], dovecot: Dovecot, carol: IMAPClient, without: bytes
) -> None:
    deliver(letter("collected"), letter("deleted by carol"), letter("not yet"))
    carol.select_folder("INBOX")
    carol.delete_messages([2])
    with Mallory(dovecot.port, lambda said: said.replace(without, b"")) as mallory:
        box = open_box(imap_port=mallory.port, after_collect="move", move_to='Archive/"2026" für Carol')
        carol.create_folder('Archive/"2026" für Carol')
        box.mark_collected([1])
        box.mark_collected([1])
        assert box.exists([1, 2, 3]) == {2, 3}
        box.close()
        assert (b"UID MOVE" in mallory.heard) == (without == b"")
    carol.select_folder('Archive/"2026" für Carol', readonly=True)
    assert [answer[b"BODY[]"] for answer in carol.fetch(carol.search(), ["BODY.PEEK[]"]).values()] == [
        letter("collected")
    ]


def test_without_uidplus_a_move_is_refused_before_anything_is_copied(
    open_box: Open, deliver: Callable[..., None], dovecot: Dovecot
) -> None:
    deliver(letter("hello"))
    with Mallory(dovecot.port, lambda said: said.replace(b" MOVE", b"").replace(b" UIDPLUS", b"")) as mallory:
        with pytest.raises(Permanent, match="MOVE, UIDPLUS"):
            open_box(imap_port=mallory.port, after_collect="move", move_to="Archive").mark_collected([1])
        assert b"COPY" not in mallory.heard
        assert b"STORE" not in mallory.heard


def test_moving_to_a_missing_folder_names_the_setting(open_box: Open, deliver: Callable[..., None]) -> None:
    deliver(letter("hello"))
    with pytest.raises(Permanent, match="check the setting move_to"):
        open_box(after_collect="move", move_to="Nowhere").mark_collected([1])


# ------------------------------------------------------------------ the Sent folder


def test_the_folder_marked_as_sent_gets_the_copy_and_it_is_read(open_box: Open, carol: IMAPClient) -> None:
    assert open_box().file_sent(reply("<a@paper.example>"), "<a@paper.example>") is False
    carol.select_folder("Sent", readonly=True)
    assert carol.search("SEEN") == [1]


def test_a_copy_that_the_provider_has_filed_is_not_filed_again(open_box: Open, carol: IMAPClient) -> None:
    box = open_box()
    assert not box.has_sent("<b@paper.example>")
    carol.append("Sent", reply("<b@paper.example>"))
    assert box.file_sent(reply("<b@paper.example>"), "<b@paper.example>") is True
    assert carol.folder_status("Sent", ["MESSAGES"]) == {b"MESSAGES": 1}


def test_the_configured_sent_folder_comes_first(open_box: Open, carol: IMAPClient) -> None:
    carol.create_folder("Antworten für Leser")
    open_box(sent_folder="Antworten für Leser").file_sent(reply("<c@paper.example>"), "<c@paper.example>")
    assert carol.folder_status("Antworten für Leser", ["MESSAGES"]) == {b"MESSAGES": 1}
    assert carol.folder_status("Sent", ["MESSAGES"]) == {b"MESSAGES": 0}


def test_a_configured_sent_folder_that_is_missing_names_the_setting(open_box: Open) -> None:
    with pytest.raises(Permanent, match="check the setting sent_folder"):
        open_box(sent_folder="Nowhere").has_sent("<d@paper.example>")


def test_without_a_mark_the_sent_folder_is_known_by_its_name(open_box: Open, dovecot: Dovecot) -> None:
    with Mallory(dovecot.port, lambda said: said.replace(rb" \Sent", b"")) as mallory:
        box = open_box(imap_port=mallory.port)
        assert box.has_sent("<e@paper.example>") is False
        box.close()
        assert b'EXAMINE "Sent"' in mallory.heard


def test_a_sent_folder_that_cannot_be_found_is_asked_for(open_box: Open, dovecot: Dovecot) -> None:
    sent_line = re.compile(rb"\* LIST [^\r]* Sent\r\n")
    with (
        Mallory(dovecot.port, lambda said: sent_line.sub(b"", said)) as mallory,
        pytest.raises(Permanent, match="write its name into sent_folder"),
    ):
        open_box(imap_port=mallory.port).has_sent("<f@paper.example>")
