"""Sending to customers: the row's source, its channel, the bytes of its attachment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from app.sources import Sources
from bot.rates import Rates, rates
from channels.kit.contract import Channel, Source
from channels.kit.discover import offers
from leads.changes import Outbound, ToCustomer
from leads.events import Attachment, Media, SendCode, SendError, Sent, Verb
from storage.blobs import Blobs
from storage.errors import TooLarge

Watch = Callable[[int, Callable[[], Awaitable[Sent]]], Awaitable[Sent]]
"""makes a call to that source, and gives it up where the source is known to be away"""

MEDIA_LIMIT = 50 * 1024 * 1024
TELEGRAM = "telegram"
FILE_PAUSE = 2.0  # seconds until a file is asked for again
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
        budgets: Mapping[str, float] | None,
    ) -> None:
        self._http = http
        self._channels = channels
        self._sources = sources
        self._blobs = blobs
        self._desk = desk
        self._budgets = budgets
        self._rates: dict[int, Rates] = {}

    async def send(self, watch: Watch, row: Outbound) -> Sent:
        """Send one row to its customer, the vendor's call under `watch`; raises `SendError`."""
        if not isinstance(row.body, ToCustomer):
            raise TypeError(f"row {row.id} is not for a customer")
        source = await self._source(row.body.source_id)
        outgoing = replace(row.body.outgoing, key=f"frontdesk-{row.id}")
        wanted = outgoing.attachment if outgoing.verb is Verb.SEND else None
        media = await self._fetched(wanted, source) if wanted else None
        return await self._spent(
            source,
            outgoing.recipient,
            lambda: watch(
                source.id, lambda: self._channels[source.channel].send(self._http, source, outgoing, media)
            ),
        )

    async def look(self, source_id: int) -> None:
        """Ask the vendor something without an effect; raises `SendError`."""
        source = await self._source(source_id)
        channel = self._channels[source.channel]
        if offers(channel, "probe"):
            await channel.probe(self._http, source)

    def ending(self) -> None:
        """The service stops: nobody shall wait for a budget any more."""
        for each in self._rates.values():
            each.close()

    def forget(self, source_id: int) -> None:
        """Another process sends there now, and learns what may be spent."""
        if source_id in self._rates:
            self._rates[source_id].forget()

    async def _spent(self, source: Source, recipient: str, call: Callable[[], Awaitable[Sent]]) -> Sent:
        """Telegram's budgets hold for each bot and each of its chats; other vendors publish none."""
        if source.channel != TELEGRAM or not recipient.removeprefix("-").isdecimal():
            return await call()
        if source.id not in self._rates:
            self._rates[source.id] = rates(self._budgets)
        budget, chat = self._rates[source.id], int(recipient)
        await budget.spend(chat)
        try:
            return await call()
        except SendError as error:
            if error.code is SendCode.RETRY:
                budget.refused(chat, error.retry_after or 1.0)
            raise

    async def _fetched(self, attachment: Attachment, source: Source) -> Media:
        try:
            return await self.fetch(attachment, source)
        except SendError as error:
            if error.code not in {SendCode.UNAVAILABLE, SendCode.MISCONFIGURED}:
                raise
            # The file's server is away or refuses us, which says nothing of where the message goes.
            raise SendError(SendCode.RETRY, error.detail, retry_after=FILE_PAUSE) from None

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
            raise SendError(SendCode.PERMANENT, "this source was closed")
        return source


def desk_source(telegram: Channel, token: str, api_base: str) -> Source:
    """The managers' bot as a source of the Telegram channel, for fetching the files that managers send."""
    settings = telegram.settings.model_construct(token=SecretStr(token), secret=SecretStr(""))
    return Source(id=0, channel="telegram", key="desk", settings=settings, api_base=api_base)
