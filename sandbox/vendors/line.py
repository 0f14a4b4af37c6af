"""LINE's Messaging API: replies, pushes with their keys, files, and the console's webhook.

https://developers.line.biz/en/reference/messaging-api/
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from aiohttp import web

from sandbox.vendors.line_messages import MESSAGES, noted, refused, told
from sandbox.vendors.stage import Answer, Chat, Choice, Note, Person, Push, Refused, Stage
from sandbox.vendors.vendor import AUDIO, FILE, PHOTO, VIDEO, Look, Vendor

NAME = "line"
SECRET = "5ca1ab1e0ddba110c0ffee0123456789"  # noqa: S105 - opens the sandbox only
TOKEN = "line-sandbox-access-token-0123456789abcdef"  # noqa: S105
TOKEN_LIVES = timedelta(minutes=1)
QUOTA = 500
OURS = "http://127.0.0.1:"  # beside https, what a test has
STALE = refused("Invalid reply token")
NOT_FOUND = Answer.of({"message": "Not found"}, 404)


class Line(Vendor):
    look = Look(
        "LINE", header="#04873a", company="#ffffff", customer="#8de055", wallpaper="#8cabd8", shape="soft"
    )
    sends = frozenset({PHOTO, VIDEO, AUDIO, FILE, "location", "sticker"})
    captions = False
    refusals: ClassVar = {
        "too_many": Answer.of({"message": "The API rate limit has been exceeded. Try again later."}, 429),
        "misconfigured": Answer.of(
            {"message": "Authentication failed due to the following reason: invalid token."}, 401
        ),
        "server_error": Answer.of({"message": "Internal server error"}, 500),
    }

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.replies: dict[str, tuple[Chat, Note | None]] = {}  # by their tokens, until they are used
        self.accepted: dict[str, list[dict[str, str]]] = {}  # what was pushed under a retry key
        self.pushed = 0

    def settings(self) -> dict[str, str]:
        return {"channel_secret": SECRET, "access_token": TOKEN}

    def meets(self, number: int, name: str, language: str = "en") -> Person:
        return Person(f"U{number:032x}", name, language=language)

    def note_id(self, by: str) -> str:
        return str(444573844083572736 + self.stage.number())

    # --- the API ----------------------------------------------------------------------------------------

    def routes(self) -> Iterable[web.RouteDef]:
        bot = "/v2/bot"
        return [
            web.post(f"{bot}/message/reply", self.reply),
            web.post(f"{bot}/message/push", self.push),
            web.get(f"{bot}/message/quota", self.quota),
            web.get(f"{bot}/message/quota/consumption", self.consumption),
            web.get(f"{bot}/message/{{id}}/content", self.content),
            web.get(f"{bot}/message/{{id}}/content/transcoding", self.transcoding),
            web.post(f"{bot}/chat/loading/start", self.loading),
            web.post(f"{bot}/chat/markAsRead", self.mark_read),
            web.get(f"{bot}/profile/{{id}}", self.profile),
            web.get(f"{bot}/info", self.info),
            web.get(f"{bot}/channel/webhook/endpoint", self.endpoint),
            web.put(f"{bot}/channel/webhook/endpoint", self.set_endpoint),
        ]

    async def reply(self, request: web.Request) -> web.Response:
        given = await self._given(request)
        if "X-Line-Retry-Key" in request.headers:
            raise Refused(refused("X-Line-Retry-Key is not supported by this API"))
        token = given.get("replyToken")
        chat, note = self.replies.get(str(token), (None, None))
        if chat is None or (note and self.stage.now() - note.at > TOKEN_LIVES):
            raise Refused(STALE)
        notes = await self._notes(given)
        del self.replies[str(token)]
        return Answer.of({"sentMessages": self._shown(chat, notes)}).response()

    async def push(self, request: web.Request) -> web.Response:
        given = await self._given(request)
        key = request.headers.get("X-Line-Retry-Key", "")
        if key and key != _hexadecimal(key):
            raise Refused(refused("X-Line-Retry-Key is no UUID"))
        if key in self.accepted:
            sent = {"message": "The retry key is already accepted", "sentMessages": self.accepted[key]}
            raise Refused(Answer.of(sent, 409, {"x-line-accepted-request-id": key}))
        chat = self.stage.chat(str(given.get("to")))
        if chat is None:
            raise Refused(refused("Failed to send messages"))
        sent_messages = self._shown(chat, await self._notes(given))
        self.pushed += len(sent_messages)
        if key:
            self.accepted[key] = sent_messages
        return Answer.of({"sentMessages": sent_messages}).response()

    async def quota(self, request: web.Request) -> web.Response:
        await self._given(request)
        return Answer.of({"type": "limited", "value": QUOTA}).response()

    async def consumption(self, request: web.Request) -> web.Response:
        await self._given(request)
        return Answer.of({"totalUsage": self.pushed}).response()

    async def content(self, request: web.Request) -> web.Response:
        await self._given(request)
        note = self._file(request)
        if note.media and note.media.kind in {VIDEO, AUDIO} and "ready" not in note.facts:
            return web.Response(status=202)
        return web.Response(body=note.media.data if note.media else b"", content_type=_mime(note))

    async def transcoding(self, request: web.Request) -> web.Response:
        """The first to ask is told to wait."""
        await self._given(request)
        note = self._file(request)
        status = "succeeded" if "asked" in note.facts else "processing"
        note.facts["ready" if "asked" in note.facts else "asked"] = "1"
        return Answer.of({"status": status}).response()

    async def loading(self, request: web.Request) -> web.Response:
        given = await self._given(request)
        chat = self.stage.chat(str(given.get("chatId")))
        if chat is None or given.get("loadingSeconds", 20) not in range(5, 61, 5):
            raise Refused(refused("The request body has 1 error(s)"))
        chat.typing_at = self.stage.now()
        self.stage.changed()
        return Answer.of({}, 202).response()

    async def mark_read(self, request: web.Request) -> web.Response:
        token = (await self._given(request)).get("markAsReadToken")
        for chat in self.stage.chats.values():
            if any(note.facts.get("read") == token for note in chat.notes):
                chat.read_at = self.stage.now()
                self.stage.changed()
                return Answer.of({}).response()
        raise Refused(refused("Invalid markAsReadToken"))

    async def profile(self, request: web.Request) -> web.Response:
        await self._given(request)
        chat = self.stage.chat(request.match_info["id"])
        if chat is None or chat.blocked:
            raise Refused(NOT_FOUND)
        person = chat.person
        about = {"displayName": person.name, "userId": person.id, "language": person.language}
        return Answer.of(about | ({"pictureUrl": person.avatar} if person.avatar else {})).response()

    async def info(self, request: web.Request) -> web.Response:
        await self._given(request)
        names = {"userId": f"U{0:032x}", "basicId": "@216ru", "displayName": "Alder & Finch"}
        return Answer.of(names | {"chatMode": "bot", "markAsReadMode": "manual"}).response()

    async def endpoint(self, request: web.Request) -> web.Response:
        await self._given(request)
        if not self.stage.hook:
            raise Refused(NOT_FOUND)
        return Answer.of({"endpoint": self.stage.hook, "active": True}).response()

    async def set_endpoint(self, request: web.Request) -> web.Response:
        url = (await self._given(request)).get("endpoint")
        if not isinstance(url, str) or not url.startswith(("https://", OURS)) or len(url) > 500:
            raise Refused(refused("Invalid webhook endpoint URL"))
        self.stage.hook = url
        return Answer.of({}).response()

    async def _given(self, request: web.Request) -> dict[str, Any]:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(self.refusals["misconfigured"])
        if request.method == "GET":
            return {}
        try:
            given = await request.json()
        except ValueError:
            raise Refused(refused("The request body could not be parsed as JSON")) from None
        if not isinstance(given, dict):
            raise Refused(refused("The request body could not be parsed as JSON"))
        return given

    async def _notes(self, given: dict[str, Any]) -> list[Note]:
        messages = given.get("messages")
        if not isinstance(messages, list) or not 0 < len(messages) <= MESSAGES:
            raise Refused(
                refused("The request body has 1 error(s)", ("Size must be between 1 and 5", "messages"))
            )
        quotable = {note.facts.get("quote") for chat in self.stage.chats.values() for note in chat.notes}
        notes = []
        for number, message in enumerate(messages):
            note = await noted(message, f"messages[{number}]", self.stage, quotable)
            note.id, note.facts = self.note_id("company"), {"quote": f"quote-{self.stage.number()}"}
            notes.append(note)
        return notes

    def _shown(self, chat: Chat, notes: list[Note]) -> list[dict[str, str]]:
        """Who has blocked the account sees nothing, and the account is not told."""
        for note in notes:
            if not chat.blocked:
                self.takes(chat, note)
        return [{"id": note.id, "quoteToken": note.facts["quote"]} for note in notes]

    def _file(self, request: web.Request) -> Note:
        found = self.stage.find(request.match_info["id"])
        if not found or found[1].by != "customer" or found[1].deleted or not found[1].media:
            raise Refused(NOT_FOUND)
        return found[1]

    # --- the phone --------------------------------------------------------------------------------------

    def wrote(self, chat: Chat, note: Note) -> list[Push]:
        number = self.stage.number()
        note.facts = {"quote": f"quote-{number}", "read": f"read-{number}"}
        message = told(note) | {"id": note.id, "markAsReadToken": note.facts["read"]}
        if note.media is None or note.media.kind in {PHOTO, VIDEO, "sticker"}:
            message["quoteToken"] = note.facts["quote"]
        if note.reply_to:
            message["quotedMessageId"] = note.reply_to
        return [self._event("message", chat, self._token(chat, note), message=message)]

    def deleted(self, chat: Chat, note: Note) -> list[Push]:
        return [self._event("unsend", chat, unsend={"messageId": note.id})]

    def pressed(self, chat: Chat, note: Note, choice: Choice) -> list[Push]:
        return [self._event("postback", chat, self._token(chat, None), postback={"data": choice.data})]

    def blocked(self, chat: Chat) -> list[Push]:
        return [self._event("unfollow", chat)]

    def unblocked(self, chat: Chat) -> list[Push]:
        return [self._event("follow", chat, self._token(chat, None), follow={"isUnblocked": True})]

    def _token(self, chat: Chat, note: Note | None) -> dict[str, str]:
        token = f"reply-{self.stage.number()}"
        self.replies[token] = (chat, note)
        return {"replyToken": token}

    def _event(self, kind: str, chat: Chat, token: dict[str, str] | None = None, **more: Any) -> Push:
        event = {
            "type": kind,
            "mode": "active",
            "timestamp": int(self.stage.now().timestamp() * 1000),
            "webhookEventId": f"01HSANDBOX{self.stage.number():016d}",
            "deliveryContext": {"isRedelivery": False},
            "source": {"type": "user", "userId": chat.person.id},
        }
        events = [event | (token or {}) | more]
        body = json.dumps({"destination": f"U{0:032x}", "events": events}, ensure_ascii=False).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
        signature = base64.b64encode(digest).decode()
        headers = {"Content-Type": "application/json; charset=utf-8", "x-line-signature": signature}
        return Push(body, headers, lane=chat.person.id)


def _mime(note: Note) -> str:
    return (note.media and note.media.mime) or "application/octet-stream"


def _hexadecimal(key: str) -> str:
    try:
        return str(uuid.UUID(key))
    except ValueError:
        return ""


def make(stage: Stage) -> Line:
    return Line(stage)
