"""What a manager does with a lead: take, hand over, note, close, reopen, choose the way of the answers."""

from __future__ import annotations

from dataclasses import dataclass

from leads.changes import Act
from leads.events import Attachment, Span
from leads.model import LeadState
from leads.ports import Store


@dataclass(frozen=True, slots=True)
class Place:
    """Where a manager wrote something at the desk."""

    chat_id: int
    desk_id: int
    topic_id: int | None = None


async def take(store: Store, act: Act, lead_id: int) -> None:
    """Any manager may take any open lead; who had it is told."""
    raise NotImplementedError


async def hand_over(store: Store, act: Act, lead_id: int, to: int | None) -> None:
    """Give it to manager `to`; None: to whoever of the others is on shift and next."""
    raise NotImplementedError


async def note(
    store: Store,
    act: Act,
    lead_id: int,
    text: str,
    at: Place | None = None,
    *,
    spans: tuple[Span, ...] = (),
    attachments: tuple[Attachment, ...] = (),
) -> None:
    """Keep words that never leave the desk."""
    raise NotImplementedError


async def close(store: Store, act: Act, lead_id: int, state: LeadState, reason: str) -> None:
    """Close it as won, lost or spam."""
    raise NotImplementedError


async def reopen(store: Store, act: Act, lead_id: int) -> None:
    """Open it again for the manager who had it, else for the one who asks."""
    raise NotImplementedError


async def choose_conversation(store: Store, act: Act, lead_id: int, conversation_id: int | None) -> None:
    """Choose which way replies go; None: the newest that can be answered."""
    raise NotImplementedError
