"""The reply stands in the reader's thread: Dovecot's THREAD, for letters as the common mail programs write them."""

from collections.abc import Callable, Iterator
from email import message_from_bytes, policy

import pytest
from imapclient import IMAPClient  # type: ignore[import-untyped]

from tests.cast import NOON
from triage import composing, parsing
from triage.records import Address, Draft

BODY = "I have an interview Thursday – “accounting”, which I don’t have. 😟 Would it be all right to pull out?"
REPLY = (
    "Hello Rosa,\n\nGo to the interview. Ça va aller – “they” chose you. 🙂\n\n"
    + "A long line that no mail program breaks by itself because nobody has pressed return in it. " * 14
    + "\n\n> a line that looks like a quotation\n>> and a deeper one\nFrom here on it is yours.\n.\n..\n\nCarol Reyes\n"
)
FIRST = "<earlier.0001@desk.example>"
SHAPES: dict[str, tuple[str, ...]] = {
    "Gmail": (
        "MIME-Version: 1.0",
        f"References: {FIRST}",
        f"In-Reply-To: {FIRST}",
        "From: Rosa Diaz <rosa@gmail.example>",
        "Message-ID: <CAJx9o=tXqZ+kD_Fq7i9w8Y3cGm2Z1pV5H4aB6c@mail.gmail.example>",
        "Subject: Re: Pulling out of the process",
    ),
    "Outlook": (
        "From: Rosa Diaz <rosa@outlook.example>",
        "Subject: Pulling out of the process",
        "Thread-Topic: Pulling out of the process",
        "Thread-Index: AQHZ0m5x7Qw2m0mVnkqVb8mX2cZ4dQ==",
        f"Message-ID:\n <{'BN0PR04MB' * 9}@{'BN0PR04MB8142.namprd04.prod.outlook.example'}>",
        "Accept-Language: en-US",
    ),
    "Apple Mail": (
        "From: Rosa Diaz <rosa@icloud.example>",
        "Message-Id: <0E6C7A52-7E0D-4E5B-9B1D-3F1C2A4B5D6E@icloud.example>",
        "Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3774.300.61.1.2\\))",
        "Subject: =?utf-8?Q?Pulling_out_=E2=80=93_help?=",
    ),
    "Yahoo": (
        "From: Rosa Diaz <rosa@yahoo.example>",
        "Reply-To: Rosa Diaz <rosa@yahoo.example>",
        "Message-ID: <1234567890.1234567.1700000000000@mail.yahoo.example>",
        "Subject: Pulling out of the process",
        "References: <1234567890.1234567.1700000000000.ref@mail.yahoo.example>",
    ),
    "Thunderbird": (
        "Message-ID: <7a1c2b3d-4e5f-6789-abcd-ef0123456789@reader.example>",
        "User-Agent: Mozilla Thunderbird",
        "From: Rosa Diaz <rosa@reader.example>",
        "Subject: Re: Pulling out of the process",
        f"In-Reply-To: {FIRST}",
        "References: " + "\n ".join(f"<chain.{n:040}@reader.example>" for n in range(60)) + f"\n {FIRST}",
    ),
    "a phone": (
        "From: rosa@phone.example",
        "Message-ID: <k2x9q1.abc@android.phone.example>",
        "Subject: pulling out",
        f"In-Reply-To: {FIRST}",  # and no References
    ),
    "no subject": ("From: rosa@reader.example", "Message-ID: <nosubject@reader.example>"),
}


def letter(shape: str) -> bytes:
    lines = [*SHAPES[shape], "Date: Mon, 23 Nov 2026 07:00:00 -0500", "Content-Type: text/plain; charset=utf-8"]
    return "\n".join([*lines, "Content-Transfer-Encoding: 8bit", "", BODY, ""]).replace("\n", "\r\n").encode()


def answer(data: bytes) -> bytes:
    read = parsing.parse(data, NOON)
    return composing.compose(
        read,
        Draft(subject="Re: Pulling out of the process", body=REPLY),
        sender=Address("Carol Reyes", "advice@desk.example"),
        recipient=read.sender,
        message_id="<reply.1.0123456789abcdef@desk.example>",
        reply_token="1.0123456789abcdef",
        date=NOON,
        quote=True,
    )


def follow_up(reply: bytes) -> bytes:
    """What the reader's program makes of the reply: its references, then its id (RFC 5322 section 3.6.4)."""
    sent = message_from_bytes(reply, policy=policy.default)
    lines = (
        "From: rosa@reader.example",
        "Message-ID: <follow-up@reader.example>",
        f"In-Reply-To: {sent['Message-ID']}",
        "References: " + "\r\n ".join([*str(sent["References"]).split(), str(sent["Message-ID"])]),
        "Subject: Something else entirely",
        "Date: Tue, 24 Nov 2026 07:00:00 -0500",
    )
    return ("\r\n".join(lines) + "\r\n\r\nThank you.\r\n").encode()


@pytest.mark.parametrize("shape", SHAPES)
def test_letter_reply_and_answer_are_one_thread(shape: str, deliver: Callable[..., None], carol: IMAPClient) -> None:
    first = letter(shape)
    reply = answer(first)
    other = letter("no subject").replace(b"nosubject@", b"another@")
    deliver(first, reply, follow_up(reply), other)
    carol.select_folder("INBOX", readonly=True)
    for algorithm in ("REFERENCES", "REFS"):
        threads = carol.thread(algorithm)
        assert sorted(sorted(_flat(thread)) for thread in threads) == [[1, 2, 3], [4]], (algorithm, threads)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_text_arrives_as_it_was_written(shape: str, deliver: Callable[..., None], carol: IMAPClient) -> None:
    reply = answer(letter(shape))
    deliver(reply)
    carol.select_folder("INBOX", readonly=True)
    there = carol.fetch([1], ["BODY.PEEK[]"])[1][b"BODY[]"]
    text = str(message_from_bytes(there, policy=policy.default).get_content()).replace("\r\n", "\n")
    assert text.startswith(REPLY.rstrip())
    assert "> I have an interview Thursday – “accounting”, which I don’t have. 😟" in text


def _flat(thread: object) -> Iterator[int]:
    if isinstance(thread, int):
        yield thread
    elif isinstance(thread, tuple):
        for part in thread:
            yield from _flat(part)
