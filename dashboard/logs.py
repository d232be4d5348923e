"""The log: one JSON line an entry, whatever is in it. Posts, names and addresses are hostile text here, too."""

from __future__ import annotations

import json
import logging
import logging.config
import unicodedata
from datetime import UTC, datetime
from typing import Any, Final

from dashboard.entry.throttle import Throttle

_UNSEEN: Final = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
"""Categories a terminal or a reader of lines acts on without showing them: controls, bidi marks, line separators."""


class OneLine(logging.Formatter):
    """`{"at", "level", "logger", "message"}`, `times` where some were left out, `error` with the traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if hasattr(record, "times"):
            entry["times"] = record.times
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        if record.stack_info:
            entry["stack"] = record.stack_info
        return _visible(json.dumps(entry, ensure_ascii=False))


class Bounded(logging.Filter):
    """Of one warning or error, as the code words it, the first twenty in a quarter of an hour, then each tenfold.

    Some can be caused by whoever sends nonsense to the server, as often as they like: that must not fill the disk.
    """

    def __init__(self) -> None:
        super().__init__()
        self._throttle = Throttle(first=20, most=2_000)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        kind = (record.name, record.levelno, str(record.msg))
        nth = self._throttle.weigh(kind, datetime.fromtimestamp(record.created, UTC))
        if nth is not None and nth > self._throttle.first:
            record.times = nth
        return nth is not None


def _visible(line: str) -> str:
    """Each character nobody sees as JSON's escape of it: what is read back is still what was written."""
    return "".join(_escaped(c) if unicodedata.category(c) in _UNSEEN else c for c in line)


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"


LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"one line": {"()": OneLine}},
    "filters": {"bounded": {"()": Bounded}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "one line",
            "filters": ["bounded"],
            "stream": "ext://sys.stderr",
        }
    },
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        **{name: {"level": "WARNING"} for name in ("httpx", "httpcore", "alembic", "jieba", "asyncssh")},
        "apscheduler": {"level": "ERROR"},  # a run skipped while the last one still runs is normal
    },
}
"""For `dictConfig`, and for uvicorn, whose processes configure themselves."""


def start_logging() -> None:
    """For a command. Whoever runs it inside a program of their own has set their log up already."""
    if not logging.getLogger().handlers:
        logging.config.dictConfig(LOGGING)
