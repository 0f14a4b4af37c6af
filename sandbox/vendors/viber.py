"""Viber's bot API.

HTTP is 200 even on errors: `status` tells. https://developers.viber.com/docs/api/rest-bot-api/
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
from collections.abc import Iterable
from typing import Any, ClassVar

from aiohttp import ClientError, ClientTimeout, web

from sandbox.vendors.stage import AWAY, Answer, Chat, Choice, File, Note, Person, Push, Refused, Stage
from sandbox.vendors.vendor import FILE, PHOTO, VIDEO, Look, Vendor

NAME = "viber"
TOKEN = "4dd1a0f0c0ffee00-5ca1ab1e0ddba11-0123456789abcdef"  # noqa: S105 - opens the sandbox only
TEXT_LIMIT, CAPTION_LIMIT, NAME_LIMIT, BODY_LIMIT = 7000, 512, 28, 30 * 1024
FILE_NAME, URL_LIMIT, BUTTONS, BUTTON_TEXT = 256, 2000, 24, 250
MIB = 1024 * 1024
# type -> our kind, the most bytes, what its address ends in
MEDIA = {
    "picture": (PHOTO, MIB, r"\.(jpe?g|png|gif)"),
    "video": (VIDEO, 26 * MIB, r"\.mp4"),
    "file": (FILE, 50 * MIB, r"\.\w+"),
}
OPTIONAL_EVENTS = {"delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"}
OURS = "http://127.0.0.1:"  # beside https, what a test has
PING_SECONDS = ClientTimeout(total=5)


def said(status: int, message: str) -> Answer:
    """Viber's way to refuse."""
    return Answer.of({"status": status, "status_message": message, "chat_hostname": "SN-SANDBOX-01_"})


BAD_URL, BAD_DATA, MISSING = said(1, "invalidUrl"), said(3, "badData"), said(4, "missingData")
UNSUPPORTED, BAD_MEDIA = said(17, "unsupportedMessageType"), said(20, "unsupportedMedia")


