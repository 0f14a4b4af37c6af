"""A conversation: the connection, and the chat in it. Its text is both `conv` and `thread`.

Chat ids "belong to a connection": the same person writes to two accounts in two chats with message ids of
their own. https://core.telegram.org/bots/api#message (business_connection_id)
"""

from __future__ import annotations

from channels.kit.telegram_sending import Params, number
from leads.events import SendCode, SendError


def name(connection: str, chat: int) -> str:
    """As we keep it."""
    return f"{connection}:{chat}"


def params(thread: str) -> Params:
    """As the Bot API takes it; raises `SendError`."""
    connection, _, chat = thread.rpartition(":")
    if not connection:
        raise SendError(SendCode.PERMANENT, "the conversation names no business connection")
    return {"business_connection_id": connection, "chat_id": number(chat, "recipient")}
