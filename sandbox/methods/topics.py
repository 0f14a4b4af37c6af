"""Topics. They exist here in the private chats of a bot with topics; closing belongs to supergroups."""

from __future__ import annotations

from typing import Any, NoReturn

from aiogram.methods import (
    CloseForumTopic,
    CreateForumTopic,
    DeleteForumTopic,
    EditForumTopic,
    ReopenForumTopic,
)

from sandbox.chat import Chat, Topic
from sandbox.errors import Refused
from sandbox.methods.sending import method, writable
from sandbox.model import Bot, Json
from sandbox.world import World

NAME_LIMIT = 128


def create_topic(world: World, bot: Bot, m: CreateForumTopic) -> Json:
    chat = _forum(world, bot, m.chat_id)
    looks = {"icon_color": m.icon_color, "icon_custom_emoji_id": m.icon_custom_emoji_id}
    given = {key: value for key, value in looks.items() if value}
    topic = chat.open_topic(bot.as_user(), _name(m.name), **given)
    return {"message_thread_id": topic.thread_id} | topic.created()


def edit_topic(world: World, bot: Bot, m: EditForumTopic) -> bool:
    """A name left out or empty stays; an empty icon is taken away."""
    chat, topic = _topic(world, bot, m)
    name = _name(m.name) if m.name else topic.name
    icon = topic.icon_custom_emoji_id if m.icon_custom_emoji_id is None else m.icon_custom_emoji_id or None
    if (name, icon) == (topic.name, topic.icon_custom_emoji_id):
        raise Refused("TOPIC_NOT_MODIFIED")
    said = {"name": name} if name != topic.name else {}
    said |= {"icon_custom_emoji_id": icon or ""} if icon != topic.icon_custom_emoji_id else {}
    topic.name, topic.icon_custom_emoji_id, topic.name_is_implicit = name, icon, False
    chat.post(bot.as_user(), {"forum_topic_edited": said}, topic.thread_id)
    return True


def delete_topic(world: World, bot: Bot, m: DeleteForumTopic) -> bool:
    chat, topic = _topic(world, bot, m)
    chat.delete_topic(topic.thread_id)
    return True


def refuse_private(world: World, bot: Bot, m: CloseForumTopic | ReopenForumTopic) -> NoReturn:
    writable(world, bot, m.chat_id)
    raise Refused("the chat is not a supergroup")


def _forum(world: World, bot: Bot, chat_id: int | str) -> Chat:
    chat = writable(world, bot, chat_id)
    if not bot.topics:
        raise Refused("the chat is not a forum")
    return chat


def _topic(world: World, bot: Bot, m: Any) -> tuple[Chat, Topic]:
    chat = _forum(world, bot, m.chat_id)
    topic = chat.topic(m.message_thread_id)
    if not topic:
        raise Refused("TOPIC_ID_INVALID")
    return chat, topic


def _name(name: str) -> str:
    if not name.strip():
        raise Refused("title must be non-empty")
    if len(name) > NAME_LIMIT:
        raise Refused("topic name is longer than 128 characters")
    return name.strip()


METHODS = (
    method(CreateForumTopic, create_topic, "chat_id name icon_color icon_custom_emoji_id"),
    method(EditForumTopic, edit_topic, "chat_id message_thread_id name icon_custom_emoji_id"),
    method(DeleteForumTopic, delete_topic, "chat_id message_thread_id"),
    method(CloseForumTopic, refuse_private, "chat_id message_thread_id"),
    method(ReopenForumTopic, refuse_private, "chat_id message_thread_id"),
)
