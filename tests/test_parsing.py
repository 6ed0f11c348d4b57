"""Parsing is total: whatever bytes come, a person gets something to read, and in time."""

import base64
import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cast import NOON, mail
from triage import markup, parsing, quoting
from triage.records import Address, Letter


def read(data: bytes) -> Letter:
    return parsing.parse(data, NOON)


def message(*headers: str, body: bytes = b"Hello.") -> bytes:
    return "\r\n".join(headers).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def test_a_plain_letter_is_read_in_full() -> None:
    letter = read(mail("Dear Carol,\n\nmay I?\n\nRosa"))
    assert letter.sender == Address("Rosa Diaz", "rosa@reader.example")
    assert letter.subject == "Pulling out of the process"
    assert letter.body == "Dear Carol,\n\nmay I?\n\nRosa"
    assert letter.message_id == "<letter-1@reader.example>"
    assert letter.sent_at == datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert letter.defects == ()


@pytest.mark.parametrize(
    ("declared", "codec", "guessed"),
    [
        ("utf-8", "utf-8", False),
        ("iso-8859-1", "cp1252", False),
        ("windows-1252", "cp1252", False),
        ("us-ascii", "cp1252", True),
        ("utf-8", "cp1252", True),
        ("x-unknown", "utf-8", True),
        ("zlib", "utf-8", True),
        ("utf\0-8", "utf-8", True),
    ],
)
def test_the_charset_ladder_reads_what_was_meant_and_says_when_it_guessed(
    declared: str, codec: str, guessed: bool
) -> None:
    text = "“Café” – I can’t say; the déjà vu naïveté of it – that’s all I know about the résumé."
    letter = read(message(f"Content-Type: text/plain; charset={declared}", body=text.encode(codec)))
    assert letter.body == text
    assert any("read as" in defect for defect in letter.defects) is guessed


def test_encoded_headers_become_text_on_one_line() -> None:
    letter = read(
        message("From: =?utf-8?q?Ann=0d=0aBcc:_evil=40x.example?= <ann@x.example>", "Subject: =?utf-8?b?w6k=?=")
    )
    assert letter.sender.email == "ann@x.example"
    assert "\n" not in letter.sender.name
    assert letter.subject == "é"


def test_html_only_mail_is_read_without_its_traps() -> None:
    html = (
        "<html><head><style>p{color:red}</style></head><body><p>Dear Carol,</p><p>may I <b>not</b> go?</p>"
        "<div style='display:none'>secret</div><ul><li>one<li>two</ul>"
        "<a href='https://x.example/a'>the ad</a><img src='https://track.example/1.gif'><script>alert(1)</script>"
    )
    letter = read(message("Content-Type: text/html; charset=utf-8", body=html.encode()))
    assert letter.body == "Dear Carol,\n\nmay I not go?\n\n- one\n- two\n\nthe ad (https://x.example/a)"


def test_attachments_are_listed_and_not_opened() -> None:
    parts = (
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee my resume.\r\n"
        b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="cv.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"x" * 300) + b"\r\n--b--\r\n"
    )
    letter = read(message('Content-Type: multipart/mixed; boundary="b"', body=parts))
    assert letter.body == "See my resume."
    assert [(a.name, a.size) for a in letter.attachments] == [("cv.pdf", 300)]


BETWEEN = b"--b\r\nContent-Type: text/plain\r\n\r\nMay I go?\r\n--b--\r\n"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"", b"", False),
        (b"This is a multi-part message in MIME format.\r\n", b"\r\n", False),
        (b"Dies ist eine mehrteilige Nachricht im MIME-Format.\r\n", b"--b--\r\n", False),
        (b"", b"I cannot go on.\r\n", True),
        (b"I cannot go on.\r\n", b"", True),
        (b"", "Мне плохо.\r\n".encode("koi8-r"), True),
    ],
)
def test_words_outside_the_parts_are_told_of(before: bytes, after: bytes, said: bool) -> None:
    letter = read(message('Content-Type: multipart/mixed; boundary="b"', body=before + BETWEEN + after))
    assert letter.body == "May I go?"
    assert any("outside the parts" in defect for defect in letter.defects) is said


def _nested(depth: int) -> bytes:
    body = b"Content-Type: text/plain\r\n\r\nHi"
    for number in range(depth):
        body = b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n%s\r\n--b%d--\r\n' % (
            number,
            number,
            body,
            number,
        )
    return body


def test_text_beside_html_does_not_hide_the_letter() -> None:
    parts = (
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>May I pull out?</p>\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nThis message was scanned.\r\n--b--\r\n"
    )
    letter = read(message('Content-Type: multipart/mixed; boundary="b"', body=parts))
    assert letter.body == "May I pull out?\n\nThis message was scanned."
    letter = read(message('Content-Type: multipart/alternative; boundary="b"', body=parts))
    assert letter.body == "This message was scanned."
    assert "May I pull out?" in letter.html


