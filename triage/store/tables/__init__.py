"""What is kept. The migrations in migrations/versions make these tables; a test compares the two."""

from triage.store.tables.accounts import credentials
from triage.store.tables.automatic import acknowledgements, bounces, draft_copies
from triage.store.tables.base import UtcDateTime, metadata
from triage.store.tables.keeping import erased_messages, erasures
from triage.store.tables.learning import learned, learned_choices
from triage.store.tables.letters import (
    audit,
    decisions,
    drafts,
    edits,
    letter_topics,
    letters,
    readings,
    search_texts,
    second_readings,
    stated,
    vectors,
)
from triage.store.tables.mail import folders, polls, raw_messages, sightings
from triage.store.tables.people import (
    house_log,
    invitations,
    people,
    recovery_codes,
    sessions,
    sign_in_failures,
    tokens,
)
from triage.store.tables.sending import LIVE, attempts, replies
from triage.store.tables.telling import alerts, deliveries, told, webhooks
from triage.store.tables.watching import holds, steps, troubles
from triage.store.tables.words import choices, facts, texts

__all__ = [
    "LIVE",
    "UtcDateTime",
    "acknowledgements",
    "alerts",
    "attempts",
    "audit",
    "bounces",
    "choices",
    "credentials",
    "decisions",
    "deliveries",
    "draft_copies",
    "drafts",
    "edits",
    "erased_messages",
    "erasures",
    "facts",
    "folders",
    "holds",
    "house_log",
    "invitations",
    "learned",
    "learned_choices",
    "letter_topics",
    "letters",
    "metadata",
    "people",
    "polls",
    "raw_messages",
    "readings",
    "recovery_codes",
    "replies",
    "search_texts",
    "second_readings",
    "sessions",
    "sightings",
    "sign_in_failures",
    "stated",
    "steps",
    "texts",
    "tokens",
    "told",
    "troubles",
    "vectors",
    "webhooks",
]
