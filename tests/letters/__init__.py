"""Messages that are hostile, odd, or odd in a way that real mail programs are; all of them made here.

Each module is one class of them, as a table in code: the bytes stand beside what a person has to find in the letter.
A fault that was found in the field becomes a line in the table of its class.
"""

from tests.letters import (
    attacks,
    calendars,
    charsets,
    encodings,
    forms,
    headers,
    markup,
    programs,
    quotations,
    reports,
    structure,
)
from tests.letters.making import Odd

CLASSES = {
    "attacks": attacks.LETTERS,
    "calendars": calendars.LETTERS,
    "charsets": charsets.LETTERS,
    "encodings": encodings.LETTERS,
    "forms": forms.LETTERS,
    "headers": headers.LETTERS,
    "markup": markup.LETTERS,
    "programs": programs.LETTERS,
    "quotations": quotations.LETTERS,
    "reports": reports.LETTERS,
    "structure": structure.LETTERS,
}
EVERY: dict[str, Odd] = {f"{kind}: {name}": odd for kind, table in CLASSES.items() for name, odd in table.items()}
