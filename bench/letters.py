"""Made-up letters of realistic shapes and sizes.

Ten thousand come to about 100 MB: a median of 5.8 KB, and 5 in 100 with an attachment of 50 KB. 45 in 100 are plain
text, the others multipart; the bodies are in 7bit, 8bit, quoted-printable and base64.
"""

import base64
import math
import quopri
import random
from collections.abc import Iterator

SEED = 42
MEDIAN_BODY = 4_300  # bytes, of a log-normal distribution
SPREAD = 0.7
ATTACHMENT_BYTES = 50_000
WORDS = (
    "I was asked to come back for a second interview but the job has changed and now I do not know whether I should "
    "tell them about the other offer before Friday or wait until my unemployment claim is decided because the agency "
    "said that turning down suitable work could end my benefits and my resume has a gap of two years since the layoff"
).split()
ACCENTED = ("café", "naïve", "résumé", "Łódź", "mañana", "señora", "Größe")


def letters(count: int, seed: int = SEED) -> Iterator[bytes]:
    """`count` different messages with CRLF line ends; the same ones for the same seed."""
    chance = random.Random(seed)
    for number in range(count):
        yield _letter(number, chance)


def _letter(number: int, chance: random.Random) -> bytes:
    head = [
        f"Return-Path: <reader{number}@reader.example>",
        f"Received: from mail.reader.example ([192.0.2.{number % 250}]) by mx.paper.example with ESMTPS;",
        f" Mon, {1 + number % 28} Nov 2026 {number % 24:02}:{number % 60:02}:00 +0000",
        f"From: Rosa Reader {number} <reader{number}@reader.example>",
        "To: Advice <advice@paper.example>",
        f"Subject: {' '.join(chance.choices(WORDS, k=6))}",
        f"Date: Mon, {1 + number % 28} Nov 2026 {number % 24:02}:{number % 60:02}:00 +0000",
        f"Message-ID: <{number}.{chance.getrandbits(64):016x}@reader.example>",
        "MIME-Version: 1.0",
    ]
    size = int(MEDIAN_BODY * math.exp(chance.gauss(0, SPREAD)))
    attached = chance.random() < 0.05
    if not attached and chance.random() < 0.45 / 0.95:
        return _lines(head) + _part("plain", _text(size, chance), chance)
    boundary = f"=_{chance.getrandbits(96):024x}"
    parts = [_part("plain", _text(size // 2, chance), chance)]
    if attached:
        parts.append(_attachment(chance))
    else:
        html = "".join(f"<p>{line}</p>\r\n" for line in _text(size // 2, chance).split("\r\n"))
        parts.append(_part("html", f"<html><body>\r\n{html}</body></html>\r\n", chance))
    kind = "mixed" if attached else "alternative"
    head.append(f'Content-Type: multipart/{kind}; boundary="{boundary}"')
    edge = f"--{boundary}\r\n".encode()
    return _lines([*head, ""]) + edge + edge.join(part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def _part(subtype: str, text: str, chance: random.Random) -> bytes:
    encoding = chance.choice(("7bit", "8bit", "quoted-printable", "base64"))
    if encoding == "7bit":
        text = text.encode("ascii", "replace").decode()
    body = text.encode()
    if encoding == "quoted-printable":
        body = quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    elif encoding == "base64":
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    head = [f"Content-Type: text/{subtype}; charset=utf-8", f"Content-Transfer-Encoding: {encoding}", ""]
    return _lines(head) + body


def _attachment(chance: random.Random) -> bytes:
    head = [
        'Content-Type: application/pdf; name="resume.pdf"',
        'Content-Disposition: attachment; filename="resume.pdf"',
        "Content-Transfer-Encoding: base64",
        "",
    ]
    return _lines(head) + base64.encodebytes(chance.randbytes(ATTACHMENT_BYTES)).replace(b"\n", b"\r\n")


def _text(size: int, chance: random.Random) -> str:
    """About `size` bytes of words in lines of twelve."""
    lines = []
    while size > 0:
        words = chance.choices(WORDS, k=12)
        if chance.random() < 0.2:
            words[0] = chance.choice(ACCENTED)
        lines.append(" ".join(words))
        size -= len(lines[-1]) + 2
    return "\r\n".join(lines) + "\r\n"


def _lines(head: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in head).encode()
