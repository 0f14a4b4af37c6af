"""What MAX tells of messages and people. https://dev.max.ru/docs-api/objects/Message"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from sandbox.vendors.stage import Chat, Choice, File, Note, Stage, vcard
from sandbox.vendors.vendor import FILE, PHOTO, VIDEO

Json = dict[str, Any]
BOT: Json = {"user_id": 77, "first_name": "Alder & Finch", "username": "alderfinch_bot", "is_bot": True}


def chat_of(chat: Chat) -> int:
    """The dialog's id, which is not the person's."""
    return int(chat.person.id) + 900_000_000


def locale(chat: Chat) -> Json:
    return {"user_locale": chat.person.language}


def stamp(stage: Stage) -> int:
    """Milliseconds."""
    return int(stage.now().timestamp() * 1000)


def user(stage: Stage, chat: Chat) -> Json:
    first, _, last = chat.person.name.partition(" ")
    about = {"user_id": int(chat.person.id), "first_name": first, "last_name": last or None}
    return about | {"username": None, "is_bot": False, "last_activity_time": stamp(stage)}


def person(stage: Stage, chat: Chat) -> Json:
    """Of bot_started and bot_stopped."""
    return {"chat_id": chat_of(chat), "user": user(stage, chat)} | locale(chat)


def written(stage: Stage, chat: Chat, note: Note, proof_by: str) -> Json:
    """A message of the customer's."""
    things = [_thing(stage, chat, note, note.media, proof_by)] if note.media else []
    told = message(stage, chat, note, user(stage, chat), things)
    if note.reply_to:
        replied = chat.note(note.reply_to)
        text = replied.text if replied else ""
        told["link"] = {"type": "reply", "message": {"mid": note.reply_to, "seq": 1, "text": text}}
    return told


def press(stage: Stage, chat: Chat, note: Note, choice: Choice) -> Json:
    """The button, and the company's message with all of them."""
    callback = {"timestamp": stamp(stage), "callback_id": f"cb{stage.number()}"}
    callback |= {"payload": choice.data, "user": user(stage, chat)}
    rows = [[{"type": "callback", "text": one.text, "payload": one.data}] for one in note.buttons]
    keys = [{"type": "inline_keyboard", "payload": {"buttons": rows}}]
    return {"callback": callback, "message": message(stage, chat, note, BOT, keys)} | locale(chat)


def message(stage: Stage, chat: Chat, note: Note, sender: Json, things: list[Json]) -> Json:
    recipient = {"chat_id": chat_of(chat), "chat_type": "dialog", "user_id": BOT["user_id"]}
    body = {"mid": note.id, "seq": stage.number(), "text": note.text or None, "attachments": things or None}
    at = int(note.at.timestamp() * 1000)
    return {"sender": sender, "recipient": recipient, "timestamp": at, "body": body}


def _thing(stage: Stage, chat: Chat, note: Note, file: File, proof_by: str) -> Json:
    if file.kind == "location":
        return {"type": "location"} | {name: float(value) for name, value in file.facts.items()}
    if file.kind == "contact":
        return {"type": "contact", "payload": _contact(stage, chat, file, proof_by)}
    url = stage.keep(file)
    about: Json = {"token": note.id, "url": url}
    if file.kind == PHOTO:
        return {"type": "image", "payload": about | {"photo_id": 1}}
    if file.kind == "sticker":
        return {"type": "sticker", "payload": {"url": url, "code": "1"}}
    if file.kind == FILE:
        return {"type": "file", "payload": about, "filename": file.name, "size": len(file.data)}
    return {"type": "video" if file.kind == VIDEO else "audio", "payload": about}


def _contact(stage: Stage, chat: Chat, file: File, proof_by: str) -> Json:
    """Only the own number, given by a button, has a proof."""
    card = vcard(file)
    if not file.facts.get("own"):
        return {"vcf_info": card}
    proof = hmac.new(proof_by.encode(), card.encode(), hashlib.sha256).hexdigest()
    return {"vcf_info": card, "hash": proof, "max_info": user(stage, chat)}
