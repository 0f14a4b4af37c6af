"""The open doors as the running process knows them: reread every two seconds, and at an unknown key."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from app.logs import Redactor
from app.settings import Settings
from channels.kit.contract import Channel, Source
from storage.rows import SourceRow
from storage.store import Store

log = logging.getLogger(__name__)

REREAD_AT_MOST_EVERY = 0.2  # seconds, however many unknown keys are tried


class Sources:
    """Sources by (channel, key) and by id, their settings checked by their channel."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        settings: Settings,
        redact: Redactor,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._channels = channels
        self._settings = settings
        self._redact = redact
        self._now = now
        self._by_key: dict[tuple[str, str], Source] = {}
        self._by_id: dict[int, Source] = {}
        self._troubles: dict[int, str] = {}
        self._read_at = 0.0
        self.on_change: list[Callable[[int], None]] = []
        """are told whose settings are others than before"""

    async def refresh(self) -> None:
        """Read all sources anew. One whose settings do not fit its channel is left out and said so."""
        self._read_at = time.monotonic()
        rows = await self._store.sources()
        found = [source for row in rows if (source := self._built(row))]
        former = self._by_id
        self._troubles = {row.id: row.trouble for row in rows}
        self._by_key = {(source.channel, source.key): source for source in found}
        self._by_id = {source.id: source for source in found}
        for source in found:
            if source.id in former and former[source.id] != source:
                for tell in self.on_change:
                    tell(source.id)

    async def find(self, channel: str, key: str) -> Source | None:
        source = self._by_key.get((channel, key))
        if source is None and time.monotonic() - self._read_at > REREAD_AT_MOST_EVERY:
            await self.refresh()
            source = self._by_key.get((channel, key))
        return source

    async def by_id(self, source_id: int) -> Source | None:
        if source_id not in self._by_id:
            await self.refresh()
        return self._by_id.get(source_id)

    def channel_of(self, source_id: int) -> str:
        """Of a source that is open, without asking the store."""
        known = self._by_id.get(source_id)
        return known.channel if known else "unknown"

    def trouble(self, source_id: int) -> str | None:
        """Why it stands still, empty when it works, None when there is no such source."""
        return self._troubles.get(source_id)

    def all(self) -> tuple[Source, ...]:
        return tuple(self._by_id.values())

    def _built(self, row: SourceRow) -> Source | None:
        channel = self._channels.get(row.channel)
        if channel is None:
            log.error("source %s: there is no channel %r here", label(row.key), row.channel)
            return None
        try:
            settings = channel.settings.model_validate(row.settings)
            previous = self._previous(channel, row)
        except ValidationError as error:
            log.error("source %s: its settings do not fit: %s", label(row.key), complaint(error))
            return None
        for secret in secrets_of(settings, previous):
            self._redact.learn(secret)
        return Source(
            id=row.id,
            channel=row.channel,
            key=row.key,
            settings=settings,
            previous=previous,
            api_base=self._settings.channel_api(row.channel),
            base_url=self._settings.public_url,
            country=self._settings.country,
        )

    def _previous(self, channel: Channel, row: SourceRow) -> BaseModel | None:
        if row.previous is None or (row.previous_until and row.previous_until <= self._now()):
            return None
        return channel.settings.model_validate(row.previous)


def secrets_of(*settings: BaseModel | None) -> Iterable[str]:
    """The values of every secret setting."""
    for model in settings:
        for value in vars(model).values() if model else ():
            if isinstance(value, SecretStr):
                yield value.get_secret_value()


def plain(settings: BaseModel) -> dict[str, Any]:
    """The settings as JSON values with their secrets in clear, for the store to encrypt."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in settings.model_dump(mode="python").items()
    }


def complaint(error: ValidationError) -> str:
    """What does not fit, without the values: they may be secrets."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg'].removeprefix('Value error, ')}"
        for item in error.errors()
    )


def label(key: str) -> str:
    """A path key for the log: a random one is a secret of its kind, its beginning is enough to find it."""
    return key if len(key) < 16 else f"{key[:6]}…"


def new_key() -> str:
    """A random path key."""
    return secrets.token_urlsafe(24)
