"""What Meta's Messenger and Instagram share: Graph's manners, the Send API, the envelope of chats.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from aiohttp import web

from sandbox.vendors.meta import authenticated, missing, pushed, refusal
from sandbox.vendors.meta_sends import body_of, invalid, millis, only, replies, template
from sandbox.vendors.stage import Answer, Chat, Choice, File, Note, Push, Refused, Stage
from sandbox.vendors.vendor import AUDIO, FILE, PHOTO, VIDEO, Vendor

SECRET = "5a0db0f0c0ffee5ca1ab1e0ddba11000"  # noqa: S105 - opens the sandbox only
VERIFY_TOKEN = "sandbox-verify-token"  # noqa: S105
APP = "880000000000001"
WINDOW, LATE = timedelta(hours=24), timedelta(days=7)
MEGABYTE = 1024 * 1024
THEIRS = {PHOTO: "image", VIDEO: "video", AUDIO: "audio", FILE: "file"}
OURS = {name: kind for kind, name in THEIRS.items()}
ACTIONS = frozenset({"typing_on", "typing_off", "mark_seen", "react", "unreact"})
VERSION = r"/{version:v\d\d\.\d}"


TOO_MANY = refusal(613, "Calls to this api have exceeded the rate limit.", subcode=2534040)
BLOCKED = refusal(551, "This person isn't available right now.", subcode=1545041)


class Chats(Vendor):
    """A company's side is `owner`, which is also the id in its paths."""

    product: ClassVar[str]
    owner: ClassVar[str]
    token: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]  # what an account can be subscribed to
    no_person: ClassVar[Answer]
    captions = False

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.subscribed: list[str] = []

    # --- the API ----------------------------------------------------------------------------------------

    def routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post(f"{VERSION}/{{owner}}/messages", self.messages),
            web.post(f"{VERSION}/{{owner}}/subscribed_apps", self.subscribe),
            web.get(f"{VERSION}/{{owner}}/subscribed_apps", self.subscriptions),
            web.get(f"{VERSION}/{{node}}", self.node),
        ]

    @abstractmethod
    def about(self, node: str) -> dict[str, Any]:
        """The fields of the account or of a person; raises `Refused`."""

    @abstractmethod
    async def attached(self, attachment: Mapping[str, Any], upload: File | None) -> File:
        """The file of a message; raises `Refused`."""

    @abstractmethod
    def fits(self, text: str) -> bool:
        """Whether a text is short enough."""

    async def node(self, request: web.Request) -> web.Response:
        authenticated(request, self.token)
        found = self.about(request.match_info["node"])
        wanted = request.query.get("fields", "id").split(",")
        unknown = [name for name in wanted if name not in found]
        if unknown:
            raise invalid(f"Tried accessing nonexisting field ({unknown[0]})")
        return Answer.of({name: found[name] for name in wanted}).response()

    async def subscribe(self, request: web.Request) -> web.Response:
        authenticated(request, self.token)
        self.is_ours(request)
        wanted = str((await request.post()).get("subscribed_fields", "")).split(",")
        if not set(wanted) <= set(self.fields):
            raise invalid("Param subscribed_fields must be one of {…}")
        self.subscribed = wanted
        return Answer.of({"success": True}).response()

    async def subscriptions(self, request: web.Request) -> web.Response:
        authenticated(request, self.token)
        self.is_ours(request)
        app = {"id": APP, "name": "Desk", "subscribed_fields": self.subscribed}
        return Answer.of({"data": [app] if self.subscribed else []}).response()

    async def messages(self, request: web.Request) -> web.Response:
        authenticated(request, self.token)
        self.is_ours(request)
        given, upload = await body_of(request)
        only(given, {"recipient", "messaging_type", "tag", "message", "sender_action", "payload", "reply_to"})
        chat = self.receiver(given)
        if ("message" in given) == ("sender_action" in given):
            raise invalid("Cannot send both message and state at the same time", 2018034)
        if "sender_action" in given:
            self._acts(chat, given)
            return Answer.of({"recipient_id": chat.person.id}).response()
        self.may_answer(chat, given)
        note = self.takes(chat, await self._note(chat, given, upload))
        self.stage.push(self.echo(chat, note, app_id=int(APP)))
        return Answer.of({"recipient_id": chat.person.id, "message_id": note.id}).response()

    def is_ours(self, request: web.Request) -> None:
        if request.match_info["owner"] not in {self.owner, "me"}:
            raise Refused(missing(request.match_info["owner"]))

    def receiver(self, given: Mapping[str, Any]) -> Chat:
        recipient = given.get("recipient")
        chat = (
            self.stage.chat(str(recipient["id"]))
            if isinstance(recipient, dict) and "id" in recipient
            else None
        )
        if not chat:
            raise Refused(self.no_person)
        return chat

    def may_answer(self, chat: Chat, given: Mapping[str, Any]) -> None:
        """The window, and what opens it for a person."""
        kind, tag = given.get("messaging_type"), given.get("tag")
        if kind not in {"RESPONSE", "UPDATE", "MESSAGE_TAG"} or (kind == "MESSAGE_TAG") != (
            tag == "HUMAN_AGENT"
        ):
            raise invalid("Invalid message tag or messaging_type")
        if chat.blocked:
            raise Refused(BLOCKED)
        allowed = LATE if tag else WINDOW
        if not chat.heard_at or self.stage.now() - chat.heard_at > allowed:
            raise Refused(self.refusals["window_closed"])

    def _acts(self, chat: Chat, given: Mapping[str, Any]) -> None:
        action, payload = given["sender_action"], given.get("payload") or {}
        if action not in ACTIONS or {"messaging_type", "tag", "reply_to"} & set(given):
            raise invalid("Param sender_action is not valid")
        if action == "typing_on":
            chat.typing_at = self.stage.now()
        elif action == "mark_seen":
            chat.read_at = self.stage.now()
        elif action in {"react", "unreact"}:
            note = chat.note(str(payload.get("message_id")))
            if not note or not self.takes_reaction(action, payload.get("reaction")):
                raise invalid("Invalid message id or reaction")
            note.reactions.pop("company", "")
            if action == "react":
                emoji = payload["reaction"]
                note.reactions["company"] = "❤️" if emoji == "love" else emoji
        self.stage.changed()

    def takes_reaction(self, action: str, reaction: object) -> bool:
        return bool(reaction) == (action == "react")

    async def _note(self, chat: Chat, given: Mapping[str, Any], upload: File | None) -> Note:
        message = given["message"]
        if not isinstance(message, dict) or ("text" in message) == ("attachment" in message):
            raise invalid("Param message must have either text or attachment")
        only(message, {"text", "attachment", "quick_replies", "metadata"})
        note = Note(self.note_id("company"), "company", message.get("text", ""), self.stage.now())
        if "text" in message and not (note.text and self.fits(note.text)):
            raise invalid("Length of param message[text] must be greater than 0 and within its limit")
        note.reply_to = self._quoted(chat, given)
        note.buttons = replies(message.get("quick_replies", []))
        note.facts["metadata"] = str(message.get("metadata", ""))[:1000]
        if "attachment" in message:
            await self._attach(note, message["attachment"], upload)
        return note

    async def _attach(self, note: Note, attachment: Any, upload: File | None) -> None:
        if not isinstance(attachment, dict) or not isinstance(attachment.get("payload"), dict):
            raise invalid("Param message[attachment] must have type and payload")
        if attachment.get("type") == "template":
            note.text, note.buttons = template(attachment["payload"])
            note.facts["template"] = "1"
        else:
            note.media = await self.attached(attachment, upload)

    def _quoted(self, chat: Chat, given: Mapping[str, Any]) -> str:
        quoted = (given.get("reply_to") or {}).get("mid", "")
        if quoted and not chat.note(quoted):
            raise invalid("Invalid reply_to mid")
        return str(quoted)

    # --- the phone --------------------------------------------------------------------------------------

    def wrote(self, chat: Chat, note: Note) -> list[Push]:
        message: dict[str, Any] = {"mid": note.id} | ({"text": note.text} if note.text else {})
        if note.media:
            message["attachments"] = [self._attachment(note.media)]
        if note.reply_to:
            message["reply_to"] = {"mid": note.reply_to}
        return [self.event(chat, note.at, message=message)]

    def edited(self, chat: Chat, note: Note) -> list[Push]:
        edit = {"mid": note.id, "text": note.text, "num_edit": len(note.former)}
        return [self.event(chat, self.stage.now(), message_edit=edit)]

    def reacted(self, chat: Chat, note: Note) -> list[Push]:
        emoji = note.reactions.get("customer", "")
        told = {"action": "react", "reaction": "other", "emoji": emoji} if emoji else {"action": "unreact"}
        return [self.event(chat, self.stage.now(), reaction={"mid": note.id} | told)]

    def pressed(self, chat: Chat, note: Note, choice: Choice) -> list[Push]:
        mid, now = self.note_id("customer"), self.stage.now()
        if note.facts.get("template"):
            postback = {"mid": mid, "title": choice.text, "payload": choice.data}
            return [self.event(chat, now, postback=postback)]
        message = {"mid": mid, "text": choice.text, "quick_reply": {"payload": choice.data}}
        return [self.event(chat, now, message=message)]

    def blocked(self, chat: Chat) -> list[Push]:
        """Without a word: the next message is refused."""
        return []

    def unblocked(self, chat: Chat) -> list[Push]:
        return []

    def answered_in_app(self, chat: Chat, note: Note) -> list[Push]:
        return [self.echo(chat, note)]

    def echo(self, chat: Chat, note: Note, **more: Any) -> Push:
        """What the company wrote comes back, whoever wrote it."""
        message: dict[str, Any] = {"mid": note.id, "is_echo": True} | more
        if note.text:
            message["text"] = note.text
        if note.media:
            message["attachments"] = [self._attachment(note.media)]
        return self.event(chat, note.at, ours=True, message=message)

    def event(self, chat: Chat, at: datetime, *, ours: bool = False, **what: Any) -> Push:
        person, company = {"id": chat.person.id}, {"id": self.owner}
        sides = {"sender": company, "recipient": person} if ours else {"sender": person, "recipient": company}
        entry = {"messaging": [sides | {"timestamp": millis(at)} | what]}
        return self.signed(entry, chat.person.id)

    def signed(self, entry: Mapping[str, Any], lane: str) -> Push:
        """One entry in its envelope."""
        told = {"id": self.owner, "time": millis(self.stage.now())} | dict(entry)
        return pushed({"object": self.product, "entry": [told]}, SECRET, lane)

    def _attachment(self, file: File) -> dict[str, Any]:
        if file.kind == "location":
            point = {"lat": float(file.facts["latitude"]), "long": float(file.facts["longitude"])}
            return {"type": "location", "payload": {"coordinates": point}}
        payload: dict[str, Any] = {"url": self.stage.keep(file)}
        if file.kind == "sticker":
            payload["sticker_id"] = 369239263222822
        return {"type": THEIRS.get(file.kind, file.kind), "payload": payload}
