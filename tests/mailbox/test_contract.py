"""What every kind of mailbox promises the desk: on a real IMAP server, on files, and in memory."""

import hashlib
import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import MailboxUser
from tests.mailbox.cast import ENOUGH, MONDAY, advice_inbox, letter, reply
from tests.servers import Dovecot
from triage.errors import Permanent
from triage.mailbox.folder import FolderMailbox
from triage.mailbox.imap import ImapMailbox
from triage.mailbox.memory import MemoryMailbox
from triage.ports import Mailbox
from triage.records import RawMessage


@dataclass(frozen=True)
class Post:
    """A mailbox, and the way letters get into it and out of it."""

    box: Mailbox
    deliver: Callable[[bytes, datetime], object]
    remove_all: Callable[[], object]

    def fetch_all(self) -> list[RawMessage]:
        return list(self.box.fetch(list(self.box.sizes(0, None)), ENOUGH))


@pytest.fixture(params=["imap", "memory", "eml", "maildir"])
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
    if request.param == "imap":
        made = _post_on_server(request.getfixturevalue("dovecot"), request.getfixturevalue("mailbox_user"), tmp_path)
    elif request.param == "memory":
        memory = MemoryMailbox()
        made = Post(memory, memory.deliver, memory.messages.clear)
    else:
        made = _post_of_files(tmp_path, is_maildir=request.param == "maildir")
    yield made
    made.box.close()


def _post_on_server(dovecot: Dovecot, user: MailboxUser, folder: Path) -> Post:
    def deliver(data: bytes, received_at: datetime) -> None:
        dovecot.deliver(user.name, data, received_at=received_at)

    def remove_all() -> None:
        for part in ("cur", "new"):
            for file in (dovecot.root / "mail" / user.name / "Maildir" / part).iterdir():
                file.unlink()

    return Post(ImapMailbox(advice_inbox(dovecot, user, folder)), deliver, remove_all)


def _post_of_files(folder: Path, is_maildir: bool) -> Post:
    for part in ("cur", "new", "tmp") if is_maildir else ():
        (folder / part).mkdir()
    numbers = itertools.count()

    def deliver(data: bytes, received_at: datetime) -> None:
        time.sleep(0.02)  # some ticks of the file system's clock, so that the letters are in order
        file = folder / "new" / f"{next(numbers)}.test" if is_maildir else folder / f"{next(numbers)}.EML"
        file.write_bytes(data)
        os.utime(file, (received_at.timestamp(), received_at.timestamp()))

    def remove_all() -> None:
        for file in (folder / "new" if is_maildir else folder).iterdir():
            file.unlink()

    return Post(FolderMailbox("files", folder, settle_seconds=0), deliver, remove_all)


# ------------------------------------------------------------------ the contract


def test_rosas_letter_arrives_byte_for_byte_with_its_time_and_size(post: Post) -> None:
    data = letter("pulling out", b"Caf\xe9, caf\xc3\xa9 and \xff\xfe\r\n.\r\n")
    post.deliver(data, MONDAY)
    (uid,) = post.box.sizes(0, None)
    assert post.box.sizes(0, None) == {uid: len(data)}
    assert list(post.box.fetch([uid], ENOUGH)) == [
        RawMessage(uid=uid, data=data, received_at=MONDAY, full_size=len(data))
    ]


def test_times_come_in_utc(post: Post) -> None:
    post.deliver(letter("hello"), MONDAY.astimezone())
    assert post.fetch_all()[0].received_at.tzinfo is UTC


def test_an_empty_inbox_has_no_letters(post: Post) -> None:
    post.box.select()
    assert post.box.sizes(0, None) == {}
    assert list(post.box.fetch([], ENOUGH)) == []
    assert post.box.exists([1, 2]) == set()


def test_letters_come_in_the_order_of_arrival(post: Post) -> None:
    for subject in ("first", "second", "third"):
        post.deliver(letter(subject), MONDAY)
    uids = list(post.box.sizes(0, None))
    assert uids == sorted(set(uids))
    assert [message.data for message in post.fetch_all()] == [letter("first"), letter("second"), letter("third")]


