"""The fake Telegram of the measurements: the sandbox in a process of its own, noting when each card came.

`python -m bench.telegram PORT`; the lead's number stands in its text. Each run has a bot of its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

OWNER = 500
MARK = re.compile(r"lead-(\d{9})")


@dataclass
class Watch:
    """Looks at what the bots send, and when the first message with each lead's number came."""

    world: Any
    managers: tuple[int, ...]
    cards: dict[str, dict[str, float]] = field(default_factory=dict)  # by token
    seen: dict[tuple[int, int], int] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def look(self) -> None:
        moment = time.monotonic()
        for key, chat in self.world.chats.items():
            before = self.seen.get(key, 0)
            for number in range(before + 1, chat.last_id + 1):
                message = chat.messages.get(number, {})
                found = (
                    MARK.search(message.get("text", "")) if message.get("from", {}).get("is_bot") else None
                )
                if found:
                    self.cards.setdefault(chat.bot.token, {}).setdefault(found[1], moment)
                    self.news.set()
            self.seen[key] = chat.last_id

    async def bot(self, request: web.Request) -> web.Response:
        """A new bot that every manager has started."""
        token = request.query["token"]
        bot = self.world.add_bot(
            token, f"desk{len(self.world.bots)}", "Desk", topics="topics" in request.query
        )
        for number in self.managers:
            self.world.user_starts(bot, number)
        return web.json_response({})

    async def greeted(self, request: web.Request) -> web.Response:
        """How many managers have heard from the bot."""
        bot = self.world.bots[request.query["token"]]
        chats = [self.world.chat(bot, number) for number in self.managers]
        heard = [any(m["from"]["is_bot"] for m in chat.messages.values()) for chat in chats]
        return web.json_response({"count": sum(heard)})

    async def shown(self, request: web.Request) -> web.Response:
        """Wait until so many leads were shown, at most so many seconds; number → moment."""
        token, least = request.query["token"], int(request.query["least"])
        try:
            async with asyncio.timeout(float(request.query["seconds"])):
                while len(self.cards.get(token, {})) < least:
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            pass
        return web.json_response(self.cards.get(token, {}))


def serve(port: int) -> None:
    from bench.places import MANAGERS  # noqa: PLC0415
    from sandbox.api import make_app  # noqa: PLC0415
    from sandbox.world import World  # noqa: PLC0415
    from scheduler.clock import Clock  # noqa: PLC0415

    world = World(Clock().now)
    for number in (OWNER, *MANAGERS):
        world.add_user(number, f"Manager{number}")
    watch = Watch(world, MANAGERS)
    world.listeners.append(watch.look)
    app = make_app(world)
    app.router.add_get("/bench/bot", watch.bot)
    app.router.add_get("/bench/greeted", watch.greeted)
    app.router.add_get("/bench/shown", watch.shown)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, shutdown_timeout=1)


@dataclass(slots=True)
class Telegram:
    """Asks that process."""

    port: int
    count: int = 0

    def new_bot(self, *, topics: bool) -> str:
        self.count += 1
        token = f"{100200300 + self.count}:bench-token-of-the-desk-bot-0000000"
        self._ask(f"bot?token={token}{'&topics=1' if topics else ''}")
        return token

    def wait_greeted(self, token: str, least: int) -> None:
        """Until the desk is up and has answered everybody's /start."""
        deadline = time.monotonic() + 60
        while self._ask(f"greeted?token={token}")["count"] < least:
            if time.monotonic() > deadline:
                raise TimeoutError("the desk did not come up")
            time.sleep(0.05)

    def shown(self, token: str, least: int, seconds: float) -> dict[str, float]:
        answer: dict[str, float] = self._ask(f"shown?token={token}&least={least}&seconds={seconds}")
        return answer

    def _ask(self, words: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/bench/{words}") as answer:
            return json.load(answer)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
