"""Where the managers' updates go: into the inbox, before anybody confirms them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.intake import take_update
from storage.store import Store


def derived(token: str, use: str) -> str:
    """A secret of our own that only the token's holder can know, the same after each restart."""
    return hmac.new(token.encode(), use.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class DeskPost:
    """Where the managers' updates go: into the inbox, under the bot's own number."""

    store: Store
    token: str

    async def accept(self, updates: Sequence[Mapping[str, Any]], cursor: str | None) -> object:
        return await self.store.accept_updates(self.bot_id, updates, cursor or None)

    async def cursor(self) -> str:
        return await self.store.cursor(f"desk:{self.bot_id}")

    async def hook(self, headers: Mapping[str, str], body: bytes) -> int:
        status, _ = await take_update(headers, body, self.header, self.accept)
        return status

    @property
    def bot_id(self) -> str:
        return self.token.partition(":")[0]

    @property
    def path(self) -> str:
        """The secret part of the webhook's path."""
        return derived(self.token, "path")

    @property
    def header(self) -> str:
        """The secret token that Telegram sends along."""
        return derived(self.token, "header")
