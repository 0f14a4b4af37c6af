"""Viber's bot API.

HTTP is 200 even on errors: `status` tells. https://developers.viber.com/docs/api/rest-bot-api/
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Any, ClassVar

from aiohttp import ClientError, web

from sandbox.vendors.stage import Answer, Chat, Choice, File, Note, Person, Push, Refused, Stage
from sandbox.vendors.vendor import FILE, PHOTO, VIDEO, Look, Vendor

# The example of the frame; whoever works on channels/viber owns it.
NAME = "viber"
TOKEN = "4dd1a0f0c0ffee00-5ca1ab1e0ddba11-0123456789abcdef"  # noqa: S105 - opens the sandbox only
TEXT_LIMIT, CAPTION_LIMIT, NAME_LIMIT, BODY_LIMIT = 7000, 512, 28, 30 * 1024


def said(status: int, message: str) -> Answer:
    """Viber's way to refuse."""
    return Answer.of({"status": status, "status_message": message, "chat_hostname": "SN-SANDBOX-01_"})


class Viber(Vendor):
    look = Look("Viber", header="#665cac", company="#ffffff", customer="#d8d4f0", wallpaper="#eeeaf7")
    sends = frozenset({PHOTO, VIDEO, FILE, "location", "contact", "sticker"})
    refusals: ClassVar = {
        "too_many": said(12, "tooManyRequests"),
        "blocked": said(6, "notSubscribed"),
        "misconfigured": said(2, "invalidAuthToken"),
        "server_error": Answer(503, b"<html>Service Unavailable</html>", {"Content-Type": "text/html"}),
    }

    def settings(self) -> dict[str, str]:
        return {"token": TOKEN, "name": "Alder & Finch"}

    def meets(self, number: int, name: str, language: str = "en") -> Person:
        return Person(f"{number:010d}A+/=", name, language=language)

    def note_id(self, by: str) -> str:
        return str(4912661846655238144 + self.stage.number())

    # --- the API ----------------------------------------------------------------------------------------

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post("/pa/send_message", self.send_message),
            web.post("/pa/set_webhook", self.set_webhook),
            web.post("/pa/get_account_info", self.account),
            web.post("/pa/get_user_details", self.details),
        ]

    async def set_webhook(self, request: web.Request) -> web.Response:
        given = await self._given(request)
        self.stage.hook = given["url"]
        return Answer.of({"status": 0, "status_message": "ok", "event_types": ["seen", "failed"]}).response()

    async def account(self, request: web.Request) -> web.Response:
        await self._given(request)
        about = {"id": "pa:1", "name": "Alder & Finch", "uri": "alderfinch", "webhook": self.stage.hook}
        return Answer.of({"status": 0, "status_message": "ok"} | about).response()

    async def details(self, request: web.Request) -> web.Response:
        chat = self._receiver((await self._given(request)).get("id"))
        user = self._user(chat.person)
        return Answer.of({"status": 0, "status_message": "ok", "user": user}).response()

    async def send_message(self, request: web.Request) -> web.Response:
        given = await self._given(request)
        chat = self._receiver(given.get("receiver"))
        name = given.get("sender", {}).get("name") or ""
        if not 0 < len(name) <= NAME_LIMIT or int(request.headers["Content-Length"]) > BODY_LIMIT:
            raise Refused(said(3, "badData"))
        note = Note(self.note_id("company"), "company", given.get("text") or "", self.stage.now())
        note.media = await self._media(given)
        if not note.media and not 0 < len(note.text) <= TEXT_LIMIT:
            raise Refused(said(3, "badData"))
        note.buttons = tuple(
            Choice(one["Text"], one["ActionBody"]) for one in given.get("keyboard", {}).get("Buttons", [])
        )
        self.takes(chat, note)
        answer = {"status": 0, "status_message": "ok", "message_token": int(note.id), "billing_status": 1}
        return Answer.of(answer).response()

    async def _given(self, request: web.Request) -> dict[str, Any]:
        if request.headers.get("X-Viber-Auth-Token") != TOKEN:
            raise Refused(self.refusals["misconfigured"])
        try:
            given = await request.json()
        except ValueError:
            raise Refused(said(3, "badData")) from None
        if not isinstance(given, dict):
            raise Refused(said(3, "badData"))
        return given

    def _receiver(self, user_id: object) -> Chat:
        chat = self.stage.chat(str(user_id))
        if not chat:
            raise Refused(said(5, "receiverNotRegistered"))
        if chat.blocked or not chat.of("customer"):
            raise Refused(self.refusals["blocked"])
        return chat

    async def _media(self, given: dict[str, Any]) -> File | None:
        """By URL only; a picture's caption is its text."""
        kinds = {"picture": PHOTO, "video": VIDEO, "file": FILE}
        kind = kinds.get(given.get("type", ""))
        if kind is None:
            if given.get("type") != "text":
                raise Refused(said(17, "unsupportedType"))
            return None
        if kind != PHOTO and not isinstance(given.get("size"), int):
            raise Refused(said(4, "missingData"))
        if len(given.get("text") or "") > CAPTION_LIMIT:
            raise Refused(said(3, "badData"))
        try:
            mime, data = await self.stage.fetch(given["media"])
        except (ClientError, TimeoutError, KeyError, ValueError):
            raise Refused(said(3, "badData")) from None
        return File(kind, given.get("file_name") or "", mime, data)

    # --- the phone --------------------------------------------------------------------------------------

    def wrote(self, chat: Chat, note: Note) -> list[Push]:
        body = self._message(note)
        return [self._event("message", chat, note.id, sender=self._user(chat.person), message=body)]

    def pressed(self, chat: Chat, note: Note, choice: Choice) -> list[Push]:
        body = {"type": "text", "text": choice.data}
        return [self._event("message", chat, self.note_id(""), sender=self._user(chat.person), message=body)]

    def delivered(self, chat: Chat, note: Note) -> list[Push]:
        return [self._event("delivered", chat, note.id, user_id=chat.person.id)]

    def was_read(self, chat: Chat, notes: list[Note]) -> list[Push]:
        return [self._event("seen", chat, note.id, user_id=chat.person.id) for note in notes]

    def failed(self, chat: Chat, note: Note) -> list[Push]:
        return [self._event("failed", chat, note.id, user_id=chat.person.id, desc="failure description")]

    def blocked(self, chat: Chat) -> list[Push]:
        return [self._event("unsubscribed", chat, self.note_id(""), user_id=chat.person.id)]

    def unblocked(self, chat: Chat) -> list[Push]:
        return [self._event("subscribed", chat, self.note_id(""), user=self._user(chat.person))]

    def _message(self, note: Note) -> dict[str, Any]:
        if not note.media:
            return {"type": "text", "text": note.text}
        facts = note.media.facts
        if note.media.kind == "location":
            return {"type": "location", "location": {"lat": facts["latitude"], "lon": facts["longitude"]}}
        if note.media.kind == "contact":
            return {"type": "contact", "contact": {"name": facts["name"], "phone_number": facts["phone"]}}
        kind = {PHOTO: "picture"}.get(note.media.kind, note.media.kind)
        about = {"media": self.stage.keep(note.media), "size": len(note.media.data)}
        return {"type": kind, "text": note.text, "file_name": note.media.name} | about

    def _user(self, person: Person) -> dict[str, Any]:
        about = {"id": person.id, "name": person.name, "language": person.language, "country": "LT"}
        return about | {"avatar": person.avatar, "api_version": 8}

    def _event(self, event: str, chat: Chat, token: str, **more: Any) -> Push:
        stamp = int(self.stage.now().timestamp() * 1000)
        told = {"event": event, "timestamp": stamp, "message_token": int(token)} | more
        body = json.dumps(told, ensure_ascii=False).encode()
        signature = hmac.new(TOKEN.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Viber-Content-Signature": signature}
        return Push(body, headers, lane=chat.person.id)


def make(stage: Stage) -> Viber:
    return Viber(stage)