def test_a_poll_sees_only_what_came_after_the_last_letter(post: Post) -> None:
    post.deliver(letter("old"), MONDAY)
    last = max(post.box.sizes(0, None))
    post.box.select()
    assert post.box.sizes(last, None) == {}
    assert post.box.sizes(last + 100, None) == {}
    post.deliver(letter("an older date, but new here"), MONDAY - timedelta(days=90))
    post.box.select()
    (new,) = post.box.sizes(last, None)
    assert new > last
    assert next(post.box.fetch([new], ENOUGH)).data == letter("an older date, but new here")


def test_since_leaves_out_old_letters_and_never_a_newer_one(post: Post) -> None:
    post.deliver(letter("last year"), MONDAY - timedelta(days=365))
    post.deliver(letter("at that moment"), MONDAY)
    post.deliver(letter("later"), MONDAY + timedelta(hours=1))
    wanted = list(post.box.sizes(0, MONDAY))
    found = [message.data for message in post.box.fetch(wanted, ENOUGH)]
    assert found == [letter("at that moment"), letter("later")]


def test_a_letter_that_is_gone_is_silently_absent(post: Post) -> None:
    post.deliver(letter("still here"), MONDAY)
    (uid,) = post.box.sizes(0, None)
    assert [message.uid for message in post.box.fetch([uid, uid + 76], ENOUGH)] == [uid]
    assert list(post.box.fetch([uid + 76], ENOUGH)) == []
    assert post.box.exists([uid, uid + 76]) == {uid}


def test_a_letter_removed_between_looking_and_fetching_is_silently_absent(post: Post) -> None:
    post.deliver(letter("soon gone"), MONDAY)
    (uid,) = post.box.sizes(0, None)
    post.remove_all()
    post.box.close()
    assert list(post.box.fetch([uid], ENOUGH)) == []
    assert post.box.exists([uid]) == set()


def test_mallorys_huge_letter_is_cut_and_says_how_large_it_was(post: Post) -> None:
    huge, small = letter("huge", b"x" * 50_000), letter("small")
    post.deliver(small, MONDAY)
    post.deliver(huge, MONDAY)
    uids = list(post.box.sizes(0, None))
    first, second = post.box.fetch(uids, 1_000)
    assert (first.data, first.full_size) == (small, len(small))
    assert (second.data, second.full_size) == (huge[:1_000], len(huge))


def test_a_letter_of_exactly_the_permitted_size_is_whole(post: Post) -> None:
    data = letter("exactly")
    post.deliver(data, MONDAY)
    (message,) = post.box.fetch(list(post.box.sizes(0, None)), len(data))
    assert (message.data, message.full_size) == (data, len(data))


def test_the_folder_keeps_its_number_from_one_connection_to_the_next(post: Post) -> None:
    post.deliver(letter("hello"), MONDAY)
    validity, sizes = post.box.select(), post.box.sizes(0, None)
    post.box.close()
    post.box.close()
    assert (post.box.select(), post.box.sizes(0, None)) == (validity, sizes)


def test_collected_letters_are_left_where_they_are(post: Post) -> None:
    post.deliver(letter("hello"), MONDAY)
    uids = list(post.box.sizes(0, None))
    post.box.mark_collected(uids)
    post.box.mark_collected(uids)
    assert [message.data for message in post.fetch_all()] == [letter("hello")]


def test_a_sent_reply_is_filed_once(post: Post) -> None:
    message_id = "<reply-1@paper.example>"
    assert not post.box.has_sent(message_id)
    assert post.box.file_sent(reply(message_id), message_id) is False
    assert post.box.has_sent(message_id)
    assert post.box.file_sent(reply(message_id), message_id) is True
    assert not post.box.has_sent("<reply-2@paper.example>")


def test_filing_a_reply_does_not_disturb_the_inbox(post: Post) -> None:
    post.deliver(letter("hello"), MONDAY)
    uids = list(post.box.sizes(0, None))
    post.box.file_sent(reply("<reply-3@paper.example>"), "<reply-3@paper.example>")
    assert [message.data for message in post.box.fetch(uids, ENOUGH)] == [letter("hello")]
    assert list(post.box.sizes(0, None)) == uids


# ------------------------------------------------------------------ files and memory only


def test_a_file_that_is_still_being_written_is_not_listed_yet(tmp_path: Path) -> None:
    (tmp_path / "hello.eml").write_bytes(letter("hello"))
    assert FolderMailbox("files", tmp_path, settle_seconds=60).sizes(0, None) == {}
    assert FolderMailbox("files", tmp_path, settle_seconds=0).sizes(0, None) != {}


