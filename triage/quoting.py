"""Folds quoted mail and signatures away from what the reader wrote. Nothing is ever lost.

`fold(text)` splits at a line boundary, so that `body + quoted == text` up to white space. The
full text stays in view at the desk; only reading and display use the fold.
"""

import re

_ATTRIBUTION_START = re.compile(r"^(?:On|Am|Le|El|Il|Op|Em|Den)\s.{4,120}", re.IGNORECASE)
_ATTRIBUTION_END = re.compile(r"\b(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev)\s?:$")
_ATTRIBUTION_MARK = re.compile(r"@|\b(?:19|20)\d\d\b|\d:\d\d")  # mail programs give an address, a year or a time
_DIVIDER = re.compile(
    r"^(?:-{2,}\s?(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Mensaje original)\s?-{2,}"
    r"|Begin forwarded message:)$",
    re.IGNORECASE,
)
_HEADER = re.compile(r"^\*?(?:From|Sent|Date|To|Subject|Von|Gesendet|De|Enviado)\*?:\*?\s?\S", re.IGNORECASE)
_PHONE_SIGNATURE = re.compile(
    r"^(?:Sent from my |Sent from (?:Yahoo|Outlook|Mail|Proton)|Get Outlook for |Enviado desde mi )", re.IGNORECASE
)

_SIGNATURE_LINES = 8


def fold(text: str) -> tuple[str, str]:
    """Split a message into what its writer wrote and the quoted mail or signature below it.

    Answers written between quoted lines stay in the first part, with the quotes around them. A
    message that is all quotation comes back whole as the first part.
    """
    lines = text.split("\n")
    cut = _cut(lines)
    own, rest = "\n".join(lines[:cut]).strip(), "\n".join(lines[cut:]).strip("\n")
    return (own, rest) if own else (text.strip(), "")


def only_signature(text: str) -> bool:
    """Whether nothing was written above a signature, as when a letter is all in its subject."""
    first = text.lstrip().split("\n", 1)[0]
    return _is_signature(first) and text.strip().count("\n") < _SIGNATURE_LINES


def _is_signature(line: str) -> bool:
    """Whether a signature begins with this line."""
    return line in ("-- ", "--") or _PHONE_SIGNATURE.match(line) is not None


def _cut(lines: list[str]) -> int:
    """The index of the first line of the folded part; len(lines) when there is none. Linear in the lines."""
    marked = [number for number, line in enumerate(lines) if line.lstrip().startswith(">")]
    last = marked[-1] if marked else -1
    # Only lines marked with ">" can be told from the writer's own. What the writer wrote below them
    # keeps everything above in place; below a divider or an attribution all is quotation.
    clear = not marked or not any(line.strip() for line in _after(lines, last))
    cut = next((n for n in range(len(lines)) if (clear or n > last) and _starts_quotation(lines, n)), len(lines))
    return _signature(lines, cut)


def _signature(lines: list[str], cut: int) -> int:
    """Where a signature above `cut` begins; `cut` when there is none. A longer one is part of the letter."""
    found, written = cut, 0
    for number in range(cut - 1, -1, -1):
        if _is_signature(lines[number]):
            found = number
        written += bool(lines[number].strip())
        if written > _SIGNATURE_LINES:
            break
    return found


def _starts_quotation(lines: list[str], index: int) -> bool:
    line = lines[index].strip()
    if line.startswith(">"):
        return True
    if _DIVIDER.match(line):
        return True
    if _ATTRIBUTION_START.match(line):
        # Mail programs wrap the attribution over up to three lines.
        joined = " ".join(part.strip() for part in lines[index : index + 3])
        ends = (line, " ".join(part.strip() for part in lines[index : index + 2]), joined)
        return any(_ATTRIBUTION_END.search(end) and _ATTRIBUTION_MARK.search(end) for end in ends)
    if line.startswith("_" * 10) and not line.strip("_"):  # Outlook draws a line above the headers
        index += 1
    block = lines[index : index + 4]
    return len(block) == 4 and all(_HEADER.match(other.strip()) for other in block[:3])


def _after(lines: list[str], last_quote: int) -> list[str]:
    """The lines below the last quoted one, without a signature."""
    rest = lines[last_quote + 1 :]
    for index, line in enumerate(rest):
        if _is_signature(line):
            return rest[:index]
    return rest
