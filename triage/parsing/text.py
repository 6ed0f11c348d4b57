"""Text that every database and page can take."""

import unicodedata

MAX_TEXT = 400_000  # characters of body kept for display
UNSEEN = frozenset({"Cc", "Cf", "Cs"})  # control, format (bidirectional overrides among them) and surrogate characters

_KEPT = "\n\t\u200d\u200c"  # joiners make some scripts and emoji what they are


def clean(text: str) -> str:
    """LF line ends, no control or surrogate characters."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    # Few different characters make up a letter; looking at each one once costs a tenth of looking at every place.
    unseen = [ord(c) for c in set(text) if unicodedata.category(c) in UNSEEN and c not in _KEPT]
    return text.translate(dict.fromkeys(unseen)) if unseen else text


def one_line(text: str) -> str:
    """`clean`, on a single line."""
    return " ".join(clean(text).split())
