"""The world as the playground's page draws it: one JSON value with everything that is on the screens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sandbox.chat import Chat, Topic
from sandbox.model import Bot, Callback, Json, LogEntry, User
from sandbox.world import World

MESSAGES_SHOWN = 200
CALLS_SHOWN = 200
ANSWERS_SHOWN = 50
_FILES = ("photo", "animation", "video", "video_note", "voice", "audio", "document")
_SERVICE = ("forum_topic_created", "forum_topic_edited", "pinned_message")


def bots(world: World, tokens: Sequence[str]) -> Json:
    """The bots by id, as the page names them."""
    known = [world.bots[token] for token in tokens if token in world.bots]
    return {str(bot.id): {"username": bot.username, "name": bot.name, "topics": bot.topics} for bot in known}


def persons(world: World, ids: Sequence[int], tokens: Sequence[str]) -> list[Json]:
    """Each person with the first bot, and with every other bot that they have met."""
    known = [world.bots[token] for token in tokens if token in world.bots]
    return [
        _person(world, world.users[user_id], bot)
        for user_id in ids
        if user_id in world.users
        for index, bot in enumerate(known)
        if index == 0 or (bot.id, user_id) in world.chats
    ]


def calls(log: Sequence[LogEntry]) -> list[Json]:
    # An entry stays in the log longer than it is shown, so its identity is a name that no other row has.
    return [
        {
            "id": id(entry),
            "at": entry.at.isoformat(),
            "bot": entry.bot,
            "method": entry.method,
            "summary": entry.summary,
            "status": entry.status,
        }
        for entry in list(log)[-CALLS_SHOWN:]
    ]


def answers(callbacks: dict[str, Callback]) -> list[Json]:
    """What answerCallbackQuery said to those who pressed a button lately, newest first."""
    return [
        {
            "id": press.id,
            "user": press.user_id,
            "text": press.answer.get("text") or "",
            "alert": bool(press.answer.get("show_alert")),
        }
        for press in islice(reversed(callbacks.values()), ANSWERS_SHOWN)
        if press.answer is not None
    ]


def _person(world: World, user: User, bot: Bot) -> Json:
    chat = world.chats.get((bot.id, user.id))
    shown = list(chat.messages.values())[-MESSAGES_SHOWN:] if chat else []
    return {
        "id": user.id,
        "name": full_name(user),
        "bot": bot.id,
        "blocked": bool(chat and chat.blocked),
        "typing": chat.action[1].isoformat() if chat and chat.action else None,
        "keyboard": _reply_keyboard(chat),
        "commands": bot.commands.get(user.language_code or "") or bot.commands.get("", []),
        "topics": [_topic(topic, chat) for topic in chat.topics.values() if not topic.deleted]
        if chat
        else [],
        "messages": [_message(chat, message) for message in shown] if chat else [],
    }


def full_name(user: User) -> str:
    return " ".join(filter(None, (user.first_name, user.last_name)))


def _topic(topic: Topic, chat: Chat) -> Json:
    opener = chat.messages.get(topic.thread_id, {}).get("from", {})
    return {"id": topic.thread_id, "name": topic.name, "mine": opener.get("id") == chat.user.id}


def _reply_keyboard(chat: Chat | None) -> list[list[Json]]:
    rows = ((chat.keyboard if chat else None) or {}).get("keyboard", [])
    return [
        [{"text": key["text"], "contact": bool(key.get("request_contact"))} for key in row] for row in rows
    ]


def _message(chat: Chat, message: Json) -> Json:
    mine = message["from"]["id"] == chat.user.id
    media = _media(chat.bot, message)
    written = "text" in message
    return {
        "id": message["message_id"],
        "mine": mine,
        "author": full_name(chat.user) if mine else chat.bot.name,
        "date": datetime.fromtimestamp(message["date"], UTC).isoformat(),
        "edited": "edit_date" in message,
        "editable": mine and (written or bool(media and media["url"])),
        "thread": message.get("message_thread_id"),
        "service": _service(message),
        "text": message.get("text") or message.get("caption") or ("" if media else _otherwise(message)),
        "entities": message.get("entities" if written else "caption_entities") or [],
        "media": media,
        "reply_to": message.get("reply_to_message", {}).get("message_id"),
        "quote": message.get("quote", {}).get("text", ""),
        "buttons": [list(map(_button, row)) for row in _inline(message)],
        "reactions": list(_reactions(chat, message["message_id"])),
    }


def _inline(message: Json) -> list[list[Json]]:
    rows: list[list[Json]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return rows


def _button(button: Json) -> Json:
    return {
        "text": button["text"],
        "style": button.get("style"),
        "data": button.get("callback_data"),
        "url": button.get("url") or button.get("web_app", {}).get("url"),
        "copy": button.get("copy_text", {}).get("text"),
        "disabled": bool(button.get("disabled")),
    }


def _reactions(chat: Chat, message_id: int) -> Iterator[Json]:
    for user_id, given in chat.reactions.get(message_id, {}).items():
        for reaction in given:
            yield {"emoji": reaction.get("emoji", "⭐"), "mine": user_id == chat.user.id}


def _service(message: Json) -> Json | None:
    for kind in _SERVICE:
        if kind in message:
            return {"kind": kind, "name": message[kind].get("name", "")}
    return None


def _media(bot: Bot, message: Json) -> Json | None:
    for kind in _FILES:
        if kind in message:
            return _file(bot, kind, message[kind])
    return _plain_media(message)


def _file(bot: Bot, kind: str, content: Any) -> Json:
    one = content[-1] if isinstance(content, list) else content
    shown = {"name": one.get("file_name", ""), "size": one.get("file_size", 0), "note": ""}
    return shown | {"kind": kind, "url": f"media/{bot.id}/{one['file_id']}"}


def _plain_media(message: Json) -> Json | None:
    bare = {"url": None, "size": 0, "note": "", "name": ""}
    if sticker := message.get("sticker"):
        return bare | {"kind": "sticker", "name": sticker.get("emoji") or "🙂"}
    if contact := message.get("contact"):
        name = " ".join(filter(None, (contact.get("first_name"), contact.get("last_name"))))
        return bare | {"kind": "contact", "name": name, "note": contact["phone_number"]}
    if location := message.get("location"):
        place = f"{location['latitude']:.5f}, {location['longitude']:.5f}"
        return bare | {"kind": "location", "note": place}
    return None


_COMMON = {"message_id", "date", "edit_date", "chat", "from", "message_thread_id", "is_topic_message"}
_COMMON |= {"reply_to_message", "reply_markup", "quote", "media_group_id", "text", "entities"}


def _otherwise(message: Json) -> str:
    """A kind of message that the page cannot draw is named instead of being an empty bubble."""
    kinds = sorted(message.keys() - _COMMON - set(_SERVICE))
    return f"[{', '.join(kinds)}]" if kinds else ""
