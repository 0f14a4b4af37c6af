"""What a manager writes to a customer: which way it goes, in how many parts, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass

from leads.changes import Act
from leads.events import Attachment, Span
from leads.model import DeskMessage
from leads.ports import Store


@dataclass(frozen=True, slots=True)
class Draft:
    """What a manager wrote at the desk, and where; `quoted` is the desk id of the message replied to."""

    text: str
    chat_id: int
    desk_id: int
    spans: tuple[Span, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    topic_id: int | None = None
    quoted: int | None = None


async def send(store: Store, act: Act, lead_id: int, draft: Draft) -> None:
    """Queue a reply, or keep a note when it starts with `//`.

    Refused: refused-closed, -empty, -no-way (phone, email), -blocked, -window, -media (kind).
    """
    raise NotImplementedError


async def edit(store: Store, act: Act, place: DeskMessage, draft: Draft) -> None:
    """A manager changed a reply or a note that stands at `place`. Refused: refused-no-edits (channel)."""
    raise NotImplementedError


async def try_again(store: Store, act: Act, message_id: int) -> None:
    """Queue a failed reply once more, from the part that failed."""
    raise NotImplementedError
