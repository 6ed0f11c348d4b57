"""How a message is put together: parts in parts, parts that are none, and ends that never come."""

import base64

from tests.letters.making import ASKED, HEAD, Odd, head, html, joined, mail, multi, nested, part, plain

_LONG = "I was asked to come back for a second interview, but the job has changed, and I do not know what to do. " * 4
_PDF = part("JVBERi0=", 'Content-Type: application/pdf; name="cv.pdf"', "Content-Transfer-Encoding: base64")
_PICTURE = part("R0lGOD", "Content-Type: image/gif", "Content-Transfer-Encoding: base64", "Content-ID: <p@x>")
_INNER = head(From="Ana <ana@other.example>", Subject="What they wrote") + b"\r\nYou have to come on Thursday.\r\n"
_FORWARDED = part(_INNER, "Content-Type: message/rfc822")
_THEY = "You have to come on Thursday."


def _typed(content_type: str, body: str | bytes = ASKED, **changes: str | None) -> bytes:
    return mail(body, Content_Type=content_type, **changes)


def _deep(depth: int, kind: str = "mixed") -> bytes:
    inner = plain()
    for number in range(depth):
        inner = nested(inner, kind=kind, edge=f"e{number}")
    return head() + inner


def _forwarded(depth: int) -> bytes:
    inner = _INNER
    for number in range(depth):
        inner = head(Subject=f"Fwd {number}", Content_Type="message/rfc822") + b"\r\n" + inner
    return inner


