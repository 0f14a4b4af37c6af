"""The Bot API over HTTP: /bot<token>/<method> and /file/bot<token>/<path>.

Faithful by construction: a request becomes an instance of aiogram's method class of that name, the answer is
proved to be what that method returns, updates are proved to be Updates. What is not implemented says 501.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiogram.methods
from aiohttp import web

from sandbox import control
from sandbox.decode import decode, parameters
from sandbox.errors import NotImplementedHere, Refused
from sandbox.faults import Fault
from sandbox.methods import TABLE
from sandbox.methods.sending import Method
from sandbox.model import Bot, Json
from sandbox.proof import prove
from sandbox.webhook import Postman
from sandbox.world import World

log = logging.getLogger(__name__)

BODY_LIMIT = 60 * 1024 * 1024
KNOWN_NAMES = frozenset(
    getattr(aiogram.methods, name).__api_method__.lower()
    for name in aiogram.methods.__all__
    if isinstance(getattr(getattr(aiogram.methods, name), "__api_method__", None), str)
)
_SPENDING = ("send", "edit", "create")


@dataclass(slots=True)
class Api:
    world: World
    postman: Postman
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call, answered with JSON; or not at all where a fault says so."""
        name = request.match_info["method"]
        bot = self.world.bots.get(request.match_info["token"])
        given: Json = {}
        fault: Fault | None = None
        try:
            if not bot:
                raise Refused(status=401)
            method = _find(name)
            given = await parameters(request)
            chat_id = _chat_id(given)
            await self._fail_before(bot, name, chat_id)
            status, body = 200, {"ok": True, "result": await self._call(bot, method, given)}
            fault = self.world.faults.take(bot.username, name, chat_id, "slow", "drop_after_effect")
        except Refused as refused:
            status, body = refused.status, refused.body()
        dropped = fault is not None and fault.kind == "drop_after_effect"
        if body.get("result") != []:
            self.world.note(bot, name, _summary(given, body), 0 if dropped else status)
        if dropped and request.transport:
            request.transport.abort()
        elif fault:
            await asyncio.sleep(fault.seconds)
        return web.Response(status=status, text=json.dumps(body), content_type="application/json")

    async def _call(self, bot: Bot, method: Method, given: Json) -> Any:
        request = decode(method.model, given)
        beyond = request.model_fields_set - method.honours
        if beyond:
            raise NotImplementedHere(f'the parameter "{min(beyond)}" of {request.__api_method__}')
        result = method.run(self.world, bot, request)
        if inspect.isawaitable(result):
            return await result
        prove(method.model.__returning__, result)
        self.postman.serve(bot)
        return result

    async def _fail_before(self, bot: Bot, name: str, chat_id: int | None) -> None:
        faults = self.world.faults
        fault = faults.take(bot.username, name, chat_id, "too_many", "server_error", "error", "hang")
        if fault and fault.kind == "hang":
            await self.closing.wait()
        if fault:
            raise _failure(fault)
        if chat_id is not None and name.lower().startswith(_SPENDING) and name.lower() != "sendchataction":
            wait = faults.wait_for_chat(bot.id, chat_id)
            if wait:
                raise _too_many(wait)

    async def file(self, request: web.Request) -> web.Response:
        bot = self.world.bots.get(request.match_info["token"])
        stored = self.world.files.at(bot.id, request.match_info["path"]) if bot else None
        if not stored:
            refused = Refused(status=404 if bot else 401)
            return web.json_response(refused.body(), status=refused.status)
        return web.Response(body=stored.data, content_type="application/octet-stream")

    async def background(self, app: web.Application) -> AsyncIterator[None]:
        yield
        await self.postman.close()

    async def stop_waiting(self, app: web.Application) -> None:
        self.closing.set()
        for bot in self.world.bots.values():
            bot.updates.interrupt()


def make_app(world: World) -> web.Application:
    """The Bot API, and the control surface of sandbox/control.py."""
    api = Api(world, Postman(world))
    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_route("*", "/bot{token}/{method}", api.serve)
    app.router.add_get("/file/bot{token}/{path:.+}", api.file)
    app.router.add_routes(control.routes(world))
    app.on_shutdown.append(api.stop_waiting)
    app.cleanup_ctx.append(api.background)
    return app


def _find(name: str) -> Method:
    method = TABLE.get(name.lower())
    if method:
        return method
    if name.lower() in KNOWN_NAMES:
        log.warning("the sandbox does not know %s yet", name)
        raise NotImplementedHere(name)
    raise Refused(status=404)


def _chat_id(given: Json) -> int | None:
    try:
        return int(given["chat_id"])
    except (KeyError, TypeError, ValueError):
        return None


def _failure(fault: Fault) -> Refused:
    if fault.kind == "too_many":
        return _too_many(fault.retry_after)
    refused = Refused(status=fault.code or (500 if fault.kind == "server_error" else 400))
    refused.description = fault.description or refused.description
    return refused


def _too_many(seconds: int) -> Refused:
    return Refused(f"retry after {seconds}", 429, retry_after=seconds)


def _summary(given: Json, body: Json) -> str:
    said = given.get("text") or given.get("caption") or given.get("name") or ""
    parts = [
        f"chat {given['chat_id']}" if "chat_id" in given else "",
        str(said)[:60],
        body.get("description", ""),
    ]
    return " · ".join(part for part in parts if part)
