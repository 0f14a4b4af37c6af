"""MAX's API as far as a company's desk needs it, and its customers' phones."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

from aiohttp import web

from sandbox.vendors.max import told
from sandbox.vendors.max.uploads import Uploads
from sandbox.vendors.max.words import TOO_LONG, keyboard, odd, refused, text_of
from sandbox.vendors.stage import AWAY, Answer, Chat, Choice, Note, Person, Push, Refused, Stage
from sandbox.vendors.vendor import FILE, PHOTO, VIDEO, VOICE, Look, Vendor

TOKEN = "f9LHodD0cOIsandboxTokenOpensNothingElse0123"  # noqa: S105 - opens the sandbox only
SECRET = "sandbox-secret-0123456789"  # noqa: S105
EDITED_WITHIN, DELETED_WITHIN = timedelta(days=7), timedelta(days=1)
ACTIONS = {"typing_on", "mark_seen", "sending_photo", "sending_video", "sending_audio", "sending_file"}
OF_MESSAGES = {"text", "attachments", "link", "notify", "format"}
EVENTS = {
    *(
        "message_created",
        "message_edited",
        "message_removed",
        "message_callback",
        "bot_started",
        "bot_stopped",
    ),
    *("dialog_muted", "dialog_unmuted", "dialog_cleared", "dialog_removed"),
    *("bot_added", "bot_removed", "user_added", "user_removed"),
}
DENIED = refused(403, "chat.denied", "Key: error.dialog.suspended, args: [228532008,].")
DONE = Answer.of({"success": True})
Json = dict[str, Any]


class Max(Vendor):
    look = Look("MAX", header="#4a3aff", company="#ffffff", customer="#dcd9ff", wallpaper="#eef0fb")
    sends = frozenset({PHOTO, VIDEO, VOICE, FILE, "sticker", "location", "contact"})
    refusals: ClassVar = {
        "too_many": refused(429, "too.many.requests", "Too many requests"),
        "blocked": DENIED,
        "too_long": TOO_LONG,
        "bad_media": refused(400, "proto.payload", "errors.process.attachment.image.not.supported"),
        "misconfigured": refused(401, "verify.token", "Invalid access_token"),
        "server_error": AWAY,
    }

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.secret = SECRET
        self.asked_for = EVENTS
        self.uploads = Uploads(stage)
        self.waiting: list[Json] = []  # updates for polls; a marker is a place in here
        self.came = asyncio.Event()

    def settings(self) -> dict[str, str]:
        return {"token": TOKEN, "secret": SECRET, "username": str(told.BOT["username"])}

    def meets(self, number: int, name: str, language: str = "en") -> Person:
        return Person(str(50_000_000 + number), name, phone=f"7921{number:07d}", language=language)

    def note_id(self, by: str) -> str:
        return f"mid.{self.stage.number():016x}"

    # --- the API ----------------------------------------------------------------------------------------

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.get("/me", self.me),
            web.get("/subscriptions", self.subscriptions),
            web.post("/subscriptions", self.subscribe),
            web.delete("/subscriptions", self.unsubscribe),
            web.get("/updates", self.updates),
            web.post("/messages", self.post_message),
            web.put("/messages", self.edit_message),
            web.delete("/messages", self.delete_message),
            web.post(r"/chats/{chat:-?\d+}/actions", self.act),
            web.post("/uploads", self.place),
            web.post("/upload/{number}", self.uploads.upload),
            web.get("/videos/{token}", self.video),
        ]

    async def me(self, request: web.Request) -> web.Response:
        self._known(request)
        return Answer.of(told.BOT).response()

    async def subscriptions(self, request: web.Request) -> web.Response:
        self._known(request)
        one = {"url": self.stage.hook, "time": told.stamp(self.stage), "update_types": sorted(self.asked_for)}
        return Answer.of({"subscriptions": [one] if self.stage.hook else []}).response()

    async def subscribe(self, request: web.Request) -> web.Response:
        """MAX takes https on port 443 only; here the product is at home."""
        given = await self._given(request, {"url", "update_types", "secret"})
        if re.fullmatch(r"[a-zA-Z0-9_-]{5,256}", given.get("secret") or "") is None:
            raise odd("secret: must match ^[a-zA-Z0-9_-]{5,256}$")
        if not set(given.get("update_types") or EVENTS) <= EVENTS:
            raise odd("update_types: unknown")
        self.secret, self.asked_for = given["secret"], set(given.get("update_types") or EVENTS)
        self.stage.hook = given["url"]
        return DONE.response()

    async def unsubscribe(self, request: web.Request) -> web.Response:
        self._known(request)
        if request.query.get("url") == self.stage.hook:
            self.stage.hook = ""
        return DONE.response()

    async def updates(self, request: web.Request) -> web.Response:
        """Held until there is something; while there is a webhook, nothing comes this way."""
        self._known(request)
        marker, limit = int(request.query.get("marker", 0)), int(request.query.get("limit", 100))
        if len(self.waiting) <= marker and not self.stage.hook:
            self.came.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(int(request.query.get("timeout", 30))):
                    await self.came.wait()
        page = self.waiting[marker : marker + limit]
        return Answer.of({"updates": page, "marker": marker + len(page)}).response()

    async def post_message(self, request: web.Request) -> web.Response:
        given = await self._given(request, OF_MESSAGES)
        if len(request.query.keys() & {"chat_id", "user_id"}) != 1:
            raise odd("chat_id or user_id is required")
        chat = self._chat(request.query.get("chat_id", ""), request.query.get("user_id", ""))
        note = Note(self.note_id("company"), "company", text_of(given), self.stage.now())
        self._attach(note, given.get("attachments") or [])
        if not (note.text or note.media):
            raise odd("text or attachments are required")
        if link := given.get("link"):
            if link.get("type") != "reply" or not chat.note(link.get("mid", "")):
                raise Refused(refused(404, "not.found", "Message not found"))
            note.reply_to = link["mid"]
        self.takes(chat, note)
        message = told.message(self.stage, chat, note, told.BOT, [])
        return Answer.of({"message": message}).response()

    async def edit_message(self, request: web.Request) -> web.Response:
        given = await self._given(request, OF_MESSAGES)
        note = self._own(request, EDITED_WITHIN)
        if "attachments" in given:
            self._attach(note, given["attachments"] or [])
        self.rewrites(note, text_of(given) or note.text)
        return DONE.response()

    async def delete_message(self, request: web.Request) -> web.Response:
        self._known(request)
        note = self._own(request, DELETED_WITHIN)
        note.deleted = True
        self.stage.effects += 1
        self.stage.changed()
        return DONE.response()

    async def act(self, request: web.Request) -> web.Response:
        given = await self._given(request, {"action"})
        chat = self._chat(request.match_info["chat"], "")
        if given.get("action") not in ACTIONS:
            raise odd("action: unknown")
        if given["action"] == "mark_seen":
            chat.read_at = self.stage.now()
        else:
            chat.typing_at = self.stage.now()
        self.stage.changed()
        return DONE.response()

    async def place(self, request: web.Request) -> web.Response:
        self._known(request)
        return self.uploads.place(request.query.get("type", ""))

    async def video(self, request: web.Request) -> web.Response:
        self._known(request)
        found = self.stage.find(request.match_info["token"])
        if not found or not found[1].media:
            raise Refused(refused(404, "not.found", "Video not found"))
        urls = {"mp4_720": self.stage.keep(found[1].media), "hls": None}
        return Answer.of({"token": found[1].id, "urls": urls, "width": 720, "height": 1280}).response()

    def _known(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != TOKEN or "access_token" in request.query:
            raise Refused(self.refusals["misconfigured"])

    async def _given(self, request: web.Request, members: set[str]) -> Json:
        self._known(request)
        try:
            given = await request.json()
        except ValueError:
            raise odd("no JSON") from None
        if not isinstance(given, dict) or not given.keys() <= members:
            raise odd("unknown members")
        return given

    def _chat(self, chat_id: str, user_id: str) -> Chat:
        chat = next((one for one in self.stage.chats.values() if str(told.chat_of(one)) == chat_id), None)
        chat = chat or self.stage.chat(user_id)
        if not chat:
            raise Refused(refused(404, "chat.not.found", "Chat not found"))
        if chat.blocked or not chat.of("customer"):
            raise Refused(DENIED)
        return chat

    def _own(self, request: web.Request, within: timedelta) -> Note:
        found = self.stage.find(request.query.get("message_id", ""))
        if not found or found[1].deleted:
            raise Refused(refused(404, "not.found", "Message not found"))
        note = found[1]
        if note.by != "company":
            raise Refused(refused(403, "access.denied", "Not your message"))
        if self.stage.now() - note.at > within and not (note.buttons and within == EDITED_WITHIN):
            raise Refused(Answer.of({"success": False, "message": "The message is too old"}))
        return note

    def _attach(self, note: Note, attachments: list[Json]) -> None:
        note.media, note.buttons = None, ()
        for one in attachments:
            kind, payload = one.get("type"), one.get("payload") or {}
            if kind == "inline_keyboard":
                note.buttons = keyboard(payload.get("buttons"))
            elif note.media is None:
                note.media = self.uploads.taken(str(kind), str(payload.get("token")))
            else:
                raise odd("attachments: one file at a time here")

    # --- the phone --------------------------------------------------------------------------------------

    def wrote(self, chat: Chat, note: Note) -> list[Push]:
        message = told.written(self.stage, chat, note, TOKEN)
        return self._tell("message_created", chat, message=message, **told.locale(chat))

    def edited(self, chat: Chat, note: Note) -> list[Push]:
        return self._tell("message_edited", chat, message=told.written(self.stage, chat, note, TOKEN))

    def deleted(self, chat: Chat, note: Note) -> list[Push]:
        ids = {"chat_id": told.chat_of(chat), "user_id": int(chat.person.id)}
        return self._tell("message_removed", chat, message_id=note.id, **ids)

    def pressed(self, chat: Chat, note: Note, choice: Choice) -> list[Push]:
        return self._tell("message_callback", chat, **told.press(self.stage, chat, note, choice))

    def blocked(self, chat: Chat) -> list[Push]:
        return self._tell("bot_stopped", chat, **told.person(self.stage, chat))

    def unblocked(self, chat: Chat) -> list[Push]:
        return self._tell("bot_started", chat, **told.person(self.stage, chat))

    def _tell(self, kind: str, chat: Chat, **more: Any) -> list[Push]:
        """By webhook to who has one, else to who polls."""
        if kind not in self.asked_for:
            return []
        update = {"update_type": kind, "timestamp": told.stamp(self.stage)} | more
        if not self.stage.hook:
            self.waiting.append(update)
            self.came.set()
            return []
        headers = {"Content-Type": "application/json; charset=utf-8", "X-Max-Bot-Api-Secret": self.secret}
        return [Push(json.dumps(update, ensure_ascii=False).encode(), headers, lane=chat.person.id)]
