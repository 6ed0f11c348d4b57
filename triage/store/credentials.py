"""What the desk signs in to mail servers with, sealed; every change but a refusal adds one to the version."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from triage.store import house
from triage.store.database import Database
from triage.store.tables import credentials, polls


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The tokens of one inbox as they are kept."""

    account: str
    secret: bytes = field(repr=False)
    granted_at: datetime
    granted_by: str
    expires_at: datetime | None  # of the whole grant
    refreshed_at: datetime | None
    error: str  # why it could not be renewed; empty: it could
    version: int


def find(db: Database, account: str) -> Credential | None:
    with db.read() as connection:
        row = connection.execute(sa.select(credentials).filter_by(account=account)).one_or_none()
    return Credential(**row._mapping) if row else None


def every(db: Database) -> list[Credential]:
    with db.read() as connection:
        rows = connection.execute(sa.select(credentials).order_by(credentials.c.account))
        return [Credential(**row._mapping) for row in rows]


def grant(db: Database, account: str, secret: bytes, *, who: str, expires_at: datetime | None, now: datetime) -> None:
    """Keep what somebody has just permitted, in place of all that was there; the inbox is tried again at once."""
    values = {
        "secret": secret,
        "granted_at": now,
        "granted_by": who,
        "expires_at": expires_at,
        "refreshed_at": None,
        "error": "",
    }
    with db.write("grant") as connection:
        mine = credentials.c.account == account
        changed = connection.execute(
            sa.update(credentials).where(mine).values(**values, version=credentials.c.version + 1)
        )
        if not changed.rowcount:
            connection.execute(sa.insert(credentials).values(account=account, **values, version=1))
        connection.execute(sa.update(polls).where(polls.c.account == account).values(refusals=0))
        house.note(connection, who=who, what=f"signed the inbox {account} in at its mail provider", now=now)


def renew(db: Database, known: Credential, secret: bytes, *, expires_at: datetime | None, now: datetime) -> bool:
    """Keep renewed tokens; False, and nothing is changed, when somebody has changed them since `known` was read."""
    with db.write("renew") as connection:
        changed = connection.execute(
            sa.update(credentials)
            .where(credentials.c.account == known.account, credentials.c.version == known.version)
            .values(secret=secret, expires_at=expires_at, refreshed_at=now, error="", version=credentials.c.version + 1)
        )
    return changed.rowcount == 1


def refuse(db: Database, known: Credential, error: str) -> None:
    """Note why the tokens could not be renewed, unless there are newer ones."""
    with db.write("refuse") as connection:
        connection.execute(
            sa.update(credentials)
            .where(credentials.c.account == known.account, credentials.c.version == known.version)
            .values(error=error)
        )
