"""A person's own account with a bot connected to it (Telegram Business), and what the bot may do there.

https://core.telegram.org/bots/api#businessconnection; the refusals are those of
https://core.telegram.org/method/messages.sendMessage. How Telegram words a missing right is not published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.chat import Chat
from sandbox.errors import Refused
from sandbox.model import Bot, Impossible, Json, User

WINDOW = 24 * 3600  # seconds after the customer's newest message
RIGHTS = frozenset({"can_reply", "can_read_messages", "can_delete_sent_messages", "can_delete_all_messages"})


@dataclass(slots=True)
class Account:
    """One connection. Message ids are the account's: they run on over all of its chats."""

    id: str
    bot: Bot
    owner: User
    since: int
    rights: frozenset[str] = RIGHTS
    is_enabled: bool = True
    last_id: int = 0
    chats: dict[int, Chat] = field(default_factory=dict)
    read: dict[int, int] = field(default_factory=dict)
    """chat → the newest message that the bot marked as read"""

    def as_connection(self) -> Json:
        """A BusinessConnection."""
        head = {"id": self.id, "user": self.owner.as_user(), "user_chat_id": self.owner.id}
        state: Json = {"date": self.since, "is_enabled": self.is_enabled}
        return (
            head | state | ({"rights": dict.fromkeys(sorted(self.rights), True)} if self.is_enabled else {})
        )

    def post(self, chat: Chat, sender: User, content: Json, reply_to: Json | None = None) -> Json:
        """Put a message into one of the account's chats."""
        chat.last_id = self.last_id
        message = chat.post(sender.as_user(), {"business_connection_id": self.id} | content, None, reply_to)
        self.last_id = chat.last_id
        return message

    def holder(self, message_id: int) -> Chat | None:
        """The chat in which that message stands."""
        return next((chat for chat in self.chats.values() if message_id in chat.messages), None)

    def is_ours(self, message: Json) -> bool:
        """Whether the bot has sent it."""
        return bool(message.get("sender_business_bot", {}).get("id") == self.bot.id)


def account_of(accounts: Mapping[str, Account], bot: Bot, m: Any) -> Account | None:
    """The account in whose name a method shall act, None for the bot itself; refused when it cannot."""
    wanted = getattr(m, "business_connection_id", None)
    if wanted is None:
        return None
    account = accounts.get(wanted)
    if not account or account.bot is not bot:
        raise Refused("business connection not found")
    if not account.is_enabled:
        raise Refused("BUSINESS_CONNECTION_INVALID")
    return account


def writable(account: Account, chat_id: Any, now: int) -> Chat:
    """The chat that the bot may write to now in the account's name."""
    if "can_reply" not in account.rights:
        raise Refused("BOT_ACCESS_FORBIDDEN", 403)
    return active(account, chat_id, now)


def active(account: Account, chat_id: Any, now: int) -> Chat:
    """A chat in which the customer wrote within a day."""
    chat = account.chats.get(int(chat_id))
    if not chat:
        raise Refused("BUSINESS_PEER_INVALID")
    theirs = [one["date"] for one in chat.messages.values() if one["from"]["id"] == chat.id]
    if not theirs or now - max(theirs) > WINDOW:
        raise Refused("BUSINESS_PEER_USAGE_MISSING")
    return chat


def told(account: Account) -> None:
    """Raises `Impossible` where the bot hears nothing."""
    if not account.is_enabled:
        raise Impossible("this account is not connected")
