"""Sending to customers: the row's source, its channel, the bytes of its attachment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import aiohttp

from app.files import Files
from app.sources import Sources
from bot.rates import Rates, rates
from channels.kit.contract import Channel, Source
from channels.kit.discover import offers
from leads.changes import Outbound, ToCustomer
from leads.events import SendCode, SendError, Sent, Verb

Watch = Callable[[int, Callable[[], Awaitable[Sent]]], Awaitable[Sent]]
"""makes a call to that source, and gives it up where the source is known to be away"""

TELEGRAMS = frozenset({"telegram", "telegram_business"})


class Senders:
    """What sending needs; one for a runtime."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        channels: Mapping[str, Channel],
        sources: Sources,
        files: Files,
        budgets: Mapping[str, float] | None,
    ) -> None:
        self._http = http
        self._channels = channels
        self._sources = sources
        self._files = files
        self._budgets = budgets
        self._rates: dict[int, Rates] = {}

    async def send(self, watch: Watch, row: Outbound) -> Sent:
        """Send one row to its customer, the vendor's call under `watch`; raises `SendError`."""
        if not isinstance(row.body, ToCustomer):
            raise TypeError(f"row {row.id} is not for a customer")
        source = await self._source(row.body.source_id)
        outgoing = replace(row.body.outgoing, key=f"frontdesk-{row.id}")
        wanted = outgoing.attachment if outgoing.verb is Verb.SEND else None
        media = await self._files.outgoing(wanted, source) if wanted else None
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
        recipient = recipient.rpartition(":")[2]  # behind an account's connection
        if source.channel not in TELEGRAMS or not recipient.removeprefix("-").isdecimal():
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

    async def _source(self, source_id: int) -> Source:
        source = await self._sources.by_id(source_id)
        if source is None:
            raise SendError(SendCode.PERMANENT, "this source was closed")
        return source
