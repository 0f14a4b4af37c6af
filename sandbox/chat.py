"""What one bot and one person see of each other: messages, topics, reactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.model import Bot, Impossible, Json, User


@dataclass(slots=True)
class Topic:
    thread_id: int
    name: str
    icon_color: int = 0x6FB9F0
    icon_custom_emoji_id: str | None = None
    name_is_implicit: bool = False
    deleted: bool = False

    def created(self) -> Json:
        looks = {"name": self.name, "icon_color": self.icon_color}
        looks |= {"icon_custom_emoji_id": self.icon_custom_emoji_id} if self.icon_custom_emoji_id else {}
        return looks | ({"is_name_implicit": True} if self.name_is_implicit else {})


@dataclass(slots=True)
class Chat:
    """A private chat; its id is the person's id, and it has message ids of its own."""

    bot: Bot
    user: User
    now: Callable[[], int]
    started: bool = False
    blocked: bool = False
    last_id: int = 0
    messages: dict[int, Json] = field(default_factory=dict)
    history: dict[int, list[Json]] = field(default_factory=dict)
    """message id → its versions before the current one, oldest first"""
    deleted: list[int] = field(default_factory=list)
    topics: dict[int, Topic] = field(default_factory=dict)
    reactions: dict[int, dict[int, list[Json]]] = field(default_factory=dict)
    """message id → who → what"""
    pinned: list[int] = field(default_factory=list)
    keyboard: Json | None = None
    """the reply keyboard or forced reply that the person's app shows now"""
    action: tuple[str, datetime] | None = None
    """the bot's last chat action (typing, …); the app shows it for five seconds"""

    @property
    def id(self) -> int:
        return self.user.id

    def topic(self, thread_id: int) -> Topic | None:
        """The living topic of that id."""
        topic = self.topics.get(thread_id)
        return topic if topic and not topic.deleted else None

    def post(
        self, sender: Json, content: Json, thread_id: int | None = None, reply_to: Json | None = None
    ) -> Json:
        """Put a message into the chat, under the next id; a None in its content is left out."""
        self.last_id += 1
        head = {"message_id": self.last_id, "date": self.now(), "chat": self.user.as_chat(), "from": sender}
        thread = {"message_thread_id": thread_id, "is_topic_message": True} if thread_id else {}
        quoted = {key: value for key, value in (reply_to or {}).items() if key != "reply_to_message"}
        reply = {"reply_to_message": quoted} if quoted else {}
        said = {key: value for key, value in content.items() if value is not None}
        message = self.messages[self.last_id] = head | thread | reply | said
        return message

    def rewrite(self, message_id: int, content: Json, *, edited: bool = True) -> Json:
        """Replace a message's fields; a None takes one away. The old version goes to the history."""
        old = self.messages[message_id]
        self.history.setdefault(message_id, []).append(old)
        merged = old | content | ({"edit_date": self.now()} if edited else {})
        new = self.messages[message_id] = {key: value for key, value in merged.items() if value is not None}
        return new

    def delete(self, message_id: int) -> None:
        del self.messages[message_id]
        self.deleted.append(message_id)
        if message_id in self.pinned:
            self.pinned.remove(message_id)

    def open_topic(self, sender: Json, name: str, **looks: Any) -> Topic:
        """A topic's id is the id of the service message that opens it."""
        topic = self.topics[self.last_id + 1] = Topic(self.last_id + 1, name, **looks)
        self.post(sender, {"forum_topic_created": topic.created()}, topic.thread_id)
        return topic

    def delete_topic(self, thread_id: int) -> None:
        """The topic's messages go with it."""
        topic = self.topic(thread_id)
        if not topic:
            raise Impossible(f"no topic {thread_id}")
        topic.deleted = True
        inside = [
            key for key, message in self.messages.items() if message.get("message_thread_id") == thread_id
        ]
        for message_id in inside:
            self.delete(message_id)
