"""What VK tells of messages. https://dev.vk.com/ru/reference/objects/message"""

from __future__ import annotations

from typing import Any

from sandbox.vendors.stage import Chat, File, Note, Stage
from sandbox.vendors.vendor import PHOTO, VIDEO, VOICE
from sandbox.vendors.vk.words import GROUP, STAFF

Json = dict[str, Any]
LANGUAGES = {"ru": 0, "en": 3}


def message(stage: Stage, chat: Chat, note: Note) -> Json:
    """Of either side."""
    about = _head(chat, note) | {
        "version": 10_000_000 + int(note.id),
        "out": int(note.by == "company"),
        "important": False,
        "is_hidden": False,
        "attachments": things(stage, note),
        "fwd_messages": [],
        "peer_id": int(chat.person.id),
        "random_id": int(note.facts.get("random_id", "0")),
    }
    if note.reply_to and (replied := chat.note(note.reply_to)):
        about["reply_message"] = _head(chat, replied) | {"attachments": []}
    if note.media and note.media.kind == "location":
        place = {
            "latitude": float(note.media.facts["latitude"]),
            "longitude": float(note.media.facts["longitude"]),
        }
        about["geo"] = {"type": "point", "coordinates": place}
    if "payload" in note.facts:
        about["payload"] = note.facts["payload"]
    if "staff" in note.facts:
        about["admin_author_id"] = STAFF
    if note.former:
        about["update_time"] = int(stage.now().timestamp())
    return about


def _head(chat: Chat, note: Note) -> Json:
    """Also of a message that is answered."""
    return {
        "date": int(note.at.timestamp()),
        "from_id": -GROUP if note.by == "company" else int(chat.person.id),
        "id": 1_000_000 + int(note.id),
        "conversation_message_id": int(note.id),
        "text": note.text,
    }


def client(chat: Chat) -> Json:
    """What the person's application can do."""
    actions = ["text", "vkpay", "open_app", "location", "open_link", "open_photo", "callback"]
    able = {"keyboard": True, "inline_keyboard": True, "carousel": True}
    return {"button_actions": actions, "lang_id": LANGUAGES.get(chat.person.language, 3)} | able


def things(stage: Stage, note: Note) -> list[Json]:
    """Attachments; `facts["kept"]` names a file of ours on VK's servers."""
    file = note.media
    if file is None or file.kind == "location":
        return []
    kind, thing = _thing(stage, note, file)
    if name := note.facts.get("kept"):
        owner, number, *key = name.removeprefix(kind).split("_")
        thing |= {"owner_id": int(owner), "id": int(number)} | ({"access_key": key[0]} if key else {})
    return [{"type": kind, kind: thing}]


def _thing(stage: Stage, note: Note, file: File) -> tuple[str, Json]:
    owner: Json = {"id": 456_000 + int(note.id), "owner_id": -GROUP, "access_key": "a1b2"}
    if file.kind == VIDEO:  # of these there are no bytes
        return "video", owner | {"title": file.name or "video", "duration": 5, "image": []}
    url = stage.keep(file)
    if file.kind == PHOTO:
        sizes = [{"type": "s", "url": f"{stage.base}/nothing", "width": 75, "height": 50}]
        sizes.append({"type": "w", "url": url, "width": 1280, "height": 853})
        return "photo", owner | {"album_id": -3, "date": 0, "has_tags": False, "text": "", "sizes": sizes}
    if file.kind == VOICE:
        links = {"link_ogg": url, "link_mp3": f"{stage.base}/nothing", "waveform": [0, 7, 31]}
        return "audio_message", owner | {"duration": 3} | links
    if file.kind == "sticker":
        images = [{"url": url, "width": 512, "height": 512}]
        return "sticker", {
            "inner_type": "base_sticker_new",
            "product_id": 1,
            "sticker_id": 7,
            "images": images,
        }
    name, _, ending = file.name.rpartition(".")
    about = {"title": name or "file", "ext": ending or "bin", "size": len(file.data), "type": 8, "date": 0}
    return "doc", owner | about | {"url": url}
