"""Who and what the sandbox's tests share."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

ANN, BOB = 501, 502
TOKEN = "100:desk-token"
Call = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]
Until = Callable[[Callable[[], Any]], Awaitable[Any]]


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)