LETTERS = {
    # ------------------------------------------------ the head
    "no empty line after the headers": Odd(head() + b"May I pull out?\r\n", ("May I pull out?",)),
    "a line that is no header": Odd(head() + b"not a header\r\nX-A: 1\r\n\r\nMay I?", ("May I?",)),
    "empty lines before the headers": Odd(b"\r\n\r\n" + mail(), (ASKED,), sender="rosa@reader.example"),
    "a mailbox file's From line": Odd(b"From rosa@reader.example Mon Nov 23 07:00:00 2026\r\n" + mail(), (ASKED,)),
    "a mailbox file's quoted From line": Odd(b">From rosa@x Mon Nov 23 2026\r\n" + mail(), (ASKED,)),
    "only headers": Odd(head(), ("Pulling out",), subject="Pulling out"),
    "only headers, no line end": Odd(head().rstrip(), subject="Pulling out"),
    "only a body": Odd(b"\r\n\r\nMay I pull out?", ("May I pull out?",)),
    "only words": Odd(b"May I pull out?", ("May I pull out?",)),
    "nothing": Odd(b""),
    "only line ends": Odd(b"\r\n" * 50),
    "only blanks": Odd(b"   \t  \r\n  "),
    "only NUL": Odd(b"\0" * 1000),
    "a header line of blanks": Odd(head() + b" \t \r\n\r\nMay I?", ("May I?",)),
    "blanks before the first header": Odd(b"  " + mail(), (ASKED,)),
    "a header without a name": Odd(b": nobody\r\n" + mail(), (ASKED,)),
    "a header name with blanks": Odd(b"X Y Z: 1\r\n" + mail(), (ASKED,)),
    "a header name in eight bits": Odd("Bétreff: x\r\n".encode() + mail(), (ASKED,)),
    "a space before the colon": Odd(b"Subject : Pulling out\r\nFrom : r@x.example\r\n\r\nMay I?", ("May I?",)),
    "CR alone ends lines": Odd(mail().replace(b"\r\n", b"\r"), (ASKED,), sender="rosa@reader.example"),
    "LF alone ends lines": Odd(mail().replace(b"\r\n", b"\n"), (ASKED,), sender="rosa@reader.example"),
    "each line ends another way": Odd(
        b"From: rosa@reader.example\nTo: a@x.example\r\nSubject: x\n\r\nMay I\rgo\nnow?", ("May I go now?",)
    ),
    "line ends doubled": Odd(mail(f"{ASKED}\r\r\nNow?").replace(b"\r\n\r\n", b"\r\r\n\r\r\n"), ("Now?",)),
    "NUL among the words": Odd(mail("May\0 I go?"), ("May I go?",)),
    # ------------------------------------------------ one part that is odd
    "no MIME at all": Odd(mail(), (ASKED,)),
    "a type without its half": Odd(_typed("text"), (ASKED,)),
    "a type called html": Odd(_typed("html", "<html><body><p>May I <b>go</b>?</p></body></html>"), ("May I go?",)),
    "HTML called plain": Odd(
        _typed("text/plain", "<!DOCTYPE html><html><body><p>May I <b>go</b>?</p></body></html>"), ("May I go?",)
    ),
    "an empty type": Odd(_typed(""), (ASKED,)),
    "a type of signs": Odd(_typed(";;;==/"), (ASKED,)),
    "a type in eight bits": Odd(_typed("text/plän; charset=utf-8"), (ASKED,)),
    "a type with a comment": Odd(_typed("text/plain (a letter); charset=utf-8"), (ASKED,)),
    "two types": Odd(_typed("text/plain\r\nContent-Type: text/html"), (ASKED,)),
    "text/markdown": Odd(_typed("text/markdown"), (ASKED,)),
    "text/enriched": Odd(_typed("text/enriched", "<bold>May I</bold> <italic>go</italic>?"), ("May I go?",)),
    "text/unheard-of": Odd(_typed("text/unheard-of"), (ASKED,)),
    "text/plain with a name": Odd(_typed('text/plain; name="letter.txt"'), (ASKED,)),
    "an inline file that is the letter": Odd(
        mail(Content_Type="text/plain", Content_Disposition="inline; filename=letter.txt"), (ASKED,)
    ),
    "a stream of bytes that is the letter": Odd(_typed("application/octet-stream"), (ASKED,)),
    "a form's own type": Odd(_typed("application/x-www-form-urlencoded"), (ASKED,)),
    "a kind of message nobody knows": Odd(_typed("message/letter"), (ASKED,)),
    "message/partial": Odd(_typed('message/partial; id="a"; number=1; total=2', _INNER), (_THEY,)),
    "message/external-body": Odd(
        _typed("message/external-body; access-type=URL", b"Content-Type: text/plain\r\n\r\nIt is elsewhere.")
    ),
    "a whole message in a message": Odd(_typed("message/rfc822", _INNER), (_THEY,)),
    "a picture and nothing else": Odd(_typed("image/png", b"\x89PNG\r\n\x1a\n\0\0"), subject="Pulling out"),
    "a subject and nothing else": Odd(mail("", Subject=ASKED), (ASKED,), subject=ASKED, noted="subject is read"),
    "a subject and a telephone's signature": Odd(
        mail("\r\n\r\nSent from my iPhone\r\n", Subject=ASKED), (ASKED, "Sent from my iPhone"), noted="subject is read"
    ),
    "no subject": Odd(mail(Subject=None), (ASKED,), subject=""),
    "no subject and no text": Odd(mail("", Subject=None)),
    "encrypted with PGP": Odd(
        multi(
            part("Version: 1", "Content-Type: application/pgp-encrypted"),
            part("-----BEGIN PGP MESSAGE-----", "Content-Type: application/octet-stream"),
            kind="encrypted",
        ),
        noted="encrypted",
    ),
    "encrypted with S/MIME": Odd(
        mail("MIAGCSqGSIb3", Content_Type='application/pkcs7-mime; name="smime.p7m"; smime-type=enveloped-data'),
        noted="encrypted",
    ),
    # ------------------------------------------------ several parts
    "mixed": Odd(multi(plain(), _PDF), (ASKED,)),
    "two texts": Odd(multi(plain(), plain("And when?")), (ASKED, "And when?")),
    "a text after a file": Odd(multi(_PDF, plain()), (ASKED,)),
    "a text after a picture": Odd(multi(_PICTURE, plain()), (ASKED,)),
    "texts around a picture": Odd(multi(plain(), _PICTURE, plain("And when?")), (ASKED, "And when?")),
    "a text of its own name among others": Odd(
        multi(plain("See below."), part(ASKED, 'Content-Type: text/plain; name="question.txt"')), (ASKED,)
    ),
    "a text as an attachment": Odd(
        multi(plain(), part("long notes", "Content-Type: text/plain", "Content-Disposition: attachment")),
        (ASKED,),
        hides=("long notes",),
    ),
    "plain and HTML": Odd(multi(plain(_LONG), html(f"<p>{_LONG}</p>"), kind="alternative"), (_LONG,)),
    "HTML and then plain": Odd(multi(html(f"<p>{_LONG}</p>"), plain(_LONG), kind="alternative"), (_LONG,)),
    "HTML alone": Odd(mail(f"<p>{ASKED}</p>", Content_Type="text/html"), (ASKED,)),
    "HTML beside an empty plain text": Odd(multi(plain(" "), html(f"<p>{ASKED}</p>"), kind="alternative"), (ASKED,)),
    "HTML beside a plain text that says nothing": Odd(
        multi(plain("Your program shows no HTML."), html(f"<p>{_LONG}</p>"), kind="alternative"), (_LONG,)
    ),
    "HTML with pictures beside plain": Odd(
        multi(plain(_LONG), nested(html(f"<p>{_LONG}</p>"), _PICTURE, kind="related"), kind="alternative"), (_LONG,)
    ),
    "HTML with pictures alone": Odd(multi(html(f"<p>{ASKED}</p>"), _PICTURE, kind="related"), (ASKED,)),
    "all of it in all of it": Odd(
        multi(
            nested(
                nested(plain(_LONG), nested(html(f"<p>{_LONG}</p>"), kind="related", edge="r"), kind="alternative"),
                kind="signed",
                edge="s",
            ),
            _PDF,
            plain("Second text"),
        ),
        (_LONG, "Second text"),
    ),
    "signed": Odd(multi(plain(), part("x", "Content-Type: application/pgp-signature"), kind="signed"), (ASKED,)),
    "a digest": Odd(multi(part(_INNER), part(_INNER), kind="digest"), (_THEY,)),
    "Apple's two forks": Odd(multi(nested(_PDF, _PICTURE, kind="appledouble"), plain()), (ASKED,)),
    "a multipart of an unknown kind": Odd(multi(plain(), _PDF, kind="bouquet"), (ASKED,)),
    "Outlook's own packing": Odd(
        multi(plain(), part("eJ8+", "Content-Type: application/ms-tnef; name=winmail.dat")), (ASKED,)
    ),
    "a visiting card": Odd(multi(plain(), part("BEGIN:VCARD", "Content-Type: text/vcard")), (ASKED,), hides=("VCARD",)),
    "what is written for other readers": Odd(
        multi(plain(_LONG), part("<p>amp only</p>", "Content-Type: text/x-amp-html"), kind="alternative"),
        (_LONG,),
        hides=("amp only",),
    ),
    "words before and after the parts": Odd(
        mail(b"before\r\n" + joined(plain()) + b"after\r\n", Content_Type="multipart/mixed; boundary=b"), (ASKED,)
    ),
    # ------------------------------------------------ boundaries
    "no last boundary": Odd(multi(plain(), plain("And when?"), end=False), (ASKED, "And when?")),
    "cut in the middle of a file": Odd(multi(plain(), _PDF)[:-20], (ASKED,)),
    "cut in the middle of a boundary": Odd(multi(plain(), _PDF)[:-3], (ASKED,)),
    "another boundary than it says": Odd(
        mail(joined(plain(), edge="other"), Content_Type="multipart/mixed; boundary=b"), (ASKED,), noted="put together"
    ),
    "no boundary named": Odd(
        mail(joined(plain(), html("<p>Now?</p>")), Content_Type="multipart/mixed"), (ASKED, "Now?")
    ),
    "an empty boundary": Odd(mail(joined(plain()), Content_Type='multipart/mixed; boundary=""'), (ASKED,)),
    "no boundary used": Odd(mail(ASKED, Content_Type="multipart/mixed; boundary=b"), (ASKED,)),
    "a boundary with blanks": Odd(multi(plain(), edge="a b c"), (ASKED,)),
    "a boundary of signs": Odd(multi(plain(), edge="=_(?)+,-./:=_"), (ASKED,)),
    "a boundary of 200 signs": Odd(multi(plain(), edge="x" * 200), (ASKED,)),
    "one boundary begins another": Odd(multi(plain(), nested(plain("Inside"), kind="mixed", edge="bb")), ("Inside",)),
    "the inner boundary is the outer one": Odd(
        multi(plain(), nested(plain("Inside"), kind="mixed", edge="b")), (ASKED, "Inside")
    ),
    "the inner parts never end": Odd(
        multi(part(b"--i\r\n" + plain("Inside"), 'Content-Type: multipart/mixed; boundary="i"'), plain("Outside")),
        ("Inside", "Outside"),
    ),
    "boundary lines with blanks behind": Odd(multi(plain(), _PDF).replace(b"--b\r\n", b"--b  \r\n"), (ASKED,)),
    "boundaries with LF alone": Odd(multi(plain(), _PDF).replace(b"\r\n", b"\n"), (ASKED,)),
    "boundaries with CR alone": Odd(multi(plain(), _PDF).replace(b"\r\n", b"\r"), (ASKED,)),
    "a part without an empty line": Odd(
        mail(b"--b\r\nMay I pull out?\r\n--b--\r\n", Content_Type="multipart/mixed; boundary=b"), ("May I pull out?",)
    ),
    "parts without anything": Odd(mail(b"--b\r\n--b\r\n--b--\r\n", Content_Type="multipart/mixed; boundary=b")),
    "an alternative of nothing": Odd(multi(kind="alternative")),
    "a multipart that says base64": Odd(
        mail(joined(plain()), Content_Type="multipart/mixed; boundary=b", Content_Transfer_Encoding="base64"), (ASKED,)
    ),
    "parts that call themselves multipart": Odd(multi(part(ASKED, "Content-Type: multipart/alternative")), (ASKED,)),
    # ------------------------------------------------ letters in letters
    "a letter attached": Odd(multi(plain("What now?"), _FORWARDED), ("What now?", "ana@other.example", _THEY)),
    "a letter attached as a file": Odd(
        multi(plain("What now?"), part(_INNER, "Content-Type: message/rfc822", "Content-Disposition: attachment")),
        ("What now?", "What they wrote", _THEY),
    ),
    "a letter attached and nothing said": Odd(multi(_FORWARDED), (_THEY,)),
    "two letters attached": Odd(
        multi(plain("Two:"), _FORWARDED, part(mail("Again."), "Content-Type: message/rfc822")), (_THEY, "Again.")
    ),
    "a letter with a file attached": Odd(
        multi(plain("Two:"), part(multi(plain("Inside"), _PDF, edge="i"), "Content-Type: message/rfc822")), ("Inside",)
    ),
    "a letter in a letter in a letter": Odd(
        multi(plain("See"), part(_forwarded(2), "Content-Type: message/rfc822")),
        (
            "See",
            _THEY,
        ),
    ),
    "a letter attached in base64": Odd(
        multi(
            plain("See"),
            part(base64.encodebytes(_INNER), "Content-Type: message/rfc822", "Content-Transfer-Encoding: base64"),
        ),
        ("See",),
    ),
    "an attached letter with a quotation": Odd(
        multi(
            plain("See"),
            part(mail("Mine.\r\n\r\nOn Mon, Nov 23, 2026, Ann wrote:\r\n> old"), "Content-Type: message/rfc822"),
        ),
        ("See", "Mine.", "> old"),
    ),
    "an empty letter attached": Odd(multi(plain(), part(b"", "Content-Type: message/rfc822")), (ASKED,)),
    "a forwarding in words": Odd(
        mail(f"What now?\r\n\r\n---------- Forwarded message ----------\r\nFrom: Ann <ann@x.example>\r\n\r\n{_THEY}"),
        ("What now?", _THEY),
    ),
    "a forwarding in words and nothing else": Odd(
        mail(f"---------- Forwarded message ---------\r\nFrom: Ann <ann@x.example>\r\n\r\n{_THEY}"), (_THEY,)
    ),
    "Apple's forwarding": Odd(
        mail(f"What now?\r\n\r\nBegin forwarded message:\r\n\r\n> From: Ann\r\n> {_THEY}"), ("What now?", _THEY)
    ),
    # ------------------------------------------------ depth and number
    "nested 15 deep": Odd(_deep(15), (ASKED,)),
    "nested 30 deep": Odd(_deep(30), noted="more parts"),
    "nested 100 deep": Odd(_deep(100), noted="more parts"),
    "alternatives nested 18 deep": Odd(_deep(18, "alternative"), (ASKED,)),
    "letters nested 10 deep": Odd(_forwarded(10), (_THEY,)),
    "letters nested 60 deep": Odd(_forwarded(60), noted="more parts"),
    "150 parts": Odd(multi(*(plain(f"Part {n}") for n in range(150))), ("Part 0", "Part 149")),
    "300 parts": Odd(multi(*(plain(f"Part {n}") for n in range(300))), ("Part 0",), noted="more parts"),
    "300 empty parts": Odd(multi(*(b"" for _ in range(300)), plain())),
    "every header twice": Odd(
        head() + "".join(f"{name}: {value}\r\n" for name, value in HEAD.items()).encode() + b"\r\nMay I?", ("May I?",)
    ),
}