def test_html_with_pictures_beside_a_plain_text_is_not_read_twice() -> None:
    related = (
        b'Content-Type: multipart/related; boundary="r"\r\n\r\n'
        b"--r\r\nContent-Type: text/html\r\n\r\n<p>May I <b>pull</b> out?</p>\r\n"
        b"--r\r\nContent-Type: image/png; name=p.png\r\n\r\nx\r\n--r--\r\n"
    )
    for charset in (b"utf-8", b"utf\0-8"):
        plain = b"Content-Type: text/plain; charset=" + charset + b"\r\n\r\nMay I pull out\xe2\x80\xa6?\r\n"
        parts = b"--b\r\n" + plain + b"--b\r\n" + related + b"--b--\r\n"
        letter = read(message('Content-Type: multipart/alternative; boundary="b"', body=parts))
        assert letter.body == "May I pull out…?"
        assert "<b>pull</b>" in letter.html
        assert [a.name for a in letter.attachments] == ["p.png"]


def test_a_picture_inside_the_text_does_not_push_it_out_of_reach() -> None:
    html = b"<img src='data:image/png;base64," + b"A" * 300_000 + b"'><p>May I pull out?</p>"
    letter = read(message("Content-Type: text/html", body=html))
    assert letter.body == "May I pull out?"
    assert any("longer than the desk shows" in defect for defect in letter.defects)


@pytest.mark.parametrize("address", ["b[)@x.example", "a\u202egro.x\u202c@reader.example", "a\x9b31m@reader.example"])
def test_an_address_that_would_be_shown_or_sent_as_another_is_none(address: str) -> None:
    assert not parsing.is_address(address)


def test_an_address_with_eight_bit_letters_is_kept_as_text() -> None:
    letter = read("From: Rosá <rosá@reader.example>\r\n\r\nHi".encode())
    assert letter.sender == Address("Rosá", "rosá@reader.example")


