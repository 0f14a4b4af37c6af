"""The things of the stand-in's world. Messages stay plain dicts of the Bot API's own shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.updates import Updates

Json = dict[str, Any]


@dataclass(slots=True)
class Webhook:
    url: str
    secret_token: str | None = None
    max_connections: int = 40
    last_error_date: int | None = None
    last_error_message: str | None = None


@dataclass(slots=True)
class Bot:
    id: int
    token: str
    username: str
    name: str
    topics: bool = False
    business: bool = False
    """may be connected to people's accounts"""
    commands: dict[str, list[Json]] = field(default_factory=dict)
    """language code ("" for everyone) → commands"""
    updates: Updates = field(default_factory=Updates)
    webhook: Webhook | None = None

    def as_user(self) -> Json:
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}


@dataclass(frozen=True, slots=True)
class User:
    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = "en"

    def _names(self) -> Json:
        names = {"first_name": self.first_name, "last_name": self.last_name, "username": self.username}
        return {key: value for key, value in names.items() if value is not None}

    def as_user(self) -> Json:
        language = {"language_code": self.language_code} if self.language_code else {}
        return {"id": self.id, "is_bot": False} | self._names() | language

    def as_chat(self) -> Json:
        return {"id": self.id, "type": "private"} | self._names()


@dataclass(slots=True)
class Callback:
    """A press of an inline button. `answer` is what answerCallbackQuery said."""

    id: str
    bot: Bot
    user_id: int
    message_id: int
    at: datetime
    answer: Json | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    at: datetime
    bot: str
    method: str
    summary: str
    status: int


class Impossible(ValueError):
    """A person cannot do that in the app (press a button that is not there, write while blocking)."""
