"""Alphabets: declared truly, by an old or a wrong name, or not at all; in bodies and in encoded words."""

import base64
import quopri
from collections.abc import Callable

from tests.letters.making import Odd, head, mail

_SAID = {
    "western": "Can’t I pull out? “Café”, naïve, résumé – that’s all I know about it, and it’s a long line of words.",
    "latin": "Où est le café où je dois aller pour l'entretien de lundi prochain, près de la gare?",
    "german": "Darf ich das Gespräch absagen? Ich wüsste gern, ob das schädlich für mich wäre. Grüße",
    "polish": "Czy mogę zrezygnować z rozmowy? Ogłoszenie było źle opisane, więc chciałbym się wycofać. Łódź",
    "czech": "Mohu odmítnout pohovor? Příliš žluťoučký kůň úpěl ďábelské ódy, a já bych chtěl odejít.",
    "russian": "Могу ли я отказаться от собеседования? Работа оказалась совсем другой, чем в объявлении.",
    "ukrainian": "Чи можу я відмовитися від співбесіди? Робота виявилася зовсім іншою, ніж їхнє оголошення.",
    "greek": "Μπορώ να αποσυρθώ από τη συνέντευξη; Η δουλειά είναι διαφορετική από την αγγελία.",
    "turkish": "Görüşmeden çekilebilir miyim? İş ilanı yanlıştı, şimdi ne yapacağımı bilmiyorum. Teşekkürler",
    "hebrew": "האם מותר לי לוותר על הראיון? העבודה שונה ממה שנכתב במודעה.",
    "arabic": "هل يمكنني الانسحاب من المقابلة؟ الوظيفة مختلفة عن الإعلان.",
    "thai": "ฉันขอถอนตัวจากการสัมภาษณ์ได้ไหม งานไม่ตรงกับประกาศ",
    "japanese": "面接を辞退してもいいですか。仕事の内容が求人広告と違います。",
    "korean": "면접을 포기해도 될까요? 일이 공고와 다릅니다.",
    "chinese": "我可以退出面试吗？工作内容与广告不同。",
    "traditional": "我可以退出面試嗎？工作內容與廣告不同。",
    "baltic": "Vai es drīkstu atteikties no intervijas? Darbs ir pavisam citāds, nekā rakstīts sludinājumā.",
    "vietnamese": "Tôi có thể rút khỏi cuộc phỏng vấn không?",
    "emoji": "May I pull out? 🤷‍♀️ I don’t know 😕",
}
# How it is called, how it is written, in which language.
_DECLARED = (
    ("utf-8", "utf-8", "western"),
    ("UTF8", "utf-8", "german"),
    ('"utf-8"', "utf-8", "emoji"),
    ("'utf-8'", "utf-8", "thai"),
    ("utf-8", "utf-8-sig", "greek"),
    ("utf-16", "utf-16", "western"),
    ("utf-16le", "utf-16-le", "russian"),
    ("utf-16be", "utf-16-be", "japanese"),
    ("utf-32", "utf-32", "western"),
    ("utf-7", "utf-7", "german"),
    ("unicode-1-1-utf-7", "utf-7", "latin"),
    ("iso-8859-1", "cp1252", "western"),
    ("latin1", "cp1252", "latin"),
    ("ISO-8859-15", "iso-8859-15", "german"),
    ("us-ascii", "utf-8", "western"),
    ("ansi_x3.4-1968", "cp1252", "western"),
    ("windows-1252", "cp1252", "western"),
    ("cp-850", "cp850", "german"),
    ("macintosh", "mac_roman", "latin"),
    ("x-mac-roman", "mac_roman", "western"),
    ("iso-8859-2", "iso-8859-2", "polish"),
    ("windows-1250", "cp1250", "czech"),
    ("koi8-r", "koi8-r", "russian"),
    ("koi8-u", "koi8-u", "ukrainian"),
    ("windows-1251", "cp1251", "russian"),
    ("iso-8859-5", "iso-8859-5", "russian"),
    ("cp866", "cp866", "russian"),
    ("x-mac-cyrillic", "mac_cyrillic", "ukrainian"),
    ("iso-8859-7", "iso-8859-7", "greek"),
    ("windows-1253", "cp1253", "greek"),
    ("iso-8859-9", "cp1254", "turkish"),
    ("windows-1254", "cp1254", "turkish"),
    ("iso-8859-8", "iso-8859-8", "hebrew"),
    ("iso-8859-8-i", "iso-8859-8", "hebrew"),
    ("windows-1255", "cp1255", "hebrew"),
    ("windows-1256", "cp1256", "arabic"),
    ("iso-8859-6", "iso-8859-6", "arabic"),
    ("tis-620", "cp874", "thai"),
    ("windows-874", "cp874", "thai"),
    ("iso-8859-11", "cp874", "thai"),
    ("windows-1257", "cp1257", "baltic"),
    ("iso-8859-13", "iso-8859-13", "baltic"),
    ("shift_jis", "cp932", "japanese"),
    ("x-sjis", "cp932", "japanese"),
    ("windows-31j", "cp932", "japanese"),
    ("euc-jp", "euc_jp", "japanese"),
    ("iso-2022-jp", "iso2022_jp", "japanese"),
    ("euc-kr", "cp949", "korean"),
    ("ks_c_5601-1987", "cp949", "korean"),
    ("iso-2022-kr", "iso2022_kr", "korean"),
    ("gb2312", "gb18030", "chinese"),
    ("gbk", "gb18030", "chinese"),
    ("gb18030", "gb18030", "traditional"),
    ("hz-gb-2312", "hz", "chinese"),
    ("big5", "big5", "traditional"),
    ("big5-hkscs", "big5hkscs", "traditional"),
    ("utf-8", "utf-8", "vietnamese"),
)
# Names that are untrue or mean nothing; the language is plain enough to be guessed.
_UNTRUE = (
    ("utf-8", "cp1252", "western"),
    ("us-ascii", "cp1252", "german"),
    ("", "utf-8", "japanese"),
    ("", "cp1252", "western"),
    ("x-unknown", "utf-8", "russian"),
    ("unknown-8bit", "utf-8", "arabic"),
    ("default", "utf-8", "korean"),
    ("zlib", "utf-8", "western"),
    ("rot13", "utf-8", "western"),
    ("utf\0-8", "utf-8", "greek"),
    ("utf-8; format=flowed; x", "utf-8", "hebrew"),
    ("=?utf-8?q?utf-8?=", "utf-8", "turkish"),
    ("idna", "utf-8", "polish"),
    ("undefined", "utf-8", "thai"),
    ("utf-16", "utf-8", "czech"),
    ("iso-2022-jp", "utf-8", "japanese"),
)