class Viber(Vendor):
    look = Look("Viber", header="#665cac", company="#ffffff", customer="#d8d4f0", wallpaper="#eeeaf7")
    sends = frozenset({PHOTO, VIDEO, FILE, "location", "contact", "sticker"})
    refusals: ClassVar = {
        "too_many": said(12, "tooManyRequests"),
        "blocked": said(6, "notSubscribed"),
        "bad_media": BAD_MEDIA,
        "misconfigured": said(2, "invalidAuthToken"),
        "server_error": AWAY,
    }

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.events = OPTIONAL_EVENTS

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
        """Who is to be called is asked first whether they listen there."""
        given = await self._given(request)
        url, events = given.get("url"), set(given.get("event_types", OPTIONAL_EVENTS))
        if not isinstance(url, str) or not url.startswith(("https://", OURS)):
            raise Refused(BAD_URL)
        if not events <= OPTIONAL_EVENTS:
            raise Refused(BAD_DATA)
        await self._ask(url)
        self.stage.hook, self.events = url, events
        return _ok(event_types=sorted(events)).response()

    async def account(self, request: web.Request) -> web.Response:
        await self._given(request)
        about = {"id": "pa:1", "name": "Alder & Finch", "uri": "alderfinch"}
        return _ok(**about, webhook=self.stage.hook, event_types=sorted(self.events)).response()

    async def details(self, request: web.Request) -> web.Response:
        chat = self._receiver((await self._given(request)).get("id"))
        return _ok(user=self._user(chat.person)).response()

    async def send_message(self, request: web.Request) -> web.Response:
        given = await self._given(request)
        chat = self._receiver(given.get("receiver"))
        sender = given.get("sender")
        name = sender.get("name") if isinstance(sender, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= NAME_LIMIT:
            raise Refused(BAD_DATA)
        note = Note(self.note_id("company"), "company", given.get("text") or "", self.stage.now())
        note.media = await self._media(given)
        if not note.media and not 0 < len(note.text) <= TEXT_LIMIT:
            raise Refused(BAD_DATA)
        note.buttons = _choices(given.get("keyboard"))
        self.takes(chat, note)
        return _ok(message_token=int(note.id), billing_status=1).response()

    async def _given(self, request: web.Request) -> dict[str, Any]:
        if request.headers.get("X-Viber-Auth-Token") != TOKEN:
            raise Refused(self.refusals["misconfigured"])
        body = await request.read()
        try:
            given = json.loads(body)
        except ValueError:
            raise Refused(BAD_DATA) from None
        if not isinstance(given, dict) or len(body) > BODY_LIMIT:
            raise Refused(BAD_DATA)
        return given

    def _receiver(self, user_id: object) -> Chat:
        chat = self.stage.chat(str(user_id))
        if not chat:
            raise Refused(said(5, "receiverNotRegistered"))
        if chat.blocked or not chat.of("customer"):
            raise Refused(self.refusals["blocked"])
        return chat

    async def _media(self, given: dict[str, Any]) -> File | None:
        """By address only; all but a file may have a caption."""
        if given.get("type") == "text":
            return None
        if given.get("type") not in MEDIA:
            raise Refused(UNSUPPORTED)
        kind, most, ending = MEDIA[given["type"]]
        url, size, name = given.get("media"), given.get("size"), given.get("file_name")
        if not isinstance(url, str) or (kind != PHOTO and not isinstance(size, int)):
            raise Refused(MISSING)
        if kind == FILE and not (isinstance(name, str) and 0 < len(name) <= FILE_NAME):
            raise Refused(MISSING)
        if len(given.get("text") or "") > (0 if kind == FILE else CAPTION_LIMIT) or len(url) > URL_LIMIT:
            raise Refused(BAD_DATA)
        if not re.search(rf"{ending}$", url.partition("?")[0]) or not url.startswith(("https://", OURS)):
            raise Refused(BAD_MEDIA)
        return await self._fetched(url, kind, most, name or "", size)

    async def _fetched(self, url: str, kind: str, most: int, name: str, size: int | None) -> File:
        try:
            mime, data = await self.stage.fetch(url)
        except (ClientError, TimeoutError, ValueError):
            raise Refused(BAD_MEDIA) from None
        if len(data) > most or size not in {None, len(data)}:
            raise Refused(BAD_MEDIA)
        return File(kind, name, mime, data)

    async def _ask(self, url: str) -> None:
        push = self._event("webhook", "", self.note_id(""))
        try:
            async with self.stage.http().post(
                url, data=push.body, headers=push.headers, timeout=PING_SECONDS, allow_redirects=False
            ) as answer:
                listens = answer.status == 200
        except (ClientError, TimeoutError):
            listens = False
        if not listens:
            raise Refused(BAD_URL)

    # --- the phone --------------------------------------------------------------------------------------

    def wrote(self, chat: Chat, note: Note) -> list[Push]:
        return self._says(chat, note.id, self._message(note))

    def pressed(self, chat: Chat, note: Note, choice: Choice) -> list[Push]:
        return self._says(chat, self.note_id(""), {"type": "text", "text": choice.data})

    def delivered(self, chat: Chat, note: Note) -> list[Push]:
        return self._tells("delivered", chat, note.id, user_id=chat.person.id)

    def was_read(self, chat: Chat, notes: list[Note]) -> list[Push]:
        return [push for note in notes for push in self._tells("seen", chat, note.id, user_id=chat.person.id)]

    def failed(self, chat: Chat, note: Note) -> list[Push]:
        return self._tells("failed", chat, note.id, user_id=chat.person.id, desc="failure description")

    def blocked(self, chat: Chat) -> list[Push]:
        return self._tells("unsubscribed", chat, self.note_id(""), user_id=chat.person.id)

    def unblocked(self, chat: Chat) -> list[Push]:
        return self._tells("subscribed", chat, self.note_id(""), user=self._user(chat.person))

    def _message(self, note: Note) -> dict[str, Any]:
        if not note.media:
            return {"type": "text", "text": note.text, "tracking_data": ""}
        facts = note.media.facts
        if note.media.kind == "location":
            place = {"lat": float(facts["latitude"]), "lon": float(facts["longitude"])}
            return {"type": "location", "location": place}
        if note.media.kind == "contact":
            return {"type": "contact", "contact": {"name": facts["name"], "phone_number": facts["phone"]}}
        url = self.stage.keep(note.media)
        if note.media.kind == "sticker":
            return {"type": "sticker", "sticker_id": 46105, "media": url}
        kind = {PHOTO: "picture"}.get(note.media.kind, note.media.kind)
        about = {"media": url, "size": len(note.media.data), "thumbnail": url}
        return {"type": kind, "text": note.text, "file_name": note.media.name} | about

    def _user(self, person: Person) -> dict[str, Any]:
        about = {"id": person.id, "name": person.name, "language": person.language, "country": "LT"}
        return about | {"avatar": person.avatar, "api_version": 8}

    def _says(self, chat: Chat, token: str, message: dict[str, Any]) -> list[Push]:
        user = self._user(chat.person)
        return [self._event("message", chat.person.id, token, sender=user, message=message, silent=False)]

    def _tells(self, event: str, chat: Chat, token: str, **more: Any) -> list[Push]:
        """`subscribed` and `unsubscribed` come even if nobody asked for them."""
        wanted = self.events | {"subscribed", "unsubscribed"}
        return [self._event(event, chat.person.id, token, **more)] if event in wanted else []

    def _event(self, event: str, lane: str, token: str, **more: Any) -> Push:
        stamp = int(self.stage.now().timestamp() * 1000)
        told = {"event": event, "timestamp": stamp, "chat_hostname": "SN-SANDBOX-01_"}
        body = json.dumps(told | {"message_token": int(token)} | more, ensure_ascii=False).encode()
        signature = hmac.new(TOKEN.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Viber-Content-Signature": signature}
        return Push(body, headers, lane=lane)


def _ok(**more: Any) -> Answer:
    return Answer.of({"status": 0, "status_message": "ok", "chat_hostname": "SN-SANDBOX-01_"} | more)


def _choices(keyboard: Any) -> tuple[Choice, ...]:
    """https://developers.viber.com/docs/tools/keyboards/; the words on a button are HTML."""
    if keyboard is None:
        return ()
    buttons = keyboard.get("Buttons") if isinstance(keyboard, dict) else None
    if not isinstance(buttons, list) or keyboard.get("Type") != "keyboard" or not 0 < len(buttons) <= BUTTONS:
        raise Refused(BAD_DATA)
    return tuple(_choice(one) for one in buttons)


def _choice(button: dict[str, Any]) -> Choice:
    text, body, action = (button.get(name) for name in ("Text", "ActionBody", "ActionType"))
    fits = button.get("Columns", 6) in range(1, 7) and button.get("Rows", 1) in (1, 2)
    if not (isinstance(text, str) and isinstance(body, str) and body) or not fits:
        raise Refused(BAD_DATA)
    if len(text) > BUTTON_TEXT or re.search(r"<(?!/?(b|i|u|font|br)\b)|&(?!#?\w+;)", text):
        raise Refused(BAD_DATA)
    words = html.unescape(re.sub(r"<[^>]*>", "", text))
    if action == "open-url":
        return Choice(words, url=body)
    if action != "reply":
        raise Refused(BAD_DATA)
    return Choice(words, data=body)


def make(stage: Stage) -> Viber:
    return Viber(stage)
