"""What mail systems and other programs send by themselves: delivery reports, receipts, absences."""

from tests.letters.making import Odd, head, mail, multi, part, plain

_SYSTEM = {"From": "Mail Delivery System <MAILER-DAEMON@mx.example>", "Subject": "Undelivered"}
_OURS = head(From="advice@desk.example", Subject="Re: Pulling out") + b"\r\nDear Rosa, it is up to you.\r\n"


def _status(*lines: str, kind: str = "delivery-status") -> bytes:
    return part("\r\n".join(lines) + "\r\n", f"Content-Type: message/{kind}")


_FAILED = _status(
    "Reporting-MTA: dns; mx.example",
    "",
    "Final-Recipient: rfc822; rosa@reader.example",
    "Action: failed",
    "Status: 5.1.1",
    "Diagnostic-Code: smtp; 550 5.1.1 no such",
    " user here",
)
_SAID = ("Action: failed", "Status: 5.1.1", "550 5.1.1 no such user here")


def _report(*parts: bytes, kind: str = "delivery-status") -> bytes:
    return mail(
        b"".join(b"--b\r\n" + each + b"\r\n" for each in parts) + b"--b--\r\n",
        Content_Type=f'multipart/report; report-type={kind}; boundary="b"',
        **_SYSTEM,
    )


LETTERS = {
    "a failure with the letter": Odd(
        _report(plain("It could not be delivered."), _FAILED, part(_OURS, "Content-Type: message/rfc822")),
        ("It could not be delivered.", *_SAID, "Dear Rosa, it is up to you."),
    ),
    "a failure with its headers": Odd(
        _report(plain("Sorry."), _FAILED, part(_OURS.split(b"\r\n\r\n")[0], "Content-Type: text/rfc822-headers")),
        ("Sorry.", *_SAID, "Re: Pulling out"),
    ),
    "a failure and no words": Odd(_report(_FAILED), _SAID),
    "a failure for two": Odd(
        _report(
            plain("Sorry."),
            _status(
                "Reporting-MTA: dns; x",
                "",
                "Final-Recipient: rfc822; a@x.example",
                "Action: failed",
                "",
                "Final-Recipient: rfc822; b@x.example",
                "Action: delayed",
            ),
        ),
        ("a@x.example", "b@x.example", "Action: delayed"),
    ),
    "a delay": Odd(_report(plain("Delayed."), _status("", "Action: delayed", "Status: 4.4.1")), ("Action: delayed",)),
    "a failure in other alphabets": Odd(
        _report(plain("Нет такого."), _status("", "Action: failed", kind="global-delivery-status")),
        ("Нет такого.",),
    ),
    "a report without its parts": Odd(mail("It failed.", Content_Type="multipart/report", **_SYSTEM), ("It failed.",)),
    "a report with an empty status": Odd(_report(plain("It failed."), _status("")), ("It failed.",)),
    "a report with broken lines": Odd(_report(plain("It failed."), _status("no colon here", "", "x")), ("It failed.",)),
    "a report that was cut": Odd(_report(plain("It failed."), _FAILED)[:-120], ("It failed.",)),
    "qmail's own words": Odd(
        mail(
            "Hi. This is the qmail-send program.\r\n<rosa@reader.example>:\r\nno mailbox here by that name.\r\n",
            **_SYSTEM,
        ),
        ("no mailbox here by that name.",),
    ),
    "Exim's own words": Odd(mail("A message that you sent could not be delivered.", **_SYSTEM), ("could not be",)),
    "a receipt for reading": Odd(
        multi(
            plain("Your message was read."),
            _status("Disposition: manual; displayed", kind="disposition-notification"),
            kind="report",
        ),
        ("Your message was read.", "Disposition: manual"),
    ),
    "a complaint": Odd(
        multi(plain("Complaint."), _status("Feedback-Type: abuse", kind="feedback-report"), part(_OURS), kind="report"),
        ("Complaint.", "Feedback-Type: abuse"),
    ),
    "an absence": Odd(mail("I am away until Monday.", Auto_Submitted="auto-replied"), ("I am away",)),
    "an absence by other headers": Odd(mail("Away.", X_Autoreply="yes", Precedence="auto_reply"), ("Away.",)),
    "a null sender": Odd(mail("Away.", Return_Path="<>"), ("Away.",)),
    "a newsletter": Odd(mail("News.", List_Id="<n.x.example>", Precedence="bulk"), ("News.",)),
}
