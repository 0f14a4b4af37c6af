"""The control surface, for tests in another process. JSON in, JSON out; {bot} is a username.

POST   /sandbox/bots                            token, username, name, topics? → the bot as a User
POST   /sandbox/users                           id, first_name, last_name?, username?, language_code? → User
GET    /sandbox/bots/{bot}                      webhook url, commands, how many updates wait
GET    /sandbox/bots/{bot}/chats/{user}         messages, history, deleted, topics, reactions, pinned,
                                                keyboard, action, started, blocked
POST   /sandbox/bots/{bot}/chats/{user}/{act}   the arguments of World.user_{act} → {"result": …}
                                                acts: starts sends edits presses reacts blocks unblocks
                                                deletes_topic; bytes travel as base64
GET    /sandbox/bots/{bot}/file/{file_id}       the bytes of a file that the bot sent or got
GET    /sandbox/callbacks/{id}                   {"answer": null or text and show_alert}
GET    /sandbox/faults                          rules and switches
POST   /sandbox/faults                          one rule: kind and the other fields of sandbox.faults.Fault
PATCH  /sandbox/faults                          per_chat, webhook_duplicate, webhook_reorder
DELETE /sandbox/faults                          no faults any more
GET    /sandbox/log?method=&bot=                the request log, oldest first; status 0 is "no answer"

400 wrong arguments, 404 no such bot, person or act, 409 what a person cannot do.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_args

from aiohttp import web

from sandbox.chat import Chat
from sandbox.faults import Fault, Kind
from sandbox.model import Bot, Impossible, Json
from sandbox.world import World

ACTS = frozenset({"starts", "sends", "edits", "presses", "reacts", "blocks", "unblocks", "deletes_topic"})
_SWITCHES = frozenset({"per_chat", "webhook_duplicate", "webhook_reorder"})
_Answer = Callable[[web.Request], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Control:
    world: World

    async def add_bot(self, request: web.Request) -> Json:
        return self.world.add_bot(**await request.json()).as_user()

    async def add_user(self, request: web.Request) -> Json:
        return self.world.add_user(**await request.json()).as_user()

    async def bot(self, request: web.Request) -> Json:
        bot = self._bot(request)
        url = bot.webhook.url if bot.webhook else None
        return {"webhook": url, "commands": bot.commands, "pending": len(bot.updates.pending)}

    async def chat(self, request: web.Request) -> Json:
        return seen(self.world.chat(self._bot(request), int(request.match_info["user"])))

    async def act(self, request: web.Request) -> Json:
        act = request.match_info["act"]
        if act not in ACTS:
            raise KeyError(act)
        given = _with_bytes(await request.json() if request.can_read_body else {})
        todo = getattr(self.world, f"user_{act}")
        return {"result": todo(self._bot(request), int(request.match_info["user"]), **given)}

    async def file(self, request: web.Request) -> web.Response:
        stored = self.world.files.get(self._bot(request).id, request.match_info["file_id"])
        if not stored:
            raise KeyError(request.match_info["file_id"])
        return web.Response(body=stored.data)

    async def callback(self, request: web.Request) -> Json:
        return {"answer": self.world.callbacks[request.match_info["id"]].answer}

    async def faults(self, request: web.Request) -> Json:
        faults = self.world.faults
        switches = {name: getattr(faults, name) for name in sorted(_SWITCHES)}
        return {"rules": [dataclasses.asdict(rule) for rule in faults.rules]} | switches

    async def add_fault(self, request: web.Request) -> Json:
        fault = Fault(**await request.json())
        if fault.kind not in get_args(Kind):
            raise ValueError(f"kind is one of {', '.join(get_args(Kind))}")
        self.world.faults.add(fault)
        return await self.faults(request)

    async def set_faults(self, request: web.Request) -> Json:
        switches = await request.json()
        if not switches.keys() <= _SWITCHES:
            raise ValueError(f"switches are {', '.join(sorted(_SWITCHES))}")
        for name, value in switches.items():
            setattr(self.world.faults, name, value)
        return await self.faults(request)

    async def clear_faults(self, request: web.Request) -> Json:
        self.world.faults.clear()
        return await self.faults(request)

    async def log(self, request: web.Request) -> list[Json]:
        wanted = {key: request.query[key] for key in ("method", "bot") if key in request.query}
        entries = [dataclasses.asdict(entry) | {"at": entry.at.isoformat()} for entry in self.world.log]
        return [entry for entry in entries if all(entry[key] == value for key, value in wanted.items())]

    def _bot(self, request: web.Request) -> Bot:
        name = request.match_info["bot"]
        return {bot.username: bot for bot in self.world.bots.values()}[name]


def routes(world: World) -> list[web.RouteDef]:
    control = Control(world)
    chat = "/sandbox/bots/{bot}/chats/{user}"
    table: list[tuple[str, str, _Answer]] = [
        ("POST", "/sandbox/bots", control.add_bot),
        ("POST", "/sandbox/users", control.add_user),
        ("GET", "/sandbox/bots/{bot}", control.bot),
        ("GET", chat, control.chat),
        ("POST", f"{chat}/{{act}}", control.act),
        ("GET", "/sandbox/bots/{bot}/file/{file_id}", control.file),
        ("GET", "/sandbox/callbacks/{id}", control.callback),
        ("GET", "/sandbox/faults", control.faults),
        ("POST", "/sandbox/faults", control.add_fault),
        ("PATCH", "/sandbox/faults", control.set_faults),
        ("DELETE", "/sandbox/faults", control.clear_faults),
        ("GET", "/sandbox/log", control.log),
    ]
    return [web.route(method, path, _answering(answer)) for method, path, answer in table]


def _answering(answer: _Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            result = await answer(request)
        except Impossible as error:
            return web.json_response({"error": str(error)}, status=409)
        except KeyError as error:
            return web.json_response({"error": f"not found: {error}"}, status=404)
        except (TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return result if isinstance(result, web.StreamResponse) else web.json_response(result)

    return handle


def seen(chat: Chat) -> Json:
    """A chat as plain JSON."""
    reactions = {
        str(message_id): [{"user_id": user_id, "reactions": one} for user_id, one in who.items()]
        for message_id, who in chat.reactions.items()
    }
    return {
        "messages": list(chat.messages.values()),
        "history": {str(message_id): versions for message_id, versions in chat.history.items()},
        "deleted": chat.deleted,
        "topics": [dataclasses.asdict(topic) for topic in chat.topics.values()],
        "reactions": reactions,
        "pinned": chat.pinned,
        "keyboard": chat.keyboard,
        "action": chat.action[0] if chat.action else None,
        "started": chat.started,
        "blocked": chat.blocked,
    }


def _with_bytes(given: Json) -> Json:
    plain = dict(given)
    for name in ("photo", "voice", "video"):
        if plain.get(name) is not None:
            plain[name] = base64.b64decode(plain[name], validate=True)
    if plain.get("document") is not None:
        name, mime, data = plain["document"]
        plain["document"] = name, mime, base64.b64decode(data, validate=True)
    return plain
