"""Logs: one line or one JSON object a record, with every secret taken out.

Redaction works on the finished line, so it sees messages, arguments and tracebacks alike.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

MASK = "‹secret›"
_PATTERNS = (
    re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{20,}"),  # bot tokens, also inside URLs
    re.compile(r"(?i)(?<=authorization: )\S+(?: \S+)?"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),  # user and password of a database address
    re.compile(r"(?<=/in/)[a-z_]+/[A-Za-z0-9_-]{16,}"),  # the path key of a source is a secret of its kind
)


class Redactor:
    """Takes known and typical secrets out of a text."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, secret: str) -> None:
        """Remember a secret that no pattern finds. Short ones are left: they would mask common words."""
        if len(secret) >= 8:
            self._known.add(secret)

    def __call__(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, MASK)
        for pattern in _PATTERNS:
            text = pattern.sub(MASK, text)
        return text


class _Redacting(logging.Formatter):
    def __init__(self, redact: Redactor, *, as_json: bool) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s  %(message)s", "%H:%M:%S")
        self._redact = redact
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        if not self._as_json:
            return self._redact(super().format(record))
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return self._redact(json.dumps(line, ensure_ascii=False))


def set_up_logs(*, level: int = logging.INFO, as_json: bool | None = None) -> Redactor:
    """Put one redacting handler on the root logger: JSON unless a person watches a terminal."""
    redact = Redactor()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting(redact, as_json=not sys.stderr.isatty() if as_json is None else as_json))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # One line per request would drown the rest and would write keys and addresses down.
    for noisy in ("aiohttp.access", "aiogram.event", "apscheduler", "tortoise", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return redact
