"""What contact forms on web sites send for a reader, whose address stands in the text."""

from tests.letters.making import ASKED, Odd, mail

_TEXT = f"Name: Rosa Diaz\r\nEmail: rosa@reader.example\r\nMessage: {ASKED}\r\n"
_SAID = ("Rosa Diaz", "rosa@reader.example", ASKED)


def _form(text: str, sender: str = "noreply@desk.example", **changes: str | None) -> Odd:
    return Odd(mail(text, From=sender, Subject="Contact", **changes), _SAID)


# The reader's address is to be offered for each of these.
OFFERED = {
    "label and value": _form(_TEXT),
    "from the inbox itself": _form(_TEXT, "advice@desk.example"),
    "from the web server": _form(_TEXT, "www-data@web7.host.example"),
    "from a blog": _form(_TEXT, "WordPress <wordpress@desk.example>"),
    "value below its label": _form(f"Name\r\nRosa Diaz\r\n\r\nEmail\r\nrosa@reader.example\r\n\r\nMessage\r\n{ASKED}"),
    "labels with stars": _form(
        f"Name *\r\nRosa Diaz\r\nYour e-mail address *\r\nrosa@reader.example\r\nText\r\n{ASKED}"
    ),
    "as a From line": _form(f"From: Rosa Diaz <rosa@reader.example>\r\nSubject: Help\r\n\r\nMessage Body:\r\n{ASKED}"),
    "with equals signs": _form(f"name = Rosa Diaz\r\nemail = rosa@reader.example\r\nmessage = {ASKED}"),
    "in a table": Odd(
        mail(
            "<table><tr><td><b>Name</b></td><td>Rosa Diaz</td></tr><tr><td><b>Email:</b></td><td>"
            f"<a href='mailto:rosa@reader.example'>rosa@reader.example</a></td></tr></table><p>Message: {ASKED}</p>",
            From="noreply@desk.example",
            Subject="Contact",
            Content_Type="text/html",
        ),
        _SAID,
    ),
    "with a Reply-To to ourselves": _form(_TEXT, Reply_To="advice@desk.example"),
    "with a Reply-To to the reader": _form(_TEXT, Reply_To="rosa@reader.example"),
    "with a full stop behind": _form(f"Name: Rosa Diaz\r\nEmail: rosa@reader.example.\r\nMessage: {ASKED}"),
}
# No address of these is.
NOT_OFFERED = {
    "a reader who names another address": Odd(mail(f"Email: hr@corp.example\r\nName: HR\r\n{ASKED}"), (ASKED,)),
    "a program that lists no answers": Odd(
        mail("Write to help@corp.example.", From="noreply@corp.example"), ("help@corp.example",)
    ),
    "a form without an address": Odd(mail(f"Name: Rosa\r\nMessage: {ASKED}", From="noreply@desk.example"), (ASKED,)),
    "a form with what is no address": Odd(
        mail(f"Name: Rosa\r\nEmail: rosa at reader\r\nMessage: {ASKED}", From="noreply@desk.example"), (ASKED,)
    ),
    "a form with our own address": Odd(
        mail(f"Name: Rosa\r\nEmail: advice@desk.example\r\nMessage: {ASKED}", From="noreply@desk.example"), (ASKED,)
    ),
}
LETTERS = {**OFFERED, **NOT_OFFERED}
