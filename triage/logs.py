"""The log of the service: one line an event, with numbers and kinds only, for people or for programs.

Every event is written as `what happened name=value name=value`; what an exception left behind, its frames, follows on
lines of their own. `JsonLines` takes that apart again, so that both forms say the same.
"""

import json
import logging
import re
from datetime import UTC, datetime

from triage.errors import ConfigError

TEXT, JSON = "text", "json"
NOISY = ("apscheduler", "imapclient", "alembic", "httpx2", "pymap", "mail.log")
_PAIR = re.compile(r"(?:^| )([a-z_]+)=(\S*)")


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, event, the values by their names, and frames where there are any."""

    def format(self, record: logging.LogRecord) -> str:
        first, _, frames = record.getMessage().partition("\n")
        line: dict[str, str | int] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": " ".join(_PAIR.sub(" ", first).split()),
        }
        for name, value in _PAIR.findall(first):
            line.setdefault(name, int(value) if value.isascii() and value.isdigit() else value)
        if record.exc_info and record.exc_info[0] is not None:  # of a library: its message may quote anything
            line["error"] = record.exc_info[0].__name__
        if frames:
            line["frames"] = frames
        return json.dumps(line, ensure_ascii=False)


def log_to(path: str, kind: str = TEXT) -> None:
    """Log to a file, or to standard error where `path` is empty; `kind` is TEXT or JSON. Raises ConfigError."""
    try:
        handler = logging.FileHandler(path, encoding="utf-8") if path else logging.StreamHandler()
    except OSError as error:
        raise ConfigError(
            f"[desk] log_file = {path!r} cannot be written: {error.strerror}. Next: name another."
        ) from error
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    handler.setFormatter(JsonLines() if kind == JSON else text)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
