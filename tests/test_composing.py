"""The bytes of a reply: threaded, quoted, and with no header that nobody meant."""

from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cast import NOON, mail
from triage import composing, parsing
from triage.errors import Permanent
from triage.records import Address, Draft, Letter

DATE = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def compose(
    letter: Letter, *, subject: str = "Re: x", body: str = "Go.", to: str = "rosa@reader.example"
) -> EmailMessage:
    message = message_from_bytes(composed(letter, subject=subject, body=body, to=to), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def composed(letter: Letter, *, subject: str, body: str, to: str = "rosa@reader.example") -> bytes:
    return composing.compose(
        letter,
        Draft(subject=subject, body=body),
        sender=Address("Carol Reyes", "advice@desk.example"),
        recipient=Address(letter.sender.name, to),
        message_id="<reply.1.t@desk.example>",
        reply_token="1.t",
        date=DATE,
        quote=True,
    )


def test_references_hold_the_whole_thread_and_stay_short_enough_for_relays() -> None:
    ids = [f"<{number:040}@reader.example>" for number in range(100)]
    letter = parsing.parse(mail(References=" ".join(ids)), NOON)
    references = compose(letter)["References"].split()
    assert references[0] == "<thread.1.t@desk.example>"
    assert references[-2:] == [ids[-1], letter.message_id]
    assert len(" ".join(references)) <= composing.MAX_REFERENCES


def test_a_long_message_id_stays_whole_and_the_bytes_stay_seven_bit() -> None:
    long = f"<{'B' * 90}@namprd11.prod.outlook.example>"
    letter = parsing.parse(mail(message_id=long), NOON)
    data = composed(letter, subject="Re: x", body="You’re fine. " * 30)
    assert f"\r\nIn-Reply-To: {long}\r\n".encode() in data
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998


def test_a_letter_without_message_id_gets_an_unthreaded_reply() -> None:
    message = compose(Letter(received_at=NOON, body="Hi", sender=Address("", "rosa@reader.example")))
    assert "In-Reply-To" not in message


def test_a_long_line_of_the_letter_is_quoted_in_short_ones() -> None:
    letter = Letter(received_at=NOON, body="word " * 60 + "\n> older", sender=Address("Rosa", "rosa@reader.example"))
    quoted = composing.quoted(letter).split("\n")
    assert quoted[0] == "On Mon, Nov 23, 2026 at 12:00, Rosa wrote:"
    assert all(len(line) <= 76 for line in quoted)
    assert " ".join(line.removeprefix("> ") for line in quoted[2:-2]).split() == ["word"] * 60
    assert quoted[-2] == ">> older"


@settings(deadline=None)  # what is tested is no time, and the first case may find the machine busy
@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=200))
def test_no_text_of_a_letter_can_add_a_header(subject: str, name: str, body: str) -> None:
    clean_name = parsing.one_line(name)
    letter = Letter(received_at=NOON, body=parsing.clean(body), sender=Address(clean_name, "rosa@reader.example"))
    message = compose(letter, subject=f"Re: {subject}\r\nBcc: mallory@evil.example")
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "X-Triage-Reply",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert message["To"].addresses[0].addr_spec == "rosa@reader.example"


INNER = "=?utf-8?q?=0d=0aBcc:_mallory@evil.example=0d=0a=0d=0aNot_what_was_signed?="
NESTED = f"=?utf-8?b?{b64encode(INNER.encode()).decode()}?="


@pytest.mark.parametrize(
    "headers",
    [
        {"message_id": f"<{INNER}@evil.example>"},
        {"References": f"<{INNER}@evil.example>"},
        {"In_Reply_To": f"<{INNER}@evil.example>"},
        {"subject": NESTED},
        {"sender": f"{NESTED} <rosa@reader.example>"},
    ],
    ids=["message-id", "references", "in-reply-to", "subject", "name"],
)
def test_no_encoded_word_of_mallorys_becomes_headers_or_text_of_a_reply_or_note(headers: dict[str, str]) -> None:
    letter = parsing.parse(mail("Hello.", **headers), NOON)
    reply = composed(letter, subject=f"Re: {letter.subject}", body="Go.")
    sender, date = Address("Carol Reyes", "advice@desk.example"), NOON
    note = composing.acknowledgement(letter, "It is here.", sender=sender, message_id="<n@desk.example>", date=date)
    for data, begins in ((reply, "Go."), (note, "It is here.")):
        message = message_from_bytes(data, policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert "Bcc" not in message
        assert b"\nBcc:" not in data
        assert message.get_content().startswith(begins)


@pytest.mark.parametrize(
    "address",
    ["a@b@c.example", "a b@c.example", "a@c.example\r\nRCPT TO:<x@y.example>", "<a@c.example>", "@c.example", "a@"],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(Permanent, match="recipient"):
        composing.envelope(address)


def test_a_domain_with_umlauts_goes_out_in_ascii() -> None:
    assert composing.envelope("j@bücher.example") == "j@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("reply_to", "offered"),
    [
        ("", ["rosa@reader.example"]),
        ("rosa@reader.example", ["rosa@reader.example"]),
        ("home@reader.example", ["home@reader.example"]),
        ("mallory@evil.example", ["rosa@reader.example", "mallory@evil.example"]),
    ],
)
def test_who_may_get_the_reply(reply_to: str, offered: list[str]) -> None:
    letter = parsing.parse(mail(**({"Reply_To": reply_to} if reply_to else {})), NOON)
    assert [address.email for address in composing.recipients(letter)] == offered
