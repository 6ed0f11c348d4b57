"""Transfer encodings: as the rules have them, nearly so, and not at all."""

import base64
import binascii
import quopri

from tests.letters.making import ASKED, Odd, mail

_B64 = base64.encodebytes(ASKED.encode() * 3).decode()
_ONCE = base64.b64encode(ASKED.encode()).decode()
_UU = "begin 644 letter.txt\r\n" + binascii.b2a_uu(ASKED.encode()).decode() + "`\r\nend\r\n"


def _base64(body: str, name: str = "base64") -> bytes:
    return mail(body, Content_Transfer_Encoding=name, Content_Type="text/plain; charset=utf-8")


def _quoted(body: str, name: str = "quoted-printable") -> bytes:
    return mail(body, Content_Transfer_Encoding=name, Content_Type="text/plain; charset=utf-8")


LETTERS = {
    "base64": Odd(_base64(_B64), (ASKED,)),
    "base64 on one long line": Odd(_base64(_ONCE), (ASKED,)),
    "base64 one sign a line": Odd(_base64("\r\n".join(_ONCE)), (ASKED,)),
    "base64 with blanks in it": Odd(_base64(" ".join(_ONCE)), (ASKED,)),
    "base64 with tabs before each line": Odd(_base64("\t" + _B64.replace("\n", "\n\t")), (ASKED,)),
    "base64 without its padding": Odd(_base64(base64.b64encode(b"May I go?!").decode().rstrip("=")), ("May I go?!",)),
    "base64 with too much padding": Odd(_base64(_ONCE + "===="), (ASKED,)),
    "base64 with signs that are none": Odd(_base64(f"{_ONCE[:8]}*!#{_ONCE[8:]}"), (ASKED,)),
    "base64 in capitals": Odd(_base64(_B64, "BASE64"), (ASKED,)),
    "base64 named with a blank": Odd(_base64(_B64, "base64 "), (ASKED,)),
    "base64 of nothing": Odd(_base64("")),
    "base64 that is none": Odd(_base64("!!!!====")),
    "base64 of one sign": Odd(_base64("A")),
    "base64 with a mailing list's footer": Odd(_base64(_ONCE + "\r\n\r\n--\r\nlist footer\r\n"), (ASKED[:20],)),
    "base64 of UTF-8 with CR line ends": Odd(
        _base64(base64.b64encode(b"May I\rgo\rnow?").decode()), ("May I go now?",)
    ),
    "plain text called base64": Odd(_base64("May I pull out of this?")),
    "quoted-printable": Odd(_quoted(quopri.encodestring("Café – may I?".encode()).decode()), ("Café – may I?",)),
    "quoted-printable with soft line ends": Odd(_quoted("May I pull =\r\nout of the inter=\r\nview?"), (ASKED,)),
    "quoted-printable with LF alone": Odd(_quoted("May I pull =\nout of the inter=\nview?"), (ASKED,)),
    "quoted-printable in small letters": Odd(_quoted("caf=c3=a9"), ("café",)),
    "quoted-printable with blanks at line ends": Odd(_quoted("May I =20\r\ngo?   \r\nNow?"), ("May I go? Now?",)),
    "quoted-printable with a bare equals sign": Odd(_quoted("2 + 2 = 4, may I go?"), ("2 + 2 = 4, may I go?",)),
    "quoted-printable with letters that are no digits": Odd(_quoted("a=XYb =G1 may I go?"), ("may I go?",)),
    "quoted-printable that ends in an equals sign": Odd(_quoted("May I go?="), ("May I go?",)),
    "quoted-printable that ends in half a sign": Odd(_quoted("May I go?=C"), ("May I go?",)),
    "quoted-printable and not declared": Odd(mail("caf=C3=A9, may I go?"), ("may I go?",)),
    "quoted-printable in capitals": Odd(_quoted("caf=C3=A9", "Quoted-Printable"), ("café",)),
    "quoted-printable with a comment": Odd(_quoted("May I go?", "quoted-printable (really)"), ("May I go?",)),
    "quoted-printable across a dot": Odd(_quoted("First.=\r\n.\r\nMay I go?"), ("May I go?",)),
    "seven bits that have eight": Odd(mail("Café, may I go?", Content_Transfer_Encoding="7bit"), ("Café, may I go?",)),
    "eight bits with a semicolon": Odd(mail("Café, may I?", Content_Transfer_Encoding="8bit;"), ("Café, may I?",)),
    "binary": Odd(mail("Café,\r\nmay I?", Content_Transfer_Encoding="binary"), ("Café, may I?",)),
    "an encoding called utf-8": Odd(mail("Café, may I?", Content_Transfer_Encoding="utf-8"), ("Café, may I?",)),
    "an encoding nobody knows": Odd(mail("May I go?", Content_Transfer_Encoding="x-rot-26"), ("May I go?",)),
    "an empty encoding": Odd(mail("May I go?", Content_Transfer_Encoding=""), ("May I go?",)),
    "an encoding of eight-bit signs": Odd(mail("May I go?", Content_Transfer_Encoding="bäse64"), ("May I go?",)),
    "two encodings": Odd(
        mail("May I go?", Content_Transfer_Encoding="7bit\r\nContent-Transfer-Encoding: 8bit"), ("May I go?",)
    ),
    "uuencode": Odd(mail(_UU, Content_Transfer_Encoding="x-uuencode"), (ASKED,)),
    "uuencode without its beginning": Odd(mail("#0V%T\r\n`\r\nend\r\n", Content_Transfer_Encoding="uuencode")),
    "uuencode cut short": Odd(mail(_UU[:40], Content_Transfer_Encoding="x-uue")),
    "uuencode below a text": Odd(mail(f"{ASKED}\r\n\r\n{_UU}"), (ASKED,)),
}
