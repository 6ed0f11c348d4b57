"""Fetch every message of an inbox and throw it away: what `triage collect` costs without the store."""

import sys
from pathlib import Path

from triage.mailbox.imap import ImapMailbox
from triage.settings import load

# As triage.desk.collecting has them; importing that would also time the store's libraries.
BATCH_MESSAGES = 200
BATCH_BYTES = 8_000_000


def main(config: Path) -> None:
    """Print how many messages came."""
    (inbox,) = load(config).inbox
    box = ImapMailbox(inbox)
    box.select()
    came = 0
    batch: list[int] = []
    held = 0
    for uid, size in box.sizes(0, None).items():
        if batch and (len(batch) == BATCH_MESSAGES or held + size > BATCH_BYTES):
            came += sum(1 for _ in box.fetch(batch, inbox.max_message_mb * 1_000_000))
            batch, held = [], 0
        batch.append(uid)
        held += size
    came += sum(1 for _ in box.fetch(batch, inbox.max_message_mb * 1_000_000))
    box.close()
    print(came)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
