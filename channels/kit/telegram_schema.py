"""What we read of Telegram's updates and answers: only that, and whatever else comes is let pass.

Source: https://core.telegram.org/bots/api#available-types
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from channels.kit.tolerant import Wire

Moment = Annotated[int, Field(ge=0, le=253_402_300_799)]  # seconds; the end is that of datetime


class Update(Wire):
    """The envelope; one more key tells what happened."""

    update_id: int


class Chat(Wire):
    """Where it was written; of interest are chats of type "private"."""

    id: int
    type: str
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class User(Wire):
    """A person or a bot."""

    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""


class File(Wire):
    """Whatever has a `file_id`: photo size, document, voice, audio, video, video note, animation, sticker."""

    file_id: str
    file_size: int | None = None
    file_name: str = ""
    mime_type: str = ""
    width: int = 0
    height: int = 0
    duration: int | None = None
    title: str = ""
    performer: str = ""
    emoji: str = ""
    set_name: str = ""
    is_animated: bool = False
    is_video: bool = False


class Location(Wire):
    """A point, perhaps a moving one."""

    latitude: float
    longitude: float
    live_period: int | None = None


class Venue(Wire):
    """A point with a name."""

    location: Location
    title: str = ""
    address: str = ""


class Contact(Wire):
    """A person's card; the sender's own when `user_id` says so."""

    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None
    vcard: str = ""


class Entity(Wire):
    """Formatting; of interest are links that the text does not show."""

    type: str
    url: str = ""


class Quote(Wire):
    """The part of a message that is answered."""

    text: str = ""


class Replied(Wire):
    """The message that is answered."""

    message_id: int


class Message(Wire):
    """A message as far as we read it; `content.py` keeps the rest of it as fields."""

    message_id: int
    date: Moment
    chat: Chat
    from_: User | None = Field(default=None, alias="from")
    edit_date: Moment | None = None
    text: str = ""
    caption: str = ""
    entities: tuple[Entity, ...] = ()
    caption_entities: tuple[Entity, ...] = ()
    reply_to_message: Replied | None = None
    quote: Quote | None = None
    photo: tuple[File, ...] = ()
    document: File | None = None
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    sticker: File | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Contact | None = None
    business_connection_id: str = ""
    sender_business_bot: User | None = None
    is_from_offline: bool = False


class Choice(Wire):
    """A button; links have no data."""

    text: str = ""
    callback_data: str = ""


class Keyboard(Wire):
    """The rows of buttons under a message."""

    inline_keyboard: tuple[tuple[Choice, ...], ...] = ()


class Clicked(Wire):
    """The message under whose button somebody pressed; it may be too old to be readable."""

    message_id: int
    chat: Chat
    reply_markup: Keyboard = Keyboard()
    business_connection_id: str = ""


class CallbackQuery(Wire):
    """A press of a button."""

    from_: User = Field(alias="from")
    message: Clicked | None = None
    data: str = ""


class Query(Wire):
    """What answering a press needs."""

    id: str


class Pressed(Wire):
    """An update with a press of a button."""

    callback_query: Query


class Member(Wire):
    """What we are in a chat now: "member", "kicked" …"""

    status: str


class MemberUpdated(Wire):
    """Somebody blocked or unblocked us."""

    chat: Chat
    from_: User = Field(alias="from")
    date: Moment
    new_chat_member: Member


class ReactionType(Wire):
    """One emoji; a custom one has only an id."""

    type: str
    emoji: str = ""
    custom_emoji_id: str = ""


class Reaction(Wire):
    """The reactions of one person to one message after a change."""

    chat: Chat
    message_id: int
    user: User | None = None
    date: Moment
    new_reaction: tuple[ReactionType, ...] = ()


class Parameters(Wire):
    """Hints of a failed answer."""

    retry_after: float | None = Field(default=None, ge=0)


class Failure(Wire):
    """An answer with `ok` false."""

    error_code: int | None = None
    description: str = ""
    parameters: Parameters = Parameters()


class Taken(Wire):
    """The message that a send returns."""

    message_id: int
    date: Moment | None = None


class FilePath(Wire):
    """The answer of getFile."""

    file_size: int | None = None
    file_path: str = Field(default="", strict=True)


class Me(Wire):
    """The answer of getMe."""

    username: str = ""
    can_connect_to_business: bool = False


class Webhook(Wire):
    """The answer of getWebhookInfo."""

    url: str = ""
    allowed_updates: tuple[str, ...] = ()
