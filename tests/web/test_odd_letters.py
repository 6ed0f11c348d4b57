"""Letters that were hard to read, and what the desk says of them."""

import pytest

from tests.cast import mail
from tests.letters import forms
from tests.web.conftest import Site, Visitor, signable


def test_the_page_says_that_a_letter_was_decoded_by_guess(site: Site, ali: Visitor) -> None:
    guessed = mail("", message_id="<2@x.example>").rstrip() + "\r\n\r\nThe café – that’s all I know of it.".encode(
        "cp1252"
    )
    site.bring(guessed)
    assert "it was read as cp1252, by guess." in ali.get("/letters/2").text


def test_a_letter_that_is_all_subject_is_read(site: Site, ali: Visitor) -> None:
    site.bring(mail("\n\nSent from my iPhone", subject="May I pull out of it?", message_id="<2@x.example>"))
    page = ali.get("/letters/2").text
    assert "There is no text in this letter; its subject is read." in page
    assert "Sent from my iPhone" in page


def test_a_letter_too_heavy_to_be_shown_formatted_says_what_to_do(
    site: Site, ali: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.bring(mail("<p>May I?</p>", message_id="<2@x.example>").replace(b"text/plain", b"text/html"))
    assert "<p>May I?</p>" in ali.get("/letters/2/html").text
    monkeypatch.setattr(site.desk.reader, "formatted", lambda html: None)
    answer = ali.get("/letters/2/html")
    assert answer.status_code == 200
    assert "cannot show how this letter was formatted. Next: read it as plain text" in answer.text


def test_who_gets_the_reply_to_a_contact_forms_mail_is_a_persons_choice(site: Site, ali: Visitor) -> None:
    site.bring(forms.OFFERED["label and value"].data)
    page = ali.get("/letters/2").text
    assert 'value="rosa@reader.example" required' in page
    assert 'value="noreply@desk.example" required' in page
    assert "given in its text, as by a contact form" in page

    assert ali.post("/letters/2/approve", **signable(site, 2)).status_code == 409
    ali.post("/letters/2/approve", **signable(site, 2), recipient="rosa@reader.example")
    sent = site.letter(2).reply
    assert sent is not None
    assert sent.reply.recipient == "rosa@reader.example"
