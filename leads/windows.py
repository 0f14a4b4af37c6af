"""The reply window: until when a customer may be answered, and when a card that tells it is out of date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from leads.changes import Rules
from leads.events import Capabilities
from leads.model import Conversation

LEFT = tuple(timedelta(hours=hours) for hours in (12, 6, 3, 1, 0))
"""How much is left when a card tells it anew: whatever it says is off by half at most."""
_NONE = Capabilities()


def shuts_at(way: Conversation, rules: Rules) -> datetime | None:
    """When it shuts, or shut; None where it never does."""
    can = rules.can.get(way.channel, _NONE)
    return way.last_in_at + can.reply_window if can.reply_window and way.last_in_at else None


def late_until(way: Conversation, rules: Rules) -> datetime | None:
    """Until when a person may answer although it is shut; None where nobody may."""
    can = rules.can.get(way.channel, _NONE)
    return way.last_in_at + can.late if can.late and way.last_in_at else None


def is_shut(way: Conversation, rules: Rules, now: datetime) -> bool:
    """Whether the window is over, a person's late answer aside."""
    shuts = shuts_at(way, rules)
    return shuts is not None and shuts <= now


def is_late(way: Conversation, rules: Rules, now: datetime) -> bool:
    """Whether an answer goes only because a person writes it."""
    until = late_until(way, rules)
    return is_shut(way, rules, now) and until is not None and until > now


def next_edge(ways: Iterable[Conversation], rules: Rules, now: datetime) -> datetime | None:
    """When a card next wants to be told anew; None when time changes nothing on it any more."""
    edges: list[datetime] = []
    for way in ways:
        if shuts := shuts_at(way, rules):
            edges += [shuts - left for left in LEFT]
            edges += [until] if (until := late_until(way, rules)) else []
    return min((edge for edge in edges if edge > now), default=None)
