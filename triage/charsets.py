"""Turns bytes into text without ever failing, and says when it had to guess."""

from charset_normalizer import from_bytes

_ALIASES = {
    # What mail programs declare is often the older relative of what they mean (WHATWG Encoding, section 4.2).
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "ansi_x3.4-1968": "cp1252",
    "cp-850": "cp850",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "windows-949": "cp949",
    "x-windows-949": "cp949",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-user-defined": "cp1252",
    "ansi": "cp1252",
}
_WESTERN_MARKS = "‘’‚“”„–—…•€™®©°½¼¾«»¡¿£§·´¨\u00a0"
_GUESS_BYTES = 20_000  # enough to tell a charset; the guess costs about 1 ms per kilobyte


def decode(data: bytes, declared: str) -> tuple[str, str]:
    """Decode `data`, declared as charset `declared` (may be empty or nonsense).

    Returns the text and how it was read: "" when the declaration held, else a plain-word note. The
    order is: UTF-8 and the declared charset strictly, UTF-8 with a few faults, a guess from the
    bytes, Windows-1252 with replacements.
    """
    label = declared.strip().strip("\"'").lower()
    if label.startswith(("utf-16", "utf-32")) and b"\0" not in data and _strict(data, "utf-8") is not None:
        label = "utf-8"  # any even number of bytes can be read as UTF-16
    if label in ("", "us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit"):
        text = _strict(data, "utf-8")
        if text is not None:
            return text, ""
    if label not in ("", "utf-8", "utf8", "unknown-8bit"):
        text = _strict(data, _ALIASES.get(label, label))
        if text is not None:
            wrong = label in ("us-ascii", "ascii")
            return text, f"The letter says it is {label}, but is not; it was read as Windows-1252." if wrong else ""
    text = _strict(data, "utf-8")
    if text is not None:
        return text, f"The letter names an unknown alphabet ({label[:40]}); it was read as UTF-8."
    text = _damaged_utf8(data)
    if text is not None:
        return text, "A few characters of the letter are damaged; the others were read as UTF-8, by guess."
    guess = "cp1252" if _looks_western(data) else _guess(data)
    text = _strict(data, guess)
    if text is None:
        guess, text = "cp1252", data.decode("cp1252", "replace")
    return text, f"The letter does not say truly how it is written; it was read as {guess}, by guess."


def _damaged_utf8(data: bytes) -> str | None:
    """The text where nearly all that is not ASCII is UTF-8, as when a letter was cut in the middle of a character."""
    text = data.decode("utf-8", "replace")
    odd, damaged = sum(not c.isascii() for c in text), text.count("\ufffd")
    return text if 0 < damaged * 4 <= odd else None


def _looks_western(data: bytes) -> bool:
    """Whether a few accents and typographic marks among plain letters make Windows-1252 the best reading.

    Statistics on short English letters are worse at this than the simple share of such characters.
    """
    text = _strict(data[:_GUESS_BYTES], "cp1252")
    if text is None:
        return False
    odd = [character for character in text if not character.isascii()]
    return len(odd) < len(text) / 6 and all(c.isalpha() or c in _WESTERN_MARKS for c in odd)


def _guess(data: bytes) -> str:
    best = from_bytes(data[:_GUESS_BYTES]).best()
    return best.encoding if best is not None else "cp1252"


def _strict(data: bytes, codec: str) -> str | None:
    try:
        text = data.decode(codec, "strict")
    except (LookupError, ValueError, RecursionError):  # unknown, not a text codec, NUL in the name, bad bytes
        return None
    return text if isinstance(text, str) else None
