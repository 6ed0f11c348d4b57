"""Tells programs elsewhere what happens to letters and what troubles the service: signed, and at least once.

The events of letters follow from the audit, so that none is forgotten; those of troubles are made together with them.
What is told holds ids only, never what a letter says; who wants to know more asks the API, which lets nobody in without
a token. Signed as Standard Webhooks do (standardwebhooks.com).
"""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from triage.desk import Desk
from triage.errors import Temporary
from triage.house import Delivery, Webhook
from triage.ports import Caller
from triage.stages import Stage
from triage.store import watching
from triage.store import webhooks as store

log = logging.getLogger(__name__)

STAGES = {
    f"letter.{stage}": stage
    for stage in (
        Stage.DRAFTED,
        Stage.HELD,
        Stage.APPROVED,
        Stage.ANSWERED,
        Stage.DECLINED,
        Stage.LET_GO,
    )
} | {
    "letter.set_aside": Stage.ASIDE,
    "letter.stuck": Stage.STUCK,
    "letter.unknown": Stage.UNKNOWN,
    "letter.failed": Stage.FAILED,
}
TROUBLES = {watching.BEGAN: "open", watching.ENDED: "ended"}
EVENTS = (*STAGES, *TROUBLES)
"""What can be told: that a letter has come to a stage, that something is wrong with the service, that it is over."""

TEST = "desk.test"
SECRET_PREFIX = "whsec_"  # noqa: S105 -- how Standard Webhooks write a key, not a key
WAITS = tuple(timedelta(seconds=s) for s in (5, 60, 300, 1_800, 7_200, 18_000, 28_800, 28_800))
"""Waiting times after failures, a day in all; then it is given up, and the page of webhooks says so."""
MOST_TRIES = len(WAITS) + 1

_NAMES: dict[str, str] = {stage: name for name, stage in STAGES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How one pass went."""

    told: int = 0
    failed: int = 0


def tell(desk: Desk, caller: Caller) -> Told:
    """Collect what has happened since the last time, and tell what is due.

    After one failure the others of the same webhook wait for the next pass: what does not answer now will
    hardly answer a moment later, and holds up the rest for as long as it takes to notice.
    """
    store.collect(desk.db, event_of, now=desk.clock())
    told, failed = 0, set()
    for delivery, webhook in store.due(desk.db, desk.clock(), most_tries=MOST_TRIES):
        if webhook.id in failed:
            continue
        wait = WAITS[min(delivery.tries, len(WAITS) - 1)]
        if not store.claim(desk.db, delivery, next_try_at=desk.clock() + wait):
            continue
        status, error = post(caller, webhook, *message(delivery, desk.address), now=desk.clock())
        store.finish(desk.db, delivery.id, sent_at=None if error else desk.clock(), status=status, error=error)
        log.info("told webhook=%d delivery=%d status=%d", webhook.id, delivery.id, status)
        told += not error
        if error:
            failed.add(webhook.id)
    return Told(told=told, failed=len(failed))


def event_of(before: str, after: str) -> str:
    """What a change of stage is called; empty when it is no news."""
    if before == after or (after == Stage.APPROVED and before == Stage.SENDING):  # only put back for the next try
        return ""
    return _NAMES.get(after, "")


def message(delivery: Delivery, address: str) -> tuple[str, bytes]:
    """The message's id, the same at each try, and what is told. `address` is where people open the desk."""
    about: Mapping[str, Any]
    if delivery.event in TROUBLES:
        about = {
            "trouble": delivery.trouble_id,
            "kind": delivery.kind,
            "about": delivery.about,
            "state": TROUBLES[delivery.event],
            "url": address,
        }
    else:
        about = {
            "letter": delivery.letter_id,
            "stage": STAGES[delivery.event],
            "who": delivery.who,
            "url": f"{address}letters/{delivery.letter_id}",
        }
    return _message(f"msg_{delivery.webhook_id}_{delivery.id}", delivery.event, delivery.at, about)


def test_message(webhook: Webhook, now: datetime) -> tuple[str, bytes]:
    """What the button "Send a test" sends."""
    return _message(f"test_{webhook.id}_{now:%Y%m%d%H%M%S%f}", TEST, now, {})


def post(caller: Caller, webhook: Webhook, name: str, body: bytes, *, now: datetime) -> tuple[int, str]:
    """One try: the status of the answer (0: none), and what went wrong, in plain words; empty when it was taken."""
    at = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Triage",
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": signature(webhook.secret, name, at, body),
    }
    try:
        status = caller.post(webhook.url, headers, body)
    except Temporary as error:
        return 0, str(error)
    if 200 <= status < 300:
        return status, ""
    if 300 <= status < 400:
        return status, f"It answered {status}: it wants to be called elsewhere, and no redirect is followed."
    return status, f"It answered {status}."


def signature(secret: str, name: str, at: str, body: bytes) -> str:
    """The header `webhook-signature`: HMAC-SHA256 over the message's id, the time of the try, and the body."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _message(name: str, event: str, at: datetime, about: Mapping[str, Any]) -> tuple[str, bytes]:
    when = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    told = {"id": name, "type": event, "timestamp": when, "data": about}
    return name, json.dumps(told, separators=(",", ":")).encode()