_WRAPPED: dict[str, Callable[[bytes], bytes]] = {
    "8bit": bytes,
    "base64": base64.encodebytes,
    "quoted-printable": quopri.encodestring,
}


def _bodies() -> dict[str, Odd]:
    made = {}
    for number, (called, codec, language) in enumerate(_DECLARED):
        said = _SAID[language]
        written = said.encode(codec)
        encoding = ("8bit", "base64", "quoted-printable")[number % 3]
        if codec.startswith(("utf-16", "utf-32")):
            encoding = "base64"
        wrapped = _WRAPPED[encoding](written)
        made[f"{language} as {called} in {encoding}"] = Odd(
            mail(wrapped, Content_Type=f"text/plain; charset={called}", Content_Transfer_Encoding=encoding), (said,)
        )
    for called, codec, language in _UNTRUE:
        said = _SAID[language]
        declared = f"text/plain; charset={called}" if called else "text/plain"
        made[f"{language} in {codec}, called {called!r}"] = Odd(
            mail(said.encode(codec), Content_Type=declared), (said,)
        )
    return made


def _words() -> dict[str, Odd]:
    """Subjects in encoded words (RFC 2047)."""
    made = {}
    for called, codec, language in _DECLARED:
        if codec.startswith(("utf-16", "utf-32", "utf-7", "utf-8-sig")) or '"' in called or "'" in called:
            continue
        said = _SAID[language][:20]
        coded = base64.b64encode(said.encode(codec)).decode()
        made[f"subject in {language} as {called}"] = Odd(mail(Subject=f"=?{called}?B?{coded}?="), subject=said.strip())
    return made


LETTERS = {
    **_bodies(),
    **_words(),
    "a letter cut in the middle of a character": Odd(
        mail("Ich möchte das Gespräch absagen – für später, schön wäre es".encode() + b"\xc3"),
        ("Ich möchte das Gespräch absagen – für später, schön wäre es",),
        noted="by guess",
    ),
    "one damaged byte in UTF-8": Odd(
        mail("Können Sie ".encode() + b"\xff" + " für mich prüfen, ob ich früher gehen könnte?".encode()),
        ("für mich prüfen, ob ich früher gehen könnte?",),
        noted="by guess",
    ),
    "every byte there is": Odd(mail(bytes(range(256)) * 4 + b"\r\nMay I pull out?"), ("May I pull out?",)),
    "raw UTF-8 in the headers": Odd(head(Subject="Où aller?", From="Zoë <zoe@reader.example>"), subject="Où aller?"),
    "raw Latin-1 in the headers": Odd(
        b"From: Ren\xe9 <rene@reader.example>\r\nSubject: \xc0 propos de l'entretien\r\n\r\nBonjour",
        ("Bonjour",),
        subject="À propos de l'entretien",
        sender="rene@reader.example",
        noted="by guess",
    ),
    "a byte order mark before everything": Odd(b"\xef\xbb\xbf" + mail(), ("pull out",), sender="rosa@reader.example"),
    "lone surrogates in UTF-7": Odd(mail("+2AA- May I go?", Content_Type="text/plain; charset=utf-7"), ("May I go?",)),
}
