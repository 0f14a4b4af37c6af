"""What WhatsApp pushes about the people at their phones.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

from __future__ import annotations

from typing import Any

from sandbox.vendors.meta import pushed
from sandbox.vendors.stage import Chat, Choice, File, Note, Person, Push, Stage
from sandbox.vendors.vendor import AUDIO, FILE, PHOTO, VIDEO, VOICE, Vendor
from sandbox.vendors.whatsapp.words import ACCOUNT_ID, NUMBER, NUMBER_ID, SECRET, UNREACHABLE

Json = dict[str, Any]
TYPES = {
    PHOTO: "image",
    VIDEO: "video",
    VOICE: "audio",
    AUDIO: "audio",
    FILE: "document",
    "sticker": "sticker",
}
_MIMES = {
    PHOTO: "image/jpeg",
    VIDEO: "video/mp4",
    VOICE: "audio/ogg; codecs=opus",
    AUDIO: "audio/mpeg",
    "sticker": "image/webp",
}


class Phones(Vendor):
    """The half of the vendor that people hold in their hands."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.media: dict[str, File] = {}

    def wrote(self, chat: Chat, note: Note) -> list[Push]:
        told = self._content(note.text, note.media)
        context = {"context": {"from": NUMBER, "id": note.reply_to}} if note.reply_to else {}
        return [self._message(chat, note.id, told | context)]

    def edited(self, chat: Chat, note: Note) -> list[Push]:
        now = {"original_message_id": note.id, "message": self._content(note.text, note.media)}
        return [self._message(chat, self.note_id("customer"), {"type": "edit", "edit": now})]

    def deleted(self, chat: Chat, note: Note) -> list[Push]:
        told = {"type": "revoke", "revoke": {"original_message_id": note.id}}
        return [self._message(chat, self.note_id("customer"), told)]

    def reacted(self, chat: Chat, note: Note) -> list[Push]:
        emoji = note.reactions.get("customer")
        reaction = {"message_id": note.id} | ({"emoji": emoji} if emoji else {})
        told = {"type": "reaction", "reaction": reaction}
        return [self._message(chat, self.note_id("customer"), told)]

    def pressed(self, chat: Chat, note: Note, choice: Choice) -> list[Push]:
        context = {"context": {"from": NUMBER, "id": note.id}}
        if note.facts.get("template"):
            told: Json = {"type": "button", "button": {"payload": choice.data, "text": choice.text}}
        else:
            kind = "button_reply" if len(note.buttons) <= 3 else "list_reply"
            reply = {"id": choice.data, "title": choice.text}
            told = {"type": "interactive", "interactive": {"type": kind, kind: reply}}
        return [self._message(chat, self.note_id("customer"), told | context)]

    def delivered(self, chat: Chat, note: Note) -> list[Push]:
        return [self.status(chat, note, "sent"), self.status(chat, note, "delivered")]

    def was_read(self, chat: Chat, notes: list[Note]) -> list[Push]:
        return [self.status(chat, note, "read") for note in notes]

    def failed(self, chat: Chat, note: Note) -> list[Push]:
        return [self.status(chat, note, "failed", 131026, UNREACHABLE)]

    def blocked(self, chat: Chat) -> list[Push]:
        """Nobody is told."""
        return []

    def unblocked(self, chat: Chat) -> list[Push]:
        return []

    def answered_in_app(self, chat: Chat, note: Note) -> list[Push]:
        person = chat.person
        echo = {"from": NUMBER, "to": _wa_id(person), "to_user_id": person.id, "id": note.id}
        echo |= {"timestamp": self._time()} | self._content(note.text, note.media)
        return [self._push(chat, "smb_message_echoes", message_echoes=[echo], contacts=[_ids(person)])]

    def status(self, chat: Chat, note: Note, state: str, code: int = 0, details: str = "") -> Push:
        """What became of a message of the company's."""
        person = chat.person
        told: Json = {"id": note.id, "status": state, "timestamp": self._time()}
        told |= {"recipient_id": _wa_id(person), "recipient_user_id": person.id}
        told |= {"biz_opaque_callback_data": key} if (key := note.facts.get("key")) else {}
        if code:
            error = {"code": code, "title": details, "message": details, "error_data": {"details": details}}
            told["errors"] = [error]
        else:
            told["pricing"] = {"billable": False, "pricing_model": "PMP", "category": "service"}
        return self._push(chat, "messages", statuses=[told], contacts=[_ids(person)])

    def _message(self, chat: Chat, message_id: str, told: Json) -> Push:
        """Who hides the number is not told of by it."""
        person = chat.person
        number = {"from": _wa_id(person)} if person.phone else {}
        message = number | {"from_user_id": person.id, "id": message_id, "timestamp": self._time()} | told
        profile = {"name": person.name} | ({"username": person.username} if person.username else {})
        contact = _ids(person) | {"profile": profile}
        return self._push(chat, "messages", contacts=[contact], messages=[message])

    def _content(self, text: str, media: File | None) -> Json:
        if media is None:
            return {"type": "text", "text": {"body": text}}
        if media.kind == "location":
            point = {name: float(media.facts[name]) for name in ("latitude", "longitude")}
            return {"type": "location", "location": point}
        if media.kind == "contact":
            card = {
                "name": {"formatted_name": media.facts["name"]},
                "phones": [{"phone": media.facts["phone"]}],
            }
            return {"type": "contacts", "contacts": [card]}
        kind = TYPES[media.kind]
        return {"type": kind, kind: self._file(media) | ({"caption": text} if text else {})}

    def _file(self, media: File) -> Json:
        told: Json = {"id": self.keeps(media), "sha256": "c2FuZGJveA=="}
        told["mime_type"] = media.mime or _MIMES.get(media.kind, "application/octet-stream")
        if media.kind in {VOICE, AUDIO}:
            told["voice"] = media.kind == VOICE
        return told | ({"filename": media.name or "file"} if media.kind == FILE else {})

    def keeps(self, media: File) -> str:
        """A media id."""
        found = next((ref for ref, one in self.media.items() if one is media), "")
        ref = found or str(1_000_000_000_000_000 + self.stage.number())
        self.media[ref] = media
        return ref

    def _push(self, chat: Chat, field: str, **what: Any) -> Push:
        about = {"display_phone_number": NUMBER, "phone_number_id": NUMBER_ID}
        value = {"messaging_product": "whatsapp", "metadata": about} | what
        entry = {"id": ACCOUNT_ID, "changes": [{"field": field, "value": value}]}
        told = {"object": "whatsapp_business_account", "entry": [entry]}
        return pushed(told, SECRET, chat.person.id)

    def _time(self) -> str:
        return str(int(self.stage.now().timestamp()))


def _wa_id(person: Person) -> str:
    return person.phone.removeprefix("+")


def _ids(person: Person) -> Json:
    return {"user_id": person.id} | ({"wa_id": _wa_id(person)} if person.phone else {})
