"""The Graph API of one number and its account.

https://developers.facebook.com/documentation/business-messaging/whatsapp/reference
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from aiohttp import BodyPartReader, web

from sandbox.vendors.meta import authenticated, missing, refusal, shakes_hands
from sandbox.vendors.stage import Answer, Chat, File, Note, Person, Refused
from sandbox.vendors.vendor import AUDIO, FILE, PHOTO, VIDEO, VOICE, Look
from sandbox.vendors.whatsapp import checks
from sandbox.vendors.whatsapp.told import Phones
from sandbox.vendors.whatsapp.words import (
    ACCOUNT_ID,
    APP_ID,
    CLOSED,
    NUMBER,
    NUMBER_ID,
    REFUSALS,
    SECRET,
    TEMPLATES,
    TITLE,
    TOKEN,
    UNREACHABLE,
    VERIFY,
    odd,
)

WINDOW = timedelta(hours=24)
HIDES_NUMBER = 3  # every third person has a username and shows no number
_KINDS = {"image": PHOTO, "video": VIDEO, "document": FILE}


class WhatsApp(Phones):
    look = Look(
        "WhatsApp",
        header="#075e54",
        company="#ffffff",
        customer="#dcf8c6",
        wallpaper="#ece5dd",
        ticks=True,
    )
    sends = frozenset({PHOTO, VIDEO, VOICE, AUDIO, FILE, "sticker", "location", "contact"})
    refusals: ClassVar = REFUSALS

    def settings(self) -> dict[str, str]:
        ids = {"phone_number_id": NUMBER_ID, "waba_id": ACCOUNT_ID}
        return ids | {"token": TOKEN, "app_secret": SECRET, "verify_token": VERIFY}

    def meets(self, number: int, name: str, language: str = "en") -> Person:
        user_id = f"LT.{7_000_000_000 + number}"
        if number % HIDES_NUMBER == 0:
            return Person(user_id, name, username=f"person.{number}", language=language)
        return Person(user_id, name, phone=f"+370600{number:05}", language=language)

    def note_id(self, by: str) -> str:
        return f"wamid.HBgLMzcwNjAw{self.stage.number():016}"

    def routes(self) -> Iterable[web.RouteDef]:
        version = r"/{version:v\d+\.\d+}"
        number, account = f"{version}/{NUMBER_ID}", f"{version}/{ACCOUNT_ID}"
        return [
            web.post(f"{number}/messages", self.messages),
            web.post(f"{number}/media", self.upload),
            web.post(number, self.sets_webhook),
            web.get(number, self.number),
            web.get(f"{account}/phone_numbers", self.numbers),
            web.get(f"{account}/message_templates", self.templates),
            web.get(f"{account}/subscribed_apps", self.apps),
            web.post(f"{account}/subscribed_apps", self.subscribes),
            web.get(f"{version}/{{ref}}", self.file),
            web.get("/lookaside/{ref}", self.bytes_of_file),
            web.route("*", "/{path:v.*}", self.nothing),
        ]

    # --- messages ---------------------------------------------------------------------------------------

    async def messages(self, request: web.Request) -> web.Response:
        given = await self._given(request)
        if isinstance(given, dict) and "status" in given:
            return self._read(given)
        message = checks.envelope(given)
        chat = self._recipient(message)
        note = Note(self.note_id("company"), "company", "", self.stage.now())
        note.facts["key"] = message.get("biz_opaque_callback_data", "")
        note.reply_to = message.get("context", {}).get("message_id", "")
        kind, what = message["type"], message[message["type"]]
        if kind == "reaction":
            self._reacts(chat, what)
        else:
            self._writes(note, kind, what)
            self._goes(chat, note, template=kind == "template")
        person = chat.person
        contact = {"input": message.get("to") or message["recipient"], "user_id": person.id}
        contact |= {"wa_id": person.phone.removeprefix("+")} if person.phone else {}
        answer = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": note.id}]}
        return Answer.of(answer).response()

    def _writes(self, note: Note, kind: str, what: Any) -> None:
        if kind == "text":
            note.text = checks.text(what)
        elif kind == "interactive":
            note.text, note.buttons = checks.interactive(what)
        elif kind == "template":
            note.text, note.buttons = checks.template(what)
            note.facts["template"] = what["name"]
        elif kind in checks.FILES:
            self._encloses(note, kind, what)
        else:
            raise Refused(refusal(131051, "Unsupported message type"))

    def _encloses(self, note: Note, kind: str, what: Any) -> None:
        more = {"document": ("caption", "filename"), "audio": ("voice",)}.get(kind, ("caption",))
        file = self.media.get(str(checks.members(kind, what, ("id",), more)["id"]))
        if file is None:
            raise Refused(refusal(131009, "Parameter value is not valid", details="media not found"))
        checks.file(kind, file.mime, len(file.data))
        shown = _KINDS.get(kind, VOICE if what.get("voice") else AUDIO)
        note.text = checks.words("caption", what.get("caption", ""), checks.CAPTION, 0)
        note.media = File(shown, what.get("filename") or file.name, file.mime, file.data)

    def _goes(self, chat: Chat, note: Note, *, template: bool) -> None:
        """A closed window and a block are found out only later: the call was a success."""
        heard = chat.heard_at
        if not template and (heard is None or self.stage.now() - heard >= WINDOW):
            self.stage.push(self.status(chat, note, "failed", 131047, CLOSED))
        elif chat.blocked:
            self.stage.push(self.status(chat, note, "failed", 131026, UNREACHABLE))
        else:
            self.takes(chat, note)

    def _recipient(self, message: checks.Json) -> Chat:
        number, user_id = message.get("to"), message.get("recipient")
        if not number and not user_id:
            raise Refused(refusal(131008, "Required parameter is missing", details="to"))
        for chat in self.stage.chats.values():
            if (chat.person.phone if number else chat.person.id) == (number or user_id):
                return chat
        raise Refused(REFUSALS["blocked"])

    def _reacts(self, chat: Chat, what: Any) -> None:
        checks.members("reaction", what, ("message_id", "emoji"))
        note = chat.note(what["message_id"])
        if note is None:
            raise Refused(refusal(131009, "Parameter value is not valid", details="message_id"))
        note.reactions.pop("company", "")
        if what["emoji"]:
            note.reactions["company"] = what["emoji"]
        self.stage.changed()

    def _read(self, given: Any) -> web.Response:
        checks.members("message", given, ("messaging_product", "status", "message_id"), ("typing_indicator",))
        found = self.stage.find(str(given["message_id"]))
        if given["status"] != "read" or not found or found[1].by != "customer":
            raise Refused(refusal(131009, "Parameter value is not valid", details="message_id"))
        found[0].read_at = self.stage.now()
        if given.get("typing_indicator") == {"type": "text"}:
            found[0].typing_at = self.stage.now()
        self.stage.changed()
        return _yes()

    # --- files ------------------------------------------------------------------------------------------

    async def upload(self, request: web.Request) -> web.Response:
        authenticated(request, TOKEN)
        given: dict[str, str] = {}
        file: File | None = None
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise Refused(odd("file", "must be a file"))
            if part.filename:
                mime = part.headers.get("Content-Type", "").partition(";")[0]
                file = File(FILE, part.filename, mime, bytes(await part.read()))
            else:
                given[part.name or ""] = await part.text()
        if file is None or given.get("messaging_product") != "whatsapp" or given.get("type") != file.mime:
            raise Refused(odd("file", "must be a file with its type"))
        checks.file("document", file.mime, len(file.data))
        return Answer.of({"id": self.keeps(file)}).response()

    async def file(self, request: web.Request) -> web.Response:
        authenticated(request, TOKEN)
        ref = request.match_info["ref"]
        file = self.media.get(ref)
        if file is None or request.query.get("phone_number_id", NUMBER_ID) != NUMBER_ID:
            raise Refused(missing(ref))
        told = {
            "id": ref,
            "mime_type": file.mime,
            "file_size": len(file.data),
            "messaging_product": "whatsapp",
        }
        return Answer.of(told | {"url": f"{self.stage.base}/lookaside/{ref}"}).response()

    async def bytes_of_file(self, request: web.Request) -> web.Response:
        """Nobody gets it without the token."""
        authenticated(request, TOKEN)
        file = self.media.get(request.match_info["ref"])
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.data, content_type=file.mime or "application/octet-stream")

    # --- the account ------------------------------------------------------------------------------------

    async def number(self, request: web.Request) -> web.Response:
        authenticated(request, TOKEN)
        known = {
            "display_phone_number": f"+{NUMBER}",
            "verified_name": TITLE,
            "webhook_configuration": {"phone_number": self.stage.hook} if self.stage.hook else {},
        }
        fields = request.query.get("fields", "display_phone_number,verified_name").split(",")
        return Answer.of(
            {name: known[name] for name in fields if name in known} | {"id": NUMBER_ID}
        ).response()

    async def numbers(self, request: web.Request) -> web.Response:
        authenticated(request, TOKEN)
        return Answer.of({"data": [{"id": NUMBER_ID}]}).response()

    async def templates(self, request: web.Request) -> web.Response:
        authenticated(request, TOKEN)
        status = request.query.get("status")
        found = [one for one in TEMPLATES if status in {None, one["status"]}]
        return Answer.of({"data": found, "paging": {"cursors": {"after": "END"}}}).response()

    async def apps(self, request: web.Request) -> web.Response:
        authenticated(request, TOKEN)
        return Answer.of({"data": [{"whatsapp_business_api_data": {"id": APP_ID, "name": TITLE}}]}).response()

    async def subscribes(self, request: web.Request) -> web.Response:
        await self._hooked(await self._given(request))
        return _yes()

    async def sets_webhook(self, request: web.Request) -> web.Response:
        given = checks.members("number", await self._given(request), ("webhook_configuration",))
        self.stage.hook = await self._hooked(given["webhook_configuration"])
        return _yes()

    async def _hooked(self, given: Any) -> str:
        checks.members("webhook", given, ("override_callback_uri", "verify_token"))
        url = checks.words("override_callback_uri", given["override_callback_uri"], 200)
        await shakes_hands(self.stage.http(), url, given["verify_token"])
        return url

    async def nothing(self, request: web.Request) -> web.Response:
        authenticated(request, TOKEN)
        raise Refused(missing(request.path.rpartition("/")[2]))

    async def _given(self, request: web.Request) -> Any:
        authenticated(request, TOKEN)
        try:
            return await request.json()
        except ValueError:
            raise Refused(odd("body", "must be JSON")) from None


def _yes() -> web.Response:
    return Answer.of({"success": True}).response()
