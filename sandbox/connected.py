"""What people do who have a bot connected to their account, and those who write to them."""

from __future__ import annotations

from typing import Any

from sandbox.business import RIGHTS, Account, told
from sandbox.chat import Chat
from sandbox.model import Bot, Impossible, Json
from sandbox.world import World


def connects(world: World, bot: Bot, owner_id: int, *, rights: frozenset[str] = RIGHTS) -> Account:
    """The owner connects the bot; each time with a new id."""
    if not bot.business:
        raise Impossible("the bot's business mode is off")
    account = Account(f"bc_{len(world.accounts) + 1}", bot, world.users[owner_id], world.now(), rights)
    world.accounts[account.id] = account
    world.tell(bot, "business_connection", account.as_connection())
    return account


def allows(world: World, account: Account, rights: frozenset[str]) -> None:
    """The owner lets the bot do exactly this."""
    told(account)
    account.rights = rights
    world.tell(account.bot, "business_connection", account.as_connection())


def disconnects(world: World, account: Account) -> None:
    """From now on the bot hears nothing of the account."""
    told(account)
    account.is_enabled = False
    world.tell(account.bot, "business_connection", account.as_connection())


def customer_sends(
    world: World, account: Account, user_id: int, *, reply_to: int | None = None, **content: Any
) -> Json:
    """One message to the account; its content as of `World.user_sends`."""
    told(account)
    chat = account.chats.get(user_id) or Chat(account.bot, world.users[user_id], world.now)
    account.chats[user_id] = chat
    quoted = chat.messages[reply_to] if reply_to else None
    message = account.post(chat, chat.user, world.composed(account.bot, **content), quoted)
    world.tell(account.bot, "business_message", message)
    return message


def owner_sends(
    world: World, account: Account, user_id: int, *, automatic: bool = False, **content: Any
) -> Json:
    """The owner answers by hand, or Telegram with a greeting of theirs."""
    told(account)
    said = world.composed(account.bot, **content) | ({"is_from_offline": True} if automatic else {})
    message = account.post(account.chats[user_id], account.owner, said)
    world.tell(account.bot, "business_message", message)
    return message


def edits(world: World, account: Account, message_id: int, text: str) -> Json:
    """Whoever wrote it changes it."""
    told(account)
    chat = account.holder(message_id)
    if not chat:
        raise Impossible("no such message")
    message = chat.rewrite(message_id, world.composed(account.bot, text=text))
    world.tell(account.bot, "edited_business_message", message)
    return message


def customer_presses(world: World, account: Account, user_id: int, message_id: int, data: str) -> str:
    """Press a button under a message that the bot has sent; gives the callback query's id."""
    told(account)
    return world.pressed(account.bot, account.chats[user_id], message_id, data)


def deletes(world: World, account: Account, user_id: int, *message_ids: int) -> None:
    """One of the two deletes messages for both."""
    told(account)
    chat = account.chats[user_id]
    for message_id in message_ids:
        chat.delete(message_id)
    gone = {"business_connection_id": account.id, "chat": chat.user.as_chat(), "message_ids": [*message_ids]}
    world.tell(account.bot, "deleted_business_messages", gone)