BOMBS = {
    "quotes and lines in turn": message("Subject: x", body=b">\r\na\r\n" * 60_000),
    "signature after signature": message("Subject: x", body=b"--\r\n" * 60_000),
    "an indented quote": message("Subject: x", body=b"Hello,\r\n > I was fired\r\nRosa"),
    "nested 400 deep": _nested(400),
    "nested 1500 deep": _nested(1500),
    "20,000 parts": message(
        'Content-Type: multipart/mixed; boundary="b"', body=b"--b\r\n\r\nx\r\n" * 20_000 + b"--b--\r\n"
    ),
    "10,000 addresses": message("To: " + ", ".join(f"a{n}@x.example" for n in range(10_000))),
    "nested comments": message("From: " + "(" * 500 + ")" * 500 + " a@x.example"),
    "5,000 parameters": message("Content-Type: text/plain; " + "; ".join(f"a{n}=b" for n in range(5_000))),
    "2,000 continuations": message(
        "Content-Disposition: attachment; " + "; ".join(f"filename*{n}=b" for n in range(2_000))
    ),
    "a header of a megabyte": message("Subject: " + "x" * 1_000_000),
    "a line of a megabyte": message("Subject: x", body=b"x" * 1_000_000),
    "2,000 lines that begin with On": message("Subject: x", body=b"On Monday it rained and I\r\n" * 2_000),
    "20,000 quoted lines": message("Subject: x", body=b"> deep\r\n" * 20_000),
    "3,000 nested div": message("Content-Type: text/html", body=b"<div>" * 3_000 + b"hello" + b"</div>" * 3_000),
    "a broken base64 part": message("Content-Transfer-Encoding: base64", body=b"!!!!===="),
    "a broken encoded word": message("Subject: =?utf-8?b?!!!?="),
    "a bad date": message("Date: 99 Foo 20000 99:99"),
    "a date out of range": message("Date: Mon, 01 Jan 0001 00:00:00 +2359"),
    "a group for an address": message("From: undisclosed:;", "To: undisclosed:;"),
    "eight-bit headers": b"From: \xe9\xe8 <a@x.example>\r\nSubject: \xff\xfe\r\n\r\n\x00\x01",
    "a multipart that is none": message("Content-Type: multipart/mixed", body=b"Hello."),
    "a report that is none": message("Content-Type: multipart/report; boundary=x", body=b"Hello."),
    "a message in a message in a message": message("Content-Type: message/rfc822", body=message("Subject: inner")),
    "nothing": b"",
    "only line ends": b"\r\n\r\n\r\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_message_stops_the_desk(name: str) -> None:
    started = time.process_time()
    letter = read(BOMBS[name])
    # A bound against explosions, not a measurement: these took minutes or ended the process in other readers.
    assert time.process_time() - started < 10
    assert isinstance(letter.body, str)


@given(st.binary(max_size=2_000))
def test_any_bytes_give_a_letter(data: bytes) -> None:
    letter = read(data)
    assert "\x00" not in letter.body + letter.subject
    (letter.body + letter.subject + letter.sender.name).encode("utf-8")


EDGES = [
    "> quoted",
    ">> deep",
    "  > behind blanks",
    "On Mon, Jan 5, 2026, Ann wrote:",
    "On Mon, Jan 5, 2026,",
    "Ann <ann@x.example> wrote:",
    "-----Original Message-----",
    "---------- Forwarded message ---------",
    "Begin forwarded message:",
    "____________",
    "From: Ann",
    "Sent: Monday",
    "To: Rosa",
    "Subject: Go",
    "-- ",
    "--",
    "Sent from my iPhone",
    "Get Outlook for iOS",
    "",
    " ",
]


def kept(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


@given(st.lists(st.one_of(st.sampled_from(EDGES), st.sampled_from(["Hello Rosa", "Rosa"]), st.text(max_size=20))))
def test_folding_loses_no_line(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    own, quoted = quoting.fold(text)
    assert kept(f"{own}\n{quoted}") == kept(text)
    assert own or not quoted


@given(st.lists(st.sampled_from([*EDGES, "Hello Rosa"]), min_size=1), st.lists(st.sampled_from([*EDGES, "See below"])))
def test_no_line_of_a_letter_or_of_one_attached_to_it_is_lost(inner: list[str], outer: list[str]) -> None:
    attached = message("From: Ann <ann@x.example>", body="\r\n".join(inner).encode())
    parts = b"--b\r\n\r\n" + "\r\n".join(outer).encode() + b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
    letter = read(message("Content-Type: multipart/mixed; boundary=b", body=parts + attached + b"\r\n--b--\r\n"))
    shown = Counter(kept(f"{letter.body}\n{letter.quoted}"))
    assert not Counter(kept("\n".join([*inner, *outer]))) - shown


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Thanks!\n\nOn Mon, Nov 23, 2026 at 9:00 AM Carol <c@x.example> wrote:\n> Go.\n> Carol", "Thanks!"),
        ("Thanks!\n\nOn Mon, Nov 23, 2026 at 9:00 AM Carol\n<c@x.example> wrote:\n> Go.", "Thanks!"),
        ("Gracias\n\nEl lun, 23 nov 2026, Carol escribió:\n> Go.", "Gracias"),
        ("Yes.\n\n-----Original Message-----\nFrom: Carol\nGo.", "Yes."),
        ("Yes.\n\nFrom: Carol\nSent: Monday\nTo: Rosa\nSubject: Go\n\nGo.", "Yes."),
        ("Ask me.\n\nSent from my iPhone", "Ask me."),
        ("Ask me.\n-- \nRosa Diaz\nClerk", "Ask me."),
        ("> is it Thursday?\nYes, Thursday.", "> is it Thursday?\nYes, Thursday."),
        ("On Monday I quit. I wrote:\nplease let me go.", "On Monday I quit. I wrote:\nplease let me go."),
        (
            "On May 3 my manager wrote:\nyou are late again.\nMay I quit?",
            "On May 3 my manager wrote:\nyou are late again.\nMay I quit?",
        ),
        ("First part\n____________\nMay I quit?", "First part\n____________\nMay I quit?"),
        ("Yes.\n________________\nFrom: Carol\nSent: Monday\nTo: Rosa\nSubject: Go\n\nGo.", "Yes."),
        ("Yes.\n\nOn Nov 23, 2026, Carol wrote:\nGo. Really.", "Yes."),
        ("> all of it\n> is quoted", "> all of it\n> is quoted"),
        ("On Thursday they want me in.\nShould I go?", "On Thursday they want me in.\nShould I go?"),
    ],
)
def test_quoted_mail_is_folded_and_the_readers_words_are_not(text: str, own: str) -> None:
    assert quoting.fold(text)[0] == own


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='/sign-out'>x</a>",
        "<form action=/letters/1/approve><button>x</button></form>",
        "<style>*{background:url(https://x.example)}</style>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<iframe src=https://x.example></iframe>",
        "<p style='background:url(https://x.example)'>x</p>",
        "<base href=https://x.example><meta http-equiv=refresh content='0;url=https://x.example'>",
    ],
)
def test_cleaned_html_can_neither_act_nor_reach_out(html: str) -> None:
    clean = markup.to_safe_html(html).lower()
    for trap in ("script", "onerror", "onload", "javascript", "href", "src", "style", "form", "url(", "<svg", "<math"):
        assert trap not in clean
