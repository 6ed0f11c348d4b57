"""Letters as the mail programs of readers put them together, in their bare bones."""

from tests.letters.making import Odd, html, mail, multi, nested, part, plain

_WORDS = "I was offered a job that needs accounting, which I do not have. May I still say no? " * 5
_PARAGRAPH = f'<div dir="ltr">{_WORDS}</div>'


def _both(formatted: str, text: str = _WORDS) -> bytes:
    return multi(plain(text), html(formatted), kind="alternative", edge="000000000000a1b2c3")


LETTERS = {
    "Gmail": Odd(_both(_PARAGRAPH + "<br><div class=gmail_quote>old</div>", f"{_WORDS}\r\n\r\n> old"), (_WORDS, "old")),
    "Gmail, HTML of a forwarding": Odd(
        _both("x", f"See:\r\n\r\n---------- Forwarded message ---------\r\nFrom: Ann\r\n\r\n{_WORDS}"), ("See:", _WORDS)
    ),
    "Outlook": Odd(
        _both(
            f"<html xmlns:o='urn:x'><head><style><!-- p.MsoNormal {{margin:0}} --></style></head><body><p>{_WORDS}</p>",
        ),
        (_WORDS,),
        hides=("MsoNormal",),
    ),
    "Outlook, HTML alone": Odd(
        mail(f"<html><body><p class=MsoNormal>{_WORDS}<o:p></o:p></p></body></html>", Content_Type="text/html"),
        (_WORDS,),
    ),
    "Outlook on a telephone": Odd(mail(f"{_WORDS}\r\n\r\nGet Outlook for Android\r\n"), (_WORDS, "Get Outlook for")),
    "Apple Mail with a picture in the middle": Odd(
        multi(plain("Before"), part("R0lG", "Content-Type: image/gif; name=a.gif"), plain(_WORDS)), ("Before", _WORDS)
    ),
    "Apple Mail with HTML pieces": Odd(
        multi(
            plain(f"{_WORDS}\r\nBefore After"),
            nested(
                html(f"<p>{_WORDS}</p><p>Before</p>"),
                part("x", "Content-Type: application/pdf"),
                html("After"),
                kind="mixed",
            ),
            kind="alternative",
        ),
        (_WORDS, "Before", "After"),
    ),
    "an iPhone": Odd(
        mail(f"{_WORDS}\r\n\r\nSent from my iPhone", Content_Type="text/plain; charset=us-ascii"), (_WORDS,)
    ),
    "Thunderbird's flowed lines": Odd(
        mail("I was offered a job that \r\nneeds accounting. \r\nMay I?\r\n", Content_Type="text/plain; format=flowed"),
        ("I was offered a job that needs accounting. May I?",),
    ),
    "flowed lines with stuffed blanks": Odd(
        mail(" From here on.\r\n > no quotation\r\n", Content_Type="text/plain; format=flowed; delsp=yes"),
        ("From here on.", "> no quotation"),
    ),
    "Yahoo": Odd(_both(f"<div class='ydp1'>{_WORDS}</div>", _WORDS), (_WORDS,)),
    "a list that adds a footer": Odd(
        multi(plain(_WORDS), plain("_____\r\nlist@x.example")), (_WORDS, "list@x.example")
    ),
    "a virus scanner in front": Odd(
        multi(plain("Scanned."), nested(plain(_WORDS), kind="mixed")), ("Scanned.", _WORDS)
    ),
    "a telephone's message": Odd(
        multi(
            part("<smil/>", "Content-Type: application/smil"),
            part(_WORDS, "Content-Type: text/plain; name=t.txt"),
            kind="related",
        ),
        (_WORDS,),
    ),
    "a fax": Odd(multi(part("II*", "Content-Type: image/tiff; name=fax.tif")), subject="Pulling out"),
    "voice mail": Odd(multi(plain("You have voice mail."), part("RIFF", "Content-Type: audio/wav")), ("voice mail",)),
    "a scanner with no words": Odd(
        multi(part("JVBE", "Content-Type: application/pdf; name=scan.pdf", "Content-Transfer-Encoding: base64")),
        noted="subject is read",
    ),
    "a program without MIME": Odd(mail(_WORDS, MIME_Version=None, Content_Type=None), (_WORDS,)),
    "a line of dots": Odd(mail(".\r\n..\r\n...\r\nMay I?"), (". .. ... May I?",)),
    "lines of 998 signs": Odd(mail("\r\n".join(["word " * 199] * 5)), ("word word",)),
    "a line that begins with From": Odd(mail("Dear Carol,\r\n>From my desk I write.\r\n"), ("From my desk I write.",)),
}
