"""The control surface of a stand-in that runs in another process."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession

from sandbox.model import Impossible, Json


@dataclass(frozen=True, slots=True)
class Remote:
    """`url` is the stand-in's; see sandbox/control.py for what the calls take and give."""

    http: ClientSession
    url: str

    async def add_bot(self, token: str, username: str, name: str, *, topics: bool = False) -> Json:
        given = {"token": token, "username": username, "name": name, "topics": topics}
        return dict(await self._ask("POST", "bots", given))

    async def add_user(self, id: int, first_name: str, **more: str) -> Json:
        return dict(await self._ask("POST", "users", {"id": id, "first_name": first_name} | more))

    async def bot(self, bot: str) -> Json:
        return dict(await self._ask("GET", f"bots/{bot}"))

    async def chat(self, bot: str, user_id: int) -> Json:
        return dict(await self._ask("GET", f"bots/{bot}/chats/{user_id}"))

    async def act(self, bot: str, user_id: int, act: str, **given: Any) -> Any:
        """The person does World.user_<act>; raises Impossible where the app would not let them."""
        answer = await self._ask("POST", f"bots/{bot}/chats/{user_id}/{act}", _encoded(given))
        return answer["result"]

    async def callback_answer(self, callback_id: str) -> Json | None:
        answer: Json | None = (await self._ask("GET", f"callbacks/{callback_id}"))["answer"]
        return answer

    async def fault(self, kind: str, **rule: Any) -> Json:
        return dict(await self._ask("POST", "faults", {"kind": kind} | rule))

    async def switch(self, **switches: Any) -> Json:
        """per_chat, webhook_duplicate, webhook_reorder"""
        return dict(await self._ask("PATCH", "faults", switches))

    async def clear_faults(self) -> Json:
        return dict(await self._ask("DELETE", "faults"))

    async def log(self, **only: str) -> list[Json]:
        async with self.http.get(f"{self.url}/sandbox/log", params=only) as answer:
            return list(await answer.json())

    async def _ask(self, verb: str, path: str, given: Any = None) -> Any:
        async with self.http.request(verb, f"{self.url}/sandbox/{path}", json=given) as answer:
            said = await answer.json()
            if answer.status == 409:
                raise Impossible(said["error"])
            if answer.status >= 400:
                raise ValueError(f"{answer.status}: {said['error']}")
            return said


def _encoded(value: Any) -> Any:
    """Bytes as base64, on any level."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _encoded(item) for key, item in value.items()}
    return [_encoded(item) for item in value] if isinstance(value, list | tuple) else value
