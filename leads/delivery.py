"""Sending as data: what becomes of a row of the outbox after it went, or did not go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from leads.changes import Outbound, Row, Rules
from leads.events import SendCode, Sent
from leads.ports import Store


@dataclass(frozen=True, slots=True)
class RetryAt:
    at: datetime
    counts: bool  # whether this failure is one of the tries


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: str


def after_failure(
    error: Exception, attempt: int, tries: int, now: datetime, jitter: float
) -> RetryAt | GiveUp:
    """When to try again, if ever. `jitter` is from [0, 1). Serves inbox rows, too."""
    raise NotImplementedError


async def deliver(
    store: Store,
    row: Outbound,
    send: Callable[[Outbound], Awaitable[Sent]],
    now: datetime,
    rules: Rules,
    *,
    jitter: float = 0.5,
) -> SendCode | None:
    """Send one row to a customer and settle it with what became of it; return why it failed, if so."""
    raise NotImplementedError


async def show(
    store: Store,
    row: Outbound,
    render: Callable[[Outbound], Awaitable[Sequence[Row]]],
    now: datetime,
    rules: Rules,
    *,
    jitter: float = 0.5,
) -> SendCode | None:
    """The same for a row to a manager; `render` sends it and returns the rows that remember it."""
    raise NotImplementedError
