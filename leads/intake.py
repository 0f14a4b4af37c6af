"""What an event of a customer means: contact, lead, message, and who hears of it."""

from __future__ import annotations

from datetime import datetime

from leads.changes import Arrived, Changes, Rules
from leads.ports import IntakeSnapshot, Store


async def take_in(store: Store, arrived: Arrived, now: datetime, rules: Rules) -> None:
    """Decide upon one event and commit it with its inbox row settled."""
    raise NotImplementedError


def decide(snapshot: IntakeSnapshot, arrived: Arrived, now: datetime, rules: Rules) -> Changes:
    raise NotImplementedError
