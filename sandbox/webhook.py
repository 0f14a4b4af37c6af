"""Webhook deliveries: in order within a chat, side by side across chats, retried until a 2xx."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession, ClientTimeout

from sandbox.model import Bot, Json, Webhook
from sandbox.world import World

FIRST_RETRY, LONGEST_RETRY = 0.1, 5.0
ANSWER_WITHIN = ClientTimeout(total=60)
REORDER_WINDOW = 0.2
"""seconds in which webhook_reorder collects what it then delivers backwards"""


@dataclass(slots=True)
class _Round:
    """One bot's deliveries under one setWebhook."""

    bot: Bot
    hook: Webhook
    world: World
    http: ClientSession
    lanes: dict[object, deque[Json]] = field(default_factory=dict)
    assigned: int = 0

    async def run(self) -> None:
        slots = asyncio.Semaphore(self.hook.max_connections)
        async with asyncio.TaskGroup() as group:
            while self.bot.webhook is self.hook:
                self.bot.updates.arrived.clear()
                for update in self._fresh():
                    key = _lane(update)
                    if key not in self.lanes:
                        self.lanes[key] = deque()
                        group.create_task(self._serve(key, slots))
                    self.lanes[key].append(update)
                await self.bot.updates.arrived.wait()

    def _fresh(self) -> list[Json]:
        fresh = [update for key, update in self.bot.updates.pending.items() if key > self.assigned]
        self.assigned = fresh[-1]["update_id"] if fresh else self.assigned
        return fresh

    async def _serve(self, key: object, slots: asyncio.Semaphore) -> None:
        lane = self.lanes[key]
        while lane and self.bot.webhook is self.hook:
            if self.world.faults.webhook_reorder:
                await asyncio.sleep(REORDER_WINDOW)
                lane.reverse()
            batch = [lane.popleft() for _ in range(len(lane))]
            for update in batch:
                async with slots:
                    await self._deliver(update)
        del self.lanes[key]

    async def _deliver(self, update: Json) -> None:
        pause = FIRST_RETRY
        while self.bot.webhook is self.hook and update["update_id"] in self.bot.updates.pending:
            if await self._post(update):
                self.bot.updates.settle(update["update_id"])
                if self.world.faults.webhook_duplicate:
                    await self._post(update)
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY)

    async def _post(self, update: Json) -> bool:
        secret = self.hook.secret_token
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        try:
            async with self.http.post(
                self.hook.url, json=update, headers=headers, timeout=ANSWER_WITHIN, allow_redirects=False
            ) as answer:
                await answer.read()
                status, why = (
                    answer.status,
                    f"Wrong response from the webhook: {answer.status} {answer.reason}",
                )
        except (ClientError, TimeoutError, ValueError) as error:
            status, why = 0, f"Connection failed: {type(error).__name__}"
        self.world.note(self.bot, "webhook", f"update {update['update_id']}", status)
        if 200 <= status < 300:
            return True
        self.hook.last_error_date, self.hook.last_error_message = self.world.now(), why
        return False


def _lane(update: Json) -> object:
    """The chat that an update belongs to."""
    payload = next(value for key, value in update.items() if key != "update_id")
    return (payload.get("chat") or payload.get("from") or {}).get("id")


@dataclass(slots=True)
class Postman:
    """Keeps one task per bot with a webhook; `serve` after each call, `close` at the end."""

    world: World
    _http: ClientSession | None = None
    _rounds: dict[int, tuple[Webhook, asyncio.Task[None]]] = field(default_factory=dict)

    def serve(self, bot: Bot) -> None:
        hook, task = self._rounds.get(bot.id, (None, None))
        if hook is bot.webhook:
            return
        if task:
            task.cancel()
        self._rounds.pop(bot.id, None)
        if bot.webhook:
            self._http = self._http or ClientSession()
            running = _Round(bot, bot.webhook, self.world, self._http).run()
            self._rounds[bot.id] = bot.webhook, asyncio.create_task(running)

    async def close(self) -> None:
        tasks = [task for _, task in self._rounds.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._http:
            await self._http.close()
