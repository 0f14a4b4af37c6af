"""How VK tells the product: callback servers and the bots' long poll. https://dev.vk.com/ru/api/callback"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.vendors.stage import Answer, Push, Stage
from sandbox.vendors.vk.words import GROUP, Given, done, odd

Json = dict[str, Any]
SECRET, CONFIRMATION = "sandbox-secret-key", "c0ff33aa"
KEY = "sandbox-long-poll-key"
EVENTS = (
    *("message_new", "message_reply", "message_edit", "message_event", "message_allow", "message_deny"),
    *("message_read", "message_typing_state", "message_reaction_event", "group_join", "group_leave"),
    *("wall_reply_new", "wall_reply_edit", "wall_reply_restore", "wall_reply_delete", "lead_forms_new"),
)
TITLE, SECRET_LIMIT, SERVERS = 14, 50, 10


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/json; charset=utf-8"}


@dataclass(slots=True)
class Pushing:
    """Events go to the callback server when there is one, else they wait for who polls."""

    stage: Stage
    servers: dict[int, Json] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=lambda: set(EVENTS))
    secret: str = SECRET
    waiting: list[Json] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    polled: bool = False  # whether the long poll is switched on
    version: str = ""

    def tell(self, kind: str, told: Json, lane: str) -> list[Push]:
        """One event, if it is switched on."""
        if kind not in self.wanted:
            return []
        event: Json = {"type": kind, "event_id": f"{self.stage.number():040x}", "v": "5.199"}
        event |= {"group_id": GROUP, "object": told}
        if not self.stage.hook:
            self.waiting.append(event)
            self.came.set()
            return []
        body = json.dumps(event | {"secret": self.secret}, ensure_ascii=False).encode()
        return [Push(body, _headers(), lane=lane, taken=lambda status, said: (status, said) == (200, b"ok"))]

    # --- callback servers -------------------------------------------------------------------------------

    def add(self, given: Given) -> Answer:
        self._fits(given)
        if len(self.servers) >= SERVERS:
            raise odd("too many callback servers")
        number = self.stage.number()
        self._set(number, given)
        return done({"server_id": number})

    def edit(self, given: Given) -> Answer:
        self._fits(given)
        self._set(self._server(given), given)
        return done(1)

    def known(self) -> Answer:
        return done({"count": len(self.servers), "items": [*self.servers.values()]})

    def settings(self, given: Given) -> Answer:
        self._server(given)
        return done({"api_version": self.version, "events": {one: int(one in self.wanted) for one in EVENTS}})

    def choose(self, given: Given) -> Answer:
        """Of a server, or of the long poll."""
        if "server_id" in given:
            self._server(given)
        for name in EVENTS:
            if name in given:
                (self.wanted.add if given[name] == "1" else self.wanted.discard)(name)
        self.version = given.get("api_version", self.version)
        self.polled = self.polled or given.get("enabled") == "1"
        return done(1)

    def _fits(self, given: Given) -> None:
        if len(given["title"]) > TITLE or len(given.get("secret_key", "")) > SECRET_LIMIT:
            raise odd("title or secret_key is too long")
        if not given["url"].startswith(("http://", "https://")):
            raise odd("url is invalid")

    def _server(self, given: Given) -> int:
        number = int(given["server_id"])
        if number not in self.servers:
            raise odd("server_id is invalid")
        return number

    def _set(self, number: int, given: Given) -> None:
        """VK tries the address at once."""
        server: Json = {"id": number, "creator_id": 1, "status": "wait"}
        server |= {"title": given["title"], "url": given["url"], "secret_key": given.get("secret_key", "")}
        self.servers[number] = server
        self.secret, self.stage.hook = server["secret_key"], server["url"]

        def tried(status: int, said: bytes) -> bool:
            server["status"] = "ok" if (status, said) == (200, CONFIRMATION.encode()) else "failed"
            return said == CONFIRMATION.encode()

        body = json.dumps({"type": "confirmation", "group_id": GROUP}).encode()
        self.stage.push(Push(body, _headers(), lane="confirmation", url=given["url"], tries=3, taken=tried))

    # --- the long poll ----------------------------------------------------------------------------------

    def place(self) -> Answer:
        if not self.polled:
            raise odd("longpoll for this group is not enabled")
        return done({"key": KEY, "server": f"{self.stage.base}/lp", "ts": str(len(self.waiting))})

    async def poll(self, request: web.Request) -> web.Response:
        """Held until there is something; `failed` as VK numbers it."""
        query = request.query
        if query.get("act") != "a_check" or query.get("key") != KEY:
            return Answer.of({"failed": 2}).response()
        since = int(query.get("ts", "0"))
        if since > len(self.waiting):
            return Answer.of({"failed": 1, "ts": len(self.waiting)}).response()
        if since == len(self.waiting):
            self.came.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(int(query.get("wait", "25")), 90)):
                    await self.came.wait()
        page = {"ts": str(len(self.waiting)), "updates": self.waiting[since:]}
        return Answer.of(page).response()
