"""What a vendor's stand-in stands on: people, their chats, files, faults, and the way to the product.

How to write one
----------------
`sandbox/vendors/<name>.py` (or a package of that name) has `NAME = "<name>"`, equal to the channel's, and
`make(stage) -> Vendor`. The folder is scanned, no list is kept; a module without `NAME` is no vendor, so what
two vendors share may have a module of its own (`meta.py`). `viber.py` is a whole example.

`make` returns an instance of a subclass of `sandbox.vendors.vendor.Vendor`. It is two things:

* **the vendor's API**: `routes()` are mounted below `stage.base` (= `FRONTDESK_<NAME>_API`). Handlers are
  strict: they refuse what the vendor refuses, in its own words (`raise Refused(answer)`), and never forgive a
  wrong token, a missing field, an unknown person or a text that is too long. What is accepted goes into the
  chat: `self.takes(chat, Note(...))` for a message, `self.rewrites(note, text)` for an edit, else assignments
  (`note.deleted`, `note.reactions["company"]`, `chat.typing_at`, `chat.read_at`) and `stage.changed()`.
* **the customer's phone**: the hooks `wrote`, `edited`, `deleted`, `reacted`, `pressed`, `was_read`,
  `blocked`, `unblocked`, `answered_in_app`, `delivered`, `failed` return the webhook calls (`Push`) that the
  vendor makes of an act. The frame keeps the books around them: when a hook runs, the chat and the note are
  already as they shall be. A hook that is not overridden is an act that this vendor does not have
  (`Impossible`); what happens without a word to the product (a block on
  WhatsApp) is a hook that returns `()`.

Also: `settings()` (what `source add` takes, secrets included), `meets(number, name, language)` (a person with
ids of the vendor's shape), `refusals` (the vendor's own answers by the names in `REFUSALS`; leave out what it
has not), `sends` (kinds of file a customer can send), `captions`, `idempotent`, `look` (colours for the
playground), `note_id`.

What the stage does for you
---------------------------
* Pushes go to `push.url or stage.hook`, in order within a lane (a person's id), again and again until
  `push.taken(status, body)`, at most `push.tries` times. Those made while a call of the product is served
  leave after its answer.
* Faults happen around your handlers, you need not think of them. A call that put a message into a chat had
  an effect; `lost`, `html`, `huge` and `cut` wait for such a call.
* `stage.keep(file)` gives a public URL of the bytes (plain GET below `stage.base`); for links that want a
  token keep the bytes yourself and have a route of your own.
* `await stage.fetch(url)` gets a file that the product serves (vendors that take media by URL).
* A reply window is `stage.now() - chat.heard_at`; tests close it by `vendor.ages(person, by)`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Literal

import aiohttp
from aiohttp import web

from sandbox.vendors.faults import Faults

REFUSALS = (
    "too_many",
    "window_closed",
    "blocked",
    "too_long",
    "bad_media",
    "misconfigured",
    "server_error",
)
FILE_SECONDS = aiohttp.ClientTimeout(total=20)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as the vendor knows them; `avatar` is a URL."""

    id: str
    name: str
    username: str = ""
    phone: str = ""
    language: str = "en"
    avatar: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """`kind`: photo video voice audio file sticker location contact.

    The last two have no bytes but `facts`: latitude, longitude; name, phone.
    """

    kind: str
    name: str = ""
    mime: str = ""
    data: bytes = b""
    facts: Mapping[str, str] = field(default_factory=dict)


def vcard(file: File) -> str:
    """A contact as the card that several vendors pass it on as."""
    name, phone = file.facts["name"], file.facts["phone"]
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nTEL;TYPE=cell:{phone}\r\nFN:{name}\r\nEND:VCARD\r\n"


@dataclass(frozen=True, slots=True)
class Choice:
    """A button as the customer sees it; `data` is what the vendor sends when it is pressed."""

    text: str
    data: str = ""
    url: str = ""


