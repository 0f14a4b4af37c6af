"""The words that rooms share: what came in, what goes out, what a channel can do, how sending fails.

Everything here is from our side of the wire: a vendor's own words stop at its adapter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What an inbound event is."""

    MESSAGE = "message"
    EDIT = "edit"  # `message_id` names the message, text and attachments are the new ones
    DELETE = "delete"  # `message_id` names the message
    REACTION = "reaction"  # `message_id` names the message, `text` is the emoji, empty when withdrawn
    CLICK = "click"  # a button of ours; `text` is its data
    FORM = "form"
    LEAD_AD = "lead_ad"
    CALL = "call"
    ECHO = "echo"  # the company's own message seen again: never makes a lead
    # `message_id` names one of ours, `text` is sent, delivered, read or failed; failed has a `SendCode` as
    # `code` and the vendor's sentence as `detail` in `fields`
    STATUS = "status"
    BLOCKED = "blocked"  # the person shut us out
    UNBLOCKED = "unblocked"  # the person let us in again, or opened the chat for the first time


class MediaKind(StrEnum):
    """What a file is to a person; `FILE` is whatever has no better name."""

    PHOTO = "photo"
    VIDEO = "video"
    VOICE = "voice"
    AUDIO = "audio"
    FILE = "file"
    STICKER = "sticker"
    LOCATION = "location"  # no bytes: `latitude` and `longitude` in `data`
    CONTACT = "contact"  # no bytes: `phone`, `name` and `own` ("1" when it is the sender's own) in `data`


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or a thing that came or goes with a message.

    `ref` is what the channel's `fetch_media` needs (a vendor's file id or URL); `blob` is the content hash
    once we hold the bytes. `size` is in bytes, as the vendor told it. `data` holds small facts as text.
    """

    kind: MediaKind
    ref: str = ""
    name: str = ""
    mime: str = ""
    size: int | None = None
    blob: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """Formatting of a part of a text. `offset` and `length` count UTF-16 code units."""

    kind: str  # bold italic underline strikethrough spoiler blockquote code pre link
    offset: int
    length: int
    url: str = ""  # of a link
    language: str = ""  # of a pre


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote. `external_id` is unique within the source; forms have none and leave it empty."""

    external_id: str = ""
    name: str = ""
    username: str = ""
    phone: str = ""  # as written; made normal in intake
    email: str = ""
    language: str = ""  # IETF tag, as the vendor tells it


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where a customer came from. `params` holds utm_* and click ids (gclid, fbclid …) by their own names."""

    params: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    referrer: str = ""
    ad: str = ""
    payload: str = ""  # of a deep link, e.g. Telegram's /start

    def __bool__(self) -> bool:
        return bool(self.params or self.page or self.referrer or self.ad or self.payload)


UNSUPPORTED = "unsupported"  # among an event's fields: of what kind a message is that nobody here can read


@dataclass(frozen=True, slots=True)
class Inbound:
    """One event of any channel.

    Either `event_id` (the vendor's own, or an idempotency key) or `content_key` (a hash, valid for `window`)
    makes it unique within its source. `conv` orders: events of one source with an equal `conv` take effect in
    the order in which they were stored.
    """

    kind: Kind
    sender: Sender
    conv: str
    event_id: str = ""
    content_key: str = ""
    window: timedelta = timedelta(minutes=10)
    thread: str = ""  # where an answer goes (a chat id); empty when nobody can be answered there
    message_id: str = ""  # the vendor's id of the message meant
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""  # the vendor's id of the message answered
    fields: Mapping[str, str] = field(default_factory=dict)  # everything else that was sent, in its order
    attribution: Attribution = Attribution()
    at: datetime | None = None  # when the vendor says it happened; aware
    suspicion: str = (
        ""  # why it looks like spam (honeypot, time_trap …): such an event is parked, not dropped
    )


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request, or one item of a long poll, as raw as it came. Header names are lower case."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime
    peer: str = ""  # the caller's address, after trusted proxies


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a call: its inbox ids (of the first time, for duplicates) and how many are new."""

    ids: tuple[int, ...]
    fresh: int


class Verb(StrEnum):
    """What an outgoing row does. All but `SEND` name a message of the vendor's in `Outgoing.target`."""

    SEND = "send"
    EDIT = "edit"  # ours gets this text
    DELETE = "delete"  # ours is taken back
    REACT = "react"  # theirs gets the emoji in `text`; empty takes ours away
    READ = "read"  # theirs, and what came before it, has been read


@dataclass(frozen=True, slots=True)
class Button:
    """One choice under a message. Pressed, it comes back as a `CLICK` with `data`; or it opens `url`."""

    text: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A text that the vendor has approved. `body` has {{1}}, {{2}} … where the `params` go, in order."""

    name: str
    language: str
    body: str = ""
    params: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to a customer, ready to send: one split part, its text frozen."""

    recipient: str  # the conversation's thread
    text: str = ""
    spans: tuple[Span, ...] = ()
    attachment: Attachment | None = None
    reply_to: str = ""  # the vendor's id of the message answered
    key: str = ""  # for platforms that take an idempotency key; the same at each try
    verb: Verb = Verb.SEND
    target: str = ""  # the vendor's id of the message that the verb means
    buttons: tuple[Button, ...] = ()
    template: Template | None = None  # goes in place of the text
    late: bool = False  # a person answers after the reply window, see `Capabilities.late`


@dataclass(frozen=True, slots=True)
class Sent:
    """The vendor took it. `external_id` is its id of the message."""

    external_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What the vendor tells of a person; empty where it does not."""

    name: str = ""
    username: str = ""
    language: str = ""  # IETF tag
    avatar: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do; lengths in UTF-16 code units, 0 for unlimited."""

    text_limit: int = 0
    text_bytes: int = 0  # a further limit on a text, in bytes of UTF-8
    caption_limit: int = 0
    media: frozenset[MediaKind] = frozenset()
    buttons: int = 0  # how many one message may carry
    edits: bool = False
    deletes: bool = False
    reactions: bool = False
    read_marks: bool = False
    typing: bool = False
    reply_window: timedelta | None = None  # counted from the customer's newest message
    late: timedelta | None = None  # so long a person may answer all the same, see `Outgoing.late`
    templates: bool = False
    may_start: bool = False  # may write to somebody who never wrote
    answers: bool = True  # False where nothing can be sent at all, as to a form
    webhook: bool = True
    polling: bool = False
    signed: bool = True  # False where the path key is all the proof there is


class SendCode(StrEnum):
    """The closed set of ways in which sending fails."""

    RETRY = "retry"  # 429 of one recipient, see `retry_after`
    UNAVAILABLE = "unavailable"  # 5xx, network, time-out: the destination as a whole; never counts as a try
    WINDOW_CLOSED = "window_closed"
    BLOCKED = "blocked"
    TOO_LONG = "too_long"
    BAD_MEDIA = "bad_media"
    MISCONFIGURED = "misconfigured"  # our token or rights; stops the source until mended
    PERMANENT = "permanent"


TOO_BIG = "too_big"  # in the data of a BAD_MEDIA: the file's size is what is wrong


class SendError(Exception):
    """Sending failed. `detail` is the vendor's own sentence (no secrets), for people who look into it."""

    def __init__(
        self,
        code: SendCode,
        detail: str = "",
        *,
        retry_after: float | None = None,
        data: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.data = dict(data or {})


@dataclass(frozen=True, slots=True)
class Media:
    """Bytes on their way. `chunks` must be read once, to its end or not at all.

    `url` is where the internet finds the same bytes for a day, for vendors that take no upload (Viber, LINE,
    Twilio); empty where the internet does not reach us.
    """

    name: str
    mime: str
    size: int | None
    chunks: AsyncIterator[bytes]
    url: str = ""
