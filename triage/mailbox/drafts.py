"""The Drafts folder of an IMAP account, for those who answer from their mail program (RFC 6154: \\Drafts)."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from imapclient import DELETED, DRAFT, SEEN, IMAPClient  # type: ignore[import-untyped]
from imapclient.imapclient import DRAFTS  # type: ignore[import-untyped]

from triage.errors import Permanent
from triage.mailbox.imap import SENT_HEADERS, ImapMailbox
from triage.mailbox.searching import chunks, search_from
from triage.ports import Lying, SignIn
from triage.settings import Inbox

HEADERS = "TO MESSAGE-ID IN-REPLY-TO REFERENCES"
LARGEST_FOLDER = 5_000  # messages; of more, the newest are looked at
_APPENDED = re.compile(rb"\[APPENDUID (\d+) (\d+)\]")


class ImapDrafts(ImapMailbox):
    """The mailbox with its folder for drafts. A message on a server never changes: an edited draft is another one.

    So what was fetched once is kept as long as the folder shows it, and a look asks for the heads of new messages only.
    """

    def __init__(self, inbox: Inbox, *, sign_in: SignIn | None = None) -> None:
        super().__init__(inbox, sign_in=sign_in)
        self._known: dict[tuple[str, str], tuple[int, dict[int, bytes]]] = {}  # by folder and headers

    def drafts(self) -> Lying:
        """As `ports.DraftsFolder.drafts`."""
        with self._conversation("drafts_folder"):
            client = self._connection()
            self._open(client, self._drafts_folder(client), read_only=True)
            validity = int(self._opening.get(b"UIDVALIDITY", 0))
            # Some programs only mark what was sent or thrown away, and expunge it much later.
            found = sorted(client.search("UNDELETED"))[-LARGEST_FOLDER:]
            return Lying(uidvalidity=validity, heads=self._heads(client, found, HEADERS))

    def sent_since(self, since: datetime) -> Iterator[bytes]:
        """As `ports.Mailbox.sent_since`."""
        with self._conversation("sent_folder"):
            client = self._connection()
            self._open(client, self._sent_folder(client), read_only=True)
            found = search_from(client, 1, since, self._opening.get(b"EXISTS", 0), self._search_window)
            return iter(self._heads(client, found, SENT_HEADERS).values())

    def put_draft(self, message: bytes) -> tuple[int, int] | None:
        """As `ports.DraftsFolder.put_draft`."""
        with self._conversation("drafts_folder"):
            client = self._connection()
            answer = client.append(self._drafts_folder(client), message, flags=[DRAFT, SEEN])
        found = _APPENDED.search(answer if isinstance(answer, bytes) else b"")
        return (int(found[1]), int(found[2])) if found else None

    def remove_draft(self, uidvalidity: int, uid: int) -> bool:
        """As `ports.DraftsFolder.remove_draft`.

        Without UIDPLUS the draft stays, marked as deleted: a plain EXPUNGE would remove other people's deletions.
        """
        with self._conversation("drafts_folder"):
            client = self._connection()
            self._open(client, self._drafts_folder(client), read_only=False)
            if self._opening.get(b"UIDVALIDITY") != uidvalidity or uid not in client.search(["UID", str(uid)]):
                return False
            client.add_flags([uid], [DELETED], silent=True)
            if client.has_capability("UIDPLUS"):
                client.uid_expunge([uid])
            with contextlib.suppress(Exception):  # nothing hangs on it; the folder is opened anew next time
                client.unselect_folder()
            self._opened = None
        return True

    def _heads(self, client: IMAPClient, uids: Sequence[int], names: str) -> dict[int, bytes]:
        """These headers of messages in the open folder, by UID."""
        assert self._opened is not None
        place, validity = (self._opened[0], names), int(self._opening.get(b"UIDVALIDITY", 0))
        before, known = self._known.get(place, (0, {}))
        heads = {uid: known[uid] for uid in uids if uid in known} if validity and validity == before else {}
        self._known[place] = (validity, heads)
        for chunk in chunks([uid for uid in uids if uid not in heads]):
            answers = client.fetch(chunk, [f"BODY.PEEK[HEADER.FIELDS ({names})]"]).items()
            heads |= {
                uid: value for uid, answer in answers for key, value in answer.items() if key.startswith(b"BODY[")
            }
        return heads

    def _drafts_folder(self, client: IMAPClient) -> str:
        """The configured folder, else the one marked \\Drafts, else one with a usual name."""
        name: str = self._settings.drafts_folder or client.find_special_folder(DRAFTS) or ""
        if not name:
            raise Permanent(
                f"Inbox {self.account!r}: no folder for drafts was found. Next: write its name into drafts_folder, or "
                "set keep_drafts = false."
            )
        return name
