"""What a channel is: a folder whose package exports the names of `Channel`.

Adapters are pure: plain values in, plain values out; no request object, no store, no bot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import aiohttp
from pydantic import BaseModel

from leads.events import (
    Attachment,
    Call,
    Capabilities,
    Inbound,
    Media,
    Outgoing,
    Profile,
    Receipt,
    Sent,
    Template,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """One open door: a channel with its key and its settings (an instance of the channel's settings class).

    `previous` holds the settings before a rotation while they are still valid. `base_url` is how the outside
    reaches us, or empty; `country` is the company's (ISO 3166 alpha-2) for phones without a prefix.
    """

    id: int
    channel: str
    key: str
    settings: Any
    previous: Any = None
    api_base: str = ""  # another base URL of the vendor's API (sandbox, proxy)
    base_url: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Theirs, genuine, not for us: answered 200 and counted under `why` (a short token)."""

    why: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that our code could not read: parked raw, answered 200, replayable."""

    raw: bytes
    why: str


Item = Inbound | Ignored | Unreadable


class Outcome(StrEnum):
    """How a call ended; mapped to HTTP once, in `edge.py`."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    PARKED = "parked"
    REJECTED = "rejected"
    FORBIDDEN = "forbidden"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"  # content type
    TOO_SLOW = "too_slow"
    TOO_MANY = "too_many"
    UNKNOWN_SOURCE = "unknown_source"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Answered:
    """What `answer` is told: the outcome, the ids of the stored events and why.

    A duplicate carries the ids of the first time, so that it gets the same answer.
    """

    outcome: Outcome
    ids: tuple[int, ...] = ()
    why: str = ""
    retry_after: int | None = None


class Channel(Protocol):
    """The contract. A package under `channels/` exports these names; those that it lacks take a default.

    handshake -> None, signed -> `can.signed`, body_limit -> `edge.BODY_LIMIT`, typing -> nothing,
    answer -> `edge.default_answer`; send and all below it -> not offered (`discover.offers`).
    """

    name: str
    settings: type[BaseModel]
    can: Capabilities

    def handshake(self, source: Source, call: Call) -> Reply | None:
        """Answer challenges, confirmation strings, CORS preflights and "test" pings; else None."""

    def verify(self, source: Source, call: Call) -> None:
        """Check the proof on the raw bytes in constant time with `source.settings` only; raise `Rejected`.

        The edge calls it once more with the previous settings during a rotation.
        """

    def signed(self, source: Source) -> bool:
        """Whether `verify` proves who called; where it does, what our own code cannot read is parked."""

    def body_limit(self, call: Call) -> int:
        """How many bytes this call may have; its body is not read yet."""

    def parse(self, source: Source, call: Call) -> Sequence[Item]:
        """Read the call; a bad item never costs the good ones. Raise `Malformed` when nothing can be read."""

    def answer(self, source: Source, call: Call, answered: Answered) -> Reply:
        """The HTTP answer, where the vendor wants another one than the default."""

    async def send(
        self, http: aiohttp.ClientSession, source: Source, outgoing: Outgoing, media: Media | None
    ) -> Sent:
        """Do what `outgoing.verb` says: send, edit, delete, react, mark as read; only what `can` promises is
        asked for. `media` holds the attachment's bytes. Raise `SendError`.
        """

    async def fetch_media(self, http: aiohttp.ClientSession, source: Source, attachment: Attachment) -> Media:
        """Get the bytes of what a customer sent. Raise `SendError`."""

    async def typing(self, http: aiohttp.ClientSession, source: Source, recipient: str) -> None:
        """Show that somebody is writing; failures are of no interest."""

    async def poll(
        self, http: aiohttp.ClientSession, source: Source, cursor: str, now: Callable[[], datetime]
    ) -> tuple[Sequence[Call], str]:
        """Wait for the next events; no handshake and no verify follow. `now` stamps the calls.

        The cursor is stored in the same transaction as the events. Raise `SendError`.
        """

    async def register(self, http: aiohttp.ClientSession, source: Source, url: str) -> None:
        """Have the vendor push to `url` from now on, where it can be told so. Raise `SendError`."""

    async def registered(self, http: aiohttp.ClientSession, source: Source, url: str) -> str:
        """What keeps the vendor from pushing to `url`, in few words; else empty. Raise `SendError`."""

    async def templates(self, http: aiohttp.ClientSession, source: Source) -> Sequence[Template]:
        """The approved ones, which go out when the reply window is closed. Raise `SendError`."""

    async def profile(self, http: aiohttp.ClientSession, source: Source, external_id: str) -> Profile:
        """What the vendor tells of a person who wrote to us. Raise `SendError`."""

    async def probe(self, http: aiohttp.ClientSession, source: Source) -> str:
        """For `check`: who we are at the vendor, in a few words. Raise `SendError`."""


class Accept(Protocol):
    """Stores what was read, or raises `leads.errors.StoreUnavailable`; comes in from the wiring."""

    async def __call__(self, source: Source, call: Call, items: Sequence[Item]) -> Receipt:
        """Commit the raw call with its items; nothing is acknowledged before this returns."""
