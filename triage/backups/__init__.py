"""Backups of the whole desk, made while it runs, and bringing one back.

triage-20261123-120000.db          the database (.dump where it is PostgreSQL)
triage-20261123-120000.files.zip   the configuration, and templates and stories of one's own
triage-20261123-120000.json        the manifest, written last: a backup without it is not whole
erased.json                        which letters were erased since, so that no backup brings them back
"""

from triage.backups.making import Made, backup
from triage.backups.restoring import Restored, restore

__all__ = ["Made", "Restored", "backup", "restore"]
