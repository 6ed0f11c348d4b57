"""Mail that a contact form wrote for a reader: the address that the reader gave stands in its text, not in From.

Anybody can type any address into a form, so what is found here is only ever offered to a person to choose.
"""

import re

from triage.parsing import is_address
from triage.records import Address, Letter

ROBOTS = ("noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "bounce", "bounces", "notifications")
MOST = 3

_PROGRAMS = (*ROBOTS, "wordpress", "www-data", "apache", "nobody", "forms", "form", "webform", "website", "webmaster")
_LOOKED_AT = 20_000  # characters
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:]{1,64}@[^\s<>()\[\]\",;:@]{1,190}")
# "Email: rosa@x", "* Your e-mail address *", "From: Rosa <rosa@x>"; the value may stand on the next line.
_LABEL = re.compile(
    r"^[\s>*\-•|]*(?:(?:your|sender|visitor|contact|reader|from)(?:['’]s)?[\s\-]+)?(?P<what>e-?mail(?:[\s\-]+address)?|from"
    r"|reply[\s\-]?to|name|first name|last name|full name|phone|telephone|subject|topic|message|comments?|question)"
    r"\s*\*?\s*(?P<end>[:=|]|$)(?P<value>.*)$",
    re.IGNORECASE,
)
_OF_AN_ADDRESS = ("email", "e-mail", "from", "reply")


def readers(letter: Letter) -> tuple[Address, ...]:
    """The addresses in the text of a contact form's mail, at most MOST; none when it is not such mail.

    Such mail comes from a program's address, or from the very address it is sent to, and its text is a list of
    what was asked for with the answers.
    """
    sender = letter.sender.email.lower()
    to = {address.email.lower() for address in letter.to}
    if sender.partition("@")[0] not in _PROGRAMS and sender not in to:
        return ()
    lines = [line for line in letter.body[:_LOOKED_AT].split("\n") if line.strip()]
    labels: set[str] = set()
    found: dict[str, Address] = {}
    for number, line in enumerate(lines):
        label = _LABEL.match(line[:300])
        if label is None:
            continue
        what = label["what"].lower()
        labels.add(what)
        value = label["value"].strip() or (lines[number + 1][:300] if number + 1 < len(lines) else "")
        if what.startswith(_OF_AN_ADDRESS):
            for mail in _ADDRESS.findall(value)[:1]:
                mail = mail.rstrip(".")
                if is_address(mail) and mail.lower() not in to | {sender}:
                    found.setdefault(mail.lower(), Address("", mail))
    return tuple(found.values())[:MOST] if len(labels) > 1 else ()
