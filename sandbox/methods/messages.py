"""Sending and changing messages, except for their files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aiogram.methods import (
    DeleteMessage,
    DeleteMessages,
    EditMessageCaption,
    EditMessageReplyMarkup,
    EditMessageText,
    SendContact,
    SendLocation,
    SendMessage,
)

from sandbox.chat import Chat
from sandbox.errors import NOT_MODIFIED, Refused
from sandbox.methods.sending import SENDING, method, place, send, writable
from sandbox.model import Bot, Json
from sandbox.rules import captioned, given, inline, written
from sandbox.world import World

DELETABLE_FOR = timedelta(hours=48)
_WITH_CAPTION = ("photo", "video", "document", "voice", "audio", "animation")


def send_message(world: World, bot: Bot, m: SendMessage) -> Json:
    return send(world, bot, m, written(m))


def send_location(world: World, bot: Bot, m: SendLocation) -> Json:
    accuracy = {"horizontal_accuracy": m.horizontal_accuracy} if m.horizontal_accuracy else {}
    return send(world, bot, m, {"location": {"latitude": m.latitude, "longitude": m.longitude} | accuracy})


def send_contact(world: World, bot: Bot, m: SendContact) -> Json:
    given_names = {"phone_number": m.phone_number, "first_name": m.first_name, "last_name": m.last_name}
    contact = given_names | {"vcard": m.vcard}
    return send(world, bot, m, {"contact": {key: value for key, value in contact.items() if value}})


def own_message(world: World, bot: Bot, m: Any) -> tuple[Chat, Json]:
    """The message that an edit names, if it is the bot's."""
    account, chat = place(world, bot, m)
    message = chat.messages.get(m.message_id or 0)
    if not message:
        raise Refused("message to edit not found")
    if not (account.is_ours(message) if account else message["from"]["id"] == bot.id):
        raise Refused("message can't be edited")
    return chat, message


def change(chat: Chat, message: Json, content: Json, *, edited: bool = True) -> Json:
    """Replace the content; refused when nothing would change."""
    if all(message.get(key) == value for key, value in content.items()):
        raise Refused(NOT_MODIFIED)
    return chat.rewrite(message["message_id"], content, edited=edited)


def edit_text(world: World, bot: Bot, m: EditMessageText) -> Json:
    chat, message = own_message(world, bot, m)
    if "text" not in message:
        raise Refused("there is no text in the message to edit")
    preview = given(m, "link_preview_options")
    content = written(m) | {"reply_markup": inline(m.reply_markup)}
    shown = {"link_preview_options": preview.model_dump(exclude_unset=True) if preview else None}
    return change(chat, message, content | shown)


def edit_caption(world: World, bot: Bot, m: EditMessageCaption) -> Json:
    chat, message = own_message(world, bot, m)
    if not any(kind in message for kind in _WITH_CAPTION):
        raise Refused("there is no caption in the message to edit")
    return change(chat, message, captioned(m) | {"reply_markup": inline(m.reply_markup)})


def edit_markup(world: World, bot: Bot, m: EditMessageReplyMarkup) -> Json:
    chat, message = own_message(world, bot, m)
    return change(chat, message, {"reply_markup": inline(m.reply_markup)}, edited=False)


def delete_message(world: World, bot: Bot, m: DeleteMessage) -> bool:
    chat = writable(world, bot, m.chat_id)
    message = chat.messages.get(m.message_id)
    if not message:
        raise Refused("message to delete not found")
    if world.now() - message["date"] > DELETABLE_FOR.total_seconds():
        raise Refused("message can't be deleted for everyone")
    chat.delete(m.message_id)
    return True


def delete_messages(world: World, bot: Bot, m: DeleteMessages) -> bool:
    """Messages that are not there are skipped."""
    chat = writable(world, bot, m.chat_id)
    if not 1 <= len(m.message_ids) <= 100:
        raise Refused("message identifiers must be 1 to 100")
    for message_id in m.message_ids:
        if message_id in chat.messages:
            chat.delete(message_id)
    return True


_EDITED = "business_connection_id chat_id message_id reply_markup "
METHODS = (
    method(SendMessage, send_message, SENDING + "text parse_mode entities"),
    method(SendLocation, send_location, SENDING + "latitude longitude horizontal_accuracy"),
    method(SendContact, send_contact, SENDING + "phone_number first_name last_name vcard"),
    method(
        EditMessageText,
        edit_text,
        _EDITED + "text parse_mode entities link_preview_options disable_web_page_preview",
    ),
    method(EditMessageCaption, edit_caption, _EDITED + "caption parse_mode caption_entities"),
    method(EditMessageReplyMarkup, edit_markup, _EDITED),
    method(DeleteMessage, delete_message, "chat_id message_id"),
    method(DeleteMessages, delete_messages, "chat_id message_ids"),
)
