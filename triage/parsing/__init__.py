"""Reads a message. Total: any bytes give a Letter, perhaps an empty one with defects.

The standard library's compat32 policy is used for structure only; headers, charsets and addresses
are decoded here, because the newer policy raises on real mail and costs seven times as much. A
message is walked with caps on parts, depth and text, so that no letter can stop the desk.

letter    a whole message: `parse`, and `as_it_came` for one that cannot be taken apart
parts     the walk over its parts, and the message as it was put together
reading   what each kind of part has to say
calendars invitations, as plain lines
headers   headers, addresses, Message-IDs and dates
text      text that every database and page can take
"""

from triage.parsing.headers import addresses, decode_header, is_address, message_ids
from triage.parsing.letter import as_it_came, is_raw, parse
from triage.parsing.text import MAX_TEXT, clean, one_line

__all__ = [
    "MAX_TEXT",
    "addresses",
    "as_it_came",
    "clean",
    "decode_header",
    "is_address",
    "is_raw",
    "message_ids",
    "one_line",
    "parse",
]
