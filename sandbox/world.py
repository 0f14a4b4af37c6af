"""The stand-in's world: bots, people, their private chats, and what people do in them.

Everything is in memory and synchronous. `World.listeners` are called after each change, `World.log` has the
newest requests. Messages are dicts of the Bot API's own `Message` shape, and are replaced, never altered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

from aiogram.types import Update

from sandbox.business import Account
from sandbox.chat import Chat
from sandbox.faults import Faults
from sandbox.media import Files
from sandbox.model import Bot, Callback, Impossible, Json, LogEntry, User
from sandbox.proof import prove
from sandbox.text import clean, marks, utf16_length

LOG_LENGTH = 2000


class World:
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.bots: dict[str, Bot] = {}
        self.users: dict[int, User] = {}
        self.chats: dict[tuple[int, int], Chat] = {}
        self.accounts: dict[str, Account] = {}
        self.callbacks: dict[str, Callback] = {}
        self.files = Files()
        self.faults = Faults(clock)
        self.log: deque[LogEntry] = deque(maxlen=LOG_LENGTH)
        self.listeners: list[Callable[[], None]] = []
        self._callback_ids = count(1)

    # --- the cast -------------------------------------------------------------------------------------------

    def add_bot(
        self, token: str, username: str, name: str, *, topics: bool = False, business: bool = False
    ) -> Bot:
        """A bot's id is the number before its token's colon; `topics`: its private chats have topics;
        `business`: it may be connected to people's accounts.
        """
        bot = Bot(int(token.partition(":")[0]), token, username, name, topics, business)
        self.bots[token] = bot
        self.changed()
        return bot

    def add_user(
        self,
        id: int,
        first_name: str,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = "en",
    ) -> User:
        user = self.users[id] = User(id, first_name, last_name, username, language_code)
        self.changed()
        return user

    def chat(self, bot: Bot, user_id: int) -> Chat:
        """The chat of that bot and that person, made when they first meet. KeyError for an unknown person."""
        key = bot.id, user_id
        if key not in self.chats:
            self.chats[key] = Chat(bot, self.users[user_id], self.now)
        return self.chats[key]

    # --- what people do -------------------------------------------------------------------------------------

    def user_starts(self, bot: Bot, user_id: int, payload: str | None = None) -> Json:
        """Press Start, or open t.me/<bot>?start=payload."""
        self.user_unblocks(bot, user_id)
        return self.user_sends(bot, user_id, text=f"/start {payload}" if payload else "/start")

    def user_sends(
        self,
        bot: Bot,
        user_id: int,
        *,
        thread_id: int | None = None,
        reply_to: int | None = None,
        **content: Any,
    ) -> Json:
        """One message; `composed` tells what it may hold."""
        chat = self.chat(bot, user_id)
        if chat.blocked:
            raise Impossible("the bot is blocked by this person")
        chat.started = True
        said = self.composed(bot, **content)
        opening = said.get("text") or said.get("caption") or "…"
        # The Start button stands in the main chat; whether Telegram opens a topic for it is not documented.
        if bot.topics and thread_id is None and not opening.startswith("/start"):
            thread_id = self._topic_for(chat, opening)
        message = chat.post(chat.user.as_user(), said, thread_id, self._quoted(chat, reply_to, thread_id))
        self.tell(bot, "message", message)
        return message

    def composed(
        self,
        bot: Bot,
        *,
        text: str | None = None,
        entities: list[Json] | None = None,
        caption: str | None = None,
        photo: bytes | None = None,
        document: tuple[str, str, bytes] | None = None,
        voice: bytes | None = None,
        video: bytes | None = None,
        sticker: str | None = None,
        location: tuple[float, float] | None = None,
        contact: Json | None = None,
        media_group_id: str | None = None,
    ) -> Json:
        """What a person writes, exactly one kind of content. document=(name, mime, bytes), sticker=an emoji,
        location=(latitude, longitude), contact=phone_number, first_name, user_id?.
        """
        content = _written(text, entities) if text is not None else {}
        content |= self._enclosed(bot, photo=photo, document=document, voice=voice, video=video)
        content |= {"sticker": self._sticker(bot, sticker)} if sticker else {}
        content |= {"location": {"latitude": location[0], "longitude": location[1]}} if location else {}
        content |= {"contact": contact} if contact else {}
        if not content:
            raise Impossible("an empty message")
        content |= _captioned(caption, entities) if caption else {}
        return content | ({"media_group_id": media_group_id} if media_group_id else {})

    def user_edits(
        self,
        bot: Bot,
        user_id: int,
        message_id: int,
        *,
        text: str | None = None,
        caption: str | None = None,
        entities: list[Json] | None = None,
    ) -> Json:
        chat = self.chat(bot, user_id)
        old = chat.messages.get(message_id)
        if not old or old["from"]["id"] != user_id:
            raise Impossible("not a message of this person")
        content = _written(text, entities) if text is not None else _captioned(caption or "", entities)
        message = chat.rewrite(message_id, content)
        self.tell(bot, "edited_message", message)
        return message

    def user_presses(self, bot: Bot, user_id: int, message_id: int, data: str) -> str:
        """Press the inline button that carries `data`; gives the callback query's id."""
        return self.pressed(bot, self.chat(bot, user_id), message_id, data)

    def pressed(self, bot: Bot, chat: Chat, message_id: int, data: str) -> str:
        """The same in any chat that the bot writes to."""
        message = chat.messages.get(message_id, {})
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        if not any(button.get("callback_data") == data for row in rows for button in row):
            raise Impossible(f"no such button under message {message_id}")
        press = Callback(str(next(self._callback_ids)), bot, chat.id, message_id, self.clock())
        self.callbacks[press.id] = press
        query = {"id": press.id, "from": chat.user.as_user(), "chat_instance": f"{bot.id}{chat.id}"}
        self.tell(bot, "callback_query", query | {"message": message, "data": data})
        return press.id

    def user_reacts(self, bot: Bot, user_id: int, message_id: int, emoji: str | None) -> None:
        """Set the person's one reaction, or take it back with None."""
        chat = self.chat(bot, user_id)
        if message_id not in chat.messages:
            raise Impossible("no such message")
        before = chat.reactions.get(message_id, {}).get(user_id, [])
        after = [{"type": "emoji", "emoji": emoji}] if emoji else []
        chat.reactions.setdefault(message_id, {})[user_id] = after
        change = {"chat": chat.user.as_chat(), "message_id": message_id, "user": chat.user.as_user()}
        reactions = {"date": self.now(), "old_reaction": before, "new_reaction": after}
        self.tell(bot, "message_reaction", change | reactions)

    def user_blocks(self, bot: Bot, user_id: int) -> None:
        self._set_blocked(self.chat(bot, user_id), blocked=True)

    def user_unblocks(self, bot: Bot, user_id: int) -> None:
        self._set_blocked(self.chat(bot, user_id), blocked=False)

    def user_deletes_topic(self, bot: Bot, user_id: int, thread_id: int) -> None:
        """Telegram does not tell the bot."""
        self.chat(bot, user_id).delete_topic(thread_id)
        self.changed()

    # --- plumbing -------------------------------------------------------------------------------------------

    def now(self) -> int:
        return int(self.clock().timestamp())

    def changed(self) -> None:
        for listener in self.listeners:
            listener()

    def note(self, bot: Bot | None, method: str, summary: str, status: int) -> None:
        """A line for the request log; status 0 is a call that got no answer."""
        self.log.append(LogEntry(self.clock(), bot.username if bot else "?", method, summary, status))
        self.changed()

    def tell(self, bot: Bot, kind: str, payload: Json) -> None:
        """Queue an update for a bot that wants this kind, after proving its shape."""
        if bot.updates.wants(kind):
            prove(Update, bot.updates.push(kind, payload))
        self.changed()

    def _set_blocked(self, chat: Chat, *, blocked: bool) -> None:
        if chat.blocked == blocked:
            return
        chat.blocked = blocked
        states: list[Json] = [
            {"user": chat.bot.as_user(), "status": "member"},
            {"user": chat.bot.as_user(), "status": "kicked", "until_date": 0},
        ]
        change = {"chat": chat.user.as_chat(), "from": chat.user.as_user(), "date": self.now()}
        change |= {"old_chat_member": states[not blocked], "new_chat_member": states[blocked]}
        self.tell(chat.bot, "my_chat_member", change)

    def _topic_for(self, chat: Chat, text: str) -> int:
        """In topic mode, what a person writes outside a topic opens a new one."""
        topic = chat.open_topic(chat.user.as_user(), text[:128], name_is_implicit=True)
        self.tell(chat.bot, "message", chat.messages[topic.thread_id])
        return topic.thread_id

    def _quoted(self, chat: Chat, reply_to: int | None, thread_id: int | None) -> Json | None:
        """The message replied to; in a topic, apps name the topic's root when nothing else is."""
        if thread_id is not None and not chat.topic(thread_id):
            raise Impossible(f"no topic {thread_id}")
        if reply_to is not None and reply_to not in chat.messages:
            raise Impossible(f"no message {reply_to}")
        return chat.messages.get(reply_to or thread_id or 0)

    def _enclosed(self, bot: Bot, **kinds: Any) -> Json:
        content: Json = {}
        for kind, given in kinds.items():
            if given is None:
                continue
            name, mime, data = given if isinstance(given, tuple) else ("", "", given)
            content[kind] = self.files.put(bot.id, kind, data, name, mime).content
        return content

    def _sticker(self, bot: Bot, emoji: str) -> Any:
        return self.files.put(bot.id, "sticker", b"RIFF\0\0\0\0WEBP" + emoji.encode(), emoji=emoji).content


def _written(text: str, entities: list[Json] | None) -> Json:
    text = clean(text)
    if not text.strip() or utf16_length(text) > 4096:
        raise Impossible("a message has 1 to 4096 characters")
    found = marks(text) if entities is None else entities
    return {"text": text, "entities": found or None}


def _captioned(caption: str, entities: list[Json] | None) -> Json:
    if utf16_length(caption) > 1024:
        raise Impossible("a caption has at most 1024 characters")
    found = marks(caption) if entities is None else entities
    return {"caption": clean(caption), "caption_entities": found or None}
