"""What we read of business connections beyond what every Telegram channel reads.

Source: https://core.telegram.org/bots/api#businessconnection
"""

from __future__ import annotations

from pydantic import Field

from channels.kit.telegram_schema import Chat, Message, User
from channels.kit.tolerant import Wire


class BusinessMessage(Message):
    """A message in a chat of the account; without its connection nobody could be answered."""

    business_connection_id: str = Field(min_length=1)


class Rights(Wire):
    """What the account lets the bot do; a right that is not told is not given."""

    can_reply: bool = False
    can_read_messages: bool = False
    can_delete_sent_messages: bool = False
    can_delete_all_messages: bool = False


class Connection(Wire):
    """An account and what its owner allows."""

    id: str
    user: User
    is_enabled: bool
    rights: Rights | None = None  # servers before Bot API 9.0 do not tell them

    @property
    def owner(self) -> str:
        """The account as a person knows it."""
        return f"@{self.user.username}" if self.user.username else self.user.first_name


class Deleted(Wire):
    """Messages that are gone from a chat, whoever wrote and whoever deleted them."""

    business_connection_id: str = Field(min_length=1)
    chat: Chat
    message_ids: tuple[int, ...]
