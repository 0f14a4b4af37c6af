"""What the store answers beside the rows of `leads`: sources, and what lies parked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from leads.changes import ToCustomer, ToManager
from leads.events import Call, Inbound


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A door that is open, its settings in the clear. The previous ones count until their date."""

    id: int
    channel: str
    key: str
    settings: Mapping[str, Any]
    previous: Mapping[str, Any] | None = None
    previous_until: datetime | None = None
    removed: bool = False
    trouble: str = ""  # why it stands still until somebody mends its access


@dataclass(frozen=True, slots=True)
class Parked:
    """A dead row of the inbox: an event, an unreadable raw piece, or a raw update of the desk's bot."""

    id: int
    lane: Literal["customers", "desk"]
    channel: str
    source_key: str
    reason: str
    tries: int
    stored_at: datetime
    event: Inbound | None = None
    raw: bytes | None = None
    update: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RawPiece:
    """What an adapter could not read, and the call it came in, without its credentials."""

    source_id: int
    call: Call
    raw: bytes


@dataclass(frozen=True, slots=True)
class Unsent:
    """A dead row of the outbox."""

    id: int
    reason: str
    tries: int
    stored_at: datetime
    body: ToManager | ToCustomer


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits in one queue, counted up to `upkeep.COUNTED`; `oldest` is when the oldest row was stored
    that could be claimed now."""

    ready: int = 0
    leased: int = 0
    dead: int = 0
    oldest: datetime | None = None
