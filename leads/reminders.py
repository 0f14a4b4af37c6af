"""Follow-ups: set, done, put off, and fired when they come due."""

from __future__ import annotations

from datetime import datetime

from leads.changes import Act, Rules
from leads.ports import Store


async def remind(store: Store, act: Act, lead_id: int, due_at: datetime, text: str) -> None:
    """Refused: refused-past, refused-closed, refused-not-yours."""
    raise NotImplementedError


async def done(store: Store, act: Act, reminder_id: int) -> None:
    raise NotImplementedError


async def snooze(store: Store, act: Act, reminder_id: int, until: datetime) -> None:
    raise NotImplementedError


async def fire_due(store: Store, now: datetime, rules: Rules, limit: int = 100) -> int:
    """Fire what is due, longest ago first; return how many were dealt with (call again until 0)."""
    raise NotImplementedError
