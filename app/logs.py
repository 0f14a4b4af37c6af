"""Logs: one line or one JSON object a record, with every secret taken out.

Redaction works on finished texts, so it sees messages, arguments and tracebacks alike.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from types import TracebackType
from urllib.parse import quote

MASK = "‹secret›"
_SECRETS = (
    re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{20,}"),  # bot tokens, also inside URLs
    re.compile(r"(?i)(authorization['\"]?[:=] ?b?['\"]?)[^\s'\"]+(?: [^\s'\"]+)?"),
    re.compile(r"(?i)(bearer )[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(://)[^/\s:@]+:[^/\s@]+(?=@)"),  # user and password of a database address
    re.compile(
        r"(/(?:in/[a-z_]+|desk)/)[A-Za-z0-9_-]{16,}"
    ),  # the path key of a source is a secret of its kind
)
# People write to us, and what they write stands in some libraries' exceptions.
_PERSONAL = (
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),
    re.compile(r"\+\d[\d ().-]{6,}\d"),
    re.compile(r"(DETAIL: +).+"),  # PostgreSQL: the row that did not fit
    re.compile(r"(input_value=).*?(?=, input_type=)", re.DOTALL),  # pydantic
)


class Redactor:
    """Takes known and typical secrets, and people's addresses, out of a text."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, secret: str) -> None:
        """Remember a secret that no pattern finds. Short ones are left: they would mask common words."""
        for one in (secret, secret.partition(":")[2]):  # of a bot token, also the part after its number
            if len(one) >= 8:
                self._known |= {one, quote(one, safe=""), repr(one)[1:-1]}

    def __call__(self, text: str) -> str:
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, MASK)
        for pattern in _SECRETS + _PERSONAL:
            text = pattern.sub(_masked, text)
        return text


def _masked(found: re.Match[str]) -> str:
    return (found[1] if found.re.groups else "") + MASK


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
            "message": self._redact(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = self._redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def set_up_logs(*, level: int = logging.INFO, as_json: bool | None = None) -> Redactor:
    """Put one redacting handler on the root logger: JSON unless a person watches a terminal."""
    redact = Redactor()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting(redact, as_json=not sys.stderr.isatty() if as_json is None else as_json))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    sys.excepthook = _last_words
    # One line per request would drown the rest and would write keys and addresses down.
    for noisy in ("aiohttp.access", "aiogram.event", "apscheduler", "tortoise", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return redact


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends the process is logged too: Python's own report would be written as it is."""
    logging.getLogger("frontdesk").critical("ended by a mistake of ours", exc_info=(kind, error, trace))