def test_an_old_file_that_is_moved_in_comes_after_those_seen_before(tmp_path: Path) -> None:
    inbox, elsewhere = tmp_path / "inbox", tmp_path / "elsewhere"
    inbox.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.eml").write_bytes(letter("written first, moved in last"))
    os.utime(elsewhere / "a.eml", (0, 0))
    time.sleep(0.02)
    (inbox / "b.eml").write_bytes(letter("seen first"))
    box = FolderMailbox("files", inbox, settle_seconds=0)
    (seen,) = box.sizes(0, None)
    time.sleep(0.02)
    (elsewhere / "a.eml").rename(inbox / "a.eml")
    (new,) = box.sizes(seen, None)
    assert next(box.fetch([new], ENOUGH)).data == letter("written first, moved in last")


def test_files_get_the_same_uids_in_every_process(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.eml").write_bytes(letter(str(number)))
    first = FolderMailbox("files", tmp_path, settle_seconds=0).sizes(0, None)
    assert len(first) == 300
    assert FolderMailbox("files", tmp_path, settle_seconds=0).sizes(0, None) == first


def test_two_files_with_the_same_time_and_the_same_digest_are_two_letters(tmp_path: Path) -> None:
    seen: dict[bytes, str] = {}
    for number in itertools.count():
        name = f"{number}.eml"
        start = hashlib.sha256(name.encode()).hexdigest()[:5].encode()  # the 20 bits that a UID takes of the name
        if start in seen:
            break
        seen[start] = name
    for _ in range(1000):
        files = [tmp_path / seen[start], tmp_path / name]
        for file in files:
            file.write_bytes(letter(file.name))
        if len({file.stat().st_ctime_ns // 1_000_000 for file in files}) == 1:
            break
    assert len(FolderMailbox("files", tmp_path, settle_seconds=0).sizes(0, None)) == 2


def test_links_and_other_files_are_not_letters(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not a letter")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "notes.txt").write_text("not a letter")
    (inbox / "mallory.eml").symlink_to(secret)
    assert FolderMailbox("files", inbox, settle_seconds=0).sizes(0, None) == {}


def test_a_missing_folder_of_files_needs_a_person(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="check that it is there"):
        FolderMailbox("files", tmp_path / "nowhere").select()


def test_letters_in_memory_can_be_flagged_or_moved() -> None:
    flagging, moving = MemoryMailbox(after_collect="flag"), MemoryMailbox(after_collect="move")
    for box in (flagging, moving):
        uid = box.deliver(letter("hello"), MONDAY)
        box.mark_collected([uid, uid + 1])
        box.mark_collected([uid, uid + 1])
    assert flagging.flagged == flagging.exists([1, 2]) == {1}
    assert moving.moved == [letter("hello")]
    assert moving.exists([1]) == set()


def test_a_reply_that_a_provider_filed_under_another_message_id_is_known_by_its_token(post: Post) -> None:
    head = b"From: advice@paper.example\r\nTo: rosa@reader.example\r\nMessage-ID: <made@provider.example>\r\n"
    head += b"In-Reply-To: <letter@reader.example>\r\nX-Triage-Reply: 12.abc\r\n"
    message = head + b"Subject: Re: hello\r\n\r\nX-Triage-Reply: 99.zzz\r\n"
    assert post.box.file_sent(message, "<made@provider.example>", "12.abc") is False
    assert post.box.has_sent("<reply.12.abc@paper.example>", "12.abc")
    assert not post.box.has_sent("<reply.12.abc@paper.example>", "99.zzz")
    assert not post.box.has_sent("<reply.12.abc@paper.example>")
    assert post.box.file_sent(message, "<reply.12.abc@paper.example>", "12.abc") is True

    (found,) = post.box.sent_since(datetime.now(UTC) - timedelta(hours=1))
    for line in head.splitlines():
        assert line.lower() in found.lower()
    assert b"99.zzz" not in found


def test_what_was_sent_long_ago_is_not_looked_through(post: Post) -> None:
    post.box.file_sent(reply("<a@paper.example>"), "<a@paper.example>")
    if not isinstance(post.box, MemoryMailbox):  # which keeps no times
        assert list(post.box.sent_since(datetime.now(UTC) + timedelta(days=9))) == []
