"""What the hall's processes have to say, a line of JSON each: time in UTC, level, who says it, what, of which request.

Nothing that somebody sent can make a second line or steer a terminal (all but printable ASCII is escaped), numbers of
people are masked, and a line has an end. Whatever nobody caught, in a thread too, becomes a line.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

from services.kernel.masking import mask_text

TEXT_MAX = 2_000
ERROR_MAX = 8_000
"""Characters of a message and of how an error came about, its last ones."""
LEVEL = logging.WARNING

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered, as the answer names it."""
_log = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """``extra={"facts": {...}}`` of a record become members of its line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": time_of(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask_text(record.getMessage())[:TEXT_MAX],
        }
        if (request := request_id.get()) is not None:
            line["request"] = request
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["error"] = mask_text(self.formatException(record.exc_info))[-ERROR_MAX:]
        return json.dumps(line, ensure_ascii=True, default=str).replace("\x7f", "\\u007f")


def time_of(created_s: float) -> str:
    """2026-01-05T08:30:00.125Z."""
    return datetime.fromtimestamp(created_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def begin_logs(stream: TextIO | None = None) -> logging.Handler:
    """All loggers of this process, those of libraries too, to this stream (standard error), and nowhere else."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVEL)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda told: _uncaught(told.exc_type, told.exc_value, told.exc_traceback)
    return handler


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    _log.critical("uncaught", exc_info=(kind, error or kind(), trace))
