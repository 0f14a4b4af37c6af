"""What every sending and editing method shares: the chat, the topic, the quoted message, the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiogram.types import InlineKeyboardMarkup, ReplyKeyboardRemove, ReplyParameters

from sandbox import business
from sandbox.business import Account
from sandbox.chat import Chat
from sandbox.errors import NotImplementedHere, Refused
from sandbox.model import Bot, Json
from sandbox.rules import given, inline
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Method:
    """A method that the stand-in knows; a parameter outside `honours` is answered 501, not ignored."""

    model: Any
    run: Callable[[World, Bot, Any], Any]
    """gives the result, or an awaitable of it"""
    honours: frozenset[str]


def method(model: Any, run: Callable[[World, Bot, Any], Any], honours: str = "") -> Method:
    return Method(model, run, frozenset(honours.split()))


SENDING = (
    "business_connection_id chat_id message_thread_id disable_notification protect_content "
    "link_preview_options disable_web_page_preview reply_parameters reply_to_message_id "
    "allow_sending_without_reply reply_markup "
)


def writable(world: World, bot: Bot, chat_id: int | str | None) -> Chat:
    """The chat that this bot may write to now."""
    chat = known(world, bot, chat_id)
    if not chat.started:
        raise Refused("bot can't initiate conversation with a user", 403)
    if chat.blocked:
        raise Refused("bot was blocked by the user", 403)
    return chat


def known(world: World, bot: Bot, chat_id: int | str | None) -> Chat:
    try:
        return world.chat(bot, int(chat_id or 0))
    except (KeyError, ValueError):
        raise Refused("chat not found") from None


def place(world: World, bot: Bot, m: Any) -> tuple[Account | None, Chat]:
    """The bot's own chat, or one of the account in whose name the method acts."""
    account = business.account_of(world.accounts, bot, m)
    if account is None:
        return None, writable(world, bot, m.chat_id)
    return account, business.writable(account, m.chat_id, world.now())


def _send_for(world: World, account: Account, chat: Chat, content: Json, quoted: Json | None) -> Json:
    """The customer sees the owner's message; the bot is told of it as of everybody's."""
    content["sender_business_bot"] = account.bot.as_user()
    message = account.post(chat, account.owner, content, quoted)
    world.tell(account.bot, "business_message", message)
    return message


def send(world: World, bot: Bot, m: Any, content: Json) -> Json:
    """Post `content` as the method `m` asks."""
    account, chat = place(world, bot, m)
    quoted = _quoted(chat, m)
    thread_id = _thread(world, chat, m) or (quoted or {}).get("message_thread_id")
    markup = getattr(m, "reply_markup", None)
    content |= {"reply_markup": inline(markup)} if markup else {}
    content |= {"has_protected_content": True} if given(m, "protect_content") else {}
    preview = given(m, "link_preview_options")
    content |= {"link_preview_options": preview.model_dump(exclude_unset=True)} if preview else {}
    chat.action = None
    if account:
        return _send_for(world, account, chat, content, quoted)
    message = chat.post(bot.as_user(), content, thread_id, quoted)
    if markup and not isinstance(markup, InlineKeyboardMarkup):
        removed = isinstance(markup, ReplyKeyboardRemove)
        chat.keyboard = None if removed else markup.model_dump(exclude_none=True, mode="json")
    return message


def _thread(world: World, chat: Chat, m: Any) -> int | None:
    asked: int | None = m.message_thread_id
    if asked is None or chat.topic(asked):
        return asked
    if world.faults.take(chat.bot.username, m.__api_method__, chat.id, "lost_topic"):
        return None
    raise Refused("message thread not found")


def _quoted(chat: Chat, m: Any) -> Json | None:
    reply = given(m, "reply_parameters") or ReplyParameters(
        message_id=m.reply_to_message_id, allow_sending_without_reply=m.allow_sending_without_reply
    )
    beyond = reply.model_fields_set - {"message_id", "chat_id", "allow_sending_without_reply"}
    if beyond:
        raise NotImplementedHere(f"reply_parameters.{min(beyond)}")
    if reply.message_id is None:
        return None
    if reply.chat_id not in (None, chat.id, str(chat.id)):
        raise NotImplementedHere("a reply to another chat")
    message = chat.messages.get(reply.message_id)
    if not message and not given(reply, "allow_sending_without_reply"):
        raise Refused("message to be replied not found")
    return message
