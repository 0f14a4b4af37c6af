"""Watching calls to Telegram, for whoever knows whether it is away. Without aiogram, for those who poll."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Watch(Protocol):
    """Makes a call; gives it up, as UNAVAILABLE, where Telegram is known to be away."""

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T: ...


async def unwatched(call: Callable[[], Awaitable[T]]) -> T:
    return await call()