@dataclass(slots=True)
class Note:
    """One message as the customer sees it.

    `state` of the company's: sent, delivered, read, failed. `former`: its texts before edits, oldest first.
    `facts` is the vendor's to remember things by (a reply token, a random id).
    """

    id: str
    by: Literal["customer", "company"]
    text: str
    at: datetime
    media: File | None = None
    buttons: tuple[Choice, ...] = ()
    reply_to: str = ""
    reactions: dict[str, str] = field(default_factory=dict)  # "customer" or "company" -> emoji
    state: str = ""
    former: list[str] = field(default_factory=list)
    deleted: bool = False
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Chat:
    """What one customer and the company see of each other."""

    person: Person
    notes: list[Note] = field(default_factory=list)
    blocked: bool = False
    away: bool = False  # the phone is off: what comes is sent, but not delivered
    typing_at: datetime | None = None  # the company began to type
    read_at: datetime | None = None  # the company marked it as read
    facts: dict[str, str] = field(default_factory=dict)

    def note(self, note_id: str) -> Note | None:
        """The message of that id, also a deleted one."""
        return next((note for note in self.notes if note.id == note_id), None)

    def of(self, by: str) -> list[Note]:
        """All messages by the customer or by the company."""
        return [note for note in self.notes if note.by == by]

    @property
    def heard_at(self) -> datetime | None:
        """When the customer wrote last."""
        return max((note.at for note in self.of("customer")), default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer of the vendor; a handler returns `answer.response()`, or raises `Refused(answer)`."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @classmethod
    def of(cls, data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """JSON."""
        body = json.dumps(data, ensure_ascii=False).encode()
        return cls(status, body, {"Content-Type": "application/json"} | dict(headers or {}))

    def response(self) -> web.Response:
        return web.Response(status=self.status, body=self.body, headers=self.headers)


# What stands before a vendor's servers, when they are down.
AWAY = Answer(503, b"<html>Service Unavailable</html>", {"Content-Type": "text/html"})


class Refused(Exception):
    """What a handler raises to give that answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _is_2xx(status: int, _: bytes) -> bool:
    return 200 <= status < 300


@dataclass(frozen=True, slots=True)
class Push:
    """One webhook call to the product. `taken` says from status and body whether the vendor is content."""

    body: bytes
    headers: Mapping[str, str]
    lane: str = ""
    url: str = ""  # another one than the hook, e.g. a status callback
    tries: int = 0  # 0: until it is taken
    taken: Callable[[int, bytes], bool] = _is_2xx


held: ContextVar[list[Push] | None] = ContextVar("held", default=None)
"""Pushes that wait until the call that is served has been answered."""


@dataclass(slots=True)
class Stage:
    """What one vendor is given: `hook` is the address pasted there, `base` is where its API is served."""

    name: str
    clock: Callable[[], datetime]
    base: str = ""
    hook: str = ""
    chats: dict[str, Chat] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    files: dict[str, File] = field(default_factory=dict)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    log: Callable[[str, str, str, int], None] = lambda *_: None
    """vendor, call, what it is about, status (0: no answer)"""
    post: Callable[[Push], None] = lambda _: None
    http: Callable[[], aiohttp.ClientSession] = aiohttp.ClientSession
    effects: int = 0
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def now(self) -> datetime:
        return self.clock()

    def number(self) -> int:
        """1, 2, 3 …: what ids are made of."""
        return next(self._numbers)

    def chat(self, person_id: str) -> Chat | None:
        """The chat with that person; None for somebody whom the vendor does not know."""
        return self.chats.get(person_id)

    def find(self, note_id: str) -> tuple[Chat, Note] | None:
        """The message of that id in any chat."""
        for chat in self.chats.values():
            if note := chat.note(note_id):
                return chat, note
        return None

    def push(self, *pushes: Push) -> None:
        """Call the product's webhook, soon."""
        waiting = held.get()
        for push in pushes:
            if waiting is None:
                self.post(push)
            else:
                waiting.append(push)

    def keep(self, file: File) -> str:
        """A URL of these bytes, for everybody who knows it."""
        ref = f"{self.number()}/{file.name or 'file'}"
        self.files[ref] = file
        return f"{self.base}/files/{ref}"

    async def fetch(self, url: str) -> tuple[str, bytes]:
        """The content type and the bytes of a file that the product serves; raises aiohttp's errors."""
        async with self.http().get(url, timeout=FILE_SECONDS, raise_for_status=True) as answer:
            return answer.content_type, await answer.read()

    def changed(self) -> None:
        """Tell whoever watches."""
        for listener in list(self.listeners):
            listener()
