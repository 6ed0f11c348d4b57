"""Which messages are there, asked so that no command and no answer grows too long."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from imapclient import IMAPClient  # type: ignore[import-untyped]

UIDS_PER_COMMAND = 500
"""Keeps a command line under 6,000 bytes; servers should take 8,000 (RFC 2683 section 3.2.1.5)."""

MESSAGES_PER_SEARCH = 80_000
"""imaplib reads no line over 1,000,000 bytes, and a UID with its space takes up to 11."""


def search_from(client: IMAPClient, first_uid: int, since: datetime | None, messages: int, window: int) -> list[int]:
    """The UIDs from `first_uid` on in the open folder of so many `messages`, ascending.

    One search covers `window` messages. The windows go from the newest message down: if somebody expunges a message
    meanwhile, the others can only slip into a window that is still to come.
    """
    criteria: list[Any] = ["UID", f"{first_uid}:*"]
    if since is not None:
        # SINCE compares dates without a zone (RFC 3501 section 6.4.4), so one day more on the safe side.
        criteria += ["SINCE", (since.astimezone(UTC) - timedelta(days=1)).date()]
    found: set[int] = set()
    for part in _windows(messages, window):
        found.update(client.search(part + criteria))
    # n:* answers with the last message when n is beyond it (RFC 3501 section 6.4.8).
    return sorted(uid for uid in found if uid >= first_uid)


def search_among(client: IMAPClient, uids: Sequence[int]) -> set[int]:
    """Those of `uids` that are in the open folder."""
    found: set[int] = set()
    for asked in chunks(uids):
        found.update(client.search(["UID", ",".join(map(str, asked))]))
    return found.intersection(uids)


def chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Pieces that fit into one command."""
    for start in range(0, len(uids), UIDS_PER_COMMAND):
        yield uids[start : start + UIDS_PER_COMMAND]


def _windows(messages: int, width: int) -> list[list[str]]:
    """Search criteria that part a folder by sequence number (UIDs may be sparse), the newest messages first.

    The first window has no upper end, for messages that have arrived since. A folder that fits into one window needs
    no criterion, and an empty one allows none.
    """
    if messages <= width:
        return [[]]
    starts = range(1, messages + 1, width)
    return [[f"{start}:{'*' if start == starts[-1] else start + width - 1}"] for start in reversed(starts)]
