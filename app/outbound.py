"""Sending to customers: the row's source, its channel, the bytes of its attachment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import aiohttp

from app.sources import Sources
from channels.kit.contract import Channel, Source
from channels.kit.discover import offers
from leads.changes import Outbound, ToCustomer
from leads.events import Attachment, Media, SendCode, SendError, Sent
from storage.blobs import Blobs
from storage.errors import TooLarge

MEDIA_LIMIT = 50 * 1024 * 1024
DESK = "desk:"  # marks a file that a manager sent: its id belongs to the managers' bot


class Senders:
    """What sending needs; one for a runtime."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        channels: Mapping[str, Channel],
        sources: Sources,
        blobs: Blobs,
        desk: Source | None,
    ) -> None:
        self._http = http
        self._channels = channels
        self._sources = sources
        self._blobs = blobs
        self._desk = desk

    async def send(self, row: Outbound) -> Sent:
        """Send one row to its customer; raises `SendError`."""
        if not isinstance(row.body, ToCustomer):
            raise TypeError(f"row {row.id} is not for a customer")
        source = await self._source(row.body.source_id)
        outgoing = replace(row.body.outgoing, key=f"frontdesk-{row.id}")
        wanted = outgoing.attachment if not outgoing.edit_of else None
        media = await self.fetch(wanted, source) if wanted else None
        return await self._channels[source.channel].send(self._http, source, outgoing, media)

    async def file_from(self, attachment: Attachment, source_id: int) -> Path:
        """What a customer sent, as a file of ours; raises `SendError`."""
        known = self._blobs.path(attachment.blob) if attachment.blob else None
        if known:
            return known
        media = await self.fetch(attachment, await self._source(source_id))
        try:
            blob, _ = await self._blobs.put(media.chunks, MEDIA_LIMIT)
        except TooLarge as error:
            raise SendError(SendCode.BAD_MEDIA, str(error)) from None
        path = self._blobs.path(blob)
        if path is None:
            raise SendError(SendCode.UNAVAILABLE, "the file vanished")
        return path

    async def fetch(self, attachment: Attachment, source: Source) -> Media:
        if attachment.ref.startswith(DESK):
            return await self._fetch_from_desk(attachment)
        channel = self._channels[source.channel]
        if not offers(channel, "fetch_media"):
            raise SendError(SendCode.BAD_MEDIA, f"{source.channel} gives no files")
        return await channel.fetch_media(self._http, source, attachment)

    async def _fetch_from_desk(self, attachment: Attachment) -> Media:
        if self._desk is None:
            raise SendError(SendCode.MISCONFIGURED, "the managers' bot has no token here")
        telegram = self._channels[self._desk.channel]
        return await telegram.fetch_media(
            self._http, self._desk, replace(attachment, ref=attachment.ref.removeprefix(DESK))
        )

    async def _source(self, source_id: int) -> Source:
        source = await self._sources.by_id(source_id)
        if source is None:
            raise SendError(SendCode.MISCONFIGURED, "this source was closed")
        return source


def desk_source(telegram: Channel, token: str, api_base: str) -> Source:
    """The managers' bot as a source of the Telegram channel, for fetching the files that managers send."""
    settings = telegram.settings.model_validate({"token": token})
    return Source(id=0, channel="telegram", key="desk", settings=settings, api_base=api_base)
