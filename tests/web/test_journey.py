"""The whole way with real parts: a letter comes in over IMAP, a person signs in Chromium, one reply goes out."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.cast import mail
from tests.conftest import MailboxUser
from tests.servers import Dovecot, SmtpSink
from tests.service import Operator, operator, until
from triage.drafting import YOUR_WORDS

PASSWORD = "a long password"


def letter(office: Operator) -> dict[str, object]:
    [found] = json.loads(office.triage("letters", "--json").stdout)
    assert isinstance(found, dict)
    return found


def test_the_founding_letter_is_answered_once(  # noqa: PLR0917 -- each argument is a server
    tmp_path: Path,
    dovecot: Dovecot,
    mailbox_user: MailboxUser,
    smtp_sink: SmtpSink,
    database_url: str,
    chromium: Browser,
) -> None:
    office = operator(tmp_path, (dovecot, smtp_sink), mailbox_user, database_url)
    office.add("carol", "editor", PASSWORD)
    dovecot.deliver(mailbox_user.name, mail(References="<earlier@reader.example>"))
    with office.serving():
        until(lambda: bool(json.loads(office.triage("letters", "--stage", "drafted", "--json").stdout)), 30)
        page = chromium.new_page()
        page.goto(office.url)
        page.get_by_label("Name").fill("carol")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Pulling out of the process").click()

        expect(page.get_by_role("region", name="The letter")).to_contain_text("accounting experience")
        draft = page.get_by_label("Reply", exact=True)
        text = draft.input_value()
        assert "Which state" in text
        own = text.replace(YOUR_WORDS, "You were right to ask before you decided.")
        assert own != text
        draft.fill(own.replace("Which state", "Write back and tell me: which state"))
        page.get_by_role("button", name="Approve and send to rosa@reader.example").click()
        until(lambda: bool(smtp_sink.received), 20)
        until(lambda: letter(office)["stage"] == "answered", 10)
        until(lambda: len(dovecot.messages(mailbox_user.name, "Sent")) == 1, 20)
        page.close()

    [(mail_from, recipients, data)] = smtp_sink.received
    reply = message_from_bytes(data, policy=policy.default)
    assert isinstance(reply, EmailMessage)
    assert (mail_from, recipients) == ("advice@desk.example", ["rosa@reader.example"])
    assert reply["In-Reply-To"] == "<letter-1@reader.example>"
    back, *parents = str(reply["References"]).split()
    assert parents == ["<earlier@reader.example>", "<letter-1@reader.example>"]
    assert back == str(reply["Message-ID"]).replace("<reply.", "<thread.")
    assert "You were right to ask before you decided." in reply.get_content()
    assert "tell me: which state" in reply.get_content()
    [copy] = dovecot.messages(mailbox_user.name, "Sent")
    assert message_from_bytes(copy, policy=policy.default)["Message-ID"] == reply["Message-ID"]
    assert dovecot.messages(mailbox_user.name, "INBOX") == [mail(References="<earlier@reader.example>")]

    # Started again, nothing is collected or sent a second time.
    assert office.triage("once").returncode == 0
    assert len(smtp_sink.received) == 1
    assert letter(office)["stage"] == "answered"
