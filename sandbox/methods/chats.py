"""Chats and presence: getChat, actions, reactions, pins, answers to buttons."""

from __future__ import annotations

from datetime import timedelta

from aiogram.methods import (
    AnswerCallbackQuery,
    GetChat,
    GetUserProfilePhotos,
    PinChatMessage,
    SendChatAction,
    SetMessageReaction,
    UnpinChatMessage,
)
from aiogram.types import ReactionTypeEmoji

from sandbox.errors import OLD_QUERY, Refused
from sandbox.methods.sending import known, method, place, writable
from sandbox.model import Bot, Json
from sandbox.world import World

# Not published; a minute is about what bots observe.
ANSWERABLE_FOR = timedelta(minutes=1)
_ACTION_NAMES = """
typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker
find_location record_video_note upload_video_note
"""
ACTIONS = frozenset(_ACTION_NAMES.split())
# https://core.telegram.org/bots/api#reactiontypeemoji
_EMOJI = """
❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥 🌚 🌭
💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡
🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡
"""
REACTIONS = frozenset(_EMOJI.split())


def get_chat(world: World, bot: Bot, m: GetChat) -> Json:
    chat = known(world, bot, m.chat_id)
    if not chat.started:
        raise Refused("chat not found")
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(gifts, True)}
    pinned = chat.messages.get(chat.pinned[-1]) if chat.pinned else None
    return chat.user.as_chat() | full | ({"pinned_message": pinned} if pinned else {})


def get_profile_photos(world: World, bot: Bot, m: GetUserProfilePhotos) -> Json:
    """Nobody here has a photo."""
    if m.user_id not in world.users:
        raise Refused("user not found")
    return {"total_count": 0, "photos": []}


def send_action(world: World, bot: Bot, m: SendChatAction) -> bool:
    """A deleted topic is no error here, nor at Telegram (tdlib/telegram-bot-api#732)."""
    if m.action not in ACTIONS:
        raise Refused("wrong parameter action in request")
    place(world, bot, m)[1].action = m.action, world.clock()
    return True


def set_reaction(world: World, bot: Bot, m: SetMessageReaction) -> bool:
    chat = writable(world, bot, m.chat_id)
    if m.message_id not in chat.messages:
        raise Refused("message to react not found")
    reactions = m.reaction or []
    if len(reactions) > 1:
        raise Refused("REACTIONS_TOO_MANY")
    if not all(isinstance(one, ReactionTypeEmoji) and one.emoji in REACTIONS for one in reactions):
        raise Refused("REACTION_INVALID")
    chosen = [one.model_dump(mode="json") for one in reactions]
    chat.reactions.setdefault(m.message_id, {})[bot.id] = chosen
    return True


def pin(world: World, bot: Bot, m: PinChatMessage) -> bool:
    chat = writable(world, bot, m.chat_id)
    message = chat.messages.get(m.message_id)
    if not message:
        raise Refused("message to pin not found")
    if m.message_id not in chat.pinned:
        chat.pinned.append(m.message_id)
        chat.post(bot.as_user(), {"pinned_message": message}, message.get("message_thread_id"))
    return True


def unpin(world: World, bot: Bot, m: UnpinChatMessage) -> bool:
    """Without a message id: the newest pin."""
    chat = writable(world, bot, m.chat_id)
    message_id = m.message_id or (chat.pinned[-1] if chat.pinned else 0)
    if message_id not in chat.pinned:
        raise Refused("message to unpin not found")
    chat.pinned.remove(message_id)
    return True


def answer_callback(world: World, bot: Bot, m: AnswerCallbackQuery) -> bool:
    press = world.callbacks.get(m.callback_query_id)
    if not press or press.bot is not bot or world.clock() - press.at > ANSWERABLE_FOR:
        raise Refused(OLD_QUERY)
    if len(m.text or "") > 200:
        raise Refused("MESSAGE_TOO_LONG")
    press.answer = {"text": m.text or "", "show_alert": bool(m.show_alert)}
    return True


METHODS = (
    method(GetChat, get_chat, "chat_id"),
    method(GetUserProfilePhotos, get_profile_photos, "user_id offset limit"),
    method(SendChatAction, send_action, "business_connection_id chat_id action message_thread_id"),
    method(SetMessageReaction, set_reaction, "chat_id message_id reaction is_big"),
    method(PinChatMessage, pin, "chat_id message_id disable_notification"),
    method(UnpinChatMessage, unpin, "chat_id message_id"),
    method(AnswerCallbackQuery, answer_callback, "callback_query_id text show_alert cache_time"),
)
