"""Twilio's REST API with one WhatsApp sender, in a Messaging Service with Advanced Opt-Out.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientError, web

from sandbox.vendors.stage import AWAY, Answer, Chat, Choice, File, Note, Person, Push, Refused, Stage, vcard
from sandbox.vendors.vendor import AUDIO, FILE, PHOTO, VIDEO, VOICE, Look, Vendor

NAME = "twilio"
ACCOUNT = "AC5eed0000c0ffee5ca1ab1e0ddba11f0a"
TOKEN = "70ca1f00d5eed0c0ffee5ca1ab1e0dd0"  # noqa: S105 - opens the sandbox only
SENDER = "whatsapp:+12025550100"
BODY_LIMIT, MEDIA_LIMIT = 1600, 10
WINDOW = timedelta(hours=24)
MEDIA = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{{message}}/Media/{{media}}"
PLACE = re.compile(r"whatsapp:\+\d{6,15}", re.ASCII)
CONTENTS: tuple[dict[str, Any], ...] = (
    {
        "sid": "HX" + "e" * 32,
        "language": "en",
        "types": {"twilio/text": {"body": "Hello {{1}}, may we go on about your order {{2}}?"}},
    },
    {
        "sid": "HX" + "f" * 32,
        "language": "ru",
        "types": {"twilio/quick-reply": {}, "twilio/text": {"body": "Продолжим разговор?"}},
    },
)
KNOWN = {
    *("To", "From", "MessagingServiceSid", "Body", "MediaUrl", "StatusCallback"),
    *("ContentSid", "ContentVariables", "ProvideFeedback", "ValidityPeriod"),
}
_KINDS = {"image": PHOTO, "video": VIDEO, "audio": AUDIO}
_TYPES = {VOICE: "audio/ogg; codecs=opus", AUDIO: "audio/mpeg", "sticker": "image/webp"}


def said(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Twilio's way to refuse."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer.of({"code": code, "message": message, "more_info": more, "status": status}, status, headers)


class Twilio(Vendor):
    look = Look(
        "Twilio",
        header="#b5122d",
        company="#ffffff",
        customer="#f9d9de",
        wallpaper="#f4eff0",
        ticks=True,
    )
    sends = frozenset({PHOTO, VIDEO, VOICE, AUDIO, FILE, "sticker", "location", "contact"})
    refusals: ClassVar = {
        "too_many": said(429, 20429, "Too Many Requests", {"Retry-After": "1"}),
        "blocked": said(400, 21610, "Attempt to send to unsubscribed recipient"),
        "too_long": said(400, 21617, "The concatenated message body exceeds the 1600 character limit."),
        "bad_media": said(400, 21620, "Invalid media URL(s)"),
        "misconfigured": said(401, 20003, "Authenticate"),
        "server_error": AWAY,
    }

    def settings(self) -> dict[str, str]:
        return {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": SENDER}

    def meets(self, number: int, name: str, language: str = "en") -> Person:
        phone = f"+120255501{number:02d}"
        return Person(f"whatsapp:{phone}", name, phone=phone, language=language)

    def note_id(self, by: str) -> str:
        return f"SM{self.stage.number():032x}"

    # --- the API ----------------------------------------------------------------------------------------

    def routes(self) -> Iterable[web.RouteDef]:
        messages = "/2010-04-01/Accounts/{account}/Messages.json"
        return [
            web.post(messages, self.create),
            web.get(messages, self.messages),
            web.get("/v1/ContentAndApprovals", self.contents),
            web.get(MEDIA, self.media),
        ]

    async def messages(self, request: web.Request) -> web.Response:
        self._authenticated(request)
        return Answer.of({"messages": [], "page": 0, "page_size": 1}).response()

    async def create(self, request: web.Request) -> web.Response:
        self._authenticated(request)
        form = await request.post()
        given = {name: str(value) for name, value in form.items()}
        if unknown := given.keys() - KNOWN:
            raise AssertionError(f"Twilio would ignore {unknown}, the sandbox does not")
        chat = self._recipient(given)
        urls = [str(url) for url in form.getall("MediaUrl", [])]
        text = self._filled(given) if "ContentSid" in given else given.get("Body", "")
        note = Note(self.note_id("company"), "company", text, self.stage.now())
        if not note.text and not urls:
            raise Refused(
                said(400, 21619, "A text message body, media urls or content SID must be specified.")
            )
        if len(note.text) > BODY_LIMIT:
            raise Refused(self.refusals["too_long"])
        note.media = await self._media(urls)
        note.facts["callback"] = self._callback(given)
        if "ContentSid" in given or self._is_open(chat):
            self.takes(chat, note)
        else:  # Twilio takes it; only then WhatsApp refuses
            self.stage.push(*self._status(chat, note, "undelivered", ErrorCode="63016"))
        answer = {
            "sid": note.id,
            "status": "queued",
            "error_code": None,
            "to": chat.person.id,
            "from": SENDER,
        }
        return Answer.of(answer, 201).response()

    async def contents(self, request: web.Request) -> web.Response:
        """What WhatsApp has approved, what it has not yet, and what it never saw."""
        self._authenticated(request, ACCOUNT)
        told = [
            content | {"approval_requests": {"name": "follow_up", "status": "approved"}}
            for content in CONTENTS
        ]
        draft = {"sid": "HX" + "d" * 32, "language": "en", "types": {"twilio/text": {"body": "Draft"}}}
        waiting = draft | {"approval_requests": {"name": "draft", "status": "pending"}}
        return Answer.of({"contents": [*told, draft, waiting], "meta": {"next_page_url": None}}).response()

    async def media(self, request: web.Request) -> web.Response:
        """The secret opens it; what follows lies in the open, under a name that cannot be guessed."""
        self._authenticated(request, ACCOUNT)
        found = self.stage.find(request.match_info["message"])
        if not found or not found[1].media:
            raise Refused(said(404, 20404, "The requested resource was not found"))
        file = found[1].media
        if file.kind == "contact":
            file = File(FILE, "", "text/vcard", vcard(file).encode())
        return web.Response(status=307, headers={"Location": self.stage.keep(file)})

    def _authenticated(self, request: web.Request, account: str = "") -> None:
        given = request.headers.get("Authorization", "")
        if given != "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode():
            raise Refused(self.refusals["misconfigured"])
        if (account or request.match_info["account"]) != ACCOUNT:
            raise Refused(said(404, 20404, "The requested resource was not found"))

    def _recipient(self, given: Mapping[str, str]) -> Chat:
        if given.get("From") != SENDER:
            raise Refused(said(400, 63007, "Twilio could not find a Channel with the specified From address"))
        to = given.get("To", "")
        chat = self.stage.chat(to)
        if not PLACE.fullmatch(to) or not chat:
            raise Refused(said(400, 21211, f"Invalid 'To' Phone Number: {to}"))
        if chat.blocked:
            raise Refused(self.refusals["blocked"])
        return chat

    def _filled(self, given: Mapping[str, str]) -> str:
        """An approved text with its values in their places."""
        content = next((one for one in CONTENTS if one["sid"] == given["ContentSid"]), None)
        if not content:
            raise Refused(said(400, 21655, "The ContentSid is Invalid"))
        text: str = content["types"]["twilio/text"]["body"]
        values = json.loads(given.get("ContentVariables", "{}"))
        if sorted(values) != sorted(set(re.findall(r"{{(\d+)}}", text))):
            raise Refused(said(400, 21656, "The ContentVariables Parameter is invalid"))
        return re.sub(r"{{(\d+)}}", lambda found: str(values[found[1]]), text)

    async def _media(self, urls: list[str]) -> File | None:
        if len(urls) > 1:
            raise Refused(said(400, 21623, "Number of media files exceeds allowed limit"))  # WhatsApp: one
        if not urls:
            return None
        try:
            mime, data = await self.stage.fetch(urls[0])
        except (ClientError, TimeoutError, ValueError):
            raise Refused(self.refusals["bad_media"]) from None
        return File(_KINDS.get(mime.partition("/")[0], FILE), urls[0].rpartition("/")[2], mime, data)

    def _callback(self, given: Mapping[str, str]) -> str:
        """What follows the # is for Twilio: how often to call."""
        url = given.get("StatusCallback", "")
        if url and urlsplit(url).scheme not in {"http", "https"}:
            raise Refused(said(400, 21609, "The 'StatusCallback' URL is not a valid URL."))
        return url.partition("#")[0]

    def _is_open(self, chat: Chat) -> bool:
        return chat.heard_at is not None and self.stage.now() - chat.heard_at < WINDOW

    # --- the phone --------------------------------------------------------------------------------------

    def wrote(self, chat: Chat, note: Note) -> list[Push]:
        return [self._message(chat, note, note.media)]

    def pressed(self, chat: Chat, note: Note, choice: Choice) -> list[Push]:
        answer = Note(self.note_id("customer"), "customer", choice.text, self.stage.now())
        more = {"ButtonText": choice.text, "ButtonPayload": choice.data, "OriginalRepliedMessageSid": note.id}
        return [self._message(chat, answer, None, MessageType="button", **more)]

    def delivered(self, chat: Chat, note: Note) -> list[Push]:
        return [*self._status(chat, note, "sent"), *self._status(chat, note, "delivered")]

    def was_read(self, chat: Chat, notes: list[Note]) -> list[Push]:
        return [push for note in notes for push in self._status(chat, note, "read", EventType="READ")]

    def failed(self, chat: Chat, note: Note) -> list[Push]:
        return self._status(
            chat, note, "undelivered", ErrorCode="63003", ErrorMessage="Channel could not find To"
        )

    def blocked(self, chat: Chat) -> list[Push]:
        return [self._word(chat, "STOP")]

    def unblocked(self, chat: Chat) -> list[Push]:
        return [self._word(chat, "START")]

    def _word(self, chat: Chat, word: str) -> Push:
        note = Note(self.note_id("customer"), "customer", word, self.stage.now())
        chat.notes.append(note)
        return self._message(chat, note, None, OptOutType=word)

    def _message(self, chat: Chat, note: Note, file: File | None, **more: str) -> Push:
        form = self._ids(note, "received") | {
            "From": chat.person.id,
            "To": SENDER,
            "Body": note.text,
            "ProfileName": chat.person.name,
            "WaId": chat.person.phone.removeprefix("+"),
            "NumMedia": "0",
            "NumSegments": "1",
            "MessageType": "text",
        }
        form |= self._enclosed(note, file) if file else {}
        form |= {"OriginalRepliedMessageSid": note.reply_to} if note.reply_to else {}
        return self._push(chat, form | more, self.stage.hook)

    def _enclosed(self, note: Note, file: File) -> dict[str, str]:
        if file.kind == "location":
            return {"MessageType": "location"} | {
                name: file.facts[name.lower()] for name in ("Latitude", "Longitude")
            }
        mime = "text/vcard" if file.kind == "contact" else file.mime or _TYPES.get(file.kind, "image/jpeg")
        place = MEDIA.format(message=note.id, media=f"ME{self.stage.number():032x}")
        kind = {PHOTO: "image", VOICE: "audio", FILE: "document"}.get(file.kind, file.kind)
        about = {"MediaUrl0": f"{self.stage.base}{place}", "MediaContentType0": mime}
        return {"NumMedia": "1", "MessageType": kind} | about

    def _status(self, chat: Chat, note: Note, status: str, **more: str) -> list[Push]:
        """Nobody is told where no callback was asked for."""
        if not (url := note.facts["callback"]):
            return []
        form = self._ids(note, status) | {"MessageStatus": status, "From": SENDER, "To": chat.person.id}
        return [self._push(chat, form | more, url)]

    def _ids(self, note: Note, status: str) -> dict[str, str]:
        ids = dict.fromkeys(("MessageSid", "SmsSid"), note.id)
        return ids | {"AccountSid": ACCOUNT, "SmsStatus": status, "ApiVersion": "2010-04-01"}

    def _push(self, chat: Chat, form: Mapping[str, str], url: str) -> Push:
        """Signed over the address and the fields by name."""
        text = url + "".join(name + form[name] for name in sorted(form))
        signature = base64.b64encode(hmac.digest(TOKEN.encode(), text.encode(), hashlib.sha1)).decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
        return Push(urlencode(form).encode(), headers, lane=chat.person.id, url=url)


def make(stage: Stage) -> Twilio:
    return Twilio(stage)
