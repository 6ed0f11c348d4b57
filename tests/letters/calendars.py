"""Invitations."""

from tests.letters.making import ASKED, Odd, mail, multi, part, plain


def _entry(*lines: str, method: str = "REQUEST", head: str = "SUMMARY:Second interview") -> str:
    inside = ("BEGIN:VEVENT", head, "DTSTART:20261126T140000Z", "DTEND:20261126T150000Z", *lines, "END:VEVENT")
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", *inside, "END:VCALENDAR"]) + "\r\n"


_ENTRY = _entry("ORGANIZER;CN=Ann Lee:mailto:ann@x.example", "LOCATION:Room 5\\, second floor")
_TOLD = ("Invitation: Second interview", "26 November 2026", "Room 5, second floor", "Ann Lee <ann@x.example>")


def _calendar(text: str | bytes, *lines: str) -> bytes:
    return part(text, "Content-Type: text/calendar; charset=utf-8; method=REQUEST", *lines)


def _alone(text: str) -> bytes:
    return mail(text, Content_Type="text/calendar; charset=utf-8")


LETTERS = {
    "alone": Odd(_alone(_ENTRY), _TOLD),
    "beside the words": Odd(multi(plain(), _calendar(_ENTRY), kind="alternative"), (ASKED, *_TOLD)),
    "a second time as a file": Odd(
        multi(plain(), _calendar(_ENTRY), part(_ENTRY, "Content-Type: application/ics; name=invite.ics")), _TOLD
    ),
    "as a file alone": Odd(multi(plain(), part(_ENTRY, 'Content-Type: application/ics; name="invite.ics"')), _TOLD),
    "cancelled": Odd(_alone(_entry(method="CANCEL")), ("Cancelled invitation: Second interview",)),
    "answered": Odd(_alone(_entry(method="REPLY")), ("Answer to an invitation: Second interview",)),
    "another time": Odd(_alone(_entry(method="COUNTER")), ("Another time is proposed: Second interview",)),
    "with words of its own": Odd(_alone(_entry("DESCRIPTION:Bring your\\nresume.")), ("Bring your resume.",)),
    "folded": Odd(_alone(_entry("DESCRIPTION:Bring your res", " ume.")), ("Bring your resume.",)),
    "with a reminder": Odd(
        _alone(_entry("DESCRIPTION:Come.", "BEGIN:VALARM", "DESCRIPTION:ring", "END:VALARM")),
        ("Come.",),
        hides=("ring",),
    ),
    "for a whole day": Odd(
        _alone(_entry().replace("DTSTART:20261126T140000Z", "DTSTART;VALUE=DATE:20261126")),
        ("Thursday, 26 November 2026",),
    ),
    "in a zone": Odd(
        _alone(_entry().replace("DTSTART:20261126T140000Z", "DTSTART;TZID=America/New_York:20261126T090000")),
        ("09:00 (America/New_York)",),
    ),
    "every week": Odd(_alone(_entry("RRULE:FREQ=WEEKLY")), ("FREQ=WEEKLY",)),
    "in other letters": Odd(_alone(_entry(head="SUMMARY;LANGUAGE=de:Gespräch")), ("Gespräch",)),
    "with a colon in quotes": Odd(_alone(_entry('ORGANIZER;CN="Ann: Lee":mailto:a@x.example')), ("Ann: Lee",)),
    "without a title": Odd(_alone(_entry(head="X-A:1")), ("(no title)",)),
    "without a beginning": Odd(_alone(_entry().replace("DTSTART", "X-START")), ("Second interview",)),
    "at no time": Odd(_alone(_entry().replace("20261126T140000Z", "99999999T999999Z")), ("99999999T999999Z",)),
    "in the year 0": Odd(_alone(_entry().replace("20261126T140000Z", "00000000")), ("Second interview",)),
    "that never ends": Odd(_alone(_ENTRY.split("END:")[0])),
    "that is none": Odd(_alone(ASKED), subject="Pulling out"),
    "of 3,000 entries": Odd(_alone(_ENTRY * 3_000), _TOLD),
    "of one long line": Odd(_alone(_entry("DESCRIPTION:" + "x" * 100_000)), ("Second interview",)),
    "of colons": Odd(_alone(_entry(":" * 10_000)), ("Second interview",)),
    "of quotes": Odd(_alone(_entry('"' * 10_000)), ("Second interview",)),
    "in base64 that is none": Odd(multi(plain(), _calendar("%%%", "Content-Transfer-Encoding: base64")), (ASKED,)),
}
